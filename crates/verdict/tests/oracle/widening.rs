//! Ways to have more, or to let others have it, by giving what one has less of: to one's own team, by a share, in a
//! role, with a key or through a setting.

use std::collections::BTreeSet;

use domain::agent::AgentEdit;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::integration::ToolClass;
use domain::key::{KeyKind, KeyScope};
use domain::object::{DataRules, FieldRule, ObjectRule, Rule};
use domain::organization::{KeysWithoutRole, Promote, SettingChange};
use domain::resource::{NewResource, ResourceKind, ResourceVerb, Shared};
use domain::role::{Role, RoleId, RoleLevel};
use verdict::{Gift, Operation};

use crate::chance;
use crate::escalations::{MEMBER, MIGHTY, OWNER, SCHEMER, SCHEMING, ask, company, made, only_the_owner, set};
use crate::world::{MOMENTS, World, agent, data, hexadecimal, key, person, resource, role, team};

/// A member's role of the organization means this from now on.
fn plain_holds(world: &mut World, words: &[&str]) {
    world.happens(Event::RoleDefined(made("plain", RoleLevel::Organization, words)));
}

/// A team, in which a member has this role.
fn team_with(world: &mut World, number: u8, member: u8, words: &[&str]) {
    let held = role(&format!("place-{number}-{member}"));
    world.happens(Event::RoleDefined(made(held.as_str(), RoleLevel::Team, words)));
    if !world.state.teams.contains_key(&team(number)) {
        world.happens(Event::TeamCreated { team: team(number), title: format!("Team {number}") });
    }
    world.happens(Event::TeamMemberSet { team: team(number), person: person(member), role: held });
}

fn project(world: &mut World, owner: u8) {
    let (id, title, tier) = (resource(0), "Plan".to_owned(), None);
    let new = NewResource { id, kind: ResourceKind::Project, title, tier, owner: Some(person(owner)) };
    world.happens(Event::ResourceRegistered(Box::new(new)));
}

#[test]
fn a_leader_lifts_nothing_that_was_cut_for_the_team_and_gives_it_nothing_that_they_have_less_of() {
    let mut world = company();
    let tools = [("get", (ToolClass::Read, true, false)), ("delete", (ToolClass::Delete, true, false))];
    world.happens_all(crate::world::connected(0, false, &tools.into()));
    world.happens(Event::RoleDefined(made("keeper", RoleLevel::Team, &["team.view:team", "team.assign:team"])));
    for number in [0, 1] {
        world.happens(Event::TeamCreated { team: team(number), title: format!("Team {number}") });
        world.happens(Event::TeamMemberSet { team: team(number), person: person(MEMBER), role: role("keeper") });
    }
    let integration = crate::world::integration(0);
    // "gone" is off too, and at present not listed.
    let cut: BTreeSet<String> = ["get", "gone"].map(str::to_owned).into();
    world.happens(Event::GrantSet {
        grantee: Grantee::Team(team(0)),
        integration,
        profile: Profile::NoDelete,
        tools_off: cut.clone(),
        expires_at: Some(MOMENTS[2]),
    });
    let (none, one): (BTreeSet<String>, BTreeSet<String>) = (BTreeSet::new(), ["get".to_owned()].into());
    let may = |world: &World, to, profile, tools_off, expires_at| {
        let gift = Some(Gift { profile, tools_off, expires_at });
        ask(world, person(MEMBER), Operation::Assign { grantee: Grantee::Team(team(to)), integration, gift }).code
    };
    let (end, later) = (Some(MOMENTS[2]), Some(MOMENTS[3]));
    for to in [0, 1] {
        assert_eq!(may(&world, to, Profile::Full, &cut, end), "beyond-your-reach");
        assert_eq!(may(&world, to, Profile::NoDelete, &none, end), "beyond-your-reach");
        assert_eq!(may(&world, to, Profile::NoDelete, &one, end), "beyond-your-reach");
        assert_eq!(may(&world, to, Profile::NoDelete, &cut, None), "beyond-your-reach");
        assert_eq!(may(&world, to, Profile::NoDelete, &cut, later), "beyond-your-reach");
        assert_eq!(may(&world, to, Profile::NoDelete, &cut, end), "team-role");
        assert_eq!(may(&world, to, Profile::ReadOnly, &cut, Some(MOMENTS[1])), "team-role");
    }
    // Whoever assigns for all teams need not have it.
    let gift = Some(Gift { profile: Profile::Full, tools_off: &none, expires_at: None });
    let give = Operation::Assign { grantee: Grantee::Team(team(0)), integration, gift };
    assert!(ask(&world, person(OWNER), give).allowed);
}

