//! Two snapshots of one organization side by side: for whom a change makes a difference, and which.
//!
//! A change can touch everybody in a large organization, and only some of them are named to whoever asks. So what one
//! subject gains and loses ([`Comparison::difference`]) is worked out for those alone; for all the others the first thing
//! that is another one is enough ([`Comparison::changed_subjects`]), and what cannot have changed is not looked at. Each
//! file beside this one holds both ways for one kind of thing.

mod acting;
mod data;
mod keys;
mod resources;
mod teams;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{AgentId, KeyId, PersonId, ResourceId, TeamId};
use domain::object::DataName;
use domain::permission::{Permission, PermissionSet, Scope};
use domain::role::RoleId;
use domain::time::Timestamp;

use self::data::DataChanges;
use self::tools::{Counterparts, counterparts};
use crate::diff::{Difference, KeyChange, Presence, Rights};
use crate::question::{Actor, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

/// Whether an object, or a field of it, is told of at all: what whoever asks may not know of makes no difference to them.
pub type Told<'s> = &'s dyn Fn(&DataName, Option<&DataName>) -> bool;

/// Two snapshots of one organization, and what is the same in both for everybody.
pub struct Comparison<'s> {
    before: &'s Snapshot,
    after: &'s Snapshot,
    now: Timestamp,
    integrations: Vec<Counterparts<'s>>,
    /// What is the same in the settings that rights to resources rest on: for all of them, and for workflows.
    same_rules: [bool; 2],
    changed_resources: BTreeSet<ResourceId>,
    of_teams: BTreeMap<TeamId, Vec<ResourceId>>,
    of_owners: BTreeMap<PersonId, Vec<ResourceId>>,
    data: DataChanges<'s>,
    keys: BTreeMap<Subject, Vec<(KeyId, KeyChange)>>,
    /// The agents that may act for a person from now on, or no longer.
    agents: BTreeMap<PersonId, Vec<(AgentId, Presence)>>,
    /// Whether what a person may do is something else, of those for whom agents act and who were looked at.
    people: BTreeMap<PersonId, bool>,
}

impl Snapshot {
    /// Puts this snapshot beside another of the same organization, at a moment.
    #[must_use]
    pub fn compare<'s>(&'s self, after: &'s Snapshot, now: Timestamp, told: Told<'s>) -> Comparison<'s> {
        let (before, was, is) = (self, &self.settings, &after.settings);
        let same_rules = [
            was.managers_implicit_access == is.managers_implicit_access,
            was.workflows_run_needs_edit == is.workflows_run_needs_edit,
        ];
        let mut changed_resources = BTreeSet::new();
        if !Arc::ptr_eq(&before.resources, &after.resources) {
            let ids = before.resources.keys().chain(after.resources.keys());
            let same = |id: &ResourceId| match (before.resources.get(id), after.resources.get(id)) {
                (Some(was), Some(is)) => Arc::ptr_eq(was, is) || was == is,
                _ => false,
            };
            changed_resources.extend(ids.filter(|id| !same(id)));
        }
        let mut of_teams = BTreeMap::<TeamId, Vec<ResourceId>>::new();
        let mut of_owners = BTreeMap::<PersonId, Vec<ResourceId>>::new();
        for (id, resource) in after.resources.iter() {
            for team in &resource.teams {
                of_teams.entry(*team).or_default().push(*id);
            }
            if let Some(owner) = resource.owner.filter(|_| was.managers_implicit_access != is.managers_implicit_access)
            {
                of_owners.entry(owner).or_default().push(*id);
            }
        }
        Comparison {
            before,
            after,
            now,
            integrations: counterparts(before, after),
            same_rules,
            changed_resources,
            of_teams,
            of_owners,
            data: DataChanges::between(before, after, told),
            keys: keys::between(before, after, now),
            agents: acting::agents_between(before, after, now),
            people: BTreeMap::new(),
        }
    }
}

