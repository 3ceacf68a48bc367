//! Who and what there is, as entities.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::Grantee;
use domain::id::{PersonId, TeamId};
use domain::key::{Key, KeyKind, KeyScope};
use domain::object::{ObjectRule, Rule};
use domain::organization::{KeysWithoutRole, Organization};
use domain::permission::{Permission, Scope};
use domain::resource::{Resource, ResourceKind, ResourceVerb, Shared};
use domain::role::{Role, RoleId, RoleLevel};
use domain::team::{Team, TeamMember};
use domain::time::Timestamp;

use super::beside::{self, Standing};
use super::clients;
use super::grants::tool_uid;
use super::powers::{self, Powers};
use super::records;
use super::values::{CedarEntity, CedarUid, CedarValue, attributes, record};
use super::{NO_ROLE, ORGANIZATION};

/// Every entity of an organization, as it is at a moment.
pub(super) fn all(state: &Organization, now: Timestamp) -> Vec<CedarEntity> {
    let mut entities = vec![organization(state, now), role_entity(state, NO_ROLE, None)];
    entities.extend(state.roles.values().map(|role| role_entity(state, role.id.as_str(), Some(role))));
    entities.extend(beside::roles(state, now));
    let standings = standings(state, now);
    entities.extend(members(state, &standings));
    entities.extend(keys(state));
    entities.extend(clients::entities(state));
    entities.extend(agents(state));
    entities.extend(state.teams.values().map(|team| team_entity(state, &standings, team)));
    entities.extend(integrations(state));
    entities.extend(ResourceKind::ALL.iter().map(|kind| kind_entity(*kind)));
    entities.extend(state.resources.values().map(|resource| resource_entity(resource)));
    entities.extend(objects(state));
    entities
}

fn entity(uid: CedarUid, attrs: BTreeMap<&'static str, CedarValue>) -> CedarEntity {
    CedarEntity { uid, attrs, parents: Vec::new(), tags: BTreeMap::new() }
}

fn member(person: PersonId) -> CedarUid {
    CedarUid::new("Member", person.as_str())
}

fn team(team: TeamId) -> CedarUid {
    CedarUid::new("Team", team.as_str())
}

fn kind(kind: ResourceKind) -> CedarUid {
    CedarUid::new("Kind", kind.as_str())
}

/// A role by name; who has one that there is not has none.
fn role(state: &Organization, id: Option<RoleId>) -> CedarUid {
    let known = id.filter(|id| state.roles.contains_key(id));
    CedarUid::new("Role", known.as_ref().map_or(NO_ROLE, RoleId::as_str))
}

fn organization(state: &Organization, now: Timestamp) -> CedarEntity {
    let settings = &state.settings;
    let team_role = settings.join_default_team_role.map(|id| role(state, Some(id)).into());
    let kinds = |kinds: &BTreeSet<ResourceKind>| -> CedarValue { kinds.iter().map(|one| kind(*one)).collect() };
    let offer = state.offer.map(|offer| {
        record([
            ("from", Some(member(offer.from).into())),
            ("to", Some(member(offer.to).into())),
            ("ends", Some(CedarValue::Long(offer.expires_at.0))),
        ])
    });
    let to: CedarValue = settings.grants_to.iter().map(|to| to.as_str()).collect();
    let attrs = attributes([
        ("dormant", Some(powers::value(&powers::dormant(state)))),
        ("ending", Some(state.deletes_at.is_some().into())),
        ("extra_roles", Some(powers::value(&beside::managed(state, now)))),
        ("fields_widen", Some(settings.fields_widen.into())),
        ("grants_to", Some(to)),
        ("invite_organization", Some(settings.invite_organization.as_str().into())),
        ("invite_team", Some(settings.invite_team.as_str().into())),
        ("join_default_role", Some(role(state, Some(settings.join_default_role)).into())),
        ("join_default_team", settings.join_default_team.map(|id| team(id).into())),
        ("join_default_team_role", team_role),
        ("keys_personal", Some(settings.keys_personal.as_str().into())),
        ("keys_without_role", Some(settings.keys_without_role.as_str().into())),
        ("managers_implicit_access", Some(settings.managers_implicit_access.into())),
        ("offer", offer),
        ("owners_max", settings.owners_max.map(|most| CedarValue::Long(most.into()))),
        ("promote_admin", Some(settings.promote_admin.as_str().into())),
        ("resources_listed", Some(kinds(&settings.resources_listed))),
        ("roles_extra_bindings", Some(settings.roles_extra_bindings.into())),
        ("teams_assign_listed", Some(kinds(&settings.teams_assign_listed))),
        ("widened", Some(records::widened(state).into_iter().collect())),
        ("workflows_run_needs_edit", Some(settings.workflows_run_needs_edit.into())),
    ]);
    entity(CedarUid::new("Organization", ORGANIZATION), attrs)
}

