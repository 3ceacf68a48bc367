//! Stories about directory connections: which roles they may rest on, what ends them, and whom they suspended.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::event::Event;
use domain::key::KeyKind;
use domain::organization::Stamp;
use domain::role::{NewRole, RoleEdit, RoleLevel};

use crate::commands::{key, person, role};
use crate::stories::{accept, company, refusal};

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
