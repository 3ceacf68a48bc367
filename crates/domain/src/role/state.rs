//! What a role is.

use serde::{Deserialize, Serialize};

use crate::object::DataRules;
use crate::permission::{Holding, PermissionSet};
use crate::role::RoleId;

/// What kinds of subjects a role may be given to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignableTo {
    /// People.
    pub members: bool,
    /// Workspace keys.
    pub keys: bool,
    /// Agents.
    pub agents: bool,
}

/// Where a role holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleLevel {
    /// In the whole organization. Everybody has exactly one.
    #[default]
    Organization,
    /// In one team, for what the team has. A member has at most one in each team.
    Team,
}

/// A role of an organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its short, stable name.
    pub id: RoleId,
    /// Its name for people.
    pub title: String,
    /// Who typically has it, in one line.
    pub typical_for: String,
    /// What to know about it, in a few sentences: what it is good for, and what to mind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub guide: String,
    /// Where it holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: RoleLevel,
    /// What it states that it holds. The top role holds everything, whatever it states.
    pub permissions: Holding,
    /// Exceptions for single objects and fields.
    #[serde(default, skip_serializing_if = "is_default")]
    pub data: DataRules,
    /// To whom it may be given.
    pub assignable_to: AssignableTo,
    /// Whether it can be edited.
    pub locked: bool,
    /// Whether it is the top role, which at least one active person must hold at all times.
    pub top: bool,
}

impl Role {
    /// Every permission that the role comes to.
    #[must_use]
    pub fn set(&self) -> PermissionSet {
        if self.top { PermissionSet::everything() } else { self.permissions.set() }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
