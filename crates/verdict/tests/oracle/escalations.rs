//! The ways round a ceiling that other systems left open, one test each: promotion is guarded, but not what comes to
//! the same.

use std::collections::BTreeSet;

use domain::agent::AgentEdit;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::PersonId;
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Invite, KeysWithoutRole, Promote, SettingChange};
use domain::permission::{Holding, PermissionSet};
use domain::role::{AssignableTo, Role, RoleId, RoleLevel};
use verdict::{Action, Actor, Gift, Operation, Question, Snapshot, Subject};

use crate::naive::Answer;
use crate::world::{MOMENTS, World, agent, hexadecimal, key, org, person, preset, role, team};

pub(crate) const OWNER: u8 = 0;
/// Changes roles and settings, adds and invites people, manages keys and agents; may promote as far as that goes, but
/// does not pay, transfer or delete.
pub(crate) const SCHEMER: u8 = 1;
pub(crate) const MEMBER: u8 = 2;
pub(crate) const MIGHTY: u8 = 3;

pub(crate) const SCHEMING: &[&str] = &[
    "organization.view",
    "organization.edit",
    "member.view",
    "member.add",
    "member.invite",
    "member.remove",
    "role.view",
    "role.edit",
    "role.assign",
    "role.promote",
    "team.view:team",
    "team.members:team",
    "team.roles:team",
    "team.assign:team",
    "key.manage_workspace",
    "key.issue",
    "agent.view",
    "agent.manage",
    "integration.view",
    "grant.assign",
];

pub(crate) fn made(name: &str, level: RoleLevel, words: &[&str]) -> Role {
    Role {
        id: role(name),
        title: name.to_owned(),
        typical_for: String::new(),
        guide: String::new(),
        level,
        permissions: Holding::parse(words).unwrap(),
        data: domain::object::DataRules::default(),
        assignable_to: AssignableTo { members: true, keys: true, agents: true },
        locked: false,
        top: false,
    }
}

/// An organization of the balanced preset with a schemer, a member and somebody mighty who pays.
pub(crate) fn company() -> World {
    let mut world = World::founded(preset("balanced"));
    let defined = [
        made("schemer", RoleLevel::Organization, SCHEMING),
        made("mighty", RoleLevel::Organization, &[SCHEMING, &["billing.view", "billing.edit"]].concat()),
        made("plain", RoleLevel::Organization, &["organization.view", "member.view"]),
        made("leader", RoleLevel::Team, &["team.view:team", "team.members:team", "team.roles:team", "team.edit:team"]),
        made("mate", RoleLevel::Team, &["team.view:team"]),
    ];
    defined.into_iter().for_each(|role| world.happens(Event::RoleDefined(role)));
    world.happens(Event::SettingChanged(SettingChange::PromoteAdmin(Promote::ByPermission)));
    world.happens(Event::SettingChanged(SettingChange::JoinDefaultRole(role("plain"))));
    for (number, held) in [(SCHEMER, "schemer"), (MEMBER, "plain"), (MIGHTY, "mighty")] {
        world.happens(Event::MemberAdded { person: person(number), role: role(held) });
    }
    world
}

fn top(world: &World) -> RoleId {
    world.state.roles.values().find(|role| role.top).unwrap().id
}

pub(crate) fn ask(world: &World, who: PersonId, operation: Operation<'_>) -> Answer {
    let snapshot = Snapshot::compile(org(1), &world.state, None);
    let actor = Actor::about(Subject::Member(who));
    Answer::from(&snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now: MOMENTS[0] }))
}

/// The schemer is told this, and the owner, who may, is let.
#[track_caller]
pub(crate) fn only_the_owner(world: &World, operation: Operation<'_>, code: &str) {
    let schemer = ask(world, person(SCHEMER), operation);
    assert_eq!((schemer.allowed, schemer.code), (false, code), "{operation:?}");
    assert!(ask(world, person(OWNER), operation).allowed, "not even the owner may {operation:?}");
}

