//! Who may call which tool, and what the lists show.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::key::KeyKind;
use domain::time::Timestamp;
use proptest::prelude::*;
use verdict::{Action, Actor, Question, Snapshot, Subject, Verdict};

use crate::cases;
use crate::naive::{Answer, Naive};
use crate::world::{
    INTEGRATIONS, KEYS, MOMENTS, TOOLS, WIDE, World, credentials, key, org, person, slug, subjects, wide_worlds, worlds,
};

/// Everybody who might ask: each subject asked about, and each secret that a key has or had, for its own subject and
/// for somebody else's.
fn actors(world: &World) -> Vec<Actor> {
    let mut actors: Vec<Actor> = subjects().map(Actor::about).collect();
    for number in 0..KEYS {
        let own = match world.state.keys.get(&key(number)).map(|key| &key.kind) {
            Some(KeyKind::Personal { holder }) => Subject::Member(*holder),
            _ => Subject::Key(key(number)),
        };
        for credential in credentials(number) {
            for subject in [own, Subject::Member(person(0))] {
                actors.push(Actor { subject, credential: Some(credential) });
            }
        }
    }
    actors
}

fn ask(snapshot: &Snapshot, actor: &Actor, action: Action<'_>, now: Timestamp) -> Verdict {
    snapshot.evaluate(&Question { actor, action, now })
}

/// One actor at one moment: every tool that is and some that are not, by both names, and the lists.
fn compare(world: &World, snapshot: &Snapshot, actor: &Actor, now: Timestamp) -> Result<(), TestCaseError> {
    let naive = Naive { state: &world.state, now };
    let mut allowed = BTreeSet::new();
    for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
        let expected = naive.call(actor, &slug, tool);
        let verdict = ask(snapshot, actor, Action::CallTool { integration: &slug, tool }, now);
        prop_assert_eq!(Answer::from(&verdict), expected, "{:?} {}/{} at {:?}", actor, slug, tool, now);
        if let Verdict::Allowed(permit) = verdict {
            prop_assert_eq!((permit.org(), permit.seq()), (org(1), world.state.seq));
            prop_assert_eq!(permit.actor(), Some(*actor));
        }
        if let Some(exposed) = snapshot.exposed_name(&slug, tool) {
            let by_exposed = ask(snapshot, actor, Action::CallExposed { name: &exposed }, now);
            prop_assert_eq!(Answer::from(&by_exposed), expected, "{:?} {} at {:?}", actor, exposed, now);
            if expected.allowed {
                allowed.insert((slug.clone(), tool.to_owned()));
            }
        } else {
            prop_assert!(!expected.allowed, "a tool that does not exist may be called");
        }
        if actor.credential.is_none() {
            prop_assert_eq!(snapshot.may_call(actor.subject.as_str(), &slug, tool, now), expected.allowed);
        }
    }
    let listed = snapshot.callable_tools(actor, now);
    let listed: Vec<_> = listed.map(|(_, tool, of)| (of.slug.to_string(), tool.name.to_string())).collect();
    prop_assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), allowed, "{:?} at {:?}", actor, now);
    prop_assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len(), "a tool is listed twice");
    for integration in world.state.integrations.values() {
        let of_one: Vec<_> =
            snapshot.callable_tools_of(actor, integration.id, now).map(|(_, tool)| &*tool.name).collect();
        let of_all =
            listed.iter().filter(|(slug, _)| *slug == integration.slug.as_str()).map(|(_, tool)| tool.as_str());
        prop_assert_eq!(of_one, of_all.collect::<Vec<_>>(), "{:?} at {:?}", actor, now);
    }
    Ok(())
}

