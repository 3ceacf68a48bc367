//! The digests under which passkeys are found by the ids that their devices gave them.

use crate::keyring::Keyring;
use crate::mac;

const LABEL: &str = "wardroom/v1/passkey-digest";

/// Takes these digests.
#[derive(Clone)]
pub struct PasskeyDigester(mac::Labelled);

impl PasskeyDigester {
    /// Prepares the digests of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self(mac::Labelled::new(keyring, LABEL))
    }

    /// The digest under which a passkey that is added now is stored.
    #[must_use]
    pub fn digest(&self, credential: &[u8]) -> [u8; 32] {
        finish(self.0.newest(), credential)
    }

    /// Every digest under which it may have been stored, the likeliest first.
    pub fn digests<'a>(&'a self, credential: &'a [u8]) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.0.each().map(move |mac| finish(mac, credential))
    }
}

fn finish(mut mac: mac::Keyed, credential: &[u8]) -> [u8; 32] {
    mac::feed_part(&mut mac, credential);
    mac::finish(mac)
}
