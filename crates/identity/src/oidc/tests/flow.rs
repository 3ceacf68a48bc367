//! Discovery, the way to the provider and back, the exchange, and what an honest id_token proves.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use super::forge::*;
use crate::digest::hexadecimal;
use crate::keyring::Keyring;
use crate::random::OperatingSystem;
use crate::random::fixed::Counting;
use crate::token::{IssuedToken, TokenForm};

const REDIRECT: &str = "https://wardroom.example.com/sign-in/back";

fn with(name: &str, value: Value) -> Value {
    let mut document = document();
    document[name] = value;
    document
}

fn client() -> Client<'static> {
    Client { id: "ward room:1", secret: "s+cret&=%/\u{e9}", redirect_uri: REDIRECT }
}

fn answer(query: &str) -> Answer {
    Answer::parse(query).unwrap_or_else(|fault| panic!("{query}: {fault}"))
}

#[test]
fn a_discovery_document_is_read_into_what_is_needed() {
    let provider = provider();
    assert_eq!(provider.issuer().as_str(), ISSUER);
    assert_eq!(provider.token_endpoint().as_str(), "https://op.example/token");
    assert_eq!(provider.jwks_uri().origin(), "https://keys.example");
    assert_eq!(provider.client_auth(), ClientAuth::Basic);
    assert!(!provider.names_itself());
    let named = provider_of(&with("authorization_response_iss_parameter_supported", json!(true))).unwrap();
    assert!(named.names_itself());
    let by_post = with("token_endpoint_auth_methods_supported", json!(["private_key_jwt", "client_secret_post"]));
    assert_eq!(provider_of(&by_post).unwrap().client_auth(), ClientAuth::Post);
}

#[test]
fn a_discovery_document_of_another_issuer_or_with_less_than_is_needed_is_refused() {
    let refused = |name: &str, value: Value| provider_of(&with(name, value)).unwrap_err();
    for issuer in ["https://op.example/", "https://OP.example", "http://op.example", "https://evil.example"] {
        assert_eq!(refused("issuer", json!(issuer)), DiscoveryFault::Issuer);
    }
    for field in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let fault = UrlFault::Insecure;
        assert_eq!(refused(field, json!("http://op.example/x")), DiscoveryFault::Endpoint { field, fault });
        assert_eq!(refused(field, json!(7)), DiscoveryFault::Form);
        assert_eq!(refused(field, Value::Null), DiscoveryFault::Form);
    }
    for (field, offered) in [
        ("response_types_supported", json!(["id_token"])),
        ("code_challenge_methods_supported", json!(["plain"])),
        ("id_token_signing_alg_values_supported", json!(["HS256", "none"])),
        ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
    ] {
        assert!(matches!(refused(field, offered), DiscoveryFault::Lacks { field: named, .. } if named == field));
    }
    let issuer = Issuer::parse(ISSUER).unwrap();
    let twice = document().to_string().replacen('{', "{\"issuer\":\"https://op.example\",", 1);
    assert_eq!(Provider::parse(&issuer, twice.as_bytes()), Err(DiscoveryFault::Form));
    assert_eq!(Provider::parse(&issuer, b"[]"), Err(DiscoveryFault::Form));
    assert_eq!(Provider::parse(&issuer, &vec![b' '; DISCOVERY_LENGTH_MAX + 1]), Err(DiscoveryFault::TooLong));
}

#[test]
fn the_secrets_of_a_sign_in_are_fixed_by_its_state() {
    // Taken with another implementation: Python's hmac, hashlib and base64.
    let secrets = secrets();
    assert_eq!(secrets.nonce(), "sPuRHD9c0cyLHzgIC_xw9_FEhhdrVMIP7mxrW4u0lRk");
    assert_eq!(secrets.verifier(), "RqKiDLbnIzwD89zDnxbswyjhrstdtj-FZbnBBMIbacQ");
    assert_eq!(secrets.challenge(), "mccZDcJGZcBe-7WBX7dkiNe3Sz8EMhoU1YycE6Pkhb0");
    let other = IssuedToken::generate(TokenForm::SignInState, &mut OperatingSystem).unwrap();
    let deriver = SignInDeriver::new(&Keyring::generate(&mut Counting(0)).unwrap());
    assert_ne!(deriver.derive(&other.presented()).nonce(), secrets.nonce());
    assert_ne!(deriver.derive(&other.presented()).verifier(), secrets.verifier());
}

