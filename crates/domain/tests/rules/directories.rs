//! Stories about directory connections: which roles they may rest on, what ends them, and whom they suspended.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::event::Event;
use domain::group::Except;
use domain::id::PersonId;
use domain::key::KeyKind;
use domain::organization::Stamp;
use domain::role::{NewRole, RoleEdit, RoleLevel};
use proptest::prelude::*;

use crate::commands::{group, key, person, role, team};
use crate::stories::{accept, company, refusal};
use crate::structure;

fn connection(gives: &str, tends: &[&str]) -> Command {
    let kind = KeyKind::Directory { gives: role(gives), tends: tends.iter().map(|name| role(name)).collect() };
    let (digest, hint) = ("d".repeat(64), "dddd".to_owned());
    Command::CreateKey { key: key(0), kind, digest, hint, expires_at: None }
}

fn new_role(name: &str) -> Command {
    let edit = RoleEdit::default();
    Command::CreateRole(Box::new(NewRole {
        id: role(name),
        title: name.to_owned(),
        level: RoleLevel::Organization,
        edit,
    }))
}

#[test]
fn a_directory_connection_neither_gives_nor_looks_after_the_top_role_and_knows_its_roles() {
    let walk = company();
    assert_eq!(refusal(&walk, connection("owner", &[])), "top-role");
    assert_eq!(refusal(&walk, connection("member", &["admin", "owner"])), "top-role");
    assert_eq!(refusal(&walk, connection("nobody", &[])), "no-such-role");
    assert_eq!(refusal(&walk, connection("member", &["nobody"])), "no-such-role");
}

#[test]
fn a_connection_without_the_role_that_it_gives_does_nothing_and_looks_after_no_role_that_ended() {
    let mut walk = company();
    for name in ["staff", "clerk"] {
        accept(&mut walk, new_role(name));
    }
    accept(&mut walk, connection("staff", &["clerk", "admin"]));
    accept(&mut walk, Command::DeleteRole { role: role("clerk"), default: None });
    let left = |walk: &crate::Walk| {
        let known = &walk.state.keys[&key(0)];
        (known.kind.tended_roles().copied().collect::<BTreeSet<_>>(), known.suspended)
    };
    assert_eq!(left(&walk), ([role("staff"), role("admin")].into(), false));
    accept(&mut walk, Command::DeleteRole { role: role("staff"), default: None });
    assert!(left(&walk).1);
    // A role that comes again under that name does not wake it.
    accept(&mut walk, new_role("staff"));
    assert!(left(&walk).1);
}

#[test]
fn it_is_known_whom_a_connection_suspended() {
    let mut walk = company();
    accept(&mut walk, connection("member", &[]));
    let by_directory = |walk: &crate::Walk| walk.state.members[&person(1)].suspended_by_directory;
    let by = |walk: &mut crate::Walk, actor: String, event: Event| {
        let stamp = Stamp { seq: walk.state.seq + 1, at: walk.now, actor };
        walk.state.apply(&stamp, &event);
    };
    let suspended = Event::MemberSuspended { person: person(1) };
    by(&mut walk, format!("{0}/{0}", key(0)), suspended.clone());
    assert!(by_directory(&walk));
    by(&mut walk, person(0).to_string(), Event::MemberRestored { person: person(1) });
    assert!(!by_directory(&walk));
    by(&mut walk, person(0).to_string(), suspended);
    assert!(!by_directory(&walk));
}

