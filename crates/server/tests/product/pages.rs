//! Pages on the way: whoever must sign in first comes back to where they wanted to go, and to nowhere else.

use serde_json::json;

use crate::sign_in::{Browser, found, signed_in};
use crate::world::Server;

#[test]
fn whoever_must_sign_in_first_comes_back_to_the_page_that_they_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    let sent = browser.get("/sign-in/sessions?a=b&c=%20d");
    assert_eq!(sent.status, 303);
    let to = sent.header("location");
    assert_eq!(to, "/sign-in?return_to=%2Fsign-in%2Fsessions%3Fa%3Db%26c%3D%2520d");
    assert!(browser.get(to).text.contains("You are not signed in"));
    let opened = browser.sign_in(&acme.link);
    assert_eq!((opened.status, opened.header("location")), (303, "/sign-in/sessions?a=b&c=%20d"));
    let page = browser.get("/sign-in/sessions");
    assert!(page.status == 200 && page.text.contains("Where you are signed in"), "{}", page.text);
    // Once: whoever signs in again later is not sent there again.
    assert!(!browser.cookies().contains("return"), "{}", browser.cookies());
    // Whoever is signed in is sent on at once.
    assert_eq!(browser.get("/sign-in?return_to=/sign-in/sessions").header("location"), "/sign-in/sessions");
}

#[test]
fn nobody_is_sent_to_another_site_after_signing_in() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    for elsewhere in
        ["//evil.example", "https:%2F%2Fevil.example", "/%5Cevil.example", "%2F%2Fevil.example", "/a/..//b"]
    {
        let answer = browser.get(&format!("/sign-in?return_to={elsewhere}"));
        assert_eq!(
            (answer.status, answer.header("set-cookie"), answer.header("location")),
            (422, "", ""),
            "{elsewhere}"
        );
        assert!(!answer.text.contains("evil"), "{}", answer.text);
    }
    // Somebody put a cookie there: it is read as strictly.
    let form = format!("csrf={}", browser.get(&acme.link).csrf());
    let cookies = format!("{}; wardroom-trial-return=return_to=%2F%2Fevil.example", browser.cookies());
    let headers = [
        ("cookie", cookies.as_str()),
        ("origin", server.url.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let opened = Browser::new(&server.url).send("POST", &acme.link, &headers, &form);
    assert_eq!((opened.status, opened.header("location")), (303, "/sign-in"), "{}", opened.text);
}

#[test]
fn people_sign_out_elsewhere_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let links: Vec<_> = ["One", "Two", "Three"].map(|name| found(folder.path(), name, "ada@example.com")).into();
    let server = Server::start(folder.path());
    let browsers: Vec<Browser> = links.iter().map(|founded| signed_in(&server.url, &founded.link)).collect();
    let open = || [0, 1, 2].map(|at| browsers[at].session().0);
    let page = browsers[0].get("/sign-in/sessions");
    assert_eq!(page.text.matches("name=\"session\"").count(), 3, "{}", page.text);
    let second = browsers[1].session().1["id"].as_str().unwrap().to_owned();
    let other = browsers[2].get("/sign-in/sessions").csrf();
    assert_eq!(browsers[0].fill_in("/sign-in/sessions", &other, &format!("session={second}")).status, 403);
    assert_eq!(open(), [200; 3]);
    assert_eq!(browsers[0].fill_in("/sign-in/sessions", &page.csrf(), &format!("session={second}")).status, 303);
    assert_eq!(open(), [200, 401, 200]);
    // What is gone is no link.
    let gone = browsers[0].fill_in("/sign-in/sessions", &page.csrf(), &format!("session={second}"));
    assert!(gone.status == 404 && gone.text.contains("This is not there"), "{}", gone.text);
    assert!(page.text.contains("3 keys of yours go on working"), "{}", page.text);
    assert_eq!(browsers[0].submit("/sign-in/sessions", &page.csrf()).status, 303);
    assert_eq!(open(), [401; 3]);
    // Nobody is left to be shown anything, and what a form wanted is not done by signing in anew.
    assert_eq!(browsers[0].submit("/sign-in/sessions", &page.csrf()).header("location"), "/sign-in");
    assert_eq!(browsers[0].session().1["code"], json!("unauthenticated"));
}
