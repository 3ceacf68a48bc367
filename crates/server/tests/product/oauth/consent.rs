//! A confused deputy: somebody else's browser, page or moment is to say yes for a person who did not.

use serde_json::{Value, json};

use super::cases::Cases;
use super::gate::{BACK, FORM, Gate, VERIFIER, back, chosen_in, error, form, request_in, tokens};
use crate::invitations::invited;
use crate::sign_in::{Answer, Browser};

const PAGE: &str = "/oauth/authorize";

/// What came of an answer: its status, and whether anybody was sent back to a client with a code.
fn came_of(answer: &Answer) -> (u16, bool) {
    (answer.status, answer.header("location").contains("code="))
}

/// The fields of the page's form, by which it says yes.
fn yes(page: &Answer, org: &str) -> Vec<(String, String)> {
    let fields = [
        ("csrf", page.csrf()),
        ("request", request_in(page)),
        ("organization", org.to_owned()),
        ("profile", chosen_in(page)),
        ("answer", "connect".to_owned()),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn sends(browser: &Browser, headers: &[(&str, &str)], fields: &[(String, String)]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.send("POST", PAGE, headers, &form(&fields))
}

fn with(fields: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let others = fields.iter().filter(|(known, _)| known != name).cloned();
    others.chain([(name.to_owned(), value.to_owned())]).collect()
}

fn how_many(gate: &Gate) -> usize {
    gate.owner.get("/clients").1["items"].as_array().expect("clients").len()
}

/// Somebody else of the same organization, signed in in a browser of their own.
fn colleague(gate: &Gate) -> Browser {
    let (status, answer) = gate.owner.patch("", json!({ "settings": { "invite.address": "any" } }));
    assert_eq!(status, 200, "{answer}");
    let (_, link) = invited(&gate.owner, json!({ "email": "bob@example.com", "role": "member" }));
    let browser = Browser::new(&gate.server.url);
    assert_eq!(crate::invitations::press(&browser, &link, "join", "Bob").status, 303);
    browser
}

// rows: PW-19
#[test]
fn nobody_says_yes_for_somebody_else_and_to_nothing_but_what_was_shown() {
    let gate = Gate::start();
    let (program, ada) = (&gate.program, &gate.ada);
    let (client_id, evil) = (program.register(), program.register());
    let bob = colleague(&gate);
    let page = ada.get(&program.authorize(&client_id, &[]));
    let of_evil = ada.get(&program.authorize(&evil, &[]));
    let of_bob = bob.get(&program.authorize(&client_id, &[]));
    assert_eq!([&page, &of_evil, &of_bob].map(|page| page.status), [200; 3]);
    let (fields, of_bob) = (yes(&page, &program.org), yes(&of_bob, &program.org));
    let ours = [FORM, ("origin", ada.url.as_str()), ("sec-fetch-site", "same-origin")];
    let mut cases = Cases::of("answers");
    let refused = (403, false);
    // A form of another site, with all that it can know.
    for (name, headers) in [
        ("from another site", vec![FORM, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]),
        ("from a site beside", vec![FORM, ("origin", "http://evil.127.0.0.1"), ("sec-fetch-site", "same-site")]),
        ("from nowhere", vec![FORM, ("origin", "null")]),
        ("without saying from where", vec![FORM]),
        ("from here, as another site says", vec![FORM, ("origin", &ada.url), ("sec-fetch-site", "cross-site")]),
    ] {
        cases.told(name, &came_of(&sends(ada, &headers, &fields)), &refused);
    }
    let word = |page: &str| ada.get(page).csrf();
    for (name, csrf) in [
        ("another person's word", of_bob[0].1.clone()),
        ("the word of another page", word("/sign-in")),
        ("the word of a list of sessions", word("/sign-in/sessions")),
        ("the word for the management API", ada.session().1["csrf"].as_str().unwrap().to_owned()),
        ("no word", String::new()),
        ("a word that is nearly it", fields[0].1.chars().rev().collect()),
    ] {
        cases.told(name, &came_of(&sends(ada, &ours, &with(&fields, "csrf", &csrf))), &refused);
    }
    cases.told("another person's whole form", &came_of(&sends(ada, &ours, &of_bob)), &refused);
    cases.told("the form in another person's browser", &came_of(&sends(&bob, &ours, &fields)), &refused);
    // What is answered is what was shown, to the letter.
    let request = &fields[1].1;
    let longer = format!("{request}&x=y");
    let elsewhere = request.replace("callback", "callback2");
    let other_state = request.replace("state=s+t", "state=evil");
    for (name, changed) in [
        ("for another client", request_in(&of_evil)),
        ("with more behind it", longer),
        ("to another address", elsewhere),
        ("with another state", other_state),
        ("with another challenge", request.replace("E9Melhoa", "E9Melhob")),
        ("for everything instead of one", request.replace("%2Fmcp", "%2Fmcp%2F")),
        ("of nothing", String::new()),
    ] {
        assert_ne!(&changed, request, "{name}");
        cases.told(name, &came_of(&sends(ada, &ours, &with(&fields, "request", &changed))), &refused);
    }
    // Who is signed in nowhere, or not any more, says nothing.
    let nobody = came_of(&sends(&Browser::new(&gate.server.url), &ours, &fields));
    cases.told("from who is nobody", &nobody, &(303, false));
    for (name, answer) in [("neither yes nor no", ""), ("something else", "Connect"), ("both", "connect refuse")] {
        let answer = sends(ada, &ours, &with(&fields, "answer", answer));
        cases.told(name, &(answer.status >= 400, came_of(&answer).1), &(true, false));
    }
    cases.told(
        "as a question",
        &ada.get(&format!("{PAGE}?{}", form(&[("answer", "connect"), ("csrf", &fields[0].1)]))).status,
        &400,
    );
    cases.end();
    assert_eq!(how_many(&gate), 0);
    // And Ada herself says yes, once for each time that she does.
    assert_eq!(came_of(&sends(ada, &ours, &fields)), (303, true));
    assert_eq!(how_many(&gate), 1);
    let again = back(&sends(ada, &ours, &fields));
    assert_eq!(
        (how_many(&gate), again.contains_key("code")),
        (2, true),
        "a second yes is a second connection, and seen"
    );
    // Whoever signs out takes back what their open pages could say.
    let page = ada.get("/sign-in");
    assert_eq!(ada.submit("/sign-out", &page.csrf()).status, 303);
    let late = sends(ada, &ours, &fields);
    assert_eq!((came_of(&late), how_many(&gate)), ((303, false), 2));
    // Once they have signed in they are asked again.
    let (page, wanted) = late.header("location").split_once("?return_to=").unwrap();
    let wanted: String =
        form_urlencoded::parse(format!("w={wanted}").as_bytes()).map(|(_, wanted)| wanted.into_owned()).collect();
    assert_eq!((page, wanted.as_str()), ("/sign-in", format!("{PAGE}?{request}").as_str()));
}

#[test]
fn nobody_connects_a_client_to_an_organization_of_others() {
    let gate = Gate::start();
    let (program, ada) = (&gate.program, &gate.ada);
    let client_id = program.register();
    let bob = colleague(&gate);
    let base = &gate.server.url;
    // Asked for nothing in particular, the person chooses: among theirs.
    let anywhere = program.authorize(&client_id, &[("resource", None)]);
    let page = ada.get(&anywhere);
    let ours = [FORM, ("origin", ada.url.as_str()), ("sec-fetch-site", "same-origin")];
    let mut cases = Cases::of("organizations");
    for org in ["other", "", "org_00000000000000000000", "ACME", "acme/mcp", "../acme", "acme\0", " acme"] {
        let answer = sends(ada, &ours, &with(&yes(&page, &program.org), "organization", org));
        cases.told(format!("{org:?}"), &(answer.status >= 400, came_of(&answer).1), &(true, false));
    }
    for resource in [format!("{base}/o/other/mcp"), format!("{base}/o/org_00000000000000000000/mcp")] {
        let asked = ada.get(&program.authorize(&client_id, &[("resource", Some(&resource))]));
        cases.told(resource, &asked.status, &404);
    }
    cases.end();
    assert_eq!(how_many(&gate), 0);
    // Bob, once he is removed, is asked for nothing any more, also on the page that he has open.
    let open = bob.get(&program.authorize(&client_id, &[]));
    assert_eq!(open.status, 200);
    assert_eq!(gate.owner.delete("/members/bob@example.com").0, 200);
    let answer = program.answer(&bob, &open, "connect");
    assert_eq!((answer.status, came_of(&answer).1), (404, false), "{}", answer.text);
    assert_eq!(bob.get(&program.authorize(&client_id, &[])).status, 404);
}

// rows: PW-19
#[test]
fn an_authorization_page_sends_nobody_to_a_site_that_they_did_not_choose() {
    let gate = Gate::start();
    let (program, ada) = (&gate.program, &gate.ada);
    let web = "https://evil.example/cb";
    let (client_id, _) = program.register_as(&json!({ "client_name": "Evil", "redirect_uris": [web, BACK] }));
    let faulty = |to: &'static str| {
        let changes = [("redirect_uri", Some(to)), ("resource", Some("https://nowhere.example/"))];
        ada.get(&program.authorize(&client_id, &changes))
    };
    // Anybody may register an address, and link to us with a fault in it: people stay here, and see where it would lead.
    let page = faulty(web);
    assert_eq!((page.status, page.header("location")), (400, ""), "{}", page.text);
    assert!(page.text.contains("evil.example") && page.text.contains("nothing that you may use"), "{}", page.text);
    let to =
        page.text.split("href=\"https://evil.example/cb?").nth(1).expect("the way back").split('"').next().unwrap();
    let to = to.replace("&#38;", "&");
    let told: std::collections::BTreeMap<_, _> = form_urlencoded::parse(to.as_bytes()).into_owned().collect();
    assert_eq!(
        (told["error"].as_str(), told["iss"].as_str(), told["state"].as_str()),
        ("invalid_target", gate.server.url.as_str(), "s t")
    );
    // A program on one's own machine is told at once: there is nobody to be taken in.
    assert_eq!(back(&faulty(BACK))["error"], "invalid_target");
    // Who presses a button of the page has chosen.
    let page = ada.get(&program.authorize(&client_id, &[("redirect_uri", Some(web))]));
    let refused = program.answer(ada, &page, "refuse");
    assert!(
        refused.header("location").starts_with("https://evil.example/cb?error=access_denied"),
        "{}",
        refused.header("location")
    );
    // Nor does signing in lead away.
    for place in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/%2f/evil.example",
        "/\tevil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "/oauth/../\\evil.example",
        "\\\\evil.example",
        "/%5cevil.example",
        "https:/evil.example",
        "///evil.example",
    ] {
        let answer = ada.get(&format!("/sign-in?{}", form(&[("return_to", place)])));
        assert!(answer.header("location").is_empty(), "{place}: {}", answer.header("location"));
        assert!(!answer.text.contains("href=\"https://evil") && !answer.text.contains("href=\"//evil"), "{place}");
    }
}

