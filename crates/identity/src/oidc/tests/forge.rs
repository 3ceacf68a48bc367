//! A provider for the tests: it signs whatever it is told, well or badly. Its keys are those that RFC 7515 (A.2, A.3)
//! and RFC 8037 (A.1) print; nothing real may be signed with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair};
use serde_json::{Value, json};

use super::super::*;
use crate::keyring::Keyring;
use crate::random::fixed::Counting;
use crate::token::{IssuedToken, TokenForm};

/// When everything here happens, in seconds and in milliseconds.
pub(super) const NOW_S: i64 = 1_790_000_000;
pub(super) const NOW_MS: i64 = NOW_S * 1_000;
pub(super) const ISSUER: &str = "https://op.example";
pub(super) const CLIENT: &str = "wardroom";
pub(super) const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnvTvxEIx0z9K3vx5KF0Y";

pub(super) const RSA_N: &str = "\
    ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-\
    pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca\
    pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5\
    4h4FRWyuXpoQ";
const RSA_D: &str = "\
    Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-\
    pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjud\
    U2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1\
    DhOVRuOopznQ";
const RSA_P: &str = "\
    4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KK\
    DcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
const RSA_Q: &str = "\
    uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_Hl\
    B-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";
const RSA_DP: &str = "\
    BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAk\
    tV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0";
const RSA_DQ: &str = "\
    h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz\
    3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU";
const RSA_QI: &str = "\
    IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJt\
    oOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U";
const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const P256_D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ED_D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

pub(super) fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(super) fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The provider's keys, as it publishes them.
pub(super) fn rsa_key() -> Value {
    json!({"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": RSA_N, "e": "AQAB"})
}

pub(super) fn p256_key() -> Value {
    json!({"kty": "EC", "crv": "P-256", "kid": "p256", "use": "sig", "x": P256_X, "y": P256_Y})
}

pub(super) fn ed_key() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": ED_X})
}

pub(super) fn key_set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

pub(super) fn keys() -> KeySet {
    key_set(&[rsa_key(), p256_key(), ed_key()])
}

/// The signature of a text with the key that a published key belongs to.
pub(super) fn signature(kid: &str, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    match kid {
        "rsa" => {
            let public_key = PublicKeyComponents { n: bytes(RSA_N), e: vec![1, 0, 1] };
            let [d, p, q, dp, dq, qi] = [RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QI].map(bytes);
            let parts = KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi };
            let mut signature = vec![0; 256];
            let key = KeyPair::from_components(&parts).unwrap();
            key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
            signature
        }
        "p256" => {
            let public = [vec![4], bytes(P256_X), bytes(P256_Y)].concat();
            let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            let key = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &bytes(P256_D), &public, &random);
            key.unwrap().sign(&random, message).unwrap().as_ref().to_vec()
        }
        _ => Ed25519KeyPair::from_seed_and_public_key(&bytes(ED_D), &bytes(ED_X))
            .unwrap()
            .sign(message)
            .as_ref()
            .to_vec(),
    }
}

/// A token with this header and these claims, signed with the key that `kid` names here (the header may lie).
pub(super) fn token(kid: &str, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = URL_SAFE_NO_PAD.encode(signature(kid, message.as_bytes()));
    format!("{message}.{signature}")
}

/// A token as an honest provider signs it.
pub(super) fn honest(claims: &Value) -> String {
    token("p256", &json!({"alg": "ES256", "kid": "p256", "typ": "JWT"}), claims)
}

/// What it claims where all is well.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "248289761001",
        "aud": CLIENT,
        "exp": NOW_S + 300,
        "iat": NOW_S - 2,
        "nonce": secrets().nonce(),
        "email": "ada@example.com",
        "email_verified": true,
        "name": "Ada Lovelace",
    })
}

/// Those claims, with some set anew; `null` takes one out.
pub(super) fn claims_with(changed: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changed.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

pub(super) fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.example/authorize",
        "token_endpoint": "https://op.example/token",
        "jwks_uri": "https://keys.example/jwks",
        "response_types_supported": ["code", "id_token"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
    })
}

pub(super) fn provider_of(document: &Value) -> Result<Provider, DiscoveryFault> {
    Provider::parse(&Issuer::parse(ISSUER).unwrap(), document.to_string().as_bytes())
}

pub(super) fn provider() -> Provider {
    provider_of(&document()).unwrap()
}

pub(super) fn state() -> IssuedToken {
    IssuedToken::generate(TokenForm::SignInState, &mut Counting(0)).unwrap()
}

pub(super) fn secrets() -> SignInSecrets {
    SignInDeriver::new(&Keyring::generate(&mut Counting(0)).unwrap()).derive(&state().presented())
}

/// What is expected of a token in a plain sign-in; a test narrows it.
pub(super) fn expected<'a>(provider: &'a Provider, secrets: &'a SignInSecrets) -> Expected<'a> {
    Expected {
        provider,
        client_id: CLIENT,
        secrets,
        access_token: None,
        now_ms: NOW_MS,
        again_since_ms: None,
        hosted_domains: &[],
        belief: Belief::Verified,
    }
}

pub(super) fn check(token: &str) -> Result<ProvenIdentity, IdTokenFault> {
    check_id_token(token, &keys(), &expected(&provider(), &secrets()))
}
