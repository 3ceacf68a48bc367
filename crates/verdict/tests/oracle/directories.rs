//! Directory connections: who makes one, by the second opinion; and that none does more than whoever made it could.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Event;
use domain::id::{GroupId, KeyId, PersonId, TeamId};
use domain::key::KeyKind;
use domain::organization::{Organization, Stamp};
use domain::permission::PermissionSet;
use domain::role::{RoleId, RoleLevel};
use domain::time::Timestamp;
use verdict::{Action, Actor, Credential, Operation, Question, Same, Snapshot, Subject};

use crate::dice::Dice;
use crate::naive::{Answer, Naive};
use crate::questions::{Names, kind};
use crate::seeds;
use crate::world::{MOMENTS, PEOPLE, TEAMS, World, hexadecimal, key, org, person, role, subjects, team};

/// What a connection can do at all.
const DOES: [&str; 6] =
    ["ViewOrganization", "ViewMembers", "AddMember", "EditMember", "SuspendMember", "RestoreMember"];

/// A key that no other test world has.
fn connection() -> KeyId {
    key(31)
}

fn roles(dice: &mut Dice, world: &World) -> (RoleId, BTreeSet<RoleId>) {
    let known = world.role_ids();
    let many = dice.below(3);
    (dice.pick(&known), (0..many).map(|_| dice.pick(&known)).collect())
}

fn may(snapshot: &Snapshot, subject: Subject, operation: Operation<'_>) -> Answer {
    let actor = Actor::about(subject);
    let question = Question { actor: &actor, action: Action::Operate(operation), now: MOMENTS[0] };
    Answer::from(&snapshot.evaluate(&question))
}

/// The organization with a connection, and with people whom that and people whom a person suspended; and its snapshot, which
/// is the same whether it is compiled anew or not.
fn connected(
    (world, maker): (&World, Subject),
    before: &Snapshot,
    gives: RoleId,
    tends: &BTreeSet<RoleId>,
) -> (Organization, Snapshot) {
    let mut state = world.state.clone();
    let kind = KeyKind::Directory { gives, tends: tends.clone() };
    let (digest, hint) = (hexadecimal([7; 32]), String::new());
    let event = Event::KeyCreated { key: connection(), kind, digest, hint, expires_at: None };
    let here = || state.members.values().filter(|member| member.is_active()).map(|member| member.person);
    let suspended: Vec<PersonId> = here().take(4).collect();
    let suspended = suspended.into_iter().map(|person| Event::MemberSuspended { person });
    let events: Vec<Event> = std::iter::once(event).chain(suspended).collect();
    for (event, number) in events.iter().zip(0..) {
        let by = if number % 2 == 1 { person(0).to_string() } else { connection().to_string() };
        let actor = if number == 0 { maker.as_str().to_owned() } else { by };
        state.apply(&Stamp { seq: state.seq + 1, at: MOMENTS[0], actor }, event);
    }
    let taken_over = Snapshot::compile(org(1), &state, Some(Same { before, events: &events }));
    let anew = Snapshot::compile(org(1), &state, None);
    assert_eq!(format!("{taken_over:?}"), format!("{anew:?}"));
    (state, anew)
}

#[test]
fn who_connects_a_directory_is_said_alike_by_the_second_opinion() {
    let mut codes = BTreeMap::<&str, u64>::new();
    for seed in seeds(60) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        for me in subjects() {
            for _ in 0..12 {
                let (gives, tends) = roles(dice, &world);
                let operation = Operation::ConnectDirectory { gives: &gives, tends: &tends };
                let naive = Naive { state: &world.state, now: MOMENTS[0] };
                let expected = naive.ask(&Actor::about(me), Action::Operate(operation));
                assert_eq!(may(&snapshot, me, operation), expected, "world {seed}, {me:?}: {operation:?}");
                *codes.entry(expected.code).or_default() += 1;
            }
        }
    }
    for code in ["role", "lacks-permission", "beyond-your-own", "only-owners"] {
        assert!(codes.contains_key(code), "no question led to {code}: {codes:?}");
    }
}

