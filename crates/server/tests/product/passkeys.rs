//! Passkeys on the pages, with a device made by hand in the place of the browser's script.

use serde_json::Value;
use testkit::authenticator::{Authenticator, Statement};

use crate::sign_in::{Answer, Browser, found, signed_in};
use crate::world::Server;

/// What a page's script is asked, and the page's word.
pub(crate) fn asked(page: &Answer, act: &str) -> (Value, String) {
    assert_eq!(page.status, 200, "{}", page.text);
    let question =
        page.text.split("data-question=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a question");
    let question: Value = serde_json::from_str(&question.replace("&#34;", "\"")).expect("JSON");
    (question[act].clone(), page.csrf())
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// The place under which passkeys are tried out on this machine.
pub(crate) fn origin(server: &Server) -> String {
    server.url.replace("127.0.0.1", "localhost")
}

/// Adds a passkey as its page does.
pub(crate) fn add(browser: &Browser, server: &Server, device: &mut Authenticator) -> Answer {
    let csrf = browser.get("/sign-in/passkeys").csrf();
    let page = browser.fill_in("/sign-in/passkeys/new", &csrf, "name=Phone+%26+Co");
    let (create, csrf) = asked(&page, "create");
    device.user_handle = text(&browser.session().1, "person").into();
    assert_eq!(text(&create["user"], "id"), testkit::authenticator::encoded(&device.user_handle));
    assert!(page.text.contains("name=\"name\" value=\"Phone &#38; Co\""), "{}", page.text);
    let made = device.make(&Statement::making(text(&create, "challenge"), &origin(server)));
    let fields = format!(
        "name=Phone+%26+Co&credential={}&client_data={}&authenticator_data={}&public_key={}&algorithm={}",
        made.credential, made.client_data, made.authenticator_data, made.public_key, made.algorithm
    );
    browser.fill_in("/sign-in/passkeys/add", &csrf, &fields)
}

/// Shows one as the page of signing in does.
pub(crate) fn show(browser: &Browser, server: &Server, device: &Authenticator) -> Answer {
    let page = browser.get("/sign-in").text;
    let form = page.split("action=\"/sign-in/passkey\"").nth(1).expect("a form for passkeys");
    let csrf = form.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a word");
    answer(browser, server, device, &browser.submit("/sign-in/passkey", csrf))
}

/// Answers a page that asks for one, as its script does.
pub(crate) fn answer(browser: &Browser, server: &Server, device: &Authenticator, page: &Answer) -> Answer {
    let (get, csrf) = asked(page, "get");
    assert_eq!((text(&get, "rpId"), text(&get, "userVerification")), ("localhost", "required"));
    let action = page.text.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
    let shown = device.show(&Statement::showing(text(&get, "challenge"), &origin(server)));
    let fields = format!(
        "credential={}&client_data={}&authenticator_data={}&signature={}&user_handle={}",
        shown.credential, shown.client_data, shown.authenticator_data, shown.signature, shown.user_handle
    );
    browser.fill_in(action, &csrf, &fields)
}

#[test]
fn a_passkey_is_added_shown_and_removed_on_pages() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let ada = signed_in(&server.url, &acme.link);
    let mut device = Authenticator::es256();
    let added = add(&ada, &server, &mut device);
    assert_eq!((added.status, added.header("location")), (303, "/sign-in/passkeys"), "{}", added.text);
    let page = ada.get("/sign-in/passkeys");
    assert!(page.text.contains("Phone &#38; Co"), "{}", page.text);

    let elsewhere = Browser::new(&server.url);
    let begun = show(&elsewhere, &server, &device);
    assert_eq!((begun.status, begun.header("location")), (303, "/sign-in"), "{}", begun.text);
    assert_eq!(elsewhere.session().1["person"], ada.session().1["person"]);
    assert_eq!(elsewhere.get("/api/v1/sessions").json()["items"][0]["way"], "passkey");
    // Whoever wanted to go somewhere comes there.
    let wants = Browser::new(&server.url);
    wants.get("/sign-in?return_to=/sign-in/sessions");
    assert_eq!(show(&wants, &server, &device).header("location"), "/sign-in/sessions");

    let listed = ada.get("/api/v1/passkeys").json();
    let (id, word) = (text(&listed["items"][0], "id"), page.csrf());
    assert_eq!(text(&listed["items"][0], "name"), "Phone & Co");
    // The last way in stays, and has no button.
    assert!(!page.text.contains(id), "{}", page.text);
    let last = ada.fill_in("/sign-in/passkeys/remove", &word, &format!("passkey={id}"));
    assert!(last.status == 409 && last.text.contains("add another one first"), "{}", last.text);
    assert_eq!(ada.api("DELETE", &format!("/api/v1/passkeys/{id}"), None).1["code"], "last-sign-in");
    assert_eq!(add(&ada, &server, &mut Authenticator::eddsa()).status, 303);
    assert!(ada.get("/sign-in/passkeys").text.contains(id));
    let other = elsewhere.get("/sign-in/passkeys").csrf();
    assert_eq!(ada.fill_in("/sign-in/passkeys/remove", &other, &format!("passkey={id}")).status, 403);
    assert_eq!(ada.fill_in("/sign-in/passkeys/remove", &word, &format!("passkey={id}")).status, 303);
    assert_eq!(ada.get("/api/v1/passkeys").json()["items"].as_array().unwrap().len(), 1);
    assert_eq!((elsewhere.session().0, ada.session().0), (401, 200), "whoever came by one elsewhere is signed out");
    assert_eq!(ada.api("DELETE", &format!("/api/v1/passkeys/{id}"), None).0, 404);
    let refused = show(&Browser::new(&server.url), &server, &device);
    assert_eq!(refused.status, 401);
    assert!(refused.text.contains("Nobody here signs in with this passkey"), "{}", refused.text);
}

