//! What an agent is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, PersonId};
use crate::role::RoleId;
use crate::time::Timestamp;

/// An AI agent with an identity of its own. Its rights are its role's and what it was given; where it acts for a
/// person, only what both may do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Its name for people.
    pub title: String,
    /// The member who answers for it. When they leave, the agent is suspended until somebody else does.
    pub sponsor: Option<PersonId>,
    /// Its role; without one it has only what it was given.
    pub role: Option<RoleId>,
    /// Whether it may do nothing at present.
    pub suspended: bool,
    /// Whether it is suspended because the role that it had ended, and is no longer once it is given another. Who
    /// suspends an agent by hand does not have that undone by whoever gives it a role.
    pub awaits_role: bool,
    /// When it ends by itself. At this moment it no longer works.
    pub expires_at: Option<Timestamp>,
    /// For whom it may act.
    pub delegations: BTreeMap<PersonId, Delegation>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Agent {
    /// Whether it may do anything at this moment.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        !self.suspended && self.sponsor.is_some() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A person lets an agent act for them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Delegation {
    /// When it ends by itself. At this moment it no longer holds.
    pub expires_at: Option<Timestamp>,
    /// The number of the event that made it.
    pub since_seq: u64,
}

/// What changes about an agent; what is left out stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentEdit {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The member who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<PersonId>,
    /// Whether it may do nothing at present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
}

impl AgentEdit {
    /// Whether an agent that stands still could work again by it.
    #[must_use]
    pub fn may_wake(&self) -> bool {
        self.suspended == Some(false) || self.sponsor.is_some()
    }
}