/// What an actor can find out by asking under these names: every answer about every tool, reasons only where they
/// are told, and the lists.
fn seen((world, snapshot): (&World, &Snapshot), actor: &Actor, exposed: &[String], now: Timestamp) -> Vec<String> {
    let mut seen = Vec::new();
    for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
        let answer = Answer::from(&ask(snapshot, actor, Action::CallTool { integration: &slug, tool }, now));
        seen.push(if answer.hidden { "nothing of the kind".to_owned() } else { format!("{answer:?}") });
    }
    for name in exposed {
        let answer = Answer::from(&ask(snapshot, actor, Action::CallExposed { name }, now));
        seen.push(if answer.hidden { "nothing of the kind".to_owned() } else { format!("{answer:?}") });
    }
    seen.extend(snapshot.callable_tools(actor, now).map(|(_, tool, _)| tool.exposed.to_string()));
    seen.extend(snapshot.reached_integrations(actor, now).map(|(integration, _)| integration.slug.to_string()));
    let naive = Naive { state: &world.state, now };
    let viewed = world.state.integrations.values().filter(|one| naive.sees(actor, one));
    seen.extend(viewed.map(|integration| integration.title.clone()));
    seen
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_engine_agrees_with_the_second_opinion_and_the_lists_with_the_calls(world in worlds()) {
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        for actor in actors(&world) {
            for now in MOMENTS {
                compare(&world, &snapshot, &actor, now)?;
            }
        }
    }

    #[test]
    fn to_whom_an_integration_is_hidden_the_world_with_it_and_without_it_look_the_same(world in worlds()) {
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let now = MOMENTS[1];
        let tools = (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool)));
        let exposed: Vec<String> = tools.filter_map(|(slug, tool)| snapshot.exposed_name(&slug, tool)).collect();
        for integration in world.state.integrations.values() {
            let mut without = world.clone();
            without.happens(Event::IntegrationDisconnected { integration: integration.id });
            let other = Snapshot::compile(org(1), &without.state, None);
            let naive = Naive { state: &world.state, now };
            for actor in actors(&world).into_iter().filter(|actor| !naive.sees(actor, integration)) {
                let with = seen((&world, &snapshot), &actor, &exposed, now);
                let without = seen((&without, &other), &actor, &exposed, now);
                prop_assert_eq!(with, without, "{:?} can tell that {} is there", actor, integration.slug);
            }
        }
    }

    #[test]
    fn with_many_integrations_the_short_answer_and_the_long_one_are_the_same(world in wide_worlds()) {
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        for (actor, now) in subjects().map(Actor::about).flat_map(|actor| MOMENTS.map(|now| (actor, now))) {
            let naive = Naive { state: &world.state, now };
            let mut allowed = 0;
            for (slug, tool) in (0..WIDE).flat_map(|number| ["get", "delete"].map(|tool| (slug(number), tool))) {
                let expected = naive.call(&actor, &slug, tool).allowed;
                allowed += usize::from(expected);
                prop_assert_eq!(snapshot.may_call(actor.subject.as_str(), &slug, tool, now), expected);
                let verdict = ask(&snapshot, &actor, Action::CallTool { integration: &slug, tool }, now);
                prop_assert_eq!(verdict.is_allowed(), expected, "{:?} {}/{} at {:?}", actor, slug, tool, now);
            }
            prop_assert_eq!(snapshot.callable_tools(&actor, now).count(), allowed);
        }
    }

    #[test]
    fn every_denial_says_why_and_names_only_people_who_could_help(world in worlds()) {
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[1] };
        for actor in actors(&world) {
            for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
                let action = Action::CallTool { integration: &slug, tool };
                let explained = snapshot.explain(&Question { actor: &actor, action, now: MOMENTS[1] });
                let expected = naive.call(&actor, &slug, tool);
                prop_assert_eq!((explained.allowed, explained.code), (expected.allowed, expected.code));
                prop_assert!(!explained.because.is_empty() && !explained.because.ends_with('.'));
                prop_assert!(explained.remedy.is_none() || !explained.allowed);
                prop_assert!(explained.ask.len() <= 3 && (explained.ask.is_empty() || explained.remedy.is_some()));
                for helper in explained.ask {
                    prop_assert!(world.state.active_member(helper).is_some(), "{} is no member", helper);
                }
            }
        }
    }
}
