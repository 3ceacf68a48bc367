//! People connect AI clients by signing in: from a 401 to tools, over the metadata, the registration, the page and the tokens.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sign_in::{Answer, Browser, found, signed_in};
use crate::world::{Api, Mcp, Server};

/// A verifier of PKCE and its challenge (RFC 7636, appendix B).
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const BACK: &str = "http://127.0.0.1:9/callback";

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// An installation with a person who is signed in.
pub(crate) struct Gate {
    pub(crate) server: Server,
    pub(crate) org: String,
    pub(crate) owner: Api,
    pub(crate) ada: Browser,
    _folder: TempDir,
}

/// The tokens of a client.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Gate {
    pub(crate) fn start() -> Gate {
        Gate::on(tempfile::tempdir().unwrap())
    }

    /// On a folder in which there may be other organizations.
    pub(crate) fn on(folder: TempDir) -> Gate {
        let acme = found(folder.path(), "Acme", "ada@example.com");
        let server = Server::start(folder.path());
        let owner = Api::at(&server.url, &acme.org, &acme.key);
        let ada = signed_in(&server.url, &acme.link);
        Gate { server, org: acme.org, owner, ada, _folder: folder }
    }

    pub(crate) fn resource(&self) -> String {
        format!("{}/o/{}/mcp", self.server.url, self.org)
    }

    /// Asks as a program does: without cookies.
    pub(crate) fn program(&self) -> Browser {
        Browser::new(&self.server.url)
    }

    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let answer = self.program().send("POST", path, &[kind], &form(fields));
        (answer.status, answer.json())
    }

    pub(crate) fn register(&self) -> String {
        let document =
            json!({ "client_name": "Test Client", "redirect_uris": [BACK], "token_endpoint_auth_method": "none" });
        let kind = ("content-type", "application/json");
        let answer = self.program().send("POST", "/oauth/register", &[kind], &document.to_string());
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn authorize(&self, client_id: &str, changes: &[(&str, Option<&str>)]) -> String {
        let resource = self.resource();
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", BACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "s t"),
            ("resource", &resource),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.extend(value.map(|value| (*name, value)));
        }
        format!("/oauth/authorize?{}", form(&fields))
    }

    pub(crate) fn answer(&self, browser: &Browser, page: &Answer, answer: &str) -> Answer {
        let request =
            page.text.split("name=\"request\" value=\"").nth(1).expect("the request").split('"').next().unwrap();
        let request = request.replace("&#38;", "&").replace("&amp;", "&");
        let organization =
            page.text.split("name=\"organization\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        let fields =
            form(&[("request", &request), ("organization", organization.unwrap_or(&self.org)), ("answer", answer)]);
        browser.fill_in("/oauth/authorize", &page.csrf(), &fields)
    }

    /// What the client finds in the address to which the person is sent back.
    pub(crate) fn back(answer: &Answer) -> std::collections::BTreeMap<String, String> {
        assert_eq!(answer.status, 303, "{}", answer.text);
        let to = answer.header("location");
        let query = to.strip_prefix(&format!("{BACK}?")).unwrap_or_else(|| panic!("sent to {to}"));
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    pub(crate) fn code(&self, client_id: &str) -> String {
        let page = self.ada.get(&self.authorize(client_id, &[]));
        assert_eq!(page.status, 200, "{}", page.text);
        Gate::back(&self.answer(&self.ada, &page, "connect"))["code"].clone()
    }

    pub(crate) fn exchange(&self, client_id: &str, code: &str, verifier: &str) -> (u16, Value) {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("client_id", client_id),
            ("code_verifier", verifier),
        ];
        self.send("/oauth/token", &fields)
    }

    pub(crate) fn refresh(&self, client_id: &str, token: &str) -> (u16, Value) {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client_id)];
        self.send("/oauth/token", &fields)
    }

    pub(crate) fn status(&self, token: &str) -> u16 {
        Mcp::new(&self.resource(), token).send("tools/list", None, json!({})).expect("an answer").status().as_u16()
    }
}

pub(crate) fn tokens((status, answer): &(u16, Value)) -> Tokens {
    assert_eq!(*status, 200, "{answer}");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token") }
}

pub(crate) fn error((status, answer): &(u16, Value)) -> (u16, &str) {
    (*status, answer["error"].as_str().unwrap_or_default())
}

