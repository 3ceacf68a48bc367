//! Clients that people connected, while they and their people come and go: whom one lets do what, by the engine, whose
//! snapshots take over what was, and by the second opinion.

use std::collections::BTreeMap;

use domain::event::Event;
use domain::grant::Profile;
use domain::id::{ClientId, PersonId};
use domain::organization::Stamp;
use domain::time::Timestamp;
use verdict::{Action, Actor, ClientProof, Credential, Operation, Question, Same, Snapshot, Subject};

use crate::cedar::Cedar;
use crate::dice::Dice;
use crate::naive::{Answer, Naive};
use crate::questions::{Names, kind};
use crate::seeds;
use crate::world::{INTEGRATIONS, MOMENTS, PEOPLE, TOOLS, World, org, person, slug};

/// Clients that are asked about; the last is never connected.
const CLIENTS: u8 = 12;
/// What happens in each organization, and the questions asked after each of it.
const STEPS: usize = 24;
const QUESTIONS: usize = 40;
/// What is done only soon after signing in, whatever else: by no client, however it may be meant.
const GRAVE: [&str; 6] =
    ["TransferOwnership", "AcceptOwnership", "ChangePreset", "ConnectDirectory", "DeleteOrganization", "EndSessions"];

fn client(number: u8) -> ClientId {
    ClientId::from_random([number; 20])
}

/// Who connected which client, and what they let it do, as somebody would write it down who watches.
type Book = BTreeMap<ClientId, (PersonId, Profile)>;

/// Something that happens to a client or to its person, and what is written down of it.
fn happens(world: &mut World, dice: &mut Dice, book: &mut Book) -> Vec<Event> {
    let (who, which) = (person(dice.below(PEOPLE - 1)), client(dice.below(CLIENTS - 1)));
    let (member, active) = (world.state.member(who).is_some(), world.state.active_member(who).is_some());
    let event = match dice.below(10) {
        0..=4 if active && !book.contains_key(&which) => {
            let profile = dice.pick(&Profile::ALL);
            book.insert(which, (who, profile));
            Event::ClientConnected { client: which, person: who, profile }
        }
        5 if book.contains_key(&which) => {
            Event::ClientDisconnected { client: which, person: book.remove(&which).expect("a client").0 }
        }
        6 if member && who != person(0) => {
            book.retain(|_, (theirs, _)| *theirs != who);
            Event::MemberRemoved { person: who }
        }
        7 if !member => Event::MemberAdded { person: who, role: dice.pick(&world.roles_of_level(false)) },
        8 if active && who != person(0) => Event::MemberSuspended { person: who },
        9 if member && !active => Event::MemberRestored { person: who },
        _ => return Vec::new(),
    };
    let stamp = Stamp { seq: world.state.seq + 1, at: Timestamp(0), actor: person(0).as_str().to_owned() };
    world.state.apply(&stamp, &event);
    vec![event]
}

/// Somebody with the token of a client; most of them are who connected it.
fn shows(dice: &mut Dice, book: &Book, now: Timestamp) -> Actor {
    let which = client(dice.below(CLIENTS));
    let ends_at = if dice.percent(8) { now } else { Timestamp(i64::MAX) };
    let credential = Some(Credential::Client(ClientProof { client: which, ends_at }));
    let theirs = book.get(&which).map(|(theirs, _)| *theirs).filter(|_| !dice.percent(10));
    let subject = Subject::Member(theirs.unwrap_or_else(|| person(dice.below(PEOPLE))));
    Actor { credential, ..Actor::about(subject) }
}

/// Every tool by every client, by who connected it and by others: as Cedar says.
fn cedar_agrees(world: &World, dice: &mut Dice, book: &Book, seed: u64) {
    let (snapshot, cedar) = (Snapshot::compile(org(1), &world.state, None), Cedar::of(&world.state));
    cedar.is_valid();
    for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
        let action = Action::CallTool { integration: &slug, tool };
        for _ in 0..CLIENTS {
            let now = dice.pick(&MOMENTS);
            let actor = shows(dice, book, now);
            let engine = snapshot.evaluate(&Question { actor: &actor, action, now }).is_allowed();
            let third = cedar.ask(&actor, action, now);
            assert_eq!(third.allowed, engine, "world {seed}, {actor:?} at {now:?}: {slug}/{tool}: {third:?}");
        }
    }
}