#[test]
fn only_the_two_pages_that_ask_a_device_run_a_script_and_only_ours() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let ada = signed_in(&server.url, &acme.link);
    let without = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    for path in ["/sign-in", "/sign-in/again", "/sign-in/sessions", "/sign-in/passkeys"] {
        let page = ada.get(path);
        assert_eq!((page.status, page.header("content-security-policy")), (200, without), "{path}");
        assert!(!page.text.contains("<script"), "{path}");
    }
    let csrf = ada.get("/sign-in/passkeys").csrf();
    let page = ada.fill_in("/sign-in/passkeys/new", &csrf, "name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    let with = without.replace("form-action", "script-src 'self'; form-action");
    assert_eq!((page.status, page.header("content-security-policy")), (200, with.as_str()));
    assert_eq!(page.text.matches("<script").count(), 1, "{}", page.text);
    // Whoever runs none reads what to do.
    assert!(page.text.contains("Sign in in another way"), "{}", page.text);
    let script = ada.get("/sign-in/passkey.js");
    let headers = (script.header("content-type"), script.header("x-content-type-options"));
    assert_eq!((script.status, headers), (200, ("text/javascript; charset=utf-8", "nosniff")));
    // A page of another site asks for nothing, and neither does one of ours for another door.
    for path in ["/sign-in/passkey", "/sign-in/passkey/shown", "/sign-in/passkeys/new", "/sign-in/passkeys/add"] {
        assert_eq!(ada.submit(path, "x").status, 403, "{path}");
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let evil = [kind, ("origin", "https://evil.example")];
        assert_eq!(ada.send("POST", path, &evil, &format!("csrf={csrf}")).status, 403, "{path}");
    }
}

#[test]
fn there_are_no_passkeys_where_the_public_url_is_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start_with(folder.path(), &["--public-url", "https://192.0.2.1"]);
    let here = format!("http://{}", server.url.split("listening on ").nth(1).expect("where it listens"));
    let browser = Browser::new(&here);
    let page = browser.get("/sign-in");
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(!page.text.contains("passkey"), "{}", page.text);
    assert_eq!(browser.get(&acme.link).status, 200);
}
