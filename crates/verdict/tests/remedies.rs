//! Why not, checked by machine: what is proposed allows what was denied, and nothing smaller does.

use std::collections::BTreeSet;

use domain::command::{self, Command};
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, OrgId, PersonId, ResourceId, TeamId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Slug, ToolClass};
use domain::organization::{GrantsTo, Organization, SettingChange, Stamp};
use domain::preset::Preset;
use domain::resource::{NewResource, ResourceKind, ResourceVerb, Shared};
use domain::role::RoleId;
use domain::time::Timestamp;
use proptest::prelude::*;
use verdict::{Action, Actor, Operation, Question, Remedy, Snapshot, Subject};

/// When the company is made, what is given in it for a short and for a longer time ends, and when all of that is over.
const EARLY: Timestamp = Timestamp(100);
const ENDS: [Option<Timestamp>; 3] = [None, Some(Timestamp(500)), Some(Timestamp(2_000))];
const NOW: Timestamp = Timestamp(1_000);
const LATER: Timestamp = Timestamp(3_000);
const TOOLS: [(&str, ToolClass); 3] =
    [("list", ToolClass::Read), ("update", ToolClass::Write), ("purge", ToolClass::Delete)];
const SLUGS: [&str; 2] = ["mail", "files"];

fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

fn integration(number: u8) -> IntegrationId {
    IntegrationId::from_random([number; 20])
}

fn team(number: u8) -> TeamId {
    TeamId::from_random([number; 20])
}

fn resource(number: u8) -> ResourceId {
    ResourceId::from_random([number; 20])
}

fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

/// The balanced preset: roles that hold something of projects, roles in teams, grants to people, teams and roles.
fn preset() -> Preset {
    toml::from_str(include_str!("../../../presets/balanced.toml")).unwrap()
}

fn give(state: &mut Organization, command: Command) -> bool {
    give_at(state, command, EARLY)
}

fn give_at(state: &mut Organization, command: Command, at: Timestamp) -> bool {
    let Ok(events) = command::handle(state, command, at) else { return false };
    for event in &events {
        let stamp = Stamp { seq: state.seq + 1, at, actor: "operator".to_owned() };
        state.apply(&stamp, event);
    }
    !events.is_empty()
}

fn connected(number: u8) -> Command {
    let tool = |(name, class): &(&str, ToolClass)| DiscoveredTool {
        name: (*name).to_owned(),
        definition: "{}".into(),
        class: *class,
        suggested: *class,
        evidence: Vec::new(),
    };
    let integration = Integration {
        id: integration(number),
        slug: Slug::parse(SLUGS[usize::from(number)]).unwrap(),
        title: SLUGS[usize::from(number)].to_owned(),
        purpose: String::new(),
        url: "https://one.example/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: Default::default(),
        found: Default::default(),
    };
    Command::ConnectIntegration {
        integration: Box::new(integration),
        listed: TOOLS.iter().map(tool).collect::<Vec<_>>().into(),
    }
}

/// Owner 0, members 1 and 2 of different roles, two integrations of three reviewed tools, two teams, two projects.
fn company() -> Organization {
    let mut state = Organization::new();
    let preset = Box::new(preset());
    assert!(give(&mut state, Command::CreateOrganization { name: "Acme".to_owned(), preset, owner: person(0) }));
    let all = BTreeSet::from(GrantsTo::ALL);
    give(&mut state, Command::ChangeSettings { name: None, changes: vec![SettingChange::GrantsTo(all)] });
    for number in [1, 2] {
        assert!(give(&mut state, Command::AddMember { person: person(number), role: role("member") }));
    }
    for number in [0, 1] {
        assert!(give(&mut state, connected(number)));
        assert!(give(&mut state, Command::CreateTeam { team: team(number), title: format!("Team {number}") }));
        let new = NewResource {
            id: resource(number),
            kind: ResourceKind::Project,
            title: format!("Plan {number}"),
            tier: None,
            owner: Some(person(0)),
        };
        assert!(give(&mut state, Command::RegisterResource(new)));
    }
    state
}

