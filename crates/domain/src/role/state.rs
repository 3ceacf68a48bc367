//! What a role is.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::permission::PermissionSet;

/// Names a role inside an organization: a short word such as `owner`, 1 to 40 characters of `a-z 0-9 -`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct RoleId(Box<str>);

/// Why a text cannot name a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a role is named by 1 to 40 characters of a-z, 0-9 and -")]
pub struct InvalidRoleId;

impl RoleId {
    /// Reads a role's name.
    ///
    /// # Errors
    /// [`InvalidRoleId`] where the text is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<RoleId, InvalidRoleId> {
        let fits = (1..=40).contains(&text.len());
        let clean = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits && clean { Ok(RoleId(text.into())) } else { Err(InvalidRoleId) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for RoleId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RoleId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        RoleId::parse(&text).map_err(serde::de::Error::custom)
    }
}

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
    /// What it holds.
    pub permissions: PermissionSet,
    /// To whom it may be given.
    pub assignable_to: AssignableTo,
    /// Whether it can be edited.
    pub locked: bool,
    /// Whether it is the top role, which at least one active person must hold at all times.
    pub top: bool,
}