fn role_entity(state: &Organization, id: &str, role: Option<&Role>) -> CedarEntity {
    let holds = role.map(|role| powers::held(state, role)).unwrap_or_default();
    let states = role.map(powers::stated).unwrap_or_default();
    let opens = role.map(|role| records::opened(state, role)).unwrap_or_default();
    let top = role.is_some_and(|role| role.top);
    let in_teams = role.is_some_and(|role| role.level == RoleLevel::Team);
    let attrs = powers::attributes_of_role((&holds, &states), opens, (top, in_teams));
    let mut tags = BTreeMap::new();
    for (object, rule) in role.into_iter().flat_map(|role| &role.data.objects) {
        tags.insert(object.to_string(), rule_value(rule));
        for (field, rule) in &rule.fields {
            let said = record([("see", said(rule.see)), ("edit", said(rule.edit))]);
            tags.insert(format!("{object}.{field}"), said);
        }
    }
    CedarEntity { tags, ..entity(CedarUid::new("Role", id), attrs) }
}

fn said(rule: Rule) -> Option<CedarValue> {
    match rule {
        Rule::Inherit => None,
        Rule::Allow => Some(true.into()),
        Rule::Deny => Some(false.into()),
    }
}

fn rule_value(rule: &ObjectRule) -> CedarValue {
    record([
        ("see", said(rule.see)),
        ("create", said(rule.create)),
        ("edit", said(rule.edit)),
        ("delete", said(rule.delete)),
        ("destroy", said(rule.destroy)),
    ])
}

/// Where somebody is: each of their teams, and their role there.
fn places(state: &Organization) -> BTreeMap<PersonId, Vec<(TeamId, &TeamMember)>> {
    let mut places = BTreeMap::<_, Vec<_>>::new();
    for team in state.teams.values() {
        team.members.iter().for_each(|(person, place)| places.entry(*person).or_default().push((team.id, place)));
    }
    places
}

/// The roles of every member, and what they hold together.
fn standings(state: &Organization, now: Timestamp) -> BTreeMap<PersonId, (Standing, Powers)> {
    let here = state.members.values().filter(|member| member.is_here());
    let standings = here.map(|member| (member.person, Standing::of(state, member, now)));
    standings.map(|(person, standing)| (person, (standing.clone(), standing.held(state)))).collect()
}

fn members(state: &Organization, standings: &BTreeMap<PersonId, (Standing, Powers)>) -> Vec<CedarEntity> {
    let places = places(state);
    let held = state.roles.values().map(|role| (role.id, powers::held(state, role)));
    let held: BTreeMap<RoleId, Powers> = held.collect();
    let mut entities = Vec::new();
    for (person, (standing, powers)) in standings {
        let places = places.get(person).map(Vec::as_slice).unwrap_or_default();
        let until = standing.until(state);
        let ends = (!until.is_empty()).then(|| CedarUid::new("Until", person.as_str()));
        let attrs = attributes([
            ("id", Some(person.as_str().into())),
            ("role", Some(standing.uid(state).into())),
            ("lasting", Some(standing.lasting().uid(state).into())),
            ("suspended", Some(state.active_member(*person).is_none().into())),
            ("until", ends.clone().map(Into::into)),
            ("wakes", wakes(state, *person)),
        ]);
        let parents = standing.uids(state).into_iter().chain(places.iter().map(|(id, _)| team(*id))).collect();
        entities.push(CedarEntity { parents, tags: in_teams(&held, powers, places), ..entity(member(*person), attrs) });
        entities.extend(ends.map(|uid| CedarEntity { tags: until, ..entity(uid, BTreeMap::new()) }));
    }
    entities
}

/// What the agents manage that work again once a member is restored; none where there are no such agents.
fn wakes(state: &Organization, person: PersonId) -> Option<CedarValue> {
    state.member(person).filter(|member| !member.is_active())?;
    let asleep = state.agents.values().filter(|agent| agent.sponsor == Some(person) && !agent.suspended);
    let roles: Vec<RoleId> = asleep.filter_map(|agent| agent.role).collect();
    let mut powers = powers::together(roles.iter().map(|role| powers::held_by_id(state, *role)));
    powers.retain(|permission, _| permission.entry().manages);
    (!powers.is_empty()).then(|| powers::value(&powers))
}

