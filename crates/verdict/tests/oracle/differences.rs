//! What a change does to whom, worked out a second time in the plainest way: everything that everybody may do before,
//! and everything that they may do after, asked question by question.

use std::collections::{BTreeMap, BTreeSet};

use domain::command;
use domain::id::{AgentId, IntegrationId, KeyId, PersonId, ResourceId, TeamId};
use domain::key::{Key, KeyKind};
use domain::object::{DataName, DataVerb};
use domain::organization::{Organization, PersonalKeys};
use domain::permission::{Permission, Scope};
use domain::resource::ResourceVerb;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{
    ActingDifference, Action, Actor, Credential, DataRight, Difference, KeyChange, Operation, Presence, Question,
    Rights, Snapshot, Subject, TeamDifference,
};

use crate::commands::command;
use crate::dice::Dice;
use crate::seeds;
use crate::world::{MOMENTS, World, org, person};

/// One state, its snapshot, and the moment of asking.
#[derive(Clone, Copy)]
struct Side<'s> {
    state: &'s Organization,
    snapshot: &'s Snapshot,
    now: Timestamp,
}

/// What an actor may do.
#[derive(PartialEq, Eq, Default)]
struct Allowed {
    permissions: BTreeMap<Permission, Scope>,
    tools: BTreeSet<(IntegrationId, Box<str>)>,
    resources: BTreeSet<(ResourceId, ResourceVerb)>,
    data: BTreeSet<DataRight>,
}

/// Everything that a subject has at one moment.
#[derive(PartialEq, Eq, Default)]
struct Everything {
    allowed: Allowed,
    roles: BTreeSet<RoleId>,
    teams: BTreeMap<TeamId, BTreeMap<Permission, Scope>>,
    personal_keys: bool,
    /// Those that have not ended: whether they work, and with which secret.
    keys: BTreeMap<KeyId, (bool, String)>,
    acting: BTreeMap<PersonId, Allowed>,
    agents: BTreeSet<AgentId>,
}