impl Comparison<'_> {
    /// Everybody for whom something differs between the two, in the order of their ids; exactly those whose
    /// [`Comparison::difference`] is not empty.
    // INVARIANT: held to the plain way by the tests in tests/oracle/differences.rs.
    #[must_use]
    pub fn changed_subjects(&mut self) -> Vec<Subject> {
        let (before, after) = (self.before, self.after);
        let gone = before.subjects.iter().map(|entry| entry.subject);
        let gone = gone.filter(|subject| after.subject(subject.as_str(), self.now).is_none());
        let mut changed: Vec<Subject> = gone.collect();
        changed
            .extend(after.subjects.iter().filter(|entry| self.differs(entry.at(self.now))).map(|entry| entry.subject));
        changed.sort_unstable();
        changed
    }

    /// What one subject gains and loses. Who is concerned at all tells [`Comparison::changed_subjects`], much quicker.
    #[must_use]
    pub fn difference(&mut self, subject: Subject) -> Difference {
        let (was, is) = (self.entry(self.before, subject), self.entry(self.after, subject));
        let (before, then) = (self.held(was), self.held(is));
        let (gains_tools, loses_tools) = self.tools_between(&Actor::about(subject), None);
        let resources = |snapshot: &Snapshot| snapshot.rights_to_resources(subject, self.now);
        let (gains_resources, loses_resources) = apart(&resources(self.before), &resources(self.after));
        let at_work = |entry: Option<_>| entry.and_then(|entry| self.at_work(entry));
        let data = self.data.of(at_work(was), at_work(is));
        let works = |snapshot: &Snapshot, entry: Option<&SubjectEntry>| {
            entry.is_some_and(|entry| snapshot.may_have_keys(entry).is_ok())
        };
        let (worked, works) = (works(self.before, was), works(self.after, is));
        let presence = Presence::of(was.is_some(), is.is_some());
        let member = subject.person().filter(|_| presence == Presence::Stays);
        Difference {
            subject,
            presence,
            gains: Rights {
                permissions: further(then, before),
                tools: gains_tools,
                resources: gains_resources,
                data: data.gains.clone(),
            },
            loses: Rights {
                permissions: further(before, then),
                tools: loses_tools,
                resources: loses_resources,
                data: data.loses.clone(),
            },
            roles: self.roles_between(was, is),
            teams: self.teams_between(was, is),
            personal_keys: member.filter(|_| worked != works).map(|_| works),
            keys: self.keys.get(&subject).cloned().unwrap_or_default(),
            acting: self.acting_between(subject),
            agents: subject.person().and_then(|person| self.agents.get(&person)).cloned().unwrap_or_default(),
        }
    }

    /// Whether anything differs for a subject of the snapshot after.
    fn differs(&mut self, is: &SubjectEntry) -> bool {
        let Some(was) = self.entry(self.before, is.subject) else { return true };
        let keys_work = |snapshot: &Snapshot, entry| snapshot.may_have_keys(entry).is_ok();
        let person = is.subject.person();
        person.is_some() && keys_work(self.before, was) != keys_work(self.after, is)
            || self.keys.contains_key(&is.subject)
            || person.is_some_and(|person| self.agents.contains_key(&person))
            || self.rights_differ(was, is)
            || self.teams_differ(was, is)
            || !self.roles_between(Some(was), Some(is)).is_empty()
            || self.acting_differs(is.subject)
    }

    /// Whether somebody may do something else, for themselves.
    fn rights_differ(&mut self, was: &SubjectEntry, is: &SubjectEntry) -> bool {
        self.held(Some(was)) != self.held(Some(is))
            || self.tools_differ(was, is)
            || self.resources_differ(was, is)
            || self.data.differ(self.at_work(was), self.at_work(is))
    }

    /// The roles beside somebody's own that begin or cease to count.
    fn roles_between(&self, was: Option<&SubjectEntry>, is: Option<&SubjectEntry>) -> Vec<(RoleId, Presence)> {
        let beside = |snapshot: &Snapshot, entry: Option<&SubjectEntry>| {
            let more = entry.and_then(|entry| entry.more.as_ref());
            let places = more.into_iter().flat_map(|more| more.roles.iter().map(|extra| extra.role));
            places.filter_map(|place| snapshot.role(place)).map(|role| role.role.id).collect::<BTreeSet<RoleId>>()
        };
        let (before, after) = (beside(self.before, was), beside(self.after, is));
        let changed = before.symmetric_difference(&after);
        changed.map(|role| (*role, Presence::of(before.contains(role), after.contains(role)))).collect()
    }

    /// The subject as it is at the moment.
    fn entry<'e>(&self, snapshot: &'e Snapshot, subject: Subject) -> Option<&'e SubjectEntry> {
        snapshot.subject(subject.as_str(), self.now)
    }

    /// The entry as long as the subject does anything at this moment.
    fn at_work<'e>(&self, entry: &'e SubjectEntry) -> Option<&'e SubjectEntry> {
        Some(entry).filter(|entry| entry.stopped.is_none() && self.now < entry.ends_at)
    }

    /// What a subject's roles come to as long as it does anything.
    fn held(&self, entry: Option<&SubjectEntry>) -> PermissionSet {
        entry.and_then(|entry| self.at_work(entry)).map(|entry| entry.permissions).unwrap_or_default()
    }
}

/// What the one holds further than the other.
fn further(one: PermissionSet, other: PermissionSet) -> Vec<(Permission, Scope)> {
    if one == other {
        return Vec::new();
    }
    one.iter().filter(|(permission, scope)| other.scope(*permission) < Some(*scope)).collect()
}

/// What the second has and the first has not, and the other way round; both are sorted.
fn apart<T: Ord + Clone>(before: &[T], after: &[T]) -> (Vec<T>, Vec<T>) {
    let missing = |from: &[T], other: &[T]| {
        from.iter().filter(|item| other.binary_search(item).is_err()).cloned().collect::<Vec<_>>()
    };
    (missing(after, before), missing(before, after))
}
