//! People connect AI clients by signing in: from a 401 to tools, over the metadata, the registration, the page and the tokens.

mod authorize;
mod cases;
mod codes;
mod consent;
mod doors;
pub(crate) mod gate;
mod hostile;
mod registering;
mod scopes;
mod token;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::sign_in::Browser;
use crate::world::{Api, wait_for};
use gate::{Gate, VERIFIER, back, error, form, tokens};

// rows: PW-19
#[test]
fn a_client_that_knows_the_url_alone_finds_its_way_from_401_to_tools_by_signing_its_person_in() {
    let gate = Gate::start();
    let program = &gate.program;
    let anybody = Browser::new(&gate.server.url);
    // Nobody yet: the answer says where to learn how to become somebody.
    let refused =
        anybody.send("POST", &format!("/o/{}/mcp", program.org), &[("content-type", "application/json")], "{}");
    let challenge = refused.header("www-authenticate").to_owned();
    let metadata = challenge.split("resource_metadata=\"").nth(1).unwrap().split('"').next().unwrap();
    let metadata = anybody.get(metadata.strip_prefix(&gate.server.url).expect("it is here"));
    assert_eq!((refused.status, metadata.status), (401, 200), "{challenge}");
    let metadata = metadata.json();
    assert_eq!(metadata["resource"], json!(program.resource()), "byte for byte as it was asked");
    let issuer = metadata["authorization_servers"][0].as_str().unwrap().to_owned();
    assert_eq!(issuer, gate.server.url);
    let server = anybody.get("/.well-known/oauth-authorization-server");
    assert_eq!(server.header("access-control-allow-origin"), "*");
    let server = server.json();
    assert_eq!(server["issuer"], json!(issuer));
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["authorization_endpoint"], json!(format!("{issuer}/oauth/authorize")));

    // Whoever is not signed in signs in first, and comes back to what was asked.
    let client_id = program.register();
    let stranger = Browser::new(&gate.server.url);
    let asked = program.authorize(&client_id, &[]);
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
    let back = back(&program.answer(&gate.ada, &page, "connect"));
    assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("s t", issuer.as_str()));
    let issued = tokens(&program.exchange(&client_id, &back["code"], VERIFIER));
    assert_eq!(program.status(&issued.access), 200);

    // New tokens for the one that is good for that once.
    let next = tokens(&program.refresh(&client_id, &issued.refresh));
    assert_eq!((program.status(&next.access), program.status(&issued.access)), (200, 200));
    // The token is for tools, and for nothing else.
    assert_eq!(Api::at(&gate.server.url, &program.org, &next.access).get("").0, 401);
    assert_eq!(program.status(&next.refresh), 401);
    let revoked = program.send("/oauth/revoke", &[("token", &next.refresh), ("client_id", &client_id)]);
    assert_eq!(revoked.0, 200);
    assert_eq!(
        (program.status(&next.access), program.status(&issued.access)),
        (401, 401),
        "the client is connected no longer"
    );
    assert_eq!(error(&program.refresh(&client_id, &next.refresh)), (400, "invalid_grant"));
}

#[test]
fn whoever_says_no_is_sent_back_with_that_and_nothing_is_connected() {
    let gate = Gate::start();
    let program = &gate.program;
    let client_id = program.register();
    let page = gate.ada.get(&program.authorize(&client_id, &[]));
    let back = back(&program.answer(&gate.ada, &page, "refuse"));
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "s t"));
    assert_eq!(back["iss"], gate.server.url);
    assert!(!back.contains_key("code"));
    // Another site cannot say yes for somebody, nor can a page of ours that was made for something else.
    let request = form(&[("request", "x"), ("answer", "connect"), ("organization", &program.org)]);
    assert_eq!(gate.ada.fill_in("/oauth/authorize", "x", &request).status, 403);
    let csrf = gate.ada.get("/sign-in").csrf();
    assert_eq!(gate.ada.fill_in("/oauth/authorize", &csrf, &request).status, 403);
}

