//! Wardroom at both ends: what it says as a client, it understands as an authorization server. And what it asks for.

use proptest::prelude::*;

use super::*;
use crate::oauth::authorize::Asked;
use crate::oauth::client::ClientMetadata;
use crate::oauth::grant::{Grant, RevocationRequest, TokenRequest as Posted};
use crate::oauth::redirect::RedirectUri;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const DOCUMENT: &str = "https://wardroom.example.com/.well-known/client.json";

fn url(server: &Server, registration: &Registration, scope: Option<&str>) -> String {
    let client = Client::new(server, registration).unwrap();
    Authorize { client, redirect_uri: REDIRECT, state: "s &=", challenge: CHALLENGE, resource: MCP, scope }
        .url()
        .unwrap()
}

// rows: PW-4
#[test]
fn the_way_to_the_server_says_everything_and_is_understood() {
    let server = server();
    let known = Registration::given(&server, "me", secret("s")).unwrap();
    let address = url(&server, &known, None);
    assert_eq!(
        address,
        format!(
            "https://as.example.com/authorize?response_type=code&client_id=me\
             &redirect_uri=https%3A%2F%2Fwardroom.example.com%2Fintegrations%2Fback&state=s+%26%3D\
             &code_challenge={CHALLENGE}&code_challenge_method=S256&resource=https%3A%2F%2Fmcp.example.com%2Fmcp"
        )
    );
    assert_eq!(url(&server, &known, Some("a:b c")), format!("{address}&scope=a%3Ab+c"));
    // OpenID Connect Core 1.0, section 11.
    let lasting = url(&server, &known, Some("read offline_access"));
    assert!(lasting.ends_with("&scope=read+offline_access&prompt=consent"), "{lasting}");
    let asked = Asked::parse(address.split_once('?').unwrap().1).unwrap();
    assert_eq!((asked.client_id().unwrap(), asked.redirect_uri().unwrap()), ("me", REDIRECT));
    let wanted = asked.wanted().unwrap();
    assert_eq!((wanted.state.as_deref(), wanted.resource.as_deref()), (Some("s &="), Some(MCP)));
    assert_eq!(wanted.challenge, challenge_of(VERIFIER));
    let tenant = metadata_with("authorization_endpoint", json!("https://as.example.com/a?tenant=1")).unwrap();
    assert!(url(&tenant, &known, None).starts_with("https://as.example.com/a?tenant=1&response_type=code&"));
}

// rows: PW-4
#[test]
fn what_is_posted_is_understood_however_the_client_shows_itself() {
    let server = server();
    let of = |method| {
        let known = Registration::given(&server, "me & you", secret("s:%+ &=")).unwrap();
        let client_secret = known.client_secret.clone().filter(|_| method != ShowsItself::Not);
        Registration { method, client_secret, ..known }
    };
    for method in [ShowsItself::Basic, ShowsItself::Post, ShowsItself::Not] {
        let known = of(method);
        let client = Client::new(&server, &known).unwrap();
        let read = |request: &TokenRequest| {
            assert_eq!(request.authorization().is_some(), method == ShowsItself::Basic);
            assert_eq!(request.form().contains("client_secret="), method == ShowsItself::Post);
            assert_eq!(request.form().contains("client_id="), method != ShowsItself::Basic);
            let posted = Posted::parse(request.form().as_bytes(), request.authorization()).unwrap();
            assert_eq!(posted.client.client_id, "me & you");
            assert_eq!(posted.client.secret, known.client_secret);
            assert_eq!(posted.resource.as_deref(), Some(MCP));
            posted.grant
        };
        let Grant::Code { code, redirect_uri, verifier } =
            read(&TokenRequest::code(client, REDIRECT, &code("c%2B"), VERIFIER, MCP))
        else {
            panic!("{method:?}")
        };
        assert_eq!((code.as_str(), redirect_uri.as_deref(), verifier.as_str()), ("c+", Some(REDIRECT), VERIFIER));
        let Grant::Refresh { token, .. } = read(&TokenRequest::refresh(client, "r&=", MCP)) else {
            panic!("{method:?}")
        };
        assert_eq!(token.as_str(), "r&=");
        let revoked = TokenRequest::revoke(client, "a", TokenKind::Access);
        let revoked = RevocationRequest::parse(revoked.form().as_bytes(), revoked.authorization()).unwrap();
        assert_eq!(revoked.token.as_str(), "a");
    }
    let known = of(ShowsItself::Basic);
    let own = TokenRequest::client_credentials(Client::new(&server, &known).unwrap(), MCP, Some("a b"));
    assert_eq!(own.form(), "grant_type=client_credentials&resource=https%3A%2F%2Fmcp.example.com%2Fmcp&scope=a+b");
    assert!(own.authorization().is_some());
}

