//! Signing in by mail on the pages, with a server that keeps its mail in a folder.

use std::path::Path;

use serde_json::json;

use crate::operation::refused;
use crate::sign_in::{Browser, found};
use crate::world::{Api, Server, wait_for};

/// The text of the first mail in a folder, once there is one.
fn mail(folder: &Path) -> String {
    wait_for("a mail", || {
        let mut files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
        let file = files.find(|file| file.path().extension().is_some_and(|kind| kind == "eml"))?;
        // Long lines are broken in a mail, and an equals sign is written out.
        Some(std::fs::read_to_string(file.path()).ok()?.replace("=\r\n", "").replace("=3D", "="))
    })
}

#[test]
fn whoever_has_the_address_signs_in_by_mail_in_the_browser_that_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (data, mails) = (folder.path().join("data"), folder.path().join("mails"));
    std::fs::create_dir(&mails).unwrap();
    found(&data, "Acme", "ada@example.com");
    let to = format!("file:{}", mails.display());
    let server = Server::start_with(&data, &["--mail-server", &to, "--mail-from", "Gate <gate@acme.example>"]);
    let (browser, other) = (Browser::new(&server.url), Browser::new(&server.url));
    let page = browser.get("/sign-in");
    assert!(page.text.contains("Send me a link"), "{}", page.text);
    let csrf = page.csrf();
    let answers = ["ada%40example.com", "eve%40example.com"].map(|address| {
        let answer = browser.fill_in("/sign-in/email", &csrf, &format!("email={address}"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text.replace("ada@", "X@").replace("eve@", "X@")
    });
    assert_eq!(answers[0], answers[1], "nothing tells who is known");
    assert_eq!(browser.fill_in("/sign-in/email", "x", "email=ada%40example.com").status, 403);
    assert_eq!(browser.fill_in("/sign-in/email", &csrf, "email=ada").status, 422);

    let text = mail(&mails);
    assert!(text.contains("From: Gate <gate@acme.example>") && text.contains("ada@example.com"), "{text}");
    let link = text.split(&server.url).nth(1).expect("a link").split_whitespace().next().unwrap();
    assert!(link.starts_with("/sign-in/mail/wrl_"), "{link}");
    let elsewhere = other.get(link);
    assert_eq!(elsewhere.status, 404);
    assert!(elsewhere.text.contains("in the browser in which you asked"), "{}", elsewhere.text);
    let page = browser.get(link);
    assert!(page.text.contains("Sign in as ada@example.com"), "{}", page.text);
    assert_eq!(browser.session().0, 401, "to look at it uses nothing up and lets nobody in");
    assert_eq!(browser.submit(link, &page.csrf()).status, 303);
    assert_eq!(browser.session().0, 200);
    assert_eq!(browser.get(link).status, 404, "it is good once");
    assert_eq!(std::fs::read_dir(&mails).unwrap().count(), 1, "nobody else was sent anything");
}

/// The path of a link below here that stands in some mail, once it does.
pub(crate) fn mailed(folder: &Path, here: &str, below: &str) -> String {
    wait_for("a mail with such a link", || {
        let texts = std::fs::read_dir(folder).ok()?.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        let mut texts = texts.map(|text| text.replace("=\r\n", "").replace("=3D", "="));
        texts.find_map(|text| {
            let links = text.split(here).skip(1).filter_map(|rest| rest.split_whitespace().next());
            links.into_iter().find(|link| link.starts_with(below)).map(str::to_owned)
        })
    })
}

// rows: WJ-5
#[test]
fn whoever_is_invited_by_mail_shows_the_address_by_mail_comes_back_to_the_invitation_and_joins() {
    let folder = tempfile::tempdir().unwrap();
    let (data, mails) = (folder.path().join("data"), folder.path().join("mails"));
    std::fs::create_dir(&mails).unwrap();
    let acme = found(&data, "Acme", "ada@example.com");
    let to = format!("file:{}", mails.display());
    let server = Server::start_with(&data, &["--mail-server", &to, "--mail-from", "Gate <gate@acme.example>"]);
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    let (status, sent) = owner.post("/invitations", json!({ "email": "bo@example.com", "name": "Bo" }));
    assert_eq!(status, 201, "{sent}");
    let link = mailed(&mails, &server.url, "/invitation/");
    assert_eq!(sent["link"], json!(format!("{}{link}", server.url)));
    let mail = || owner.get("/invitations").1["items"][0]["mail"] == "sent";
    wait_for("that it says it was sent", || mail().then_some(()));

    let browser = Browser::new(&server.url);
    let page = browser.get(&link);
    let there = format!("/sign-in?return_to={link}");
    assert!(page.text.contains(&there) && !page.text.contains("/join"), "{}", page.text);
    let page = browser.get(&there);
    assert_eq!(browser.fill_in("/sign-in/email", &page.csrf(), "email=bo%40example.com").status, 200);
    let shown = mailed(&mails, &server.url, "/sign-in/mail/");
    let page = browser.get(&shown);
    let opened = browser.submit(&shown, &page.csrf());
    assert_eq!((opened.status, opened.header("location")), (303, link.as_str()));
    assert_eq!(browser.session().1["organizations"], json!([]), "signed in is not joined");
    let page = browser.get(&link);
    let person = browser.session().1["person"].as_str().unwrap().to_owned();
    // A page that was for nobody, or for somebody else, joins nobody.
    let join = format!("{link}/join");
    assert_eq!(browser.fill_in(&join, &page.csrf(), "person=&name=Bo").status, 200);
    assert_eq!(browser.fill_in(&join, &page.csrf(), &format!("person={person}&name=Bo")).status, 303);
    assert_eq!(browser.session().1["organizations"].as_array().map(Vec::len), Some(1));
    let bo = owner.get("/members/bo@example.com").1;
    assert_eq!((&bo["id"], &bo["is_address_theirs"]), (&json!(person), &json!(true)), "{bo}");
}

#[test]
fn where_no_mail_is_sent_the_page_offers_none_and_half_a_setting_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    let page = browser.get("/sign-in");
    assert!(!page.text.contains("Send me a link") && !page.text.contains("/sign-in/with/"), "{}", page.text);
    let told = refused(folder.path(), |command| command.args(["--mail-server", "smtps://mail.acme.example"]));
    assert!(told.contains("mail-from is missing"), "{told}");
    let told = refused(folder.path(), |command| command.args(["--oidc-issuer", "https://id.acme.example"]));
    assert!(told.contains("oidc-client-id is missing"), "{told}");
}