// rows: PW-19
#[test]
fn the_engine_agrees_with_the_second_opinion_on_every_client_as_they_and_their_people_come_and_go() {
    let mut codes = BTreeMap::new();
    for seed in seeds(16) {
        let (mut world, dice, mut book) = (World::random(seed), &mut Dice(seed), Book::new());
        let names = Names::of(&world, dice);
        let operations = names.operations();
        let mut snapshot = Snapshot::compile(org(1), &world.state, None);
        for _ in 0..STEPS {
            let events = happens(&mut world, dice, &mut book);
            snapshot = Snapshot::compile(org(1), &world.state, Some(Same { before: &snapshot, events: &events }));
            let known = world.state.clients.values();
            let counted: Book = known.map(|known| (known.id, (known.person, known.profile))).collect();
            assert_eq!(counted, book, "world {seed} after {events:?}: whoever goes takes all of theirs with them");
            for number in 0..CLIENTS {
                let known = snapshot.client(client(number)).map(|known| (known.person, known.profile));
                assert_eq!(known, book.get(&client(number)).copied(), "world {seed} after {events:?}: {number}");
            }
            for _ in 0..QUESTIONS {
                let now = dice.pick(&MOMENTS);
                let actor = shows(dice, &book, now);
                let slug = slug(dice.below(INTEGRATIONS));
                let action = match dice.below(10) {
                    0 => Action::Use { integration: &slug },
                    1..=5 => Action::CallTool { integration: &slug, tool: dice.pick(&TOOLS) },
                    _ => Action::Operate(dice.pick(&operations)),
                };
                let answer = Answer::from(&snapshot.evaluate(&Question { actor: &actor, action, now }));
                let expected = Naive { state: &world.state, now }.ask(&actor, action);
                let grave = matches!(action, Action::Operate(one) if GRAVE.contains(&kind(one).as_str()));
                match answer.code {
                    "sign-in-again" => assert!(expected.allowed, "world {seed}, {actor:?} at {now:?}: {action:?}"),
                    _ => assert_eq!(answer, expected, "world {seed}, {actor:?} at {now:?}: {action:?}"),
                }
                assert!(!(grave && answer.allowed), "world {seed}, {actor:?}: {action:?}");
                // It is its person, and never more; where it is less, its person has said so, and could say otherwise.
                let themselves = Naive { state: &world.state, now }.ask(&Actor::about(actor.subject), action);
                let is_left_out = answer.code == "client-profile";
                assert!(!(answer.allowed || is_left_out) || themselves.allowed, "world {seed}, {actor:?}: {action:?}");
                assert!(!(answer.hidden && is_left_out), "world {seed}, {actor:?}: {action:?}");
                *codes.entry((answer.code, answer.allowed)).or_insert(0u64) += 1;
            }
        }
        cedar_agrees(&world, dice, &book, seed);
        let leaves = Action::Operate(Operation::RemoveMember { member: person(0) });
        for (id, (theirs, _)) in book.iter().filter(|(_, (theirs, _))| *theirs == person(0)) {
            let proof = ClientProof { client: *id, ends_at: Timestamp(i64::MAX) };
            let actor = Actor { credential: Some(Credential::Client(proof)), ..Actor::about(Subject::Member(*theirs)) };
            let expected = Naive { state: &world.state, now: MOMENTS[0] }.ask(&actor, leaves);
            let answer = Answer::from(&snapshot.evaluate(&Question { actor: &actor, action: leaves, now: MOMENTS[0] }));
            assert_eq!(answer, expected, "world {seed}: {actor:?} leaves");
        }
    }
    for seen in [
        ("credential-ended", false),
        ("member-suspended", false),
        ("sign-in-again", false),
        ("client-profile", false),
        ("role", true),
        ("grant", true),
    ] {
        assert!(codes.contains_key(&seen), "no question led to {seen:?}: {codes:?}");
    }
}
