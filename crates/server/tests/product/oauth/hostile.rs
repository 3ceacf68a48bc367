//! Addresses that somebody gives us so that we go where we must not: every one in every field that takes one, and a listener
//! that counts who came.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::Documents;
use super::cases::Cases;
use super::gate::{BACK, Gate, VERIFIER, tokens};
use crate::things::made;
use crate::upstreams::Upstreams;

/// A listener at every address of this machine at which nobody is to arrive.
struct Trap {
    port: u16,
    hits: Arc<AtomicUsize>,
}

/// Listens, and gives whoever comes the answer that this makes.
fn listens(at: &str, answer: impl Fn() -> String + Send + 'static) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(at).unwrap();
    let (port, hits) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&hits);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(answer().as_bytes());
        }
    });
    (port, hits)
}

impl Trap {
    fn set() -> Trap {
        // Of both families, where the machine has both.
        let at = if TcpListener::bind("[::]:0").is_ok() { "[::]:0" } else { "0.0.0.0:0" };
        let (port, hits) =
            listens(at, || "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".to_owned());
        let trap = Trap { port, hits };
        // It works: whoever goes there is counted.
        drop(TcpStream::connect(("127.0.0.2", port)).unwrap());
        crate::world::wait_for("the trap", || (trap.hits() == 1).then_some(()));
        trap
    }

    fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    /// The corpus, with and without encryption.
    fn urls(&self) -> Vec<String> {
        let at = |scheme: &str, host: &str| format!("{scheme}://{}", host.replace("{}", &self.port.to_string()));
        let hosts =
            HERE.iter().map(|host| format!("{host}:{{}}")).chain(ELSEWHERE.iter().map(|host| (*host).to_owned()));
        let hosts: Vec<String> = hosts.collect();
        let mut urls: Vec<String> =
            ["https", "http"].iter().flat_map(|scheme| hosts.iter().map(|host| at(scheme, host))).collect();
        urls.extend(ODD.iter().map(|url| url.replace("{}", &self.port.to_string())));
        urls
    }
}

/// Ways of writing this machine, of which the operator has allowed one alone, and that is none of them.
#[rustfmt::skip]
const HERE: &[&str] = &[
    "127.0.0.2", "127.2", "127.0.2", "2130706434", "0x7f000002", "0X7F000002", "0x7f.0.0.2", "0x7f.0x0.0x0.0x2", "017700000002", "0177.0.0.2",
    "0177.0.0.02", "00000177.0.0.2", "127.0.0.2.", "127.0.0.02", "127.1", "2130706433", "0x7f000001", "017700000001", "127.0.0.1.",
    "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0", "0x0", "00", "0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]",
    "[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "[0:0:0:0:0:ffff:7f00:2]", "[::FFFF:127.0.0.2]", "[::ffff:0:127.0.0.2]",
    "[::127.0.0.2]", "[::7f00:2]", "[64:ff9b::127.0.0.2]", "[64:ff9b::7f00:2]", "[64:ff9b:1::7f00:2]", "[2002:7f00:2::]", "[2002:7f00:2::1]",
    "[2001::7f00:2]", "[2001:0:7f00:2::]", "[2001:0:0:0:0:0:80ff:fffd]", "[::1%25lo]", "[::1%lo]", "[fe80::1%25lo]", "[fe80::1%lo]", "[::ffff:127.0.0.2%25lo]",
    "user@127.0.0.2", "user:secret@127.0.0.2", "127.0.0.1@127.0.0.2", "@127.0.0.2", "127.0.0.1%40127.0.0.2", "127.0.0.1\\@127.0.0.2",
    "127.0.0.1 127.0.0.2", "127.0.0.1\t.2", "127.0.0.2%00", "127%2e0%2e0%2e2", "%31%32%37.0.0.2", "\u{2460}\u{2461}\u{2466}.0.0.2", "127\u{3002}0\u{3002}0\u{3002}2",
    "127.0.0.1:9@127.0.0.2", "127.0.0.1,127.0.0.2", "[127.0.0.2]", "::1", "127.0.0.1.2", "127..2", "256.0.0.1", "4294967298",
];

/// Places of other networks, of this one, and those at which clouds tell machines their secrets.
#[rustfmt::skip]
const ELSEWHERE: &[&str] = &[
    "10.0.0.1", "10.255.255.254:{}", "172.16.0.1", "172.31.255.254", "192.168.0.1", "100.64.0.1", "198.18.0.1", "192.0.0.8", "192.0.2.1",
    "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "0.1.2.3", "0xa000001", "012.0.0.1", "10.1", "167772161",
    "169.254.169.254", "169.254.169.254:80", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "169.254.169.254.",
    "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::169.254.169.254]", "[64:ff9b::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]",
    "[fd12:3456::1]", "[fc00::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[2001::1]", "[5f00::1]",
];

/// Addresses that are no web address, or are read by some as another one.
#[rustfmt::skip]
const ODD: &[&str] = &[
    "", "/", "//127.0.0.2:{}", "127.0.0.2:{}", "http:127.0.0.2:{}", "http:/127.0.0.2:{}", "http:///127.0.0.2:{}", "http:\\\\127.0.0.2:{}",
    "https://", "https://:{}", "file:///etc/passwd", "ftp://127.0.0.2:{}", "gopher://127.0.0.2:{}/_x", "unix:///run/x.sock", "dict://127.0.0.2:{}/x",
    "ws://127.0.0.2:{}", "jar:http://127.0.0.2:{}!/x", "javascript:alert(1)", "data:application/json,{}", "HTTP://127.0.0.2:{}", "hTTps://127.0.0.2:{}",
    " http://127.0.0.2:{}", "http://127.0.0.2:{}\r\nx: y", "http://127.0.0.1#@127.0.0.2:{}", "http://127.0.0.1?@127.0.0.2:{}", "http://127.0.0.1/@127.0.0.2:{}\n",
];