/// The code of the answer to somebody who acts for the mighty.
fn act(world: &World, subject: Subject, operation: Operation<'_>) -> &'static str {
    let actor = Actor { subject, acting_for: Some(person(MIGHTY)), credential: None };
    let snapshot = Snapshot::compile(org(1), &world.state, None);
    let question = Question { actor: &actor, action: Action::Operate(operation), now: MOMENTS[0] };
    Answer::from(&snapshot.evaluate(&question)).code
}

pub(crate) fn set(words: &[&str]) -> PermissionSet {
    Holding::parse(words).unwrap().set()
}

#[test]
fn nobody_promotes_themselves_by_changing_their_own_role() {
    let world = company();
    let more = set(&[SCHEMING, &["billing.view", "billing.edit"]].concat());
    only_the_owner(&world, Operation::EditRole { role: &role("schemer"), to: more, data: None }, "beyond-your-own");
    let same = Operation::EditRole { role: &role("schemer"), to: set(SCHEMING), data: None };
    assert!(ask(&world, person(SCHEMER), same).allowed, "the ceiling is no wall");
}

#[test]
fn nobody_widens_the_scope_of_what_their_role_holds() {
    let world = company();
    let wider: Vec<&str> = SCHEMING.iter().map(|word| word.strip_suffix(":team").unwrap_or(word)).collect();
    only_the_owner(
        &world,
        Operation::EditRole { role: &role("schemer"), to: set(&wider), data: None },
        "beyond-your-own",
    );
}

#[test]
fn nobody_makes_a_role_with_more_than_theirs_nor_a_copy_of_a_mightier_one() {
    let world = company();
    let mighty = world.state.roles[&role("mighty")].set();
    only_the_owner(&world, Operation::CreateRole { to: mighty, data: None }, "beyond-your-own");
    only_the_owner(
        &world,
        Operation::CreateRole { to: world.state.roles[&top(&world)].set(), data: None },
        "beyond-your-own",
    );
    assert!(ask(&world, person(SCHEMER), Operation::CreateRole { to: set(SCHEMING), data: None }).allowed);
}

#[test]
fn nobody_makes_a_mightier_role_the_one_of_newcomers() {
    let world = company();
    let changes = [SettingChange::JoinDefaultRole(role("mighty"))];
    only_the_owner(&world, Operation::EditOrganization { changes: &changes }, "beyond-your-own");
}

#[test]
fn nobody_makes_keys_without_a_role_mightier_than_themselves() {
    let mut world = company();
    world.happens(Event::SettingChanged(SettingChange::JoinDefaultRole(role("mighty"))));
    world.happens(Event::SettingChanged(SettingChange::KeysWithoutRole(KeysWithoutRole::ToolsOnly)));
    assert!(
        ask(&world, person(SCHEMER), Operation::CreateWorkspaceKey { role: None, scope: KeyScope::Granted }).allowed
    );
    let changes = [SettingChange::KeysWithoutRole(KeysWithoutRole::DefaultRole)];
    only_the_owner(&world, Operation::EditOrganization { changes: &changes }, "beyond-your-own");
    // Where keys have the default role anyway, one without a role is one with that.
    world.happens(Event::SettingChanged(changes[0].clone()));
    only_the_owner(&world, Operation::CreateWorkspaceKey { role: None, scope: KeyScope::Granted }, "beyond-your-own");
    let kind = KeyKind::Workspace { scope: KeyScope::Granted, role: Some(role("plain")) };
    let digest = hexadecimal([7; 32]);
    world.happens(Event::KeyCreated { key: key(7), kind, digest, hint: String::new(), expires_at: None });
    only_the_owner(&world, Operation::SetKeyRole { key: key(7), role: None }, "beyond-your-own");
}

// rows: C-2
#[test]
fn who_may_not_promote_does_not_decide_who_may() {
    let mut world = company();
    world.happens(Event::SettingChanged(SettingChange::PromoteAdmin(Promote::Owner)));
    for to in [Promote::OwnerOrAdmin, Promote::ByPermission] {
        let changes = [SettingChange::PromoteAdmin(to)];
        only_the_owner(&world, Operation::EditOrganization { changes: &changes }, "only-owners");
    }
    let nothing_new = [SettingChange::PromoteAdmin(Promote::Owner)];
    assert!(ask(&world, person(SCHEMER), Operation::EditOrganization { changes: &nothing_new }).allowed);
}

// rows: PW-12, C-2
#[test]
fn nobody_gives_a_mightier_role_to_a_member_old_or_new() {
    let world = company();
    for mightier in [role("mighty"), top(&world)] {
        for member in [SCHEMER, MEMBER].map(person) {
            only_the_owner(&world, Operation::ChangeRole { member, role: &mightier }, "beyond-your-own");
        }
        only_the_owner(&world, Operation::AddMember { role: &mightier }, "beyond-your-own");
    }
}

#[test]
fn an_invitation_offers_no_more_than_its_sender_could_give() {
    let mut world = company();
    only_the_owner(&world, Operation::Invite { role: Some(&role("mighty")) }, "beyond-your-own");
    // To offer what newcomers get is to offer that role, said or not.
    world.happens(Event::SettingChanged(SettingChange::JoinDefaultRole(role("mighty"))));
    only_the_owner(&world, Operation::Invite { role: None }, "beyond-your-own");
    // Where every member invites, the member's ceiling holds as well.
    world.happens(Event::SettingChanged(SettingChange::InviteOrganization(Invite::AnyMember)));
    assert_eq!(ask(&world, person(MEMBER), Operation::Invite { role: None }).code, "beyond-your-own");
    assert_eq!(
        ask(&world, person(MEMBER), Operation::Invite { role: Some(&role("schemer")) }).code,
        "only-default-role"
    );
    world.happens(Event::SettingChanged(SettingChange::JoinDefaultRole(role("plain"))));
    assert!(ask(&world, person(MEMBER), Operation::Invite { role: None }).allowed);
}

#[test]
fn nobody_manages_a_team_through_a_role_that_they_change_for_all_teams() {
    let mut world = company();
    for (number, place) in [(0, "mate"), (1, "leader")] {
        world.happens(Event::TeamCreated { team: team(number), title: format!("Team {number}") });
        world.happens(Event::TeamMemberSet { team: team(number), person: person(SCHEMER), role: role("mate") });
        world.happens(Event::TeamMemberSet { team: team(number), person: person(MEMBER), role: role(place) });
    }
    // The schemer manages people in their teams, and so may make somebody leader there, but for what leaders edit.
    let edit = set(&["team.view:team", "team.edit:team"]);
    only_the_owner(&world, Operation::EditRole { role: &role("mate"), to: edit, data: None }, "beyond-your-own");
    // What is theirs in some teams is not theirs to give in all.
    let members = set(&["team.view:team", "team.members:team"]);
    only_the_owner(&world, Operation::EditRole { role: &role("mate"), to: members, data: None }, "beyond-your-own");
    let lead = Operation::SetTeamMember { team: team(0), member: person(SCHEMER), role: &role("leader") };
    only_the_owner(&world, lead, "beyond-your-own");
    // A leader makes another one, in the same team alone.
    let (member, leader) = (person(SCHEMER), role("leader"));
    let heir = |number| Operation::SetTeamMember { team: team(number), member, role: &leader };
    assert!(ask(&world, person(MEMBER), heir(1)).allowed && !ask(&world, person(MEMBER), heir(0)).allowed);
    let changes = [SettingChange::JoinDefaultTeamRole(Some(role("leader")))];
    only_the_owner(&world, Operation::EditOrganization { changes: &changes }, "beyond-your-own");
}

#[test]
fn nobody_makes_a_mightier_key_nor_gives_one_a_mightier_role() {
    let mut world = company();
    let mighty = role("mighty");
    only_the_owner(
        &world,
        Operation::CreateWorkspaceKey { role: Some(&mighty), scope: KeyScope::Granted },
        "beyond-your-own",
    );
    let kind = KeyKind::Workspace { scope: KeyScope::Granted, role: None };
    let digest = hexadecimal([7; 32]);
    world.happens(Event::KeyCreated { key: key(7), kind, digest, hint: String::new(), expires_at: None });
    only_the_owner(&world, Operation::SetKeyRole { key: key(7), role: Some(&mighty) }, "beyond-your-own");
}

#[test]
fn nobody_comes_by_the_secret_of_a_mightier_key() {
    let mut world = company();
    let keys = [
        (4, KeyKind::Workspace { scope: KeyScope::All, role: Some(role("mighty")) }),
        (5, KeyKind::Personal { holder: person(MIGHTY) }),
        (6, KeyKind::Agent { agent: agent(0), acting_for: None }),
    ];
    let (title, sponsor) = ("Robot".to_owned(), person(MIGHTY));
    let role = Some(role("mighty"));
    world.happens(Event::AgentCreated { agent: agent(0), title, sponsor, role, expires_at: None });
    for (number, kind) in keys {
        let digest = hexadecimal([number; 32]);
        world.happens(Event::KeyCreated { key: key(number), kind, digest, hint: String::new(), expires_at: None });
    }
    only_the_owner(&world, Operation::RotateKey { key: key(4) }, "above-you");
    only_the_owner(&world, Operation::RotateKey { key: key(6) }, "above-you");
    only_the_owner(&world, Operation::CreateAgentKey { agent: agent(0) }, "above-you");
    only_the_owner(&world, Operation::CreatePersonalKey { holder: person(MIGHTY) }, "above-you");
    for ended in [4, 5, 6] {
        only_the_owner(&world, Operation::RevokeKey { key: key(ended) }, "above-you");
    }
    // A personal key is shown to nobody but its holder, not even to those above.
    for who in [OWNER, SCHEMER] {
        assert_eq!(ask(&world, person(who), Operation::RotateKey { key: key(5) }).code, "not-yours");
    }
}

#[test]
fn nobody_makes_a_mightier_agent_nor_takes_one_over() {
    let mut world = company();
    let mighty = role("mighty");
    only_the_owner(&world, Operation::CreateAgent { role: Some(&mighty) }, "beyond-your-own");
    for (number, held) in [(0, "mighty"), (1, "plain")] {
        let (title, sponsor, role) = (format!("Robot {number}"), person(MIGHTY), Some(role(held)));
        world.happens(Event::AgentCreated { agent: agent(number), title, sponsor, role, expires_at: None });
    }
    only_the_owner(&world, Operation::SetAgentRole { agent: agent(1), role: Some(&mighty) }, "beyond-your-own");
    only_the_owner(&world, Operation::SetAgentRole { agent: agent(0), role: None }, "above-you");
    only_the_owner(&world, Operation::EditAgent { agent: agent(0) }, "above-you");
    let suspended = AgentEdit { suspended: Some(true), ..AgentEdit::default() };
    world.happens(Event::AgentEdited { agent: agent(0), edit: suspended });
    only_the_owner(&world, Operation::EditAgent { agent: agent(0) }, "above-you");
}

#[test]
fn members_are_not_moved_into_a_mightier_role_by_deleting_theirs() {
    let world = company();
    for moved_to in [role("mighty"), top(&world)] {
        only_the_owner(&world, Operation::DeleteRole { role: &role("plain"), moved_to: &moved_to }, "beyond-your-own");
    }
    only_the_owner(&world, Operation::DeleteRole { role: &role("mighty"), moved_to: &role("plain") }, "above-you");
    only_the_owner(&world, Operation::DeleteRole { role: &role("mate"), moved_to: &role("leader") }, "beyond-your-own");
    assert!(
        ask(&world, person(SCHEMER), Operation::DeleteRole { role: &role("plain"), moved_to: &role("plain") }).allowed
    );
}

// rows: TW-44
#[test]
fn an_agent_acts_for_those_alone_who_let_it_and_never_beyond_itself() {
    let mut world = company();
    let (title, sponsor) = ("Robot".to_owned(), person(SCHEMER));
    world.happens(Event::AgentCreated { agent: agent(0), title, sponsor, role: Some(role("plain")), expires_at: None });
    let lent = Operation::Delegate { agent: agent(0), person: person(MIGHTY) };
    // Not even the owner lends somebody else's place.
    assert_eq!(ask(&world, person(SCHEMER), lent).code, "not-yours");
    assert_eq!(ask(&world, person(OWNER), lent).code, "not-yours");
    assert!(ask(&world, person(MIGHTY), lent).allowed);
    let robot = Subject::Agent(agent(0));
    assert_eq!(act(&world, robot, Operation::ViewMembers), "no-delegation");
    world.happens(Event::DelegationSet { agent: agent(0), person: person(MIGHTY), expires_at: None });
    assert_eq!(act(&world, robot, Operation::ViewMembers), "role");
    // The person may, the agent may not: both must.
    assert_eq!(act(&world, robot, Operation::AddMember { role: &role("plain") }), "lacks-permission");
    // Nobody but an agent acts for another, whatever they say.
    assert_eq!(act(&world, Subject::Member(person(MEMBER)), Operation::ViewMembers), "no-delegation");
}

// rows: WJ-34
#[test]
fn ownership_is_handed_over_by_its_holder_alone() {
    let mut world = company();
    let everything = made("everything", RoleLevel::Organization, &["settings.*", "billing.*", "audit.*"]);
    world.happens(Event::RoleDefined(everything));
    world.happens(Event::MemberAdded { person: person(4), role: role("everything") });
    let hand_over = Operation::TransferOwnership { to: person(4) };
    assert_eq!(ask(&world, person(4), hand_over).code, "only-owners");
    only_the_owner(&world, hand_over, "lacks-permission");
}

#[test]
fn nobody_is_removed_demoted_or_given_to_by_somebody_below_them() {
    let world = company();
    for above in [OWNER, MIGHTY] {
        let member = person(above);
        for operation in [
            Operation::RemoveMember { member },
            Operation::SuspendMember { member },
            Operation::RestoreMember { member },
            Operation::ChangeRole { member, role: &role("plain") },
            Operation::Assign {
                grantee: Grantee::Member(member),
                integration: crate::world::integration(0),
                gift: None,
            },
        ] {
            only_the_owner(&world, operation, "above-you");
        }
    }
    only_the_owner(
        &world,
        Operation::EditRole { role: &role("mighty"), to: PermissionSet::EMPTY, data: None },
        "above-you",
    );
}

#[test]
fn what_is_hidden_from_a_team_leader_is_not_had_by_giving_it_to_the_team() {
    let mut world = company();
    for event in crate::world::connected(0, false, &[].into()) {
        world.happens(event);
    }
    let leader = made("keeper", RoleLevel::Team, &["team.view:team", "team.assign:team"]);
    world.happens(Event::RoleDefined(leader));
    world.happens(Event::TeamCreated { team: team(0), title: "Team".to_owned() });
    world.happens(Event::TeamMemberSet { team: team(0), person: person(MEMBER), role: role("keeper") });
    let tools_off = BTreeSet::new();
    let gift = Some(Gift { profile: Profile::ReadOnly, tools_off: &tools_off, expires_at: None });
    let grantee = Grantee::Team(team(0));
    let give = |number| Operation::Assign { grantee, integration: crate::world::integration(number), gift };
    let (there, not_there) = (ask(&world, person(MEMBER), give(0)), ask(&world, person(MEMBER), give(1)));
    assert!(!there.allowed && there.hidden && !not_there.allowed && not_there.hidden);
    // Who sees it and has nothing of it would have it in the same moment.
    let sees = made("plain", RoleLevel::Organization, &["organization.view", "member.view", "integration.view"]);
    world.happens(Event::RoleDefined(sees));
    assert!(!ask(&world, person(MEMBER), give(0)).allowed);
}

#[test]
fn what_is_deleted_is_used_by_nobody() {
    use domain::resource::{NewResource, ResourceKind, ResourceVerb};
    let mut world = company();
    let tidy = &["workflow.view", "workflow.delete"];
    world.happens(Event::RoleDefined(made("plain", RoleLevel::Organization, tidy)));
    let (id, title) = (crate::world::resource(0), "Flow".to_owned());
    let new = NewResource { id, kind: ResourceKind::Workflow, title, tier: None, owner: Some(person(OWNER)) };
    world.happens(Event::ResourceRegistered(Box::new(new)));
    let touch = |verb| Operation::Resource { verb, resource: id };
    assert!(ask(&world, person(OWNER), touch(ResourceVerb::Use)).allowed);
    assert!(!ask(&world, person(MEMBER), touch(ResourceVerb::Use)).allowed);
    world.happens(Event::ResourceDeleted { resource: id });
    for who in [OWNER, MEMBER] {
        assert!(!ask(&world, person(who), touch(ResourceVerb::Use)).allowed);
        assert!(ask(&world, person(who), touch(ResourceVerb::Delete)).allowed, "restoring takes the right to delete");
    }
    assert!(!ask(&world, person(MEMBER), touch(ResourceVerb::Edit)).allowed);
}
