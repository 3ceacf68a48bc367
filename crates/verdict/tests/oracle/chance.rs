//! Random values of what an organization is made of.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Event;
use domain::grant::Profile;
use domain::id::{PersonId, ResourceId};
use domain::integration::{DiscoveredTool, Found, ToolClass};
use domain::invitation::{Offer, OfferedGrant};
use domain::key::KeyScope;
use domain::object::{DataRules, Field, FieldRule, Object, ObjectRule, Rule};
use domain::organization::{
    GrantsTo, Invite, KeysWithoutRole, Organization, PersonalKeys, Promote, RecordsSync, SecondFactor, SettingChange,
    ToolChanges,
};
use domain::permission::{Group, Holding, Permission, PermissionSet};
use domain::resource::{NewResource, ResourceKind, Shared};
use domain::role::{AssignableTo, Role, RoleLevel};
use domain::time::Timestamp;

use crate::dice::Dice;
use crate::world::{FIELDS, INTEGRATIONS, OBJECTS, TEAMS, TOOLS, World, data, integration, role as role_id, team};

pub(crate) fn end(dice: &mut Dice) -> Option<Timestamp> {
    dice.maybe(35, |dice| dice.pick(&[Timestamp(50), Timestamp(100)]))
}

pub(crate) fn tools_off(dice: &mut Dice) -> BTreeSet<String> {
    dice.some(25, &TOOLS).into_iter().map(str::to_owned).collect()
}

pub(crate) fn shared(dice: &mut Dice) -> Shared {
    dice.pick(&[Shared::View, Shared::Use, Shared::Edit])
}

/// Kinds are few, so that worlds hold several resources of one.
pub(crate) const KINDS: [ResourceKind; 4] =
    [ResourceKind::Grader, ResourceKind::Workflow, ResourceKind::Artifact, ResourceKind::Project];

pub(crate) fn new_resource(dice: &mut Dice, id: ResourceId, owner: Option<PersonId>) -> NewResource {
    NewResource { id, kind: dice.pick(&KINDS), title: format!("Thing {id}"), tier: None, owner }
}

/// What a role holds: little, much, or nearly everything, in every scope, and groups as a whole.
pub(crate) fn holding(dice: &mut Dice) -> Holding {
    let much = dice.pick(&[5, 30, 60, 95]);
    let mut single = PermissionSet::EMPTY;
    for permission in dice.some(much, Permission::ALL) {
        single = single.with_scope(permission, dice.pick(permission.entry().scopes));
    }
    Holding { groups: dice.some(8, &Group::ALL).into_iter().collect(), single }
}

fn rule(dice: &mut Dice) -> Rule {
    dice.pick(&[Rule::Inherit, Rule::Inherit, Rule::Allow, Rule::Deny])
}

pub(crate) fn data_rules(dice: &mut Dice) -> DataRules {
    let mut rules = DataRules::default();
    for object in dice.some(60, &OBJECTS) {
        let fields = dice.some(40, &FIELDS);
        let fields = fields.into_iter().map(|field| (data(field), FieldRule { see: rule(dice), edit: rule(dice) }));
        let fields: BTreeMap<_, _> = fields.collect();
        let said = ObjectRule {
            see: rule(dice),
            create: rule(dice),
            edit: rule(dice),
            delete: rule(dice),
            destroy: rule(dice),
            fields,
        };
        rules.objects.insert(data(object), said);
    }
    rules
}

pub(crate) fn role(dice: &mut Dice, name: &str, in_teams: bool) -> Role {
    Role {
        id: role_id(name),
        title: name.to_owned(),
        typical_for: String::new(),
        guide: String::new(),
        level: if in_teams { RoleLevel::Team } else { RoleLevel::Organization },
        permissions: holding(dice),
        data: data_rules(dice),
        assignable_to: AssignableTo { members: true, keys: dice.percent(80), agents: dice.percent(80) },
        locked: false,
        top: false,
    }
}

pub(crate) fn object(name: &str, fields: &[&str]) -> Object {
    let field = |name: &&str| (data(name), Field { title: (*name).to_owned() });
    Object { name: data(name), title: name.to_owned(), fields: fields.iter().map(field).collect() }
}