#[test]
fn a_connection_does_nothing_that_whoever_makes_it_could_not_do() {
    let (mut does, mut made, mut refused) = (BTreeSet::new(), 0u32, BTreeSet::new());
    for seed in seeds(150) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let before = Snapshot::compile(org(1), &world.state, None);
        let names = Names::of(&world, dice);
        let (gives, tends) = roles(dice, &world);
        let makes = |snapshot: &Snapshot, me: Subject| {
            may(snapshot, me, Operation::ConnectDirectory { gives: &gives, tends: &tends }).allowed
        };
        // Whoever made it, with a bias to those who could: then it does most.
        let everybody: Vec<Subject> = subjects().collect();
        let could: Vec<Subject> = subjects().filter(|me| makes(&before, *me)).collect();
        let anybody = could.is_empty() || dice.percent(30);
        let maker = dice.pick(if anybody { &everybody } else { &could });
        let (state, snapshot) = connected((&world, maker), &before, gives, &tends);
        let directory = Subject::Key(connection());
        let makers: Vec<Subject> = everybody.into_iter().filter(|me| makes(&snapshot, *me)).collect();
        // For whom an agent acted is known by the key that it used, and here it used none. A role that there is not gives
        // nothing.
        let there_is = state.roles.contains_key(&gives);
        let stands = there_is && makers.contains(&maker) && !matches!(maker, Subject::Agent(_));
        assert_eq!(snapshot.only_deactivates(connection(), MOMENTS[0]).is_none(), stands, "world {seed}, {maker:?}");
        made += makers.len() as u32;
        for operation in names.operations() {
            let answer = may(&snapshot, directory, operation);
            if !answer.allowed {
                refused.insert(answer.code);
                continue;
            }
            does.insert(kind(operation));
            if matches!(operation, Operation::ViewOrganization | Operation::ViewMembers) {
                continue;
            }
            // What it takes it takes whatever has become of whoever made it, and gives nothing then.
            assert!(stands || matches!(operation, Operation::SuspendMember { .. }), "world {seed}: {operation:?}");
            for maker in &makers {
                assert!(may(&snapshot, *maker, operation).allowed, "world {seed}, {maker:?} could not {operation:?}");
            }
        }
        // Never who holds the top role, nor whom a person suspended.
        for member in (0..PEOPLE).map(person) {
            let Some(known) = state.member(member) else { continue };
            let top = state.roles.get(&known.role).is_some_and(|role| role.top);
            let suspends = may(&snapshot, directory, Operation::SuspendMember { member }).allowed;
            let renames = may(&snapshot, directory, Operation::EditMember { member, seat: false }).allowed;
            let restores = may(&snapshot, directory, Operation::RestoreMember { member }).allowed;
            assert!(!(top && (suspends || restores || renames)), "world {seed}: {member} holds the top role");
            let by_hand = !known.is_active() && !known.suspended_by_directory;
            assert!(!(by_hand && restores), "world {seed}: {member} was suspended by hand");
        }
    }
    assert_eq!(does, DOES.map(str::to_owned).into(), "what a connection did in some world");
    for code in ["directory-connection", "above-you", "only-owners", "suspended-by-hand", "maker-below"] {
        assert!(refused.contains(code), "nothing led to {code}: {refused:?}");
    }
    assert!(made > 20, "{made} makers");
}

#[test]
fn while_an_organization_ends_a_connection_does_nothing_and_is_not_let_in() {
    for seed in seeds(4) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let before = Snapshot::compile(org(1), &world.state, None);
        let names = Names::of(&world, dice);
        let (gives, tends) = roles(dice, &world);
        let maker = Subject::Member(person(0));
        let (mut state, snapshot) = connected((&world, maker), &before, gives, &tends);
        let credential = Credential::Key { key: connection(), digest: [7; 32] };
        assert!(snapshot.admit(credential, MOMENTS[0]).is_ok());
        let stamp = Stamp { seq: state.seq + 1, at: MOMENTS[0], actor: person(0).to_string() };
        state.apply(&stamp, &Event::OrganizationDeletionSet { deletes_at: Timestamp(MOMENTS[0].0 + 1) });
        let ending = Snapshot::compile(org(1), &state, None);
        assert!(ending.admit(credential, MOMENTS[0]).is_err());
        for operation in names.operations() {
            let answer = may(&ending, Subject::Key(connection()), operation);
            assert!(!answer.allowed, "world {seed}: {operation:?}");
        }
    }
}

