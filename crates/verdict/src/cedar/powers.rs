//! What roles come to: as they state it, and as it is in force.

use std::collections::{BTreeMap, BTreeSet};

use domain::organization::Organization;
use domain::permission::{Permission, Scope};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::{Role, RoleId, RoleLevel};

use super::values::{CedarValue, attributes, record};

/// Permissions, and how far each reaches.
pub(super) type Powers = BTreeMap<Permission, Scope>;

/// What a role states: everything for the top role, whole groups, and single permissions.
pub(super) fn stated(role: &Role) -> Powers {
    let mut powers = Powers::new();
    for permission in Permission::ALL {
        if role.top || role.permissions.groups.contains(&permission.entry().group) {
            powers.insert(*permission, Scope::All);
        } else if let Some(scope) = role.permissions.single.scope(*permission) {
            powers.insert(*permission, scope);
        }
    }
    powers
}

/// What of it is in force. Where everybody uses only what they were given, no role holds the use of everything, nor of
/// any kind of resource beyond one's teams.
fn in_force(state: &Organization, mut powers: Powers) -> Powers {
    if !state.settings.managers_implicit_access {
        powers.remove(&Permission::IntegrationUseAll);
        for kind in ResourceKind::ALL {
            powers.entry(kind.permission(ResourceVerb::Use)).and_modify(|scope| *scope = (*scope).min(Scope::Team));
        }
    }
    powers
}

/// Several of them at once: all that any of them has.
pub(super) fn together(all: impl IntoIterator<Item = Powers>) -> Powers {
    let mut together = Powers::new();
    for (permission, scope) in all.into_iter().flatten() {
        together.entry(permission).and_modify(|far| *far = (*far).max(scope)).or_insert(scope);
    }
    together
}

/// What a role holds.
pub(super) fn held(state: &Organization, role: &Role) -> Powers {
    in_force(state, stated(role))
}

/// The same, by the role's name; one that there is not holds nothing.
pub(super) fn held_by_id(state: &Organization, id: RoleId) -> Powers {
    state.roles.get(&id).map(|role| held(state, role)).unwrap_or_default()
}

/// What would come into force for some role if what roles state did, and the use of everything, which keys may state as
/// well. A role for teams gives it in all of them.
pub(super) fn dormant(state: &Organization) -> Powers {
    if state.settings.managers_implicit_access {
        return Powers::new();
    }
    let mut dormant = Powers::from([(Permission::IntegrationUseAll, Scope::All)]);
    for role in state.roles.values() {
        let held = held(state, role);
        for (permission, scope) in stated(role).into_iter().filter(|(one, far)| held.get(one) < Some(far)) {
            let scope = if role.level == RoleLevel::Team { Scope::All } else { scope };
            dormant.entry(permission).and_modify(|far| *far = (*far).max(scope)).or_insert(scope);
        }
    }
    dormant
}

/// The attributes of a role that holds this, states that and opens these records, and may be the top role or one for
/// teams.
pub(super) fn attributes_of_role(
    (holds, states): (&Powers, &Powers),
    opens: BTreeSet<String>,
    (top, in_teams): (bool, bool),
) -> BTreeMap<&'static str, CedarValue> {
    let mut manages = holds.clone();
    manages.retain(|permission, _| permission.entry().manages);
    attributes([
        ("holds", Some(value(holds))),
        ("manages", Some(value(&manages))),
        ("states", Some(value(states))),
        ("opens", Some(opens.into_iter().collect())),
        ("top", Some(top.into())),
        ("in_teams", Some(in_teams.into())),
    ])
}

/// As a record of the permissions that reach at least so far.
pub(super) fn value(powers: &Powers) -> CedarValue {
    let as_far_as = |least: Scope| -> Option<CedarValue> {
        Some(powers.iter().filter(|(_, scope)| **scope >= least).map(|(permission, _)| permission.entry().id).collect())
    };
    record([("own", as_far_as(Scope::Own)), ("team", as_far_as(Scope::Team)), ("all", as_far_as(Scope::All))])
}
