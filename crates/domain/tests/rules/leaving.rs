//! Stories about what ends when somebody leaves, a team or the top role.

use std::collections::BTreeSet;

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::PersonId;
use domain::key::{KeyKind, KeyScope};
use domain::organization::{SettingChange, Stamp};
use domain::resource::{Ending, NewResource, ResourceKind, Shared};
use domain::time::Timestamp;

use crate::Walk;
use crate::commands::{agent, balanced, integration, key, person, pipeai, resource, role, team, workjet};
use crate::stories::{accept, company, refusal, refuse};

/// The organization is offered, and taken.
fn go_over(walk: &mut Walk, offer: Command) {
    let Command::OfferOwnership { to, .. } = offer else { panic!("{offer:?}") };
    accept(walk, offer);
    accept(walk, Command::AcceptOwnership { heir: to });
}

fn grader(number: u8, owner: Option<PersonId>) -> Command {
    let title = format!("Grader {number}");
    Command::RegisterResource(NewResource {
        id: resource(number),
        kind: ResourceKind::Grader,
        title,
        tier: None,
        owner,
    })
}

fn new_key(number: u8, kind: KeyKind) -> Command {
    let (digest, hint) = (format!("{number:064}"), format!("…{number}"));
    Command::CreateKey { key: key(number), kind, digest, hint, expires_at: None }
}

fn give(grantee: Grantee) -> Command {
    let (integration, tools_off, expires_at) = (integration(0), BTreeSet::new(), None);
    Command::SetGrant { grantee, integration, profile: Profile::ReadOnly, tools_off, expires_at }
}

/// Two teams with a grader in common, one more in the first; person 1 leads the first and is in both.
fn school() -> Walk {
    let mut walk = Walk::found_on(pipeai());
    for number in [0, 1] {
        accept(&mut walk, Command::CreateTeam { team: team(number), title: format!("Team {number}") });
        accept(&mut walk, grader(number, None));
    }
    for (number, to) in [(0, 0), (0, 1), (1, 0)] {
        accept(&mut walk, Command::AssignResource { resource: resource(number), team: team(to) });
    }
    accept(&mut walk, Command::AddMember { person: person(1), role: role("user") });
    let lead = Command::SetTeamMember { team: team(0), person: person(1), role: Some(role("team-leader")) };
    accept(&mut walk, lead);
    accept(&mut walk, Command::SetTeamMember { team: team(1), person: person(1), role: None });
    walk
}

/// The graders that somebody reaches through teams.
fn reached(walk: &Walk, person: PersonId) -> Vec<usize> {
    let teams: Vec<_> = walk.state.teams.values().filter(|team| team.members.contains_key(&person)).collect();
    let has = |number: &usize| {
        let known = &walk.state.resources[&resource(u8::try_from(*number).unwrap())];
        teams.iter().any(|team| known.teams.contains(&team.id))
    };
    (0..walk.state.resources.len()).filter(has).collect()
}

// rows: PA-38
#[test]
fn whoever_leaves_a_team_keeps_of_its_graders_only_what_another_team_of_theirs_has() {
    let mut walk = school();
    assert_eq!(walk.state.teams[&team(1)].members[&person(1)].role, role("team-user"));
    assert_eq!(reached(&walk, person(1)), [0, 1]);
    accept(&mut walk, Command::RemoveTeamMember { team: team(0), person: person(1) });
    assert_eq!(reached(&walk, person(1)), [0]);
    accept(&mut walk, Command::RemoveTeamMember { team: team(1), person: person(1) });
    assert_eq!(reached(&walk, person(1)), [0; 0]);
    refuse(&mut walk, Command::RemoveTeamMember { team: team(1), person: person(1) });
}

