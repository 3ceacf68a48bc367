//! Random histories in which everybody does whatever the engine lets them: nobody may end up with more power over
//! others than somebody who had it gave, nor read and use more, nor hit someone above them, nor may the top role be
//! without a holder.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::{self, Command};
use domain::event::Event;
use domain::id::TeamId;
use domain::key::KeyKind;
use domain::organization::{Organization, Promote};
use domain::permission::{Permission, Scope};
use domain::role::Role;
use verdict::{Action, Actor, Question, Snapshot, Subject};

use crate::authorize::{Resolved, operation};
use crate::commands::command;
use crate::dice::Dice;
use crate::holdings::Holdings;
use crate::naive::{Naive, Powers, beyond, managing};
use crate::world::{AGENTS, MOMENTS, PEOPLE, World, agent, key, org, person};
use crate::{seeds, seeds_or};

/// Commands tried in each world.
const STEPS: u8 = 125;

/// Authorizes, handles and folds one command, as the application does; the events where it was let through.
fn attempt(world: &mut World, snapshot: &Snapshot, actor: &Actor, command: Command) -> Vec<Event> {
    let resolved = Resolved::of(&world.state, &command);
    let Some(operation) = operation(&world.state, actor.subject, &command, &resolved) else { return Vec::new() };
    let question = Question { actor, action: Action::Operate(operation), now: MOMENTS[0] };
    if !snapshot.evaluate(&question).is_allowed() {
        return Vec::new();
    }
    let events = command::handle(&world.state, command.clone(), MOMENTS[0]).unwrap_or_default();
    events.iter().for_each(|event| world.happens_by(actor.subject, event.clone()));
    events
}

/// Who has what power over others at one moment: in the organization, and in each team.
#[derive(Clone)]
struct Standing {
    powers: BTreeMap<Subject, Powers>,
    in_teams: BTreeMap<(Subject, TeamId), Powers>,
    present: BTreeSet<Subject>,
    promote: Promote,
    tops: BTreeSet<Subject>,
    /// What everybody reads and uses.
    holdings: Holdings,
}

impl Standing {
    fn of(state: &Organization) -> Standing {
        let naive = Naive { state, now: MOMENTS[0] };
        let members = state.members.keys().map(|person| Subject::Member(*person));
        let agents = state.agents.keys().map(|agent| Subject::Agent(*agent));
        let keys = state.keys.values().filter(|key| matches!(key.kind, KeyKind::Workspace { .. }));
        let everybody: Vec<Subject> = members.chain(agents).chain(keys.map(|key| Subject::Key(key.id))).collect();
        let tops = everybody.iter().copied().filter(|subject| naive.role_of(*subject).is_some_and(|role| role.top));
        let tops = tops.collect();
        let powers = everybody.iter().map(|subject| (*subject, managing(&naive.powers(*subject))));
        let places = state
            .teams
            .values()
            .flat_map(|team| team.members.keys().map(move |person| (Subject::Member(*person), team.id)));
        Standing {
            holdings: Holdings::of(state, &everybody, MOMENTS[0]),
            powers: powers.collect(),
            in_teams: places.map(|place| (place, managing(&naive.powers_in(place.0, place.1)))).collect(),
            present: everybody.into_iter().filter(|subject| naive.stands(*subject).is_none()).collect(),
            promote: state.settings.promote_admin,
            tops,
        }
    }

    fn powers(&self, subject: Subject) -> Powers {
        self.powers.get(&subject).cloned().unwrap_or_default()
    }

    /// What somebody could manage in a team: by the role there, and as far as their own role reaches.
    fn in_team(&self, subject: Subject, team: TeamId) -> BTreeSet<Permission> {
        let place = self.in_teams.get(&(subject, team));
        let inside = place.is_some();
        let reaches = |far: &Scope| *far == Scope::All || inside && *far == Scope::Team;
        let own = self.powers(subject).into_iter().filter(|(_, far)| reaches(far)).map(|(one, _)| one);
        own.chain(place.into_iter().flatten().map(|(one, _)| *one)).collect()
    }

