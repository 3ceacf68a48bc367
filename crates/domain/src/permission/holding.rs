//! What a role states that it holds: whole groups, and single permissions in a scope.
//!
//! Written as a list of words: `settings.*` for a group with everything that it will ever hold, `project.edit:own`
//! for a permission in a scope, `project.edit` for one as far as it reaches.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::permission::{Group, Permission, PermissionSet, Scope};

/// What a role states that it holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holding {
    /// Groups that are held whole, with permissions that a later version brings.
    pub groups: BTreeSet<Group>,
    /// Single permissions.
    pub single: PermissionSet,
}

/// Why a word states no permission.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidHolding {
    /// There is no such permission.
    #[error("there is no permission named {0}; `wardroom role permissions` lists them")]
    Unknown(String),
    /// There is no such group.
    #[error(
        "there is no group of permissions named {0}; there are settings, actions, resources, data, gateway, billing and audit"
    )]
    UnknownGroup(String),
    /// The permission does not come in this scope.
    #[error("{permission} cannot be held in the scope {scope}; it comes as {}", .permission.entry().scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "))]
    NoSuchScope {
        /// The permission.
        permission: Permission,
        /// What was asked for.
        scope: String,
    },
}

/// One word of a holding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    Group(Group),
    Single(Permission, Scope),
}

impl Word {
    fn parse(text: &str) -> Result<Word, InvalidHolding> {
        if let Some(group) = text.strip_suffix(".*") {
            let found = Group::ALL.into_iter().find(|known| known.as_str() == group);
            return found.map(Word::Group).ok_or_else(|| InvalidHolding::UnknownGroup(group.to_owned()));
        }
        let (id, scope) = text.split_once(':').map_or((text, None), |(id, scope)| (id, Some(scope)));
        let permission = Permission::parse(id).ok_or_else(|| InvalidHolding::Unknown(id.to_owned()))?;
        let Some(scope) = scope else { return Ok(Word::Single(permission, Scope::All)) };
        let found = Scope::parse(scope).filter(|scope| permission.entry().scopes.contains(scope));
        let wrong = || InvalidHolding::NoSuchScope { permission, scope: scope.to_owned() };
        found.map(|scope| Word::Single(permission, scope)).ok_or_else(wrong)
    }
}

impl Holding {
    /// Reads a list of words.
    ///
    /// # Errors
    /// [`InvalidHolding`] for the first word that states nothing.
    pub fn parse<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> Result<Holding, InvalidHolding> {
        let mut holding = Holding::default();
        for word in words {
            match Word::parse(word.as_ref())? {
                Word::Group(group) => drop(holding.groups.insert(group)),
                Word::Single(permission, scope) => holding.single = holding.single.with_scope(permission, scope),
            }
        }
        Ok(holding)
    }

    /// The words, groups first and then in the order of the catalogue.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let groups = self.groups.iter().map(|group| format!("{}.*", group.as_str()));
        let single = self.single.iter().map(|(permission, scope)| spelled(permission, scope));
        groups.chain(single).collect()
    }

    /// Every permission that this comes to.
    #[must_use]
    pub fn set(&self) -> PermissionSet {
        self.groups.iter().fold(self.single, |set, group| set.union(PermissionSet::of_group(*group)))
    }

    /// The first permission that lacks one it depends on, and that one. A permission that comes in scopes needs the
    /// other at least as far; one that knows none, such as to create something, needs it at all.
    #[must_use]
    pub fn first_incomplete(&self) -> Option<(Permission, Permission)> {
        let set = self.set();
        set.iter().find_map(|(permission, scope)| {
            let needed = permission.entry().depends_on.iter().find(|needed| {
                let far = if permission.entry().scopes.len() == 1 { Scope::Own } else { scope };
                let narrowest = needed.entry().scopes.iter().copied().filter(|known| *known >= far).min();
                set.scope(**needed) < narrowest
            })?;
            Some((permission, *needed))
        })
    }
}

/// A permission with its scope, as a word; the scope is left out where it is the widest.
pub(crate) fn spelled(permission: Permission, scope: Scope) -> String {
    match scope {
        Scope::All => permission.to_string(),
        narrower => format!("{permission}:{}", narrower.as_str()),
    }
}

impl From<PermissionSet> for Holding {
    fn from(single: PermissionSet) -> Holding {
        Holding { groups: BTreeSet::new(), single }
    }
}

impl Serialize for Holding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.words())
    }
}

impl<'de> Deserialize<'de> for Holding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Holding::parse(words).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_reading_and_writing() {
        let words = ["actions.*", "member.view", "project.edit:own", "grader.use:team"];
        assert_eq!(Holding::parse(words).unwrap().words(), words);
        assert!(Holding::parse(["settings.*"]).unwrap().set().holds(Permission::RoleEdit));
    }

    #[test]
    fn a_word_that_states_nothing_is_named_with_what_there_is() {
        let message = |word: &str| Holding::parse([word]).unwrap_err().to_string();
        assert!(message("member.juggle").contains("member.juggle"));
        assert!(message("circus.*").contains("billing"));
        assert_eq!(message("member.view:own"), "member.view cannot be held in the scope own; it comes as all");
    }

    #[test]
    fn what_depends_on_something_wants_it_as_far() {
        let incomplete = |words: &[&str]| Holding::parse(words).unwrap().first_incomplete();
        assert_eq!(incomplete(&["project.edit"]), Some((Permission::ProjectEdit, Permission::ProjectView)));
        assert_eq!(
            incomplete(&["project.edit", "project.view:own"]),
            Some((Permission::ProjectEdit, Permission::ProjectView))
        );
        assert_eq!(incomplete(&["project.edit:own", "project.view:own"]), None);
        assert_eq!(incomplete(&["resources.*", "settings.*"]), None);
        // What one creates is one's own, and to see that is enough.
        assert_eq!(incomplete(&["project.create", "project.view:own"]), None);
        assert_eq!(incomplete(&["project.create"]), Some((Permission::ProjectCreate, Permission::ProjectView)));
    }
}