/// Of what is asked of all teams at once, what is done with resources and who is above whom, the teams in which a member
/// holds it.
fn in_teams(
    held: &BTreeMap<RoleId, Powers>,
    powers: &Powers,
    places: &[(TeamId, &TeamMember)],
) -> BTreeMap<String, CedarValue> {
    let of = |role: &RoleId| held.get(role).into_iter().flatten();
    let mut holding = BTreeMap::<Permission, [BTreeSet<TeamId>; 3]>::new();
    for (id, place) in places {
        for (permission, scope) in of(&place.role).filter(|(one, _)| is_of_resources(**one) || one.entry().manages) {
            let [own, further, manages] = holding.entry(*permission).or_default();
            own.insert(*id);
            if *scope > Scope::Own {
                further.insert(*id);
            }
            if permission.entry().manages {
                manages.insert(*id);
            }
        }
        for (permission, _) in powers.iter().filter(|(one, scope)| one.entry().manages && **scope >= Scope::Team) {
            let [_, _, manages] = holding.entry(*permission).or_default();
            manages.insert(*id);
        }
    }
    let teams = |of: BTreeSet<TeamId>| Some(of.into_iter().map(team).collect());
    let tags = holding.into_iter().map(|(permission, [own, further, manages])| {
        let held = record([("own", teams(own)), ("team", teams(further)), ("manages", teams(manages))]);
        (permission.to_string(), held)
    });
    tags.collect()
}

fn is_of_resources(permission: Permission) -> bool {
    permission == Permission::ArtifactCollect
        || ResourceKind::ALL
            .iter()
            .any(|kind| ResourceVerb::ALL.iter().any(|verb| kind.permission(*verb) == permission))
}

fn ends(at: Option<Timestamp>) -> Option<CedarValue> {
    at.map(|at| CedarValue::Long(at.0))
}

/// Every key that is asked about. The connection of a company directory is none: it has a door of its own, and what it does
/// there follows rules of its own that are not written in Cedar.
fn keys(state: &Organization) -> impl Iterator<Item = CedarEntity> {
    let live = state.keys.values().filter(|key| key.revoked_at.is_none());
    let asked = live.filter(|key| !matches!(key.kind, KeyKind::Directory { .. }));
    asked.map(|key| key_entity(state, key))
}

fn key_entity(state: &Organization, key: &Key) -> CedarEntity {
    let by_default = state.settings.keys_without_role == KeysWithoutRole::DefaultRole;
    let (word, given, reaches_all) = match key.kind {
        KeyKind::Personal { .. } => ("personal", None, false),
        KeyKind::Workspace { scope, role } => ("workspace", role, scope == KeyScope::All),
        KeyKind::Agent { .. } => ("agent", None, false),
        KeyKind::Directory { .. } => ("directory", None, false),
    };
    let is_workspace = word == "workspace";
    let has = given.or((is_workspace && by_default).then_some(state.settings.join_default_role));
    let has = role(state, has);
    let acting_for = match key.kind {
        KeyKind::Agent { acting_for, .. } => acting_for,
        KeyKind::Personal { .. } | KeyKind::Workspace { .. } | KeyKind::Directory { .. } => None,
    };
    let attrs = attributes([
        ("id", Some(key.id.as_str().into())),
        ("kind", Some(word.into())),
        ("role", Some(has.clone().into())),
        ("lasting", Some(has.clone().into())),
        ("role_given", Some(given.is_some().into())),
        ("reaches_all", Some(reaches_all.into())),
        ("suspended", Some(key.suspended.into())),
        ("ends", ends(key.expires_at)),
        ("holder", key.holder().map(|holder| member(holder).into())),
        ("agent", key.agent().map(|agent| CedarUid::new("Agent", agent.as_str()).into())),
        ("acting_for", acting_for.map(|person| member(person).into())),
    ]);
    let parents = if is_workspace { vec![has] } else { Vec::new() };
    CedarEntity { parents, ..entity(CedarUid::new("Key", key.id.as_str()), attrs) }
}

fn agents(state: &Organization) -> impl Iterator<Item = CedarEntity> {
    state.agents.values().map(|agent| {
        let role = role(state, agent.role);
        let attrs = attributes([
            ("id", Some(agent.id.as_str().into())),
            ("role", Some(role.clone().into())),
            ("lasting", Some(role.clone().into())),
            ("suspended", Some(agent.suspended.into())),
            ("sponsor", agent.sponsor.map(|sponsor| member(sponsor).into())),
            ("ends", ends(agent.expires_at)),
        ]);
        let tags = agent.delegations.iter();
        let tags = tags.map(|(person, given)| (person.to_string(), record([("ends", ends(given.expires_at))])));
        CedarEntity {
            parents: vec![role],
            tags: tags.collect(),
            ..entity(CedarUid::new("Agent", agent.id.as_str()), attrs)
        }
    })
}

