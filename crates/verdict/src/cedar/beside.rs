//! Members with roles beside their own, as of a moment: all of their roles together are a role of their own here, and
//! what of it ends by itself is said beside it.
//!
//! Never knows of ends that have come, nor of roles beside one's own where the organization has none. Start reading at
//! [`Standing`].

use std::collections::{BTreeMap, BTreeSet};

use domain::member::Member;
use domain::object::{DataVerb, FieldRule, Object, ObjectRule, Rule};
use domain::organization::Organization;
use domain::permission::{Permission, Scope};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;

use super::NO_ROLE;
use super::powers::{self, Powers};
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
        let attrs = powers::attributes_of_role(state, &self.held(state), &states, (top, false));
        let mut tags = BTreeMap::new();
        for object in state.objects.values() {
            tags.extend(rules_together(state, &roles, object));
        }
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
    let members = state.members.values().filter(|member| member.is_active());
    let standings = members.map(|member| Standing::of(state, member, now));
    let all = standings.flat_map(|all| [all.lasting(), all]).filter(|all| all.roles.len() > 1);
    let by_name: BTreeMap<CedarUid, Standing> = all.map(|all| (all.uid(state), all)).collect();
    by_name.values().filter_map(|all| all.together(state)).collect()
}

/// What the roles that members have beside their own give power over, whether such roles count or not: whoever switches
/// that gives it, or takes it.
pub(super) fn managed(state: &Organization, now: Timestamp) -> Powers {
    let members = state.members.values().filter(|member| member.is_active());
    let given = members.flat_map(|member| &member.extra_roles);
    let given = given.filter(|(_, given)| given.expires_at.is_none_or(|end| now < end)).map(|(role, _)| *role);
    let roles: BTreeSet<RoleId> = given.collect();
    let mut managed = powers::together(roles.into_iter().map(|role| powers::held_by_id(state, role)));
    managed.retain(|permission, _| permission.entry().manages);
    managed
}

/// What several roles come to for an object and its fields: each answers for itself, and one yes is enough.
fn rules_together(state: &Organization, roles: &[&Role], object: &Object) -> Vec<(String, CedarValue)> {
    let any = |may: &dyn Fn(&Role) -> bool| Some(CedarValue::from(roles.iter().any(|role| may(role))));
    let records = |verb: DataVerb| any(&|role| on_records(state, role, verb, object));
    let of_object = record([
        ("see", records(DataVerb::See)),
        ("create", records(DataVerb::Create)),
        ("edit", records(DataVerb::Edit)),
        ("delete", records(DataVerb::Delete)),
        ("destroy", records(DataVerb::Destroy)),
    ]);
    let mut rules = vec![(object.name.to_string(), of_object)];
    for field in object.fields.keys() {
        let rule = |role: &Role| said(role, object).fields.get(field).copied().unwrap_or_default();
        let sees = |role: &Role| sees_field(state, role, object, rule(role));
        let edits = |role: &Role| {
            let edited = on_records(state, role, DataVerb::Edit, object);
            let edited = match rule(role).edit {
                Rule::Inherit => edited,
                Rule::Allow => edited || state.settings.fields_widen,
                Rule::Deny => false,
            };
            sees(role) && edited
        };
        let of_field = record([("see", any(&sees)), ("edit", any(&edits))]);
        rules.push((format!("{}.{field}", object.name), of_field));
    }
    rules
}

/// What a role says of an object; of the top role nothing counts, since it holds everything.
fn said(role: &Role, object: &Object) -> ObjectRule {
    role.data.objects.get(&object.name).filter(|_| !role.top).cloned().unwrap_or_default()
}

fn on_records(state: &Organization, role: &Role, verb: DataVerb, object: &Object) -> bool {
    let rule = said(role, object);
    let holds = |permission: Permission| powers::held(state, role).get(&permission) == Some(&Scope::All);
    let one = |rule: Rule, permission: Permission| rule.over(holds(permission));
    let sees = one(rule.see, Permission::DataSee);
    // Creating follows editing unless something else is said.
    let create = if rule.create == Rule::Inherit { rule.edit } else { rule.create };
    sees && match verb {
        DataVerb::See => true,
        DataVerb::Create => one(create, Permission::DataCreate),
        DataVerb::Edit => one(rule.edit, Permission::DataEdit),
        DataVerb::Delete => one(rule.delete, Permission::DataDelete),
        DataVerb::Destroy => one(rule.destroy, Permission::DataDestroy),
    }
}

fn sees_field(state: &Organization, role: &Role, object: &Object, rule: FieldRule) -> bool {
    rule.see != Rule::Deny && on_records(state, role, DataVerb::See, object)
}