// rows: PW-19
#[test]
fn nobody_makes_us_go_where_the_operator_has_not_let_us_whichever_field_names_it() {
    let (trap, upstreams, gate) = (Trap::set(), Upstreams::start(), Gate::start());
    let program = &gate.program;
    let before = trap.hits();
    let stripe = made(&gate.owner, "/integrations", upstreams.named("stripe"));
    let (client_id, _) = program.register_as(&json!({ "redirect_uris": [BACK] }));
    let mut cases = Cases::of("addresses that lead where they must not");
    for url in trap.urls() {
        let endpoint = format!("{url}/mcp");
        let new = json!({ "title": "Trap", "url": endpoint, "credential": { "kind": "bearer", "secret": "topaz" } });
        let told = gate.owner.post("/integrations", new).0;
        cases.told(format!("an integration at {endpoint:?}"), &told, &422);
        let moved = gate.owner.patch(&format!("/integrations/{stripe}"), json!({ "url": endpoint })).0;
        cases.told(format!("an integration moved to {endpoint:?}"), &moved, &422);
        let document = format!("{url}/client.json");
        let asked = gate.ada.get(&program.authorize(&document, &[]));
        cases.told(format!("a client at {document:?}"), &(asked.status, asked.header("location")), &(400, ""));
        let by_reference = gate.ada.get(&program.authorize(&client_id, &[("request_uri", Some(&document))]));
        cases.told(
            format!("a request at {document:?}"),
            &by_reference.header("location").contains("error=invalid_request"),
            &true,
        );
        let redeemed = program.exchange(&document, "wrx_x", VERIFIER).0;
        cases.told(format!("a code of {document:?}"), &matches!(redeemed, 400 | 401), &true);
    }
    cases.end();
    assert_eq!(trap.hits(), before, "nobody came");
    // What is let, is gone to: it is for where they lead that the others are refused.
    let described = Documents::start("127.0.0.1", |url| json!({ "client_id": url, "redirect_uris": [BACK] }));
    assert_eq!((gate.ada.get(&program.authorize(&described.url, &[])).status, described.asked()), (200, 1));
}

#[test]
fn no_answer_of_others_leads_us_on_and_no_address_in_a_document_is_gone_to() {
    let (trap, gate) = (Trap::set(), Gate::start());
    let program = &gate.program;
    let before = trap.hits();
    let mut cases = Cases::of("answers that lead on");
    for status in [301, 302, 303, 307, 308, 300, 305] {
        for host in ["127.0.0.2", "localhost", "[::1]"] {
            let to = format!("http://{host}:{}/mcp", trap.port);
            let head = format!(
                "HTTP/1.1 {status} Go\r\nlocation: {to}\r\nrefresh: 0; url={to}\r\nlink: <{to}>; rel=\"canonical\"\r\n"
            );
            let (port, asked) =
                listens("127.0.0.1:0", move || format!("{head}content-length: 0\r\nconnection: close\r\n\r\n"));
            let url = format!("http://127.0.0.1:{port}");
            let told = gate.owner.post("/integrations", json!({ "title": "Trap", "url": format!("{url}/mcp") })).0;
            cases.told(format!("{status} to {host} from an integration"), &told, &422);
            let told = gate.ada.get(&program.authorize(&format!("{url}/client.json"), &[]));
            cases.told(format!("{status} to {host} from a client"), &told.status, &400);
            assert!(asked.load(Ordering::SeqCst) >= 2, "both were asked");
        }
    }
    cases.end();
    // A client's document, or its registration, names addresses of every kind; a person looks at it, says yes, and it works.
    let port = trap.port;
    let names = move |client_id: Option<&str>| {
        let at = |path: &str| format!("http://127.0.0.2:{port}/{path}");
        let mut document = json!({ "client_name": "Curious", "redirect_uris": [BACK, format!("http://127.0.0.2:{port}/cb")],
            "token_endpoint_auth_method": "none", "logo_uri": at("logo.png"), "client_uri": at(""), "tos_uri": at("tos"),
            "policy_uri": at("policy"), "jwks_uri": at("jwks"), "sector_identifier_uri": at("sector"), "initiate_login_uri": at("login"),
            "request_uris": [at("request")], "backchannel_logout_uri": at("logout"), "software_statement": at("statement") });
        if let Some(client_id) = client_id {
            document["client_id"] = json!(client_id);
        }
        document
    };
    let described = Documents::start("127.0.0.1", move |url| names(Some(url)));
    let registered = program.register_as(&names(None)).0;
    for client_id in [&described.url, &registered] {
        let page = gate.ada.get(&program.authorize(client_id, &[]));
        assert_eq!((page.status, page.text.contains(&trap.port.to_string())), (200, false), "{}", page.text);
        let issued = tokens(&program.exchange(client_id, &program.code(&gate.ada, client_id), VERIFIER));
        assert_eq!(program.status(&tokens(&program.refresh(client_id, &issued.refresh)).access), 200);
    }
    assert_eq!(trap.hits(), before, "nobody came");
}
