//! What a member is.

use std::collections::BTreeMap;

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
    /// Kept with everything that was given by it, and good for nothing until it is restored.
    Suspended,
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
    /// What the company's directory calls them.
    Directory,
}

/// A person's membership.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// Their role; after removal the last one they had.
    pub role: RoleId,
    /// Roles beside it. They count only where the organization has such (`roles.extra_bindings`), and are kept where
    /// it has not. Those that have ended may be among them until a role is given or taken next.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_roles: BTreeMap<RoleId, ExtraRole>,
    /// Whether the membership is in force.
    pub status: MemberStatus,
    /// When they joined (last, if they came back).
    pub joined_at: Timestamp,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
    /// Since when they are suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// Whether it was a directory connection that suspended them: such a connection restores nobody else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended_by_directory: bool,
    /// Sessions of theirs that began then or before open this organization no more: whoever comes back signs in anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_from: Option<Timestamp>,
}

/// A role that somebody has beside their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExtraRole {
    /// When it ends by itself. At this moment it no longer holds.
    pub expires_at: Option<Timestamp>,
    /// The number of the event that gave it, which tells when and by whom.
    pub since_seq: u64,
}

impl ExtraRole {
    /// Whether it holds at this moment.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

impl Member {
    /// The roles that a member was given beside their own and that have not ended, whether such count here or not.
    pub fn extra_roles_at(&self, now: Timestamp) -> impl Iterator<Item = RoleId> {
        self.extra_roles.iter().filter(move |(_, given)| given.holds_at(now)).map(|(role, _)| *role)
    }

    /// Of what has ended nothing is kept from the next change of roles on, so that no more is there than one may have.
    // INVARIANT: held after every step by `check_that_roles_are_where_they_belong` in tests/rules.
    pub(crate) fn drop_ended_roles(&mut self, now: Timestamp) {
        self.extra_roles.retain(|_, given| given.holds_at(now));
    }

    /// Whether the membership is in force: whoever is suspended does nothing.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == MemberStatus::Active
    }

    /// Whether they are a member, also where they are suspended: what was given to them is theirs still.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.status != MemberStatus::Removed
    }
}
