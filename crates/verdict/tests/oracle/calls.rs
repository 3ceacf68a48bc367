//! Who may call which tool, and what the lists show.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::time::Timestamp;
use verdict::{Action, Actor, Question, Snapshot, Verdict};

use crate::dice::Dice;
use crate::naive::{Answer, Naive};
use crate::questions::actors;
use crate::seeds;
use crate::world::{INTEGRATIONS, MOMENTS, TOOLS, WIDE, World, org, slug, subjects, wide};

fn ask(snapshot: &Snapshot, actor: &Actor, action: Action<'_>, now: Timestamp) -> Verdict {
    snapshot.evaluate(&Question { actor, action, now })
}

/// One actor at one moment: every tool that is and some that are not, by both names, and the lists.
fn compare(world: &World, snapshot: &Snapshot, actor: &Actor, now: Timestamp) {
    let naive = Naive { state: &world.state, now };
    let mut allowed = BTreeSet::new();
    for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
        let action = Action::CallTool { integration: &slug, tool };
        let expected = naive.ask(actor, action);
        let verdict = ask(snapshot, actor, action, now);
        assert_eq!(Answer::from(&verdict), expected, "{actor:?} {slug}/{tool} at {now:?}");
        if let Verdict::Allowed(permit) = verdict {
            assert_eq!((permit.org(), permit.seq()), (org(1), world.state.seq));
            assert_eq!(permit.actor(), Some(*actor));
        }
        if let Some(exposed) = snapshot.exposed_name(&slug, tool) {
            let by_exposed = ask(snapshot, actor, Action::CallExposed { name: &exposed }, now);
            assert_eq!(Answer::from(&by_exposed), expected, "{actor:?} {exposed} at {now:?}");
            if expected.allowed {
                allowed.insert((slug.clone(), tool.to_owned()));
            }
        } else {
            assert!(!expected.allowed, "a tool that does not exist may be called");
        }
        if *actor == Actor::about(actor.subject) {
            assert_eq!(snapshot.may_call(actor.subject.as_str(), &slug, tool, now), expected.allowed);
        }
    }
    for slug in (0..=INTEGRATIONS).map(slug) {
        let action = Action::Use { integration: &slug };
        assert_eq!(
            Answer::from(&ask(snapshot, actor, action, now)),
            naive.ask(actor, action),
            "{actor:?} {slug} at {now:?}"
        );
    }
    let listed = snapshot.callable_tools(actor, now);
    let listed: Vec<_> = listed.map(|(_, tool, of)| (of.slug.to_string(), tool.name.to_string())).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), allowed, "{actor:?} at {now:?}");
    assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len(), "a tool is listed twice");
    for integration in world.state.integrations.values() {
        let of_one: Vec<_> =
            snapshot.callable_tools_of(actor, integration.id, now).map(|(_, tool)| &*tool.name).collect();
        let of_all =
            listed.iter().filter(|(slug, _)| *slug == integration.slug.as_str()).map(|(_, tool)| tool.as_str());
        assert_eq!(of_one, of_all.collect::<Vec<_>>(), "{actor:?} at {now:?}");
    }
}

/// What an actor can find out by asking under these names: every answer about every tool, reasons only where they
/// are told, and the lists.
fn seen((world, snapshot): (&World, &Snapshot), actor: &Actor, exposed: &[String], now: Timestamp) -> Vec<String> {
    let mut seen = Vec::new();
    let mut told = |verdict: Verdict| {
        let answer = Answer::from(&verdict);
        seen.push(if answer.hidden { "nothing of the kind".to_owned() } else { format!("{answer:?}") });
    };
    for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
        told(ask(snapshot, actor, Action::CallTool { integration: &slug, tool }, now));
    }
    for name in exposed {
        told(ask(snapshot, actor, Action::CallExposed { name }, now));
    }
    for slug in (0..INTEGRATIONS).map(slug) {
        told(ask(snapshot, actor, Action::Use { integration: &slug }, now));
    }
    seen.extend(snapshot.callable_tools(actor, now).map(|(_, tool, _)| tool.exposed.to_string()));
    seen.extend(snapshot.reached_integrations(actor, now).map(|(integration, _)| integration.slug.to_string()));
    let naive = Naive { state: &world.state, now };
    let viewed = world.state.integrations.values().filter(|one| naive.sees(actor, one));
    seen.extend(viewed.map(|integration| integration.title.clone()));
    seen
}

#[test]
fn the_engine_agrees_with_the_second_opinion_and_the_lists_with_the_calls() {
    for seed in seeds(25) {
        let world = World::random(seed);
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        for actor in actors(&world) {
            for now in MOMENTS {
                compare(&world, &snapshot, &actor, now);
            }
        }
    }
}

#[test]
fn to_whom_an_integration_is_hidden_the_world_with_it_and_without_it_look_the_same() {
    for seed in seeds(15) {
        let world = World::random(seed);
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
                assert_eq!(with, without, "world {seed}: {actor:?} can tell that {} is there", integration.slug);
            }
        }
    }
}

#[test]
fn with_many_integrations_the_short_answer_and_the_long_one_are_the_same() {
    for seed in seeds(6) {
        let world = wide(seed);
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        for (actor, now) in subjects().map(Actor::about).flat_map(|actor| MOMENTS.map(|now| (actor, now))) {
            let naive = Naive { state: &world.state, now };
            let mut allowed = BTreeSet::new();
            for (slug, tool) in (0..WIDE).flat_map(|number| ["get", "delete"].map(|tool| (slug(number), tool))) {
                let action = Action::CallTool { integration: &slug, tool };
                let expected = naive.ask(&actor, action).allowed;
                assert_eq!(snapshot.may_call(actor.subject.as_str(), &slug, tool, now), expected);
                let verdict = ask(&snapshot, &actor, action, now);
                assert_eq!(verdict.is_allowed(), expected, "world {seed}: {actor:?} {slug}/{tool} at {now:?}");
                if expected {
                    allowed.insert((slug, tool.to_owned()));
                }
            }
            let listed = snapshot.callable_tools(&actor, now);
            let listed = listed.map(|(_, tool, of)| (of.slug.to_string(), tool.name.to_string()));
            let compared = listed.filter(|(_, tool)| tool == "get" || tool == "delete");
            assert_eq!(compared.collect::<BTreeSet<_>>(), allowed, "world {seed}: {actor:?}");
        }
    }
}

#[test]
fn every_denial_says_why_and_names_only_people_who_could_help() {
    for seed in seeds(25) {
        let world = World::random(seed);
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[1] };
        let dice = &mut Dice(seed);
        for actor in actors(&world) {
            let (slug, tool) = (slug(dice.below(INTEGRATIONS)), dice.pick(&TOOLS));
            let action = Action::CallTool { integration: &slug, tool };
            let explained = snapshot.explain(&Question { actor: &actor, action, now: MOMENTS[1] });
            let expected = naive.ask(&actor, action);
            assert_eq!((explained.allowed, explained.code), (expected.allowed, expected.code));
            assert!(!explained.because.is_empty() && !explained.because.ends_with('.'));
            assert!(explained.remedy.is_none() || !explained.allowed);
            assert!(explained.ask.len() <= 3 && (explained.ask.is_empty() || explained.remedy.is_some()));
            for helper in explained.ask {
                assert!(world.state.active_member(helper).is_some(), "{helper} is no member");
            }
        }
    }
}
