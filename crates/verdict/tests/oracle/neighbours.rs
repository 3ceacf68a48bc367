//! Two organizations with equal ids and names inside, and one organization after a change.

use domain::command;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{KeyId, PersonId};
use domain::key::KeyKind;
use verdict::{Action, Actor, NotAdmitted, Question, Same, Snapshot, Verdict};

use crate::chance;
use crate::commands::command;
use crate::dice::Dice;
use crate::questions::{Names, actors};
use crate::seeds;
use crate::world::{
    INTEGRATIONS, KEYS, MOMENTS, TOOLS, WIDE, World, credentials, integration, key, org, person, slug, subjects,
};

#[test]
fn a_permit_names_its_own_organization_and_a_key_opens_only_the_one_that_has_its_secret() {
    for seed in seeds(40) {
        // The neighbour has the same people, integrations, grants and keys by the same ids, with other secrets.
        let world = World::random(seed);
        let mut twin = world.clone();
        for number in 0..KEYS {
            if twin.state.live_key(key(number)).is_some() {
                let digest = format!("{number:02x}").repeat(31) + "77";
                twin.happens(Event::KeyRotated { key: key(number), digest, hint: String::new() });
            }
        }
        let here = Snapshot::compile(org(1), &world.state, None);
        let there = Snapshot::compile(org(2), &twin.state, None);
        let names = Names::of(&world, &mut Dice(seed));
        let operations = names.operations();
        let (now, dice) = (MOMENTS[0], &mut Dice(seed));
        for credential in (0..KEYS).flat_map(credentials) {
            assert_eq!(there.admit(credential, now), Err(NotAdmitted::Ended), "{credential:?} opens the neighbour's");
            let Ok(actor) = here.admit(credential, now) else { continue };
            let tools = (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool)));
            let tools: Vec<_> = tools.collect();
            let calls = tools.iter().map(|(slug, tool)| Action::CallTool { integration: slug, tool });
            let operations = (0..20).map(|_| Action::Operate(dice.pick(&operations)));
            for action in calls.chain(operations) {
                let question = Question { actor: &actor, action, now };
                assert!(!there.evaluate(&question).is_allowed());
                if let Verdict::Allowed(permit) = here.evaluate(&question) {
                    assert_eq!(permit.org(), org(1));
                }
            }
            assert_eq!(there.callable_tools(&actor, now).count(), 0);
        }
        for subject in subjects() {
            let action = Action::CallTool { integration: "upstream-0", tool: "get" };
            let question = Question { actor: &Actor::about(subject), action, now };
            if let Verdict::Allowed(permit) = there.evaluate(&question) {
                assert_eq!(permit.org(), org(2));
            }
        }
    }
}

/// Every change takes over from the snapshot before what its events say that they leave as it was.
#[test]
fn a_compile_that_takes_over_what_is_the_same_equals_one_from_nothing() {
    let mut changes = 0;
    for seed in seeds(40) {
        let (mut world, dice) = (World::random(seed), &mut Dice(seed));
        let mut before = Snapshot::compile(org(1), &world.state, None);
        for fresh in 0..60 {
            let given = command(dice, &world, person(dice.clone().below(6)), fresh);
            let wording = format!("{given:?}");
            let Ok(events) = command::handle(&world.state, given, MOMENTS[0]) else { continue };
            if events.is_empty() {
                continue;
            }
            events.iter().for_each(|event| world.happens(event.clone()));
            let shared = Snapshot::compile(org(1), &world.state, Some(Same { before: &before, events: &events }));
            let full = Snapshot::compile(org(1), &world.state, None);
            if format!("{shared:?}") != format!("{full:?}") {
                panic!("world {seed}: a snapshot that took over what was there is another one after {wording}");
            }
            changes += 1;
            before = shared;
        }
        // The whole walk led to a state that answers like any other.
        let full = Snapshot::compile(org(1), &world.state, None);
        for actor in actors(&world) {
            let listed = |snapshot: &Snapshot| {
                snapshot.callable_tools(&actor, MOMENTS[2]).map(|(index, _, _)| index).collect::<Vec<_>>()
            };
            assert_eq!(listed(&before), listed(&full), "world {seed}: {actor:?}");
        }
    }
    assert!(changes > 500, "only {changes} changes: this proves little");
}

/// So many people that they no longer stand together in memory, and more of them all the time.
#[test]
fn a_large_organization_that_grows_one_by_one_equals_one_compiled_from_nothing() {
    let (mut world, dice) = (crate::world::wide(1), &mut Dice(5));
    let roles = world.roles_of_level(false);
    let id = |number: u64| {
        let mut bytes = [0; 20];
        bytes.iter_mut().zip(Dice(number).roll().to_be_bytes()).for_each(|(byte, of)| *byte = of);
        PersonId::from_random(bytes)
    };
    let mut before = Snapshot::compile(org(1), &world.state, None);
    for number in 0..1_400 {
        let (newcomer, anybody) = (id(number), id(dice.roll() % (number + 1)));
        let (grantee, profile) = (Grantee::Member(anybody), dice.pick(&Profile::ALL));
        let given = (0..1 + dice.below(18)).map(|_| {
            let (integration, tools_off) = (integration(dice.below(WIDE)), chance::tools_off(dice));
            Event::GrantSet { grantee, integration, profile, tools_off, expires_at: chance::end(dice) }
        });
        let given: Vec<Event> = given.collect();
        let (key, holder) =
            (KeyId::from_random(dice.roll().to_be_bytes().repeat(3)[..20].try_into().unwrap()), anybody);
        let (digest, hint) = ("ab".repeat(32), String::new());
        let mut happened = vec![Event::MemberAdded { person: newcomer, role: dice.pick(&roles) }];
        if let Some(member) = world.state.member(anybody) {
            happened.push(match dice.below(5) {
                0 => Event::MemberRemoved { person: anybody },
                4 if member.is_active() => Event::MemberSuspended { person: anybody },
                4 => Event::MemberRestored { person: anybody },
                1 => Event::MemberRoleChanged { person: anybody, from: roles[0], to: dice.pick(&roles) },
                _ => Event::KeyCreated { key, kind: KeyKind::Personal { holder }, digest, hint, expires_at: None },
            });
        }
        if world.state.member(anybody).is_some() && !matches!(happened.last(), Some(Event::MemberRemoved { .. })) {
            happened.extend(given);
        }
        happened.iter().for_each(|event| world.happens(event.clone()));
        before = Snapshot::compile(org(1), &world.state, Some(Same { before: &before, events: &happened }));
        if number % 200 == 199 {
            let full = Snapshot::compile(org(1), &world.state, None);
            assert!(format!("{before:?}") == format!("{full:?}"), "another snapshot after {number} people");
        }
    }
    assert!(before.subjects().len() > 800, "{} subjects: this proves little", before.subjects().len());
}