    fn may_promote(&self, subject: Subject) -> bool {
        let holds = |wanted| self.powers(subject).get(&wanted) == Some(&Scope::All);
        match self.promote {
            Promote::Owner => self.tops.contains(&subject),
            Promote::OwnerOrAdmin => holds(Permission::RoleAssign),
            Promote::ByPermission => holds(Permission::RolePromote),
        }
    }
}

/// What one step of one actor may have led to.
fn check(before: &Standing, after: &Standing, (me, of_role): (Subject, bool), why: &str) {
    let mine = before.powers(me);
    for (subject, has) in &after.powers {
        // Whoever was suspended and is restored is given all that they have, by whoever restores them; so are the agents that
        // stood still with them.
        let restored = !before.present.contains(subject) && after.present.contains(subject);
        let had = if restored { Powers::new() } else { before.powers(*subject) };
        let gained: Powers =
            has.iter().filter(|(one, far)| had.get(*one) < Some(*far)).map(|(one, far)| (*one, *far)).collect();
        assert_eq!(beyond(&gained, &mine), None, "{me:?} gave {subject:?} what was not theirs: {why}");
        let handed_over = before.tops.contains(&me) && after.tops.contains(subject);
        // To let an agent work again takes what it manages, and no right to promote.
        let is_promotion = !gained.is_empty() && (subject.person().is_some() || !restored);
        let promoted = !is_promotion || handed_over || before.may_promote(me);
        assert!(promoted, "{me:?} promoted {subject:?}: {why}");
    }
    for ((subject, team), has) in &after.in_teams {
        let had = before.in_teams.get(&(*subject, *team)).cloned().unwrap_or_default();
        let beyond = has.keys().find(|one| !had.contains_key(*one) && !before.in_team(me, *team).contains(*one));
        assert_eq!(beyond, None, "{me:?} gave {subject:?} in {team} what was not theirs: {why}");
    }
    for subject in before.powers.keys().filter(|subject| **subject != me) {
        let (had, has) = (before.powers(*subject), after.powers(*subject));
        let ended = before.present.contains(subject) && !after.present.contains(subject);
        let lost = || had.iter().filter(|(one, far)| has.get(*one) < Some(*far)).map(|(one, far)| (*one, *far));
        // Who decides about a role takes what it held, also from somebody who has it beside a higher one.
        let acted_on = if of_role && !ended { lost().collect() } else { had.clone() };
        if ended || beyond(&had, &has).is_some() {
            assert_eq!(beyond(&acted_on, &mine), None, "{me:?} acted on {subject:?} above them: {why}");
        }
    }
}

/// Whose secrets the actor got to see in one step, and whose keys they ended.
fn check_keys(before: &Organization, standing: &Standing, me: Subject, events: &[Event], why: &str) {
    let mine = standing.powers(me);
    let carried = |kind: &KeyKind, id| match kind {
        KeyKind::Personal { holder } => Subject::Member(*holder),
        KeyKind::Workspace { .. } | KeyKind::Directory { .. } => Subject::Key(id),
        KeyKind::Agent { agent, .. } => Subject::Agent(*agent),
    };
    for event in events {
        let subject = match event {
            Event::KeyCreated { key, kind, .. } => carried(kind, *key),
            Event::KeyRotated { key, .. } | Event::KeyRevoked { key } => carried(&before.keys[key].kind, *key),
            _ => continue,
        };
        // Who rises in a team loses keys that others have seen, whoever it is.
        let rises = events.iter().any(|event| match event {
            Event::TeamMemberSet { .. } | Event::RoleDeleted { .. } => true,
            Event::RoleDefined(role) => role.level == domain::role::RoleLevel::Team,
            _ => false,
        });
        if subject != me && !(rises && matches!(event, Event::KeyRevoked { .. })) {
            assert_eq!(beyond(&standing.powers(subject), &mine), None, "{me:?} has a key of {subject:?}: {why}");
            let places = standing.in_teams.iter().filter(|((person, _), _)| *person == subject);
            for ((_, team), there) in places {
                let lacking = there.keys().find(|one| !standing.in_team(me, *team).contains(*one));
                assert_eq!(lacking, None, "{me:?} has a key of {subject:?}, who leads {team}: {why}");
            }
        }
        if let (Event::KeyRotated { .. }, Subject::Member(_)) = (event, subject) {
            assert_eq!(subject, me, "{me:?} had a personal key of another made anew: {why}");
        }
    }
}