#[test]
fn what_wardroom_says_of_itself_is_understood() {
    let text = registration_request("Wardroom", REDIRECT, "https://wardroom.example.com", &server(), Some("read"));
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({
            "client_name": "Wardroom",
            "client_uri": "https://wardroom.example.com",
            "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "application_type": "web",
            "scope": "read",
        })
    );
    let read = ClientMetadata::registered(text.as_bytes(), &[]).unwrap();
    assert_eq!((read.name.as_deref(), read.shows_itself), (Some("Wardroom"), ShowsItself::Basic));
    let document = own_document(DOCUMENT, "Wardroom", REDIRECT, "https://wardroom.example.com");
    let read = ClientMetadata::at(DOCUMENT, document.as_bytes(), &[]).unwrap();
    assert!(read.allows(REDIRECT));
    assert!(document.contains("\"refresh_token\"") && document.contains("\"none\""), "{document}");
    // On trial people are sent back to their own machine.
    for (redirect_uri, kind) in [
        ("http://localhost:8080/back", "native"),
        ("http://127.0.0.1/back", "native"),
        ("http://[::1]:9/back", "native"),
        ("https://localhost.example.com/back", "web"),
    ] {
        let document: Value =
            serde_json::from_str(&own_document(DOCUMENT, "W", redirect_uri, "https://w.example")).unwrap();
        assert_eq!(document["application_type"], kind, "{redirect_uri}");
    }
    let once = metadata_with("grant_types_supported", json!(["authorization_code"])).unwrap();
    let text = registration_request("Wardroom", REDIRECT, "https://wardroom.example.com", &once, None);
    assert!(!text.contains("refresh_token") && !text.contains("scope"), "{text}");
}