#[test]
fn the_way_to_the_provider_says_everything_and_nothing_secret() {
    let (provider, secrets, state) = (provider(), secrets(), state());
    let request = |prompt| {
        let state = state.presented();
        AuthorizationRequest {
            provider: &provider,
            client_id: CLIENT,
            redirect_uri: REDIRECT,
            state,
            secrets: &secrets,
            prompt,
        }
        .url()
    };
    let expected = format!(
        "https://op.example/authorize?response_type=code&client_id=wardroom\
         &redirect_uri=https%3A%2F%2Fwardroom.example.com%2Fsign-in%2Fback&scope=openid+email+profile\
         &state={}&nonce=sPuRHD9c0cyLHzgIC_xw9_FEhhdrVMIP7mxrW4u0lRk\
         &code_challenge=mccZDcJGZcBe-7WBX7dkiNe3Sz8EMhoU1YycE6Pkhb0&code_challenge_method=S256",
        state.reveal()
    );
    assert_eq!(request(Prompt::AsNeeded), format!("{expected}&max_age=2592000"));
    assert_eq!(request(Prompt::ChooseAccount), format!("{expected}&prompt=select_account"));
    assert_eq!(request(Prompt::Again), format!("{expected}&prompt=login&max_age=0"));
    assert!(!request(Prompt::Again).contains(secrets.verifier()));
    let tenant = provider_of(&with("authorization_endpoint", json!("https://op.example/a?tenant=1"))).unwrap();
    let state = state.presented();
    let request = AuthorizationRequest {
        provider: &tenant,
        client_id: CLIENT,
        redirect_uri: REDIRECT,
        state,
        secrets: &secrets,
        prompt: Prompt::AsNeeded,
    };
    assert!(request.url().starts_with("https://op.example/a?tenant=1&response_type=code&"));
}

#[test]
fn an_answer_gives_its_state_first_and_its_code_only_from_the_provider_that_was_asked() {
    let state = state();
    let silent = provider();
    let named = provider_of(&with("authorization_response_iss_parameter_supported", json!(true))).unwrap();
    let query = format!("code=a%2Bb&state={}", state.reveal());
    assert_eq!(answer(&query).state().unwrap().reveal(), state.reveal());
    assert_eq!(answer(&query).code(&silent).unwrap().reveal(), "a+b");
    assert_eq!(answer(&query).code(&named).unwrap_err(), AnswerFault::NoIssuer);
    let says = |issuer: &str| answer(&format!("{query}&session_state=x&iss={issuer}"));
    assert_eq!(says("https%3A%2F%2Fop.example").code(&named).unwrap().reveal(), "a+b");
    for other in ["https%3A%2F%2Fop.example%2F", "https%3A%2F%2FOP.example", "https%3A%2F%2Fevil.example", ""] {
        assert_eq!(says(other).code(&silent).unwrap_err(), AnswerFault::OtherIssuer);
        assert_eq!(says(other).code(&named).unwrap_err(), AnswerFault::OtherIssuer);
    }
}

#[test]
fn an_error_is_one_of_ours_and_only_from_the_provider_that_was_asked() {
    let provider = provider();
    for (error, declined) in [
        ("access_denied", Declined::AccessDenied),
        ("login_required", Declined::Interaction),
        ("temporarily_unavailable", Declined::Unavailable),
        ("invalid_scope", Declined::Setup),
        ("<script>alert(1)</script>", Declined::Setup),
    ] {
        let fault = answer(&format!("state=x&error={error}&error_description=evil")).code(&provider).unwrap_err();
        assert_eq!(fault, AnswerFault::Declined(declined));
        assert!(!fault.to_string().contains("evil") && !fault.to_string().contains("script"));
    }
    let foreign = answer("state=x&error=access_denied&iss=https%3A%2F%2Fevil.example");
    assert_eq!(foreign.code(&provider).unwrap_err(), AnswerFault::OtherIssuer);
}