#[derive(Clone, Debug)]
enum Step {
    Grant(Grantee, u8, Profile, Option<usize>, Option<Timestamp>),
    Pause(u8),
    Off(u8, usize),
    Role(u8, usize),
    Join(u8, u8, usize),
    Assign(u8, u8),
    Share(u8, u8, Shared),
}

fn grantees() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        (1u8..3).prop_map(|number| Grantee::Member(person(number))),
        (0u8..2).prop_map(|number| Grantee::Team(team(number))),
        Just(Grantee::Role(role("member"))),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let profile = prop::sample::select(Profile::ALL.to_vec());
    let level = prop::sample::select(vec![Shared::View, Shared::Use, Shared::Edit]);
    let step = prop_oneof![
        4 => (grantees(), 0u8..2, profile, prop::option::of(0usize..3), prop::sample::select(&ENDS[..])).prop_map(|(to, at, profile, off, end)| Step::Grant(to, at, profile, off, end)),
        1 => (0u8..2).prop_map(Step::Pause),
        2 => (0u8..2, 0usize..3).prop_map(|(at, tool)| Step::Off(at, tool)),
        1 => (1u8..3, 0usize..20).prop_map(|(who, role)| Step::Role(who, role)),
        2 => (0u8..2, 1u8..3, 0usize..20).prop_map(|(team, who, role)| Step::Join(team, who, role)),
        1 => (0u8..2, 0u8..2).prop_map(|(what, team)| Step::Assign(what, team)),
        1 => (0u8..2, 1u8..3, level).prop_map(|(what, who, level)| Step::Share(what, who, level)),
    ];
    prop::collection::vec(step, 0..12)
}

fn roles(state: &Organization) -> Vec<RoleId> {
    state.roles.keys().copied().collect()
}

fn command_of(state: &Organization, step: Step) -> Command {
    let role = |at: usize| roles(state)[at % state.roles.len()];
    match step {
        Step::Grant(grantee, at, profile, off, expires_at) => Command::SetGrant {
            grantee,
            integration: integration(at),
            profile,
            tools_off: off.map(|tool| TOOLS[tool].0.to_owned()).into_iter().collect(),
            expires_at,
        },
        Step::Pause(at) => {
            let edit = IntegrationEdit { paused: Some(true), ..IntegrationEdit::default() };
            Command::EditIntegration { integration: integration(at), edit }
        }
        Step::Off(at, tool) => Command::ReviewTool {
            integration: integration(at),
            tool: TOOLS[tool].0.to_owned(),
            class: None,
            off: Some(true),
        },
        Step::Role(who, at) => Command::ChangeMemberRole { person: person(who), role: role(at) },
        Step::Join(of, who, at) => Command::SetTeamMember { team: team(of), person: person(who), role: Some(role(at)) },
        Step::Assign(what, of) => Command::AssignResource { resource: resource(what), team: team(of) },
        Step::Share(what, who, level) => {
            let with = Grantee::Member(person(who));
            Command::ShareResource { resource: resource(what), with, level, expires_at: None }
        }
    }
}

/// Every single change that speaks of what a question could be about.
fn every_change(state: &Organization) -> Vec<Remedy> {
    let mut all = Vec::new();
    let offs = |skip: Option<&str>| -> Vec<BTreeSet<String>> {
        let names: Vec<String> = TOOLS.iter().map(|(name, _)| (*name).to_owned()).collect();
        (0..8u8)
            .map(|bits| {
                names.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, name)| name.clone()).collect()
            })
            .filter(|off: &BTreeSet<String>| skip.is_none_or(|skip| !off.contains(skip)))
            .collect()
    };
    let grantees =
        [Grantee::Member(person(1)), Grantee::Member(person(2)), Grantee::Team(team(0)), Grantee::Team(team(1))];
    let to_roles = roles(state).into_iter().map(Grantee::Role);
    for to in grantees.into_iter().chain(to_roles) {
        for number in [0, 1] {
            for profile in Profile::ALL {
                for tools_off in offs(None) {
                    let (integration, expires_at) = (integration(number), None);
                    all.push(Remedy::Grant { to, integration, profile, tools_off, expires_at });
                }
            }
        }
    }
    for number in [0, 1] {
        all.push(Remedy::Resume { integration: integration(number) });
        for (tool, _) in TOOLS {
            all.push(Remedy::SwitchOn { integration: integration(number), tool: tool.to_owned() });
        }
    }
    for who in [1, 2].map(person) {
        all.extend(roles(state).into_iter().map(|role| Remedy::Role { member: who, role }));
        for of in [0, 1].map(team) {
            all.extend(roles(state).into_iter().map(|role| Remedy::Join { member: who, team: of, role }));
        }
        for what in [0, 1].map(resource) {
            for level in [Shared::View, Shared::Use, Shared::Edit] {
                all.push(Remedy::Share { resource: what, with: Grantee::Member(who), level, expires_at: None });
            }
        }
    }
    all
}