// rows: PW-19
#[test]
fn a_client_that_knows_the_url_alone_finds_its_way_from_401_to_tools_by_signing_its_person_in() {
    let gate = Gate::start();
    let program = gate.program();
    // Nobody yet: the answer says where to learn how to become somebody.
    let refused = program.send("POST", &format!("/o/{}/mcp", gate.org), &[("content-type", "application/json")], "{}");
    let challenge = refused.header("www-authenticate").to_owned();
    let metadata = challenge.split("resource_metadata=\"").nth(1).unwrap().split('"').next().unwrap();
    let metadata = program.get(metadata.strip_prefix(&gate.server.url).expect("it is here"));
    assert_eq!((refused.status, metadata.status), (401, 200), "{challenge}");
    let metadata = metadata.json();
    assert_eq!(metadata["resource"], json!(gate.resource()), "byte for byte as it was asked");
    let issuer = metadata["authorization_servers"][0].as_str().unwrap().to_owned();
    assert_eq!(issuer, gate.server.url);
    let server = program.get("/.well-known/oauth-authorization-server");
    assert_eq!(server.header("access-control-allow-origin"), "*");
    let server = server.json();
    assert_eq!(server["issuer"], json!(issuer));
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["authorization_endpoint"], json!(format!("{issuer}/oauth/authorize")));

    // Whoever is not signed in signs in first, and comes back to what was asked.
    let client_id = gate.register();
    let stranger = gate.program();
    let asked = gate.authorize(&client_id, &[]);
    let to = stranger.get(&asked);
    assert_eq!(to.status, 303);
    let place = form_urlencoded::parse(to.header("location").split_once('?').unwrap().1.as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned();
    assert_eq!((to.header("location").starts_with("/sign-in?"), place.as_str()), (true, asked.as_str()));
    assert_eq!(gate.ada.get(to.header("location")).header("location"), asked, "who is signed in is let through");

    let page = gate.ada.get(&asked);
    for shown in ["Test Client", "127.0.0.1:9", "Acme", "your own computer"] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:9;") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    let back = Gate::back(&gate.answer(&gate.ada, &page, "connect"));
    assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("s t", issuer.as_str()));
    let issued = tokens(&gate.exchange(&client_id, &back["code"], VERIFIER));
    assert_eq!(gate.status(&issued.access), 200);

    // New tokens for the one that is good for that once.
    let next = tokens(&gate.refresh(&client_id, &issued.refresh));
    assert_eq!((gate.status(&next.access), gate.status(&issued.access)), (200, 200));
    // The token is for tools, and for nothing else.
    assert_eq!(Api::at(&gate.server.url, &gate.org, &next.access).get("").0, 401);
    assert_eq!(gate.status(&next.refresh), 401);
    let revoked = gate.send("/oauth/revoke", &[("token", &next.refresh), ("client_id", &client_id)]);
    assert_eq!(revoked.0, 200);
    assert_eq!(
        (gate.status(&next.access), gate.status(&issued.access)),
        (401, 401),
        "the client is connected no longer"
    );
    assert_eq!(error(&gate.refresh(&client_id, &next.refresh)), (400, "invalid_grant"));
}

#[test]
fn whoever_says_no_is_sent_back_with_that_and_nothing_is_connected() {
    let gate = Gate::start();
    let client_id = gate.register();
    let page = gate.ada.get(&gate.authorize(&client_id, &[]));
    let back = Gate::back(&gate.answer(&gate.ada, &page, "refuse"));
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "s t"));
    assert_eq!(back["iss"], gate.server.url);
    assert!(!back.contains_key("code"));
    // Another site cannot say yes for somebody, nor can a page of ours that was made for something else.
    let request = form(&[("request", "x"), ("answer", "connect"), ("organization", &gate.org)]);
    assert_eq!(gate.ada.fill_in("/oauth/authorize", "x", &request).status, 403);
    let csrf = gate.ada.get("/sign-in").csrf();
    assert_eq!(gate.ada.fill_in("/oauth/authorize", &csrf, &request).status, 403);
}

