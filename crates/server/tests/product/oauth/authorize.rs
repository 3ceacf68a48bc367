//! Ways to ask somebody for more than there is, or to have them sent where they must not be sent.

use serde_json::json;

use super::cases::Cases;
use super::gate::{BACK, Gate, VERIFIER};
use crate::sign_in::{Answer, Browser};

const WEB: &str = "https://client.example/cb";
const WITH_QUERY: &str = "https://client.example/cb?kept=1";

/// What is told to somebody whom a client has sent.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Told {
    /// Whether they want to connect it.
    Asked,
    /// A page of ours says what is wrong, and they are sent nowhere.
    Page(u16),
    /// They are sent back to where the client waits, with this.
    Back(String),
    /// They are sent somewhere else.
    Elsewhere(String),
}

fn told(answer: &Answer) -> Told {
    let to = answer.header("location");
    match (answer.status, to.strip_prefix(&format!("{BACK}?"))) {
        (200, _) if to.is_empty() && answer.text.contains("name=\"answer\"") => Told::Asked,
        (303, Some(query)) => {
            let mut fields = form_urlencoded::parse(query.as_bytes());
            Told::Back(
                fields.find(|(name, _)| name == "error").map(|(_, value)| value.into_owned()).unwrap_or_default(),
            )
        }
        (status, _) if to.is_empty() => Told::Page(status),
        _ => Told::Elsewhere(to.to_owned()),
    }
}

/// A program with addresses of every kind.
fn registered(gate: &Gate) -> String {
    let redirect_uris = [BACK, WEB, WITH_QUERY, "http://localhost/cb", "http://[::1]:7/cb", "cursor://client/cb"];
    gate.program.register_as(&json!({ "client_name": "Test Client", "redirect_uris": redirect_uris })).0
}

// rows: PW-19
#[test]
fn nobody_is_sent_to_an_address_that_is_nearly_the_registered_one() {
    let gate = Gate::start();
    let (program, client_id) = (&gate.program, registered(&gate));
    let other = json!({ "redirect_uris": ["https://other.example/cb"] });
    let other = program.register_as(&other).0;
    let asked =
        |client_id: &str, to: Option<&str>| told(&gate.ada.get(&program.authorize(client_id, &[("redirect_uri", to)])));
    let mut cases = Cases::of("addresses to be sent back to");
    // So that the others are refused for their address alone.
    let good = [
        BACK,
        WEB,
        WITH_QUERY,
        "http://127.0.0.1/callback",
        "http://127.0.0.1:65535/callback",
        "http://localhost:1/cb",
        "http://[::1]/cb",
        "cursor://client/cb",
    ];
    for to in good {
        cases.told(to, &asked(&client_id, Some(to)), &Told::Asked);
    }
    cases.told("of the other", &asked(&other, Some("https://other.example/cb")), &Told::Asked);
    for to in NEAR {
        cases.told(*to, &asked(&client_id, Some(to)), &Told::Page(400));
        // Whoever is not signed in is sent to sign in, whatever is asked.
        let stranger =
            Browser::new(&gate.server.url).get(&program.authorize(&client_id, &[("redirect_uri", Some(to))]));
        assert!(
            stranger.header("location").starts_with("/sign-in?return_to="),
            "{to}: {}",
            stranger.header("location")
        );
    }
    cases.told("none", &asked(&client_id, None), &Told::Page(400));
    cases.told("of another client", &asked(&other, Some(WEB)), &Told::Page(400));
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2Fcb", program.authorize(&client_id, &[]));
    cases.told("two", &told(&gate.ada.get(&twice)), &Told::Page(400));
    // What was wrong is not said yes to either.
    let page = gate.ada.get(&program.authorize(&client_id, &[]));
    assert_eq!(told(&program.answer(&gate.ada, &page, "connect")), Told::Back(String::new()));
    cases.end();
}

