//! Checking a signed token (RFC 7515) against the keys of its provider: the compact form, the algorithms of a list,
//! the keys that were fetched, and nothing that the token itself suggests.
//!
//! The header decides two things: which key of the provider's, by `kid`, and which algorithm of the list, which must
//! also be of the key's kind. `jwk`, `jku`, `x5u` and `x5c` are not read, `crit` is refused. Signatures are checked by
//! `ring`. This module never looks at a claim.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::jwk::{Key, KeySet, Material};

/// Characters that a token may have at most.
pub const TOKEN_LENGTH_MAX: usize = 16_384;

/// Why a token is not signed by the provider, or cannot be known to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JwsFault {
    /// Longer than any.
    #[error("the id_token is longer than {TOKEN_LENGTH_MAX} characters")]
    TooLong,
    /// Not three parts of base64url, or the first is no header.
    #[error("the id_token is damaged: expected three parts in base64url, the first a JSON header")]
    Form,
    /// It is marked as another kind of token.
    #[error("the token is not an id_token: its typ says that it is for something else")]
    Typ,
    /// It says that it is not signed.
    #[error("the id_token is not signed (alg none)")]
    Unsigned,
    /// It says that it is signed with a shared secret.
    #[error("the id_token is signed with a shared secret; only signatures with the provider's own keys are accepted")]
    Symmetric,
    /// An algorithm that is not on the list.
    #[error("the id_token is signed with an algorithm that is not accepted; RS256 and ES256 are, among others")]
    UnknownAlgorithm,
    /// It demands that something be understood which is not.
    #[error("the id_token demands extensions (crit) that Wardroom does not know")]
    Critical,
    /// No key has the id that it names. The provider may have changed its keys: fetch them again, once.
    #[error("the id_token names a key that the provider does not publish")]
    UnknownKey,
    /// Several keys have the id that it names, or it names none and there are several.
    #[error("the id_token does not name one key: several of the provider's could be meant")]
    AmbiguousKey,
    /// The key is of another kind, or for another algorithm.
    #[error("the id_token names a key that is not for the algorithm it is signed with")]
    KeyMismatch,
    /// The signature is not of this key and this text.
    #[error("the signature of the id_token is wrong")]
    Signature,
}

/// The algorithms that are accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// What a token says of its signature. Members that are named twice refuse the whole, others are not read.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
    #[serde(default, deserialize_with = "is_there")]
    b64: bool,
}

/// The payload of a token whose signature is right, and what it was signed with.
pub(super) struct Signed {
    pub(super) payload: Vec<u8>,
    pub(super) algorithm: Algorithm,
}

/// Checks the signature and gives the payload out.
pub(super) fn verify(token: &str, keys: &KeySet) -> Result<Signed, JwsFault> {
    if token.len() > TOKEN_LENGTH_MAX {
        return Err(JwsFault::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JwsFault::Form)?;
    let (header, payload) = message.split_once('.').ok_or(JwsFault::Form)?;
    // The alphabet has no dot: a token of more than three parts fails to decode.
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsFault::Form);
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
    let header: Header = super::object(&header).ok_or(JwsFault::Form)?;
    let algorithm = Algorithm::named(&header.alg)?;
    if header.crit || header.b64 {
        return Err(JwsFault::Critical);
    }
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(JwsFault::Typ);
    }
    let key = the_key(keys, header.kid.as_deref(), algorithm)?;
    algorithm.check(&key.material, message.as_bytes(), &signature)?;
    Ok(Signed { payload, algorithm })
}

/// The one key that the token means. Keys of different kinds may have one id (RFC 7517, 4.5): of those the algorithm tells
/// which. Without an id there must be no other.
fn the_key<'a>(keys: &'a KeySet, id: Option<&str>, algorithm: Algorithm) -> Result<&'a Key, JwsFault> {
    let named: Vec<&Key> = keys.of(id).collect();
    let mut fitting = named.iter().filter(|key| algorithm.fits(key));
    match (named.as_slice(), fitting.next(), fitting.next()) {
        ([], ..) => Err(JwsFault::UnknownKey),
        ([_, _, ..], ..) if id.is_none() => Err(JwsFault::AmbiguousKey),
        (_, None, _) => Err(JwsFault::KeyMismatch),
        (_, Some(key), None) => Ok(key),
        (_, Some(_), Some(_)) => Err(JwsFault::AmbiguousKey),
    }
}

impl Algorithm {
    /// The algorithm of this name, of those that are accepted.
    pub(super) fn named(name: &str) -> Result<Self, JwsFault> {
        Ok(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            // The second is the name that RFC 9864 gives it, which says the curve.
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ if name.eq_ignore_ascii_case("none") => return Err(JwsFault::Unsigned),
            _ if name.starts_with("HS") => return Err(JwsFault::Symmetric),
            _ => return Err(JwsFault::UnknownAlgorithm),
        })
    }

    /// Whether a key is of its kind, and says of itself that it is for nothing else.
    fn fits(self, key: &Key) -> bool {
        let is_of_its_kind = match key.material {
            Material::Rsa { .. } => self.rsa().is_ok(),
            Material::P256(_) => self == Self::Es256,
            Material::P384(_) => self == Self::Es384,
            Material::Ed25519(_) => self == Self::EdDsa,
        };
        is_of_its_kind && key.algorithm.as_deref().is_none_or(|named| Self::named(named) == Ok(self))
    }

    fn check(self, material: &Material, message: &[u8], signature: &[u8]) -> Result<(), JwsFault> {
        let algorithm: &'static dyn VerificationAlgorithm = match (self, material) {
            (_, Material::Rsa { n, e }) => {
                let key = RsaPublicKeyComponents { n, e };
                return key.verify(self.rsa()?, message, signature).map_err(|_| JwsFault::Signature);
            }
            (Self::Es256, Material::P256(_)) => &signature::ECDSA_P256_SHA256_FIXED,
            (Self::Es384, Material::P384(_)) => &signature::ECDSA_P384_SHA384_FIXED,
            (Self::EdDsa, Material::Ed25519(_)) => &signature::ED25519,
            _ => return Err(JwsFault::KeyMismatch),
        };
        let (Material::P256(key) | Material::P384(key) | Material::Ed25519(key)) = material else {
            return Err(JwsFault::KeyMismatch);
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).map_err(|_| JwsFault::Signature)
    }

    fn rsa(self) -> Result<&'static signature::RsaParameters, JwsFault> {
        match self {
            Self::Rs256 => Ok(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Ok(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Ok(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Ok(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Ok(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Ok(&signature::RSA_PSS_2048_8192_SHA512),
            Self::Es256 | Self::Es384 | Self::EdDsa => Err(JwsFault::KeyMismatch),
        }
    }

    /// The left half of the hash of a text, with the hash of this algorithm, as `at_hash` holds it.
    pub(super) fn half_hash(self, text: &str) -> String {
        let hash: Vec<u8> = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Sha256::digest(text).to_vec(),
            Self::Rs384 | Self::Ps384 | Self::Es384 => Sha384::digest(text).to_vec(),
            Self::Rs512 | Self::Ps512 | Self::EdDsa => Sha512::digest(text).to_vec(),
        };
        URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2).unwrap_or_default())
    }
}

/// Whether a member is there at all, whatever it holds.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