#[test]
fn a_code_or_refresh_token_that_comes_again_gives_nothing_and_later_ends_the_client() {
    let gate = Gate::start();
    let client_id = gate.register();
    let code = gate.code(&client_id);
    // A thief who has the code alone gets nothing by it, and ends nothing.
    let other = gate.register();
    assert_eq!(error(&gate.exchange(&client_id, &code, &VERIFIER.replace('d', "e"))), (400, "invalid_grant"));
    assert_eq!(error(&gate.exchange(&other, &code, VERIFIER)), (400, "invalid_grant"));
    let issued = tokens(&gate.exchange(&client_id, &code, VERIFIER));
    assert_eq!(error(&gate.exchange(&other, &code, VERIFIER)), (400, "invalid_grant"));
    assert_eq!(gate.status(&issued.access), 200);
    let (one, two) = std::thread::scope(|scope| {
        let ask = || gate.refresh(&client_id, &issued.refresh).0;
        let tasks: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        let all: Vec<u16> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
        (all.iter().filter(|status| **status == 200).count(), all.len())
    });
    assert_eq!((one, two), (1, 8), "of many at once one gets new tokens");
    assert_eq!(gate.status(&issued.access), 200, "and the client is not taken for a thief");
    // The code once more, by who could have used it: somebody has stolen something.
    assert_eq!(error(&gate.exchange(&client_id, &code, VERIFIER)), (400, "invalid_grant"));
    assert_eq!(gate.status(&issued.access), 401);
    let history = gate.owner.get("/audit?kind=changes").1.to_string();
    assert!(history.contains("client.disconnected"), "{history}");
}

