//! Stories about roles: their end, the default, what is fixed, and what stands behind a change.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::AgentEdit;
use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::key::{KeyKind, KeyScope};
use domain::object::{DataName, DataRules, Field, FieldRule, Object, ObjectRule, Rule};
use domain::organization::{GrantsTo, SettingChange};
use domain::permission::{Holding, PermissionSet};
use domain::role::{AssignableTo, NewRole, RoleEdit, RoleLevel};

use crate::Walk;
use crate::commands::{agent, balanced, crm, integration, key, person, role, team, workjet};
use crate::stories::{accept, company, refusal, refuse};

fn new_role(id: &str, level: RoleLevel) -> Command {
    let assignable_to = Some(AssignableTo { members: true, keys: true, agents: true });
    let edit = RoleEdit { assignable_to, ..RoleEdit::default() };
    Command::CreateRole(Box::new(NewRole { id: role(id), title: id.to_uppercase(), level, edit }))
}

fn delete(id: &str, default: Option<&str>) -> Command {
    Command::DeleteRole { role: role(id), default: default.map(role) }
}

fn edit(id: &str, edit: RoleEdit) -> Command {
    Command::EditRole { role: role(id), edit: Box::new(edit) }
}

fn workspace_key(role_id: &str) -> Command {
    let kind = KeyKind::Workspace { scope: KeyScope::All, role: Some(role(role_id)) };
    Command::CreateKey { key: key(0), kind, digest: "0".repeat(64), hint: "…0".to_owned(), expires_at: None }
}

fn new_agent(number: u8, role_id: &str) -> Command {
    let (agent, title) = (agent(number), format!("Agent {number}"));
    Command::CreateAgent { agent, title, sponsor: person(0), role: Some(role(role_id)), expires_at: None }
}

/// Founded on the CRM preset, with the role `sales` and person 1 in it.
fn sales() -> Walk {
    let mut walk = Walk::found_on(crm());
    accept(&mut walk, new_role("sales", RoleLevel::Organization));
    accept(&mut walk, Command::AddMember { person: person(1), role: role("sales") });
    walk
}

// rows: TW-7
#[test]
fn members_of_a_deleted_role_get_the_default_role_and_its_keys_and_agents_stand_still() {
    let mut walk = sales();
    accept(&mut walk, workspace_key("sales"));
    accept(&mut walk, new_agent(0, "sales"));
    accept(&mut walk, delete("sales", None));
    let state = &walk.state;
    assert_eq!(state.members[&person(1)].role, role("member"));
    assert_eq!((state.keys[&key(0)].role(), state.keys[&key(0)].suspended), (None, true));
    assert!(!state.agents[&agent(0)].holds_at(walk.now));
    assert!(state.keys[&key(0)].revoked_at.is_none(), "the key ended where it should wait for a role");

    accept(&mut walk, Command::SetKeyRole { key: key(0), role: Some(role("member")) });
    accept(&mut walk, Command::SetAgentRole { agent: agent(0), role: Some(role("member")) });
    assert!(!walk.state.keys[&key(0)].suspended);
    assert!(walk.state.agents[&agent(0)].holds_at(walk.now));
}

#[test]
fn an_agent_that_somebody_suspended_stays_so_whatever_role_it_gets() {
    let mut walk = sales();
    let suspend = |suspended| AgentEdit { suspended: Some(suspended), ..AgentEdit::default() };
    for (number, after) in [(0, false), (1, true)] {
        accept(&mut walk, new_agent(number, "sales"));
        let by_hand = Command::EditAgent { agent: agent(number), edit: suspend(true) };
        if after {
            accept(&mut walk, delete("sales", None));
        }
        accept(&mut walk, by_hand);
        if !after {
            accept(&mut walk, Command::SetAgentRole { agent: agent(number), role: Some(role("member")) });
        }
    }
    for number in [0, 1] {
        accept(&mut walk, Command::SetAgentRole { agent: agent(number), role: None });
        accept(&mut walk, Command::SetAgentRole { agent: agent(number), role: Some(role("member")) });
        assert!(walk.state.agents[&agent(number)].suspended, "agent {number} was set free by a role");
        accept(&mut walk, Command::EditAgent { agent: agent(number), edit: suspend(false) });
        assert!(walk.state.agents[&agent(number)].holds_at(walk.now));
    }
}