#[test]
fn what_pages_and_endpoints_answer_is_kept_by_nobody_framed_by_nobody_and_told_to_nobody() {
    let gate = Gate::start();
    let (program, ada) = (&gate.program, &gate.ada);
    let client_id = program.register();
    let page = ada.get(&program.authorize(&client_id, &[]));
    let broken = ada.get(&program.authorize(&client_id, &[("redirect_uri", Some("https://evil.example/"))]));
    let told = ada.get(&program.authorize(&client_id, &[("response_type", Some("token"))]));
    let sent = program.answer(ada, &page, "connect");
    for (name, answer) in [("the page", &page), ("a refusal", &broken), ("a fault", &told), ("the way back", &sent)] {
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{name}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("evil"), "{name}: {policy}");
        for (header, value) in [
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("access-control-allow-origin", ""),
        ] {
            assert_eq!(answer.header(header), value, "{name}: {header}");
        }
    }
    let code = back(&sent)["code"].clone();
    let brings = |verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", &client_id),
            ("code_verifier", verifier),
        ];
        program.ask("POST", "/oauth/token", &[FORM], &form(&fields))
    };
    let (refused, given) = (brings(&"x".repeat(43)), brings(VERIFIER));
    assert_eq!((refused.status, given.status), (400, 200));
    for answer in [&refused, &given] {
        assert_eq!((answer.header("cache-control"), answer.header("set-cookie")), ("no-store", ""));
        assert_eq!(answer.header("content-type"), "application/json");
        // Any page may ask, and none with somebody's cookies.
        assert_eq!(
            (answer.header("access-control-allow-origin"), answer.header("access-control-allow-credentials")),
            ("*", "")
        );
    }
    let issued = tokens(&(200, given.json()));
    for secret in [&code, &issued.access, &issued.refresh] {
        assert!(!refused.text.contains(secret.as_str()), "a refusal repeats nothing: {}", refused.text);
    }
    // Cookies open nothing there: what they could do a page of any site could.
    let cookies = ada.cookies();
    let asked = program.ask(
        "POST",
        "/oauth/token",
        &[FORM, ("cookie", &cookies)],
        &form(&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", &client_id)]),
    );
    assert_eq!(error(&(asked.status, asked.json())), (400, "invalid_grant"));
    // Nothing of it is told to who looks at history or at what is connected.
    let shown = format!("{} {}", gate.owner.get("/audit?kind=changes").1, gate.owner.get("/clients").1);
    let secrets: [&str; 4] = [&code, &issued.access, &issued.refresh, VERIFIER];
    assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
    assert!(matches!(gate.owner.get("/clients").1["items"], Value::Array(ref items) if items.len() == 1));
}
