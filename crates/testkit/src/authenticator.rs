//! A device that keeps a passkey, made by hand: it states and signs whatever it is told, true or not.
//!
//! What it hands over is what a browser's page would send: every part in base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

/// Somebody was there.
pub const PRESENT: u8 = 0x01;
/// They have shown who they are.
pub const VERIFIED: u8 = 0x04;
/// The passkey can come to be on several devices.
pub const MAY_BE_COPIED: u8 = 0x08;
/// It is on several.
pub const IS_COPIED: u8 = 0x10;
/// A new passkey is described.
pub const HAS_CREDENTIAL: u8 = 0x40;
/// Something more is stated.
pub const HAS_EXTENSIONS: u8 = 0x80;

/// What stands before the key of each kind in a SubjectPublicKeyInfo.
const P256: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
const ED25519: &str = "302a300506032b6570032100";

enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The device.
pub struct Authenticator {
    key: Key,
    /// The id of its passkey.
    pub credential: Vec<u8>,
    /// What it was told that its person is.
    pub user_handle: Vec<u8>,
}

/// What it states.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What the browser was asked for.
    pub kind: &'static str,
    /// What is answered, in base64url.
    pub challenge: String,
    /// On whose page.
    pub origin: String,
    /// What else the browser says, from a comma on.
    pub more: &'static str,
    /// For which site.
    pub party: String,
    /// What the device saw.
    pub flags: u8,
    /// How often it has signed.
    pub counter: u32,
}

impl Statement {
    /// The truth about making a passkey on a page of this origin.
    #[must_use]
    pub fn making(challenge: &str, origin: &str) -> Statement {
        let flags = PRESENT | VERIFIED | HAS_CREDENTIAL;
        Statement { kind: "webauthn.create", flags, ..Statement::showing(challenge, origin) }
    }

    /// The truth about showing one.
    #[must_use]
    pub fn showing(challenge: &str, origin: &str) -> Statement {
        let host = origin.split("://").nth(1).unwrap_or_default();
        Statement {
            kind: "webauthn.get",
            challenge: challenge.to_owned(),
            origin: origin.to_owned(),
            more: r#","crossOrigin":false"#,
            party: host.split(':').next().unwrap_or_default().to_owned(),
            flags: PRESENT | VERIFIED,
            counter: 0,
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let Statement { kind, challenge, origin, more, .. } = self;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{more}}}"#).into_bytes()
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let mut data = digest(&SHA256, self.party.as_bytes()).as_ref().to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

/// A new passkey, as it is sent.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are named as the product names them")]
pub struct Made {
    pub credential: String,
    pub client_data: String,
    pub authenticator_data: String,
    pub public_key: String,
    pub algorithm: String,
}

/// A passkey's signature, as it is sent.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are named as the product names them")]
pub struct Shown {
    pub credential: String,
    pub client_data: String,
    pub authenticator_data: String,
    pub signature: String,
    pub user_handle: String,
}

impl Authenticator {
    /// One that signs with ES256.
    #[must_use]
    pub fn es256() -> Authenticator {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        Authenticator::with(Key::P256(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key")))
    }

    /// One that signs with EdDSA.
    #[must_use]
    pub fn eddsa() -> Authenticator {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Authenticator::with(Key::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key")))
    }

    fn with(key: Key) -> Authenticator {
        let mut credential = vec![0; 32];
        SystemRandom::new().fill(&mut credential).expect("random bytes");
        Authenticator { key, credential, user_handle: Vec::new() }
    }

    /// The same, told that it is this person's.
    #[must_use]
    pub fn of(self, person: &[u8]) -> Authenticator {
        Authenticator { user_handle: person.to_vec(), ..self }
    }

    /// The same, calling its passkey by this id.
    #[must_use]
    pub fn calling(self, credential: &[u8]) -> Authenticator {
        Authenticator { credential: credential.to_vec(), ..self }
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> i64 {
        match self.key {
            Key::P256(_) => -7,
            Key::Ed25519(_) => -8,
        }
    }

    /// Its public key, as a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        let (before, key) = match &self.key {
            Key::P256(key) => (P256, key.public_key().as_ref()),
            Key::Ed25519(key) => (ED25519, key.public_key().as_ref()),
        };
        [bytes(before).as_slice(), key].concat()
    }

    /// States that it has made its passkey.
    #[must_use]
    pub fn make(&self, said: &Statement) -> Made {
        let mut data = said.authenticator_data();
        data.extend([7; 16]);
        data.extend(u16::try_from(self.credential.len()).expect("a length").to_be_bytes());
        data.extend(&self.credential);
        // The key once more in a form of CBOR, which nobody reads: an empty map.
        data.push(0xa0);
        Made {
            credential: encoded(&self.credential),
            client_data: encoded(&said.client_data()),
            authenticator_data: encoded(&data),
            public_key: encoded(&self.spki()),
            algorithm: self.algorithm().to_string(),
        }
    }

    /// States that it shows its passkey, and signs that.
    #[must_use]
    pub fn show(&self, said: &Statement) -> Shown {
        let (client_data, data) = (said.client_data(), said.authenticator_data());
        let message = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = match &self.key {
            Key::P256(key) => key.sign(&SystemRandom::new(), &message).expect("a signature").as_ref().to_vec(),
            Key::Ed25519(key) => key.sign(&message).as_ref().to_vec(),
        };
        Shown {
            credential: encoded(&self.credential),
            client_data: encoded(&client_data),
            authenticator_data: encoded(&data),
            signature: encoded(&signature),
            user_handle: encoded(&self.user_handle),
        }
    }
}

/// Bytes in base64url.
#[must_use]
pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes that are written as hexadecimal digits.
#[must_use]
pub fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(hexadecimal.get(at..at + 2).expect("two digits"), 16).expect("two digits");
    (0..hexadecimal.len()).step_by(2).map(digit).collect()
}
