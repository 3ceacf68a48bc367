//! The page on which somebody sees how to connect their AI client, and what they may use by it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sign_in::Browser;
use crate::world::{Demo, Mcp};

/// Somebody of the demo's company in a browser, as they choose to be.
fn chosen(demo: &Demo, title: &str) -> Browser {
    let browser = Browser::new(&demo.url);
    let csrf = browser.get("/sign-in").csrf();
    let email = demo.person(title)["email"].as_str().expect("an address").to_owned();
    let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    assert_eq!(browser.fill_in("/sign-in/as", &csrf, &format!("email={email}")).status, 303);
    browser
}

/// The page to which the one for whoever is signed in leads.
fn page_of(demo: &Demo, title: &str) -> String {
    let browser = chosen(demo, title);
    let home = browser.get("/sign-in").text;
    let path = home.split("href=\"/sign-in/connect/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let page = browser.get(&format!("/sign-in/connect/{path}"));
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

/// The part of the page that is about the integration with this address of its own.
fn part_about<'p>(page: &'p str, url: &str) -> Option<&'p str> {
    page.split("<details").find(|part| part.contains(&format!("<code>{url}</code>")))
}

/// The tools that a part of the page names.
fn tools_on(part: &str) -> BTreeSet<String> {
    let named = part.split("<li><code>").skip(1).filter_map(|rest| rest.split("</code>").next());
    named.map(str::to_owned).collect()
}

// rows: PW-19
#[test]
fn everybody_finds_their_addresses_on_one_page_and_exactly_the_tools_that_they_may_call() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let (_, list) = owner.get("/integrations");
    let integrations: Vec<(String, String)> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["slug"].as_str().unwrap().to_owned(), one["title"].as_str().unwrap().to_owned()))
        .collect();
    assert!(integrations.len() >= 6, "{list}");
    let (mut seen, mut hidden) = (0, 0);
    for title in ["Owner", "Finance Manager", "Sales Representative"] {
        let page = page_of(&demo, title);
        for (slug, name) in &integrations {
            let url = format!("{}/{slug}", demo.mcp_url);
            let door = Mcp::new(&url, &demo.key_of(title));
            let is_open = door.send("tools/list", None, json!({})).expect("an answer").status() == 200;
            let own = if is_open { door.tools() } else { Vec::new() };
            let may: BTreeSet<String> = own.into_iter().filter(|tool| !tool.starts_with("wardroom")).collect();
            match part_about(&page, &url) {
                Some(part) => {
                    assert_eq!(tools_on(part), may, "{title} at {slug}");
                    seen += 1;
                }
                None => {
                    assert!(may.is_empty() && !page.contains(&format!(">{name}<")), "{title} at {slug}: {may:?}");
                    hidden += 1;
                }
            }
        }
    }
    assert!(seen > 6 && hidden > 0, "{seen} seen, {hidden} hidden");

    // The addresses are, byte for byte, those that clients are told when they ask.
    let page = page_of(&demo, "Finance Manager");
    let stranger = Browser::new(&demo.url);
    for path in [format!("/o/{}/mcp", demo.org), format!("/o/{}/mcp/stripe", demo.org)] {
        let told = stranger.get(&format!("/.well-known/oauth-protected-resource{path}")).json();
        let url = told["resource"].as_str().expect("a resource").to_owned();
        assert!(page.contains(&format!("<code>{url}</code>")), "{url}: {page}");
    }
    assert!(page.contains("You may read and change, and delete nothing."), "{page}");
    let line = format!("claude mcp add --transport http {} {}", demo.org, demo.mcp_url);
    assert!(
        page.contains(&line)
            && page.contains(&format!("gemini mcp add --transport http {} {}", demo.org, demo.mcp_url))
    );
}

#[test]
fn what_is_paused_is_said_to_be_and_what_an_integration_is_called_is_never_markup() {
    let demo = Demo::start();
    let owner = demo.api(&demo.key_of("Owner"));
    let words = "<script src=x></script>\"'&";
    let change = json!({ "paused": true, "title": words, "purpose": words });
    let (status, changed) = owner.patch("/integrations/stripe", change);
    assert_eq!((status, &changed["paused"]), (200, &Value::Bool(true)), "{changed}");
    let page = page_of(&demo, "Finance Manager");
    let part = part_about(&page, &format!("{}/stripe", demo.mcp_url)).expect("it is hers still");
    assert!(part.contains("paused for everyone") && tools_on(part).is_empty(), "{part}");
    assert!(!page.contains("<script src=x>") && part.contains("&#60;script src=x&#62;"), "{part}");
}

#[test]
fn nobody_sees_the_page_of_an_organization_that_they_are_not_in() {
    let demo = Demo::start();
    let page = chosen(&demo, "Owner").get("/sign-in/connect/another");
    assert_eq!(page.status, 404);
    let stranger = Browser::new(&demo.url).get(&format!("/sign-in/connect/{}", demo.org));
    assert_eq!((stranger.status, stranger.header("location").starts_with("/sign-in?return_to=")), (303, true));
    let page = chosen(&demo, "Owner").get(&format!("/sign-in/connect/{}", demo.org));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    let script = Browser::new(&demo.url).get("/sign-in/copy.js");
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
}
