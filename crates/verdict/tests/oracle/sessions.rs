//! Sessions in random organizations: whom one with or without a passkey lets do what, by the engine and by the second opinion.

use std::collections::BTreeMap;

use domain::id::SessionId;
use domain::time::Timestamp;
use verdict::{Action, Actor, Credential, Operation, Question, SessionProof, Snapshot, Subject};

use crate::dice::Dice;
use crate::naive::{Answer, Naive};
use crate::questions::Names;
use crate::seeds;
use crate::world::{MOMENTS, PEOPLE, World, org, person};

/// Questions asked of each organization.
const QUESTIONS: usize = 1_000;

#[test]
fn the_engine_agrees_with_the_second_opinion_on_every_session() {
    let mut codes = BTreeMap::new();
    for seed in seeds(48) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let names = Names::of(&world, dice);
        let operations = names.operations();
        let changes = |operation: &Operation<'_>| matches!(operation, Operation::EditOrganization { .. });
        let changes: Vec<_> = operations.iter().copied().filter(changes).collect();
        for _ in 0..QUESTIONS {
            let (now, who) = (dice.pick(&MOMENTS), person(dice.below(PEOPLE)));
            let proof = SessionProof {
                session: SessionId::from_random([1; 20]),
                person: who,
                begun_at: Timestamp(1),
                proven_at: now,
                ends_at: if dice.percent(5) { now } else { Timestamp(i64::MAX) },
                by_passkey: dice.percent(50),
            };
            let as_whom = if dice.percent(5) { person(dice.below(PEOPLE)) } else { who };
            let credential = Some(Credential::Session(proof));
            let actor = Actor { credential, ..Actor::about(Subject::Member(as_whom)) };
            let operation = if dice.percent(30) { dice.pick(&changes) } else { dice.pick(&operations) };
            let action = Action::Operate(operation);
            let expected = Naive { state: &world.state, now }.ask(&actor, action);
            let answer = Answer::from(&snapshot.evaluate(&Question { actor: &actor, action, now }));
            assert_eq!(answer, expected, "world {seed}, {actor:?} at {now:?}: {operation:?}");
            // A passkey opens nothing that is closed to its person, and takes nothing away.
            let shown = SessionProof { by_passkey: true, ..proof };
            let with = Actor { credential: Some(Credential::Session(shown)), ..actor };
            let with = Answer::from(&snapshot.evaluate(&Question { actor: &with, action, now }));
            assert!(with == answer || answer.code == "passkey-needed", "world {seed}, {actor:?}: {operation:?}");
            let let_in = Naive { state: &world.state, now }.at_the_door(&actor).is_none();
            *codes.entry((answer.code, let_in)).or_insert(0u64) += 1;
        }
    }
    for seen in [("passkey-needed", false), ("passkey-needed", true), ("role", true), ("member-suspended", false)] {
        assert!(codes.contains_key(&seen), "no question led to {seen:?}: {codes:?}");
    }
}
