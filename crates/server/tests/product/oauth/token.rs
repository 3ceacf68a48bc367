//! Ways to be given tokens, or to end them, for whom they are not meant.

use std::sync::Barrier;

use serde_json::{Value, json};

use super::cases::Cases;
use super::gate::{BACK, Connected, FORM, Gate, Program, VERIFIER, changed, error, form, tokens};
use crate::sign_in::Browser;

/// What a case is refused with.
pub(super) type Refused = (u16, &'static str);
pub(super) const REQUEST: Refused = (400, "invalid_request");
pub(super) const CLIENT: Refused = (401, "invalid_client");
pub(super) const GRANT: Refused = (400, "invalid_grant");
pub(super) const TYPE: Refused = (400, "unsupported_grant_type");
pub(super) const TARGET: Refused = (400, "invalid_target");

/// Every way in which a token can be nearly itself.
pub(super) fn nearly(token: &str) -> Vec<String> {
    let swapped = |place: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
        String::from_utf8(bytes).unwrap()
    };
    let last = token.len() - 1;
    let mut all = vec![
        token[..last].to_owned(),
        token[1..].to_owned(),
        token[..token.len() / 2].to_owned(),
        token[..4].to_owned(),
        format!("{token}a"),
        format!("{token}{token}"),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\0"),
        token.to_uppercase(),
        token.chars().rev().collect(),
    ];
    all.extend([0, 4, 5, last / 2, last - 6, last].map(swapped));
    all
}

/// The token with the beginning that another kind has.
pub(super) fn as_another(token: &str, of: &str) -> String {
    let (kind, rest) = (of.split('_').next().unwrap(), token.split_once('_').unwrap().1);
    format!("{kind}_{rest}")
}

pub(super) fn basic(client_id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let text = form(&[("a", client_id), ("b", secret)]);
    let (client_id, secret) = text[2..].split_once("&b=").unwrap();
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{client_id}:{secret}")))
}

/// The token of a browser's session.
pub(super) fn cookie(browser: &Browser) -> String {
    let cookies = browser.cookies();
    cookies.split("wardroom-trial=").nth(1).expect("a session").split(';').next().unwrap().to_owned()
}

/// Sends a form with headers of its own.
pub(super) fn with(program: &Program, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let answer = program.ask("POST", path, headers, body);
    (answer.status, answer.json())
}

#[test]
fn a_client_with_a_secret_is_nobody_without_it() {
    let gate = Gate::start();
    let program = &gate.program;
    let document = json!({ "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_basic" });
    let [(client_id, secret), (_, of_other)] = [(); 2].map(|()| program.register_as(&document));
    let (secret, of_other) = (secret.unwrap(), of_other.unwrap());
    let (code, held) = (program.code(&gate.ada, &client_id), program.code(&gate.ada, &client_id));
    let brings = |code: &str| format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}");
    let in_form = |secret: &str| form(&[("client_id", &client_id), ("client_secret", secret)]);
    let post = |body: &str| with(program, "/oauth/token", &[FORM], body);
    let shown = |header: &str, body: &str| with(program, "/oauth/token", &[FORM, ("authorization", header)], body);
    // By the header and by the form it is known.
    let header = basic(&client_id, &secret);
    let first = tokens(&shown(&header, &brings(&held)));
    let next = tokens(&post(&format!("grant_type=refresh_token&refresh_token={}&{}", first.refresh, in_form(&secret))));

    let mut cases = Cases::of("secrets");
    let refreshes = format!("grant_type=refresh_token&refresh_token={}", next.refresh);
    let ends = format!("token={}", next.refresh);
    let name = form(&[("client_id", &client_id)]);
    for (what, path, body) in [
        ("a code", "/oauth/token", &brings(&code)),
        ("a refresh token", "/oauth/token", &refreshes),
        ("an end", "/oauth/revoke", &ends),
    ] {
        let wrong = [of_other.as_str(), &code, &next.access, &gate.owner.key, "x", "\u{e9}"].map(str::to_owned);
        for secret in nearly(&secret).iter().chain(&wrong) {
            let answer = with(program, path, &[FORM], &format!("{body}&{}", in_form(secret)));
            cases.told(format!("{what} with the secret {secret:?} in the form"), &error(&answer), &CLIENT);
            let answer = with(program, path, &[FORM, ("authorization", &basic(&client_id, secret))], body);
            cases.told(format!("{what} with the secret {secret:?} in the header"), &error(&answer), &CLIENT);
        }
        let without = with(program, path, &[FORM], &format!("{body}&{name}"));
        cases.told(format!("{what} without the secret"), &error(&without), &CLIENT);
        let empty = with(program, path, &[FORM], &format!("{body}&{name}&client_secret="));
        cases.told(format!("{what} with an empty secret"), &error(&empty), &CLIENT);
        let both = with(program, path, &[FORM, ("authorization", &header)], &format!("{body}&{}", in_form(&secret)));
        cases.told(format!("{what} with the secret in both"), &error(&both), &REQUEST);
        let twice =
            with(program, path, &[FORM, ("authorization", &header), ("authorization", &basic(&client_id, "x"))], body);
        cases.told(format!("{what} with two headers"), &error(&twice), &CLIENT);
    }
    let told = program.ask("POST", "/oauth/token", &[FORM, ("authorization", "Basic x")], "grant_type=refresh_token");
    assert_eq!((told.status, told.header("www-authenticate")), (401, "Basic realm=\"Wardroom\""));
    cases.end();
    assert_eq!(program.status(&next.access), 200, "nothing of it ended anything");
    assert_eq!((shown(&header, &refreshes).0, shown(&header, &brings(&code)).0), (200, 200));
}