// rows: PA-8, C-13
#[test]
fn where_graders_belong_to_teams_none_is_given_to_a_person() {
    let mut walk = school();
    let with = Grantee::Member(person(1));
    let share = Command::ShareResource { resource: resource(1), with, level: Shared::Use, expires_at: None };
    assert_eq!(refusal(&walk, share), "grants-to");
    let mut persons = Walk::found_on(workjet());
    accept(&mut persons, grader(0, None));
    accept(&mut persons, Command::CreateTeam { team: team(0), title: "Nobody's".to_owned() });
    refuse(&mut persons, Command::AssignResource { resource: resource(0), team: team(0) });
    // A team can be without a leader, and leadership goes from one to the other in two steps.
    accept(&mut walk, Command::AddMember { person: person(2), role: role("user") });
    for (who, as_what) in [(1, "team-user"), (2, "team-leader")] {
        let set = Command::SetTeamMember { team: team(0), person: person(who), role: Some(role(as_what)) };
        accept(&mut walk, set);
    }
}

#[test]
fn a_team_ends_with_everything_that_was_given_to_it_and_nothing_else() {
    let mut walk = company();
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Support".to_owned() });
    accept(&mut walk, Command::CreateTeam { team: team(1), title: "Sales".to_owned() });
    accept(&mut walk, Command::SetTeamMember { team: team(0), person: person(1), role: None });
    accept(&mut walk, grader(0, Some(person(1))));
    for number in [0, 1] {
        accept(&mut walk, give(Grantee::Team(team(number))));
        accept(&mut walk, Command::AssignResource { resource: resource(0), team: team(number) });
    }
    let default = vec![SettingChange::JoinDefaultTeam(Some(team(0)))];
    accept(&mut walk, Command::ChangeSettings { name: None, changes: default });
    accept(&mut walk, Command::DeleteTeam { team: team(0) });
    let state = &walk.state;
    assert_eq!(state.settings.join_default_team, None);
    assert_eq!(state.resources[&resource(0)].teams, BTreeSet::from([team(1)]));
    assert_eq!(state.resources[&resource(0)].owner, Some(person(1)));
    assert_eq!(state.grants.keys().copied().collect::<Vec<_>>(), [Grantee::Team(team(1))]);
    assert!(state.active_member(person(1)).is_some());
}

// rows: PW-51, PW-53
#[test]
fn a_leaver_loses_everything_at_once_and_what_they_owned_waits_for_somebody() {
    let mut walk = company();
    let leaver = person(1);
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Support".to_owned() });
    accept(&mut walk, Command::SetTeamMember { team: team(0), person: leaver, role: None });
    accept(&mut walk, grader(0, Some(leaver)));
    accept(&mut walk, grader(1, Some(person(0))));
    let shared = Command::ShareResource {
        resource: resource(1),
        with: Grantee::Member(leaver),
        level: Shared::Edit,
        expires_at: None,
    };
    accept(&mut walk, shared);
    accept(&mut walk, give(Grantee::Member(leaver)));
    for (number, sponsor) in [(0, leaver), (1, person(0))] {
        let title = format!("Agent {number}");
        let agent = agent(number);
        accept(&mut walk, Command::CreateAgent { agent, title, sponsor, role: None, expires_at: None });
        accept(&mut walk, Command::Delegate { agent, person: leaver, expires_at: None });
    }
    accept(&mut walk, new_key(0, KeyKind::Personal { holder: leaver }));
    accept(&mut walk, new_key(1, KeyKind::Agent { agent: agent(1), acting_for: Some(leaver) }));
    accept(&mut walk, new_key(2, KeyKind::Agent { agent: agent(1), acting_for: None }));
    accept(&mut walk, new_key(3, KeyKind::Workspace { scope: KeyScope::All, role: None }));

    accept(&mut walk, Command::RemoveMember { person: leaver });
    let state = &walk.state;
    let ended = |number| state.keys[&key(number)].revoked_at.is_some();
    assert_eq!([0, 1, 2, 3].map(ended), [true, true, false, false]);
    assert!(state.grants.is_empty() && state.teams[&team(0)].members.is_empty());
    assert!(state.resources[&resource(1)].shares.is_empty());
    assert_eq!([0, 1].map(|number| state.agents[&agent(number)].holds_at(walk.now)), [false, true]);
    let orphan = &state.resources[&resource(0)];
    assert_eq!((orphan.owner, orphan.created_by.as_str()), (None, person(0).as_str()));

    refuse(&mut walk, Command::HandOverResource { resource: resource(0), owner: leaver });
    accept(&mut walk, Command::HandOverResource { resource: resource(0), owner: person(0) });
    // Coming back is beginning anew.
    accept(&mut walk, Command::AddMember { person: leaver, role: role("member") });
    let state = &walk.state;
    assert_eq!(state.agents[&agent(0)].sponsor, None);
    assert!(state.grants.is_empty() && state.teams[&team(0)].members.is_empty());
    assert!(state.keys[&key(0)].revoked_at.is_some());
}

