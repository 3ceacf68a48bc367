//! What an agent may do for people before and after a change: what both may.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{AgentId, PersonId};
use domain::permission::PermissionSet;
use domain::time::Timestamp;

use super::{Comparison, apart, further, held};
use crate::diff::{ActingDifference, Presence, Rights};
use crate::question::{Actor, Subject};
use crate::snapshot::Snapshot;

/// The agents that may act for a person from now on, or no longer.
pub(super) fn agents_between(
    before: &Snapshot,
    after: &Snapshot,
    now: Timestamp,
) -> BTreeMap<PersonId, Vec<(AgentId, Presence)>> {
    let mut changes = BTreeMap::<PersonId, Vec<(AgentId, Presence)>>::new();
    if Arc::ptr_eq(&before.agents, &after.agents) {
        return changes;
    }
    let agents: BTreeSet<AgentId> = before.agents.keys().chain(after.agents.keys()).copied().collect();
    for agent in agents {
        for (person, presence) in people_of(before, after, agent, now).filter(|(_, all)| *all != Presence::Stays) {
            changes.entry(person).or_default().push((agent, presence));
        }
    }
    changes
}

/// For whom an agent may act, before or after.
fn people_of(
    before: &Snapshot,
    after: &Snapshot,
    agent: AgentId,
    now: Timestamp,
) -> impl Iterator<Item = (PersonId, Presence)> {
    let of = move |snapshot: &Snapshot| {
        let delegations = snapshot.agents.get(&agent).into_iter().flat_map(|agent| &agent.delegations);
        let holding = delegations.filter(|(_, end)| now < **end).map(|(person, _)| *person);
        holding.collect::<BTreeSet<PersonId>>()
    };
    let (was, is) = (of(before), of(after));
    let all: Vec<PersonId> = was.union(&is).copied().collect();
    all.into_iter().map(move |person| (person, Presence::of(was.contains(&person), is.contains(&person))))
}

impl Comparison<'_> {
    /// What becomes another one of what an agent may do for people, in the order of their ids; nothing for others.
    pub(super) fn acting_between(&mut self, subject: Subject) -> Vec<ActingDifference> {
        let Subject::Agent(agent) = subject else { return Vec::new() };
        let own = [self.before, self.after].map(|snapshot| self.rights_of(snapshot, subject));
        let mut found = Vec::new();
        for (person, presence) in people_of(self.before, self.after, agent, self.now) {
            let difference = self.between(&own, (agent, person), presence);
            if presence != Presence::Stays || !difference.gains.is_empty() || !difference.loses.is_empty() {
                found.push(difference);
            }
        }
        found
    }

    /// Whether there is such a difference, for an agent that may do for itself what it could before.
    pub(super) fn acting_differs(&mut self, subject: Subject) -> bool {
        let Subject::Agent(agent) = subject else { return false };
        let people: Vec<(PersonId, Presence)> = people_of(self.before, self.after, agent, self.now).collect();
        if people.iter().any(|(_, presence)| *presence != Presence::Stays) {
            return true;
        }
        let mut own = None;
        people.into_iter().any(|(person, presence)| {
            if !self.person_differs(person) {
                return false;
            }
            let both = || [self.before, self.after].map(|snapshot| self.rights_of(snapshot, subject));
            let own = own.get_or_insert_with(both);
            // What an agent cannot do, it does for nobody.
            if own.iter().all(Rights::is_empty) {
                return false;
            }
            let difference = self.between(own, (agent, person), presence);
            !difference.gains.is_empty() || !difference.loses.is_empty()
        })
    }

    /// Whether somebody for whom agents act may do something else.
    fn person_differs(&mut self, person: PersonId) -> bool {
        if let Some(known) = self.people.get(&person) {
            return *known;
        }
        let entries = [self.before, self.after].map(|snapshot| self.entry(snapshot, Subject::Member(person)));
        let differs = match entries {
            [Some(was), Some(is)] => self.rights_differ(was, is),
            [None, None] => false,
            _ => true,
        };
        self.people.insert(person, differs);
        differs
    }

    /// What an agent may do for itself.
    fn rights_of(&self, snapshot: &Snapshot, agent: Subject) -> Rights {
        let entry = self.entry(snapshot, agent);
        let actor = Actor::about(agent);
        let tools = snapshot.callable_tools(&actor, self.now).map(|(_, tool, at)| (at.id, tool.name.clone()));
        Rights {
            permissions: held(entry).iter().collect(),
            tools: tools.collect(),
            resources: snapshot.rights_to_resources(agent, self.now),
            data: snapshot.rights_to_data(entry.and_then(|entry| self.at_work(entry)), self.data.told()),
        }
    }

    /// What becomes another one of what an agent, who may do so much itself before and after, may do for a person.
    fn between(&self, own: &[Rights; 2], (agent, person): (AgentId, PersonId), presence: Presence) -> ActingDifference {
        let actor = Actor { acting_for: Some(person), ..Actor::about(Subject::Agent(agent)) };
        let [was, is] = own;
        let (was, is) = (self.shared(self.before, was, &actor), self.shared(self.after, is, &actor));
        let set = |rights: &Rights| rights.permissions.iter().copied().collect::<PermissionSet>();
        let has_tools = own.iter().any(|own| !own.tools.is_empty());
        let tools = if has_tools { self.tools_between(&actor) } else { Default::default() };
        let (resources, data) = (apart(&was.resources, &is.resources), apart(&was.data, &is.data));
        ActingDifference {
            person,
            presence,
            gains: Rights {
                permissions: further(set(&is), set(&was)),
                tools: tools.0,
                resources: resources.0,
                data: data.0,
            },
            loses: Rights {
                permissions: further(set(&was), set(&is)),
                tools: tools.1,
                resources: resources.1,
                data: data.1,
            },
        }
    }

    /// What of an agent's own rights the person has as well for whom it acts, tools apart.
    fn shared(&self, snapshot: &Snapshot, own: &Rights, actor: &Actor) -> Rights {
        let person = actor.acting_for.map(Subject::Member).and_then(|person| self.entry(snapshot, person));
        let Some(person) = person.filter(|_| snapshot.delegated(actor, self.now).is_ok()) else {
            return Rights::default();
        };
        let theirs = held(Some(person));
        let permissions = own.permissions.iter();
        let permissions =
            permissions.filter_map(|(permission, scope)| Some((*permission, theirs.scope(*permission)?.min(*scope))));
        let permissions = permissions.collect();
        let Some(person) = self.at_work(person) else { return Rights { permissions, ..Rights::default() } };
        let resources = own.resources.iter();
        let resources = resources.filter(|(id, verb)| snapshot.touch_resource(person, *verb, *id, self.now).is_ok());
        let data = own.data.iter().filter(|right| snapshot.may_touch_data(person, right));
        Rights {
            permissions,
            tools: Vec::new(),
            resources: resources.copied().collect(),
            data: data.cloned().collect(),
        }
    }
}
