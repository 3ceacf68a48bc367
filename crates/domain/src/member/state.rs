//! What a member is.

use serde::{Deserialize, Serialize};

use crate::id::PersonId;
use crate::role::RoleId;
use crate::time::Timestamp;

/// Whether a membership is in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// In force.
    Active,
    /// Ended; kept so that the history can name it.
    Removed,
}

/// What is kept about a member besides who they are and what they may do. The values are facts beside the streams, so
/// that they can be erased; events name what changed and not to what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberDetail {
    /// The name that they are shown under.
    Name,
    /// The kind of seat that they take, as the organization calls it.
    Seat,
}

/// A person's membership.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// Their role; after removal the last one they had.
    pub role: RoleId,
    /// Whether the membership is in force.
    pub status: MemberStatus,
    /// When they joined (last, if they came back).
    pub joined_at: Timestamp,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
}

impl Member {
    /// Whether the membership is in force.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == MemberStatus::Active
    }
}