#[test]
fn an_agent_ends_with_its_keys_and_with_everything_that_it_was_given() {
    let mut walk = company();
    let (agent, with) = (agent(0), Grantee::Agent(agent(0)));
    let title = "Helper".to_owned();
    accept(&mut walk, Command::CreateAgent { agent, title, sponsor: person(0), role: None, expires_at: None });
    accept(&mut walk, Command::Delegate { agent, person: person(1), expires_at: None });
    accept(&mut walk, new_key(0, KeyKind::Agent { agent, acting_for: None }));
    accept(&mut walk, new_key(1, KeyKind::Agent { agent, acting_for: Some(person(1)) }));
    accept(&mut walk, give(with));
    accept(&mut walk, grader(0, Some(person(1))));
    accept(&mut walk, Command::ShareResource { resource: resource(0), with, level: Shared::Use, expires_at: None });
    accept(&mut walk, Command::DeleteAgent { agent });
    assert!(walk.state.agents.is_empty() && walk.state.grants.is_empty());
    assert!([0, 1].iter().all(|number| walk.state.live_key(key(*number)).is_none()));
    assert!(walk.state.resources[&resource(0)].shares.is_empty());
}

// rows: WJ-11, SW-13, C-1
#[test]
fn ownership_goes_over_in_one_step_where_there_is_room_for_one_owner() {
    for preset in [pipeai(), workjet()] {
        let member = preset.settings.join_default_role;
        let mut walk = Walk::found_on(preset);
        let add = Command::AddMember { person: person(1), role: role("admin") };
        accept(&mut walk, add);
        let second = Command::ChangeMemberRole { person: person(1), role: role("owner") };
        assert_eq!(refusal(&walk, second), "too-many-owners");
        assert_eq!(refusal(&walk, Command::AddMember { person: person(2), role: role("owner") }), "too-many-owners");
        assert_eq!(refusal(&walk, Command::RemoveMember { person: person(0) }), "last-owner");
        let over =
            |from, to, own: &str| Command::OfferOwnership { from: person(from), to: person(to), own_role: role(own) };
        assert_eq!(refusal(&walk, over(1, 0, "admin")), "not-the-owner");
        assert_eq!(refusal(&walk, over(0, 0, "admin")), "owner-already");
        assert_eq!(refusal(&walk, over(0, 1, "owner")), "default-role-too-high");
        assert_eq!(refusal(&walk, over(0, 3, "admin")), "not-found");
        go_over(&mut walk, over(0, 1, member.as_str()));
        assert_eq!(walk.state.top_role_holders().collect::<Vec<_>>(), [person(1)]);
        assert_eq!(walk.state.members[&person(0)].role, member);
        accept(&mut walk, Command::RemoveMember { person: person(0) });
    }
}

#[test]
fn nothing_is_handed_over_to_somebody_who_has_it() {
    let mut walk = Walk::found_on(balanced());
    accept(&mut walk, Command::AddMember { person: person(1), role: role("owner") });
    let over = Command::OfferOwnership { from: person(0), to: person(1), own_role: role("member") };
    assert_eq!(refusal(&walk, over), "owner-already");
    assert_eq!(walk.state.top_role_holders().count(), 2);
}

