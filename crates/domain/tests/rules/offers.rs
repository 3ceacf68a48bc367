//! Stories about handing over the top role in two steps.

use domain::command::Command;
use domain::event::Event;
use domain::id::PersonId;
use domain::organization::SettingChange;
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::Walk;
use crate::commands::{balanced, person, role, workjet};
use crate::stories::{accept, refusal};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

fn offer(from: u8, to: u8) -> Command {
    Command::OfferOwnership { from: person(from), to: person(to), own_role: role("admin") }
}

fn take(heir: u8) -> Command {
    Command::AcceptOwnership { heir: person(heir) }
}

/// Person 0 is the owner, 1 and 2 are admins.
fn company() -> Walk {
    let mut walk = Walk::found_on(workjet());
    for number in [1, 2] {
        accept(&mut walk, Command::AddMember { person: person(number), role: role("admin") });
    }
    walk
}

fn held(walk: &Walk) -> [RoleId; 2] {
    [0, 1].map(|number| walk.state.members[&person(number)].role)
}

fn owners(walk: &Walk) -> Vec<PersonId> {
    walk.state.top_role_holders().collect()
}

#[test]
fn an_offer_gives_nothing_until_the_heir_takes_it_and_nobody_else_can() {
    let mut walk = company();
    accept(&mut walk, offer(0, 1));
    assert_eq!(held(&walk), [role("owner"), role("admin")]);
    assert_eq!(refusal(&walk, take(2)), "not-found");
    assert_eq!(refusal(&walk, take(0)), "not-found");
    assert_eq!(refusal(&walk, offer(0, 2)), "offer-open");
    accept(&mut walk, take(1));
    assert_eq!((held(&walk), owners(&walk)), ([role("admin"), role("owner")], vec![person(1)]));
    assert_eq!(walk.state.offer, None);
    assert_eq!(refusal(&walk, take(1)), "not-found", "it is taken once");
}

#[test]
fn an_offer_is_declined_by_the_heir_and_taken_back_by_owners() {
    let mut walk = company();
    let end = |number| Command::EndOwnershipOffer { by: person(number) };
    for (by, expected) in [(1, "ownership.declined"), (0, "ownership.withdrawn")] {
        accept(&mut walk, offer(0, 1));
        accept(&mut walk, end(by));
        let (_, last) = walk.written.last().unwrap();
        assert_eq!(domain::event::decode(last).unwrap().name(), expected);
        assert_eq!(refusal(&walk, take(1)), "not-found");
        assert_eq!(refusal(&walk, end(by)), "not-found");
    }
}

#[test]
fn an_offer_is_open_for_a_week_and_then_makes_room_for_another() {
    let mut walk = company();
    accept(&mut walk, offer(0, 1));
    let ends = walk.state.offer.unwrap().expires_at;
    assert_eq!(ends, walk.now.plus_ms(WEEK_MS));
    walk.now = Timestamp(ends.0 - 1);
    let last = domain::command::handle(&walk.state, take(1), walk.now);
    assert!(last.is_ok(), "{last:?}");
    walk.now = ends;
    let late = domain::command::handle(&walk.state, take(1), walk.now).unwrap_err();
    assert_eq!(late.code, "not-found");
    accept(&mut walk, offer(0, 2));
    accept(&mut walk, take(2));
}

/// Whatever becomes of one of the two in between, and also where all is put back as it was.
#[test]
fn an_offer_is_gone_as_soon_as_either_of_the_two_is_not_who_they_were() {
    let to = |number, held: &str| Command::ChangeMemberRole { person: person(number), role: role(held) };
    let between: [(&str, Vec<Command>); 4] = [
        ("the heir was lowered and raised again", vec![to(1, "member"), to(1, "admin")]),
        (
            "the heir was suspended and restored",
            vec![
                Command::SuspendMember { person: person(1), by_directory: false },
                Command::RestoreMember { person: person(1) },
            ],
        ),
        (
            "the heir was removed and came back",
            vec![
                Command::RemoveMember { person: person(1) },
                Command::AddMember { person: person(1), role: role("admin") },
            ],
        ),
        ("the heir's role ended", vec![Command::DeleteRole { role: role("deputy"), default: None }]),
    ];
    for (what, commands) in between {
        let mut walk = company();
        if what.ends_with("ended") {
            let new = domain::role::NewRole {
                id: role("deputy"),
                title: "Deputy".to_owned(),
                level: domain::role::RoleLevel::Organization,
                edit: domain::role::RoleEdit::default(),
            };
            let own_roles = vec![SettingChange::RolesCustom(true)];
            accept(&mut walk, Command::ChangeSettings { name: None, changes: own_roles });
            accept(&mut walk, Command::CreateRole(Box::new(new)));
            accept(&mut walk, to(1, "deputy"));
        }
        accept(&mut walk, offer(0, 1));
        commands.into_iter().for_each(|command| accept(&mut walk, command));
        assert_eq!(walk.state.offer, None, "{what}");
        assert_eq!(refusal(&walk, take(1)), "not-found", "{what}");
    }
    // Of several owners the one who offers it steps down before it is taken.
    let mut walk = Walk::found_on(balanced());
    for (number, held) in [(1, "admin"), (2, "owner")] {
        accept(&mut walk, Command::AddMember { person: person(number), role: role(held) });
    }
    accept(&mut walk, offer(0, 1));
    accept(&mut walk, to(0, "admin"));
    assert_eq!(refusal(&walk, take(1)), "not-found");
}

#[test]
fn where_the_place_of_the_owner_is_one_it_is_handed_on_and_never_doubled() {
    let mut walk = Walk::found_on(balanced());
    accept(&mut walk, Command::AddMember { person: person(1), role: role("admin") });
    accept(&mut walk, offer(0, 1));
    let one = vec![SettingChange::OwnersMax(Some(1))];
    accept(&mut walk, Command::ChangeSettings { name: None, changes: one });
    accept(&mut walk, take(1));
    assert_eq!(owners(&walk), [person(1)]);
    let handed: Vec<Event> =
        walk.written.iter().rev().take(3).map(|(_, body)| domain::event::decode(body).unwrap()).collect();
    assert!(matches!(handed[2], Event::OwnershipAccepted { .. }), "{handed:?}");
}