/// A connected client and another one, each with tokens that nobody has brought yet.
struct Two {
    gate: Gate,
    own: Connected,
    other: Connected,
}

impl Two {
    fn start() -> Two {
        let gate = Gate::start();
        let (own, other) = (gate.program.connected(&gate.ada), gate.program.connected(&gate.ada));
        Two { gate, own, other }
    }

    fn good(&self) -> [(&str, &str); 3] {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.own.tokens.refresh),
            ("client_id", &self.own.client_id),
        ]
    }

    /// After all that both are connected, and what they hold is as good as it was.
    fn are_connected_still(&self) {
        let program = &self.gate.program;
        for client in [&self.own, &self.other] {
            assert_eq!(program.status(&client.tokens.access), 200);
            tokens(&program.refresh(&client.client_id, &client.tokens.refresh));
        }
    }
}

#[test]
fn a_refresh_token_gives_new_ones_to_nobody_but_its_client_and_for_nothing_else() {
    let two = Two::start();
    let (program, own, other) = (&two.gate.program, &two.own, &two.other);
    let fresh = program.code(&two.gate.ada, &own.client_id);
    let mut cases = Cases::of("refresh tokens");
    let mut refused = |name: String, changes: &[(&str, Option<&str>)], expected: Refused| {
        let answer = program.send("/oauth/token", &changed(&two.good(), changes));
        cases.told(name, &error(&answer), &expected);
    };
    for token in nearly(&own.tokens.refresh) {
        refused(format!("nearly it: {token:?}"), &[("refresh_token", Some(&token))], GRANT);
    }
    refused("another client's".to_owned(), &[("refresh_token", Some(&other.tokens.refresh))], GRANT);
    for (name, token) in [
        ("an access token", &own.tokens.access),
        ("a code that was used", &own.code),
        ("a code", &fresh),
        ("a key", &two.gate.owner.key),
        ("a session", &cookie(&two.gate.ada)),
    ] {
        refused(format!("{name} as refresh token"), &[("refresh_token", Some(token))], GRANT);
        let written = as_another(token, &own.tokens.refresh);
        refused(format!("{name} written as one"), &[("refresh_token", Some(&written))], GRANT);
        let written = as_another(&own.tokens.refresh, token);
        refused(format!("one written as {name}"), &[("refresh_token", Some(&written))], GRANT);
    }
    for client in [&other.client_id, "https://client.example/client.json"] {
        refused(format!("brought by {client}"), &[("client_id", Some(client))], GRANT);
    }
    refused("brought by nobody known".to_owned(), &[("client_id", Some("registered_x"))], CLIENT);
    refused("brought by nobody".to_owned(), &[("client_id", None)], REQUEST);
    refused("none".to_owned(), &[("refresh_token", None)], REQUEST);
    let token = Some(own.tokens.refresh.as_str());
    let as_code = [("grant_type", Some("authorization_code")), ("code", token), ("code_verifier", Some(VERIFIER))];
    refused("as a code".to_owned(), &as_code, GRANT);
    let base = &two.gate.server.url;
    for resource in
        [&format!("{base}/o/acme/mcp/stripe"), &format!("{base}/o/other/mcp"), "https://evil.example/mcp", base]
    {
        refused(format!("for {resource}"), &[("resource", Some(resource))], TARGET);
    }
    let body = form(&two.good());
    for (name, _) in two.good() {
        let answer = with(program, "/oauth/token", &[FORM], &format!("{body}&{name}=other"));
        cases.told(format!("{name} twice"), &error(&answer), &REQUEST);
    }
    cases.end();
    two.are_connected_still();
}

