//! Steps about the organization's name and settings.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::TeamId;
use domain::organization::{GrantsTo, SettingChange, Settings};
use domain::permission::Permission;
use domain::role::{Role, RoleId};
use serde_json::json;

use super::super::SettingValue;
use super::super::export::DEFAULT_TEAM;
use super::agenda::{Agenda, Phase};
use super::{Context, invalid, step};
use crate::Problem;
use crate::policy_file::rehearse::Step;

/// Settings change in three phases: those that stand in the way of other steps are opened, the defaults follow once
/// what they name is there, and the rest is closed at the end.
pub(super) fn steps(context: &Context<'_>, agenda: &mut Agenda) -> Result<(), Problem> {
    let present = &context.state.settings;
    agenda.add(Phase::Close, renamed(context));
    let Some(stated) = &context.document.settings else { return Ok(()) };
    let target = target(context, stated)?;
    let needs = Needs::of(context, agenda);
    let opened = Settings {
        roles_custom: present.roles_custom || target.roles_custom || needs.custom_roles,
        roles_extra_bindings: present.roles_extra_bindings || needs.extra_roles,
        grants_to: present.grants_to.union(&target.grants_to).chain(&needs.grants_to).copied().collect(),
        owners_max: present.owners_max.zip(target.owners_max).map(|(one, other)| one.max(other)),
        managers_implicit_access: present.managers_implicit_access
            && target.managers_implicit_access
            && !needs.no_implicit_access,
        ..present.clone()
    };
    let with_defaults = Settings {
        join_default_role: target.join_default_role,
        join_default_team_role: target.join_default_team_role,
        join_default_team: target.join_default_team,
        ..opened.clone()
    };
    agenda.add(Phase::Open, changes(context, present, &opened));
    agenda.add(Phase::Defaults, changes(context, &opened, &with_defaults));
    agenda.add(Phase::Close, changes(context, &with_defaults, &target));
    Ok(())
}

/// What must be open for the other steps, whatever it is before and after: what does not count any longer was given
/// once and is kept, and a document that states the settings may state that as well.
#[derive(Default)]
struct Needs {
    custom_roles: bool,
    extra_roles: bool,
    grants_to: BTreeSet<GrantsTo>,
    /// Who uses everything anyway is given nothing.
    no_implicit_access: bool,
}

impl Needs {
    fn of(context: &Context<'_>, agenda: &Agenda) -> Needs {
        let mut needs = Needs::default();
        for command in agenda.commands() {
            match command {
                Command::CreateRole(_) | Command::DeleteRole { .. } => needs.custom_roles = true,
                Command::GiveMemberRole { .. } => needs.extra_roles = true,
                Command::SetGrant { grantee, .. } | Command::ShareResource { with: grantee, .. } => {
                    let (to, role) = match grantee {
                        Grantee::Member(person) => (Some(GrantsTo::Person), context.role_afterwards(*person)),
                        Grantee::Role(role) => (Some(GrantsTo::Role), Some(*role)),
                        Grantee::Team(_) => (Some(GrantsTo::Team), None),
                        Grantee::Key(_) | Grantee::Agent(_) => (None, None),
                    };
                    needs.grants_to.extend(to);
                    let given = matches!(command, Command::SetGrant { .. });
                    needs.no_implicit_access |= given && role.is_some_and(|role| uses_everything(context, role));
                }
                Command::AssignResource { .. } => drop(needs.grants_to.insert(GrantsTo::Team)),
                _ => {}
            }
        }
        needs
    }
}

fn uses_everything(context: &Context<'_>, role: RoleId) -> bool {
    let stated = context.document.roles.as_ref().and_then(|roles| roles.get(&role)).filter(|entry| !entry.fixed);
    let present = || context.state.roles.get(&role).map(Role::set);
    let set = stated.map(|entry| entry.permissions.set()).or_else(present);
    set.is_some_and(|set| set.holds(Permission::IntegrationUseAll))
}

fn renamed(context: &Context<'_>) -> Option<Step> {
    let name = context.document.name.as_ref().filter(|name| **name != context.state.name)?;
    let command = Command::ChangeSettings { name: Some(name.clone()), changes: Vec::new() };
    Some(step(&["name"], format!("name the organization {name}"), command))
}

fn changes(context: &Context<'_>, from: &Settings, to: &Settings) -> Vec<Step> {
    let one = |change: SettingChange| {
        let written = serde_json::to_value(&change).unwrap_or_default();
        let name = written["setting"].as_str().unwrap_or_default().to_owned();
        let value = match &change {
            SettingChange::JoinDefaultTeam(Some(team)) => {
                let titles = context.state.teams.values().map(|team| (team.id, &team.title));
                let new = context.document.teams.iter().flatten().map(|(title, _)| title);
                let mut titles = titles.chain(new.filter_map(|title| Some((context.team(title).ok()?, title))));
                let title = titles.find(|(id, _)| context.sees_teams && id == team).map(|(_, title)| title.clone());
                title.unwrap_or_else(|| team.to_string())
            }
            _ => written["value"].to_string(),
        };
        let command = Command::ChangeSettings { name: None, changes: vec![change] };
        step(&["settings", &name], format!("set {name} to {value}"), command)
    };
    from.changes_to(to).into_iter().map(one).collect()
}

/// The settings that the document comes to; what it leaves out is as it is.
fn target(context: &Context<'_>, stated: &BTreeMap<String, SettingValue>) -> Result<Settings, Problem> {
    let mut target = context.state.settings.clone();
    for (name, value) in stated {
        let at = |problem: Problem| problem.in_step(&["settings", name]);
        if !Settings::NAMES.contains(&name.as_str()) {
            let known = Settings::NAMES.join(", ");
            return Err(at(invalid(format!("there is no setting {name}; there are {known}"))));
        }
        let value = match value {
            SettingValue::Text(title) if name == DEFAULT_TEAM => {
                SettingValue::Text(default_team(context, title).map_err(at)?.to_string())
            }
            value => value.clone(),
        };
        let change = serde_json::from_value(json!({ "setting": name, "value": value }));
        let change: SettingChange = change.map_err(|error| at(invalid(error.to_string())))?;
        target.change(&change);
    }
    Ok(target)
}

/// The team that newcomers join, by id or by name. Who may not see the teams learns from no name whether there is such
/// a team.
fn default_team(context: &Context<'_>, named: &str) -> Result<TeamId, Problem> {
    match TeamId::parse(named) {
        Ok(team) => Ok(team),
        Err(_) if context.sees_teams => context.team(named),
        Err(_) => Err(Problem::missing("team")),
    }
}
