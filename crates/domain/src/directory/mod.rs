//! The directory: what crosses organizations, by opaque id.
//!
//! Names, addresses and slugs themselves are facts that stand beside the stream, so that a person can be erased;
//! the stream says only that they came to be, when, and by whom.

use serde::{Deserialize, Serialize};

use crate::id::{OrgId, PersonId};

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
}

impl DirectoryEvent {
    /// The event as the bytes that the journal keeps.
    ///
    /// # Errors
    /// Where it has no JSON form, which no event of ours lacks.
    pub fn encode(&self) -> Result<Vec<u8>, crate::event::UnreadableEvent> {
        crate::event::encode_versioned(self)
    }
}
