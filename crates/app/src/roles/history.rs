//! How a role came to be what it is: every definition of it as a difference to the one before.

use std::collections::BTreeSet;

use domain::event::{self, Event};
use domain::id::PersonId;
use domain::object::{DataName, DataRules};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;
use journal::{StoredEvent, StreamId};
use verdict::Operation;

use super::list::{is_caller, named};
use crate::{App, Caller, Problem};

/// Events that one page looks at before it is handed out short.
const SCANNED_MAX: usize = 5_000;
/// Events that are read at once.
const READ_AT_ONCE: usize = 500;

/// Where a page of a history ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HistoryCursor {
    /// Events below this number come next; none for the newest end.
    pub before: Option<u64>,
    /// A definition that was found and waits for the one before it.
    pub waiting: Option<u64>,
}

/// What a definition of a role changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RoleDiff {
    /// Words that it holds since then.
    pub added: Vec<String>,
    /// Words that it no longer holds.
    pub removed: Vec<String>,
    /// The other things that changed: `title`, `typical_for`, `guide`, `assignable_to`, `locked`.
    pub fields: Vec<&'static str>,
    /// Objects for which the exceptions changed.
    pub objects: Vec<DataName>,
}

/// One thing that happened to a role.
#[derive(Clone, Debug)]
pub struct HistoryEntry {
    /// The number of the event.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, by id and name, as the journal names actors. None where the caller may not read others' record.
    pub actor: Option<(String, String)>,
    /// `created`, `changed` or `deleted`.
    pub what: &'static str,
    /// What it changed.
    pub diff: RoleDiff,
    /// Where the members went when it was deleted.
    pub moved_to: Option<RoleId>,
}

/// A page of a history.
#[derive(Clone, Debug)]
pub struct History {
    /// Newest first.
    pub entries: Vec<HistoryEntry>,
    /// Where to go on; none where the beginning was reached.
    pub next: Option<HistoryCursor>,
}

/// An event that is about the role.
struct Found {
    stored: StoredEvent,
    event: Event,
}

impl App {
    /// What happened to a role, newest first, also to one that was deleted. Who did it is told to those who may read
    /// the record; what oneself did, always.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `role.view`, [`Problem::Missing`] where no role
    /// ever had that name.
    pub async fn role_history(
        &self,
        caller: &Caller,
        role: &str,
        cursor: HistoryCursor,
        limit: usize,
    ) -> Result<History, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ViewRoles).await?;
        let role = named(role)?;
        let (found, scan) = self.find_about(caller, role, cursor, limit.clamp(1, 1_000)).await?;
        if found.is_empty() && scan.is_none() && cursor == HistoryCursor::default() {
            return Err(Problem::missing("role"));
        }
        let (told, next) = page_of(&found, scan, limit);
        let everyone = self.asked(&snapshot, &caller.actor, Operation::ReadAudit { subject: None }).is_allowed();
        let told_rules = |rules: &DataRules| self.told_rules(caller, &snapshot, rules);
        let mut entries: Vec<HistoryEntry> = (0..told).filter_map(|at| entry(&found, at, &told_rules)).collect();
        self.name_actors(caller, &mut entries, everyone).await?;
        Ok(History { entries, next })
    }

    /// Events about the role from the cursor on, one more than asked for where there are so many, and where the
    /// search stopped before the beginning.
    async fn find_about(
        &self,
        caller: &Caller,
        role: RoleId,
        cursor: HistoryCursor,
        limit: usize,
    ) -> Result<(Vec<Found>, Option<u64>), Problem> {
        let stream = StreamId::Organization(caller.live.org());
        let (mut found, mut before, mut scanned) = (Vec::new(), cursor.before, 0);
        if let Some(waiting) = cursor.waiting {
            let stored = self.inner.journal.read(stream, waiting.saturating_sub(1), 1).await?;
            found.extend(stored.into_iter().map(|stored| about(stored, role)).collect::<Result<Vec<_>, _>>()?);
        }
        let mut found: Vec<Found> = found.drain(..).flatten().collect();
        loop {
            let page = self.inner.journal.read_back(stream, before, READ_AT_ONCE).await?;
            if page.is_empty() {
                return Ok((found, None));
            }
            scanned += page.len();
            for stored in page {
                before = Some(stored.seq);
                found.extend(about(stored, role)?);
                if found.len() > limit {
                    return Ok((found, before));
                }
            }
            if scanned >= SCANNED_MAX {
                return Ok((found, before));
            }
        }
    }

    async fn name_actors(&self, caller: &Caller, entries: &mut [HistoryEntry], everyone: bool) -> Result<(), Problem> {
        let subject = |actor: &str| actor.split('/').next().unwrap_or(actor).to_owned();
        let people: BTreeSet<PersonId> =
            entries.iter().filter_map(|entry| PersonId::parse(&subject(&entry.actor.as_ref()?.0)).ok()).collect();
        let people = self.people(caller.live.org(), &people.into_iter().collect::<Vec<_>>()).await?;
        let labels = self.labels(caller.live.org()).await?;
        for entry in entries {
            let Some((actor, _)) = entry.actor.take() else { continue };
            let id = subject(&actor);
            if !everyone && !is_caller(caller, &id) {
                continue;
            }
            let name = match PersonId::parse(&id) {
                Ok(person) => {
                    people.get(&person).map_or_else(|| crate::directory::ERASED.to_owned(), |one| one.name.clone())
                }
                Err(_) => labels.get(&id).cloned().unwrap_or_else(|| id.clone()),
            };
            entry.actor = Some((id, name));
        }
        Ok(())
    }
}

