//! What a team is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{KeyId, PersonId, TeamId};
use crate::role::RoleId;
use crate::time::Timestamp;

/// A team of an organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name for people, unique in the organization.
    pub title: String,
    /// Its members. All of them are members of the organization.
    pub members: BTreeMap<PersonId, TeamMember>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Somebody's place in a team.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TeamMember {
    /// Their role in this team; it says nothing about any other.
    pub role: RoleId,
    /// The number of the event that gave it, which tells when and by whom.
    pub since_seq: u64,
    /// The directory connection whose groups gave it, and take it away again; none where it was given by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<KeyId>,
}
