//! What a change would do: the difference between two snapshots, subject by subject.

use domain::id::{IntegrationId, ResourceId};
use domain::permission::{Permission, Scope};
use domain::resource::ResourceVerb;
use domain::time::Timestamp;

use crate::question::{Actor, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

/// What one subject gains and loses. Nothing of it is empty talk: each was allowed in one snapshot and not in the
/// other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Who.
    pub subject: Subject,
    /// Whether they are somebody only after the change, or no longer.
    pub presence: Presence,
    /// Permissions that they hold further than before.
    pub gains: Vec<(Permission, Scope)>,
    /// Permissions that they held further before, in that scope.
    pub loses: Vec<(Permission, Scope)>,
    /// Tools that they can call from now on, by integration and name.
    pub gains_tools: Vec<(IntegrationId, Box<str>)>,
    /// Tools that they can call no longer.
    pub loses_tools: Vec<(IntegrationId, Box<str>)>,
    /// What they can do with resources from now on.
    pub gains_resources: Vec<(ResourceId, ResourceVerb)>,
    /// What they can do with resources no longer.
    pub loses_resources: Vec<(ResourceId, ResourceVerb)>,
    /// Whether their personal keys stop or start working.
    pub keys: Option<bool>,
}

/// Whether a subject is there before and after a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Before and after.
    Stays,
    /// Only after.
    Comes,
    /// Only before.
    Goes,
}

impl Presence {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Presence::Stays => "stays",
            Presence::Comes => "comes",
            Presence::Goes => "goes",
        }
    }
}

impl Snapshot {
    /// What one subject gains and loses between this snapshot and another of the same organization. Who is concerned
    /// at all tells [`Snapshot::changed_subjects`], much quicker.
    #[must_use]
    pub fn difference(&self, after: &Snapshot, subject: Subject, now: Timestamp) -> Difference {
        let (was, is) = (self.subject(subject.as_str(), now), after.subject(subject.as_str(), now));
        let held = |entry: Option<&SubjectEntry>| {
            entry.filter(|entry| entry.stopped.is_none()).map(|entry| entry.permissions).unwrap_or_default()
        };
        let (before, then) = (held(was), held(is));
        let further = |one: domain::permission::PermissionSet, other: domain::permission::PermissionSet| {
            one.iter().filter(|(permission, scope)| other.scope(*permission) < Some(*scope)).collect::<Vec<_>>()
        };
        let (gains_tools, loses_tools) = self.tools_between(after, subject, now);
        let (gains_resources, loses_resources) =
            apart(&self.rights_to_resources(subject, now), &after.rights_to_resources(subject, now));
        let works = |snapshot: &Snapshot, entry: Option<&SubjectEntry>| {
            entry.is_some_and(|entry| snapshot.may_have_keys(entry).is_ok())
        };
        let (worked, works) = (works(self, was), works(after, is));
        let presence = match (was, is) {
            (None, Some(_)) => Presence::Comes,
            (Some(_), None) => Presence::Goes,
            _ => Presence::Stays,
        };
        let member = matches!(subject, Subject::Member(_)) && presence == Presence::Stays;
        Difference {
            subject,
            presence,
            gains: further(then, before),
            loses: further(before, then),
            gains_tools,
            loses_tools,
            gains_resources,
            loses_resources,
            keys: (member && worked != works).then_some(works),
        }
    }

    fn tools_between(&self, after: &Snapshot, subject: Subject, now: Timestamp) -> (Tools, Tools) {
        let actor = Actor::about(subject);
        let of = |snapshot: &Snapshot| {
            let tools = snapshot.callable_tools(&actor, now).map(|(_, tool, at)| (at.id, tool.name.clone()));
            let mut tools: Tools = tools.collect();
            tools.sort_unstable();
            tools
        };
        apart(&of(self), &of(after))
    }
}

type Tools = Vec<(IntegrationId, Box<str>)>;

/// What the second has and the first has not, and the other way round; both are sorted.
fn apart<T: Ord + Clone>(before: &[T], after: &[T]) -> (Vec<T>, Vec<T>) {
    let missing = |from: &[T], other: &[T]| {
        from.iter().filter(|item| other.binary_search(item).is_err()).cloned().collect::<Vec<_>>()
    };
    (missing(after, before), missing(before, after))
}
