//! A provider, or somebody between it and us, that lies: each lie is refused for its own reason.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use super::super::*;
use super::forge::*;
use crate::keyring::Keyring;
use crate::random::OperatingSystem;

fn header() -> Value {
    json!({"alg": "ES256", "kid": "p256"})
}

fn header_with(name: &str, value: Value) -> Value {
    let mut header = header();
    header[name] = value;
    header
}

/// What the token with these claims, otherwise honest, is refused for.
fn claim_fault(changed: &Value) -> ClaimFault {
    match check(&honest(&claims_with(changed))) {
        Err(IdTokenFault::Claim(fault)) => fault,
        other => panic!("{changed}: {other:?}"),
    }
}

fn signature_fault(token: &str) -> JwsFault {
    match check(token) {
        Err(IdTokenFault::Signature(fault)) => fault,
        other => panic!("{token}: {other:?}"),
    }
}

/// Signed with the public key taken for a shared secret, in the ways in which a careless library would read it.
fn signed_with_the_public_key(algorithm: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", encoded(&json!({"alg": algorithm, "kid": "rsa"})), encoded(&claims()));
    let hash = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let signature = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_token_that_is_not_signed_is_refused() {
    for none in ["none", "None", "NONE", "nOnE"] {
        let message = format!("{}.{}", encoded(&json!({"alg": none})), encoded(&claims()));
        let with_another = URL_SAFE_NO_PAD.encode(signature("p256", message.as_bytes()));
        assert_eq!(signature_fault(&format!("{message}.")), JwsFault::Unsigned);
        assert_eq!(signature_fault(&format!("{message}.{with_another}")), JwsFault::Unsigned);
    }
    let (message, _) = honest(&claims()).rsplit_once('.').map(|(m, s)| (m.to_owned(), s.to_owned())).unwrap();
    assert_eq!(signature_fault(&format!("{message}.")), JwsFault::Signature);
}

#[test]
fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    for algorithm in ["HS256", "HS384", "HS512"] {
        for secret in [bytes(RSA_N), RSA_N.as_bytes().to_vec(), rsa_key().to_string().into_bytes()] {
            assert_eq!(signature_fault(&signed_with_the_public_key(algorithm, &secret)), JwsFault::Symmetric);
        }
    }
    // Not even where the provider publishes a shared secret as one of its keys.
    let shared = json!({"kty": "oct", "kid": "rsa", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"});
    assert_eq!(KeySet::parse(json!({"keys": [shared]}).to_string().as_bytes()).unwrap_err(), KeySetFault::Empty);
}

#[test]
fn a_token_signed_with_another_key_is_refused() {
    let (provider, secrets) = (provider(), secrets());
    // The example of P-256 in RFC 7515 signs, and the point of RFC 7517 A.1 is published.
    let other = json!({"kty": "EC", "crv": "P-256", "kid": "p256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"});
    let refused = check_id_token(&honest(&claims()), &key_set(&[other]), &expected(&provider, &secrets));
    assert_eq!(refused, Err(JwsFault::Signature.into()));
    // A key that the token brings along is not looked at.
    let brought = token("ed", &json!({"alg": "EdDSA", "kid": "mine", "jwk": ed_key()}), &claims());
    assert_eq!(signature_fault(&brought), JwsFault::UnknownKey);
    let fetched = token("ed", &json!({"alg": "EdDSA", "jku": "https://evil.example/jwks"}), &claims());
    assert_eq!(signature_fault(&fetched), JwsFault::AmbiguousKey);
}

#[test]
fn the_key_is_the_one_that_is_named_and_there_is_only_one() {
    let (provider, secrets) = (provider(), secrets());
    let with_keys = |token: &str, keys: &[Value]| check_id_token(token, &key_set(keys), &expected(&provider, &secrets));
    let honest = honest(&claims());
    let unknown = token("p256", &header_with("kid", json!("gone")), &claims());
    assert_eq!(signature_fault(&unknown), JwsFault::UnknownKey);
    assert_eq!(with_keys(&honest, &[p256_key(), p256_key()]), Err(JwsFault::AmbiguousKey.into()));
    let mut renamed = rsa_key();
    renamed["kid"] = json!("p256");
    // Keys of different kinds may have one id: the algorithm tells which of them is meant.
    for keys in [[p256_key(), renamed.clone()], [renamed.clone(), p256_key()]] {
        assert!(with_keys(&honest, &keys).is_ok());
        let forged = token("ed", &header_with("alg", json!("ES256")), &claims());
        assert_eq!(with_keys(&forged, &keys), Err(JwsFault::Signature.into()));
    }
    assert_eq!(with_keys(&honest, &[renamed.clone(), renamed.clone()]), Err(JwsFault::KeyMismatch.into()));
    assert_eq!(with_keys(&honest, &[renamed]), Err(JwsFault::KeyMismatch.into()));
    let unnamed = token("p256", &json!({"alg": "ES256"}), &claims());
    assert_eq!(with_keys(&unnamed, &[p256_key(), ed_key()]), Err(JwsFault::AmbiguousKey.into()));
    // One id for a key to sign and a key to encrypt is no ambiguity: the second is not for signatures.
    let mut for_encryption = rsa_key();
    for_encryption["kid"] = json!("p256");
    for_encryption["use"] = json!("enc");
    assert!(with_keys(&honest, &[for_encryption, p256_key()]).is_ok());
    let mut of_another_algorithm = p256_key();
    of_another_algorithm["alg"] = json!("ES384");
    assert_eq!(with_keys(&honest, &[of_another_algorithm]), Err(JwsFault::KeyMismatch.into()));
}

#[test]
fn a_key_of_another_kind_is_not_tried() {
    for (alg, kid) in [
        ("RS256", "p256"),
        ("RS256", "ed"),
        ("PS256", "ed"),
        ("ES256", "rsa"),
        ("ES256", "ed"),
        ("ES384", "p256"),
        ("EdDSA", "p256"),
        ("EdDSA", "rsa"),
        // The key says that it is for RS256.
        ("PS256", "rsa"),
        ("RS512", "rsa"),
    ] {
        let token = token(kid, &json!({"alg": alg, "kid": kid}), &claims());
        assert_eq!(signature_fault(&token), JwsFault::KeyMismatch, "{alg} {kid}");
    }
}

#[test]
fn a_header_that_asks_for_more_or_is_for_something_else_is_refused() {
    let refused = |header: &Value| signature_fault(&token("p256", header, &claims()));
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("x"), Value::Null] {
        assert_eq!(refused(&header_with("crit", crit)), JwsFault::Critical);
    }
    assert_eq!(refused(&header_with("b64", json!(false))), JwsFault::Critical);
    for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "JWE", ""] {
        assert_eq!(refused(&header_with("typ", json!(typ))), JwsFault::Typ);
    }
    for alg in ["ES256K", "ES512", "es256", "RS1", "RSA-OAEP", "", "Ed448"] {
        assert_eq!(refused(&header_with("alg", json!(alg))), JwsFault::UnknownAlgorithm);
    }
    for wrong in [
        json!({"kid": "p256"}),
        json!({"alg": ["ES256"]}),
        json!({"alg": "ES256", "kid": 7}),
        json!("ES256"),
        json!(["ES256", "p256", null, 0, 0]),
    ] {
        assert_eq!(refused(&wrong), JwsFault::Form);
    }
}

