//! Stories about roles beside one's own, and about going by another preset.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::{self, Command};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Organization, SettingChange};
use domain::preset::Preset;
use domain::role::{NewRole, RoleEdit, RoleId, RoleLevel};
use domain::time::Timestamp;

use crate::Walk;
use crate::commands::{agent, balanced, crm, key, person, pipeai, role, team, workjet};
use crate::stories::{accept, refusal};

fn give(number: u8, id: &str, expires_at: Option<Timestamp>) -> Command {
    Command::GiveMemberRole { person: person(number), role: role(id), expires_at }
}

fn setting(change: SettingChange) -> Command {
    Command::ChangeSettings { name: None, changes: vec![change] }
}

fn add(number: u8, id: &str) -> Command {
    Command::AddMember { person: person(number), role: role(id) }
}

/// Founded on the preset, with people in some of its roles. The founder is number 0, in the top role, and has a key.
fn with(preset: Preset, people: &[(u8, &str)]) -> Walk {
    let mut walk = Walk::found_on(preset);
    let (kind, digest) = (KeyKind::Personal { holder: person(0) }, "f".repeat(64));
    accept(&mut walk, Command::CreateKey { key: key(3), kind, digest, hint: String::new(), expires_at: None });
    people.iter().for_each(|(number, id)| accept(&mut walk, add(*number, id)));
    walk
}

const EVERYBODY: domain::role::AssignableTo = domain::role::AssignableTo { members: true, keys: true, agents: true };

fn extra_of(state: &Organization, number: u8) -> Vec<RoleId> {
    state.members[&person(number)].extra_roles.keys().copied().collect()
}

// rows: C-14
#[test]
fn a_role_beside_ones_own_takes_a_setting_and_is_never_the_top_role_nor_ones_own() {
    let mut walk = with(balanced(), &[(1, "member")]);
    assert_eq!(refusal(&walk, give(1, "auditor", None)), "no-extra-roles");
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    assert_eq!(refusal(&walk, give(1, "owner", None)), "top-role");
    assert_eq!(refusal(&walk, give(1, "member", None)), "own-role");
    assert_eq!(refusal(&walk, give(1, "team-leader", None)), "role-not-for-members");
    assert_eq!(refusal(&walk, give(1, "auditor", Some(walk.now))), "in-the-past");
    let later = walk.now.plus_ms(1_000);
    accept(&mut walk, give(1, "auditor", Some(later)));
    accept(&mut walk, give(1, "auditor", None));
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(false)));
    assert_eq!(extra_of(&walk.state, 1), [role("auditor")], "kept while the setting is off");
    assert_eq!(refusal(&walk, give(1, "billing", None)), "no-extra-roles");
    accept(&mut walk, Command::ChangeMemberRole { person: person(1), role: role("auditor") });
    assert_eq!(extra_of(&walk.state, 1), [], "it is their own now");
}

#[test]
fn what_one_has_beside_ones_own_role_ends_with_the_role_and_with_the_membership() {
    let mut walk = with(balanced(), &[(1, "member"), (2, "member")]);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    for number in [1, 2] {
        accept(&mut walk, give(number, "auditor", None));
        accept(&mut walk, give(number, "billing", None));
    }
    let nobody = RoleEdit {
        assignable_to: Some(domain::role::AssignableTo { members: false, keys: true, agents: false }),
        ..RoleEdit::default()
    };
    let narrow = Command::EditRole { role: role("billing"), edit: Box::new(nobody) };
    assert_eq!(refusal(&walk, narrow), "role-in-use");
    accept(&mut walk, Command::DeleteRole { role: role("billing"), default: None });
    assert_eq!(extra_of(&walk.state, 1), [role("auditor")]);
    accept(&mut walk, Command::RemoveMember { person: person(2) });
    accept(&mut walk, add(2, "member"));
    assert_eq!(extra_of(&walk.state, 2), []);
}