#[test]
fn nobody_comes_to_do_more_with_a_resource_by_giving_it_to_their_team() {
    let mut world = company();
    plain_holds(&mut world, &["team.view:team", "project.view:own", "project.share:own"]);
    team_with(&mut world, 0, MEMBER, &["team.view:team", "team.assign:team", "project.view:team", "project.edit:team"]);
    project(&mut world, OWNER);
    let shared = |level| Event::ResourceShared {
        resource: resource(0),
        with: Grantee::Member(person(MEMBER)),
        level,
        expires_at: None,
    };
    let give = Operation::AssignResource { team: team(0), resource: resource(0) };
    world.happens(shared(Shared::View));
    assert_eq!(ask(&world, person(MEMBER), give).code, "out-of-scope", "who sees it may not share it");
    // To share it is not enough either, where the team would change it and they may not.
    plain_holds(&mut world, &["team.view:team", "project.view:own", "project.share"]);
    assert_eq!(ask(&world, person(MEMBER), give).code, "beyond-your-reach");
    plain_holds(&mut world, &["team.view:team", "project.view", "project.edit", "project.share"]);
    assert!(ask(&world, person(MEMBER), give).allowed);
    // Nor where somebody else in the team would.
    team_with(&mut world, 0, MIGHTY, &["team.view:team", "project.view:team", "project.destroy:team"]);
    assert_eq!(ask(&world, person(MEMBER), give).code, "beyond-your-reach");
    assert!(ask(&world, person(OWNER), give).allowed);
}

// rows: C-14
#[test]
fn nobody_keeps_what_they_may_do_with_a_resource_for_a_time_by_giving_it_to_their_team() {
    let mut world = company();
    world.happens(Event::SettingChanged(SettingChange::RolesExtraBindings(true)));
    let own = ["team.view:team", "project.view:own", "project.edit:own"];
    plain_holds(&mut world, &own);
    team_with(&mut world, 0, MEMBER, &["team.view:team", "team.assign:team", "project.view:team", "project.edit:team"]);
    project(&mut world, OWNER);
    let keeper = ["project.view", "project.use", "project.edit", "project.share"];
    world.happens(Event::RoleDefined(made("keeper", RoleLevel::Organization, &keeper)));
    let give = Operation::AssignResource { team: team(0), resource: resource(0) };
    let held = |expires_at| Event::MemberRoleGiven { person: person(MEMBER), role: role("keeper"), expires_at };
    world.happens(held(Some(MOMENTS[2])));
    assert_eq!(ask(&world, person(MEMBER), give).code, "beyond-your-reach", "the team would keep it");
    world.happens(held(None));
    assert!(ask(&world, person(MEMBER), give).allowed);
    // By a share that ends it is the same.
    world.happens(Event::MemberRoleTaken { person: person(MEMBER), role: role("keeper") });
    plain_holds(&mut world, &[&own[..], &["project.share"]].concat());
    let (with, level) = (Grantee::Member(person(MEMBER)), Shared::Edit);
    for (expires_at, code) in [(Some(MOMENTS[2]), "beyond-your-reach"), (None, "team-role")] {
        world.happens(Event::ResourceShared { resource: resource(0), with, level, expires_at });
        assert_eq!(ask(&world, person(MEMBER), give).code, code);
    }
}

// rows: PA-21
#[test]
fn what_everybody_sees_is_given_to_a_team_without_a_right_to_it_where_the_organization_has_it_so() {
    let mut world = company();
    plain_holds(&mut world, &["team.view:team"]);
    team_with(&mut world, 0, MEMBER, &["team.view:team", "team.assign:team"]);
    project(&mut world, OWNER);
    let give = Operation::AssignResource { team: team(0), resource: resource(0) };
    world.happens(Event::SettingChanged(SettingChange::ResourcesListed([ResourceKind::Project].into())));
    assert_eq!(ask(&world, person(MEMBER), give).code, "lacks-permission", "to be listed is not to be given");
    let assigned = SettingChange::TeamsAssignListed([ResourceKind::Project].into());
    only_the_owner(&world, Operation::EditOrganization { changes: std::slice::from_ref(&assigned) }, "beyond-your-own");
    world.happens(Event::SettingChanged(assigned));
    assert!(ask(&world, person(MEMBER), give).allowed);
    world.happens(Event::SettingChanged(SettingChange::ResourcesListed([].into())));
    assert!(ask(&world, person(MEMBER), give).hidden, "what is not listed any more is hidden");
}

