//! Roles beside one's own, at every moment: the engine, the second opinion and Cedar are asked what such roles decide, or
//! their ends.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::AgentEdit;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::organization::{Organization, SettingChange};
use domain::resource::{ResourceKind, ResourceVerb, Shared};
use domain::role::RoleLevel;
use domain::time::Timestamp;
use verdict::{Action, Actor, Gift, Operation, Question, Snapshot, Subject};

use crate::cedar::Cedar;
use crate::dice::Dice;
use crate::escalations::made;
use crate::naive::Naive;
use crate::questions::{Names, is_made_of_others, kind};
use crate::seeds;
use crate::world::{
    INTEGRATIONS, MOMENTS, PEOPLE, RESOURCES, TEAMS, TOOLS, World, integration, org, person, resource, role, slug, team,
};

/// Questions looked at in each organization; Cedar is asked where such roles decide.
const QUESTIONS: usize = 3_500;

/// An organization in which most people have roles beside their own.
fn with_many_roles(seed: u64) -> World {
    let (mut world, dice) = (World::random(3_000_000 + seed), &mut Dice(seed));
    world.happens(Event::SettingChanged(SettingChange::RolesExtraBindings(true)));
    with_keepers(&mut world, dice);
    let mut roles = world.roles_of_level(false);
    roles.retain(|role| !world.state.roles[role].top);
    for person in (0..PEOPLE).map(person) {
        for role in dice.some(30, &roles) {
            if world.state.active_member(person).is_some_and(|member| member.role != role) {
                let expires_at = dice.pick(&[None, Some(Timestamp(50)), Some(Timestamp(100)), Some(Timestamp(1_000))]);
                world.happens(Event::MemberRoleGiven { person, role, expires_at });
            }
        }
    }
    world
}

/// People who give what they know of to their team, in which all of it is changed, a role that lets them, and agents with
/// that role, half of which stand still.
fn with_keepers(world: &mut World, dice: &mut Dice) {
    let words = |verbs: &[ResourceVerb], far: &str| {
        let of_kind = |kind: ResourceKind| verbs.iter().map(move |verb| kind.permission(*verb).entry().id);
        let words = ResourceKind::ALL.iter().copied().flat_map(of_kind);
        words.map(|word| format!("{word}{far}")).collect::<Vec<String>>()
    };
    let mut keeper = words(&[ResourceVerb::View, ResourceVerb::Use, ResourceVerb::Edit, ResourceVerb::Share], "");
    keeper.extend(["agent.view", "agent.manage"].map(str::to_owned));
    let mut place = words(&[ResourceVerb::View, ResourceVerb::Edit], ":team");
    place.extend(["team.view:team", "team.assign:team"].map(str::to_owned));
    for (name, level, words) in [("keeper", RoleLevel::Organization, keeper), ("place", RoleLevel::Team, place)] {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        world.happens(Event::RoleDefined(made(name, level, &words)));
    }
    for agent in world.state.agents.keys().copied().collect::<Vec<_>>() {
        world.happens(Event::AgentRoleChanged { agent, role: Some(role("keeper")) });
        let edit = AgentEdit { suspended: Some(dice.percent(50)), ..AgentEdit::default() };
        world.happens(Event::AgentEdited { agent, edit });
    }
    let teams: Vec<_> = world.state.teams.keys().copied().collect();
    for person in (0..PEOPLE).map(person) {
        let place = dice.some(30, &teams).first().copied();
        if let Some(team) = place.filter(|_| world.state.active_member(person).is_some()) {
            world.happens(Event::TeamMemberSet { team, person, role: role("place") });
        }
    }
}

/// The same organization without the ends of what has not ended at a moment.
fn without_ends(state: &Organization, now: Timestamp) -> Organization {
    let mut state = state.clone();
    for given in state.members.values_mut().flat_map(|member| member.extra_roles.values_mut()) {
        given.expires_at = given.expires_at.filter(|end| *end <= now);
    }
    state
}

/// What gives somebody something that stays.
const GIVING: [&str; 11] = [
    "AddMember",
    "AssignResource",
    "CreatePersonalKey",
    "CreateRole",
    "CreateWorkspaceKey",
    "DeleteRole",
    "EditOrganization",
    "EditRole",
    "ResumeAgent",
    "SetAgentRole",
    "SetTeamMember",
];

/// What is asked about: everything, and often what is given, which has ends as well.
struct Asked<'n> {
    by_kind: Vec<Vec<Operation<'n>>>,
    giving: Vec<Vec<Operation<'n>>>,
    of_data: Vec<Vec<Operation<'n>>>,
    off: [BTreeSet<String>; 2],
    slugs: Vec<String>,
}