/// A web server on this machine that gives one document to whoever asks, and counts who did.
struct Documents {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Documents {
    fn start(host: &str, document: impl Fn(&str) -> Value + Send + 'static) -> Documents {
        let listener = TcpListener::bind(format!("{host}:0")).unwrap();
        let url = format!("http://{}/client.json", listener.local_addr().unwrap());
        let (asked, of) = (Arc::new(AtomicUsize::new(0)), url.clone());
        let counted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.read(&mut [0; 4_096]);
                let body = document(&of).to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Documents { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[test]
fn a_client_that_describes_itself_at_its_own_address_is_connected_without_registering() {
    let gate = Gate::start();
    let documents = Documents::start("127.0.0.1", |url| {
        json!({ "client_id": url, "client_name": "Described", "redirect_uris": ["http://127.0.0.1/callback"],
            "token_endpoint_auth_method": "none" })
    });
    let asked = gate.authorize(&documents.url, &[]);
    assert_eq!(gate.program().get(&asked).status, 303);
    assert_eq!(documents.asked(), 0, "nothing is fetched for somebody who is not signed in");
    let page = gate.ada.get(&asked);
    let host = documents.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(page.text.contains("Connect Described?") && page.text.contains(host), "{}", page.text);
    let back = Gate::back(&gate.answer(&gate.ada, &page, "connect"));
    assert_eq!(documents.asked(), 1, "it is kept for a while");
    let issued = tokens(&gate.exchange(&documents.url, &back["code"], VERIFIER));
    assert_eq!(gate.status(&tokens(&gate.refresh(&documents.url, &issued.refresh)).access), 200);
    assert_eq!(documents.asked(), 1, "and not asked for when tokens are exchanged");
    // A document that names another address is of another client.
    let other = Documents::start(
        "127.0.0.1",
        |_| json!({ "client_id": "https://good.example/client.json", "redirect_uris": ["http://127.0.0.1/callback"] }),
    );
    let page = gate.ada.get(&gate.authorize(&other.url, &[]));
    assert_eq!((page.status, page.text.contains("another client_id")), (400, true), "{}", page.text);
}

#[test]
fn no_document_is_fetched_from_where_a_stranger_must_not_send_us() {
    let gate = Gate::start();
    // Another address of this machine, which nobody has allowed.
    let trap = Documents::start("127.0.0.2", |url| json!({ "client_id": url, "redirect_uris": [BACK] }));
    let port = trap.url.rsplit(':').next().unwrap();
    for host in
        ["127.0.0.2", "127.2", "2130706434", "0x7f000002", "017700000002", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]"]
    {
        for scheme in ["http", "https"] {
            let page = gate.ada.get(&gate.authorize(&format!("{scheme}://{host}:{port}"), &[]));
            assert_eq!(page.status, 400, "{scheme}://{host}: {}", page.text);
        }
    }
    for url in [
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/x",
        "https://10.0.0.1/x",
        "https://[64:ff9b::a00:1]/x",
    ] {
        assert_eq!(gate.ada.get(&gate.authorize(url, &[])).status, 400, "{url}");
    }
    assert_eq!(trap.asked(), 0);
    // The same for integrations.
    let connect = json!({ "title": "Trap", "url": format!("https://127.0.0.2:{port}") });
    let (status, told) = gate.owner.post("/integrations", connect);
    assert_eq!((status, trap.asked()), (422, 0), "{told}");
    assert!(told["detail"].as_str().unwrap().contains("private-destinations"), "{told}");
}

#[test]
fn what_somebody_has_connected_they_see_and_end_as_does_who_ends_credentials_of_others() {
    let gate = Gate::start();
    let client_id = gate.register();
    let [one, two, three] = [(); 3].map(|()| tokens(&gate.exchange(&client_id, &gate.code(&client_id), VERIFIER)));
    let (status, list) = gate.owner.get("/clients");
    assert_eq!((status, list["items"].as_array().unwrap().len()), (200, 3), "{list}");
    let newest = &list["items"][0];
    assert_eq!((&newest["name"], &newest["sent_back_to"]), (&json!("Test Client"), &json!("127.0.0.1:9")));
    assert_eq!(newest["path"], json!(format!("/o/{}/mcp", gate.org)));
    assert_eq!(gate.owner.delete(&format!("/clients/{}", newest["id"].as_str().unwrap())).0, 204);
    assert_eq!([&one, &two, &three].map(|tokens| gate.status(&tokens.access)), [200, 200, 401]);
    assert_eq!(gate.owner.delete("/clients/cli_00000000000000000000").0, 404);
    // Whoever leads the organization sees and ends theirs in a session in which they have just signed in.
    let path = format!("/api/v1/orgs/{}/members/ada@example.com/clients", gate.org);
    assert_eq!(gate.ada.api("GET", &path, None).1["items"].as_array().unwrap().len(), 2);
    let consequences = gate.owner.get("/members/ada@example.com/consequences").1;
    assert_eq!(consequences["ends"]["clients"], json!(2), "{consequences}");
    assert_eq!(gate.ada.api("DELETE", &path, None).0, 204);
    assert_eq!([&one, &two].map(|tokens| gate.status(&tokens.access)), [401, 401]);
    assert_eq!(error(&gate.refresh(&client_id, &one.refresh)), (400, "invalid_grant"));
    assert_eq!(gate.owner.get("/clients").1["items"], json!([]));
}

#[test]
fn a_client_that_was_connected_for_one_integration_is_let_in_nowhere_else() {
    let gate = Gate::start();
    let client_id = gate.register();
    let page = |resource: &str| gate.ada.get(&gate.authorize(&client_id, &[("resource", Some(resource))]));
    let base = &gate.server.url;
    // There is none by this name, and nobody learns whether there is.
    assert_eq!(page(&format!("{base}/o/{}/mcp/none", gate.org)).status, 404);
    assert_eq!(page(&format!("{base}/o/other/mcp")).status, 404);
    for elsewhere in ["https://evil.example/mcp", &format!("{base}/api/v1"), &format!("{base}/o/{}/mcp?x", gate.org)] {
        let told = page(elsewhere);
        assert_eq!((told.status, Gate::back(&told)["error"].as_str()), (303, "invalid_target"), "{elsewhere}");
    }
    // Where the address says no organization, or no address is said, the only one it can be is taken.
    for resource in [Some(format!("{base}/mcp")), None] {
        let page = gate.ada.get(&gate.authorize(&client_id, &[("resource", resource.as_deref())]));
        let code = &Gate::back(&gate.answer(&gate.ada, &page, "connect"))["code"];
        assert_eq!(gate.status(&tokens(&gate.exchange(&client_id, code, VERIFIER)).access), 200, "{resource:?}");
    }
    let code = gate.code(&client_id);
    let other = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", &client_id),
        ("code_verifier", VERIFIER),
        ("resource", &format!("{base}/o/other/mcp")),
    ];
    assert_eq!(error(&gate.send("/oauth/token", &other)), (400, "invalid_target"));
}