#[test]
fn a_role_beside_ones_own_that_has_ended_counts_for_nothing() {
    let mut walk = with(balanced(), &[(1, "member")]);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    let end = walk.now.plus_ms(1_000);
    let names: Vec<String> = (0..10).map(|number| format!("shift-{number}")).collect();
    for name in &names {
        let edit = RoleEdit::default();
        let new = NewRole { id: role(name), title: name.clone(), level: RoleLevel::Organization, edit };
        accept(&mut walk, Command::CreateRole(Box::new(new)));
        accept(&mut walk, give(1, name, Some(end)));
    }
    assert_eq!(refusal(&walk, give(1, "auditor", None)), "too-many-roles");
    let permissions = domain::permission::Holding::parse(["settings.*", "member.view"]).ok();
    let wide = || RoleEdit { permissions: permissions.clone(), ..RoleEdit::default() };
    let to_nobody = domain::role::AssignableTo { members: false, keys: true, agents: false };
    let narrow = || RoleEdit { assignable_to: Some(to_nobody), ..RoleEdit::default() };
    let edit = |name: &str, edit: RoleEdit| Command::EditRole { role: role(name), edit: Box::new(edit) };
    assert_eq!(refusal(&walk, edit("shift-0", narrow())), "role-in-use");
    // A key that somebody lower issued would end if the role came to manage more; not when the role is over.
    let (kind, digest) = (KeyKind::Personal { holder: person(1) }, "0".repeat(64));
    let issued = Command::CreateKey { key: key(0), kind, digest, hint: String::new(), expires_at: None };
    for event in command::handle(&walk.state, issued, walk.now).unwrap() {
        let (seq, at, actor) = (walk.state.seq + 1, walk.now, person(2).to_string());
        walk.state.apply(&domain::organization::Stamp { seq, at, actor }, &event);
    }
    walk.now = end;
    accept(&mut walk, edit("shift-1", wide()));
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(false)));
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    assert!(walk.state.live_key(key(0)).is_some());
    accept(&mut walk, edit("shift-0", narrow()));
    accept(&mut walk, give(1, "auditor", None));
    assert_eq!(extra_of(&walk.state, 1), [role("auditor")], "of what has ended nothing is kept");
}

#[test]
fn a_role_that_has_ended_is_given_again_within_the_most_that_one_may_have() {
    let mut walk = with(balanced(), &[(1, "member")]);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    let names: Vec<String> = (0..20).map(|number| format!("shift-{number}")).collect();
    for name in &names {
        let edit = RoleEdit::default();
        let new = NewRole { id: role(name), title: name.clone(), level: RoleLevel::Organization, edit };
        accept(&mut walk, Command::CreateRole(Box::new(new)));
    }
    let (first, rest) = names.split_at(10);
    let end = walk.now.plus_ms(1_000);
    first.iter().for_each(|name| accept(&mut walk, give(1, name, Some(end))));
    walk.now = end;
    rest.iter().for_each(|name| accept(&mut walk, give(1, name, None)));
    assert_eq!(refusal(&walk, give(1, "shift-0", None)), "too-many-roles");
    assert_eq!(extra_of(&walk.state, 1).len(), 10);
}

#[test]
fn a_key_that_somebody_lower_issued_ends_where_its_holder_comes_to_manage_more() {
    let issue = |walk: &mut Walk| {
        let kind = KeyKind::Personal { holder: person(2) };
        let issued =
            Command::CreateKey { key: key(0), kind, digest: "0".repeat(64), hint: String::new(), expires_at: None };
        let events = command::handle(&walk.state, issued, walk.now).unwrap();
        for event in &events {
            // Issued by person 1, who is an admin and may not do all that an owner may.
            let stamp =
                domain::organization::Stamp { seq: walk.state.seq + 1, at: walk.now, actor: person(1).to_string() };
            walk.state.apply(&stamp, event);
        }
    };
    let lead = |walk: &mut Walk| {
        let permissions = domain::permission::Holding::parse(["settings.*", "member.view"]).ok();
        let edit = RoleEdit { permissions, ..RoleEdit::default() };
        let new = NewRole { id: role("lead"), title: "Lead".to_owned(), level: RoleLevel::Organization, edit };
        accept(walk, Command::CreateRole(Box::new(new)));
    };
    let mut walk = with(balanced(), &[(1, "member"), (2, "member")]);
    lead(&mut walk);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    issue(&mut walk);
    accept(&mut walk, give(2, "lead", None));
    assert!(walk.state.live_key(key(0)).is_none(), "whoever issued it could not have given the role");

    // The same where the role was there before, did not count when the key was issued, and counts again.
    let mut walk = with(balanced(), &[(1, "member"), (2, "member")]);
    lead(&mut walk);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    accept(&mut walk, give(2, "lead", None));
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(false)));
    issue(&mut walk);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    assert!(walk.state.live_key(key(0)).is_none());
}

