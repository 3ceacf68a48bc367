//! The passkeys of the standard: Web Authentication Level 3, section "Test Vectors", as published with its source
//! (github.com/w3c/webauthn). `vectors.json` holds their statements as they stand there, and their keys in the form in
//! which browsers hand them over.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use testkit::authenticator::bytes;

use super::super::authenticator::AuthenticatorData;
use super::super::client::ClientData;
use super::super::{PasskeyFault, PublicKey, RelyingParty};

const VECTORS: &str = include_str!("vectors.json");

fn vectors() -> Vec<Value> {
    serde_json::from_str(VECTORS).unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

fn party() -> RelyingParty {
    RelyingParty::of("https://example.org").unwrap()
}

/// What the two statements of a ceremony come to, short of the challenge, which is none of ours.
fn checked(ceremony: &Value, kind: &'static str) -> Result<(), PasskeyFault> {
    let statement: Value = serde_json::from_str(text(ceremony, "client_data")).unwrap();
    // The challenges are bytes of which few are text; that one is refused was seen elsewhere.
    let ours = text(ceremony, "client_data").replace(text(&statement, "challenge"), "d3JjXw");
    ClientData::parse(ours.as_bytes())?.check(kind, &party())?;
    let data = bytes(text(ceremony, "authenticator_data"));
    AuthenticatorData::parse(&data)?.check(&party())
}

#[test]
fn every_published_passkey_is_read_and_its_signature_is_right_and_of_nothing_else() {
    let vectors = vectors();
    let mut kinds: Vec<i64> = Vec::new();
    for vector in &vectors {
        let (name, algorithm) = (text(vector, "name"), vector["algorithm"].as_i64().unwrap());
        let made = bytes(text(&vector["registration"], "authenticator_data"));
        let made = AuthenticatorData::parse(&made).unwrap();
        assert_eq!(made.credential().unwrap(), bytes(text(vector, "credential")), "{name}");
        let key = PublicKey::parse(algorithm, &bytes(text(vector, "spki")));
        if algorithm == -35 {
            assert!(matches!(key, Err(PasskeyFault::Algorithm)), "{name}");
            continue;
        }
        let key = key.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        kinds.push(algorithm);
        let shown = &vector["assertion"];
        let data = bytes(text(shown, "authenticator_data"));
        AuthenticatorData::parse(&data).unwrap().is_of_a_signature().unwrap();
        let hash = Sha256::digest(text(shown, "client_data"));
        let (message, signature) = ([data.as_slice(), &hash].concat(), bytes(text(shown, "signature")));
        assert_eq!(key.verify(&message, &signature), Ok(()), "{name}");
        for at in [0, 32, 33, message.len() - 1] {
            let mut other = message.clone();
            other[at] ^= 1;
            assert_eq!(key.verify(&other, &signature), Err(PasskeyFault::Signature), "{name}, byte {at}");
        }
        for at in 0..signature.len() {
            let mut other = signature.clone();
            other[at] ^= 1;
            assert_eq!(
                key.verify(&message, &other),
                Err(PasskeyFault::Signature),
                "{name}, byte {at} of the signature"
            );
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, [-257, -8, -7], "each way of signing that is accepted");
}

#[test]
fn the_published_statements_are_believed_where_the_user_was_verified_on_a_page_of_ones_own() {
    use PasskeyFault::{CrossOrigin, NotVerified};
    // Read off the flags and statements of each: whether bit 2 is set, and what is said of frames.
    for (name, made, shown) in [
        ("none.ES256", Err(NotVerified), Err(NotVerified)),
        ("packed-self.ES256", Ok(()), Err(NotVerified)),
        ("none.ES256.crossOrigin", Err(CrossOrigin), Err(CrossOrigin)),
        ("none.ES256.topOrigin", Err(CrossOrigin), Err(CrossOrigin)),
        ("none.ES256.long-credential-id", Err(NotVerified), Ok(())),
        ("packed.ES384", Err(NotVerified), Ok(())),
        ("packed.RS256", Ok(()), Err(NotVerified)),
        ("packed.EdDSA", Err(NotVerified), Err(NotVerified)),
        ("tpm.ES256", Ok(()), Ok(())),
        ("android-key.ES256", Ok(()), Err(NotVerified)),
        ("apple.ES256", Err(NotVerified), Err(NotVerified)),
        ("fido-u2f.ES256", Err(NotVerified), Err(NotVerified)),
    ] {
        let vectors = vectors();
        let vector = vectors.iter().find(|vector| text(vector, "name") == name).unwrap();
        assert_eq!(checked(&vector["registration"], "webauthn.create"), made, "{name}");
        assert_eq!(checked(&vector["assertion"], "webauthn.get"), shown, "{name}");
    }
    assert_eq!(vectors().len(), 12);
}

#[test]
fn a_key_of_rsa_is_taken_in_one_form_alone() {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| text(vector, "name") == "packed.RS256").unwrap();
    let spki = bytes(text(vector, "spki"));
    let is_key = |spki: &[u8]| PublicKey::parse(-257, spki).is_ok();
    assert!(is_key(&spki));
    assert!(!is_key(&spki[..spki.len() - 1]) && !is_key(&[spki.as_slice(), &[0]].concat()));
    // The frame before the number, and the exponent behind it; the number itself is any.
    let modulus_at = spki.len() - 5 - usize::from(u16::from_be_bytes([spki[30], spki[31]]));
    for at in (0..modulus_at).chain(spki.len() - 5..spki.len()) {
        for bit in 0..8 {
            let mut other = spki.clone();
            other[at] ^= 1 << bit;
            assert!(!is_key(&other), "bit {bit} of byte {at}");
        }
    }
}