#[test]
fn nobody_shares_further_or_longer_than_they_may_use_it_nor_with_themselves() {
    let mut world = company();
    plain_holds(&mut world, &["project.view", "project.share", "project.edit:own"]);
    project(&mut world, OWNER);
    let share = |with, level, expires_at| Operation::ShareResource {
        resource: resource(0),
        with: Grantee::Member(person(with)),
        level,
        expires_at,
    };
    for with in [MEMBER, MIGHTY] {
        assert_eq!(ask(&world, person(MEMBER), share(with, Shared::Edit, None)).code, "beyond-your-reach");
    }
    assert_eq!(ask(&world, person(MEMBER), share(MEMBER, Shared::View, None)).code, "beyond-your-reach");
    assert!(ask(&world, person(MEMBER), share(MIGHTY, Shared::View, None)).allowed);
    // What one has until an end one does not lend beyond it.
    plain_holds(&mut world, &["project.view", "project.share", "project.use:own"]);
    let (with, level) = (Grantee::Member(person(MEMBER)), Shared::Use);
    world.happens(Event::ResourceShared { resource: resource(0), with, level, expires_at: Some(MOMENTS[2]) });
    assert!(ask(&world, person(MEMBER), share(MIGHTY, Shared::Use, Some(MOMENTS[2]))).allowed);
    for later in [Some(MOMENTS[3]), None] {
        assert_eq!(ask(&world, person(MEMBER), share(MIGHTY, Shared::Use, later)).code, "beyond-your-reach");
    }
    let take_back = Operation::Resource { verb: ResourceVerb::Share, resource: resource(0) };
    assert!(ask(&world, person(MEMBER), take_back).allowed);
}

#[test]
fn who_manages_a_team_is_above_those_who_do_not_whatever_their_roles_in_the_organization() {
    let mut world = company();
    world.happens(Event::MemberAdded { person: person(4), role: role("plain") });
    team_with(&mut world, 0, MEMBER, &["team.view:team", "team.members:team", "team.edit:team"]);
    let digest = hexadecimal([7; 32]);
    let kind = KeyKind::Personal { holder: person(MEMBER) };
    world.happens(Event::KeyCreated { key: key(7), kind, digest, hint: String::new(), expires_at: None });
    let (member, plain) = (person(MEMBER), role("plain"));
    for operation in [
        Operation::CreatePersonalKey { holder: member },
        Operation::RevokeKey { key: key(7) },
        Operation::RemoveMember { member },
        Operation::SuspendMember { member },
        Operation::RestoreMember { member },
        Operation::ChangeRole { member, role: &plain },
    ] {
        only_the_owner(&world, operation, "above-you");
    }
    assert!(ask(&world, person(SCHEMER), Operation::CreatePersonalKey { holder: person(4) }).allowed);
}

#[test]
fn nobody_writes_into_a_role_what_they_do_not_hold_themselves_in_force_or_not() {
    let mut world = company();
    for in_force in [true, false] {
        world.happens(Event::SettingChanged(SettingChange::ManagersImplicitAccess(in_force)));
        for word in ["audit.read", "access.explain", "data.see", "integration.use_all", "project.use", "invoice.view"] {
            let more = set(&[SCHEMING, &[word]].concat());
            only_the_owner(
                &world,
                Operation::EditRole { role: &role("schemer"), to: more, data: None },
                "beyond-your-own",
            );
            only_the_owner(&world, Operation::CreateRole { to: set(&[word]), data: None }, "beyond-your-own");
        }
    }
    // What one's own role states is written on, whether anybody has it at present or not.
    let states = [SCHEMING, &["integration.use_all"]].concat();
    world.happens(Event::RoleDefined(made("schemer", RoleLevel::Organization, &states)));
    assert!(
        ask(&world, person(SCHEMER), Operation::CreateRole { to: set(&["integration.use_all"]), data: None }).allowed
    );
}

/// What a role says of two fields of the people, and of all of them.
fn of_people(see: Rule, amount: FieldRule) -> DataRules {
    let rule = ObjectRule { see, fields: [(data("amount"), amount)].into(), ..ObjectRule::default() };
    DataRules { objects: [(data("people"), rule)].into() }
}

fn edited<'q>(role: &'q RoleId, to: &[&str], data: Option<&'q DataRules>) -> Operation<'q> {
    Operation::EditRole { role, to: set(to), data }
}

