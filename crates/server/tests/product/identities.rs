//! The sign-ins that somebody has, on the pages and over the API, with a server that keeps its mail in a folder.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::operation::refused;
use crate::sign_in::{Browser, found, signed_in};
use crate::world::{Server, wait_for};

const PAGE: &str = "/sign-in/identities";
const API: &str = "/api/v1/identities";

/// A server that keeps its mail, the links of an owner of two organizations, and where the mail is.
fn world(folder: &Path) -> (Server, [String; 2], PathBuf) {
    let (data, mails) = (folder.join("data"), folder.join("mails"));
    std::fs::create_dir(&mails).unwrap();
    let links = ["Acme", "Other"].map(|org| found(&data, org, "ada@example.com").link);
    let to = format!("file:{}", mails.display());
    let server = Server::start_with(&data, &["--mail-server", &to, "--mail-from", "Gate <gate@acme.example>"]);
    (server, links, mails)
}

/// The path of the link that was mailed to an address, once it was.
fn mailed(mails: &Path, address: &str, url: &str) -> String {
    wait_for("a mail", || {
        let texts = std::fs::read_dir(mails).ok()?.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        let text =
            texts.map(|text| text.replace("=\r\n", "").replace("=3D", "=")).find(|text| text.contains(address))?;
        let link = text.split(url).nth(1).expect("a link").split_whitespace().next().unwrap();
        Some(link.to_owned())
    })
}

fn accounts(browser: &Browser) -> Vec<String> {
    let items = browser.get(API).json()["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["account"].as_str().unwrap().to_owned()).collect()
}

/// Adds an address: by the page, or over the API.
fn add(browser: &Browser, mails: &Path, address: &str, over_api: bool) {
    if over_api {
        let begun = browser.api("POST", API, Some(json!({ "provider": "email", "email": address })));
        assert_eq!(begun, (202, json!({ "location": null })));
    } else {
        let csrf = browser.get(PAGE).csrf();
        let answer =
            browser.fill_in("/sign-in/identities/email", &csrf, &format!("email={}", address.replace('@', "%40")));
        assert!(answer.status == 200 && answer.text.contains("Look into your mail"), "{}", answer.text);
    }
    let link = mailed(mails, address, &browser.url);
    let before = accounts(browser);
    let page = browser.get(&link);
    assert!(page.status == 200 && page.text.contains(address), "{}", page.text);
    assert_eq!(accounts(browser), before, "to look at it adds nothing");
    let yes = link.rsplit('/').next().unwrap();
    let answer = browser.fill_in("/sign-in/identities/add", &page.csrf(), &format!("yes={yes}"));
    assert_eq!((answer.status, answer.header("location")), (303, PAGE), "{}", answer.text);
    assert_eq!(browser.fill_in("/sign-in/identities/add", &page.csrf(), &format!("yes={yes}")).status, 404);
}

#[test]
fn addresses_are_added_and_removed_on_the_page_and_over_the_api_but_for_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let (server, links, mails) = world(folder.path());
    let ada = signed_in(&server.url, &links[0]);
    let listed = ada.get(API).json();
    let offers = json!([{ "provider": "email", "title": "E-mail" }]);
    assert_eq!((&listed["items"], &listed["offers"]), (&json!([]), &offers));
    assert!(ada.get(PAGE).text.contains("You came by a link") && ada.get("/sign-in").text.contains(PAGE));
    add(&ada, &mails, "ada@home.example", false);
    let items = ada.get(API).json()["items"].clone();
    let seen = (&items[0]["provider"], &items[0]["title"], &items[0]["works"]);
    assert_eq!(seen, (&json!("email"), &json!("E-mail"), &json!(true)));
    let id = |account: &str| {
        let items: Vec<Value> = ada.get(API).json()["items"].as_array().unwrap().clone();
        let found = items.iter().find(|item| item["account"] == account).unwrap_or_else(|| panic!("no {account}"));
        found["id"].as_str().unwrap().to_owned()
    };
    let home = id("ada@home.example");
    let kept = ada.api("DELETE", &format!("{API}/{home}"), None);
    assert_eq!((kept.0, &kept.1["code"]), (409, &json!("last-sign-in")));
    let csrf = ada.get(PAGE).csrf();
    let refused = ada.fill_in("/sign-in/identities/remove", &csrf, &format!("identity={home}"));
    assert!(refused.status == 409 && refused.text.contains("the last sign-in that lets you in"), "{}", refused.text);
    add(&ada, &mails, "ada@work.example", true);
    assert_eq!(ada.api("DELETE", &format!("{API}/{home}"), None).0, 204);
    assert_eq!(ada.api("DELETE", &format!("{API}/{home}"), None).0, 404);
    add(&ada, &mails, "ada@third.example", true);
    let work = id("ada@work.example");
    assert_eq!(ada.fill_in("/sign-in/identities/remove", &csrf, &format!("identity={work}")).status, 303);
    assert_eq!(accounts(&ada), ["ada@third.example"]);
    for body in [
        json!({ "provider": "email" }),
        json!({ "provider": "oidc", "email": "a@b.example" }),
        json!({ "provider": "email", "email": "x" }),
    ] {
        assert_eq!(ada.api("POST", API, Some(body.clone())).0, 422, "{body}");
    }
    assert_eq!(ada.api("POST", API, Some(json!({ "provider": "google" }))).0, 404);
}

