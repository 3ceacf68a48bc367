//! Sets of permissions, each as far as its scope.

use crate::permission::{Group, Permission, Scope};

const WORDS: usize = 3;
const BITS: usize = u64::BITS as usize;

const _: () = assert!(Permission::ALL.len() <= WORDS * BITS, "a set has room for 192 permissions");

/// A set of permissions, each held in one scope. The empty set gives nothing.
///
/// Two bits a permission: neither where it is not held, `low` for own, `high` for team, both for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PermissionSet {
    low: [u64; WORDS],
    high: [u64; WORDS],
}

impl PermissionSet {
    /// The set that gives nothing.
    pub const EMPTY: PermissionSet = PermissionSet { low: [0; WORDS], high: [0; WORDS] };

    /// Everything that there is, as far as it reaches.
    #[must_use]
    pub fn everything() -> PermissionSet {
        Permission::ALL.iter().copied().collect()
    }

    /// The permissions of one group, each as far as it reaches.
    #[must_use]
    pub fn of_group(group: Group) -> PermissionSet {
        Permission::ALL.iter().copied().filter(|permission| permission.entry().group == group).collect()
    }

    /// The set with one permission more, as far as it reaches.
    #[must_use]
    pub fn with(self, permission: Permission) -> PermissionSet {
        self.with_scope(permission, Scope::All)
    }

    /// The set with one permission held at least as far as a scope.
    #[must_use]
    pub fn with_scope(self, permission: Permission, scope: Scope) -> PermissionSet {
        let held = self.scope(permission).map_or(scope, |held| held.max(scope));
        self.put(permission, Some(held))
    }

    /// The set with one permission held no further than a scope.
    #[must_use]
    pub fn at_most(self, permission: Permission, scope: Scope) -> PermissionSet {
        self.put(permission, self.scope(permission).map(|held| held.min(scope)))
    }

    /// The set without one permission.
    #[must_use]
    pub fn without(self, permission: Permission) -> PermissionSet {
        self.put(permission, None)
    }

    fn put(mut self, permission: Permission, scope: Option<Scope>) -> PermissionSet {
        let (word, bit) = (permission as usize / BITS, 1u64 << (permission as usize % BITS));
        let (low, high) = match scope {
            None => (false, false),
            Some(Scope::Own) => (true, false),
            Some(Scope::Team) => (false, true),
            Some(Scope::All) => (true, true),
        };
        for (words, on) in [(&mut self.low, low), (&mut self.high, high)] {
            if let Some(word) = words.get_mut(word) {
                *word = if on { *word | bit } else { *word & !bit };
            }
        }
        self
    }

    /// How far a permission is held; none where it is not.
    #[must_use]
    #[inline]
    pub fn scope(self, permission: Permission) -> Option<Scope> {
        let (word, shift) = (permission as usize / BITS, permission as usize % BITS);
        let bit = |words: &[u64; WORDS]| words.get(word).is_some_and(|word| word >> shift & 1 == 1);
        match (bit(&self.low), bit(&self.high)) {
            (false, false) => None,
            (true, false) => Some(Scope::Own),
            (false, true) => Some(Scope::Team),
            (true, true) => Some(Scope::All),
        }
    }

    /// Whether the permission is held as far as it goes.
    #[must_use]
    #[inline]
    pub fn holds(self, permission: Permission) -> bool {
        self.scope(permission) == Some(Scope::All)
    }

    /// The permissions of the set with their scopes, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = (Permission, Scope)> {
        Permission::ALL.iter().filter_map(move |permission| Some((*permission, self.scope(*permission)?)))
    }

    /// What either set holds, as far as the one that holds it further.
    #[must_use]
    pub fn union(self, other: PermissionSet) -> PermissionSet {
        other.iter().fold(self, |set, (permission, scope)| set.with_scope(permission, scope))
    }

    /// What both sets hold, as far as both do.
    #[must_use]
    pub fn intersection(self, other: PermissionSet) -> PermissionSet {
        let both =
            self.iter().filter_map(|(permission, scope)| Some((permission, scope.min(other.scope(permission)?))));
        both.collect()
    }

    /// The part of the set that gives power over others (see [`crate::permission::Entry::manages`]).
    #[must_use]
    pub fn management(self) -> PermissionSet {
        self.iter().filter(|(permission, _)| permission.entry().manages).collect()
    }

    /// The first permission of this set that the other lacks, or holds less far.
    #[must_use]
    pub fn first_beyond(self, other: PermissionSet) -> Option<Permission> {
        self.iter()
            .find(|(permission, scope)| other.scope(*permission) < Some(*scope))
            .map(|(permission, _)| permission)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == PermissionSet::EMPTY
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> PermissionSet {
        permissions.into_iter().fold(PermissionSet::EMPTY, PermissionSet::with)
    }
}

impl FromIterator<(Permission, Scope)> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = (Permission, Scope)>>(permissions: I) -> PermissionSet {
        permissions.into_iter().fold(PermissionSet::EMPTY, |set, (permission, scope)| set.with_scope(permission, scope))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scopes() -> impl Strategy<Value = Scope> {
        prop::sample::select(vec![Scope::Own, Scope::Team, Scope::All])
    }

    fn sets() -> impl Strategy<Value = PermissionSet> {
        prop::collection::vec((prop::sample::select(Permission::ALL), scopes()), 0..20)
            .prop_map(|held| held.into_iter().collect())
    }

    proptest! {
        #[test]
        fn union_and_intersection_are_the_wider_and_the_narrower_scope(
            one in sets(), other in sets(), at in prop::sample::select(Permission::ALL),
        ) {
            prop_assert_eq!(one.union(other).scope(at), one.scope(at).max(other.scope(at)));
            prop_assert_eq!(one.intersection(other).scope(at), one.scope(at).min(other.scope(at)));
            prop_assert_eq!(one.intersection(other).first_beyond(one), None);
            prop_assert_eq!(one.first_beyond(other).is_none(), one.union(other) == other);
        }

        #[test]
        fn what_is_put_in_is_what_is_held(set in sets(), at in prop::sample::select(Permission::ALL), scope in scopes()) {
            prop_assert!(set.with_scope(at, scope).scope(at) >= Some(scope));
            prop_assert!(set.at_most(at, scope).scope(at) <= Some(scope));
            prop_assert_eq!(set.without(at).scope(at), None);
            let others = |set: PermissionSet| set.without(at);
            prop_assert_eq!(others(set.with_scope(at, scope)), others(set));
        }
    }
}
