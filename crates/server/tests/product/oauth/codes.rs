//! Ways to be given tokens for a code by whom it is not meant, or in another way than it was asked for.

use std::collections::BTreeMap;

use serde_json::json;

use super::cases::Cases;
use super::gate::{BACK, FORM, Gate, VERIFIER, changed, error, form, tokens};
use super::token::{CLIENT, GRANT, REQUEST, Refused, TARGET, TYPE, as_another, basic, cookie, nearly, with};

/// A code that nobody has brought yet, and who may bring it.
struct Held {
    gate: Gate,
    client_id: String,
    code: String,
}

impl Held {
    fn start() -> Held {
        let gate = Gate::start();
        let client_id = gate.program.register();
        let code = gate.program.code(&gate.ada, &client_id);
        Held { gate, client_id, code }
    }

    fn good(&self) -> [(&str, &str); 5] {
        [
            ("grant_type", "authorization_code"),
            ("code", &self.code),
            ("redirect_uri", BACK),
            ("client_id", &self.client_id),
            ("code_verifier", VERIFIER),
        ]
    }

    /// What is told to who brings it with something changed.
    fn told(&self, changes: &[(&str, Option<&str>)]) -> (u16, String) {
        let answer = self.gate.program.send("/oauth/token", &changed(&self.good(), changes));
        let (status, error) = error(&answer);
        (status, error.to_owned())
    }

    /// After all that it is as good as it was.
    fn is_good_still(&self) {
        let issued = tokens(&self.gate.program.send("/oauth/token", &self.good()));
        assert_eq!(self.gate.program.status(&issued.access), 200);
    }
}

fn as_told((status, error): Refused) -> (u16, String) {
    (status, error.to_owned())
}

// rows: PW-19
#[test]
fn nothing_but_the_code_itself_is_a_code() {
    let held = Held::start();
    let program = &held.gate.program;
    let other = program.register();
    let of_other = program.code(&held.gate.ada, &other);
    let earlier = program.connected(&held.gate.ada);
    let secret = json!({ "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_post" });
    let (secretive, secret) = program.register_as(&secret);
    let (secret, session) = (secret.unwrap(), cookie(&held.gate.ada));
    let mut cases = Cases::of("codes");
    let mut refused = |name: String, field: &str, value: Option<&str>, expected: Refused| {
        cases.told(name, &held.told(&[(field, value)]), &as_told(expected));
    };
    for code in nearly(&held.code) {
        refused(format!("nearly it: {code:?}"), "code", Some(&code), GRANT);
    }
    for (name, text) in [("another client's code", &of_other), ("a code that was used", &earlier.code)] {
        refused(name.to_owned(), "code", Some(text), GRANT);
    }
    for (name, text) in [
        ("an access token", &earlier.tokens.access),
        ("a refresh token", &earlier.tokens.refresh),
        ("a key", &held.gate.owner.key),
        ("a client's secret", &secret),
        ("a session", &session),
    ] {
        refused(format!("{name} as code"), "code", Some(text), GRANT);
        refused(format!("{name} written as a code"), "code", Some(&as_another(text, &held.code)), GRANT);
        refused(format!("the code written as {name}"), "code", Some(&as_another(&held.code, text)), GRANT);
    }
    refused("no code".to_owned(), "code", None, REQUEST);
    refused("an empty code".to_owned(), "code", Some(""), REQUEST);
    for client in [&other, &earlier.client_id, "https://client.example/client.json"] {
        refused(format!("another client, {client}"), "client_id", Some(client), GRANT);
    }
    for client in ["registered_00000000000000000000", "x", &held.client_id.to_uppercase(), &secretive] {
        refused(format!("a client that is none or has a secret, {client}"), "client_id", Some(client), CLIENT);
    }
    refused("no client".to_owned(), "client_id", None, REQUEST);
    refused("a secret of a client that has none".to_owned(), "client_secret", Some(&secret), CLIENT);
    refused("an assertion".to_owned(), "client_assertion", Some("e30.e30."), CLIENT);
    let as_refresh = [("grant_type", Some("refresh_token")), ("refresh_token", Some(held.code.as_str()))];
    cases.told("a code as refresh token", &held.told(&as_refresh), &as_told(GRANT));
    cases.end();
    held.is_good_still();
    assert_eq!(program.status(&earlier.tokens.access), 200, "nothing of it ended anything");
}

// rows: PW-19
#[test]
fn a_code_gives_tokens_only_as_it_was_asked_for() {
    let held = Held::start();
    let base = &held.gate.server.url;
    let mut cases = Cases::of("what comes with codes");
    for (field, value, expected) in BROUGHT {
        let value = value.replace("{}", base);
        cases.told(format!("{field}={value:?}"), &held.told(&[(field, Some(&value))]), &as_told(*expected));
    }
    for length in [42, 43, 128, 129] {
        let verifier = "a".repeat(length);
        cases.told(
            format!("a verifier of {length}"),
            &held.told(&[("code_verifier", Some(&verifier))]),
            &as_told(GRANT),
        );
    }
    for field in ["grant_type", "code_verifier"] {
        cases.told(format!("no {field}"), &held.told(&[(field, None)]), &as_told(REQUEST));
        cases.told(format!("an empty {field}"), &held.told(&[(field, Some(""))]), &as_told(REQUEST));
    }
    cases.end();
    held.is_good_still();
}