// rows: C-25
#[test]
fn nobody_opens_records_and_fields_by_an_exception_in_a_role_that_are_not_open_to_them() {
    let mut world = company();
    for name in ["people", "deals"] {
        world.happens(Event::ObjectDefined(Box::new(chance::object(name, &["mail", "amount"]))));
    }
    let (nothing, schemer) = (FieldRule::default(), role("schemer"));
    let opened = of_people(Rule::Allow, nothing);
    only_the_owner(&world, edited(&schemer, SCHEMING, Some(&opened)), "beyond-your-reach");
    only_the_owner(&world, Operation::CreateRole { to: set(SCHEMING), data: Some(&opened) }, "beyond-your-reach");
    // Who sees all others takes no exception away, nor leaves it out of another role.
    let sees = [SCHEMING, &["data.see"]].concat();
    let hidden = FieldRule { see: Rule::Deny, edit: Rule::Inherit };
    for present in [of_people(Rule::Deny, nothing), of_people(Rule::Allow, hidden)] {
        let held = Role { data: present.clone(), ..made("schemer", RoleLevel::Organization, &sees) };
        world.happens(Event::RoleDefined(held));
        let (lifted, none) = (of_people(Rule::Inherit, nothing), DataRules::default());
        for data in [&lifted, &none] {
            only_the_owner(&world, edited(&schemer, &sees, Some(data)), "beyond-your-reach");
        }
        only_the_owner(&world, Operation::CreateRole { to: set(&sees), data: None }, "beyond-your-reach");
        // A role that says nothing of them comes to see them by the permission for all objects.
        let plain = Operation::EditRole { role: &role("plain"), to: set(&["data.see"]), data: None };
        only_the_owner(&world, plain, "beyond-your-reach");
        assert!(
            ask(&world, person(SCHEMER), edited(&schemer, &sees, Some(&present))).allowed,
            "what is as it was opens nothing"
        );
        assert!(ask(&world, person(SCHEMER), Operation::CreateRole { to: set(&sees), data: Some(&present) }).allowed);
    }
}

// rows: C-25
#[test]
fn nobody_lifts_a_denial_by_removing_what_it_is_about() {
    let mut world = company();
    let people = |fields: &[&str]| chance::object("people", fields);
    world.happens(Event::ObjectDefined(Box::new(people(&["mail", "amount"]))));
    world.happens(Event::ObjectDefined(Box::new(chance::object("deals", &["amount"]))));
    let sees = [SCHEMING, &["data_model.edit", "data.see"]].concat();
    let says = |data| Event::RoleDefined(Role { data, ..made("schemer", RoleLevel::Organization, &sees) });
    let (whole, less) = (people(&["mail", "amount", "name"]), people(&["mail"]));
    let object = Some(&whole.name);
    let remove = Operation::EditDataModel { object, to: None };
    let [drop_field, keep_all] = [&less, &whole].map(|to| Operation::EditDataModel { object, to: Some(to) });
    let deals = data("deals");
    let other = Operation::EditDataModel { object: Some(&deals), to: None };
    world.happens(says(DataRules::default()));
    for change in [remove, drop_field, keep_all] {
        assert!(ask(&world, person(SCHEMER), change).allowed, "nobody is denied anything: {change:?}");
    }
    // What a role is denied of the whole, of a field, and to change.
    let (nothing, unseen) = (FieldRule::default(), FieldRule { see: Rule::Deny, edit: Rule::Inherit });
    world.happens(says(of_people(Rule::Deny, nothing)));
    only_the_owner(&world, remove, "beyond-your-reach");
    assert!(ask(&world, person(SCHEMER), drop_field).allowed, "the object stays, and unseen");
    world.happens(says(of_people(Rule::Inherit, unseen)));
    only_the_owner(&world, remove, "beyond-your-reach");
    only_the_owner(&world, drop_field, "beyond-your-reach");
    for change in [keep_all, other] {
        assert!(ask(&world, person(SCHEMER), change).allowed, "{change:?}");
    }
    // Another's denial is lifted by who sees what is behind it, for good.
    world.happens(says(DataRules::default()));
    let denied = of_people(Rule::Deny, nothing);
    let clerk = Role { data: denied, ..made("clerk", RoleLevel::Organization, &["data.see"]) };
    world.happens(Event::RoleDefined(clerk));
    assert!(ask(&world, person(SCHEMER), remove).allowed);
    let unseeing = [SCHEMING, &["data_model.edit"]].concat();
    world.happens(Event::RoleDefined(made("schemer", RoleLevel::Organization, &unseeing)));
    only_the_owner(&world, remove, "beyond-your-reach");
    world.happens(Event::SettingChanged(SettingChange::RolesExtraBindings(true)));
    world.happens(Event::RoleDefined(made("seer", RoleLevel::Organization, &["data.see"])));
    let seer = |expires_at| Event::MemberRoleGiven { person: person(SCHEMER), role: role("seer"), expires_at };
    world.happens(seer(Some(MOMENTS[2])));
    only_the_owner(&world, remove, "beyond-your-reach");
    world.happens(seer(None));
    assert!(ask(&world, person(SCHEMER), remove).allowed);
}