#[test]
fn an_address_that_merely_looks_like_somebodys_gets_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let (data, mails) = (folder.path().join("data"), folder.path().join("mails"));
    std::fs::create_dir(&mails).unwrap();
    found(&data, "Acme", "kim@example.com");
    let to = format!("file:{}", mails.display());
    let server = Server::start_with(&data, &["--mail-server", &to, "--mail-from", "Gate <gate@acme.example>"]);
    let browser = Browser::new(&server.url);
    let csrf = browser.get("/sign-in").csrf();
    // A Kelvin sign, whose lower case is a `k`: before she has signed in and afterwards.
    let ask_alike =
        || assert_eq!(browser.fill_in("/sign-in/email", &csrf, "email=%E2%84%AAim%40example.com").status, 200);
    let ask = || assert_eq!(browser.fill_in("/sign-in/email", &csrf, "email=Kim%40Example.com").status, 200);
    ask_alike();
    ask();
    let text = mail(&mails);
    let link = text.split(&server.url).nth(1).expect("a link").split_whitespace().next().unwrap();
    assert_eq!(browser.submit(link, &browser.get(link).csrf()).status, 303, "{text}");
    ask_alike();
    ask();
    let sent = || std::fs::read_dir(&mails).unwrap().count();
    wait_for("the second mail", || (sent() >= 2).then_some(()));
    for file in std::fs::read_dir(&mails).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(text.to_ascii_lowercase().contains("kim@example.com"), "{text}");
    }
    assert_eq!(sent(), 2);
}
