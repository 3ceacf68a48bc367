//! The engine, the second opinion and Cedar, asked the same questions.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::integration::ToolClass;
use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::cedar::{CedarExport, export};
use verdict::{Action, Actor, Gift, Operation, Question, Snapshot, Subject};

use crate::cedar::Cedar;
use crate::dice::Dice;
use crate::naive::{Answer, Naive};
use crate::questions::{Names, actors, is_made_of_others, kind};
use crate::seeds;
use crate::world::{
    INTEGRATIONS, MOMENTS, PEOPLE, RESOURCES, TOOLS, World, connected, integration, org, person, resource, slug,
};

/// Questions asked of each organization.
const QUESTIONS: usize = 1_000;
/// Ways to give that have many conditions, besides integrations for teams.
const GIVING: [&str; 7] =
    ["AssignResource", "EditOrganization", "EditRole", "GiveRole", "RemoveMember", "RotateKey", "ShareResource"];
/// Organizations whose model Cedar's validator looks at; the policies of others differ in their grants alone.
const VALIDATED: u64 = 50;

/// What can be asked of one organization, drawn so that every kind of question comes up.
struct Draw<'n> {
    actors: Vec<Actor>,
    by_kind: Vec<Vec<Operation<'n>>>,
    of_resources: Vec<Operation<'n>>,
    giving: Vec<Vec<Operation<'n>>>,
    tools: Vec<(String, &'static str)>,
}

impl<'n> Draw<'n> {
    fn of(world: &World, names: &'n Names) -> Draw<'n> {
        let mut by_kind = BTreeMap::<String, Vec<Operation<'n>>>::new();
        let operations = names.operations().into_iter();
        // Who decides a request is who could make every change that it would take, and these are asked of one by one.
        // So it is with an invitation: what it offers is asked part by part, as `Invite` and `InviteToTeam`.
        let plain = operations.filter(|asked| !is_made_of_others(*asked));
        plain.for_each(|asked| by_kind.entry(kind(asked)).or_default().push(asked));
        let tools = (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool)));
        let of_resources = by_kind["Resource"].clone();
        let mut giving: Vec<_> = GIVING.iter().map(|kind| by_kind[*kind].clone()).collect();
        let gift = |asked: &Operation<'_>| matches!(asked, Operation::Assign { grantee: Grantee::Team(_), .. });
        giving.push(by_kind["Assign"].iter().copied().filter(gift).collect());
        let by_kind = by_kind.into_values().collect();
        Draw { actors: actors(world), by_kind, of_resources, giving, tools: tools.collect() }
    }

    fn action(&self, dice: &mut Dice) -> Action<'_> {
        if dice.percent(20) {
            let (integration, tool) = &self.tools[usize::from(dice.below(self.tools.len() as u8))];
            return Action::CallTool { integration, tool };
        }
        // Who may give something, and not everything, is rare, and is asked about often.
        if dice.percent(30) {
            let ways = &self.giving[usize::from(dice.below(self.giving.len() as u8))];
            return Action::Operate(dice.pick(ways));
        }
        // A right to a resource has more ways than any other, and is drawn so often that each is gone.
        let of_kind = match self.by_kind.get(usize::from(dice.below(self.by_kind.len() as u8))) {
            Some(of_kind) if dice.percent(80) => of_kind,
            _ => &self.of_resources,
        };
        Action::Operate(dice.pick(of_kind))
    }
}

fn word(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "denied" }
}