impl Side<'_> {
    fn allows(&self, actor: &Actor, operation: Operation<'_>, now: Timestamp) -> bool {
        self.snapshot.evaluate(&Question { actor, action: Action::Operate(operation), now }).is_allowed()
    }

    /// To look at the list of teams is everybody's, except for who does nothing at all.
    fn works(&self, actor: &Actor, now: Timestamp) -> bool {
        self.allows(actor, Operation::ViewTeams, now)
    }

    fn permissions(&self, subject: Subject) -> BTreeMap<Permission, Scope> {
        let works = self.works(&Actor::about(subject), self.now);
        let scope = |permission: &Permission| self.snapshot.scope_of(subject, *permission, self.now);
        let held = Permission::ALL.iter().filter(|_| works);
        held.filter_map(|permission| Some((*permission, scope(permission)?))).collect()
    }

    fn allowed(&self, actor: &Actor) -> Allowed {
        let mut permissions = self.permissions(actor.subject);
        if let Some(person) = actor.acting_for {
            let theirs = self.permissions(Subject::Member(person));
            permissions.retain(|permission, _| theirs.contains_key(permission));
            permissions.iter_mut().for_each(|(permission, scope)| *scope = theirs[permission].min(*scope));
        }
        let may = |operation: Operation<'_>| self.allows(actor, operation, self.now);
        let verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
        let resources = verbs.flat_map(|verb| self.state.resources.keys().map(move |resource| (*resource, verb)));
        Allowed {
            permissions,
            tools: self
                .snapshot
                .callable_tools(actor, self.now)
                .map(|(_, tool, at)| (at.id, tool.name.clone()))
                .collect(),
            resources: resources
                .filter(|(resource, verb)| may(Operation::Resource { verb: *verb, resource: *resource }))
                .collect(),
            data: self.data(actor),
        }
    }

    fn data(&self, actor: &Actor) -> BTreeSet<DataRight> {
        let may = |operation: Operation<'_>| self.allows(actor, operation, self.now);
        let mut data = BTreeSet::new();
        for (name, object) in self.state.objects.iter().filter(|(name, _)| told(name, None)) {
            for verb in DataVerb::ALL {
                if may(Operation::Data { verb, object: name }) {
                    data.insert(DataRight { object: name.clone(), field: None, verb });
                }
                for field in object.fields.keys().filter(|field| told(name, Some(field))) {
                    let is_of_fields = matches!(verb, DataVerb::See | DataVerb::Edit);
                    if is_of_fields && may(Operation::Field { verb, object: name, field }) {
                        data.insert(DataRight { object: name.clone(), field: Some(field.clone()), verb });
                    }
                }
            }
        }
        data
    }

    fn everything(&self, subject: Subject) -> Everything {
        let needed = match self.snapshot.settings().keys_personal {
            PersonalKeys::Everyone => None,
            PersonalKeys::Managers => Some(Permission::KeyManageWorkspace),
            PersonalKeys::ByPermission => Some(Permission::KeyCreatePersonal),
        };
        let holds = |permission| self.snapshot.scope_of(subject, permission, self.now) == Some(Scope::All);
        let there = self.snapshot.subjects().contains(&subject);
        let teams = self.state.teams.values().filter_map(|team| {
            let role = team.members.get(&subject.person()?).filter(|_| there)?.role;
            Some((team.id, self.in_team(subject, role)))
        });
        let agents = self.state.agents.values().filter(|agent| {
            let given = subject.person().and_then(|person| agent.delegations.get(&person));
            given.is_some_and(|given| given.expires_at.is_none_or(|end| self.now < end))
        });
        let roles = self.snapshot.extra_roles_of(subject, self.now).map(|(_, role, _)| role.id);
        Everything {
            allowed: self.allowed(&Actor::about(subject)),
            roles: roles.collect(),
            teams: teams.collect(),
            personal_keys: subject.person().is_some() && needed.is_none_or(holds),
            keys: self.keys(subject),
            acting: self.acting(subject),
            agents: agents.map(|agent| agent.id).collect(),
        }
    }

    /// What somebody in a team may do there: what their role there holds, and what their own hold for all or for teams.
    fn in_team(&self, subject: Subject, role: RoleId) -> BTreeMap<Permission, Scope> {
        if !self.works(&Actor::about(subject), self.now) {
            return BTreeMap::new();
        }
        let mut there: BTreeMap<Permission, Scope> = self.permissions(subject);
        for (permission, scope) in self.snapshot.permissions_of_role(role).iter() {
            let scope = if scope == Scope::Own { Scope::Own } else { Scope::Team };
            let held = there.entry(permission).or_insert(scope);
            *held = scope.max(*held);
        }
        there
    }

    fn keys(&self, subject: Subject) -> BTreeMap<KeyId, (bool, String)> {
        let holder = |key: &Key| match key.kind {
            KeyKind::Personal { holder } => (Subject::Member(holder), None),
            KeyKind::Workspace { .. } | KeyKind::Directory { .. } => (Subject::Key(key.id), None),
            KeyKind::Agent { agent, acting_for } => (Subject::Agent(agent), acting_for),
        };
        let theirs = self.state.keys.values().filter(|key| holder(key).0 == subject && key.holds_at(self.now));
        let told = theirs.filter(|key| key.revoked_at.is_none()).map(|key| {
            let credential = Some(Credential::Key { key: key.id, digest: key.digest_bytes().unwrap() });
            let actor = Actor { subject, acting_for: holder(key).1, credential };
            (key.id, (self.works(&actor, self.now), key.digest.clone()))
        });
        told.collect()
    }

    fn acting(&self, subject: Subject) -> BTreeMap<PersonId, Allowed> {
        let Subject::Agent(agent) = subject else { return BTreeMap::new() };
        let delegations = self.state.agents.get(&agent).into_iter().flat_map(|agent| &agent.delegations);
        let holding = delegations.filter(|(_, given)| given.expires_at.is_none_or(|end| self.now < end));
        let for_each = |person: PersonId| Actor { acting_for: Some(person), ..Actor::about(subject) };
        holding.map(|(person, _)| (*person, self.allowed(&for_each(*person)))).collect()
    }
}

/// What is told of in this test, from one who does not know of everything.
fn told(object: &DataName, field: Option<&DataName>) -> bool {
    object.as_str() != "deals" && field.is_none_or(|field| field.as_str() != "mail")
}

fn presence<T: Ord + Copy>(before: &BTreeSet<T>, after: &BTreeSet<T>) -> Vec<(T, Presence)> {
    let word = |thing: &T| if after.contains(thing) { Presence::Comes } else { Presence::Goes };
    before.symmetric_difference(after).map(|thing| (*thing, word(thing))).collect()
}