#[test]
fn an_answer_that_is_not_one_is_refused_before_anything_is_done() {
    let refused = |query: &str| Answer::parse(query).err().unwrap();
    assert_eq!(refused(""), AnswerFault::NoState);
    assert_eq!(refused("code=a"), AnswerFault::NoState);
    assert_eq!(refused("state=a"), AnswerFault::CodeOrError);
    assert_eq!(refused("state=a&code=b&error=c"), AnswerFault::CodeOrError);
    for field in ["state", "code", "iss"] {
        let query = format!("state=a&code=b&iss=c&{field}=d");
        assert_eq!(refused(&query), AnswerFault::Repeated { field });
    }
    assert_eq!(refused(&"a".repeat(ANSWER_LENGTH_MAX + 1)), AnswerFault::TooLong);
    assert_eq!(answer("state=a&code=").code(&provider()).unwrap_err(), AnswerFault::CodeOrError);
    // Another token of ours, or a key, is no state.
    for other in ["wrs_0123456789ABCDEFGHIJKLMNOPQRSTUV000000", "x", "wro_"] {
        assert!(answer(&format!("state={other}&code=b")).state().is_err());
    }
}

#[test]
fn the_code_is_exchanged_with_the_verifier_and_the_client_shown_as_the_provider_wants_it() {
    let code = || answer("state=x&code=c%26de").code(&provider()).unwrap();
    let form = "grant_type=authorization_code&code=c%26de\
                &redirect_uri=https%3A%2F%2Fwardroom.example.com%2Fsign-in%2Fback\
                &code_verifier=RqKiDLbnIzwD89zDnxbswyjhrstdtj-FZbnBBMIbacQ";
    let request = TokenRequest::new(&provider(), client(), &code(), &secrets());
    assert_eq!(request.form(), form);
    // Taken with another implementation: Python's urllib.parse.quote_plus and base64.
    assert_eq!(request.authorization(), Some("Basic d2FyZCtyb29tJTNBMTpzJTJCY3JldCUyNiUzRCUyNSUyRiVDMyVBOQ=="));
    let by_post = provider_of(&with("token_endpoint_auth_methods_supported", json!(["client_secret_post"]))).unwrap();
    let request = TokenRequest::new(&by_post, client(), &code(), &secrets());
    assert_eq!(request.form(), format!("{form}&client_id=ward+room%3A1&client_secret=s%2Bcret%26%3D%25%2F%C3%A9"));
    assert_eq!(request.authorization(), None);
    assert_eq!(format!("{:?}", code()), "Code(…)");
}