#[test]
fn the_best_way_to_show_itself_that_the_server_takes_is_asked_for_and_used() {
    use ShowsItself::{Basic, Not, Post};
    for (methods, asked, with_secret) in [
        (json!(["none", "client_secret_post", "client_secret_basic"]), "client_secret_basic", Basic),
        (json!(["none", "client_secret_post"]), "client_secret_post", Post),
        (json!(["private_key_jwt", "none"]), "none", Not),
        (Value::Null, "client_secret_basic", Basic),
    ] {
        let server = server_that_takes(methods.clone());
        let text = registration_request("W", REDIRECT, "https://w.example", &server, None);
        assert!(text.contains(&format!("\"token_endpoint_auth_method\":\"{asked}\"")), "{text}");
        let parse = |answer: Value| Registration::parse(&server, 201, answer.to_string().as_bytes()).unwrap();
        // It does not say what it registered.
        let known = parse(json!({"client_id": "c", "client_secret": "s"}));
        assert_eq!((known.method, known.client_secret.is_some()), (with_secret, with_secret != Not), "{methods}");
        assert_eq!(parse(json!({"client_id": "c"})).method, Not);
        // It says, and what it says holds.
        let stated =
            parse(json!({"client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post"}));
        assert_eq!((stated.method, stated.client_secret), (Post, secret("s")));
        let none = parse(json!({"client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "none"}));
        assert_eq!((none.method, none.client_secret), (Not, None));
    }
}

#[test]
fn an_answer_that_an_authorization_server_of_ours_sends_is_read() {
    let uri = RedirectUri::parse(REDIRECT, &[]).unwrap();
    let address = uri.with(&[("code", "c d"), ("state", "s&"), ("iss", ISSUER)]);
    let back = returned(address.split_once('?').unwrap().1);
    assert_eq!(back.state(), "s&");
    assert_eq!(back.check(ISSUER, true).unwrap().reveal(), "c d");
}

#[test]
fn the_scopes_are_those_of_the_challenge_else_those_of_the_server_else_none() {
    let challenge = |scope: &str| Challenge { scope: Some(scope.to_owned()), ..Challenge::default() };
    let silent = Challenge { error: Some("invalid_token".to_owned()), ..Challenge::default() };
    let [reads, nothing] = [resource_with_scopes(&["read", "write"]), resource_with_scopes(&[])];
    let lasting = server();
    let plain = metadata_with("scopes_supported", json!(["read"])).unwrap();
    let silent_server = metadata_with("scopes_supported", Value::Null).unwrap();
    for (challenge, resource, before, needed) in [
        (Some(challenge("a")), Some(&reads), None, Some("a")),
        (Some(silent.clone()), Some(&reads), None, Some("read write")),
        (None, Some(&reads), None, Some("read write")),
        (None, Some(&nothing), None, None),
        (None, None, None, None),
        // Step-up: nothing that there was is lost.
        (Some(challenge("w")), Some(&reads), Some("b offline_access"), Some("b offline_access w")),
        (Some(challenge("b a")), None, Some("a  b"), Some("a b")),
        (None, Some(&nothing), Some("b"), Some("b")),
    ] {
        let (challenge, case) = (challenge.as_ref(), format!("{challenge:?} {resource:?} {before:?}"));
        assert_eq!(needed_scope(challenge, resource, before).as_deref(), needed, "{case}");
        for server in [&plain, &silent_server] {
            assert_eq!(scope(challenge, resource, server, before).as_deref(), needed, "{case}");
        }
        let with = needed.map(|scope| match scope.contains("offline_access") {
            true => scope.to_owned(),
            false => format!("{scope} offline_access"),
        });
        assert_eq!(scope(challenge, resource, &lasting, before), with, "{case}");
    }
    // A server that wants what is none of its business.
    let greedy = resource_with_scopes(&["offline_access", "read"]);
    assert_eq!(scope(None, Some(&greedy), &plain, None).as_deref(), Some("read"));
}

proptest! {
    #[test]
    fn whatever_stands_in_quotes_among_other_challenges_is_read_back(
        scope in "[!#-\\[\\]-~]{1,9}( [!#-\\[\\]-~]{1,9}){0,3}",
        metadata in "[ -~]{1,40}",
        other in "[ -~]{0,40}",
        first in any::<bool>(),
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let bearer = format!("Bearer resource_metadata={}, SCOPE={}", quoted(&metadata), quoted(&scope));
        let basic = format!("Basic realm={}, scope=\"no\"", quoted(&other));
        let header = if first { format!("{bearer}, {basic}") } else { format!("{basic},{bearer}") };
        let expected = Challenge { resource_metadata: Some(metadata), scope: Some(scope), error: None };
        prop_assert_eq!(Challenge::parse(&header), Some(expected));
    }

    #[test]
    fn no_text_whatever_breaks_a_reader(text in "\\PC{0,80}", header in "(Bearer|scope|=|\"|\\\\|,| |a|é){0,20}") {
        let server = server();
        for text in [&text, &header] {
            if let Some(scope) = Challenge::parse(text).and_then(|challenge| challenge.scope) {
                prop_assert!(scope.split(' ').all(|one| !one.is_empty()));
            }
            let _ = metadata_urls(text, None);
            let _ = server_metadata_urls(text);
            let _ = Returned::parse(text);
            prop_assert!(Resource::parse(MCP, text.as_bytes()).is_err());
            prop_assert!(Server::parse(ISSUER, text.as_bytes()).is_err());
            prop_assert!(Registration::parse(&server, 201, text.as_bytes()).is_err());
            prop_assert!(Tokens::parse(200, text.as_bytes()).is_err());
        }
    }

    #[test]
    fn asking_for_more_loses_nothing_and_asks_for_nothing_twice(
        before in proptest::option::of("[a-d]( [a-d]){0,4}"),
        challenged in proptest::option::of("[c-f]( [c-f]){0,4}"),
    ) {
        let challenge = challenged.clone().map(|scope| Challenge { scope: Some(scope), ..Challenge::default() });
        let asked = scope(challenge.as_ref(), None, &server(), before.as_deref()).unwrap_or_default();
        let asked: Vec<&str> = asked.split(' ').collect();
        for wanted in before.iter().chain(&challenged).flat_map(|scopes| scopes.split(' ')) {
            prop_assert_eq!(asked.iter().filter(|one| **one == wanted).count(), 1);
        }
    }
}