#[test]
fn a_key_that_somebody_smaller_issued_ends_when_its_holder_takes_the_organization_over() {
    let mut walk = Walk::found_on(balanced());
    accept(&mut walk, Command::AddMember { person: person(1), role: role("admin") });
    accept(&mut walk, new_key(0, KeyKind::Personal { holder: person(1) }));
    // Whoever issued it may still have the secret; here that is the owner, who could have given everything.
    go_over(&mut walk, Command::OfferOwnership { from: person(0), to: person(1), own_role: role("admin") });
    assert!(walk.state.live_key(key(0)).is_some());
    accept(&mut walk, Command::AddMember { person: person(2), role: role("member") });
    accept(&mut walk, new_key(1, KeyKind::Personal { holder: person(2) }));
    let over = Command::OfferOwnership { from: person(1), to: person(2), own_role: role("admin") };
    assert_eq!(refusal(&walk, over), "last-key-at-the-top", "it would end, and nobody at the top would have one");
    accept(&mut walk, Command::ChangeMemberRole { person: person(2), role: role("owner") });
    assert!(walk.state.live_key(key(1)).is_none(), "person 0, an admin by now, knows an owner's secret");
}

// rows: C-21
#[test]
fn a_resource_is_destroyed_only_after_it_was_deleted_and_restored_as_it_was() {
    let mut walk = company();
    let (id, with) = (resource(0), Grantee::Member(person(1)));
    accept(&mut walk, grader(0, Some(person(0))));
    accept(&mut walk, Command::ShareResource { resource: id, with, level: Shared::View, expires_at: None });
    let before = walk.state.resources[&id].clone();
    let end = |ending| Command::EndResource { resource: id, ending };
    assert_eq!(refusal(&walk, end(Ending::Destroy)), "not-deleted");
    accept(&mut walk, end(Ending::Delete));
    assert_eq!(refusal(&walk, Command::HandOverResource { resource: id, owner: person(1) }), "deleted");
    accept(&mut walk, Command::RestoreResource { resource: id });
    assert_eq!(walk.state.resources[&id], before);
    accept(&mut walk, end(Ending::Delete));
    accept(&mut walk, end(Ending::Destroy));
    refuse(&mut walk, Command::RestoreResource { resource: id });
}

#[test]
fn a_collection_that_is_gone_holds_nothing_and_an_artifact_that_is_gone_is_in_none() {
    let mut walk = Walk::found();
    for (number, kind) in [(0, ResourceKind::Artifact), (1, ResourceKind::Collection), (2, ResourceKind::Collection)] {
        let new = NewResource { id: resource(number), kind, title: "Thing".to_owned(), tier: None, owner: None };
        accept(&mut walk, Command::RegisterResource(new));
    }
    let collect = |collection| Command::CollectArtifact { artifact: resource(0), collection: resource(collection) };
    let end = |number, ending| Command::EndResource { resource: resource(number), ending };
    accept(&mut walk, collect(1));
    accept(&mut walk, collect(2));
    refuse(&mut walk, Command::CollectArtifact { artifact: resource(1), collection: resource(2) });
    refuse(&mut walk, Command::CollectArtifact { artifact: resource(0), collection: resource(0) });

    // What is only deleted comes back where it was.
    accept(&mut walk, end(0, Ending::Delete));
    assert_eq!(refusal(&walk, collect(1)), "deleted");
    accept(&mut walk, Command::RestoreResource { resource: resource(0) });
    assert_eq!(walk.state.resources[&resource(0)].collections, BTreeSet::from([resource(1), resource(2)]));

    accept(&mut walk, end(1, Ending::Delete));
    accept(&mut walk, end(1, Ending::Destroy));
    assert_eq!(walk.state.resources[&resource(0)].collections, BTreeSet::from([resource(2)]));
    accept(&mut walk, Command::UncollectArtifact { artifact: resource(0), collection: resource(2) });
    refuse(&mut walk, Command::UncollectArtifact { artifact: resource(0), collection: resource(2) });
}

