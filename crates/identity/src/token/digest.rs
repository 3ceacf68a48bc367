//! The digests under which tokens are stored and looked up: HMAC-SHA-256 with subkeys of the master keys, one for
//! sessions and one for everything else, into which goes what the token is for.
//!
//! Whoever reads the database can therefore present none of them, and a row that is moved to another purpose is
//! found by nothing. This module never stores a digest.

use super::{PresentedToken, TokenForm};
use crate::keyring::Keyring;
use crate::mac;

const SESSION_LABEL: &str = "wardroom/v1/session-digest";
const TICKET_LABEL: &str = "wardroom/v1/ticket-digest";

/// What a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// To be signed in.
    Session,
    /// To be the browser that asked.
    Browser,
    /// To be the first owner, or to get in again by way of the machine.
    FirstLink,
    /// To get in without the passkeys that were lost, by way of the machine.
    RecoveryLink,
    /// To sign in by e-mail.
    EmailLink,
    /// To show that an address is one's own.
    AddressCheck,
    /// To come back from a provider.
    SignInState,
    /// To come back from a provider with one more sign-in for somebody who is signed in.
    LinkState,
    /// To come back from an upstream with an account there.
    AccountState,
    /// To make what they came back with theirs.
    Link,
    /// To set up an empty installation.
    SetUp,
    /// To accept an invitation.
    Invitation,
    /// To sign in with a passkey.
    PasskeySignIn,
    /// To show a passkey after something else.
    SecondFactor,
    /// To have a passkey from now on.
    PasskeyAdding,
    /// To keep the members of an organization up to date.
    Directory,
    /// To call tools as a connected client.
    ClientAccess,
    /// To get new tokens as a connected client.
    ClientRefresh,
    /// To get the first tokens of a client that is being connected.
    ClientCode,
    /// To be the client that registered itself.
    ClientSecret,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 20] = [
        Purpose::Session,
        Purpose::Browser,
        Purpose::FirstLink,
        Purpose::RecoveryLink,
        Purpose::EmailLink,
        Purpose::AddressCheck,
        Purpose::SignInState,
        Purpose::LinkState,
        Purpose::AccountState,
        Purpose::Link,
        Purpose::SetUp,
        Purpose::Invitation,
        Purpose::PasskeySignIn,
        Purpose::SecondFactor,
        Purpose::PasskeyAdding,
        Purpose::Directory,
        Purpose::ClientAccess,
        Purpose::ClientRefresh,
        Purpose::ClientCode,
        Purpose::ClientSecret,
    ];

    /// The form of tokens for this purpose.
    #[must_use]
    pub fn form(self) -> TokenForm {
        match self {
            Purpose::Session => TokenForm::Session,
            Purpose::Browser => TokenForm::Browser,
            Purpose::FirstLink | Purpose::RecoveryLink | Purpose::EmailLink | Purpose::AddressCheck => {
                TokenForm::SignInLink
            }
            Purpose::SignInState | Purpose::LinkState | Purpose::AccountState | Purpose::Link => TokenForm::SignInState,
            Purpose::SetUp => TokenForm::SetUp,
            Purpose::Invitation => TokenForm::Invitation,
            Purpose::PasskeySignIn | Purpose::SecondFactor | Purpose::PasskeyAdding => TokenForm::PasskeyChallenge,
            Purpose::Directory => TokenForm::Directory,
            Purpose::ClientAccess => TokenForm::ClientAccess,
            Purpose::ClientRefresh => TokenForm::ClientRefresh,
            Purpose::ClientCode => TokenForm::ClientCode,
            Purpose::ClientSecret => TokenForm::ClientSecret,
        }
    }

    /// The purpose as it is stored beside a ticket, and goes into its digest: never reword one.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Session => "session",
            Purpose::Browser => "browser",
            Purpose::FirstLink => "first-link",
            Purpose::RecoveryLink => "recovery-link",
            Purpose::EmailLink => "email-link",
            Purpose::AddressCheck => "address-check",
            Purpose::SignInState => "oidc-state",
            Purpose::LinkState => "link-state",
            Purpose::AccountState => "account-state",
            Purpose::Link => "link",
            Purpose::SetUp => "set-up",
            Purpose::Invitation => "invitation",
            Purpose::PasskeySignIn => "passkey-sign-in",
            Purpose::SecondFactor => "second-factor",
            Purpose::PasskeyAdding => "passkey-adding",
            Purpose::Directory => "directory",
            Purpose::ClientAccess => "client-access",
            Purpose::ClientRefresh => "client-refresh",
            Purpose::ClientCode => "client-code",
            Purpose::ClientSecret => "client-secret",
        }
    }
}

/// Takes the digests of tokens.
///
/// After a rotation of the master keys new tokens are stored under the newest, and those issued before are found
/// under the older ones as long as these stay in the key file.
#[derive(Clone)]
pub struct TokenDigester {
    sessions: mac::Labelled,
    tickets: mac::Labelled,
}

impl TokenDigester {
    /// Prepares the digests of this installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self {
            sessions: mac::Labelled::new(keyring, SESSION_LABEL),
            tickets: mac::Labelled::new(keyring, TICKET_LABEL),
        }
    }

    /// The digest under which a token that is issued now for this purpose is stored.
    #[must_use]
    pub fn digest(&self, purpose: Purpose, token: &PresentedToken<'_>) -> [u8; 32] {
        mac::finish(fed(self.labelled(purpose).newest(), purpose, token))
    }

    /// Every digest under which the token may have been stored, the likeliest first. With one master key this is
    /// one digest.
    pub fn digests<'a>(
        &'a self,
        purpose: Purpose,
        token: &'a PresentedToken<'_>,
    ) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.labelled(purpose).each().map(move |mac| mac::finish(fed(mac, purpose, token)))
    }

    /// Whether this digest was taken of this token for this purpose, compared in a time that does not depend on where
    /// they differ.
    #[must_use]
    pub fn is_of(&self, digest: &[u8; 32], purpose: Purpose, token: &PresentedToken<'_>) -> bool {
        self.labelled(purpose).each().any(|mac| mac::is(fed(mac, purpose, token), digest))
    }

    fn labelled(&self, purpose: Purpose) -> &mac::Labelled {
        if purpose == Purpose::Session { &self.sessions } else { &self.tickets }
    }
}

fn fed(mut mac: mac::Keyed, purpose: Purpose, token: &PresentedToken<'_>) -> mac::Keyed {
    if purpose != Purpose::Session {
        mac::feed_part(&mut mac, purpose.as_str().as_bytes());
    }
    mac::feed_part(&mut mac, token.as_bytes());
    mac
}