impl<'n> Asked<'n> {
    fn of(names: &'n Names) -> Asked<'n> {
        let mut by_kind = BTreeMap::<String, Vec<Operation<'n>>>::new();
        let operations = names.operations().into_iter();
        // So it is with an invitation: what it offers is asked part by part, as `Invite` and `InviteToTeam`.
        let plain = operations.filter(|asked| !is_made_of_others(*asked));
        plain.for_each(|asked| by_kind.entry(kind(asked)).or_default().push(asked));
        let off = [BTreeSet::new(), TOOLS.map(str::to_owned).into()];
        let of_kinds = |kinds: &[&str]| kinds.iter().filter_map(|kind| by_kind.get(*kind).cloned()).collect();
        let (giving, of_data) = (of_kinds(&GIVING), of_kinds(&["Data", "Field"]));
        let by_kind = by_kind.into_values().collect();
        Asked { by_kind, giving, of_data, off, slugs: (0..INTEGRATIONS).map(slug).collect() }
    }

    fn action<'a>(&'a self, dice: &mut Dice, who: u8, world: &'a World) -> Action<'a> {
        let some = |number: u8, dice: &mut Dice| dice.below(number - 1);
        let end = |dice: &mut Dice| dice.pick(&[None, Some(100), Some(101), Some(1_000), Some(2_000)]).map(Timestamp);
        let operation = match dice.below(12) {
            0 => {
                let integration = &self.slugs[usize::from(some(INTEGRATIONS, dice))];
                return Action::CallTool { integration, tool: dice.pick(&TOOLS) };
            }
            1 | 2 => Operation::ShareResource {
                resource: resource(some(RESOURCES, dice)),
                with: Grantee::Member(person(dice.below(PEOPLE))),
                level: dice.pick(&[Shared::View, Shared::Use, Shared::Edit]),
                expires_at: end(dice),
            },
            3 | 4 => {
                let tools_off = &self.off[usize::from(dice.below(2))];
                let gift = Gift { profile: dice.pick(&Profile::ALL), tools_off, expires_at: end(dice) };
                let grantee = Grantee::Team(team(some(TEAMS, dice)));
                Operation::Assign { grantee, integration: integration(some(INTEGRATIONS, dice)), gift: Some(gift) }
            }
            5 => {
                let roles: Vec<_> = world.state.roles.keys().collect();
                let (member, role) = (person(who), dice.pick(&roles));
                dice.pick(&[Operation::GiveRole { member, role }, Operation::ChangeRole { member, role }])
            }
            6 | 7 | 9 => one_of(dice, &self.giving),
            8 => one_of(dice, &self.of_data),
            _ => one_of(dice, &self.by_kind),
        };
        Action::Operate(operation)
    }
}

/// Of one of the kinds one.
fn one_of<'n>(dice: &mut Dice, kinds: &[Vec<Operation<'n>>]) -> Operation<'n> {
    let of_kind = usize::from(dice.below(kinds.len() as u8));
    dice.pick(&kinds[of_kind])
}

#[test]
fn cedar_agrees_on_what_roles_beside_ones_own_decide_and_on_their_ends() {
    let mut decided = BTreeMap::<String, [u64; 2]>::new();
    for seed in seeds(24) {
        let (world, dice) = (with_many_roles(seed), &mut Dice(seed));
        let mut off = world.state.clone();
        off.settings.roles_extra_bindings = false;
        let compiled = |state: &Organization| Snapshot::compile(org(1), state, None);
        let (snapshot, without) = (compiled(&world.state), compiled(&off));
        let lasting = MOMENTS.map(|now| (now, compiled(&without_ends(&world.state, now))));
        let cedar = Cedar::of(&world.state);
        let names = Names::of(&world, dice);
        let asked = Asked::of(&names);
        for _ in 0..QUESTIONS {
            let (now, lasting) = &lasting[usize::from(dice.below(MOMENTS.len() as u8))];
            let who = dice.below(PEOPLE - 1);
            let (actor, action) = (&Actor::about(Subject::Member(person(who))), asked.action(dice, who, &world));
            let engine = |snapshot: &Snapshot| snapshot.evaluate(&Question { actor, action, now: *now }).is_allowed();
            let here = engine(&snapshot);
            let by = [here != engine(&without), here != engine(lasting)];
            // For data it is not the union that decides: what no role allows is asked about as well.
            let data = matches!(action, Action::Operate(Operation::Data { .. } | Operation::Field { .. }));
            if by == [false; 2] && !data {
                continue;
            }
            let second = Naive { state: &world.state, now: *now }.ask(actor, action).allowed;
            let third = cedar.ask(actor, action, *now);
            assert!(
                (second, third.allowed) == (here, here),
                "world {seed}, {actor:?} at {now:?}: {action:?}\n  the engine: {here}\n  the second opinion: {second}\n  \
                 Cedar: {third:#?}",
            );
            let name = match action {
                Action::Operate(operation) => kind(operation),
                _ => "CallTool".to_owned(),
            };
            let counted = decided.entry(name).or_default();
            by.iter().zip(counted).for_each(|(by, counted)| *counted += u64::from(*by));
        }
    }
    let by_roles = ["CallTool", "Data", "EditOrganization", "Field", "RemoveMember", "Resource", "ShareResource"];
    let few = by_roles.iter().filter(|kind| decided.get(**kind).is_none_or(|[roles, _]| *roles < 8));
    assert_eq!(few.collect::<Vec<_>>(), [&""; 0], "roles beside one's own decide too little of it: {decided:?}");
    let by_ends = ["Assign", "ChangeRole", "GiveRole", "ShareResource"].iter().chain(&GIVING);
    let few = by_ends.filter(|kind| decided.get(**kind).is_none_or(|[_, ends]| *ends < 4));
    assert_eq!(few.collect::<Vec<_>>(), [&""; 0], "their ends decide too little of it: {decided:?}");
}