#[test]
fn what_is_no_token_is_refused_whatever_its_parts() {
    let whole = honest(&claims());
    let parts: Vec<&str> = whole.split('.').collect();
    let (head, body, sign) = (parts[0], parts[1], parts[2]);
    let twice = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","alg":"ES256","kid":"p256"}"#);
    for wrong in [
        String::new(),
        "..".to_owned(),
        format!("{head}.{body}"),
        format!("{whole}.{sign}"),
        format!("{head}.{head}.{body}.{sign}"),
        format!("{head}.{body}.{sign}="),
        format!("{head}.{body}. {sign}"),
        format!("{whole}\n"),
        format!("{head}.{body}.+{}", &sign[1..]),
        format!("{head}.{body}./{}", &sign[1..]),
        format!("{twice}.{body}.{sign}"),
        // All that JSON can be but compact.
        json!({"protected": head, "payload": body, "signature": sign}).to_string(),
    ] {
        assert_eq!(check(&wrong), Err(JwsFault::Form.into()), "{wrong}");
    }
    assert_eq!(signature_fault(&"a".repeat(TOKEN_LENGTH_MAX + 1)), JwsFault::TooLong);
}

#[test]
fn every_bit_of_every_part_counts() {
    let (keys, provider, secrets) = (keys(), provider(), secrets());
    let check = |token: &str| check_id_token(token, &keys, &expected(&provider, &secrets));
    for (kid, alg) in [("p256", "ES256"), ("ed", "EdDSA"), ("rsa", "RS256")] {
        let whole = token(kid, &json!({"alg": alg, "kid": kid}), &claims());
        assert!(check(&whole).is_ok());
        for place in 0..whole.len() {
            for bit in 0..7 {
                let mut changed = whole.clone().into_bytes();
                changed[place] ^= 1 << bit;
                let changed = String::from_utf8(changed).unwrap();
                let refused = check(&changed);
                assert!(matches!(refused, Err(IdTokenFault::Signature(_))), "{alg} {place} {bit}: {refused:?}");
            }
        }
    }
}

