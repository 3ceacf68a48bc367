//! The keys of a provider (RFC 7517), those that can check a signature.
//!
//! A key that Wardroom cannot use (of another kind, for encryption, too short, damaged) is left out, so that a provider
//! that publishes it beside others can be used with these. No key is ever taken from a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Bytes that a key set may have at most.
pub const KEY_SET_LENGTH_MAX: usize = 262_144;
/// Keys that a set may have at most: providers have two to ten.
const KEYS_MAX: usize = 100;
/// Bytes of a modulus: 2048 to 8192 bits.
const MODULUS_LENGTH: std::ops::RangeInclusive<usize> = 256..=1_024;

/// The keys of a provider, as they were published.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// Why a text is no key set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeySetFault {
    /// Longer than any.
    #[error("the provider's key set is longer than {KEY_SET_LENGTH_MAX} bytes or has more than {KEYS_MAX} keys")]
    TooLong,
    /// Not JSON of the right form.
    #[error("the provider's key set is not one: expected a JSON object with a list of keys")]
    Form,
    /// Nothing in it can be used.
    #[error("the provider's key set has no key that Wardroom can check a signature with")]
    Empty,
}

/// One key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    pub(super) algorithm: Option<String>,
    pub(super) material: Material,
}

/// What a signature is checked with.
#[derive(Clone, Debug)]
pub(super) enum Material {
    /// Modulus and exponent, without zeros before them.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point, uncompressed.
    P256(Vec<u8>),
    /// A point, uncompressed.
    P384(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// [`KeySetFault`] where it is none, or has nothing that can be used.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetFault> {
        if document.len() > KEY_SET_LENGTH_MAX {
            return Err(KeySetFault::TooLong);
        }
        let document: Document<'_> = super::object(document).ok_or(KeySetFault::Form)?;
        if document.keys.len() > KEYS_MAX {
            return Err(KeySetFault::TooLong);
        }
        let keys: Vec<Key> = document.keys.iter().filter_map(|written| Key::read(written.get())).collect();
        if keys.is_empty() { Err(KeySetFault::Empty) } else { Ok(Self { keys }) }
    }

    /// The keys of this id; without an id, all.
    pub(super) fn of(&self, id: Option<&str>) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| id.is_none() || key.id.as_deref() == id)
    }
}

impl Key {
    fn read(written: &str) -> Option<Self> {
        let written: Written = super::object(written.as_bytes())?;
        let is_for_signatures = written.used_for.as_deref().is_none_or(|used_for| used_for == "sig")
            && written.key_ops.as_ref().is_none_or(|acts| acts.iter().any(|act| act == "verify"));
        if !is_for_signatures {
            return None;
        }
        let material = match (written.kty.as_str(), written.crv.as_deref()) {
            ("RSA", _) => rsa(written.n.as_deref()?, written.e.as_deref()?)?,
            ("EC", Some("P-256")) => Material::P256(point(32, written.x.as_deref()?, written.y.as_deref()?)?),
            ("EC", Some("P-384")) => Material::P384(point(48, written.x.as_deref()?, written.y.as_deref()?)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(of_length(32, written.x.as_deref()?)?),
            _ => return None,
        };
        Some(Self { id: written.kid, algorithm: written.alg, material })
    }
}

fn rsa(n: &str, e: &str) -> Option<Material> {
    let number = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>())
    };
    let (n, e) = (number(n)?, number(e)?);
    (MODULUS_LENGTH.contains(&n.len()) && !e.is_empty()).then_some(Material::Rsa { n, e })
}

fn point(length: usize, x: &str, y: &str) -> Option<Vec<u8>> {
    Some([vec![4], of_length(length, x)?, of_length(length, y)?].concat())
}

fn of_length(length: usize, text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == length)
}
