//! A passkey after another way of signing in, on pages and over the API: where its person wants that, and where an
//! organization does.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testkit::authenticator::Authenticator;

use crate::passkeys::{add, answer, show};
use crate::sign_in::{Browser, found, signed_in};
use crate::world::{Api, Server, WARDROOM};

/// The path of a link that a command prints.
fn link(data: &Path, line: &[&str]) -> String {
    let output = Command::new(WARDROOM).args(line).args(["--json", "--data"]).arg(data).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let link = said["link"].as_str().expect("a link");
    link.strip_prefix("http://127.0.0.1:7700").unwrap_or_else(|| panic!("{link}")).to_owned()
}

fn asks(owner: &Api, asked: &str) {
    let (status, told) = owner.patch("", json!({ "settings": { "sign_in.second_factor": asked } }));
    assert_eq!(status, 200, "{told}");
}

#[test]
fn whoever_wants_it_shows_a_passkey_after_a_link_and_goes_on_where_they_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let ada = signed_in(&server.url, &acme.link);
    let mut device = Authenticator::es256();
    assert_eq!(add(&ada, &server, &mut device).status, 303);
    let page = ada.get("/sign-in/passkeys");
    assert!(page.text.contains("Show a passkey to turn this on"), "{}", page.text);
    let on = json!({ "on": true });
    assert_eq!(ada.api("PUT", "/api/v1/second-factor", Some(on.clone())).1["code"], "passkey-needed");
    let shown = Browser::new(&server.url);
    assert_eq!(show(&shown, &server, &device).status, 303);
    let page = shown.get("/sign-in/passkeys");
    let turned_on = shown.fill_in("/sign-in/passkeys/second-factor", &page.csrf(), "asked=yes");
    assert_eq!((turned_on.status, turned_on.header("location")), (303, "/sign-in/passkeys"), "{}", turned_on.text);
    assert_eq!(shown.get("/api/v1/second-factor").json(), on);
    assert_eq!((ada.session().0, shown.session().1["by_passkey"].clone()), (401, json!(true)));
    drop(server);

    let path = link(folder.path(), &["link", "ada@example.com"]);
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    assert_eq!(browser.get("/sign-in?return_to=/sign-in/sessions").status, 200);
    let page = browser.sign_in(&path);
    assert!(page.status == 200 && page.text.contains("Show a passkey as well"), "{}", page.text);
    let with_script = page.header("content-security-policy").contains("script-src 'self'");
    assert!(with_script && page.header("set-cookie").is_empty(), "{}", page.header("set-cookie"));
    assert_eq!(browser.session().0, 401, "nobody is signed in yet");
    let done = answer(&browser, &server, &device, &page);
    assert_eq!((done.status, done.header("location")), (303, "/sign-in/sessions"), "{}", done.text);
    assert_eq!(browser.get("/api/v1/sessions").json()["items"][0]["way"], "link");
    assert_eq!(answer(&browser, &server, &device, &page).status, 401, "once");
    let (status, off) = browser.api("PUT", "/api/v1/second-factor", Some(json!({ "on": false })));
    assert_eq!((status, off), (200, json!({ "on": false })));
}

#[test]
fn an_organization_that_asks_for_a_passkey_leads_to_it_and_opens_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let other = found(folder.path(), "Other", "bea@example.com");
    let server = Server::start(folder.path());
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    assert_eq!(owner.post("/members", json!({ "email": "bea@example.com", "name": "Bea" })).0, 201);
    let (ada, bea) = (signed_in(&server.url, &acme.link), signed_in(&server.url, &other.link));
    let settings = |asked: &str| Some(json!({ "settings": { "sign_in.second_factor": asked } }));
    let path = format!("/api/v1/orgs/{}", acme.org);
    assert_eq!(ada.api("PATCH", &path, settings("everyone")).1["code"], "passkey-needed", "she has shown none");
    assert_eq!(bea.api("GET", &path, None).0, 200);
    asks(&owner, "everyone");
    let (status, denied) = bea.api("GET", &path, None);
    assert_eq!((status, denied["code"].clone()), (403, json!("passkey-needed")), "{denied}");
    assert!(denied["remedy"].as_str().unwrap().contains("/sign-in/second-factor"), "{denied}");
    assert_eq!(bea.api("GET", &format!("/api/v1/orgs/{}", other.org), None).0, 200, "others stay open");
    let told = bea.session().1;
    assert_eq!(
        (told["by_passkey"].clone(), told["passkey_needed"][0]["slug"].clone()),
        (json!(false), json!(acme.org))
    );
    assert_eq!(told["organizations"][0]["slug"], json!(other.org));
    assert!(bea.get("/sign-in").text.contains("asks for a passkey"));

    let page = bea.get("/sign-in/second-factor?return_to=/sign-in/sessions");
    assert!(page.text.contains("Add a passkey") && page.text.contains("Acme"), "{}", page.text);
    let mut device = Authenticator::es256();
    let added = add(&bea, &server, &mut device);
    assert_eq!((added.status, added.header("location")), (303, "/sign-in/second-factor"), "{}", added.text);
    let page = bea.get("/sign-in/second-factor");
    assert!(page.text.contains("action=\"/sign-in/passkey\""), "{}", page.text);
    let asked = bea.submit("/sign-in/passkey", &page.csrf());
    let shown = answer(&bea, &server, &device, &asked);
    assert_eq!((shown.status, shown.header("location")), (303, "/sign-in/sessions"), "{}", shown.text);
    assert_eq!(bea.api("GET", &path, None).0, 200);
    assert_eq!((bea.session().1["passkey_needed"].clone(), bea.get("/sign-in/second-factor").status), (json!([]), 303));
    let (_, sessions) = owner.get("/members/bea@example.com/sessions");
    assert_eq!(sessions["items"][0]["by_passkey"], json!(true), "who manages members sees it: {sessions}");
    // One that is removed closes it again, and the page says so before.
    assert!(bea.get("/sign-in/passkeys").text.contains("Acme"));
    for elsewhere in ["https://evil.example", "//evil.example"] {
        assert_eq!(bea.get(&format!("/sign-in/second-factor?return_to={elsewhere}")).status, 422, "{elsewhere}");
    }
    asks(&owner, "off");
    assert_eq!(ada.api("GET", &path, None).0, 200);
}