#[test]
fn a_token_of_another_issuer_or_for_somebody_else_is_refused() {
    for iss in [json!(null), json!("https://op.example/"), json!("https://evil.example"), json!([ISSUER]), json!("")] {
        assert_eq!(claim_fault(&json!({"iss": iss})), ClaimFault::Issuer);
    }
    for aud in [json!(null), json!("other"), json!("Wardroom"), json!([]), json!(["other"]), json!({"wardroom": 1})] {
        assert_eq!(claim_fault(&json!({"aud": aud})), ClaimFault::Audience);
    }
    for (aud, azp) in [
        (json!([CLIENT, "other"]), json!(null)),
        (json!([CLIENT, "other"]), json!("other")),
        (json!(CLIENT), json!("other")),
        (json!(CLIENT), json!([CLIENT])),
    ] {
        assert_eq!(claim_fault(&json!({"aud": aud, "azp": azp})), ClaimFault::AuthorizedParty);
    }
}

#[test]
fn a_token_of_another_time_is_refused() {
    let fault = |name: &str, value: Value| claim_fault(&json!({name: value}));
    assert_eq!(fault("exp", json!(NOW_S - 60)), ClaimFault::Expired { by_s: 60 });
    assert_eq!(fault("exp", json!(0)), ClaimFault::Expired { by_s: 1_790_000_000 });
    assert_eq!(fault("iat", json!(NOW_S + 61)), ClaimFault::Future { claim: "iat", by_s: 61 });
    assert_eq!(fault("nbf", json!(NOW_S + 90)), ClaimFault::Future { claim: "nbf", by_s: 90 });
    assert_eq!(fault("iat", json!(NOW_S - 601)), ClaimFault::Old { by_s: 601 });
    for claim in ["exp", "iat"] {
        for wrong in [json!(null), json!("1790000300"), json!(true), json!([NOW_S]), json!(-1), json!(1e300)] {
            assert_eq!(fault(claim, wrong), ClaimFault::Moment { claim });
        }
    }
    // Moments of which a double makes infinity, or which no integer holds.
    let text = claims().to_string().replace(&(NOW_S + 300).to_string(), "1e999");
    let huge = token_of_text(&text);
    assert!(matches!(check(&huge), Err(IdTokenFault::Claim(ClaimFault::Moment { claim: "exp" } | ClaimFault::Form))));
}

#[test]
fn a_token_of_another_sign_in_is_refused() {
    assert_eq!(claim_fault(&json!({"nonce": null})), ClaimFault::NonceMissing);
    for nonce in [json!(""), json!("x"), json!([secrets().nonce()]), json!(secrets().challenge())] {
        assert_eq!(claim_fault(&json!({"nonce": nonce})), ClaimFault::Nonce);
    }
    let elsewhere = SignInDeriver::new(&Keyring::generate(&mut OperatingSystem).unwrap());
    let nonce = elsewhere.derive(&state().presented()).nonce().to_owned();
    assert_eq!(claim_fault(&json!({"nonce": nonce})), ClaimFault::Nonce);
}

#[test]
fn an_access_token_that_did_not_come_with_it_is_noticed() {
    let (provider, secrets) = (provider(), secrets());
    let with_access = |hash: &str, access_token| {
        let expected = Expected { access_token, ..expected(&provider, &secrets) };
        check_id_token(&honest(&claims_with(&json!({"at_hash": hash}))), &keys(), &expected)
    };
    // Taken with another implementation: Python's hashlib.
    let (hash, of_sha_512) = ("Cdec4cKBCmVjFwoXNRx10Q", "tuHWfU9w5g5alQPb7GqWcW-Rd8xmc7AQVEL5OV9R_lM");
    assert!(with_access(hash, Some(ACCESS_TOKEN)).is_ok());
    for (hash, access_token) in [(hash, Some("other")), (hash, None), (of_sha_512, Some(ACCESS_TOKEN)), ("", Some(""))]
    {
        assert_eq!(with_access(hash, access_token), Err(ClaimFault::AccessToken.into()));
    }
    let expected = Expected { access_token: Some(ACCESS_TOKEN), ..expected(&provider, &secrets) };
    let by_ed = token("ed", &json!({"alg": "EdDSA", "kid": "ed"}), &claims_with(&json!({"at_hash": of_sha_512})));
    assert!(check_id_token(&by_ed, &keys(), &expected).is_ok());
    assert!(check_id_token(&honest(&claims()), &keys(), &expected).is_ok(), "at_hash may be left out");
}

