//! For whom a change makes a difference: the quick way to a yes or no for each subject.
//!
//! A change can touch everybody in a large organization, and only some of them are named to whoever asks. So what one
//! subject gains and loses ([`Snapshot::difference`]) is worked out for those alone; for all the others the first thing
//! that is another one is enough, and what cannot have changed is not looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{PersonId, ResourceId, TeamId};
use domain::permission::PermissionSet;
use domain::resource::{Resource, ResourceKind, ResourceVerb};
use domain::time::Timestamp;

use crate::catalog::IntegrationEntry;
use crate::evaluate::{ReachedBy, open};
use crate::question::Subject;
use crate::snapshot::{GrantEntry, Snapshot, SubjectEntry};

impl Snapshot {
    /// Everybody for whom something differs between this snapshot and another of the same organization, in the order
    /// of their ids; exactly those whose [`Snapshot::difference`] is not empty.
    // INVARIANT: held to the plain way by the tests in tests/oracle/differences.rs.
    #[must_use]
    pub fn changed_subjects(&self, after: &Snapshot, now: Timestamp) -> Vec<Subject> {
        let between = Between::of(self, after, now);
        let gone = self.subjects.iter().map(|entry| entry.subject);
        let gone = gone.filter(|subject| after.subject(subject.as_str(), now).is_none());
        let there = after.subjects.iter().filter(|entry| between.differs(entry.at(now))).map(|entry| entry.subject);
        let mut changed: Vec<Subject> = there.chain(gone).collect();
        changed.sort_unstable();
        changed
    }
}

/// Two snapshots, and what is the same in both for everybody.
struct Between<'s> {
    before: &'s Snapshot,
    after: &'s Snapshot,
    now: Timestamp,
    integrations: Vec<Counterparts<'s>>,
    /// What is the same in the settings that rights to resources rest on: for all of them, and for workflows.
    same_rules: [bool; 2],
    changed_resources: BTreeSet<ResourceId>,
    of_teams: BTreeMap<TeamId, Vec<ResourceId>>,
    /// By owner, where it changed what owning gives.
    of_owners: BTreeMap<PersonId, Vec<ResourceId>>,
}

/// An integration and its place.
type Placed<'s> = (u32, &'s IntegrationEntry);

/// An integration before and after.
struct Counterparts<'s> {
    before: Option<Placed<'s>>,
    after: Option<Placed<'s>>,
    same: bool,
}

