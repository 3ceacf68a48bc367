//! Rows of sign-in: sessions and tickets, by the keyed digests of their tokens, identities, by those of whom they mean,
//! and passkeys, by those of their ids.
//!
//! A session's row never changes: it is written when somebody signs in and deleted when they sign out. A ticket is good
//! once, since its row is deleted in the transaction that does what it is for ([`crate::Fact::RedeemTicket`]).

use domain::id::{IdentityId, OrgId, PasskeyId, PersonId, SessionId};
use domain::time::Timestamp;

/// A person's signed-in browser.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Keyed digest of the token in the browser's cookie.
    pub digest: [u8; 32],
    /// Which session.
    pub session: SessionId,
    /// Who signed in.
    pub person: PersonId,
    /// When they did.
    pub begun_at: Timestamp,
    /// When they showed who they are, which a provider may have asked of them before.
    pub proven_at: Timestamp,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
    /// How they signed in, in a word of the caller's.
    pub way: String,
    /// Whether they have shown a passkey, by itself or after that.
    pub by_passkey: bool,
    /// Keyed digest of the token by which the browser is known before anybody signs in.
    pub browser: Option<[u8; 32]>,
    /// The network address from which it began, personal.
    pub address: Option<String>,
    /// The browser as it states itself, personal.
    pub client: Option<String>,
    /// Keyed digest of the address that they showed to be theirs by signing in, where they showed one.
    pub shown: Option<[u8; 32]>,
    /// When it was used last, as far as that was noted ([`crate::Journal::touch_session`]).
    pub used_at: Timestamp,
}

/// A way by which a person signs in: somebody whom a provider means, who is one person here.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// Who says who they are: an issuer, or a word of the caller's.
    pub provider: String,
    /// Keyed digest of whom that provider means.
    pub digest: [u8; 32],
    /// Which identity.
    pub identity: IdentityId,
    /// Whose.
    pub person: PersonId,
    /// What its person knows it by, personal: an address.
    pub shown: String,
    /// Since when it lets its person in.
    pub linked_at: Timestamp,
}

/// A key on a person's device, with which they sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Keyed digest of the id that its device gave it.
    pub digest: [u8; 32],
    /// That id, which the device is told so that it makes no second one.
    pub credential: Vec<u8>,
    /// Which passkey.
    pub passkey: PasskeyId,
    /// Whose.
    pub person: PersonId,
    /// The public key, as a SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// How it signs: a number of COSE.
    pub algorithm: i64,
    /// How often its device had signed with it when it was last used ([`crate::Fact::PasskeyUsed`]).
    pub counter: u32,
    /// What its person calls it, personal.
    pub name: String,
    /// Whether it can come to be on several devices.
    pub may_be_copied: bool,
    /// Since when it lets its person in.
    pub added_at: Timestamp,
}

/// What a link or a round trip is for. Its token is good once, until its end.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketRow {
    /// Keyed digest of the token.
    pub digest: [u8; 32],
    /// What it is for, in a word of the caller's.
    pub purpose: String,
    /// For whom it is, where that is known.
    pub person: Option<PersonId>,
    /// Which organization it is about, where it is about one.
    pub org: Option<OrgId>,
    /// The opaque id of what it is about, where it is about something.
    pub about: Option<String>,
    /// Keyed digest of the token of the browser in which it must come back, where it must.
    pub browser: Option<[u8; 32]>,
    /// Where the browser goes afterwards.
    pub return_to: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is no good.
    pub expires_at: Timestamp,
}
