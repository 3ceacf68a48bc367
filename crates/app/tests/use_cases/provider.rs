//! A provider for the tests: it signs whatever it is told, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use app::ports::{Content, FetchFault, Fetched, Fetching, Web};
use app::sign_in::{ProviderSetup, Providers};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::oidc::{Belief, Issuer};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://id.acme.example";
const KEY_ID: &str = "first";

/// What the provider answers to the next code.
pub(crate) struct Told {
    /// The claims.
    pub(crate) claims: Value,
    /// What the header of the token says of it.
    pub(crate) header: Value,
    /// Whether another key than the published one signs.
    pub(crate) forged: bool,
}

/// The provider.
pub(crate) struct FakeProvider {
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    pub(crate) told: Mutex<Option<Told>>,
    /// How often each address was asked.
    pub(crate) asked: Mutex<HashMap<String, usize>>,
    /// The id under which the key is published.
    pub(crate) key_id: Mutex<String>,
    pub(crate) document: Mutex<Value>,
    /// What it says of somebody who is asked for beside the id_token.
    pub(crate) userinfo: Mutex<Value>,
    /// What is believed of it, by the next application.
    pub(crate) belief: Mutex<Belief<'static>>,
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Default for FakeProvider {
    fn default() -> FakeProvider {
        let at = |path: &str| format!("{ISSUER}{path}");
        let document = json!({
            "issuer": ISSUER, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "userinfo_endpoint": at("/userinfo"), "authorization_response_iss_parameter_supported": true,
        });
        FakeProvider {
            key: new_key(),
            other: new_key(),
            told: Mutex::default(),
            asked: Mutex::default(),
            key_id: Mutex::new(KEY_ID.to_owned()),
            document: Mutex::new(document),
            userinfo: Mutex::default(),
            belief: Mutex::new(Belief::Verified),
        }
    }
}

impl FakeProvider {
    pub(crate) fn set_up(self: &Arc<Self>) -> Providers {
        let setup = ProviderSetup {
            key: "oidc",
            title: "Acme".to_owned(),
            issuer: Issuer::parse(ISSUER).unwrap(),
            client_id: "wardroom".to_owned(),
            client_secret: "topaz".to_owned().into(),
            hosted_domains: Vec::new(),
            belief: *self.belief.lock().unwrap(),
        };
        Providers { each: vec![(setup, self.clone())] }
    }

    pub(crate) fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().get(&format!("{ISSUER}{path}")).copied().unwrap_or_default()
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": *self.key_id.lock().unwrap(), "use": "sig", "x": x, "y": y}]})
    }

    fn token(&self) -> Option<String> {
        let told = self.told.lock().unwrap().take()?;
        let message = format!("{}.{}", encoded(&told.header), encoded(&told.claims));
        let key = if told.forged { &self.other } else { &self.key };
        let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }

    fn answer(&self, url: &str, body: impl FnOnce() -> Option<Value>) -> Fetching<'_> {
        *self.asked.lock().unwrap().entry(url.to_owned()).or_default() += 1;
        let answer = match body() {
            Some(body) => Ok(Fetched { status: 200, body: body.to_string().into_bytes(), kept_s: None }),
            None => Err(FetchFault(format!("{url} broke off"))),
        };
        Box::pin(async { answer })
    }
}

impl Web for FakeProvider {
    fn get<'f>(&'f self, url: &'f str, shown: Option<&'f str>, _: usize) -> Fetching<'f> {
        self.answer(url, || match url.strip_prefix(ISSUER) {
            Some("/.well-known/openid-configuration") => Some(self.document.lock().unwrap().clone()),
            Some("/keys") => Some(self.keys()),
            Some("/userinfo") => {
                assert_eq!(shown, Some("Bearer a"));
                Some(self.userinfo.lock().unwrap().clone())
            }
            _ => None,
        })
    }

    fn post<'f>(&'f self, url: &'f str, shown: Option<&'f str>, content: Content<'f>, _: usize) -> Fetching<'f> {
        let Content::Form(form) = content else { panic!("a form is sent") };
        assert!(shown.is_some_and(|shown| shown.starts_with("Basic ")), "the client shows that it is one");
        assert!(form.contains("code_verifier="), "{form}");
        self.answer(url, || match self.token() {
            Some(token) => Some(json!({"id_token": token, "access_token": "a", "token_type": "Bearer"})),
            None => Some(json!({"error": "invalid_grant"})),
        })
    }
}

/// A header as it should be.
pub(crate) fn header() -> Value {
    json!({"alg": "ES256", "kid": KEY_ID})
}