/// The codes of what is refused for leaving nobody at the top with a key.
#[test]
fn somebody_at_the_top_keeps_a_key() {
    let mut walk = Walk::found();
    accept(&mut walk, Command::AddMember { person: person(1), role: role("member") });
    let over = Command::OfferOwnership { from: person(0), to: person(1), own_role: role("admin") };
    // Where nobody had one before there is nothing to keep.
    go_over(&mut walk, over.clone());
    go_over(&mut walk, Command::OfferOwnership { from: person(1), to: person(0), own_role: role("member") });

    accept(&mut walk, new_key(0, KeyKind::Personal { holder: person(0) }));
    let lost = "last-key-at-the-top";
    assert_eq!(refusal(&walk, Command::RevokeKey { key: key(0) }), lost);
    assert_eq!(refusal(&walk, over.clone()), lost, "the heir has none");
    accept(&mut walk, Command::ChangeMemberRole { person: person(1), role: role("owner") });
    let step_down = Command::ChangeMemberRole { person: person(0), role: role("admin") };
    assert_eq!(refusal(&walk, step_down.clone()), lost);
    assert_eq!(refusal(&walk, Command::RemoveMember { person: person(0) }), lost);

    // One that was issued by somebody below ends with the rise, so that it is none either.
    accept(&mut walk, Command::ChangeMemberRole { person: person(1), role: role("member") });
    accept(&mut walk, Command::AddMember { person: person(2), role: role("admin") });
    let (digest, hint) = ("7".repeat(64), "7777".to_owned());
    let issued = Event::KeyCreated {
        key: key(1),
        kind: KeyKind::Personal { holder: person(1) },
        digest,
        hint,
        expires_at: None,
    };
    let stamp = Stamp { seq: walk.state.seq + 1, at: walk.now, actor: person(2).to_string() };
    let mut below = walk.state.clone();
    below.apply(&stamp, &issued);
    let refused = command::handle(&below, over.clone(), walk.now).unwrap_err();
    assert_eq!(refused.code, lost);

    // The remedy: a key from the one who hands over.
    accept(&mut walk, new_key(2, KeyKind::Personal { holder: person(1) }));
    go_over(&mut walk, over);
    accept(&mut walk, Command::RevokeKey { key: key(0) });
    assert_eq!(refusal(&walk, Command::RevokeKey { key: key(2) }), lost);
}

#[test]
fn a_key_that_ends_by_itself_is_not_the_last_one_at_the_top() {
    let mut walk = Walk::found();
    let of = |number| KeyKind::Personal { holder: person(number) };
    let ending = |number: u8, holder| {
        let (key, digest, expires_at) = (key(number), format!("{number:064}"), Some(Timestamp(1_000)));
        Command::CreateKey { key, kind: of(holder), digest, hint: String::new(), expires_at }
    };
    let lost = "last-key-at-the-top";
    accept(&mut walk, ending(0, 0));
    accept(&mut walk, ending(1, 0));
    // Where all end by themselves, one that works is what there is.
    accept(&mut walk, Command::RevokeKey { key: key(1) });
    assert_eq!(refusal(&walk, Command::RevokeKey { key: key(0) }), lost);
    accept(&mut walk, new_key(2, of(0)));
    assert_eq!(refusal(&walk, Command::RevokeKey { key: key(2) }), lost, "the other one is over in a second");
    accept(&mut walk, Command::AddMember { person: person(1), role: role("member") });
    accept(&mut walk, ending(3, 1));
    let over = Command::OfferOwnership { from: person(0), to: person(1), own_role: role("admin") };
    assert_eq!(refusal(&walk, over.clone()), lost, "and so is the heir's");
    accept(&mut walk, new_key(4, of(1)));
    go_over(&mut walk, over);
}