#[test]
fn nobody_lets_exceptions_open_fields_that_are_not_open_to_them() {
    let mut world = company();
    world.happens(Event::ObjectDefined(Box::new(chance::object("people", &["mail", "amount"]))));
    world.happens(Event::SettingChanged(SettingChange::FieldsWiden(false)));
    let widen = [SettingChange::FieldsWiden(true)];
    assert!(ask(&world, person(SCHEMER), Operation::EditOrganization { changes: &widen }).allowed, "it opens nothing");
    let said = of_people(Rule::Allow, FieldRule { see: Rule::Inherit, edit: Rule::Allow });
    let held = Role { data: said, ..made("schemer", RoleLevel::Organization, SCHEMING) };
    world.happens(Event::RoleDefined(held));
    only_the_owner(&world, Operation::EditOrganization { changes: &widen }, "beyond-your-reach");
}

/// A workspace key.
fn has_key(world: &mut World, number: u8, scope: KeyScope, held: Option<&str>) {
    let (kind, digest) = (KeyKind::Workspace { scope, role: held.map(role) }, hexadecimal([number; 32]));
    world.happens(Event::KeyCreated { key: key(number), kind, digest, hint: String::new(), expires_at: None });
}

// rows: C-9
#[test]
fn nobody_is_shown_the_secret_of_a_key_that_was_made_for_everything_but_who_uses_everything() {
    let mut world = company();
    let user = made("user", RoleLevel::Organization, &["organization.view", "integration.use_all"]);
    world.happens(Event::RoleDefined(user));
    has_key(&mut world, 7, KeyScope::All, None);
    has_key(&mut world, 8, KeyScope::All, Some("plain"));
    let rotate = |number| Operation::RotateKey { key: key(number) };
    for without_role in [KeysWithoutRole::ToolsOnly, KeysWithoutRole::Deny] {
        world.happens(Event::SettingChanged(SettingChange::KeysWithoutRole(without_role)));
        for in_force in [true, false] {
            world.happens(Event::SettingChanged(SettingChange::ManagersImplicitAccess(in_force)));
            for number in [7, 8] {
                only_the_owner(&world, rotate(number), "lacks-permission");
                assert!(ask(&world, person(SCHEMER), Operation::RevokeKey { key: key(number) }).allowed);
            }
        }
    }
    // One that lost its role stands still, and is made for everything all the same.
    has_key(&mut world, 9, KeyScope::All, Some("user"));
    world.happens(Event::RoleDeleted { role: role("user"), moved_to: role("plain") });
    assert!(world.state.keys[&key(9)].suspended);
    only_the_owner(&world, rotate(9), "lacks-permission");
}

// rows: TW-38
#[test]
fn whoever_sees_a_new_secret_and_assigns_no_roles_has_what_it_carries() {
    let mut world = company();
    plain_holds(&mut world, &["key.manage_workspace", "key.issue", "agent.view", "agent.manage", "integration.view"]);
    world.happens(Event::ObjectDefined(Box::new(chance::object("people", &["mail", "amount"]))));
    let held = |name, words| made(name, RoleLevel::Organization, words);
    let sees_people = of_people(Rule::Allow, FieldRule::default());
    let roles = [
        (held("reader", &["audit.read"]), "beyond-your-own"),
        (held("user", &["integration.use_all"]), "beyond-your-own"),
        (Role { data: sees_people, ..held("sees", &["integration.view"]) }, "beyond-your-reach"),
        (held("viewer", &["integration.view"]), "role"),
    ];
    for in_force in [true, false] {
        for (number, (role, expected)) in (0..).zip(&roles) {
            let mut world = world.clone();
            world.happens(Event::SettingChanged(SettingChange::ManagersImplicitAccess(in_force)));
            world.happens(Event::RoleDefined(role.clone()));
            has_key(&mut world, 7, KeyScope::Granted, Some(role.id.as_str()));
            let (title, sponsor, held) = ("Robot".to_owned(), person(OWNER), Some(role.id));
            world.happens(Event::AgentCreated { agent: agent(0), title, sponsor, role: held, expires_at: None });
            let (kind, digest) = (KeyKind::Agent { agent: agent(0), acting_for: None }, hexadecimal([8; 32]));
            world.happens(Event::KeyCreated { key: key(8), kind, digest, hint: String::new(), expires_at: None });
            world.happens(Event::MemberAdded { person: person(4), role: role.id });
            for operation in [
                Operation::RotateKey { key: key(7) },
                Operation::RotateKey { key: key(8) },
                Operation::CreateAgentKey { agent: agent(0) },
                Operation::CreatePersonalKey { holder: person(4) },
            ] {
                assert_eq!(ask(&world, person(MEMBER), operation).code, *expected, "role {number}: {operation:?}");
                let assigns = ask(&world, person(SCHEMER), operation);
                assert!(assigns.allowed, "who assigns roles could give themselves that: {operation:?}");
            }
            for shows_nothing in [Operation::RevokeKey { key: key(7) }, Operation::EditAgent { agent: agent(0) }] {
                assert!(ask(&world, person(MEMBER), shows_nothing).allowed);
            }
        }
    }
    // One without a role has, in some organizations, the role of newcomers.
    world.happens(Event::SettingChanged(SettingChange::KeysWithoutRole(KeysWithoutRole::DefaultRole)));
    has_key(&mut world, 8, KeyScope::Granted, Some("plain"));
    roles.iter().for_each(|(role, _)| world.happens(Event::RoleDefined(role.clone())));
    for (newcomers, may) in [("reader", false), ("sees", false), ("viewer", true)] {
        world.happens(Event::SettingChanged(SettingChange::JoinDefaultRole(role(newcomers))));
        let made = Operation::CreateWorkspaceKey { role: None, scope: KeyScope::Granted };
        for operation in [made, Operation::SetKeyRole { key: key(8), role: None }] {
            assert_eq!(ask(&world, person(MEMBER), operation).allowed, may, "{operation:?}");
            assert!(ask(&world, person(SCHEMER), operation).allowed);
        }
    }
}