/// A team. What somebody manages there is what their roles in the organization reach there, and what their role there
/// holds; for good what those reach that have no end.
fn team_entity(state: &Organization, standings: &BTreeMap<PersonId, (Standing, Powers)>, of: &Team) -> CedarEntity {
    let (mut tags, mut gains) = (BTreeMap::new(), BTreeSet::new());
    for (person, place) in &of.members {
        let here = powers::held_by_id(state, place.role);
        let own = standings.get(person).into_iter().flat_map(|(_, powers)| powers);
        let own = own.map(|(permission, scope)| (*permission, *scope));
        let authority = |powers: &Powers| -> CedarValue {
            let reaching = powers.iter().filter(|(_, scope)| **scope >= Scope::Team).map(|(permission, _)| permission);
            let all: BTreeSet<Permission> = here.keys().chain(reaching).copied().collect();
            all.into_iter().filter(|one| one.entry().manages).map(|permission| permission.entry().id).collect()
        };
        let standing = standings.get(person);
        let now = standing.map_or_else(Powers::new, |(_, powers)| powers.clone());
        let lasting = standing.map_or_else(Powers::new, |(standing, _)| standing.lasting().held(state));
        let role = role(state, Some(place.role));
        let place =
            [("role", Some(role.into())), ("authority", Some(authority(&now))), ("lasting", Some(authority(&lasting)))];
        tags.insert(person.to_string(), record(place));
        // What somebody there may do with what the team has, because the team has it.
        let gained = here.into_iter().filter(|(_, scope)| *scope >= Scope::Team);
        let gained = gained.chain(own.filter(|(_, scope)| *scope == Scope::Team)).map(|(permission, _)| permission);
        gains.extend(gained.filter(|one| is_of_resources(*one)));
    }
    let gains: CedarValue = gains.into_iter().map(|permission| permission.entry().id).collect();
    let attrs = attributes([("id", Some(of.id.as_str().into())), ("gains", Some(gains))]);
    CedarEntity { tags, ..entity(team(of.id), attrs) }
}

fn integrations(state: &Organization) -> impl Iterator<Item = CedarEntity> {
    state.integrations.values().flat_map(|integration| {
        let uid = CedarUid::new("Integration", integration.id.as_str());
        let attrs =
            attributes([("slug", Some(integration.slug.as_str().into())), ("paused", Some(integration.paused.into()))]);
        let tools = integration.tools.iter().map({
            let uid = uid.clone();
            move |(name, tool)| {
                let attrs = attributes([
                    ("integration", Some(uid.clone().into())),
                    ("class", Some(tool.class.as_str().into())),
                    ("off", Some(tool.off.into())),
                    ("held_back", Some(integration.holds_back(name).into())),
                ]);
                CedarEntity { parents: vec![uid.clone()], ..entity(tool_uid(integration, name), attrs) }
            }
        });
        [entity(uid, attrs)].into_iter().chain(tools)
    })
}

fn kind_entity(of: ResourceKind) -> CedarEntity {
    let attrs = ResourceVerb::ALL.map(|verb| (verb.as_str(), CedarValue::from(of.permission(verb).entry().id)));
    entity(kind(of), attrs.into())
}

fn resource_entity(resource: &Resource) -> CedarEntity {
    let attrs = attributes([
        ("kind", Some(kind(resource.kind).into())),
        ("owner", resource.owner.map(|owner| member(owner).into())),
        ("teams", Some(resource.teams.iter().map(|id| team(*id)).collect())),
        ("deleted", Some(resource.deleted_at.is_some().into())),
    ]);
    // Resources are shared with people and agents one by one; teams have them.
    let shares = resource.shares.iter().filter_map(|(with, share)| {
        let with = match with {
            Grantee::Member(person) => person.to_string(),
            Grantee::Agent(agent) => agent.to_string(),
            Grantee::Key(key) => key.to_string(),
            Grantee::Team(_) | Grantee::Role(_) => return None,
        };
        let lets: &[&str] = match share.level {
            Shared::View => &["view"],
            Shared::Use => &["view", "use"],
            Shared::Edit => &["view", "use", "edit"],
        };
        Some((with, record([("lets", Some(lets.iter().copied().collect())), ("ends", ends(share.expires_at))])))
    });
    CedarEntity { tags: shares.collect(), ..entity(CedarUid::new("Resource", resource.id.as_str()), attrs) }
}

fn objects(state: &Organization) -> impl Iterator<Item = CedarEntity> {
    state.objects.values().flat_map(|object| {
        let uid = CedarUid::new("Object", object.name.as_str());
        let fields = object.fields.keys().map({
            let uid = uid.clone();
            move |field| {
                let id = format!("{}.{field}", object.name);
                let attrs = attributes([("id", Some(id.as_str().into())), ("object", Some(uid.clone().into()))]);
                entity(CedarUid::new("Field", id), attrs)
            }
        });
        let attrs = attributes([("id", Some(object.name.as_str().into()))]);
        [entity(uid, attrs)].into_iter().chain(fields)
    })
}