/// A tool as an upstream lists it, in one of two versions.
pub(crate) fn listed(dice: &mut Dice, name: &str) -> DiscoveredTool {
    let class = dice.pick(&ToolClass::ALL);
    let definition = format!(r#"{{"name":"{name}","version":{}}}"#, dice.below(2));
    DiscoveredTool {
        name: name.to_owned(),
        definition: definition.into(),
        class,
        suggested: class,
        evidence: Vec::new(),
    }
}

/// What may be found of a tool that is not as it was approved.
pub(crate) fn found(dice: &mut Dice, name: &str) -> Found {
    match dice.below(3) {
        0 => Found::Gone,
        1 => Found::Unsound { why: "it is odd".to_owned() },
        _ => Found::Definition(listed(dice, name)),
    }
}

/// Another value for a setting: every one in turn, so that a new setting is missed by nobody.
pub(crate) fn setting(dice: &mut Dice, state: &Organization) -> SettingChange {
    use SettingChange as S;
    let invite = [Invite::Managers, Invite::AnyMember, Invite::AnyMemberWithApproval, Invite::ByPermission];
    let level = |level| state.roles.values().filter(move |role| role.level == level).map(|role| role.id);
    let org_roles: Vec<_> = level(RoleLevel::Organization).collect();
    let team_roles: Vec<_> = level(RoleLevel::Team).collect();
    match dice.below(24) {
        0 => S::OwnersMax(dice.maybe(70, |dice| 1 + u32::from(dice.below(4)))),
        1 => S::PromoteAdmin(dice.pick(&[Promote::Owner, Promote::OwnerOrAdmin, Promote::ByPermission])),
        2 => S::InviteOrganization(dice.pick(&invite)),
        3 => S::InviteTeam(dice.pick(&invite)),
        4 => S::JoinDefaultRole(dice.pick(&org_roles)),
        5 => S::JoinDefaultTeam(dice.maybe(60, |dice| team(dice.below(TEAMS - 1)))),
        6 => S::JoinDefaultTeamRole((!team_roles.is_empty()).then(|| dice.pick(&team_roles))),
        7 => S::JoinDefaultProfile(dice.pick(&Profile::ALL)),
        8 => S::KeysPersonal(dice.pick(&[PersonalKeys::Everyone, PersonalKeys::Managers, PersonalKeys::ByPermission])),
        9 | 10 => S::KeysWithoutRole(dice.pick(&[
            KeysWithoutRole::DefaultRole,
            KeysWithoutRole::ToolsOnly,
            KeysWithoutRole::Deny,
        ])),
        11 => S::KeysWorkspaceDefaultScope(dice.pick(&[KeyScope::All, KeyScope::Granted])),
        12 => S::ManagersImplicitAccess(dice.percent(50)),
        13 | 14 => S::GrantsTo(dice.some(75, &GrantsTo::ALL).into_iter().collect()),
        15 => S::RolesCustom(dice.percent(70)),
        16 => S::ResourcesListed(dice.some(30, &KINDS).into_iter().collect()),
        17 => S::WorkflowsRunNeedsEdit(dice.percent(50)),
        18 => S::FieldsWiden(dice.percent(50)),
        19 => S::TeamsAssignListed(dice.some(30, &KINDS).into_iter().collect()),
        20 => S::RolesExtraBindings(dice.percent(60)),
        21 | 22 => {
            S::SignInSecondFactor(dice.pick(&[SecondFactor::Off, SecondFactor::Managers, SecondFactor::Everyone]))
        }
        // These decide nothing here.
        _ => match dice.below(4) {
            3 => S::ToolChanges(dice.pick(&[ToolChanges::Hold, ToolChanges::Take])),
            0 => S::AdminsWarnBelow(3),
            1 => S::Labels(BTreeMap::new()),
            _ => S::RecordsSync(RecordsSync::All),
        },
    }
}

/// Settings that change at the same time, mostly one.
pub(crate) fn setting_changes(dice: &mut Dice, state: &Organization) -> Vec<SettingChange> {
    let many = dice.pick(&[1, 1, 1, 2, 4]);
    (0..many).map(|_| setting(dice, state)).collect()
}

/// A handful of settings change.
pub(crate) fn settings(dice: &mut Dice, state: &Organization) -> Vec<Event> {
    let many = dice.below(14);
    (0..many).map(|_| Event::SettingChanged(setting(dice, state))).collect()
}

/// What somebody might offer in an invitation, sensible or not.
pub(crate) fn offer(dice: &mut Dice, world: &World) -> Offer {
    let (roles, in_teams) = (world.role_ids(), world.roles_of_level(true));
    let mut offer = Offer { members_only: dice.percent(20), ..Offer::default() };
    if dice.percent(50) {
        offer.role = Some(dice.pick(&roles));
    }
    for number in 0..TEAMS {
        if dice.percent(25) {
            let role = match dice.below(3) {
                0 if !in_teams.is_empty() => Some(dice.pick(&in_teams)),
                1 => Some(dice.pick(&roles)).filter(|_| dice.percent(30)),
                _ => None,
            };
            offer.teams.insert(team(number), role);
        }
    }
    for number in 0..INTEGRATIONS {
        if dice.percent(15) {
            let (profile, tools_off, expires_at) = (dice.pick(&Profile::ALL), BTreeSet::new(), end(dice));
            offer.grants.insert(integration(number), OfferedGrant { profile, tools_off, expires_at });
        }
    }
    offer
}
