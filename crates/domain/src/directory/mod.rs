//! The directory: what crosses organizations, by opaque id.
//!
//! Names, addresses and slugs themselves are facts that stand beside the stream, so that a person can be erased;
//! the stream says only that they came to be, when, and by whom. [`Directory`] is what it comes to.

pub mod sign_ins;
mod state;

use serde::{Deserialize, Serialize};

use crate::id::{IdentityId, OrgId, PasskeyId, PersonId, SessionId};
use crate::time::Timestamp;

pub use state::{Directory, SESSION_MS_MAX};

/// Something that happened to the directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are named after what they hold, and documented at their types")]
pub enum DirectoryEvent {
    /// A person is known from now on.
    #[serde(rename = "person.registered")]
    PersonRegistered { person: PersonId },
    /// An organization exists from now on, and holds its slug.
    #[serde(rename = "organization.registered")]
    OrganizationRegistered { org: OrgId },
    /// Whoever runs the machine made a link by which a person signs in.
    #[serde(rename = "link.made")]
    LinkMade { person: PersonId },
    /// Whoever runs the machine made a link for a person who has lost their passkeys: in the session that begins with it
    /// they add another one.
    #[serde(rename = "recovery_link.made")]
    RecoveryLinkMade { person: PersonId },
    /// A person's session is over before its time, which would have been `until`.
    #[serde(rename = "session.ended")]
    SessionEnded { person: PersonId, session: SessionId, until: Timestamp },
    /// Every session that a person has is over.
    #[serde(rename = "sessions.ended")]
    SessionsEnded { person: PersonId },
    /// Every session of everybody is over, and so is every link by which somebody could have signed in: the operator put a
    /// copy of the data folder back.
    #[serde(rename = "everybody.signed_out")]
    EverybodySignedOut,
    /// A person signs in in one more way.
    #[serde(rename = "identity.linked")]
    IdentityLinked { person: PersonId, identity: IdentityId },
    /// A person does not sign in in this way any more.
    #[serde(rename = "identity.unlinked")]
    IdentityUnlinked { person: PersonId, identity: IdentityId },
    /// A person has one more passkey.
    #[serde(rename = "passkey.added")]
    PasskeyAdded { person: PersonId, passkey: PasskeyId },
    /// A person's passkey lets nobody in any more.
    #[serde(rename = "passkey.removed")]
    PasskeyRemoved { person: PersonId, passkey: PasskeyId },
    /// A person wants to be asked for a passkey whenever they sign in in another way.
    #[serde(rename = "second_factor.on")]
    SecondFactorOn { person: PersonId },
    /// They do not want that any more.
    #[serde(rename = "second_factor.off")]
    SecondFactorOff { person: PersonId },
}

impl DirectoryEvent {
    /// The event as the bytes that the journal keeps.
    ///
    /// # Errors
    /// Where it has no JSON form, which no event of ours lacks.
    pub fn encode(&self) -> Result<Vec<u8>, crate::event::UnreadableEvent> {
        crate::event::encode_versioned(self)
    }

    /// Reads an event of any version that was ever written.
    ///
    /// # Errors
    /// For a type or version from a newer Wardroom, or for damaged bytes.
    pub fn decode(bytes: &[u8]) -> Result<DirectoryEvent, crate::event::UnreadableEvent> {
        crate::event::decode_versioned(bytes)
    }
}
