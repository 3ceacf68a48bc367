//! HMAC-SHA-256, and subkeys derived with it. Everything keyed in this room goes by here.

use hmac::digest::FixedOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::keyring::{Keyring, MasterKey};

/// A keyed hash, ready to be cloned and fed.
pub(crate) type Keyed = Hmac<Sha256>;

/// Prepares the keyed hash.
pub(crate) fn keyed(key: &[u8; 32]) -> Keyed {
    // HMAC fills a short key with zeros up to the block of the hash. Done here, it cannot fail.
    let mut block = [0u8; 64];
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let prepared = Keyed::new(&block.into());
    block.zeroize();
    prepared
}

/// A subkey for one purpose: the first block of HKDF-Expand (RFC 5869) with the label as its info. The master
/// key is uniformly random already, so the extraction step of HKDF has nothing to add.
pub(crate) fn subkey(master: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut mac = keyed(master);
    mac.update(label.as_bytes());
    mac.update(&[1]);
    Zeroizing::new(finish(mac))
}

/// Feeds a part together with its length, so that no two lists of parts look alike to the hash.
pub(crate) fn feed_part(mac: &mut Keyed, part: &[u8]) {
    mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
    mac.update(part);
}

/// The hash.
pub(crate) fn finish(mac: Keyed) -> [u8; 32] {
    mac.finalize_fixed().into()
}

/// Whether the hash is this one, compared in a time that does not depend on where they differ.
pub(crate) fn is(mac: Keyed, expected: &[u8]) -> bool {
    mac.verify_slice(expected).is_ok()
}

/// The keyed hash under one label, with each of the master keys: what was made before a rotation is found as long
/// as the older key stays in the key file.
#[derive(Clone)]
pub(crate) struct Labelled {
    newest: Keyed,
    older: Vec<Keyed>,
}

impl Labelled {
    /// Prepares it.
    pub(crate) fn new(keyring: &Keyring, label: &str) -> Self {
        let prepare = |master: &MasterKey| keyed(&subkey(&master.secret, label));
        Self { newest: prepare(keyring.newest()), older: keyring.newest_first().skip(1).map(prepare).collect() }
    }

    /// Fresh, with the newest master key.
    pub(crate) fn newest(&self) -> Keyed {
        self.newest.clone()
    }

    /// Fresh, with each master key, the newest first.
    pub(crate) fn each(&self) -> impl Iterator<Item = Keyed> {
        [&self.newest].into_iter().chain(&self.older).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_hash_is_hmac_sha_256() {
        // RFC 4231, test case 1 (its key of 20 bytes, filled with zeros as HMAC does).
        let mut key = [0u8; 32];
        key[..20].fill(0x0b);
        let mut mac = keyed(&key);
        mac.update(b"Hi There");
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex(&finish(mac)), expected);
    }

    #[test]
    fn parts_that_join_to_the_same_bytes_hash_differently() {
        let hash = |parts: &[&[u8]]| {
            let mut mac = keyed(&[7; 32]);
            parts.iter().for_each(|part| feed_part(&mut mac, part));
            finish(mac)
        };
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_ne!(hash(&[b"ab"]), hash(&[b"ab", b""]));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
