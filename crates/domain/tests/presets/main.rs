//! The presets as they stand under `presets/`: sound, complete, and what the products that they are named after say
//! about their roles, cell by cell.
//!
//! Here a role is asked what it holds. What somebody with the role may do is asked in the tests of `verdict`.

mod matrices;
mod settings;

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::command::{self, Command};
use domain::event::{self, Event};
use domain::id::{PersonId, TeamId};
use domain::organization::{GrantsTo, KeysWithoutRole, Organization, Settings, Stamp};
use domain::permission::{Group, PermissionSet, Scope};
use domain::preset::Preset;
use domain::refusal::Refusal;
use domain::role::{RoleEdit, RoleId, RoleLevel};
use domain::time::Timestamp;

const NAMES: [&str; 6] = ["balanced", "pipeworks", "crm", "pipeai", "workjet", "swiftask"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../presets")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap()
}

fn preset(name: &str) -> Preset {
    toml::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn presets() -> Vec<Preset> {
    NAMES.into_iter().map(preset).collect()
}

fn founded(preset: Preset) -> Organization {
    let owner = PersonId::from_random([0; 20]);
    let found = Command::CreateOrganization { name: "Acme".to_owned(), preset: Box::new(preset), owner };
    let mut state = Organization::new();
    take(&mut state, found).unwrap();
    state
}

fn take(state: &mut Organization, command: Command) -> Result<Vec<Event>, Refusal> {
    let events = command::handle(state, command, Timestamp(1))?;
    for event in &events {
        let stamp = Stamp { seq: state.seq + 1, at: Timestamp(1), actor: "operator".to_owned() };
        // As the journal keeps it.
        state.apply(&stamp, &event::decode(&event::encode(event).unwrap()).unwrap());
    }
    Ok(events)
}

#[test]
fn every_file_is_a_preset_of_its_name_that_passes_its_own_check() {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.collect();
    assert_eq!(files, NAMES.map(|name| format!("{name}.toml")).into());
    for name in NAMES {
        let preset = preset(name);
        assert_eq!(preset.name, name);
        preset.check().unwrap();
        for (field, text) in [("title", &preset.title), ("description", &preset.description)] {
            assert!(!text.is_empty() && text.len() <= 120 && !text.ends_with('.'), "{name}: {field}");
        }
    }
}

#[test]
fn every_preset_states_every_setting_but_those_that_are_none() {
    for preset in presets() {
        let file: toml::Table = toml::from_str(&text(&preset.name)).unwrap();
        let stated: BTreeSet<&str> = file["settings"].as_table().unwrap().keys().map(String::as_str).collect();
        let none = [
            ("owners.max", preset.settings.owners_max.is_none()),
            ("join.default_team", preset.settings.join_default_team.is_none()),
            ("join.default_team_role", preset.settings.join_default_team_role.is_none()),
        ];
        let left_out = none.into_iter().filter(|(_, none)| *none).map(|(name, _)| name).collect();
        let all: BTreeSet<&str> = Settings::NAMES.iter().copied().collect();
        assert_eq!(all.difference(&stated).copied().collect::<BTreeSet<_>>(), left_out, "{}", preset.name);
    }
}

#[test]
fn an_organization_made_from_a_preset_is_as_the_preset_says_and_has_one_holder_of_its_top_role() {
    for preset in presets() {
        let state = founded(preset.clone());
        assert_eq!(state.settings, preset.settings);
        assert_eq!(state.roles.len(), preset.roles.len());
        assert!(preset.roles.iter().all(|role| state.roles.get(&role.id) == Some(role)), "{}", preset.name);
        assert_eq!(state.top_role_holders().count(), 1, "{}", preset.name);
    }
}

/// Where a role's owner may not change it the rules for changed roles still hold for what is in the file.
#[test]
fn every_role_of_a_preset_could_have_been_made_by_hand() {
    for preset in presets() {
        for role in preset.roles.iter().filter(|role| !role.top) {
            let mut loose = preset.clone();
            loose.roles.iter_mut().for_each(|role| role.locked &= role.top);
            let mut state = founded(loose);
            let edit = RoleEdit { typical_for: Some("somebody else".to_owned()), ..RoleEdit::default() };
            let edited = take(&mut state, Command::EditRole { role: role.id, edit: Box::new(edit) });
            assert_eq!(edited.unwrap().len(), 1, "{} of {}", role.id, preset.name);
        }
    }
}

// rows: PW-17, SW-58
#[test]
fn every_role_says_who_typically_has_it_and_what_to_mind() {
    for preset in presets() {
        for role in &preset.roles {
            let name = format!("{} of {}", role.id, preset.name);
            assert!(!role.typical_for.is_empty() && !role.typical_for.ends_with('.'), "{name}");
            assert!(role.guide.len() > 100 && role.guide.ends_with('.') && !role.guide.contains("  "), "{name}");
            assert!(!role.guide.contains('\n'), "{name}");
        }
    }
}

#[test]
fn the_top_role_states_every_group_and_only_people_can_have_it() {
    for preset in presets() {
        let top = preset.roles.first().unwrap();
        assert!(top.top && top.locked, "{}", preset.name);
        assert_eq!(top.permissions.groups, Group::ALL.into());
        assert_eq!(top.permissions.set(), PermissionSet::everything());
        assert!(top.assignable_to.members && !top.assignable_to.keys && !top.assignable_to.agents);
    }
}

#[test]
fn where_teams_are_given_things_people_can_be_put_into_teams() {
    for preset in presets() {
        let name = preset.name.clone();
        let in_teams = preset.roles.iter().any(|role| role.level == RoleLevel::Team);
        let given = preset.settings.grants_to.contains(&GrantsTo::Team);
        assert_eq!(in_teams, given, "{name}");
        assert_eq!(in_teams, preset.settings.join_default_team_role.is_some(), "{name}");
        if in_teams {
            let mut state = founded(preset);
            let (team, person) = (TeamId::from_random([0; 20]), PersonId::from_random([0; 20]));
            take(&mut state, Command::CreateTeam { team, title: "Support".to_owned() }).unwrap();
            take(&mut state, Command::SetTeamMember { team, person, role: None }).unwrap();
            assert_eq!(state.teams[&team].members.len(), 1, "{name}");
        }
    }
}

#[test]
fn a_role_in_teams_states_nothing_that_reaches_beyond_a_team() {
    for preset in presets() {
        for role in preset.roles.iter().filter(|role| role.level == RoleLevel::Team) {
            let beyond = role.set().iter().find(|(_, scope)| *scope > Scope::Team);
            assert_eq!(beyond, None, "{} of {}", role.id, preset.name);
        }
    }
}

#[test]
fn where_keys_need_a_role_there_is_one_for_them() {
    for preset in presets() {
        let needed = preset.settings.keys_without_role == KeysWithoutRole::Deny;
        let for_keys = preset.roles.iter().any(|role| role.assignable_to.keys && role.assignable_to.agents);
        assert!(for_keys || !needed, "no key of {} could ever do anything", preset.name);
    }
}

fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}