// rows: C-26
#[test]
fn the_default_role_can_be_deleted_when_another_is_chosen_in_the_same_step() {
    let mut walk = sales();
    accept(&mut walk, Command::AddMember { person: person(2), role: role("member") });
    let before = walk.state.seq;
    assert_eq!(refusal(&walk, delete("member", None)), "default-role");
    assert_eq!(refusal(&walk, delete("member", Some("member"))), "default-role");
    assert_eq!(refusal(&walk, delete("member", Some("admin"))), "default-role-too-high");
    assert_eq!(refusal(&walk, delete("member", Some("unheard-of"))), "not-found");
    assert_eq!(walk.state.seq, before);
    accept(&mut walk, delete("member", Some("sales")));
    assert_eq!(walk.state.settings.join_default_role, role("sales"));
    assert_eq!(walk.state.members[&person(2)].role, role("sales"));
    assert!(!walk.state.roles.contains_key(&role("member")));
}

// rows: TW-8, C-6
#[test]
fn the_top_role_is_never_deleted_and_a_fixed_one_neither_deleted_nor_changed() {
    let mut walk = sales();
    assert_eq!(refusal(&walk, delete("admin", Some("sales"))), "top-role");
    let title = RoleEdit { title: Some("Boss".to_owned()), ..RoleEdit::default() };
    assert_eq!(refusal(&walk, edit("admin", title.clone())), "role-locked");
    let clone = Command::CloneRole { of: role("admin"), id: role("robot"), title: "Robot".to_owned() };
    accept(&mut walk, clone);
    let robot = &walk.state.roles[&role("robot")];
    assert_eq!((robot.set(), robot.top, robot.locked), (PermissionSet::everything(), false, false));
    accept(&mut walk, edit("robot", title));

    let fixed = Walk::found_on(workjet());
    assert_eq!(refusal(&fixed, delete("admin", Some("member"))), "role-locked");
    assert_eq!(refusal(&fixed, new_role("sales", RoleLevel::Organization)), "roles-fixed");
}

#[test]
fn where_no_role_can_be_created_none_can_be_deleted() {
    let mut walk = Walk::found_on(balanced());
    let fixed = vec![SettingChange::RolesCustom(false)];
    accept(&mut walk, Command::ChangeSettings { name: None, changes: fixed });
    assert_eq!(refusal(&walk, delete("viewer", None)), "roles-fixed");
    // What an unlocked role holds can still be changed, which is what a preset with toggles means.
    let nothing = RoleEdit { permissions: Some(Holding::default()), ..RoleEdit::default() };
    accept(&mut walk, edit("viewer", nothing));
}

#[test]
fn a_role_in_a_team_ends_with_its_members_in_the_default_one() {
    let mut walk = company();
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Support".to_owned() });
    accept(&mut walk, new_role("squad", RoleLevel::Team));
    accept(&mut walk, Command::SetTeamMember { team: team(0), person: person(1), role: Some(role("squad")) });
    assert_eq!(refusal(&walk, delete("squad", Some("member"))), "default-role-too-high");
    accept(&mut walk, delete("squad", None));
    assert_eq!(walk.state.teams[&team(0)].members[&person(1)].role, role("team-member"));
    accept(&mut walk, Command::ChangeSettings { name: None, changes: vec![SettingChange::JoinDefaultTeamRole(None)] });
    assert_eq!(refusal(&walk, delete("team-member", None)), "default-role");
    accept(&mut walk, delete("team-member", Some("team-editor")));
    assert_eq!(walk.state.settings.join_default_team_role, Some(role("team-editor")));
}