#[test]
fn what_the_exchange_gives_is_an_id_token_or_one_of_our_words() {
    let good =
        TokenAnswer::parse(200, br#"{"id_token": "a.b.c", "access_token": "d", "token_type": "Bearer"}"#).unwrap();
    assert_eq!((good.id_token(), good.access_token()), ("a.b.c", Some("d")));
    let refused = |status, body: &str| TokenAnswer::parse(status, body.as_bytes()).err().unwrap();
    assert_eq!(refused(400, r#"{"error": "invalid_grant"}"#), ExchangeFault::CodeRefused);
    assert_eq!(refused(200, r#"{"error": "invalid_grant", "id_token": "a.b.c"}"#), ExchangeFault::CodeRefused);
    assert_eq!(refused(401, r#"{"error": "invalid_client"}"#), ExchangeFault::ClientRefused);
    assert_eq!(refused(401, "no"), ExchangeFault::ClientRefused);
    assert_eq!(refused(500, "no"), ExchangeFault::Refused);
    assert_eq!(refused(400, r#"{"error": "evil"}"#), ExchangeFault::Refused);
    assert_eq!(refused(201, r#"{"id_token": "a.b.c"}"#), ExchangeFault::Refused);
    for body in ["", "[]", "{}", r#"{"id_token": 7}"#, r#"{"id_token": "a", "id_token": "b"}"#] {
        assert_eq!(refused(200, body), ExchangeFault::Form, "{body}");
    }
    assert_eq!(refused(200, &" ".repeat(TOKEN_ANSWER_LENGTH_MAX + 1)), ExchangeFault::TooLong);
}

#[test]
fn an_honest_id_token_proves_who_somebody_is_with_each_kind_of_key() {
    for (kid, alg) in [("rsa", "RS256"), ("p256", "ES256"), ("ed", "EdDSA"), ("ed", "Ed25519")] {
        let proven = check(&token(kid, &json!({"alg": alg, "kid": kid}), &claims())).unwrap();
        assert_eq!(proven.issuer().as_str(), ISSUER);
        assert_eq!(proven.subject().as_str(), "248289761001");
        assert_eq!(proven.address().believed(), Some("ada@example.com"));
        assert_eq!((proven.name(), proven.hosted_domain()), (Some("Ada Lovelace"), None));
    }
}

#[test]
fn what_providers_may_do_otherwise_is_accepted() {
    for changed in [
        json!({"aud": [CLIENT]}),
        json!({"aud": [CLIENT, "other"], "azp": CLIENT}),
        json!({"aud": CLIENT, "azp": CLIENT}),
        json!({"exp": NOW_S - 59}),
        json!({"exp": NOW_S + 86_400 * 365}),
        json!({"iat": NOW_S + 59}),
        json!({"iat": NOW_S - 599}),
        json!({"iat": NOW_S as f64 + 0.25}),
        json!({"nbf": NOW_S}),
        json!({"sub": "a".repeat(255)}),
        json!({"name": null, "email": null, "email_verified": null}),
    ] {
        assert!(check(&honest(&claims_with(&changed))).is_ok(), "{changed}");
    }
    // A key set of one key needs no kid.
    let (provider, secrets) = (provider(), secrets());
    let unnamed = token("p256", &json!({"alg": "ES256"}), &claims());
    assert!(check_id_token(&unnamed, &key_set(&[p256_key()]), &expected(&provider, &secrets)).is_ok());
}

#[test]
fn a_name_that_is_not_one_line_is_left_out() {
    for name in [json!(""), json!("  "), json!("Ada\nLovelace"), json!("a".repeat(201)), json!(["Ada"])] {
        assert_eq!(check(&honest(&claims_with(&json!({"name": name})))).unwrap().name(), None);
    }
}

#[test]
fn an_identity_is_stored_under_a_digest_of_issuer_and_subject_together() {
    let digester = IdentityDigester::new(&Keyring::generate(&mut Counting(0)).unwrap());
    let proven = check(&honest(&claims())).unwrap();
    let digest = digester.digest(proven.issuer(), proven.subject());
    // Taken with another implementation: Python's hmac and hashlib.
    assert_eq!(hexadecimal(&digest), "7bf21f38f7cff432df999ac570966a36e75343aebd325e2226119f88af3a0049");
    let other = check(&honest(&claims_with(&json!({"sub": "248289761002"})))).unwrap();
    assert_ne!(digester.digest(other.issuer(), other.subject()), digest);
    let elsewhere = Issuer::parse("https://op2.example").unwrap();
    assert_ne!(digester.digest(&elsewhere, proven.subject()), digest);
    assert_eq!(digester.digests(proven.issuer(), proven.subject()).collect::<Vec<_>>(), [digest]);
}

proptest! {
    #[test]
    fn no_bytes_break_the_readers(noise in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,200}") {
        prop_assert!(Provider::parse(&Issuer::parse(ISSUER).unwrap(), &noise).is_err());
        prop_assert!(KeySet::parse(&noise).is_err());
        prop_assert!(TokenAnswer::parse(200, &noise).is_err());
        prop_assert!(check(&text).is_err());
        let _ = Answer::parse(&text);
        let _ = Issuer::parse(&text);
    }
}
