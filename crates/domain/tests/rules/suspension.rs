//! Stories about members who are suspended and restored: nothing of theirs works, and nothing is lost.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::key::KeyKind;
use domain::member::MemberStatus;
use domain::organization::{Organization, SettingChange};
use domain::resource::{NewResource, ResourceKind, Shared};

use crate::Walk;
use crate::commands::{agent, balanced, integration, key, person, resource, role, team};
use crate::stories::{accept, company, refusal};

fn personal_key(number: u8, holder: u8) -> Command {
    let (digest, hint) = (format!("{number:064}"), format!("…{number}"));
    let kind = KeyKind::Personal { holder: person(holder) };
    Command::CreateKey { key: key(number), kind, digest, hint, expires_at: None }
}

fn suspend(number: u8) -> Command {
    Command::SuspendMember { person: person(number), by_directory: false }
}

fn restore(number: u8) -> Command {
    Command::RestoreMember { person: person(number) }
}

fn owned(number: u8, owner: u8) -> Command {
    let (kind, title, owner) = (ResourceKind::Grader, format!("Grader {number}"), Some(person(owner)));
    Command::RegisterResource(NewResource { id: resource(number), kind, title, tier: None, owner })
}

#[test]
fn a_suspension_takes_nothing_away_and_its_end_leaves_everything_as_it_was() {
    let mut walk = company();
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Support".to_owned() });
    accept(&mut walk, Command::SetTeamMember { team: team(0), person: person(1), role: None });
    accept(&mut walk, owned(0, 1));
    accept(&mut walk, owned(1, 0));
    let with = Grantee::Member(person(1));
    accept(&mut walk, Command::ShareResource { resource: resource(1), with, level: Shared::Edit, expires_at: None });
    let (integration, tools_off, profile) = (integration(0), BTreeSet::new(), Profile::ReadOnly);
    accept(&mut walk, Command::SetGrant { grantee: with, integration, profile, tools_off, expires_at: None });
    let (title, sponsor) = ("Helper".to_owned(), person(1));
    accept(&mut walk, Command::CreateAgent { agent: agent(0), title, sponsor, role: None, expires_at: None });
    accept(&mut walk, Command::Delegate { agent: agent(0), person: person(1), expires_at: None });
    accept(&mut walk, personal_key(0, 1));

    let before = walk.state.clone();
    accept(&mut walk, suspend(1));
    let member = &walk.state.members[&person(1)];
    assert_eq!((member.status, member.suspended_at), (MemberStatus::Suspended, Some(walk.now)));
    assert!(walk.state.active_member(person(1)).is_none() && walk.state.member(person(1)).is_some());
    accept(&mut walk, restore(1));
    assert_eq!(Organization { seq: before.seq, ..walk.state.clone() }, before);
}

#[test]
fn whoever_is_suspended_is_a_member_still_and_answers_for_nothing_new() {
    let mut walk = company();
    accept(&mut walk, owned(0, 0));
    accept(&mut walk, suspend(1));
    // What is theirs can change, and they can be removed.
    accept(&mut walk, Command::ChangeMemberRole { person: person(1), role: role("admin") });
    assert_eq!(refusal(&walk, Command::AddMember { person: person(1), role: role("member") }), "already-member");
    assert_eq!(
        refusal(&walk, Command::HandOverResource { resource: resource(0), owner: person(1) }),
        "person-suspended"
    );
    let (title, sponsor) = ("Helper".to_owned(), person(1));
    let agent = Command::CreateAgent { agent: agent(0), title, sponsor, role: None, expires_at: None };
    assert_eq!(refusal(&walk, agent), "person-suspended");
    let over = Command::OfferOwnership { from: person(0), to: person(1), own_role: role("admin") };
    assert_eq!(refusal(&walk, over), "person-suspended");
    accept(&mut walk, Command::RemoveMember { person: person(1) });
    let member = &walk.state.members[&person(1)];
    assert_eq!((member.status, member.suspended_at), (MemberStatus::Removed, None));
    assert_eq!(refusal(&walk, restore(1)), "not-found");
    assert_eq!(refusal(&walk, suspend(1)), "not-found");
}

#[test]
fn somebody_who_is_suspended_does_not_count_as_a_holder_of_the_top_role() {
    let mut walk = Walk::found_on(balanced());
    assert_eq!(refusal(&walk, suspend(0)), "last-owner");
    accept(&mut walk, Command::AddMember { person: person(1), role: role("owner") });
    accept(&mut walk, suspend(1));
    assert_eq!(walk.state.top_role_holders().collect::<Vec<_>>(), [person(0)]);
    assert_eq!(refusal(&walk, suspend(0)), "last-owner", "the other one is suspended");
    assert_eq!(refusal(&walk, Command::RemoveMember { person: person(0) }), "last-owner");
    let lower = Command::ChangeMemberRole { person: person(0), role: role("member") };
    assert_eq!(refusal(&walk, lower), "last-owner");
    // There may be one alone, and there is one: the other comes back with a smaller role.
    let one = vec![SettingChange::OwnersMax(Some(1))];
    accept(&mut walk, Command::ChangeSettings { name: None, changes: one });
    assert_eq!(refusal(&walk, restore(1)), "too-many-owners");
    accept(&mut walk, Command::ChangeMemberRole { person: person(1), role: role("admin") });
    accept(&mut walk, restore(1));
}

#[test]
fn the_key_of_somebody_who_is_suspended_is_no_key_at_the_top() {
    let mut walk = Walk::found_on(balanced());
    accept(&mut walk, Command::AddMember { person: person(1), role: role("owner") });
    accept(&mut walk, personal_key(0, 0));
    assert_eq!(refusal(&walk, suspend(0)), "last-key-at-the-top", "the other owner has none");
    accept(&mut walk, personal_key(1, 1));
    accept(&mut walk, suspend(0));
    assert_eq!(refusal(&walk, Command::RevokeKey { key: key(1) }), "last-key-at-the-top");
    accept(&mut walk, restore(0));
    accept(&mut walk, Command::RevokeKey { key: key(1) });
}