#[test]
fn what_another_page_sends_changes_no_sign_in_and_whoever_is_nobody_signs_in_first() {
    let folder = tempfile::tempdir().unwrap();
    let (server, links, mails) = world(folder.path());
    let [ada, again] = links.each_ref().map(|link| signed_in(&server.url, link));
    add(&ada, &mails, "ada@home.example", false);
    add(&ada, &mails, "ada@work.example", false);
    let id = ada.get(API).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let csrf = ada.get("/sign-in").csrf();
    for (path, fields) in [
        ("/sign-in/identities/email", "email=a%40b.example".to_owned()),
        ("/sign-in/identities/add", "yes=wrl_1".to_owned()),
        ("/sign-in/identities/remove", format!("identity={id}")),
        ("/sign-in/identities/with/oidc", "a=b".to_owned()),
    ] {
        assert_eq!(ada.fill_in(path, &csrf, &fields).status, 403, "{path}: the word of another form");
        let stranger = Browser::new(&server.url);
        assert_eq!(stranger.fill_in(path, &csrf, &fields).header("location"), "/sign-in", "{path}");
    }
    let json = ("content-type", "application/json");
    let origin = ("origin", server.url.as_str());
    assert_eq!(ada.send("DELETE", &format!("{API}/{id}"), &[origin], "").status, 403);
    assert_eq!(ada.send("POST", API, &[origin, json], r#"{"provider":"oidc"}"#).status, 403);
    let stranger = Browser::new(&server.url);
    assert_eq!(stranger.get(PAGE).header("location"), "/sign-in?return_to=%2Fsign-in%2Fidentities");
    for status in [stranger.get(API).status, stranger.send("DELETE", &format!("{API}/{id}"), &[], "").status] {
        assert_eq!(status, 401);
    }
    assert_eq!(accounts(&ada).len(), 2);
    // A link that was mailed is good in the session that asked for it, and in no other of hers.
    let begun = ada.api("POST", API, Some(json!({ "provider": "email", "email": "ada@third.example" })));
    assert_eq!(begun.0, 202);
    let link = mailed(&mails, "ada@third.example", &server.url);
    assert_eq!((again.get(&link).status, ada.get(&link).status), (404, 200));
}

#[test]
fn a_file_of_authorities_that_holds_none_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    found(folder.path(), "Acme", "ada@example.com");
    let file = folder.path().join("secret");
    std::fs::write(&file, "topaz").unwrap();
    let told = refused(folder.path(), |command| {
        command.args(["--oidc-issuer", "https://id.acme.example", "--oidc-client-id", "w"]);
        command.arg("--oidc-client-secret-file").arg(&file).arg("--oidc-ca-file").arg(&file)
    });
    assert!(told.contains("the setting oidc-ca-file") && told.contains("holds no certificate in PEM"), "{told}");
}
