//! What somebody may do with resources before and after a change.

use domain::id::ResourceId;
use domain::resource::{Resource, ResourceKind, ResourceVerb};

use super::Comparison;
use crate::snapshot::{Snapshot, SubjectEntry};

impl<'s> Comparison<'s> {
    pub(super) fn resources_differ(&self, was: &SubjectEntry, is: &SubjectEntry) -> bool {
        let (was, is) = (self.at_work(was), self.at_work(is));
        let differs = |id: &ResourceId| {
            let right = |snapshot: &Snapshot, entry: Option<&SubjectEntry>, verb| {
                entry.is_some_and(|entry| snapshot.touch_resource(entry, verb, *id, self.now).is_ok())
            };
            let mut verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
            verbs.any(|verb| right(self.before, was, verb) != right(self.after, is, verb))
        };
        let all = || self.before.resources.keys().chain(self.after.resources.keys());
        let ([same_access, same_running], (Some(was), Some(is))) = (self.same_rules, (was, is)) else {
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
        // What roles come to by that setting was compared above; beyond it, it says whether one uses what is one's own.
        let owned = is.subject.person().filter(|_| !same_access).and_then(|person| self.of_owners.get(&person));
        let of_some = of_teams.chain(owned.into_iter().flatten()).chain(workflows.map(|(id, _)| id));
        self.changed_resources.iter().chain(of_some).any(differs)
    }
}