#[test]
fn who_does_not_assign_roles_takes_people_in_with_the_role_of_newcomers_alone() {
    let mut world = company();
    let keeps_doors = &["organization.view", "organization.edit", "role.edit", "member.view", "member.add"];
    world.happens(Event::RoleDefined(made("doorkeeper", RoleLevel::Organization, keeps_doors)));
    world.happens(Event::MemberRoleChanged { person: person(MEMBER), from: role("plain"), to: role("doorkeeper") });
    let (plain, reader) = (role("plain"), role("reader"));
    world.happens(Event::RoleDefined(made("reader", RoleLevel::Organization, &["audit.read"])));
    for operation in [
        Operation::AddMember { role: &plain },
        Operation::Invite { role: None },
        Operation::Invite { role: Some(&plain) },
    ] {
        assert!(ask(&world, person(MEMBER), operation).allowed, "{operation:?}");
    }
    let newcomers = [SettingChange::JoinDefaultRole(reader)];
    for operation in [
        Operation::AddMember { role: &reader },
        Operation::Invite { role: Some(&reader) },
        // Nor is another one the role of newcomers by their word, be it by the way of one that is ended.
        Operation::EditOrganization { changes: &newcomers },
        Operation::DeleteRole { role: &plain, moved_to: &reader },
    ] {
        assert!(!ask(&world, person(MEMBER), operation).allowed, "{operation:?}");
        assert!(ask(&world, person(SCHEMER), operation).allowed, "{operation:?}");
    }
}

// rows: TW-38
#[test]
fn who_does_not_assign_roles_gives_none_to_keys_and_agents_either() {
    let mut world = company();
    let keeper = ["key.manage_workspace", "agent.view", "agent.manage", "integration.view"];
    plain_holds(&mut world, &keeper);
    world.happens(Event::RoleDefined(made("reader", RoleLevel::Organization, &["audit.read"])));
    let digest = hexadecimal([7; 32]);
    let kind = KeyKind::Workspace { scope: KeyScope::Granted, role: None };
    world.happens(Event::KeyCreated { key: key(7), kind, digest, hint: String::new(), expires_at: None });
    let reader = role("reader");
    for role in [None, Some(&reader)] {
        for operation in [
            Operation::CreateWorkspaceKey { role, scope: KeyScope::Granted },
            Operation::CreateAgent { role },
            Operation::SetKeyRole { key: key(7), role },
        ] {
            assert_eq!(ask(&world, person(MEMBER), operation).allowed, role.is_none(), "{operation:?}");
        }
    }
}

// rows: C-9
#[test]
fn a_key_for_everything_is_made_and_seen_by_those_alone_who_use_everything() {
    let mut world = company();
    let wide = |scope| Operation::CreateWorkspaceKey { role: None, scope };
    only_the_owner(&world, wide(KeyScope::All), "lacks-permission");
    assert!(ask(&world, person(SCHEMER), wide(KeyScope::Granted)).allowed);
    let digest = hexadecimal([7; 32]);
    let kind = KeyKind::Workspace { scope: KeyScope::All, role: None };
    world.happens(Event::SettingChanged(SettingChange::KeysWithoutRole(KeysWithoutRole::ToolsOnly)));
    world.happens(Event::KeyCreated { key: key(7), kind, digest, hint: String::new(), expires_at: None });
    only_the_owner(&world, Operation::RotateKey { key: key(7) }, "lacks-permission");
    assert!(ask(&world, person(SCHEMER), Operation::RevokeKey { key: key(7) }).allowed);
}

