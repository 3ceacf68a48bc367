//! Members with roles beside their own, as of a moment: all of their roles together are a role of their own here, and
//! what of it ends by itself is said beside it.
//!
//! Never knows of ends that have come, nor of roles beside one's own where the organization has none. Start reading at
//! [`Standing`].

use std::collections::{BTreeMap, BTreeSet};

use domain::member::Member;
use domain::object::{DataVerb, Object};
use domain::organization::Organization;
use domain::permission::Scope;
use domain::role::{Role, RoleId};
use domain::time::Timestamp;

use super::NO_ROLE;
use super::powers::{self, Powers};
use super::records;
use super::values::{CedarEntity, CedarUid, CedarValue, record};

/// Of a role that somebody has for good.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// A member's roles, with the moment from which on they do not have each: their own first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    roles: Vec<(RoleId, Timestamp)>,
}

impl Standing {
    /// The roles that a member has at a moment.
    pub(super) fn of(state: &Organization, member: &Member, now: Timestamp) -> Standing {
        let beside = member.extra_roles.iter().filter(|_| state.settings.roles_extra_bindings);
        let beside = beside.map(|(role, given)| (*role, given.expires_at.unwrap_or(NEVER)));
        let beside = beside.filter(|(role, end)| *role != member.role && state.roles.contains_key(role) && now < *end);
        Standing { roles: [(member.role, NEVER)].into_iter().chain(beside).collect() }
    }

    /// What of it has no end.
    pub(super) fn lasting(&self) -> Standing {
        Standing { roles: self.roles.iter().copied().filter(|(_, end)| *end == NEVER).collect() }
    }

    fn known<'o>(&self, state: &'o Organization) -> impl Iterator<Item = (&'o Role, Timestamp)> {
        self.roles.iter().filter_map(|(role, end)| Some((state.roles.get(role)?, *end)))
    }

    /// The name of the role that all of them are together: their names, the own one first, with `+` between them, which
    /// stands in no name.
    pub(super) fn uid(&self, state: &Organization) -> CedarUid {
        let names = self.roles.iter().map(|(role, _)| state.roles.get(role).map_or(NO_ROLE, |role| role.id.as_str()));
        CedarUid::new("Role", names.collect::<Vec<_>>().join("+"))
    }

    /// Each of the roles by its name.
    pub(super) fn uids(&self, state: &Organization) -> Vec<CedarUid> {
        let one = |role: &(RoleId, Timestamp)| Standing { roles: vec![*role] }.uid(state);
        self.roles.iter().map(one).collect()
    }

    /// What somebody with all of the roles holds.
    pub(super) fn held(&self, state: &Organization) -> Powers {
        powers::together(self.known(state).map(|(role, _)| powers::held(state, role)))
    }

    /// All of the roles as one; nothing where there is one alone.
    fn together(&self, state: &Organization) -> Option<CedarEntity> {
        if self.roles.len() < 2 {
            return None;
        }
        let roles: Vec<&Role> = self.known(state).map(|(role, _)| role).collect();
        let states = powers::together(roles.iter().map(|role| powers::stated(role)));
        let top = roles.iter().any(|role| role.top);
        // Each answers for itself, and one yes is enough.
        let opens: BTreeSet<String> = roles.iter().flat_map(|role| records::opened(state, role)).collect();
        let tags = state.objects.values().flat_map(|object| rules_together(&opens, object)).collect();
        let attrs = powers::attributes_of_role((&self.held(state), &states), opens, (top, false));
        Some(CedarEntity { uid: self.uid(state), attrs, parents: Vec::new(), tags })
    }

    /// Until when a member has what they do not have for good, by permission and by role.
    pub(super) fn until(&self, state: &Organization) -> BTreeMap<String, CedarValue> {
        if self.roles.iter().all(|(_, end)| *end == NEVER) {
            return BTreeMap::new();
        }
        let mut last = BTreeMap::<String, BTreeMap<&'static str, Timestamp>>::new();
        let mut lasts = |what: &str, how: &'static str, end: Timestamp| {
            let known = last.entry(what.to_owned()).or_default().entry(how).or_insert(end);
            *known = end.max(*known);
        };
        for (role, end) in self.known(state) {
            lasts(role.id.as_str(), "role", end);
            for (permission, far) in powers::held(state, role) {
                let reached = [("own", Scope::Own), ("team", Scope::Team), ("all", Scope::All)];
                let reached = reached.into_iter().filter(|(_, least)| far >= *least);
                reached.for_each(|(how, _)| lasts(permission.entry().id, how, end));
            }
            let stated = powers::stated(role).into_iter().filter(|(_, far)| *far == Scope::All);
            stated.for_each(|(permission, _)| lasts(permission.entry().id, "states", end));
        }
        let ending = |ends: BTreeMap<&'static str, Timestamp>| {
            let ends = ends.into_iter().filter(|(_, end)| *end != NEVER);
            CedarValue::Record(ends.map(|(how, end)| (how, CedarValue::Long(end.0))).collect())
        };
        let ends = last.into_iter().filter(|(_, ends)| ends.values().any(|end| *end != NEVER));
        ends.map(|(what, ends)| (what, ending(ends))).collect()
    }
}

/// The roles that members have together, each once.
pub(super) fn roles(state: &Organization, now: Timestamp) -> Vec<CedarEntity> {
    let members = state.members.values().filter(|member| member.is_here());
    let standings = members.map(|member| Standing::of(state, member, now));
    let all = standings.flat_map(|all| [all.lasting(), all]).filter(|all| all.roles.len() > 1);
    let by_name: BTreeMap<CedarUid, Standing> = all.map(|all| (all.uid(state), all)).collect();
    by_name.values().filter_map(|all| all.together(state)).collect()
}

/// What the roles that members have beside their own give power over, whether such roles count or not: whoever switches
/// that gives it, or takes it.
pub(super) fn managed(state: &Organization, now: Timestamp) -> Powers {
    let members = state.members.values().filter(|member| member.is_here());
    let given = members.flat_map(|member| &member.extra_roles);
    let given = given.filter(|(_, given)| given.expires_at.is_none_or(|end| now < end)).map(|(role, _)| *role);
    let roles: BTreeSet<RoleId> = given.collect();
    let mut managed = powers::together(roles.into_iter().map(|role| powers::held_by_id(state, role)));
    managed.retain(|permission, _| permission.entry().manages);
    managed
}

/// A yes or no for an object and its fields, by what several roles open together.
fn rules_together(opens: &BTreeSet<String>, object: &Object) -> Vec<(String, CedarValue)> {
    let answer = |verb: DataVerb, of: &str| Some(CedarValue::from(opens.contains(&format!("{} {of}", verb.as_str()))));
    let name = object.name.to_string();
    let of_object = record(DataVerb::ALL.map(|verb| (verb.as_str(), answer(verb, &name))));
    let of_field = |field: String| {
        let answers = [DataVerb::See, DataVerb::Edit].map(|verb| (verb.as_str(), answer(verb, &field)));
        (field, record(answers))
    };
    let fields: Vec<_> = object.fields.keys().map(|field| of_field(format!("{name}.{field}"))).collect();
    [(name, of_object)].into_iter().chain(fields).collect()
}