#[rustfmt::skip]
const NEAR: &[&str] = &[
    // Of an address on the web nothing may vary.
    "https://client.example/cb/", "https://client.example/cb?", "https://client.example/cb?x=y", "https://client.example/CB",
    "https://client.example/cb?kept=1&x=y", "https://client.example/cb?kept=2", "https://client.example/cb?KEPT=1",
    "https://CLIENT.example/cb", "HTTPS://client.example/cb", "http://client.example/cb", "https://client.example:443/cb",
    "https://client.example:8443/cb", "https://client.example./cb", "https://client.example/cb#", "https://client.example/cb#x",
    "https://client.example/%63b", "https://client.example/cb/../cb", "https://client.example/./cb", "https://client.example//cb",
    "https://client.example/cb;x", "https://client.example/cb%2f", "https://client.example/cb%00", "https://client.example/cb%0d%0aLocation:x",
    "https://client.example/cb.evil.example", "https://client.example.evil.example/cb", "https://evilclient.example/cb",
    "https://sub.client.example/cb", "https://user@client.example/cb", "https://client.example@evil.example/cb",
    "https://client.example:x@evil.example/cb", "https://evil.example/cb", "https://evil.example/https://client.example/cb",
    "https://evil.example/?https://client.example/cb", "https://evil.example#https://client.example/cb",
    "https://client.example\\@evil.example/cb", "https://client.example\\cb", "https:/client.example/cb", "https:client.example/cb",
    "//client.example/cb", "/cb", "cb", " https://client.example/cb", "https://client.example/cb ", "https://client.example/\tcb",
    "https://client.example/cb\r\nLocation: https://evil.example", "https://cl\u{456}ent.example/cb", "https://client.example/cb*",
    "https://*.example/cb", "https://client.example/cb,https://evil.example/cb", "ftp://client.example/cb", "wss://client.example/cb",
    // Schemes with which a browser does something of its own, and of applications that are another's.
    "javascript:alert(1)", "javascript://client.example/cb", "data:text/html,x", "file:///cb", "blob:https://client.example/cb",
    "view-source:https://client.example/cb", "about:blank", "cursor://client/cb/", "cursor://other/cb", "cursor:client/cb",
    "CURSOR://client/cb", "vscode://client/cb", "unknown://client/cb",
    // Of an address on one's own machine the port may, and nothing else.
    "http://127.0.0.1:9/callback/", "http://127.0.0.1:9/other", "http://127.0.0.1:9/callback?x", "http://127.0.0.1:9/callback#x",
    "http://localhost:9/callback", "http://[::1]:9/callback", "http://127.0.0.2:9/callback", "https://127.0.0.1:9/callback",
    "http://127.0.0.1:99999/callback", "http://127.0.0.1:+9/callback", "http://127.0.0.1:-9/callback", "http://127.0.0.1:9x/callback",
    "http://127.0.0.1:/callback", "http://127.0.0.1:9@evil.example/callback", "http://127.0.0.1@evil.example/callback",
    "http://127.0.0.1.evil.example/callback", "http://127.1:9/callback", "http://2130706433:9/callback", "http://0x7f000001:9/callback",
    "http://0177.0.0.1:9/callback", "http://0.0.0.0:9/callback", "http://127.0.0.1.:9/callback", "http://LOCALHOST/cb",
    "http://localhost./cb", "http://localhost.evil.example/cb", "http://[0:0:0:0:0:0:0:1]:7/cb", "http://[::ffff:127.0.0.1]:7/cb",
    "http://[::1]evil.example:7/cb", "http://::1:7/cb",
];

// rows: PW-19
#[test]
fn what_a_client_asks_for_in_a_way_that_is_not_safe_is_refused_before_anybody_is_asked() {
    let gate = Gate::start();
    let (program, client_id) = (&gate.program, registered(&gate));
    let asked = |changes: &[(&str, Option<&str>)]| told(&gate.ada.get(&program.authorize(&client_id, changes)));
    let back = |error: &str| Told::Back(error.to_owned());
    let mut cases = Cases::of("what clients ask for");
    cases.told("as it should be", &asked(&[]), &Told::Asked);
    for (name, value, error) in BACK_TOLD {
        cases.told(format!("{name}={value:?}"), &asked(&[(name, *value)]), &back(error));
    }
    let long = "s".repeat(1_025);
    cases.told("a state that is too long", &asked(&[("state", Some(&long))]), &back("invalid_request"));
    let no_proof = [("code_challenge", None), ("code_challenge_method", None)];
    cases.told("no PKCE at all", &asked(&no_proof), &back("invalid_request"));
    let plain = [("code_challenge", Some(VERIFIER)), ("code_challenge_method", Some("plain"))];
    cases.told("PKCE by plain", &asked(&plain), &back("invalid_request"));
    let one_less = &client_id[..client_id.len() - 1];
    let of_it = [
        client_id.to_uppercase(),
        format!("{client_id} "),
        format!("{client_id}\0"),
        one_less.to_owned(),
        "x".repeat(600),
    ];
    for client in of_it.iter().map(String::as_str).chain(NO_CLIENTS.iter().copied()) {
        cases.told(format!("client_id={client:?}"), &asked(&[("client_id", Some(client))]), &Told::Page(400));
    }
    cases.told("no client_id", &asked(&[("client_id", None)]), &Told::Page(400));
    let good = program.authorize(&client_id, &[]);
    for field in TWICE {
        let twice = if good.contains(&format!("{field}=")) { field.to_string() } else { format!("{field}=a&{field}") };
        cases.told(format!("{field} twice"), &told(&gate.ada.get(&format!("{good}&{twice}=b"))), &Told::Page(400));
    }
    // Nobody is let through without being asked, and nothing unknown makes a difference.
    for (name, value) in NOTHING {
        cases.told(format!("{name}={value}"), &asked(&[(name, Some(value))]), &Told::Asked);
    }
    cases.told("as it should be, at the end", &asked(&[]), &Told::Asked);
    cases.end();
}