#[test]
fn a_setting_that_gives_is_changed_by_those_alone_who_could_give_it() {
    let mut world = company();
    world.happens(Event::SettingChanged(SettingChange::OwnersMax(Some(1))));
    for room in [Some(2), None] {
        let changes = [SettingChange::OwnersMax(room)];
        only_the_owner(&world, Operation::EditOrganization { changes: &changes }, "only-owners");
    }
    // Who is in no team sends nobody into one, and does not find out which there are.
    team_with(&mut world, 0, MEMBER, &["team.view:team", "team.members:team"]);
    let newcomers = [SettingChange::JoinDefaultTeam(Some(team(0)))];
    let sent = ask(&world, person(SCHEMER), Operation::EditOrganization { changes: &newcomers });
    assert!(!sent.allowed && sent.hidden);
    assert!(ask(&world, person(OWNER), Operation::EditOrganization { changes: &newcomers }).allowed);
    // What roles say and nobody has is put into force by who would have it.
    world.happens(Event::SettingChanged(SettingChange::ManagersImplicitAccess(false)));
    let on = [SettingChange::ManagersImplicitAccess(true)];
    only_the_owner(&world, Operation::EditOrganization { changes: &on }, "beyond-your-own");
    world.happens(Event::SettingChanged(SettingChange::PromoteAdmin(Promote::Owner)));
    let name_alone: [SettingChange; 0] = [];
    assert!(ask(&world, person(SCHEMER), Operation::EditOrganization { changes: &name_alone }).allowed);
}

const AT_THE_PLACE: &[&str] = &["team.view:team", "team.edit:team"];

/// Every way to give of what the mighty manage, and whether the schemer may.
fn gifts_of_might(world: &World) -> Vec<(&'static str, bool)> {
    let (schemer, mighty, place) = (role("schemer"), role("mighty"), role("place"));
    let (more, teams) =
        (set(&[SCHEMING, &["team.edit"]].concat()), set(&[AT_THE_PLACE, &["team.members:team"]].concat()));
    let newcomers = [SettingChange::JoinDefaultRole(mighty)];
    let in_team = [SettingChange::JoinDefaultTeam(Some(team(0))), SettingChange::JoinDefaultTeamRole(Some(place))];
    let asked = [
        ("give oneself", Operation::GiveRole { member: person(SCHEMER), role: &mighty }),
        ("have oneself", Operation::ChangeRole { member: person(SCHEMER), role: &mighty }),
        ("give another", Operation::GiveRole { member: person(MEMBER), role: &mighty }),
        ("make another", Operation::ChangeRole { member: person(MEMBER), role: &mighty }),
        ("take in", Operation::AddMember { role: &mighty }),
        ("invite", Operation::Invite { role: Some(&mighty) }),
        ("write into one's own", Operation::EditRole { role: &schemer, to: more, data: None }),
        ("write into a team's", Operation::EditRole { role: &place, to: teams, data: None }),
        ("define", Operation::CreateRole { to: set(&["team.edit"]), data: None }),
        ("make the heir", Operation::DeleteRole { role: &role("plain"), moved_to: &mighty }),
        ("make a key", Operation::CreateWorkspaceKey { role: Some(&mighty), scope: KeyScope::Granted }),
        ("give a key", Operation::SetKeyRole { key: key(7), role: Some(&mighty) }),
        ("make a key for everything", Operation::CreateWorkspaceKey { role: None, scope: KeyScope::All }),
        ("make an agent", Operation::CreateAgent { role: Some(&mighty) }),
        ("give an agent", Operation::SetAgentRole { agent: agent(0), role: Some(&mighty) }),
        ("have newcomers be", Operation::EditOrganization { changes: &newcomers }),
        ("have newcomers join", Operation::EditOrganization { changes: &in_team }),
        ("place oneself", Operation::SetTeamMember { team: team(0), member: person(SCHEMER), role: &place }),
        ("place another", Operation::SetTeamMember { team: team(0), member: person(MEMBER), role: &place }),
        ("wake an agent", Operation::ResumeAgent { agent: agent(1) }),
        ("give one's team", Operation::AssignResource { team: team(1), resource: resource(0) }),
    ];
    let told = asked.map(|(what, operation)| {
        let answer = ask(world, person(SCHEMER), operation);
        let beyond = ["beyond-your-own", "beyond-your-reach"].contains(&answer.code);
        assert!(answer.allowed || beyond, "{what}: {}", answer.code);
        (what, answer.allowed)
    });
    told.to_vec()
}