#[test]
fn a_suspension_by_a_directory_becomes_one_by_hand_and_never_the_other_way() {
    let mut walk = company();
    accept(&mut walk, connection("member", &[]));
    let stamp = Stamp { seq: walk.state.seq + 1, at: walk.now, actor: key(0).to_string() };
    walk.state.apply(&stamp, &Event::MemberSuspended { person: person(1) });
    let suspend = |by_directory: bool| Command::SuspendMember { person: person(1), by_directory };
    let events = |walk: &crate::Walk, by_directory: bool| {
        domain::command::handle(&walk.state, suspend(by_directory), walk.now).unwrap()
    };
    assert_eq!(events(&walk, true), []);
    assert_eq!(events(&walk, false), [Event::MemberSuspended { person: person(1) }]);
    accept(&mut walk, suspend(false));
    assert!(!walk.state.members[&person(1)].suspended_by_directory);
    assert_eq!([events(&walk, true), events(&walk, false)], [[], []]);
    let stamp = Stamp { seq: walk.state.seq + 1, at: walk.now, actor: key(0).to_string() };
    walk.state.apply(&stamp, &Event::MemberSuspended { person: person(1) });
    assert!(!walk.state.members[&person(1)].suspended_by_directory);
}

fn change(number: u8, joined: &[u8], left: &[u8], except: Except) -> Command {
    let people = |numbers: &[u8]| numbers.iter().map(|number| person(*number)).collect();
    let (joined, left) = (people(joined), people(left));
    Command::ChangeGroup { group: group(number), joined, left, edited: false, except: Box::new(except) }
}

fn map(number: u8, teams: &[(u8, &str)]) -> Command {
    let teams: BTreeMap<_, _> = teams.iter().map(|(of, name)| (team(*of), role(name))).collect();
    Command::MapGroup { group: group(number), teams, except: Box::default() }
}

/// Two teams, and a connection with two groups in which nobody is; people 0 to 2 are members.
fn with_groups() -> crate::Walk {
    let mut walk = company();
    accept(&mut walk, connection("member", &[]));
    for number in [0, 1] {
        accept(&mut walk, Command::CreateTeam { team: team(number), title: format!("Team {number}") });
        accept(&mut walk, Command::CreateGroup { group: group(number), connection: key(0) });
    }
    if walk.state.member(person(2)).is_none() {
        accept(&mut walk, Command::AddMember { person: person(2), role: role("member") });
    }
    walk
}

/// The role that somebody has in a team, and whether groups gave it.
fn place(walk: &crate::Walk, of: u8, who: PersonId) -> Option<(String, bool)> {
    let place = walk.state.teams[&team(of)].members.get(&who)?;
    Some((place.role.to_string(), place.connection == Some(key(0))))
}

fn given(name: &str) -> Option<(String, bool)> {
    Some((name.to_owned(), true))
}

#[test]
fn a_group_gives_nothing_until_it_is_mapped_and_takes_what_it_gave() {
    let mut walk = with_groups();
    let one = person(1);
    accept(&mut walk, change(0, &[1], &[], Except::default()));
    assert_eq!(place(&walk, 0, one), None);
    accept(&mut walk, map(0, &[(0, "team-member")]));
    assert_eq!(place(&walk, 0, one), given("team-member"));
    accept(&mut walk, change(0, &[2], &[1], Except::default()));
    assert_eq!((place(&walk, 0, one), place(&walk, 0, person(2))), (None, given("team-member")));
    // Mapped to something else it gives that, and nothing of before.
    accept(&mut walk, map(0, &[(1, "team-leader")]));
    assert_eq!((place(&walk, 0, person(2)), place(&walk, 1, person(2))), (None, given("team-leader")));
    accept(&mut walk, map(0, &[]));
    assert_eq!(place(&walk, 1, person(2)), None);
    accept(&mut walk, map(0, &[(0, "team-member")]));
    accept(&mut walk, Command::DeleteGroup { group: group(0), except: Box::default() });
    assert_eq!(place(&walk, 0, person(2)), None);
    assert_eq!(refusal(&walk, map(1, &[(0, "member")])), "role-not-for-teams");
    assert_eq!(refusal(&walk, change(1, &[3], &[], Except::default())), "not-a-member");
}

