//! A passkey's public key: one of three ways of signing, each in exactly one form. Signatures are checked by `ring`.

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use super::fault::PasskeyFault;

/// The ways of signing that are accepted, in the order in which a device is asked for them, by their numbers of COSE.
pub const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// What stands before a point of P-256 in a SubjectPublicKeyInfo (RFC 5480), the mark of an uncompressed one included.
const P256: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
/// What stands before a key of Ed25519 (RFC 8410).
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// How a SubjectPublicKeyInfo names RSA (RFC 3279).
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// The one exponent that devices use: 65537.
const EXPONENT: &[u8] = b"\x02\x03\x01\x00\x01";

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;

/// A key with which signatures are checked.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: i64,
    /// As `ring` takes it: the point, the 32 bytes, or an RSAPublicKey.
    key: Vec<u8>,
}

impl PublicKey {
    /// Reads a key that is written as a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`PasskeyFault::Algorithm`] and [`PasskeyFault::Key`].
    pub fn parse(algorithm: i64, spki: &[u8]) -> Result<Self, PasskeyFault> {
        let key = match algorithm {
            ES256 => spki.strip_prefix(P256).filter(|point| point.len() == 64).map(|point| {
                let mut key = vec![4];
                key.extend_from_slice(point);
                key
            }),
            EDDSA => spki.strip_prefix(ED25519).filter(|key| key.len() == 32).map(<[u8]>::to_vec),
            RS256 => rsa(spki).map(<[u8]>::to_vec),
            _ => return Err(PasskeyFault::Algorithm),
        };
        Ok(Self { algorithm, key: key.ok_or(PasskeyFault::Key)? })
    }

    /// Whether a signature is of this key and this message.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), PasskeyFault> {
        let algorithm: &'static dyn VerificationAlgorithm = match self.algorithm {
            ES256 => &signature::ECDSA_P256_SHA256_ASN1,
            EDDSA => &signature::ED25519,
            RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(PasskeyFault::Algorithm),
        };
        UnparsedPublicKey::new(algorithm, &self.key).verify(message, signature).map_err(|_| PasskeyFault::Signature)
    }
}

/// The RSAPublicKey within a SubjectPublicKeyInfo, of 2048 to 8192 bits.
fn rsa(spki: &[u8]) -> Option<&[u8]> {
    let bits = whole(BITS, whole(SEQUENCE, spki)?.strip_prefix(RSA)?)?;
    let key = bits.strip_prefix(&[0])?;
    let (modulus, exponent) = long(INTEGER, whole(SEQUENCE, key)?)?;
    // A number that begins with a set bit has a zero before it, so that it is not a negative one.
    let modulus = match modulus {
        [0, rest @ ..] => Some(rest).filter(|rest| rest.first().is_some_and(|first| first & 0x80 != 0)),
        [first, ..] => Some(modulus).filter(|_| first & 0x80 == 0),
        [] => None,
    }?;
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    (exponent == EXPONENT && (2_048..=8_192).contains(&bits)).then_some(key)
}

/// What an element of DER holds whose length takes two bytes, as all do in a key of RSA, and what follows it.
fn long(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.strip_prefix(&[tag, 0x82])?.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    // A smaller one would be written with less.
    if length < 256 { None } else { rest.split_at_checked(length) }
}

/// The same of one that nothing follows.
fn whole(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    long(tag, bytes).filter(|(_, rest)| rest.is_empty()).map(|(held, _)| held)
}