// rows: C-14
#[test]
fn what_one_has_for_a_time_one_does_not_give_on_to_oneself_or_to_others_in_no_way() {
    let mut world = company();
    let projects = ["project.view", "project.edit", "project.share"];
    let might = ["organization.view", "team.view", "team.edit", "team.members", "integration.use_all"];
    let might = &[&might[..], &projects].concat();
    project(&mut world, OWNER);
    team_with(&mut world, 1, SCHEMER, &["team.view:team", "project.view:team", "project.edit:team"]);
    for event in [
        Event::SettingChanged(SettingChange::RolesExtraBindings(true)),
        Event::RoleDefined(made("mighty", RoleLevel::Organization, might)),
        Event::RoleDefined(made("place", RoleLevel::Team, AT_THE_PLACE)),
        Event::TeamCreated { team: team(0), title: "Team".to_owned() },
    ] {
        world.happens(event);
    }
    has_key(&mut world, 7, KeyScope::Granted, None);
    let (title, sponsor) = ("Robot".to_owned(), person(OWNER));
    world.happens(Event::AgentCreated { agent: agent(0), title, sponsor, role: None, expires_at: None });
    let (title, sponsor, held) = ("Mighty robot".to_owned(), person(OWNER), Some(role("mighty")));
    world.happens(Event::AgentCreated { agent: agent(1), title, sponsor, role: held, expires_at: None });
    let suspended = AgentEdit { suspended: Some(true), ..AgentEdit::default() };
    world.happens(Event::AgentEdited { agent: agent(1), edit: suspended });
    let given = |expires_at| Event::MemberRoleGiven { person: person(SCHEMER), role: role("mighty"), expires_at };
    world.happens(given(Some(MOMENTS[2])));
    let refused = gifts_of_might(&world);
    assert_eq!(refused.iter().filter(|(_, allowed)| *allowed).collect::<Vec<_>>(), [&("", true); 0]);
    // To change one that works, or one that goes on standing still, takes power over it for now.
    let edit = AgentEdit { suspended: Some(false), ..AgentEdit::default() };
    assert!(ask(&world, person(SCHEMER), Operation::EditAgent { agent: agent(1) }).allowed);
    let mut woken = world.clone();
    woken.happens(Event::AgentEdited { agent: agent(1), edit });
    assert!(ask(&woken, person(SCHEMER), Operation::ResumeAgent { agent: agent(1) }).allowed);
    // For good it is theirs to give.
    world.happens(given(None));
    let allowed = gifts_of_might(&world);
    assert_eq!(allowed.iter().filter(|(_, allowed)| !*allowed).collect::<Vec<_>>(), [&("", true); 0]);
}

// The story: the owner suspends Fay, who is a plain member, and with her an agent of hers that manages. Somebody who may
// end memberships, and holds nothing of what the agent manages, brings both back.
#[test]
fn who_restores_a_member_lets_agents_work_again_only_as_far_as_they_manage_themselves_for_good() {
    let mut world = company();
    for event in [
        Event::SettingChanged(SettingChange::RolesExtraBindings(true)),
        Event::RoleDefined(made("mighty", RoleLevel::Organization, &["organization.view", "team.view", "team.edit"])),
        Event::RoleDefined(made("bouncer", RoleLevel::Organization, &["member.view", "member.remove"])),
        Event::MemberRoleGiven { person: person(SCHEMER), role: role("bouncer"), expires_at: None },
    ] {
        world.happens(event);
    }
    let (title, sponsor, held) = ("Mighty robot".to_owned(), person(MEMBER), Some(role("mighty")));
    world.happens(Event::AgentCreated { agent: agent(1), title, sponsor, role: held, expires_at: None });
    let restore = Operation::RestoreMember { member: person(MEMBER) };
    world.happens(Event::MemberSuspended { person: person(MEMBER) });
    let given = |expires_at| Event::MemberRoleGiven { person: person(SCHEMER), role: role("mighty"), expires_at };
    for (held, may) in [(None, false), (Some(Some(MOMENTS[2])), false), (Some(None), true)] {
        held.into_iter().for_each(|expires_at| world.happens(given(expires_at)));
        let answer = ask(&world, person(SCHEMER), restore);
        assert_eq!((answer.allowed, may || answer.code == "beyond-your-own"), (may, true), "{held:?}: {}", answer.code);
    }
    // An agent that was suspended by itself stays so, and is nobody's obstacle.
    let mut asleep = world.clone();
    asleep.happens(Event::MemberRoleTaken { person: person(SCHEMER), role: role("mighty") });
    assert!(!ask(&asleep, person(SCHEMER), restore).allowed);
    let suspended = AgentEdit { suspended: Some(true), ..AgentEdit::default() };
    asleep.happens(Event::AgentEdited { agent: agent(1), edit: suspended });
    assert!(ask(&asleep, person(SCHEMER), restore).allowed);
}
