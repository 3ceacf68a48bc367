//! Steps about the organization's name and settings.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::organization::{SettingChange, Settings};
use serde_json::json;

use super::super::SettingValue;
use super::super::export::DEFAULT_TEAM;
use super::{Context, invalid, step};
use crate::Problem;
use crate::policy_file::rehearse::Step;

/// Settings change in three phases: those that stand in the way of other steps are opened, the defaults follow once
/// what they name is there, and the rest is closed at the end.
pub(super) fn phases(context: &Context<'_>) -> Result<(Vec<Step>, Vec<Step>, Vec<Step>), Problem> {
    let present = &context.state.settings;
    let mut closing = renamed(context);
    let Some(stated) = &context.document.settings else { return Ok((Vec::new(), Vec::new(), closing)) };
    let target = target(context, stated)?;
    let opened = Settings {
        roles_custom: present.roles_custom || target.roles_custom,
        grants_to: present.grants_to.union(&target.grants_to).copied().collect(),
        owners_max: present.owners_max.zip(target.owners_max).map(|(one, other)| one.max(other)),
        managers_implicit_access: present.managers_implicit_access && target.managers_implicit_access,
        ..present.clone()
    };
    let with_defaults = Settings {
        join_default_role: target.join_default_role,
        join_default_team_role: target.join_default_team_role,
        join_default_team: target.join_default_team,
        ..opened.clone()
    };
    let opening = changes(context, present, &opened);
    let defaults = changes(context, &opened, &with_defaults);
    closing.extend(changes(context, &with_defaults, &target));
    Ok((opening, defaults, closing))
}

fn renamed(context: &Context<'_>) -> Vec<Step> {
    let name = context.document.name.as_ref().filter(|name| **name != context.state.name);
    let renamed = name.map(|name| {
        let command = Command::ChangeSettings { name: Some(name.clone()), changes: Vec::new() };
        step(&["name"], format!("name the organization {name}"), command)
    });
    renamed.into_iter().collect()
}

fn changes(context: &Context<'_>, from: &Settings, to: &Settings) -> Vec<Step> {
    let one = |change: SettingChange| {
        let written = serde_json::to_value(&change).unwrap_or_default();
        let name = written["setting"].as_str().unwrap_or_default().to_owned();
        let value = match &change {
            SettingChange::JoinDefaultTeam(Some(team)) => {
                let named = context.teams.iter().find(|(_, id)| *id == team).map(|(title, _)| title.clone());
                named.unwrap_or_else(|| team.to_string())
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
                SettingValue::Text(context.team(title).map_err(at)?.to_string())
            }
            value => value.clone(),
        };
        let change = serde_json::from_value(json!({ "setting": name, "value": value }));
        let change: SettingChange = change.map_err(|error| at(invalid(error.to_string())))?;
        target.change(&change);
    }
    Ok(target)
}