#[test]
fn a_place_that_was_given_by_hand_is_nothing_to_groups() {
    let mut walk = with_groups();
    let by_hand =
        |of: u8, name: &str| Command::SetTeamMember { team: team(of), person: person(1), role: Some(role(name)) };
    accept(&mut walk, by_hand(0, "team-leader"));
    accept(&mut walk, map(0, &[(0, "team-member"), (1, "team-member")]));
    accept(&mut walk, change(0, &[1], &[], Except::default()));
    assert_eq!(place(&walk, 0, person(1)), Some(("team-leader".to_owned(), false)));
    // What groups gave and somebody changed is theirs from then on.
    accept(&mut walk, by_hand(1, "team-leader"));
    accept(&mut walk, change(0, &[], &[1], Except::default()));
    for of in [0, 1] {
        assert_eq!(place(&walk, of, person(1)), Some(("team-leader".to_owned(), false)));
    }
}

#[test]
fn of_several_groups_the_one_that_was_mapped_first_says_which_place() {
    let mut walk = with_groups();
    accept(&mut walk, map(1, &[(0, "team-leader")]));
    accept(&mut walk, map(0, &[(0, "team-member")]));
    accept(&mut walk, change(0, &[1], &[], Except::default()));
    accept(&mut walk, change(1, &[1], &[], Except::default()));
    assert_eq!(place(&walk, 0, person(1)), given("team-leader"));
    accept(&mut walk, change(1, &[], &[1], Except::default()));
    assert_eq!(place(&walk, 0, person(1)), given("team-member"));
    // Where what is left gives nothing at the moment, nothing is left.
    accept(&mut walk, change(1, &[1], &[], Except::default()));
    let stopped = Except { groups: [group(0)].into(), ..Except::default() };
    accept(&mut walk, change(1, &[], &[1], stopped));
    assert_eq!(place(&walk, 0, person(1)), None);
}

#[test]
fn to_whom_a_connection_does_not_reach_its_groups_give_nothing_and_keep_what_they_gave_until_they_leave() {
    let mut walk = with_groups();
    accept(&mut walk, map(0, &[(0, "team-member")]));
    let beyond = || Except { people: [person(1), person(2)].into(), ..Except::default() };
    accept(&mut walk, change(0, &[1], &[], beyond()));
    assert_eq!(place(&walk, 0, person(1)), None);
    assert!(walk.state.groups[&group(0)].members.contains(&person(1)));
    accept(&mut walk, change(0, &[2], &[], Except::default()));
    accept(&mut walk, map(0, &[(0, "team-member")]));
    assert_eq!(place(&walk, 0, person(2)), given("team-member"));
    accept(&mut walk, change(0, &[], &[1, 2], beyond()));
    assert_eq!(place(&walk, 0, person(2)), None);
    assert_eq!(place(&walk, 0, person(1)), None);
}

#[test]
fn groups_end_with_their_connection_their_teams_and_their_people_and_follow_a_role_that_ends() {
    let mut walk = with_groups();
    accept(&mut walk, map(0, &[(0, "team-member"), (1, "team-member")]));
    accept(&mut walk, change(0, &[1, 2], &[], Except::default()));
    accept(&mut walk, Command::RemoveMember { person: person(2) });
    assert_eq!(walk.state.groups[&group(0)].members, [person(1)].into());
    accept(&mut walk, Command::DeleteTeam { team: team(1) });
    let teams = |walk: &crate::Walk| walk.state.groups[&group(0)].mapping.as_ref().map(|mapping| mapping.teams.clone());
    assert_eq!(teams(&walk), Some([(team(0), role("team-member"))].into()));
    // Whoever was put somewhere stays there, as if by hand.
    accept(&mut walk, Command::RevokeKey { key: key(0) });
    assert!(walk.state.groups.is_empty());
    assert_eq!(place(&walk, 0, person(1)), Some(("team-member".to_owned(), false)));
}

proptest! {
    #[test]
    fn whatever_happens_to_groups_and_teams_everything_stays_sound(
        history in proptest::collection::vec(prop_oneof![3 => structure::of_groups(), 1 => structure::of_teams()], 1..40)
    ) {
        let mut walk = with_groups();
        for command in history {
            walk.take(command)?;
        }
    }
}