fn about(stored: StoredEvent, role: RoleId) -> Result<Option<Found>, Problem> {
    let event = event::decode(&stored.body)?;
    let is_about = match &event {
        Event::RoleDefined(defined) => defined.id == role,
        Event::RoleDeleted { role: deleted, .. } => *deleted == role,
        _ => false,
    };
    Ok(is_about.then_some(Found { stored, event }))
}

/// How many of what was found are told, and where the next page starts. The last one waits for the one before it,
/// unless the beginning was reached.
fn page_of(found: &[Found], scan: Option<u64>, limit: usize) -> (usize, Option<HistoryCursor>) {
    match (scan, found.last()) {
        (None, _) => (found.len(), None),
        (Some(before), None) => (0, Some(HistoryCursor { before: Some(before), waiting: None })),
        (Some(before), Some(last)) => {
            let waiting = Some(last.stored.seq);
            ((found.len() - 1).min(limit), Some(HistoryCursor { before: Some(before), waiting }))
        }
    }
}

/// `told` leaves of the rules what the caller may know of.
fn entry(found: &[Found], at: usize, told: &impl Fn(&DataRules) -> DataRules) -> Option<HistoryEntry> {
    let Found { stored, event } = found.get(at)?;
    let before = found.get(at + 1).and_then(|older| match &older.event {
        Event::RoleDefined(role) => Some(role),
        _ => None,
    });
    let (what, diff, moved_to) = match event {
        Event::RoleDefined(role) => {
            (if before.is_some() { "changed" } else { "created" }, diff(before, role, told), None)
        }
        Event::RoleDeleted { moved_to, .. } => ("deleted", RoleDiff::default(), Some(*moved_to)),
        _ => return None,
    };
    let actor = Some((stored.actor.clone(), String::new()));
    Some(HistoryEntry { seq: stored.seq, at: stored.at, actor, what, diff, moved_to })
}

fn diff(before: Option<&Role>, after: &Role, told: &impl Fn(&DataRules) -> DataRules) -> RoleDiff {
    let words = |role: &Role| role.permissions.words();
    let (old, new) = (before.map(words).unwrap_or_default(), words(after));
    let fields = before.map_or_else(Vec::new, |before| {
        let changed = [
            ("title", before.title != after.title),
            ("typical_for", before.typical_for != after.typical_for),
            ("guide", before.guide != after.guide),
            ("assignable_to", before.assignable_to != after.assignable_to),
            ("locked", before.locked != after.locked),
        ];
        changed.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect()
    });
    let rules = |role: &Role| told(&role.data).objects;
    let (old_rules, new_rules) = (before.map(rules).unwrap_or_default(), rules(after));
    let objects: BTreeSet<&DataName> = old_rules.keys().chain(new_rules.keys()).collect();
    let objects = objects.into_iter().filter(|object| old_rules.get(*object) != new_rules.get(*object));
    RoleDiff {
        added: new.iter().filter(|word| !old.contains(word)).cloned().collect(),
        removed: old.iter().filter(|word| !new.contains(word)).cloned().collect(),
        fields,
        objects: objects.cloned().collect(),
    }
}