/// What the one may do beyond the other.
fn beyond(one: &Allowed, other: &Allowed) -> Rights {
    Rights {
        permissions: further(&one.permissions, &other.permissions),
        tools: one.tools.difference(&other.tools).cloned().collect(),
        resources: one.resources.difference(&other.resources).copied().collect(),
        data: one.data.difference(&other.data).cloned().collect(),
    }
}

fn further(one: &BTreeMap<Permission, Scope>, other: &BTreeMap<Permission, Scope>) -> Vec<(Permission, Scope)> {
    let held = one.iter().filter(|(permission, scope)| other.get(permission) < Some(scope));
    held.map(|(permission, scope)| (*permission, *scope)).collect()
}

fn teams(before: &Everything, after: &Everything) -> Vec<TeamDifference> {
    let gained = |one: &Everything, other: &Everything, team: &TeamId| {
        // Who is not in a team does there what they do everywhere.
        let anywhere = |of: &Everything| {
            let all = of.allowed.permissions.iter().filter(|(_, scope)| **scope == Scope::All);
            all.map(|(permission, scope)| (*permission, *scope)).collect::<BTreeMap<_, _>>()
        };
        let there = |of: &Everything| of.teams.get(team).cloned().unwrap_or_else(|| anywhere(of));
        let mut gained = further(&there(one), &there(other));
        // And what they do everywhere is not told of each team.
        gained.retain(|(permission, scope)| match one.allowed.permissions.get(permission) {
            Some(Scope::All) => false,
            Some(Scope::Own | Scope::Team) => *scope != Scope::Own,
            None => true,
        });
        gained
    };
    let all: BTreeSet<TeamId> = before.teams.keys().chain(after.teams.keys()).copied().collect();
    let difference = |team: TeamId| TeamDifference {
        team,
        place: match (before.teams.contains_key(&team), after.teams.contains_key(&team)) {
            (true, true) => Presence::Stays,
            (false, _) => Presence::Comes,
            (_, false) => Presence::Goes,
        },
        gains: gained(after, before, &team),
        loses: gained(before, after, &team),
    };
    let all = all.into_iter().map(difference);
    all.filter(|one| one.place != Presence::Stays || !one.gains.is_empty() || !one.loses.is_empty()).collect()
}

fn keys(before: &Everything, after: &Everything) -> Vec<(KeyId, KeyChange)> {
    let all: BTreeSet<KeyId> = before.keys.keys().chain(after.keys.keys()).copied().collect();
    let change = |key: KeyId| match (before.keys.get(&key), after.keys.get(&key)) {
        (Some(_), None) => Some((key, KeyChange::Ends)),
        (None, Some((true, _))) => Some((key, KeyChange::Comes)),
        (Some((false, _)), Some((true, _))) => Some((key, KeyChange::Starts)),
        (Some((true, _)), Some((false, _))) => Some((key, KeyChange::Stops)),
        (Some((true, was)), Some((true, is))) if was != is => Some((key, KeyChange::Renewed)),
        _ => None,
    };
    all.into_iter().filter_map(change).collect()
}

fn acting(before: &Everything, after: &Everything) -> Vec<ActingDifference> {
    let nothing = Allowed::default();
    let all: BTreeSet<PersonId> = before.acting.keys().chain(after.acting.keys()).copied().collect();
    let difference = |person: PersonId| {
        let (was, is) = (before.acting.get(&person), after.acting.get(&person));
        let presence = match (was, is) {
            (None, Some(_)) => Presence::Comes,
            (Some(_), None) => Presence::Goes,
            _ => Presence::Stays,
        };
        let (was, is) = (was.unwrap_or(&nothing), is.unwrap_or(&nothing));
        let changed = was != is || presence != Presence::Stays;
        changed.then(|| ActingDifference { person, presence, gains: beyond(is, was), loses: beyond(was, is) })
    };
    all.into_iter().filter_map(difference).collect()
}