#[test]
fn whoever_was_shut_out_adds_a_passkey_with_the_link_that_the_machine_prints() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let ada = signed_in(&server.url, &acme.link);
    let (mut lost, mut device) = (Authenticator::es256(), Authenticator::es256());
    assert_eq!(add(&ada, &server, &mut lost).status, 303);
    asks(&Api::at(&server.url, &acme.org, &acme.key), "everyone");
    drop(server);
    let plain = link(folder.path(), &["link", "ada@example.com"]);
    let handed = link(folder.path(), &["link", "--lost-passkeys", "ada@example.com"]);
    let recovered = link(folder.path(), &["recover", "--link", "--org", &acme.org]);
    let server = Server::start(folder.path());
    let by_plain = signed_in(&server.url, &plain);
    let csrf = by_plain.get("/sign-in/passkeys").csrf();
    let refused = by_plain.fill_in("/sign-in/passkeys/new", &csrf, "name=Phone");
    assert!(refused.header("location").starts_with("/sign-in/second-factor"), "{}", refused.text);
    let by_handed = signed_in(&server.url, &handed);
    assert_eq!(add(&by_handed, &server, &mut Authenticator::es256()).status, 303);
    let recovering = signed_in(&server.url, &recovered);
    assert_eq!(recovering.api("GET", &format!("/api/v1/orgs/{}", acme.org), None).1["code"], "passkey-needed");
    assert_eq!(add(&recovering, &server, &mut device).status, 303);
    let back = Browser::new(&server.url);
    assert_eq!(show(&back, &server, &device).status, 303);
    assert_eq!(back.api("GET", &format!("/api/v1/orgs/{}", acme.org), None).0, 200);
}

#[test]
fn a_passkey_is_asked_for_nowhere_where_there_are_none_and_a_server_that_moves_there_asks_on() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let moved = || {
        let server = Server::start_with(folder.path(), &["--public-url", "https://192.0.2.1"]);
        let here = format!("http://{}", server.url.split("listening on ").nth(1).expect("where it listens"));
        (Api::at(&here, &acme.org, &acme.key), server)
    };
    let (owner, server) = moved();
    let file = |asked: &str| json!({ "wardroom": 1, "settings": { "sign_in.second_factor": asked } });
    for asked in ["managers", "everyone"] {
        let (status, refused) = owner.patch("", json!({ "settings": { "sign_in.second_factor": asked } }));
        assert_eq!((status, &refused["code"]), (422, &json!("no-passkeys-here")), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("public-url"), "{refused}");
        assert!(refused.to_string().contains("sign_in.second_factor"), "it names the field: {refused}");
        for way in ["/plan", "/apply"] {
            let (status, refused) = owner.post(way, file(asked));
            assert_eq!((status, &refused["code"]), (422, &json!("no-passkeys-here")), "{way}: {refused}");
        }
    }
    asks(&owner, "off");
    assert_eq!(owner.get("/advice").1.to_string().matches("no-passkeys-here").count(), 0);
    drop(server);

    // What was set where there are passkeys is not weakened by moving: it is told, and a key takes it back.
    let server = Server::start(folder.path());
    asks(&Api::at(&server.url, &acme.org, &acme.key), "everyone");
    drop(server);
    let mut doctor = Command::new(WARDROOM);
    let doctor = doctor.args(["doctor", "--public-url", "https://192.0.2.1", "--data"]).arg(folder.path()).output();
    let said = String::from_utf8_lossy(&doctor.unwrap().stdout).into_owned();
    assert!(said.contains("there are no passkeys"), "{said}");
    let (owner, _server) = moved();
    let (_, settings) = owner.get("/settings");
    let setting = settings["items"].as_array().unwrap().iter().find(|one| one["name"] == "sign_in.second_factor");
    assert_eq!(setting.unwrap()["value"], json!("everyone"), "{settings}");
    let (_, advice) = owner.get("/advice");
    assert!(advice["items"][0]["code"] == "no-passkeys-here" && advice.to_string().contains("public-url"), "{advice}");
    asks(&owner, "everyone");
    asks(&owner, "off");
}
