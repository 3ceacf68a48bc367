//! Sealing of secrets that must be readable again: the credentials of upstream servers.
//!
//! XChaCha20-Poly1305 with a random nonce of 24 bytes. What is sealed says which master key it needs and can be
//! opened only in the place it was sealed for: a row copied to another organization, or another row, does not
//! open. This module never stores anything.
//!
//! ```text
//! version (1) | length of id (1) | id of the master key | nonce (24) | ciphertext | tag (16)
//! ```

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::keyring::Keyring;
use crate::mac;
use crate::random::{RandomFault, RandomSource, random_array};

/// Bytes that a secret may have at most.
pub const SECRET_LENGTH_MAX: usize = 65_536;
const LABEL: &str = "wardroom/v1/seal";
const VERSION: u8 = 1;
const NONCE_LENGTH: usize = 24;

/// The one place where a sealed secret can be opened.
#[derive(Clone, Copy, Debug)]
pub struct SecretPlace<'a> {
    /// The id of the organization.
    pub org: &'a str,
    /// The id of the secret in it.
    pub secret: &'a str,
}

/// Why a secret was not sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// The secret is larger than any credential.
    #[error("the secret has {found} bytes; at most {SECRET_LENGTH_MAX} can be kept")]
    TooLong {
        /// Bytes that came in.
        found: usize,
    },
    /// There were no random bytes.
    #[error(transparent)]
    Random(#[from] RandomFault),
    /// The cipher gave up, which it does not do for a secret within the limit.
    #[error("the secret could not be sealed")]
    Cipher,
}

/// Why a sealed secret cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// It is cut, or was never a sealed secret.
    #[error("the stored secret is damaged; enter the credential again")]
    Damaged,
    /// It was written by a later version.
    #[error("the stored secret has format {found}, which this version of Wardroom does not know; use a newer one")]
    Version {
        /// The version it says.
        found: u8,
    },
    /// Its master key is not in the key file.
    #[error("the stored secret needs the master key {id}, which the key file does not hold; put its line back")]
    KeyMissing {
        /// The id of the master key.
        id: String,
    },
    /// It was changed, or belongs elsewhere.
    #[error("the stored secret was changed or belongs to another place; enter the credential again")]
    Forged,
}

struct SealingKey {
    id: String,
    cipher: XChaCha20Poly1305,
}

/// Seals with the newest master key, opens with any.
pub struct Sealer {
    newest: SealingKey,
    older: Vec<SealingKey>,
}

impl Sealer {
    /// Prepares the sealing of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let prepare = |master: &crate::keyring::MasterKey| SealingKey {
            id: master.id.clone(),
            cipher: XChaCha20Poly1305::new((&*mac::subkey(&master.secret, LABEL)).into()),
        };
        Self { newest: prepare(keyring.newest()), older: keyring.newest_first().skip(1).map(prepare).collect() }
    }

    /// Seals a secret for one place.
    ///
    /// # Errors
    /// [`SealFault`] where the secret is too long or no random bytes can be had.
    pub fn seal(
        &self,
        place: SecretPlace<'_>,
        secret: &[u8],
        source: &mut (impl RandomSource + ?Sized),
    ) -> Result<Vec<u8>, SealFault> {
        if secret.len() > SECRET_LENGTH_MAX {
            return Err(SealFault::TooLong { found: secret.len() });
        }
        let nonce: [u8; NONCE_LENGTH] = random_array(source)?;
        let id_length = u8::try_from(self.newest.id.len()).map_err(|_| SealFault::Cipher)?;
        let mut sealed = vec![VERSION, id_length];
        sealed.extend_from_slice(self.newest.id.as_bytes());
        let bound = bound_to(&sealed, place);
        let ciphertext = self
            .newest
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &bound })
            .map_err(|_| SealFault::Cipher)?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens what was sealed for this place. The secret is wiped from memory when dropped.
    ///
    /// # Errors
    /// [`OpenFault`]; nothing of the secret is then given.
    pub fn open(&self, place: SecretPlace<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenFault> {
        let parts = Parts::read(sealed)?;
        let key = [&self.newest]
            .into_iter()
            .chain(&self.older)
            .find(|key| key.id.as_bytes() == parts.id)
            .ok_or_else(|| OpenFault::KeyMissing { id: String::from_utf8_lossy(parts.id).into_owned() })?;
        let bound = bound_to(parts.head, place);
        key.cipher
            .decrypt(&XNonce::from(parts.nonce), Payload { msg: parts.ciphertext, aad: &bound })
            .map(Zeroizing::new)
            .map_err(|_| OpenFault::Forged)
    }

    /// Whether this was sealed with the newest master key; if not, it should be opened and sealed again.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        Parts::read(sealed).is_ok_and(|parts| parts.id == self.newest.id.as_bytes())
    }
}

/// A sealed secret, taken apart.
struct Parts<'a> {
    /// Version, length and id: what is not encrypted and yet must not be changed.
    head: &'a [u8],
    id: &'a [u8],
    nonce: [u8; NONCE_LENGTH],
    ciphertext: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(sealed: &'a [u8]) -> Result<Self, OpenFault> {
        let [version, id_length, rest @ ..] = sealed else { return Err(OpenFault::Damaged) };
        if *version != VERSION {
            return Err(OpenFault::Version { found: *version });
        }
        let id_length = usize::from(*id_length);
        let (id, rest) = rest.split_at_checked(id_length).ok_or(OpenFault::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(OpenFault::Damaged)?;
        let head = sealed.get(..2 + id_length).ok_or(OpenFault::Damaged)?;
        Ok(Self { head, id, nonce: *nonce, ciphertext })
    }
}

/// The data that is not stored with the secret and yet decides whether it opens: each part with its length.
fn bound_to(head: &[u8], place: SecretPlace<'_>) -> Vec<u8> {
    let mut bound = Vec::with_capacity(128);
    for part in [LABEL.as_bytes(), head, place.org.as_bytes(), place.secret.as_bytes()] {
        bound.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}

#[cfg(test)]
mod tests;