#[rustfmt::skip]
const BROUGHT: &[(&str, &str, Refused)] = &[
    ("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", GRANT), ("code_verifier", "BjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", GRANT),
    ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=", GRANT), ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkx", GRANT),
    ("code_verifier", "dbjftjez4cvp-mb92k27uhbuju1p1r_ww1gfwfoejxk", GRANT), ("code_verifier", "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk", GRANT),
    ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk ", GRANT), ("code_verifier", " dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", GRANT),
    ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\0", GRANT), ("code_verifier", "plain", GRANT), ("code_verifier", "\u{e9}", GRANT),
    ("redirect_uri", "http://127.0.0.1:9/callback/", GRANT), ("redirect_uri", "http://127.0.0.1:10/callback", GRANT),
    ("redirect_uri", "http://127.0.0.1/callback", GRANT), ("redirect_uri", "http://localhost:9/callback", GRANT),
    ("redirect_uri", "https://127.0.0.1:9/callback", GRANT), ("redirect_uri", "http://127.0.0.1:9/Callback", GRANT),
    ("redirect_uri", "http://127.0.0.1:9/callback?x", GRANT), ("redirect_uri", "http://127.0.0.1:9/callback#", GRANT),
    ("redirect_uri", "https://evil.example/cb", GRANT), ("redirect_uri", "callback", GRANT), ("redirect_uri", " ", GRANT),
    ("grant_type", "password", TYPE), ("grant_type", "client_credentials", TYPE), ("grant_type", "implicit", TYPE), ("grant_type", "code", TYPE),
    ("grant_type", "AUTHORIZATION_CODE", TYPE), ("grant_type", "authorization_code ", TYPE),
    ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", TYPE), ("grant_type", "urn:ietf:params:oauth:grant-type:device_code", TYPE),
    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", TYPE), ("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer", TYPE),
    ("resource", "https://evil.example/mcp", TARGET), ("resource", "{}/o/other/mcp", TARGET), ("resource", "{}/o/acme/mcp/stripe", TARGET),
    ("resource", "{}/mcp/stripe", TARGET), ("resource", "{}/o/acme/mcp#x", TARGET), ("resource", "{}/o/acme/mcp?x", TARGET), ("resource", "{}", TARGET),
    ("resource", "{}/api/v1", TARGET), ("resource", "{}/o/acme", TARGET), ("resource", "mcp", TARGET), ("resource", "https://evil.example/o/acme/mcp", TARGET),
];

#[test]
fn what_is_sent_otherwise_than_as_one_form_by_one_client_is_not_read() {
    let held = Held::start();
    let program = &held.gate.program;
    let (client_id, body) = (&held.client_id, form(&held.good()));
    let access = program.connected(&held.gate.ada).tokens.access;
    let mut cases = Cases::of("ways of sending");
    for (field, _) in held.good() {
        let answer = with(program, "/oauth/token", &[FORM], &format!("{body}&{field}=other"));
        cases.told(format!("{field} twice"), &error(&answer), &REQUEST);
    }
    let [one, two] =
        ["mcp", "mcp/stripe"].map(|path| form(&[("resource", &format!("{}/{path}", held.gate.server.url))]));
    let answer = with(program, "/oauth/token", &[FORM], &format!("{body}&{one}&{two}"));
    cases.told("two resources", &error(&answer), &REQUEST);
    let in_json = json!(BTreeMap::from(held.good())).to_string();
    for (kind, body) in [
        ("application/json", &in_json),
        ("application/json", &body),
        ("text/plain", &body),
        ("multipart/form-data; boundary=x", &body),
        ("application/x-www-form-urlencodedx", &body),
        ("", &body),
    ] {
        let answer = with(program, "/oauth/token", &[("content-type", kind)], body);
        cases.told(format!("as {kind}"), &error(&answer), &REQUEST);
    }
    cases.told("as nothing", &error(&with(program, "/oauth/token", &[], &body)), &REQUEST);
    let in_address = format!("/oauth/token?{body}");
    cases.told("in the address", &error(&with(program, &in_address, &[FORM], "x=y")), &REQUEST);
    for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD"] {
        cases.told(method, &program.ask(method, &in_address, &[], "").status, &405);
    }
    let (own, other) = (basic(client_id, ""), basic(&program.register(), "x"));
    for (name, headers, expected) in [
        ("a header of another client", vec![other.as_str()], REQUEST),
        ("a header without a secret", vec![&own], CLIENT),
        ("a token in the header", vec![&*format!("Bearer {access}")], CLIENT),
        ("a key in the header", vec![&*format!("Bearer {}", held.gate.owner.key)], CLIENT),
        ("nothing in the header", vec![""], CLIENT),
        ("no scheme in the header", vec![client_id], CLIENT),
        ("two headers", vec![&own, &own], CLIENT),
    ] {
        let headers: Vec<_> = headers.into_iter().map(|header| ("authorization", header)).chain([FORM]).collect();
        cases.told(name, &error(&with(program, "/oauth/token", &headers, &body)), &expected);
    }
    cases.end();
    let charset = ("content-type", "Application/X-WWW-form-urlencoded; charset=UTF-8");
    assert_eq!(with(program, "/oauth/token", &[charset], &body).0, 200);
}