/// A settings change ends what keys without a role may do, also where the default goes with a deleted role, and a
/// removal or suspension ends or stops the agents of a sponsor: neither is aimed at whoever loses by it.
fn is_aimed(command: &Command, state: &Organization) -> bool {
    match command {
        Command::ChangeSettings { .. }
        | Command::RemoveMember { .. }
        | Command::SuspendMember { .. }
        | Command::DeleteTeam { .. } => false,
        Command::DeleteRole { default: Some(default), .. } => *default == state.settings.join_default_role,
        _ => true,
    }
}

fn actor(dice: &mut Dice, world: &World) -> Actor {
    let subject = match dice.below(10) {
        0 => Subject::Key(key(dice.below(10))),
        1 => Subject::Agent(agent(dice.below(AGENTS))),
        _ => Subject::Member(person(dice.below(PEOPLE))),
    };
    let delegated = match subject {
        Subject::Agent(agent) => world.state.agents.get(&agent).and_then(|agent| agent.delegations.keys().next()),
        Subject::Member(_) | Subject::Key(_) => None,
    };
    Actor { subject, acting_for: delegated.copied().filter(|_| dice.percent(50)), credential: None }
}

/// Who answers for a command: for what an invitation gives, whoever invited, at the moment at which it is accepted; for what
/// a mail domain gives, whoever opened it.
fn answerable(world: &World, actor: Actor, command: &Command) -> Actor {
    if let Command::JoinByDomain { domain, .. } = command {
        let known = world.state.mail_domains.get(domain).and_then(|known| known.opening.as_ref());
        return known.and_then(|opening| verdict::inviter(opening.by)).unwrap_or(actor);
    }
    let Command::AcceptInvitation { invitation, .. } = command else { return actor };
    let known = world.state.invitations.get(invitation);
    known.and_then(|known| verdict::inviter(known.inviter)).unwrap_or(actor)
}

#[test]
fn whatever_people_may_do_nobody_gets_what_the_chain_of_givers_did_not_hold() {
    let (mut tried, mut done) = (0u64, BTreeMap::<String, u64>::new());
    for seed in seeds_or(400, 8_000) {
        let (mut world, dice) = (World::random(seed), &mut Dice(seed));
        // Worlds are made of events alone; what today's commands would refuse is put right first.
        world.state.settings.owners_max = world.state.settings.owners_max.map(|most| most.max(6));
        let mut snapshot = Snapshot::compile(org(1), &world.state, None);
        let mut before = Standing::of(&world.state);
        for fresh in 0..STEPS {
            let actor = actor(dice, &world);
            let me = if let Subject::Member(person) = actor.subject { person } else { person(0) };
            let given = command(dice, &world, me, fresh);
            let why = format!("world {seed}, step {fresh}: {given:?}");
            let actor = answerable(&world, actor, &given);
            let aimed = is_aimed(&given, &world.state);
            let state = world.state.clone();
            let events = attempt(&mut world, &snapshot, &actor, given.clone());
            tried += 1;
            if events.is_empty() {
                continue;
            }
            let name = format!("{given:?}");
            *done.entry(name.split([' ', '(']).next().unwrap().to_owned()).or_default() += 1;
            snapshot = Snapshot::compile(org(1), &world.state, None);
            let mut after = Standing::of(&world.state);
            let next = after.clone();
            // What the heir takes was given by whoever offered it.
            let giver = match (&given, state.offer) {
                (Command::AcceptOwnership { .. }, Some(offer)) => Subject::Member(offer.from),
                _ => actor.subject,
            };
            check_keys(&state, &before, giver, &events, &why);
            before.holdings.check_gifts(&after.holdings, (giver, &given), &why);
            before.holdings.check_secrets(&after.holdings, (giver, &events), &world.state, &why);
            if !aimed {
                // Only what was gained is looked at; of those removed, that they were not above.
                if let Command::RemoveMember { person } | Command::SuspendMember { person, .. } = given {
                    let mine = before.powers(giver);
                    assert_eq!(beyond(&before.powers(Subject::Member(person)), &mine), None, "{why}");
                }
                before.powers.iter().for_each(|(subject, had)| {
                    let has = after.powers(*subject);
                    let lost = had.iter().filter(|(one, far)| has.get(*one) < Some(*far));
                    let lost: Powers = lost.map(|(one, far)| (*one, *far)).collect();
                    after.powers.entry(*subject).or_default().extend(lost);
                });
                after.present.extend(before.present.iter().copied());
            }
            let of_role = matches!(given, Command::EditRole { .. } | Command::DeleteRole { .. });
            check(&before, &after, (giver, of_role), &why);
            before = next;
            let tops = world.state.top_role_holders().count();
            assert!(tops >= 1, "nobody holds the top role: {why}");
            assert!(world.state.settings.owners_max.is_none_or(|most| tops <= most as usize), "too many: {why}");
            is_sound(&world.state, &why);
        }
    }
    let changed: u64 = done.values().sum();
    println!("soak: ceiling: {tried} commands by everybody, of which {changed} changed something: nobody got too much");
    assert!(changed * 12 > tried, "only {changed} of {tried} commands changed anything: the walk proves little");
    assert!(done.len() >= 48, "only these commands were ever let through: {:?}", done.keys());
}

