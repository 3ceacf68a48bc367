//! Keyed hashes: how keys are kept at rest, and how arguments are recognised without being kept.
//!
//! Both are keyed: HMAC-SHA-256 with a subkey of the installation's master keys. Whoever steals the database alone can
//! neither try keys against it nor guess at arguments. This module never stores a digest.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::key::PresentedKey;
use crate::keyring::Keyring;
use crate::mac;

const KEY_LABEL: &str = "wardroom/v1/key-digest";
const ARGUMENTS_LABEL: &str = "wardroom/v1/argument-digest";

/// Takes the digests under which keys are stored and looked up.
///
/// After a rotation of the master keys new keys are stored under the newest, and those issued before are found
/// under the older ones as long as these stay in the key file.
#[derive(Clone)]
pub struct KeyDigester {
    /// Newest first; never empty.
    prepared: Vec<mac::Keyed>,
    newest: mac::Keyed,
}

impl KeyDigester {
    /// Prepares the digests of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let prepare = |master: &Zeroizing<[u8; 32]>| mac::keyed(&mac::subkey(master, KEY_LABEL));
        Self {
            prepared: keyring.newest_first().map(|master| prepare(&master.secret)).collect(),
            newest: prepare(&keyring.newest().secret),
        }
    }

    /// The digest under which a key that is issued now is stored.
    #[must_use]
    pub fn digest(&self, key: &PresentedKey<'_>) -> [u8; 32] {
        digest_of(&self.newest, key)
    }

    /// Every digest under which the key may have been stored, the likeliest first. With one master key this is
    /// one digest.
    pub fn digests<'a>(&'a self, key: &'a PresentedKey<'_>) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.prepared.iter().map(move |prepared| digest_of(prepared, key))
    }
}

fn digest_of(prepared: &mac::Keyed, key: &PresentedKey<'_>) -> [u8; 32] {
    let mut mac = prepared.clone();
    mac::feed_part(&mut mac, key.as_bytes());
    mac::finish(mac)
}

/// A name for what somebody looked at, the same for the same text alone: SHA-256 (FIPS 180-4) in hexadecimal digits. It has
/// no key, and is for what whoever has the name may see.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()).into())
}

/// The digest as 64 hexadecimal digits, as events keep it.
#[must_use]
pub fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
        text
    })
}

/// Takes the digests of arguments for records: equal calls of one organization can be recognised, and across
/// organizations nothing can be compared.
#[derive(Clone)]
pub struct ArgumentDigester {
    prepared: mac::Keyed,
}

impl ArgumentDigester {
    /// Prepares the digests of this installation, with the newest master key.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self { prepared: mac::keyed(&mac::subkey(&keyring.newest().secret, ARGUMENTS_LABEL)) }
    }

    /// The digest of the argument bytes of a call in this organization.
    #[must_use]
    pub fn digest(&self, org: &str, arguments: &[u8]) -> [u8; 32] {
        let mut mac = self.prepared.clone();
        mac::feed_part(&mut mac, org.as_bytes());
        mac::feed_part(&mut mac, arguments);
        mac::finish(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{IssuedKey, KeyPrefix};
    use crate::random::OperatingSystem;
    use crate::random::fixed::Counting;

    fn keyring() -> Keyring {
        Keyring::generate(&mut Counting(0)).unwrap()
    }

    #[test]
    fn fixed_keys_give_fixed_digests() {
        // Taken with another implementation: Python's hmac and hashlib.
        let key = IssuedKey::generate(KeyPrefix::Personal, &mut Counting(0)).unwrap();
        assert_eq!(
            hexadecimal(&KeyDigester::new(&keyring()).digest(&key.presented())),
            "85011279fed9c8a513a3cf474031f15cc16f23b13aace05884ffde64e626cad0"
        );
        assert_eq!(
            hexadecimal(&ArgumentDigester::new(&keyring()).digest("org_a", b"{}")),
            "d4833fb338499bdcebc9f6805d627daca206ece785016ca615d523b6d3d10091"
        );
    }

    #[test]
    fn a_key_is_found_under_an_older_master_key_until_that_is_taken_away() {
        let old = keyring();
        let key = IssuedKey::generate(KeyPrefix::Agent, &mut OperatingSystem).unwrap();
        let stored = KeyDigester::new(&old).digest(&key.presented());

        let mut rotated = keyring();
        rotated.rotate(&mut OperatingSystem).unwrap();
        let digester = KeyDigester::new(&rotated);
        assert_ne!(digester.digest(&key.presented()), stored);
        assert_eq!(digester.digests(&key.presented()).collect::<Vec<_>>(), [digester.digest(&key.presented()), stored]);

        let other = KeyDigester::new(&Keyring::generate(&mut OperatingSystem).unwrap());
        assert!(other.digests(&key.presented()).all(|digest| digest != stored));
    }

    #[test]
    fn equal_arguments_of_two_organizations_cannot_be_compared() {
        let digester = ArgumentDigester::new(&keyring());
        assert_eq!(digester.digest("org_a", b"x"), digester.digest("org_a", b"x"));
        assert_ne!(digester.digest("org_a", b"x"), digester.digest("org_b", b"x"));
        assert_ne!(digester.digest("org_a", b"x"), digester.digest("org_", b"ax"));
    }
}