fn after(state: &Organization, changes: &[Remedy]) -> Option<Snapshot> {
    let mut state = state.clone();
    for change in changes {
        if !give_at(&mut state, change.command(), NOW) {
            return None;
        }
    }
    Some(Snapshot::compile(OrgId::from_random([1; 20]), &state, None))
}

fn allowed_after(state: &Organization, changes: &[Remedy], question: &Question<'_>) -> Option<bool> {
    Some(after(state, changes)?.evaluate(question).is_allowed())
}

fn calls() -> impl Iterator<Item = Action<'static>> {
    let calls = SLUGS.iter().flat_map(|slug| TOOLS.iter().map(move |(tool, _)| (*slug, *tool)));
    calls.map(|(integration, tool)| Action::CallTool { integration, tool })
}

/// The calls other than the one that was asked for which somebody may make by a change, now or once what was given for a
/// time has ended.
fn opened_besides(before: &Snapshot, after: &Snapshot, asked: Action<'_>) -> Vec<String> {
    let mut opened = Vec::new();
    for (who, now) in [(1, NOW), (2, NOW), (1, LATER), (2, LATER)] {
        let actor = Actor::about(Subject::Member(person(who)));
        for action in calls().filter(|action| format!("{action:?}") != format!("{asked:?}")) {
            let may = |snapshot: &Snapshot| snapshot.evaluate(&Question { actor: &actor, action, now }).is_allowed();
            if may(after) && !may(before) {
                opened.push(format!("{who} at {now:?}: {action:?}"));
            }
        }
    }
    opened
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(30) })]

    #[test]
    fn what_is_proposed_allows_it_and_no_smaller_set_of_changes_does(steps in steps()) {
        let mut state = company();
        for step in steps {
            let command = command_of(&state, step);
            give(&mut state, command);
        }
        let snapshot = Snapshot::compile(OrgId::from_random([1; 20]), &state, None);
        let actor = Actor::about(Subject::Member(person(1)));
        let verbs = [ResourceVerb::View, ResourceVerb::Use, ResourceVerb::Edit];
        let touches = verbs.map(|verb| Action::Operate(Operation::Resource { verb, resource: resource(0) }));
        for action in calls().chain(touches) {
            let question = Question { actor: &actor, action, now: NOW };
            let found = snapshot.why_not(&state, &question);
            let allowed = snapshot.evaluate(&question).is_allowed();
            prop_assert!(!allowed || found.is_empty(), "what is allowed needs nothing: {:?}", found);
            if allowed {
                continue;
            }
            for set in &found {
                prop_assert_eq!(allowed_after(&state, set, &question), Some(true), "{:?} for {:?}", set, action);
                if set.iter().all(|change| matches!(change, Remedy::Grant { .. })) {
                    let besides = after(&state, set).map(|after| opened_besides(&snapshot, &after, action));
                    prop_assert_eq!(besides, Some(Vec::new()), "{:?} for {:?}", set, action);
                }
            }
            let size = found.first().map(Vec::len);
            prop_assert!(found.iter().all(|set| Some(set.len()) == size), "all are of the smallest size: {:?}", found);
            if size != Some(1) {
                let single = every_change(&state)
                    .into_iter()
                    .find(|change| allowed_after(&state, std::slice::from_ref(change), &question) == Some(true));
                prop_assert!(single.is_none(), "{:?} alone allows {:?}, and {:?} was found", single, action, found);
            }
        }
    }
}