// rows: PW-19
#[test]
fn a_resource_that_there_is_not_here_is_refused_however_near_it_is() {
    let gate = Gate::start();
    let (program, client_id) = (&gate.program, registered(&gate));
    let base = &gate.server.url;
    let asked = |resource: &str| told(&gate.ada.get(&program.authorize(&client_id, &[("resource", Some(resource))])));
    let mut cases = Cases::of("resources");
    cases.told("as it should be", &asked(&program.resource()), &Told::Asked);
    cases.told("with a slash behind it", &asked(&format!("{}/", program.resource())), &Told::Asked);
    let others = [
        base.replace("http:", "https:"),
        base.replace("http:", "HTTP:"),
        base.replace("127.0.0.1", "localhost"),
        base.replace("//", "//a@"),
    ];
    let others =
        others.iter().map(|other| format!("{other}/o/acme/mcp")).chain([format!("{base}/o/acme/{}", "m".repeat(600))]);
    for resource in others.chain(NO_RESOURCES.iter().map(|resource| resource.replace("{}", base))) {
        cases.told(&resource, &asked(&resource), &Told::Back("invalid_target".to_owned()));
    }
    // What there is not, or not for them, is told to nobody but them.
    for resource in ["/o/other/mcp", "/o/other/mcp/stripe", "/o/acme/mcp/none", "/mcp/none"] {
        cases.told(resource, &asked(&format!("{base}{resource}")), &Told::Page(404));
    }
    cases.end();
}

const NO_CLIENTS: &[&str] =
    &["", "registered_00000000000000000000", "a b", "client\u{e9}", "https://client.example/", "%00", "null"];

#[rustfmt::skip]
const TWICE: &[&str] = &["client_id", "redirect_uri", "state", "response_type", "code_challenge", "code_challenge_method", "resource", "scope", "x"];

#[rustfmt::skip]
const NOTHING: &[(&str, &str)] = &[
    ("prompt", "none"), ("prompt", "login"), ("max_age", "0"), ("id_token_hint", "x"), ("login_hint", "eve@example.com"), ("ui_locales", "de"),
    ("scope", "admin"), ("nonce", "n"), ("display", "popup"), ("claims", "{}"), ("approved", "true"), ("answer", "connect"), ("csrf", "x"),
    ("iss", "https://evil.example"), ("response_mode", "query"), ("organization", "other"),
];

#[rustfmt::skip]
const NO_RESOURCES: &[&str] = &[
    "https://evil.example/mcp", "{}.evil.example/mcp", "{}@evil.example/mcp", "{}", "{}/", "{}/api/v1", "{}/o/acme", "{}/o/acme/",
    "{}/o/acme/mcp?x", "{}/o/acme/mcp#x", "{}/o/acme/mcp//", "{}/o/acme/mcp/a/b", "{}/o/acme/mcp/..", "{}/o/acme/%6Dcp", "{}/o/acme/../mcp",
    "{}/o/acme/mcp ", "{}/o/acme/MCP", "{}/o/acme/mcp\\x", "{}/o/acme/mcp/stripe%2Fx", "{}//mcp", "{}/o//mcp", "/mcp", "/o/acme/mcp", "urn:mcp", "mcp",
];

#[rustfmt::skip]
const BACK_TOLD: &[(&str, Option<&str>, &str)] = &[
    ("code_challenge", None, "invalid_request"),
    ("code_challenge", Some(""), "invalid_request"),
    ("code_challenge", Some("short"), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMM"), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw/cM"), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM"), "invalid_request"),
    ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw.cM"), "invalid_request"),
    ("code_challenge_method", None, "invalid_request"),
    ("code_challenge_method", Some(""), "invalid_request"),
    ("code_challenge_method", Some("plain"), "invalid_request"),
    ("code_challenge_method", Some("s256"), "invalid_request"),
    ("code_challenge_method", Some("S512"), "invalid_request"),
    ("code_challenge_method", Some("S256 plain"), "invalid_request"),
    ("response_type", None, "invalid_request"),
    ("response_type", Some(""), "invalid_request"),
    ("response_type", Some("token"), "unsupported_response_type"),
    ("response_type", Some("id_token"), "unsupported_response_type"),
    ("response_type", Some("none"), "unsupported_response_type"),
    ("response_type", Some("code token"), "unsupported_response_type"),
    ("response_type", Some("code id_token token"), "unsupported_response_type"),
    ("response_type", Some("CODE"), "unsupported_response_type"),
    ("response_type", Some("code "), "unsupported_response_type"),
    ("response_mode", Some("fragment"), "invalid_request"),
    ("response_mode", Some("form_post"), "invalid_request"),
    ("response_mode", Some("web_message"), "invalid_request"),
    ("response_mode", Some("query.jwt"), "invalid_request"),
    ("request", Some("eyJhbGciOiJub25lIn0.e30."), "invalid_request"),
    ("request_uri", Some("https://evil.example/request"), "invalid_request"),
    ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
];
