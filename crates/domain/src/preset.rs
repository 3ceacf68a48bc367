//! Presets: a named bundle of settings and roles from which an organization is made.
//!
//! Presets are files under `presets/`. This module says what they mean; reading the file is done elsewhere.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::organization::Settings;
use crate::refusal::Refusal;
use crate::role::{Role, RoleId, RoleLevel};

/// A preset as its file states it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its short name, the same as its file's.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What kind of company it suits, in one line.
    pub description: String,
    /// The settings an organization starts with.
    pub settings: Settings,
    /// The roles an organization starts with, the top role first.
    pub roles: Vec<Role>,
}

impl Preset {
    /// Refuses a preset that could not make a sound organization.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with it.
    pub fn check(&self) -> Result<(), Refusal> {
        let broken = |message: String| Err(Refusal::field("bad-preset", "preset", message));
        let ids: BTreeSet<&RoleId> = self.roles.iter().map(|role| &role.id).collect();
        if ids.len() != self.roles.len() {
            return broken(format!("preset {} defines a role twice", self.name));
        }
        let tops: Vec<&Role> = self.roles.iter().filter(|role| role.top).collect();
        let [_] = tops.as_slice() else {
            return broken(format!("preset {} must have exactly one top role", self.name));
        };
        if self.settings.owners_max == Some(0) {
            return broken(format!("preset {}: owners.max leaves no room for an owner", self.name));
        }
        for role in &self.roles {
            if let Some((permission, needed)) = role.permissions.first_incomplete() {
                return broken(format!(
                    "preset {}: the role {} holds {permission} without {needed}",
                    self.name, role.id
                ));
            }
        }
        let fits = |role: &Role| role.level == RoleLevel::Team && role.assignable_to.members;
        let in_teams = |id: &RoleId| self.roles.iter().any(|role| role.id == *id && fits(role));
        if self.settings.join_default_team_role.as_ref().is_some_and(|role| !in_teams(role)) {
            return broken(format!("preset {}: join.default_team_role must be a role for members of teams", self.name));
        }
        match self.roles.iter().find(|role| role.id == self.settings.join_default_role) {
            Some(role) if !role.top && role.assignable_to.members && role.level == RoleLevel::Organization => Ok(()),
            _ => broken(format!("preset {}: join.default_role must be a role for members below the top", self.name)),
        }
    }

    /// The role that at least one active person must hold at all times.
    pub(crate) fn top_role(&self) -> RoleId {
        let top = self.roles.iter().find(|role| role.top);
        top.map_or(self.settings.join_default_role, |role| role.id)
    }
}