#[test]
fn a_code_or_refresh_token_that_comes_again_gives_nothing_and_later_ends_the_client() {
    let gate = Gate::start();
    let program = &gate.program;
    let client_id = program.register();
    let code = program.code(&gate.ada, &client_id);
    // A thief who has the code alone gets nothing by it, and ends nothing.
    let other = program.register();
    assert_eq!(error(&program.exchange(&client_id, &code, &VERIFIER.replace('d', "e"))), (400, "invalid_grant"));
    assert_eq!(error(&program.exchange(&other, &code, VERIFIER)), (400, "invalid_grant"));
    let issued = tokens(&program.exchange(&client_id, &code, VERIFIER));
    assert_eq!(error(&program.exchange(&other, &code, VERIFIER)), (400, "invalid_grant"));
    assert_eq!(program.status(&issued.access), 200);
    let (one, two) = std::thread::scope(|scope| {
        let ask = || program.refresh(&client_id, &issued.refresh).0;
        let tasks: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        let all: Vec<u16> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
        (all.iter().filter(|status| **status == 200).count(), all.len())
    });
    assert_eq!((one, two), (1, 8), "of many at once one gets new tokens");
    assert_eq!(program.status(&issued.access), 200, "and the client is not taken for a thief");
    // The code once more, by who could have used it: somebody has stolen something.
    assert_eq!(error(&program.exchange(&client_id, &code, VERIFIER)), (400, "invalid_grant"));
    assert_eq!(program.status(&issued.access), 401);
    let history = gate.owner.get("/audit?kind=changes").1.to_string();
    assert!(history.contains("client.disconnected"), "{history}");
    // The record names the client whose token came again; that it got new ones is not worth a line.
    let record = gate.owner.get("/audit?kind=calls&decision=denied").1;
    let again = record["items"].as_array().unwrap().iter().find(|entry| entry["reason"] == json!("token-spent"));
    let again = again.unwrap_or_else(|| panic!("it is not in the record: {record}"));
    assert_eq!(again["method"], json!("client.code"));
    assert_eq!(again["credential"]["name"], json!("Test Client"));
    let calls = gate.owner.get("/audit?kind=calls").1.to_string();
    assert!(!calls.contains("client.refresh"), "{calls}");
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
    let program = &gate.program;
    let documents = Documents::start("127.0.0.1", |url| {
        json!({ "client_id": url, "client_name": "Described", "redirect_uris": ["http://127.0.0.1/callback"],
            "token_endpoint_auth_method": "none" })
    });
    let asked = program.authorize(&documents.url, &[]);
    assert_eq!(Browser::new(&gate.server.url).get(&asked).status, 303);
    assert_eq!(documents.asked(), 0, "nothing is fetched for somebody who is not signed in");
    let page = gate.ada.get(&asked);
    let host = documents.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(page.text.contains("Connect Described?") && page.text.contains(host), "{}", page.text);
    let back = back(&program.answer(&gate.ada, &page, "connect"));
    assert_eq!(documents.asked(), 1, "it is kept for a while");
    let issued = tokens(&program.exchange(&documents.url, &back["code"], VERIFIER));
    assert_eq!(program.status(&tokens(&program.refresh(&documents.url, &issued.refresh)).access), 200);
    assert_eq!(documents.asked(), 1, "and not asked for when tokens are exchanged");
    // A document that names another address is of another client.
    let other = Documents::start(
        "127.0.0.1",
        |_| json!({ "client_id": "https://good.example/client.json", "redirect_uris": ["http://127.0.0.1/callback"] }),
    );
    let page = gate.ada.get(&program.authorize(&other.url, &[]));
    assert_eq!((page.status, page.text.contains("another client_id")), (400, true), "{}", page.text);
}