impl<'s> Between<'s> {
    fn of(before: &'s Snapshot, after: &'s Snapshot, now: Timestamp) -> Between<'s> {
        let integrations = counterparts(before, after);
        let (was, is) = (&before.settings, &after.settings);
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
        let [same_access, _] = same_rules;
        for (id, resource) in after.resources.iter() {
            for team in &resource.teams {
                of_teams.entry(*team).or_default().push(*id);
            }
            if let Some(owner) = resource.owner.filter(|_| !same_access) {
                of_owners.entry(owner).or_default().push(*id);
            }
        }
        Between { before, after, now, integrations, same_rules, changed_resources, of_teams, of_owners }
    }

    /// Whether anything differs for a subject of the snapshot after.
    fn differs(&self, is: &SubjectEntry) -> bool {
        let Some(was) = self.before.subject(is.subject.as_str(), self.now) else { return true };
        let held = |entry: &SubjectEntry| entry.stopped.map_or(entry.permissions, |_| PermissionSet::EMPTY);
        let keys_work = |snapshot: &Snapshot, entry| snapshot.may_have_keys(entry).is_ok();
        let member = matches!(is.subject, Subject::Member(_));
        held(was) != held(is)
            || member && keys_work(self.before, was) != keys_work(self.after, is)
            || self.tools_differ(was, is)
            || self.resources_differ(was, is)
    }

    /// The entry as long as the subject does anything at this moment.
    fn at_work<'e>(&self, entry: &'e SubjectEntry) -> Option<&'e SubjectEntry> {
        Some(entry).filter(|entry| entry.stopped.is_none() && self.now < entry.ends_at)
    }

    fn tools_differ(&self, was: &SubjectEntry, is: &SubjectEntry) -> bool {
        let (was, is) = (self.at_work(was), self.at_work(is));
        match (was, is) {
            (None, None) => false,
            // Their grants name integrations by place, so the places must be the same as well.
            (Some(was), Some(is))
                if Arc::ptr_eq(&self.before.catalog, &self.after.catalog) && was.reach == is.reach =>
            {
                false
            }
            _ => self.integrations.iter().any(|both| self.opens_other_tools(both, was, is)),
        }
    }

    fn opens_other_tools(
        &self,
        both: &Counterparts<'_>,
        was: Option<&SubjectEntry>,
        is: Option<&SubjectEntry>,
    ) -> bool {
        let had = was.zip(both.before).and_then(|(was, found)| self.before.reaches(was, found, self.now).ok());
        let has = is.zip(both.after).and_then(|(is, found)| self.after.reaches(is, found, self.now).ok());
        if had.is_none() && has.is_none() {
            return false;
        }
        if both.same
            && let (Some(had), Some(has)) = (&had, &has)
            && self.is_as_much(both, had, has)
        {
            return false;
        }
        let had = opened_tools(self.before, both.before, had.as_ref(), self.now);
        !had.eq(opened_tools(self.after, both.after, has.as_ref(), self.now))
    }

    /// Whether the same was given, whoever gave it and when, of an integration that is the same.
    fn is_as_much(&self, both: &Counterparts<'_>, had: &ReachedBy<'_>, has: &ReachedBy<'_>) -> bool {
        let (ReachedBy::Grants(had), ReachedBy::Grants(has)) = (had, has) else {
            return matches!((had, has), (ReachedBy::Everything, ReachedBy::Everything));
        };
        let present = |grant: &&GrantEntry| self.now < grant.ends_at;
        let (had, has) = (had.iter().filter(present), has.iter().filter(present));
        // Tools are named by their place in a snapshot; within an integration that is the same it is the same in both.
        let first = |found: Option<Placed<'_>>| found.map_or(0, |(_, found)| found.tools.start);
        let (first_before, first_after) = (first(both.before), first(both.after));
        let equal = |(had, has): (&GrantEntry, &GrantEntry)| {
            let had_off = had.tools_off.iter().map(|tool| tool.wrapping_sub(first_before));
            let has_off = has.tools_off.iter().map(|tool| tool.wrapping_sub(first_after));
            had.profile == has.profile && had_off.eq(has_off)
        };
        had.clone().count() == has.clone().count() && had.zip(has).all(equal)
    }

    fn resources_differ(&self, was: &SubjectEntry, is: &SubjectEntry) -> bool {
        let (was, is) = (self.at_work(was), self.at_work(is));
        let differs = |id: &ResourceId| {
            let right = |snapshot: &Snapshot, entry: Option<&SubjectEntry>, verb| {
                entry.is_some_and(|entry| snapshot.touch_resource(entry, verb, *id, self.now).is_ok())
            };
            let mut verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
            verbs.any(|verb| right(self.before, was, verb) != right(self.after, is, verb))
        };
        let all = || self.before.resources.keys().chain(self.after.resources.keys());
        let ([_, same_running], (Some(was), Some(is))) = (self.same_rules, (was, is)) else {
            return (was.is_some() || is.is_some()) && all().any(differs);
        };
        if was.permissions != is.permissions || was.role.is_none() != is.role.is_none() {
            return all().any(differs);
        }
        // The role gives the same. Only where teams or what is done in them changed, what these have is another question.
        let in_teams = |snapshot: &'s Snapshot, entry: &SubjectEntry| {
            let roles = entry.teams.iter().map(|(team, role)| (*team, snapshot.role(*role).map(|role| role.set)));
            roles.collect::<Vec<_>>()
        };
        let same_teams = in_teams(self.before, was) == in_teams(self.after, is);
        let teams = was.teams.iter().chain(is.teams.iter()).filter(|_| !same_teams);
        let of_teams = teams.flat_map(|(team, _)| self.of_teams.get(team).into_iter().flatten());
        let runs = |resource: &Resource| resource.kind == ResourceKind::Workflow;
        let workflows = self.after.resources.iter().filter(|(_, resource)| !same_running && runs(resource));
        // Of what is given without the role, the use of what is one's own alone rests on whether all that is used is given.
        let own = is.subject.person().and_then(|person| self.of_owners.get(&person)).into_iter().flatten();
        let workflows = workflows.map(|(id, _)| id);
        self.changed_resources.iter().chain(of_teams).chain(own).chain(workflows).any(differs)
    }
}

/// Every integration of either snapshot, with its counterpart in the other.
fn counterparts<'s>(before: &'s Snapshot, after: &'s Snapshot) -> Vec<Counterparts<'s>> {
    let same_catalog = Arc::ptr_eq(&before.catalog, &after.catalog);
    let pairs = before.catalog.integrations().map(|was| (Some(was), after.catalog.integration_by_id(was.1.id)));
    let new = after.catalog.integrations().filter(|is| before.catalog.integration_by_id(is.1.id).is_none());
    let pairs = pairs.chain(new.map(|is| (None, Some(is))));
    let same = |was: &IntegrationEntry, is: &IntegrationEntry| {
        let tools = |snapshot: &'s Snapshot, integration: &IntegrationEntry| {
            let tools = snapshot.catalog.tools_of(integration);
            tools.map(|(_, tool)| (&*tool.name, tool.class, tool.off)).collect::<Vec<_>>()
        };
        same_catalog || was.paused == is.paused && tools(before, was) == tools(after, is)
    };
    let with = |(before, after): (Option<Placed<'s>>, Option<Placed<'s>>)| {
        let same = before.zip(after).is_some_and(|((_, was), (_, is))| same(was, is));
        Counterparts { before, after, same }
    };
    pairs.map(with).collect()
}

/// The names of an integration's tools that are open to who reaches it so.
fn opened_tools<'s>(
    snapshot: &'s Snapshot,
    found: Option<Placed<'s>>,
    by: Option<&ReachedBy<'s>>,
    now: Timestamp,
) -> impl Iterator<Item = &'s str> {
    found.zip(by).into_iter().flat_map(move |((_, integration), by)| {
        let tools = snapshot.catalog.tools_of(integration);
        tools.filter(move |(index, tool)| open(*index, tool, integration, by, now).is_ok()).map(|(_, tool)| &*tool.name)
    })
}