/// What no command may leave behind.
fn is_sound(state: &Organization, why: &str) {
    let level = |id| state.roles.get(id).map(|role: &Role| role.level);
    for member in state.members.values().filter(|member| member.is_here()) {
        for role in member.extra_roles.keys().chain([&member.role]) {
            assert_eq!(level(role), Some(domain::role::RoleLevel::Organization), "{role}: {why}");
        }
        let beside = |role| state.roles.get(role).is_some_and(|role: &Role| !role.top) && *role != member.role;
        assert!(member.extra_roles.keys().all(beside), "{:?}: {why}", member.extra_roles);
    }
    for (id, place) in state.teams.values().flat_map(|team| &team.members) {
        assert!(state.member(*id).is_some(), "{id} in a team: {why}");
        assert_eq!(level(&place.role), Some(domain::role::RoleLevel::Team), "{}: {why}", place.role);
    }
}

/// The preset as it comes: whatever admins and members do, the owners stay and nobody becomes one or an admin.
#[test]
fn where_only_owners_promote_nobody_rises_without_them_and_no_owner_falls() {
    for preset in ["pipeworks", "workjet"] {
        for seed in seeds(25) {
            let (mut world, dice) = (World::founded(crate::world::preset(preset)), &mut Dice(seed));
            for (number, held) in [(1, "admin"), (2, "admin"), (3, "member"), (4, "member")] {
                let role = crate::world::role(held);
                world.happens(Event::MemberAdded { person: person(number), role });
            }
            let mut snapshot = Snapshot::compile(org(1), &world.state, None);
            for fresh in 0..STEPS {
                let me = person(1 + dice.below(4));
                let given = command(dice, &world, me, fresh);
                let why = format!("{preset} {seed}, step {fresh}: {given:?}");
                let actor = answerable(&world, Actor::about(Subject::Member(me)), &given);
                if attempt(&mut world, &snapshot, &actor, given).is_empty() {
                    continue;
                }
                snapshot = Snapshot::compile(org(1), &world.state, None);
                let naive = Naive { state: &world.state, now: MOMENTS[0] };
                assert_eq!(world.state.top_role_holders().collect::<Vec<_>>(), [person(0)], "{why}");
                for member in world.state.members.keys().filter(|who| ![0, 1, 2].map(person).contains(*who)) {
                    assert_eq!(managing(&naive.powers(Subject::Member(*member))), Powers::new(), "{member}: {why}");
                }
            }
        }
    }
}