#[test]
fn the_engine_the_second_opinion_and_cedar_give_the_same_answers() {
    let (mut asked, mut yes) = (0u64, BTreeMap::<String, [u64; 2]>::new());
    for seed in seeds(25) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let cedar = Cedar::of(&world.state);
        if seed < VALIDATED {
            cedar.is_valid();
        }
        let names = Names::of(&world, dice);
        let draw = Draw::of(&world, &names);
        for _ in 0..QUESTIONS {
            let now = dice.pick(&MOMENTS);
            let naive = Naive { state: &world.state, now };
            // Whoever is not let in has one answer to everything; that they are not must be asked often enough as well.
            let tries = if dice.percent(30) { 1 } else { 4 };
            let drawn = |dice: &mut Dice| match dice.percent(40) {
                true => Actor::about(Subject::Member(person(dice.below(PEOPLE)))),
                false => dice.pick(&draw.actors),
            };
            let actor = (0..tries).map(|_| drawn(dice)).find(|actor| naive.at_the_door(actor).is_none());
            let actor = actor.unwrap_or_else(|| drawn(dice));
            let action = draw.action(dice);
            let second = naive.ask(&actor, action);
            let engine = Answer::from(&snapshot.evaluate(&Question { actor: &actor, action, now }));
            let third = cedar.ask(&actor, action, now);
            assert!(
                (engine.allowed, third.allowed) == (second.allowed, second.allowed),
                "world {seed}, {actor:?} at {now:?}: {action:?}\n  the engine: {} ({})\n  the second opinion: {} \
                 ({})\n  Cedar: {}, by {:?}; not evaluated: {:#?}",
                word(engine.allowed),
                engine.code,
                word(second.allowed),
                second.code,
                word(third.allowed),
                third.by,
                third.faults,
            );
            asked += 1;
            let name = match action {
                Action::Operate(operation) => kind(operation),
                _ => "CallTool".to_owned(),
            };
            yes.entry(name).or_default()[usize::from(engine.allowed)] += 1;
        }
    }
    assert!(yes.len() > 45, "only {} kinds of questions: this proves little", yes.len());
    let always_the_same: Vec<_> = yes.iter().filter(|(name, both)| both.contains(&0) && *name != "ViewTeams").collect();
    assert!(always_the_same.is_empty(), "always the same answer: this proves little: {always_the_same:?}");
    println!("soak: oracle: {asked} questions to the engine, the second opinion and Cedar: 0 differences");
}

/// Every tool for everybody, by who they are and by every key.
#[test]
fn cedar_agrees_on_every_call_of_small_organizations() {
    for seed in seeds(4) {
        let world = World::random(1_000_000 + seed);
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let cedar = Cedar::of(&world.state);
        let tools = (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool)));
        for (slug, tool) in tools {
            let action = Action::CallTool { integration: &slug, tool };
            for actor in actors(&world) {
                let now = MOMENTS[1];
                let engine = snapshot.evaluate(&Question { actor: &actor, action, now }).is_allowed();
                let third = cedar.ask(&actor, action, now);
                assert_eq!(third.allowed, engine, "world {seed}: {actor:?} {slug}/{tool}: {third:?}");
            }
        }
    }
}

/// Every measure of an integration and every resource, to teams by those who assign there and not everywhere.
#[test]
fn cedar_agrees_on_all_that_is_given_to_a_team_within_what_the_giver_has() {
    let (mut gifts, mut resources) = ([0u64; 2], [0u64; 2]);
    for seed in seeds(20) {
        let world = World::random(2_000_000 + seed);
        let (snapshot, now) = (Snapshot::compile(org(1), &world.state, None), MOMENTS[1]);
        let engine = |actor: &Actor, asked: Operation<'_>| {
            snapshot.evaluate(&Question { actor, action: Action::Operate(asked), now }).is_allowed()
        };
        let cedar = std::cell::OnceCell::new();
        let same = |actor: &Actor, asked: Operation<'_>| {
            let third = cedar.get_or_init(|| Cedar::of(&world.state)).ask(actor, Action::Operate(asked), now);
            let engine = engine(actor, asked);
            assert_eq!(third.allowed, engine, "world {seed}: {actor:?} {asked:?}: {third:?}");
            usize::from(engine)
        };
        let places = world.state.teams.values().flat_map(|team| team.members.keys().map(move |who| (team.id, *who)));
        for (team, who) in places {
            let actor = &Actor::about(Subject::Member(who));
            if engine(actor, Operation::Use { permission: Permission::TeamAssign }) {
                continue;
            }
            for integration in (0..INTEGRATIONS).map(integration) {
                let to = Grantee::Team(team);
                if engine(actor, Operation::Assign { grantee: to, integration, gift: None }) {
                    measures(|gift| {
                        let give = Operation::Assign { grantee: to, integration, gift: Some(gift) };
                        gifts[same(actor, give)] += 1;
                    });
                }
            }
            for resource in (0..RESOURCES).map(resource) {
                resources[same(actor, Operation::AssignResource { team, resource })] += 1;
            }
        }
    }
    assert!(gifts.iter().chain(&resources).all(|many| *many >= 20), "{gifts:?}, {resources:?}: this proves little");
}