fn plain(before: Side<'_>, after: Side<'_>, subject: Subject) -> Option<Difference> {
    let there = |side: Side<'_>| side.snapshot.subjects().contains(&subject);
    let presence = match (there(before), there(after)) {
        (false, true) => Presence::Comes,
        (true, false) => Presence::Goes,
        _ => Presence::Stays,
    };
    let (was, is) = (before.everything(subject), after.everything(subject));
    let difference = Difference {
        subject,
        presence,
        gains: beyond(&is.allowed, &was.allowed),
        loses: beyond(&was.allowed, &is.allowed),
        roles: self::presence(&was.roles, &is.roles),
        teams: teams(&was, &is),
        personal_keys: (presence == Presence::Stays && was.personal_keys != is.personal_keys)
            .then_some(is.personal_keys),
        keys: keys(&was, &is),
        acting: acting(&was, &is),
        agents: self::presence(&was.agents, &is.agents),
    };
    let empty = Difference { presence: Presence::Stays, ..nothing(subject) };
    (difference != empty).then_some(difference)
}

fn nothing(subject: Subject) -> Difference {
    Difference {
        subject,
        presence: Presence::Stays,
        gains: Rights::default(),
        loses: Rights::default(),
        roles: Vec::new(),
        teams: Vec::new(),
        personal_keys: None,
        keys: Vec::new(),
        acting: Vec::new(),
        agents: Vec::new(),
    }
}

/// How often each kind of difference was met.
#[derive(Default, Debug)]
struct Met {
    data: usize,
    fields: usize,
    roles: usize,
    places: usize,
    in_teams: usize,
    keys: BTreeMap<KeyChange, usize>,
    delegations: usize,
    acting: usize,
    agents: usize,
}

impl Met {
    fn count(&mut self, found: &Difference) {
        let data = || found.gains.data.iter().chain(&found.loses.data);
        self.data += data().filter(|right| right.field.is_none()).count();
        self.fields += data().filter(|right| right.field.is_some()).count();
        self.roles += found.roles.len();
        self.places += found.teams.iter().filter(|team| team.place != Presence::Stays).count();
        self.in_teams += found.teams.iter().filter(|team| team.place == Presence::Stays).count();
        found.keys.iter().for_each(|(_, change)| *self.keys.entry(*change).or_default() += 1);
        self.delegations += found.acting.iter().filter(|acting| acting.presence != Presence::Stays).count();
        self.acting += found.acting.iter().filter(|acting| acting.presence == Presence::Stays).count();
        self.agents += found.agents.len();
    }
}

#[test]
fn a_change_makes_a_difference_for_exactly_those_who_may_do_something_else_after_it() {
    let (mut concerned, mut spared, mut met) = (0, 0, Met::default());
    for seed in seeds(40) {
        let (mut world, dice) = (World::random(seed), &mut Dice(seed));
        for fresh in 0..40 {
            let (was, before) = (world.state.clone(), Snapshot::compile(org(1), &world.state, None));
            // Some differences are those of several changes.
            for _ in 0..1 + dice.below(3) {
                let given = command(dice, &world, person(dice.clone().below(6)), fresh);
                let events = command::handle(&world.state, given, MOMENTS[0]).unwrap_or_default();
                events.into_iter().for_each(|event| world.happens(event));
            }
            let after = Snapshot::compile(org(1), &world.state, None);
            let now = dice.pick(&MOMENTS);
            let subjects: BTreeSet<Subject> = before.subjects().into_iter().chain(after.subjects()).collect();
            let sides =
                [(&was, &before), (&world.state, &after)].map(|(state, snapshot)| Side { state, snapshot, now });
            let plain: Vec<Difference> =
                subjects.iter().filter_map(|subject| plain(sides[0], sides[1], *subject)).collect();
            let named: Vec<Subject> = plain.iter().map(|difference| difference.subject).collect();
            assert_eq!(before.compare(&after, now, &told).changed_subjects(), named, "world {seed} at {fresh}");
            let mut comparison = before.compare(&after, now, &told);
            for difference in &plain {
                assert_eq!(&comparison.difference(difference.subject), difference, "world {seed} at {fresh}");
                met.count(difference);
            }
            concerned += plain.len();
            spared += subjects.len() - plain.len();
        }
    }
    assert!(concerned > 500 && spared > 1_000, "{concerned} concerned, {spared} not: this proves little");
    let few = [met.data, met.fields, met.roles, met.places, met.in_teams, met.delegations, met.acting, met.agents];
    assert!(few.iter().all(|times| *times > 20) && met.keys.len() == 5, "{met:?}: this proves little");
}