/// A change of preset from what is, with moves.
fn to(walk: &Walk, preset: Preset, moves: &[(&str, &str)]) -> Command {
    let all = [balanced(), crm(), pipeai(), workjet()];
    let present = all.into_iter().find(|known| known.name == walk.state.preset).unwrap();
    let seeded: BTreeSet<RoleId> = present.roles.iter().map(|role| role.id).collect();
    let moved: BTreeMap<RoleId, RoleId> = moves.iter().map(|(from, to)| (role(from), role(to))).collect();
    Command::ChangePreset { preset: Box::new(preset), seeded, moved }
}

fn role_of(walk: &Walk, number: u8) -> RoleId {
    walk.state.members[&person(number)].role
}

#[test]
fn another_preset_brings_its_settings_and_roles_and_everybody_gets_one_of_them() {
    let mut walk = with(balanced(), &[(1, "admin"), (2, "billing"), (3, "viewer")]);
    let own = NewRole {
        id: role("clerk"),
        title: "Clerk".to_owned(),
        level: RoleLevel::Organization,
        edit: RoleEdit::default(),
    };
    accept(&mut walk, Command::CreateRole(Box::new(own)));
    let own = walk.state.roles[&role("clerk")].clone();
    let change = to(&walk, workjet(), &[("viewer", "clerk")]);
    accept(&mut walk, change);
    assert_eq!((walk.state.preset.as_str(), &walk.state.settings), ("workjet", &workjet().settings));
    let expected: BTreeSet<RoleId> = workjet().roles.iter().map(|role| role.id).chain([own.id]).collect();
    assert_eq!(walk.state.roles.keys().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(walk.state.roles[&own.id], own, "roles of one's own stay");
    for brought in workjet().roles {
        assert_eq!(walk.state.roles[&brought.id], brought);
    }
    let held = [0, 1, 2, 3].map(|number| role_of(&walk, number));
    assert_eq!(held, ["owner", "admin", "member", "clerk"].map(role));
}

#[test]
fn the_top_role_leads_to_the_top_role_also_where_the_other_one_has_the_name_of_a_lower_one() {
    for (from, preset, held) in [
        (balanced(), crm(), ["admin", "member", "member"]),
        (crm(), workjet(), ["owner", "member", "member"]),
        (workjet(), crm(), ["admin", "member", "member"]),
    ] {
        let lower = if from.name == "crm" { "member" } else { "admin" };
        let mut walk = with(from.clone(), &[(1, lower), (2, "member")]);
        let change = to(&walk, preset.clone(), &[]);
        accept(&mut walk, change);
        assert_eq!([0, 1, 2].map(|number| role_of(&walk, number)), held.map(role), "{} to {}", from.name, preset.name);
        assert!(walk.state.live_key(key(3)).is_some(), "the founder still gets in");
        let moved = to(&walk, from.clone(), &[]);
        accept(&mut walk, moved);
        assert_eq!(walk.state.top_role_holders().collect::<Vec<_>>(), [person(0)], "{} and back", preset.name);
    }
}

// rows: TW-7
#[test]
fn keys_and_agents_whose_role_ends_or_becomes_another_stand_still_until_they_are_given_one() {
    let mut walk = with(crm(), &[(1, "member")]);
    let kind = KeyKind::Workspace { scope: KeyScope::All, role: Some(role("member")) };
    accept(
        &mut walk,
        Command::CreateKey { key: key(0), kind, digest: "0".repeat(64), hint: String::new(), expires_at: None },
    );
    let (title, role_of_agent) = ("Bot".to_owned(), Some(role("member")));
    accept(
        &mut walk,
        Command::CreateAgent { agent: agent(0), title, sponsor: person(0), role: role_of_agent, expires_at: None },
    );
    let change = to(&walk, workjet(), &[]);
    accept(&mut walk, change);
    let (bot, ant) = (&walk.state.keys[&key(0)], &walk.state.agents[&agent(0)]);
    assert_eq!((bot.role(), bot.suspended), (None, true), "member is another role there");
    assert_eq!((ant.role, ant.suspended, ant.awaits_role), (None, true, true));
    accept(&mut walk, Command::SetAgentRole { agent: agent(0), role: Some(role("member")) });
    assert!(walk.state.agents[&agent(0)].holds_at(walk.now));
    // The same preset once more changes nothing, and so takes nothing away.
    let again = to(&walk, workjet(), &[]);
    assert_eq!(command::handle(&walk.state, again, walk.now), Ok(Vec::new()));
}

// rows: TW-7
#[test]
fn an_agent_with_a_role_of_the_organizations_own_stands_still_where_what_that_states_comes_to_count() {
    let mut walk = with(balanced(), &[]);
    let (edit, level) = (RoleEdit { assignable_to: Some(EVERYBODY), ..RoleEdit::default() }, RoleLevel::Organization);
    let own = NewRole { id: role("ours"), title: "Ours".to_owned(), level, edit };
    accept(&mut walk, Command::CreateRole(Box::new(own)));
    let (title, held) = ("Bot".to_owned(), Some(role("ours")));
    accept(
        &mut walk,
        Command::CreateAgent { agent: agent(0), title, sponsor: person(0), role: held, expires_at: None },
    );
    for implicit in [crm().settings.managers_implicit_access, !crm().settings.managers_implicit_access] {
        let mut walk = walk.clone();
        accept(&mut walk, setting(SettingChange::ManagersImplicitAccess(implicit)));
        let change = to(&walk, crm(), &[]);
        accept(&mut walk, change);
        let bot = &walk.state.agents[&agent(0)];
        let stands_still = implicit != crm().settings.managers_implicit_access;
        assert_eq!((bot.role.is_none(), bot.suspended), (stands_still, stands_still));
    }
}

#[test]
fn what_stands_in_the_way_of_another_preset_is_named_and_nothing_happens() {
    let mut walk = with(balanced(), &[(1, "owner"), (2, "member")]);
    assert_eq!(refusal(&walk, to(&walk, workjet(), &[])), "too-many-owners");
    accept(&mut walk, Command::ChangeMemberRole { person: person(1), role: role("admin") });
    let own = NewRole {
        id: role("user"),
        title: "User of ours".to_owned(),
        level: RoleLevel::Organization,
        edit: RoleEdit::default(),
    };
    accept(&mut walk, Command::CreateRole(Box::new(own)));
    assert_eq!(refusal(&walk, to(&walk, pipeai(), &[])), "taken");
    for moves in [
        ("clerk", "member"),
        ("owner", "member"),
        ("member", "owner"),
        ("member", "unheard-of"),
        ("member", "billing"),
        ("team-leader", "member"),
    ] {
        assert_eq!(refusal(&walk, to(&walk, workjet(), &[moves])), "role-not-moved", "{moves:?}");
    }
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Night shift".to_owned() });
    let place = |id: &str| Command::SetTeamMember { team: team(0), person: person(2), role: Some(role(id)) };
    accept(&mut walk, place("team-editor"));
    assert_eq!(refusal(&walk, to(&walk, workjet(), &[])), "no-role-for-teams");
    let squad =
        NewRole { id: role("squad"), title: "Squad".to_owned(), level: RoleLevel::Team, edit: RoleEdit::default() };
    accept(&mut walk, Command::CreateRole(Box::new(squad)));
    let moved = to(&walk, workjet(), &[("team-editor", "squad")]);
    accept(&mut walk, moved);
    assert_eq!(walk.state.teams[&team(0)].members[&person(2)].role, role("squad"));
}

#[test]
fn nobody_has_the_top_role_of_the_other_preset_beside_their_own() {
    let mut walk = with(balanced(), &[(1, "member")]);
    accept(&mut walk, setting(SettingChange::RolesExtraBindings(true)));
    accept(&mut walk, give(1, "admin", None));
    accept(&mut walk, give(1, "auditor", None));
    let change = to(&walk, crm(), &[]);
    accept(&mut walk, change);
    assert_eq!(extra_of(&walk.state, 1), [], "admin is the top role there, and auditor is none");
}