#[test]
fn a_subject_that_cannot_be_one_is_refused() {
    let long = "a".repeat(256);
    for sub in [json!(null), json!(""), json!(long), json!("\u{e4}da"), json!("a\nb"), json!("a\u{0}"), json!(7)] {
        assert_eq!(claim_fault(&json!({"sub": sub})), ClaimFault::Subject);
    }
}

#[test]
fn who_had_to_sign_in_again_must_have_done_so() {
    let (provider, secrets) = (provider(), secrets());
    let again = |auth_time: Value| {
        let expected = Expected { again_since_ms: Some(NOW_MS - 30_000), ..expected(&provider, &secrets) };
        check_id_token(&honest(&claims_with(&json!({"auth_time": auth_time}))), &keys(), &expected)
    };
    assert_eq!(again(json!(NOW_S - 5)).unwrap().signed_in_at_ms(), Some(NOW_MS - 5_000));
    assert!(again(json!(NOW_S - 90)).is_ok(), "a minute between the clocks");
    assert_eq!(again(json!(null)), Err(ClaimFault::AuthTimeMissing.into()));
    assert_eq!(again(json!(NOW_S - 91)), Err(ClaimFault::NotAgain.into()));
    let future = ClaimFault::Future { claim: "auth_time", by_s: 61 };
    assert_eq!(again(json!(NOW_S + 61)), Err(future.into()));
    assert_eq!(again(json!("now")), Err(ClaimFault::Moment { claim: "auth_time" }.into()));
    // Nor does anybody who need not have signed in again say that they will: what is said is never later than now.
    assert_eq!(claim_fault(&json!({"auth_time": NOW_S + 61})), future);
    assert_eq!(again(json!(NOW_S + 60)).unwrap().signed_in_at_ms(), Some(NOW_MS));
}

#[test]
fn an_account_of_no_company_or_another_is_refused_where_companies_are_named() {
    let (provider, secrets) = (provider(), secrets());
    let hosted_domains = ["example.com".to_owned(), "example.org".to_owned()];
    let of = |hd: Value| {
        let expected =
            Expected { hosted_domains: &hosted_domains, belief: Belief::Google, ..expected(&provider, &secrets) };
        check_id_token(&honest(&claims_with(&json!({"hd": hd}))), &keys(), &expected)
    };
    assert_eq!(of(json!("example.com")).unwrap().hosted_domain(), Some("example.com"));
    for missing in [json!(null), json!(""), json!(["example.com"]), json!(true)] {
        assert_eq!(of(missing), Err(ClaimFault::HostedDomainMissing.into()));
    }
    for foreign in ["evil.example", "EXAMPLE.COM", "sub.example.com", "example.com ", "example.com.evil.example"] {
        assert_eq!(of(json!(foreign)), Err(ClaimFault::HostedDomain.into()));
    }
}

#[test]
fn an_address_that_is_not_known_to_be_theirs_signs_them_in_and_opens_nothing() {
    let doubt = |changed: Value| match check(&honest(&claims_with(&changed))).unwrap().address() {
        Address::Doubted { doubt, .. } => *doubt,
        other => panic!("{changed}: {other:?}"),
    };
    assert_eq!(doubt(json!({"email_verified": false})), Doubt::NotVerified);
    assert_eq!(doubt(json!({"email_verified": null})), Doubt::NotSaid);
    assert_eq!(doubt(json!({"email_verified": "true"})), Doubt::NotABool);
    assert_eq!(doubt(json!({"email_verified": 1})), Doubt::NotABool);
    assert_eq!(doubt(json!({"email": "ada@example.com, eve@evil.example"})), Doubt::Form);
    let absent = check(&honest(&claims_with(&json!({"email": null})))).unwrap();
    assert_eq!(absent.address(), &Address::Absent);
}

#[test]
fn claims_that_are_signed_and_no_claims_are_refused() {
    let in_order =
        json!([ISSUER, "a", CLIENT, null, NOW_S + 300, NOW_S, null, secrets().nonce(), null, null]).to_string();
    for text in [
        "",
        "[]",
        in_order.as_str(),
        "7",
        "null",
        "{\"iss\":\"https://op.example\",\"iss\":\"https://op.example\"}",
        "{\"sub\":\"a\",\"s\\u0075b\":\"b\"}",
        "{} {}",
    ] {
        assert_eq!(check(&token_of_text(text)), Err(ClaimFault::Form.into()), "{text}");
    }
}

/// A token whose payload is this text, rightly signed.
fn token_of_text(text: &str) -> String {
    let message = format!("{}.{}", encoded(&header()), URL_SAFE_NO_PAD.encode(text));
    let signature = URL_SAFE_NO_PAD.encode(signature("p256", message.as_bytes()));
    format!("{message}.{signature}")
}