// rows: PW-19
#[test]
fn what_is_said_of_a_token_by_who_does_not_hold_it_ends_nothing() {
    let two = Two::start();
    let (program, own, other) = (&two.gate.program, &two.own, &two.other);
    let fresh = program.code(&two.gate.ada, &own.client_id);
    let mut cases = Cases::of("ends of tokens");
    // It is not told apart from what is none (RFC 7009, section 2.2).
    let session = cookie(&two.gate.ada);
    for (name, token, client_id) in [
        ("of another", own.tokens.refresh.as_str(), other.client_id.as_str()),
        ("the access token of another", &own.tokens.access, &other.client_id),
        ("of a document's client", &own.tokens.refresh, "https://client.example/client.json"),
        ("nothing", "x", &own.client_id),
        ("a key", &two.gate.owner.key, &own.client_id),
        ("a code", &fresh, &own.client_id),
        ("a session", &session, &own.client_id),
    ] {
        let answer =
            program.ask("POST", "/oauth/revoke", &[FORM], &form(&[("token", token), ("client_id", client_id)]));
        cases.told(name, &(answer.status, answer.text.as_str()), &(200, ""));
    }
    for token in nearly(&own.tokens.refresh).iter().chain(&nearly(&own.tokens.access)) {
        cases.told(format!("nearly one: {token:?}"), &program.revoke(&own.client_id, token).0, &200);
    }
    let (token, client_id) = (("token", own.tokens.refresh.as_str()), ("client_id", own.client_id.as_str()));
    for (name, fields, expected) in [
        ("no token", vec![client_id], REQUEST),
        ("by nobody", vec![token], REQUEST),
        ("by nobody known", vec![token, ("client_id", "registered_x")], CLIENT),
        ("with a secret that there is not", vec![token, client_id, ("client_secret", "x")], CLIENT),
        ("two tokens", vec![token, token, client_id], REQUEST),
    ] {
        cases.told(name, &error(&program.send("/oauth/revoke", &fields)), &expected);
    }
    let ends = form(&[token, client_id]);
    let in_json = with(program, "/oauth/revoke", &[("content-type", "application/json")], &ends);
    cases.told("in JSON", &error(&in_json), &REQUEST);
    cases.told("by GET", &program.ask("GET", &format!("/oauth/revoke?{ends}"), &[], "").status, &405);
    cases.end();
    two.are_connected_still();
    assert_eq!((two.gate.owner.get("").0, two.gate.ada.session().0), (200, 200));
    // A hint that is wrong keeps nothing alive (RFC 7009, section 2.1).
    let hint = ("token_type_hint", "refresh_token");
    assert_eq!(program.send("/oauth/revoke", &[("token", &own.tokens.access), client_id, hint]).0, 200);
    assert_eq!((program.status(&own.tokens.access), program.status(&other.tokens.access)), (401, 200));
}

#[test]
fn of_many_who_bring_one_code_or_one_refresh_token_at_once_one_gets_tokens() {
    let gate = Gate::start();
    let program = &gate.program;
    let client_id = program.register();
    let at_once = |ask: &(dyn Fn() -> (u16, Value) + Sync)| -> Vec<(u16, Value)> {
        let together = Barrier::new(24);
        let one = || {
            together.wait();
            ask()
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..24).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        })
    };
    let won = |answers: Vec<(u16, Value)>| -> Value {
        assert!(answers.iter().all(|answer| answer.0 == 200 || error(answer) == GRANT), "{answers:?}");
        let mut won = answers.into_iter().filter(|(status, _)| *status == 200);
        let first = won.next().expect("one gets tokens").1;
        assert_eq!(won.next(), None, "and nobody else");
        first
    };
    for _ in 0..4 {
        let code = program.code(&gate.ada, &client_id);
        won(at_once(&|| program.exchange(&client_id, &code, VERIFIER)));
        let held = tokens(&program.exchange(&client_id, &program.code(&gate.ada, &client_id), VERIFIER));
        let next = tokens(&(200, won(at_once(&|| program.refresh(&client_id, &held.refresh)))));
        assert_eq!(program.status(&next.access), 200, "who asks twice at once is no thief");
    }
}