#[test]
fn whom_a_role_is_for_does_not_exclude_those_who_have_it_or_would_get_it() {
    let mut walk = company();
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Support".to_owned() });
    accept(&mut walk, Command::SetTeamMember { team: team(0), person: person(1), role: Some(role("team-leader")) });
    accept(&mut walk, Command::AddMember { person: person(2), role: role("viewer") });
    let machines = RoleEdit {
        assignable_to: Some(AssignableTo { members: false, keys: true, agents: true }),
        ..RoleEdit::default()
    };
    assert_eq!(refusal(&walk, edit("viewer", machines.clone())), "role-in-use");
    assert_eq!(refusal(&walk, edit("team-leader", machines.clone())), "role-in-use");
    accept(&mut walk, Command::RemoveMember { person: person(1) });
    // Nobody has it now, and the next newcomer would.
    assert_eq!(refusal(&walk, edit("member", machines.clone())), "default-role");
    assert_eq!(refusal(&walk, edit("team-member", machines.clone())), "default-role");
    accept(&mut walk, edit("team-editor", machines));
    accept(&mut walk, Command::SetTeamMember { team: team(0), person: person(0), role: Some(role("team-leader")) });
    refuse(&mut walk, Command::SetTeamMember { team: team(0), person: person(2), role: Some(role("team-editor")) });
    let default = vec![SettingChange::JoinDefaultTeamRole(Some(role("team-editor")))];
    refuse(&mut walk, Command::ChangeSettings { name: None, changes: default });
}

#[test]
fn what_was_given_to_a_role_ends_with_the_role() {
    let mut walk = company();
    accept(&mut walk, new_role("sales", RoleLevel::Organization));
    let (grantee, integration, tools_off) = (Grantee::Role(role("sales")), integration(0), BTreeSet::new());
    let given = Command::SetGrant { grantee, integration, profile: Profile::Full, tools_off, expires_at: None };
    accept(&mut walk, given.clone());
    accept(&mut walk, delete("sales", None));
    assert!(walk.state.grants.is_empty());
    accept(&mut walk, new_role("sales", RoleLevel::Organization));
    assert!(walk.state.grants.is_empty(), "a role of the same name inherited what another had");
    accept(
        &mut walk,
        Command::ChangeSettings {
            name: None,
            changes: vec![SettingChange::GrantsTo(BTreeSet::from([GrantsTo::Person]))],
        },
    );
    assert_eq!(refusal(&walk, given), "grants-to");
}

#[test]
fn a_role_with_a_rule_for_a_field_that_is_gone_can_still_be_changed() {
    let name = |text: &str| DataName::parse(text).unwrap();
    let people = |fields: &[&str]| {
        let titled = |field: &&str| (name(field), Field { title: (*field).to_owned() });
        let fields = fields.iter().map(titled).collect();
        Command::DefineObject(Box::new(Object { name: name("people"), title: "People".to_owned(), fields }))
    };
    let hidden = |field: &str| {
        let fields = BTreeMap::from([(name(field), FieldRule { see: Rule::Deny, edit: Rule::Inherit })]);
        let objects = BTreeMap::from([(name("people"), ObjectRule { fields, ..ObjectRule::default() })]);
        RoleEdit { data: Some(DataRules { objects }), ..RoleEdit::default() }
    };
    let mut walk = sales();
    accept(&mut walk, people(&["name", "address"]));
    accept(&mut walk, edit("sales", hidden("address")));
    accept(&mut walk, people(&["name"]));
    let renamed = RoleEdit { title: Some("Field sales".to_owned()), ..RoleEdit::default() };
    accept(&mut walk, edit("sales", renamed));
    assert_eq!(refusal(&walk, edit("sales", hidden("shoe_size"))), "no-such-object");
    accept(&mut walk, people(&["name", "address"]));
    let kept = &walk.state.roles[&role("sales")].data.objects["people"].fields["address"];
    assert_eq!(kept.see, Rule::Deny, "the field came back and was seen");
    accept(&mut walk, Command::RemoveObject { object: name("people") });
    assert!(walk.state.roles[&role("sales")].data.objects.is_empty());
}

#[test]
fn a_role_that_holds_a_thing_without_what_it_needs_is_refused() {
    let walk = sales();
    let holds = |word: &str| RoleEdit { permissions: Some(Holding::parse([word]).unwrap()), ..RoleEdit::default() };
    assert_eq!(refusal(&walk, edit("sales", holds("data.destroy"))), "needs-permission");
    assert_eq!(
        refusal(&walk, edit("sales", RoleEdit { title: Some("mEMBER".to_owned()), ..RoleEdit::default() })),
        "taken"
    );
}
