//! What an agent may do for people before and after a change: what both may.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{AgentId, IntegrationId, PersonId};
use domain::permission::PermissionSet;
use domain::time::Timestamp;

use super::{Comparison, apart, further};
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

/// What of somebody's rights is not the same before and after.
fn only_changed([was, is]: &[Rights; 2]) -> [Rights; 2] {
    let [before, after] = [was, is].map(|rights| rights.permissions.iter().copied().collect::<PermissionSet>());
    let permissions = |one: &Rights, other: PermissionSet| {
        let changed = one.permissions.iter().filter(|(permission, scope)| other.scope(*permission) != Some(*scope));
        changed.copied().collect()
    };
    let (gains_tools, loses_tools) = apart(&was.tools, &is.tools);
    let (gains_resources, loses_resources) = apart(&was.resources, &is.resources);
    let (gains_data, loses_data) = apart(&was.data, &is.data);
    let lost = Rights {
        permissions: permissions(was, after),
        tools: loses_tools,
        resources: loses_resources,
        data: loses_data,
    };
    let gained = Rights {
        permissions: permissions(is, before),
        tools: gains_tools,
        resources: gains_resources,
        data: gains_data,
    };
    [lost, gained]
}

impl Comparison<'_> {
    /// What becomes another one of what an agent may do for people, in the order of their ids; nothing for others.
    pub(super) fn acting_between(&mut self, subject: Subject) -> Vec<ActingDifference> {
        let Subject::Agent(agent) = subject else { return Vec::new() };
        let own = [self.before, self.after].map(|snapshot| self.rights_of(snapshot, subject));
        let changed = only_changed(&own);
        let mut found = Vec::new();
        for (person, presence, all) in self.concerned(agent, &changed) {
            let difference = self.between(if all { &own } else { &changed }, (agent, person), presence);
            if presence != Presence::Stays || !difference.gains.is_empty() || !difference.loses.is_empty() {
                found.push(difference);
            }
        }
        found
    }

    /// For whom an agent, whose own rights change so, might do something else, and whether that can be anything that it may
    /// do or only what changes. An agent acts for thousands, and a change concerns few of them: of what the agent may do as
    /// before, only those have something else who may do something else themselves.
    fn concerned(&mut self, agent: AgentId, changed: &[Rights; 2]) -> Vec<(PersonId, Presence, bool)> {
        let same = changed.iter().all(Rights::is_empty);
        let people: Vec<(PersonId, Presence)> = people_of(self.before, self.after, agent, self.now).collect();
        let each = people.into_iter().map(|(person, presence)| {
            let all = presence != Presence::Stays || self.person_differs(person);
            (person, presence, all)
        });
        each.filter(|(_, _, all)| *all || !same).collect()
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
        Rights {
            permissions: self.held(entry).iter().collect(),
            tools: self.tools_of(snapshot, &actor, None),
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
        let concerned: BTreeSet<IntegrationId> =
            own.iter().flat_map(|own| &own.tools).map(|(integration, _)| *integration).collect();
        let tools = self.tools_between(&actor, Some(&concerned));
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
        let theirs = self.held(Some(person));
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

#[cfg(test)]
mod tests {
    use domain::event::Event;
    use domain::id::OrgId;
    use domain::organization::{Organization, Stamp};
    use domain::preset::Preset;
    use domain::role::RoleId;

    use super::*;

    const NOW: Timestamp = Timestamp(0);
    const BOT: [u8; 20] = [1; 20];

    fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 20])
    }

    fn role(name: &str) -> RoleId {
        RoleId::parse(name).unwrap()
    }

    /// An agent with the role of members that acts for thirty members.
    fn company() -> Organization {
        let preset: Preset = toml::from_str(include_str!("../../../../presets/balanced.toml")).unwrap();
        let mut events: Vec<Event> = preset.roles.iter().cloned().map(Event::RoleDefined).collect();
        let (name, settings) = ("Acme".to_owned(), preset.settings.clone());
        events.insert(0, Event::OrganizationCreated { name, preset: preset.name, settings });
        events.extend((0..30).map(|number| Event::MemberAdded { person: person(number), role: role("member") }));
        let agent = AgentId::from_random(BOT);
        let (title, member) = ("Bot".to_owned(), Some(role("member")));
        events.push(Event::AgentCreated { agent, title, sponsor: person(0), role: member, expires_at: None });
        let acts = |number| Event::DelegationSet { agent, person: person(number), expires_at: None };
        events.extend((0..30).map(acts));
        let mut state = Organization::new();
        events.iter().for_each(|event| happens(&mut state, event));
        state
    }

    fn happens(state: &mut Organization, event: &Event) {
        let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() };
        state.apply(&stamp, event);
    }

    fn compiled(state: &Organization) -> Snapshot {
        Snapshot::compile(OrgId::parse("org_00000000000000000000").unwrap(), state, None)
    }

    #[test]
    fn nothing_is_worked_out_for_those_who_do_the_same_through_an_agent_that_does_the_same() {
        let mut state = company();
        let before = compiled(&state);
        let changed = Event::MemberRoleChanged { person: person(7), from: role("member"), to: role("viewer") };
        happens(&mut state, &changed);
        let after = compiled(&state);
        let mut comparison = before.compare(&after, NOW, &|_, _| true);
        let nothing = [Rights::default(), Rights::default()];
        let concerned = comparison.concerned(AgentId::from_random(BOT), &nothing);
        assert_eq!(concerned, [(person(7), Presence::Stays, true)]);
        let told = comparison.acting_between(Subject::Agent(AgentId::from_random(BOT)));
        assert_eq!(told.iter().map(|acting| acting.person).collect::<Vec<_>>(), [person(7)]);
    }

    #[test]
    fn where_an_agent_does_something_else_only_that_is_looked_at_for_those_who_do_the_same() {
        let mut state = company();
        let before = compiled(&state);
        let agent = AgentId::from_random(BOT);
        happens(&mut state, &Event::AgentRoleChanged { agent, role: Some(role("viewer")) });
        let after = compiled(&state);
        let mut comparison = before.compare(&after, NOW, &|_, _| true);
        let own = [&before, &after].map(|snapshot| comparison.rights_of(snapshot, Subject::Agent(agent)));
        let changed = only_changed(&own);
        assert!(changed[0].permissions.len() < own[0].permissions.len(), "{changed:?}");
        let concerned = comparison.concerned(agent, &changed);
        assert!(concerned.len() == 30 && concerned.iter().all(|(_, _, all)| !all), "{concerned:?}");
        let told = comparison.acting_between(Subject::Agent(agent));
        assert_eq!((told.len(), told[0].loses.permissions.is_empty()), (30, false));
    }
    #[test]
    fn an_agent_that_has_ended_gains_and_loses_nothing() {
        let (mut state, agent) = (company(), AgentId::from_random([2; 20]));
        let (title, ends) = ("Old".to_owned(), Some(Timestamp(50)));
        let made =
            Event::AgentCreated { agent, title, sponsor: person(0), role: Some(role("member")), expires_at: ends };
        happens(&mut state, &made);
        let before = compiled(&state);
        happens(&mut state, &Event::AgentRoleChanged { agent, role: Some(role("viewer")) });
        let after = compiled(&state);
        let changed = |now| before.compare(&after, now, &|_, _| true).changed_subjects();
        assert_eq!(changed(NOW), [Subject::Agent(agent)]);
        assert_eq!(changed(Timestamp(50)), []);
        assert_eq!(
            before.compare(&after, Timestamp(50), &|_, _| true).difference(Subject::Agent(agent)).loses,
            Rights::default()
        );
    }
}