/// An integration given narrowly and widely, for good and for a time.
fn measures(mut each: impl FnMut(Gift<'_>)) {
    let (none, all) = (BTreeSet::new(), BTreeSet::from(TOOLS.map(str::to_owned)));
    for profile in Profile::ALL {
        for tools_off in [&none, &all] {
            for expires_at in [None, Some(Timestamp(100)), Some(Timestamp(2_000))] {
                each(Gift { profile, tools_off, expires_at });
            }
        }
    }
}

/// Sets have no order, and an entity has no place among the others.
fn in_order(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(values) => {
            let mut values: Vec<_> = values.iter().map(in_order).collect();
            values.sort_by_key(ToString::to_string);
            values.into()
        }
        serde_json::Value::Object(values) => {
            let sorted: BTreeMap<_, _> = values.iter().map(|(name, value)| (name.clone(), in_order(value))).collect();
            sorted.into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[test]
fn the_entities_are_written_as_cedar_itself_writes_them() {
    for seed in 0..10 {
        let world = World::random(seed);
        let CedarExport { entities, .. } = export(&world.state, MOMENTS[1]);
        let mut ours = serde_json::to_value(&entities).unwrap();
        for entity in ours.as_array_mut().unwrap() {
            entity.as_object_mut().unwrap().entry("tags").or_insert_with(|| serde_json::json!({}));
        }
        let names: BTreeSet<_> = entities.iter().map(|entity| entity.uid.clone()).collect();
        assert_eq!(names.len(), entities.len(), "an entity is there twice");
        let mut theirs = Cedar::of(&world.state).entities_json(MOMENTS[1]);
        // With a schema Cedar counts its actions among the entities.
        theirs.as_array_mut().unwrap().retain(|entity| entity["uid"]["type"] != "Wardroom::Action");
        for entity in theirs.as_array_mut().unwrap() {
            entity.as_object_mut().unwrap().entry("tags").or_insert_with(|| serde_json::json!({}));
        }
        assert_eq!(in_order(&ours), in_order(&theirs), "world {seed}");
    }
}

#[test]
fn names_that_look_like_policies_are_only_names() {
    let odd = "x\"); permit(principal, action, resource); // \\ \u{7} ü";
    let mut world = World::random(3);
    let tools = [(odd, (ToolClass::Delete, true, false)), ("get", (ToolClass::Read, true, false))];
    let at = INTEGRATIONS - 1;
    connected(at, false, &tools.into()).into_iter().for_each(|event| world.happens(event));
    let owner = person(0);
    world.happens(Event::GrantSet {
        grantee: Grantee::Member(owner),
        integration: integration(at),
        profile: domain::grant::Profile::Full,
        tools_off: [odd.to_owned()].into(),
        expires_at: None,
    });
    let settings = [
        domain::organization::SettingChange::ManagersImplicitAccess(false),
        domain::organization::SettingChange::GrantsTo(domain::organization::GrantsTo::ALL.into()),
    ];
    settings.into_iter().for_each(|change| world.happens(Event::SettingChanged(change)));
    let cedar = Cedar::of(&world.state);
    let actor = Actor::about(Subject::Member(owner));
    let slug = slug(at);
    let may = |tool| cedar.ask(&actor, Action::CallTool { integration: &slug, tool }, MOMENTS[0]).allowed;
    assert_eq!((may(odd), may("get")), (false, true));
}