/// What a group gives: places in teams, with roles of every kind.
fn mapping(dice: &mut Dice, world: &World) -> BTreeMap<TeamId, RoleId> {
    let in_teams = world.state.roles.values().filter(|role| role.level == RoleLevel::Team).map(|role| role.id);
    let known: Vec<RoleId> = in_teams.chain([role("unheard-of")]).collect();
    (0..1 + dice.below(2)).map(|_| (team(dice.below(TEAMS)), dice.pick(&known))).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one walk through random organizations, looked at from each side")]
fn a_group_gives_nothing_that_who_mapped_it_and_who_made_its_connection_could_not() {
    let (mut gives, mut maps, mut refused) = (0u32, 0u32, BTreeSet::new());
    let group = GroupId::from_random([1; 20]);
    for seed in seeds(150) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let before = Snapshot::compile(org(1), &world.state, None);
        // With roles that there are, and everybody at work: then it does most.
        let (role, tends) = match dice.percent(80) {
            true => {
                let below =
                    world.state.roles.values().filter(|role| !role.top && role.level == RoleLevel::Organization);
                let tends = below.map(|role| role.id).filter(|_| dice.percent(50)).collect();
                (world.state.settings.join_default_role, tends)
            }
            false => roles(dice, &world),
        };
        let all: Vec<Subject> = subjects().collect();
        let makes =
            |me: &Subject| may(&before, *me, Operation::ConnectDirectory { gives: &role, tends: &tends }).allowed;
        let could: Vec<Subject> = subjects().filter(makes).collect();
        let someone = |dice: &mut Dice| {
            let anybody = could.is_empty() || dice.percent(20);
            dice.pick(if anybody { &all } else { &could })
        };
        let (maker, mapper) = (someone(dice), someone(dice));
        let (mut state, _) = connected((&world, maker), &before, role, &tends);
        let suspended = state.members.values().filter(|member| member.is_here() && !member.is_active());
        let suspended: Vec<PersonId> = suspended.map(|member| member.person).collect();
        for person in suspended {
            let stamp = Stamp { seq: state.seq + 1, at: MOMENTS[0], actor: maker.as_str().to_owned() };
            state.apply(&stamp, &Event::MemberRestored { person });
        }
        let before = Snapshot::compile(org(1), &state, None);
        let teams = mapping(dice, &world);
        let events = [
            Event::GroupCreated { group, connection: connection() },
            Event::GroupMapped { group, teams: teams.clone() },
        ];
        for event in &events {
            let actor = mapper.as_str().to_owned();
            state.apply(&Stamp { seq: state.seq + 1, at: MOMENTS[0], actor }, event);
        }
        let snapshot = Snapshot::compile(org(1), &state, Some(Same { before: &before, events: &events }));
        assert_eq!(format!("{snapshot:?}"), format!("{:?}", Snapshot::compile(org(1), &state, None)));
        let keeps = |adds: bool| may(&snapshot, Subject::Key(connection()), Operation::KeepGroup { group, adds });
        // Who leaves is never asked about; and nobody else keeps the groups of a directory.
        assert!(keeps(false).allowed || state.deletes_at.is_some(), "world {seed}");
        for me in subjects() {
            assert!(!may(&snapshot, me, Operation::KeepGroup { group, adds: false }).allowed, "world {seed}: {me:?}");
            assert!(!may(&snapshot, me, Operation::CreateGroup { group }).allowed, "world {seed}: {me:?}");
        }
        // Whoever is not in a team could be put there by hand.
        let could_give = |me: Subject| {
            let people = state.members.values().filter(|member| member.is_here()).map(|member| member.person);
            let mut new = people.flat_map(|member| teams.iter().map(move |(team, role)| (member, team, role)));
            new.all(|(member, team, role)| {
                let there = state.teams.get(team).is_none_or(|team| team.members.contains_key(&member));
                there || may(&snapshot, me, Operation::SetTeamMember { team: *team, member, role }).allowed
            })
        };
        let answer = keeps(true);
        assert_eq!(snapshot.mapping_stopped(group, MOMENTS[0]).is_none(), answer.allowed, "world {seed}");
        match answer.allowed {
            true => {
                gives += 1;
                for by in [maker, mapper] {
                    assert!(could_give(by), "world {seed}: {by:?} could not give {teams:?}");
                }
                let reach = |set: PermissionSet| set.iter().any(|(permission, _)| permission.entry().manages);
                let tended = [role].into_iter().chain(tends.iter().copied()).filter_map(|role| state.roles.get(&role));
                let manages = tended.filter(|role| !role.top).any(|role| reach(role.set()));
                let given = teams.values().filter_map(|role| state.roles.get(role)).any(|role| reach(role.set()));
                assert!(manages || !given, "world {seed}: {teams:?} is above the connection");
            }
            false => _ = refused.insert(answer.code),
        }
        let other = mapping(dice, &world);
        for me in subjects() {
            let answer = may(&snapshot, me, Operation::MapGroup { group, teams: &other });
            if !answer.allowed {
                refused.insert(answer.code);
                continue;
            }
            maps += 1;
            let sees = may(&snapshot, me, Operation::ViewKey { key: connection() }).allowed;
            assert!(sees && makes_still(&snapshot, maker, &role, &tends), "world {seed}: {me:?}");
            let people = state.members.values().filter(|member| member.is_here()).map(|member| member.person);
            for (member, (team, role)) in people.flat_map(|member| other.iter().map(move |given| (member, given))) {
                if state.teams.get(team).is_none_or(|team| team.members.contains_key(&member)) {
                    continue;
                }
                for by in [me, maker] {
                    let by_hand = may(&snapshot, by, Operation::SetTeamMember { team: *team, member, role });
                    assert!(by_hand.allowed, "world {seed}: {by:?} could not give {role} in {team}");
                }
            }
        }
    }
    assert!(gives > 5 && maps > 20, "{gives} groups gave something, {maps} were mapped");
    for code in ["maker-below", "mapper-below", "above-connection", "lacks-permission"] {
        assert!(refused.contains(code), "nothing led to {code}: {refused:?}");
    }
}

fn makes_still(snapshot: &Snapshot, maker: Subject, gives: &RoleId, tends: &BTreeSet<RoleId>) -> bool {
    may(snapshot, maker, Operation::ConnectDirectory { gives, tends }).allowed
}
