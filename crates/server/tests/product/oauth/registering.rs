//! Ways for a program to say of itself what it is not to say, or to say too much.

use serde_json::{Value, json};

use super::cases::Cases;
use super::gate::{BACK, Gate, error};

type Refused = (u16, &'static str);
const METADATA: Refused = (400, "invalid_client_metadata");
const REDIRECT: Refused = (400, "invalid_redirect_uri");

fn with(changes: Value) -> Value {
    let mut document = json!({ "client_name": "A", "redirect_uris": [BACK], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"] });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

#[test]
fn a_program_that_says_of_itself_what_it_cannot_be_is_not_registered() {
    let gate = Gate::start();
    let program = &gate.program;
    let mut cases = Cases::of("registrations");
    cases.told("as it should be", &program.registers(&with(json!({}))).0, &201);
    for to in NO_REDIRECTS {
        let (alone, among) =
            (json!({ "redirect_uris": [to] }), json!({ "redirect_uris": [BACK, to, "https://a.example/cb"] }));
        cases.told(format!("alone {to:?}"), &error(&program.registers(&with(alone))), &REDIRECT);
        cases.told(format!("among others {to:?}"), &error(&program.registers(&with(among))), &REDIRECT);
    }
    let long = format!("https://client.example/{}", "a".repeat(1_100));
    for (name, list) in [
        ("too long", json!([long])),
        ("too many", json!(vec![BACK; 21])),
        ("none", json!([])),
        ("nothing", Value::Null),
    ] {
        cases.told(name, &error(&program.registers(&with(json!({ "redirect_uris": list })))), &REDIRECT);
    }
    for changes in NO_METADATA {
        let told = program.registers(&with(serde_json::from_str(changes).unwrap()));
        cases.told(*changes, &error(&told), &METADATA);
    }
    let twice = format!("{{\"redirect_uris\":[\"{BACK}\"],\"redirect_uris\":[\"https://evil.example/cb\"]}}");
    let huge = json!({ "redirect_uris": [BACK], "x": "x".repeat(70_000) }).to_string();
    for body in [
        "[]",
        "null",
        "7",
        "\"x\"",
        "{",
        "{}x",
        "redirect_uris=http%3A%2F%2F127.0.0.1%2Fcb",
        "\u{feff}{}",
        "",
        &twice,
        &huge,
    ] {
        let answer = program.ask("POST", "/oauth/register", &[("content-type", "application/json")], body);
        let name: String = body.chars().take(60).collect();
        cases.told(name, &error(&(answer.status, answer.json())), &METADATA);
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        cases.told(method, &program.ask(method, "/oauth/register", &[], "").status, &405);
    }
    // There is nothing to manage a registration by (RFC 7592), whoever asks.
    let client_id = program.register();
    let managed = program.ask("GET", &format!("/oauth/register/{client_id}"), &[], "").status;
    cases.told("a registration looked at", &managed, &404);
    cases.end();
}

#[rustfmt::skip]
const NO_REDIRECTS: &[&str] = &[
    "", "/cb", "cb", "//client.example/cb", "http://client.example/cb", "http://10.0.0.1/cb", "http://127.0.0.1.evil.example/cb",
    "http://localhost.evil.example/cb", "http://0.0.0.0/cb", "http://127.1/cb", "http://2130706433/cb", "http://[::ffff:127.0.0.1]/cb",
    "https://user@client.example/cb", "https://user:secret@client.example/cb", "https://client.example/cb#", "https://client.example/cb#x",
    "https://client.example/a b", "https://client.example/\tcb", "https://client.example/cb\n", "https://client.example/cb\r\nx: y",
    "https://client.example/;script-src *", "https://client.example/\"x", "https://client.example/<x", "https://*.example/cb",
    "https://client.example\\@evil.example/cb", "https:client.example", "https:///cb", "HTTPS://client.example/cb",
    "https://cl\u{456}ent.example/cb", "javascript:alert(1)", "JavaScript:alert(1)", "javascript://client.example/%0aalert(1)",
    "data:text/html,x", "file:///etc/passwd", "blob:https://client.example/x", "about:blank", "vbscript:x", "view-source:https://a.example/",
    "ws://127.0.0.1/cb", "ftp://client.example/cb", "mailto:a@client.example", "tel:1", "vscode2://x/y", "unknown://x/y",
    "CURSOR://x/y", "cursor://x/y#z", "cursor://x/\"y", "cursor://x/ y", "cursor://x/y;z",
    "urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto", "intent://x#Intent;end", "chrome-extension://x/cb", "ms-settings:x",
];

#[rustfmt::skip]
const NO_METADATA: &[&str] = &[
    r#"{"redirect_uris":"http://127.0.0.1/cb"}"#, r#"{"redirect_uris":{"0":"http://127.0.0.1/cb"}}"#, r#"{"redirect_uris":[["http://127.0.0.1/cb"]]}"#,
    r#"{"redirect_uris":["http://127.0.0.1/cb",7]}"#, r#"{"redirect_uris":[null]}"#, r#"{"client_name":7}"#, r#"{"client_name":["A"]}"#,
    r#"{"client_name":{"en":"A"}}"#, r#"{"client_name":true}"#, r#"{"grant_types":[]}"#, r#"{"grant_types":["implicit"]}"#,
    r#"{"grant_types":["client_credentials"]}"#, r#"{"grant_types":["password","refresh_token"]}"#, r#"{"grant_types":"authorization_code"}"#,
    r#"{"response_types":[]}"#, r#"{"response_types":["token"]}"#, r#"{"response_types":["code token"]}"#,
    r#"{"token_endpoint_auth_method":"private_key_jwt"}"#, r#"{"token_endpoint_auth_method":"client_secret_jwt"}"#,
    r#"{"token_endpoint_auth_method":"tls_client_auth"}"#, r#"{"token_endpoint_auth_method":""}"#, r#"{"token_endpoint_auth_method":["none"]}"#,
    r#"{"client_id":7}"#,
];

#[test]
fn what_a_program_calls_itself_is_one_line_of_what_is_seen_and_what_it_says_besides_is_nothing() {
    let gate = Gate::start();
    let program = &gate.program;
    let mut cases = Cases::of("names");
    let unnamed = "An AI client that does not say its name";
    for (stated, shown) in [
        ("  A\n\tClient\r\n ", "A Client"),
        ("Good\u{202e}evil", "Goodevil"),
        ("\u{2066}Good\u{2069}", "Good"),
        ("Go\u{200b}od\u{feff}", "Good"),
        ("A\u{0}B\u{1b}[31m\u{7f}\u{9b}", "AB[31m"),
        ("A\u{2028}B\u{2029}C\u{85}D", "A B C D"),
        ("\u{202e}\u{200b}", unnamed),
        (" \n ", unnamed),
        ("", unnamed),
        // Letters that are seen as nothing.
        ("\u{3164}\u{115f}\u{1160}\u{ffa0}", unnamed),
        ("\u{2800}\u{180e}\u{34f}", unnamed),
        ("A\u{fe0f}\u{e0101}B", "AB"),
        ("\u{e0041}A\u{1d173}", "A"),
        ("<script>alert(1)</script>", "&#60;script&#62;alert(1)&#60;/script&#62;"),
        ("\"><img src=x onerror=alert(1)>", "&#34;&#62;&#60;img src=x onerror=alert(1)&#62;"),
        ("{{ 7*7 }}", "{{ 7*7 }}"),
        (&"x".repeat(500), &"x".repeat(80)),
    ] {
        let (client_id, _) = program.register_as(&with(json!({ "client_name": stated })));
        let page = gate.ada.get(&program.authorize(&client_id, &[]));
        let title = page.text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next()).unwrap_or(&page.text);
        cases.told(format!("{stated:?}"), &title, &format!("Connect {shown}?").as_str());
    }
    // Whatever it is called, where it sends people back to is shown beside.
    let says = json!({ "client_name": "Wardroom", "redirect_uris": ["https://evil.example/cb"], "client_uri": "https://wardroom.example",
        "logo_uri": "https://wardroom.example/logo.png", "tos_uri": "https://wardroom.example/tos", "policy_uri": "javascript:alert(1)",
        "software_id": "wardroom", "software_statement": "e30.e30.", "contacts": ["security@wardroom.example"],
        "jwks_uri": "https://wardroom.example/jwks", "client_id": "https://wardroom.example/client.json", "client_secret": "chosen" });
    let (status, answer) = program.registers(&with(says));
    assert_eq!(status, 201, "{answer}");
    let client_id = answer["client_id"].as_str().unwrap().to_owned();
    assert!(client_id.starts_with("registered_"), "nobody chooses what they are known by: {client_id}");
    assert_eq!(answer["client_secret"], Value::Null);
    let page = gate.ada.get(&program.authorize(&client_id, &[("redirect_uri", Some("https://evil.example/cb"))]));
    assert!(
        page.text.contains("<strong>evil.example</strong>") && !page.text.contains("wardroom.example"),
        "{}",
        page.text
    );
    cases.end();
}