#[test]
fn what_somebody_has_connected_they_see_and_end_as_does_who_ends_credentials_of_others() {
    let gate = Gate::start();
    let program = &gate.program;
    let client_id = program.register();
    let [one, two, three] =
        [(); 3].map(|()| tokens(&program.exchange(&client_id, &program.code(&gate.ada, &client_id), VERIFIER)));
    let (status, list) = gate.owner.get("/clients");
    assert_eq!((status, list["items"].as_array().unwrap().len()), (200, 3), "{list}");
    let newest = &list["items"][0];
    assert_eq!((&newest["name"], &newest["sent_back_to"]), (&json!("Test Client"), &json!("127.0.0.1:9")));
    assert_eq!(newest["path"], json!(format!("/o/{}/mcp", program.org)));
    assert_eq!(gate.owner.delete(&format!("/clients/{}", newest["id"].as_str().unwrap())).0, 204);
    assert_eq!([&one, &two, &three].map(|tokens| program.status(&tokens.access)), [200, 200, 401]);
    assert_eq!(gate.owner.delete("/clients/cli_00000000000000000000").0, 404);
    // Whoever leads the organization sees and ends theirs in a session in which they have just signed in.
    let path = format!("/api/v1/orgs/{}/members/ada@example.com/clients", program.org);
    assert_eq!(gate.ada.api("GET", &path, None).1["items"].as_array().unwrap().len(), 2);
    let consequences = gate.owner.get("/members/ada@example.com/consequences").1;
    assert_eq!(consequences["ends"]["clients"], json!(2), "{consequences}");
    assert_eq!(gate.ada.api("DELETE", &path, None).0, 204);
    assert_eq!([&one, &two].map(|tokens| program.status(&tokens.access)), [401, 401]);
    assert_eq!(error(&program.refresh(&client_id, &one.refresh)), (400, "invalid_grant"));
    assert_eq!(gate.owner.get("/clients").1["items"], json!([]));
}

#[test]
fn what_somebody_has_connected_stands_on_a_page_with_its_last_use_and_is_disconnected_there() {
    let gate = Gate::start();
    let empty = gate.ada.get("/sign-in/clients");
    assert!(empty.status == 200 && empty.text.contains("You have connected none"), "{}", empty.text);
    let program = &gate.program;
    let client_id = program.register();
    let code = || program.code(&gate.ada, &client_id);
    let [one, two] = [(); 2].map(|()| tokens(&program.exchange(&client_id, &code(), VERIFIER)));
    assert!(gate.owner.get("/clients").1["items"][0]["used_at"].is_null(), "to get tokens is no use");
    assert_eq!(program.status(&two.access), 200);
    let newest = wait_for("the use", || {
        let newest = gate.owner.get("/clients").1["items"][0].clone();
        newest["used_at"].is_string().then_some(newest)
    });
    let page = gate.ada.get("/sign-in/clients").text;
    for shown in ["Test Client", "Acme", "for everything that you may use", "127.0.0.1:9", "last used", "never used"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let id = newest["id"].as_str().unwrap();
    let start = page.split("href=\"/sign-in/clients/").skip(1).find(|rest| rest.contains(id)).expect("a link");
    let path = format!("/sign-in/clients/{}", start.split('"').next().unwrap());
    assert!(path.ends_with(id), "{path}");
    let asks = gate.ada.get(&path);
    assert!(asks.text.contains("Disconnect Test Client?"), "{}", asks.text);
    assert_eq!(program.status(&two.access), 200, "asking ends nothing");
    // Nobody else's site presses the button, and nobody ends what is another's.
    assert_eq!(gate.ada.submit(&path, "x").status, 403);
    let csrf = gate.ada.get("/sign-in").csrf();
    assert_eq!(gate.ada.submit(&path, &csrf).status, 403);
    assert_eq!(gate.ada.get(&path.replace(id, "cli_00000000000000000000")).status, 404);
    assert_eq!(Browser::new(&gate.server.url).get(&path).status, 303);
    let done = gate.ada.submit(&path, &asks.csrf());
    assert_eq!((done.status, done.header("location")), (303, "/sign-in/clients"), "{}", done.text);
    assert_eq!([&one, &two].map(|tokens| program.status(&tokens.access)), [200, 401]);
    assert_eq!(gate.ada.submit(&path, &asks.csrf()).status, 404);
    assert_eq!(gate.ada.get("/sign-in/clients").text.matches("Test Client").count(), 1);
    // History says who connected and disconnected which, also when it is gone.
    let history = gate.owner.get("/audit?kind=changes").1;
    let last: Vec<_> = history["items"].as_array().unwrap().iter().take(3).collect();
    let what = last.iter().map(|entry| entry["type"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(what, ["client.disconnected", "client.connected", "client.connected"]);
    for entry in last {
        assert_eq!(
            (&entry["client"]["name"], &entry["actor"]["id"]),
            (&json!("Test Client"), &entry["data"]["person"])
        );
    }
}
