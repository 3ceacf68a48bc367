//! What a sign-in with a provider has proven. Only [`super::check_id_token`] makes one.

use super::address::Address;
use super::issuer::Issuer;
use crate::keyring::Keyring;
use crate::mac;

/// Characters that a subject may have at most (OpenID Connect Core 1.0, section 2).
const SUBJECT_LENGTH_MAX: usize = 255;
const LABEL: &str = "wardroom/v1/identity-digest";
/// Stands where the issuer does for an address by which somebody signs in; no issuer is called that.
const BY_ADDRESS: &str = "email";

/// Whom an issuer means, for ever: 1 to 255 printable characters of ASCII, compared as they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subject(String);

impl Subject {
    /// The subject, if it can be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_subject = (1..=SUBJECT_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        is_subject.then(|| Self(text.to_owned()))
    }

    /// The subject, as the issuer writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody of whom an issuer that we asked said just now who they are. Who that is *here*, issuer and subject decide;
/// the address can only let somebody in who has no sign-in yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenIdentity {
    pub(super) issuer: Issuer,
    pub(super) subject: Subject,
    pub(super) address: Address,
    pub(super) hosted_domain: Option<String>,
    pub(super) name: Option<String>,
    pub(super) signed_in_at_ms: Option<i64>,
}

impl ProvenIdentity {
    /// Who says so.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Whom they mean.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The e-mail address, and whether it is believed.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The company whose account it is, as Google says it (`hd`).
    #[must_use]
    pub fn hosted_domain(&self) -> Option<&str> {
        self.hosted_domain.as_deref()
    }

    /// What they are called there: one line of at most 200 characters, to be suggested and nothing more.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// When they last signed in there, where the issuer says so: milliseconds since 1970.
    #[must_use]
    pub fn signed_in_at_ms(&self) -> Option<i64> {
        self.signed_in_at_ms
    }
}

/// Takes the digests under which identities are stored and found: whoever reads the database learns no subject.
#[derive(Clone)]
pub struct IdentityDigester(mac::Labelled);

impl IdentityDigester {
    /// Prepares the digests of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self(mac::Labelled::new(keyring, LABEL))
    }

    /// The digest under which an identity that is linked now is stored.
    #[must_use]
    pub fn digest(&self, issuer: &Issuer, subject: &Subject) -> [u8; 32] {
        finish(self.0.newest(), issuer.as_str(), subject.as_str())
    }

    /// Every digest under which it may have been stored, the likeliest first.
    pub fn digests<'a>(&'a self, issuer: &'a Issuer, subject: &'a Subject) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.0.each().map(move |mac| finish(mac, issuer.as_str(), subject.as_str()))
    }

    /// The digest under which an e-mail address is stored that is linked now, by which its owner signs in. Upper and
    /// lower case do not tell addresses apart.
    #[must_use]
    pub fn of_address(&self, address: &str) -> [u8; 32] {
        finish(self.0.newest(), BY_ADDRESS, &address.to_ascii_lowercase())
    }

    /// Every digest under which it may have been stored, the likeliest first.
    pub fn each_of_address(&self, address: &str) -> impl Iterator<Item = [u8; 32]> {
        let folded = address.to_ascii_lowercase();
        self.0.each().map(move |mac| finish(mac, BY_ADDRESS, &folded))
    }
}

fn finish(mut mac: mac::Keyed, provider: &str, subject: &str) -> [u8; 32] {
    mac::feed_part(&mut mac, provider.as_bytes());
    mac::feed_part(&mut mac, subject.as_bytes());
    mac::finish(mac)
}
