//! What a change would do, told before it is made.
//!
//! Every change can be asked for its impact: the caller says so ([`Mode::preview`]), the use case runs up to the
//! commit, and the difference between the snapshot in force and the one that would follow is told instead, as far as the
//! caller may know of it. Start at [`Impact`]; `told.rs` makes it, `ends.rs` adds what is for a time,
//! `sentences.rs` puts it into words.

mod ends;
mod sentences;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::Event;
use domain::grant::Grantee;
use domain::object::DataName;
use domain::organization::{Organization, Stamp};
use domain::permission::Permission;
use journal::Fact;
use verdict::{Difference, KeyChange, Operation, Presence, Same, Snapshot, Subject};

pub use self::ends::EndImpact;
use self::ends::{Given, MovedEnd};
use self::told::Book;
use crate::ask::Alone;
use crate::{App, Caller, Problem};

/// Subjects that an impact names; the others are counted.
const NAMED_MAX: usize = 200;
/// People that an impact names of all for whom an agent may do something else; the others are counted.
const PEOPLE_MAX: usize = 100;

/// How a caller wants a change to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mode {
    /// Tell the impact and change nothing.
    pub preview: bool,
    /// Change only the state of this sequence number, the one whose impact was told.
    pub expected_seq: Option<u64>,
}

/// What a change would do.
#[derive(Clone, Debug)]
pub struct Impact {
    /// The sequence number of the state that was asked; to be named when the change is made, so that nothing else
    /// happened in between.
    pub seq: u64,
    /// The types of the events that it would lead to.
    pub events: Vec<&'static str>,
    /// Who gains or loses what.
    pub subjects: Vec<SubjectImpact>,
    /// How many more gain or lose something whom the caller may not ask about, or of which the caller may not know, or who
    /// are too many to name.
    pub others: usize,
    /// What ends by itself from then on, or at another time than before.
    pub ends: Vec<EndImpact>,
    /// How many more such ends there are.
    pub ends_others: usize,
}

/// What a change would do to one subject.
#[derive(Clone, Debug)]
pub struct SubjectImpact {
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// Whether they are there before and after.
    pub presence: Presence,
    /// What they may do from then on.
    pub gains: ToldRights,
    /// What they may do no longer.
    pub loses: ToldRights,
    /// Roles beside their own that begin or cease to count, or stay as their own role: id, title, and which.
    pub roles: Vec<(String, String, Presence)>,
    /// What becomes another one in their teams.
    pub teams: Vec<TeamImpact>,
    /// Whether their personal keys begin or cease to work.
    pub personal_keys: Option<bool>,
    /// What becomes of keys that the caller sees: id, label, and what.
    pub keys: Vec<(String, String, KeyChange)>,
    /// What becomes another one of what an agent may do for people whom the caller sees.
    pub acting: Vec<ActingImpact>,
    /// How many more such people there are.
    pub acting_others: usize,
    /// Agents that the caller sees and that may act for them from then on, or no longer: id, title, and which.
    pub agents: Vec<(String, String, Presence)>,
}

/// What somebody may do, in words.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ToldRights {
    /// Permissions.
    pub permissions: Vec<String>,
    /// Tools, by the integration's slug.
    pub tools: BTreeMap<String, Vec<String>>,
    /// What may be done with resources, by the resource's id.
    pub resources: BTreeMap<String, Vec<&'static str>>,
    /// What may be done with the records of objects, by the object's name.
    pub objects: BTreeMap<String, Vec<&'static str>>,
    /// What may be done with the values of fields, by the object's name and the field's.
    pub fields: BTreeMap<String, BTreeMap<String, Vec<&'static str>>>,
}

/// What a change would do to somebody in a team.
#[derive(Clone, Debug)]
pub struct TeamImpact {
    /// The team's id.
    pub team: String,
    /// Its title.
    pub title: String,
    /// Whether they are in it before and after.
    pub place: Presence,
    /// Permissions gained there, as words.
    pub gains: Vec<String>,
    /// Permissions lost there, as words.
    pub loses: Vec<String>,
}

/// What a change would do to what an agent may do for a person.
#[derive(Clone, Debug)]
pub struct ActingImpact {
    /// The person's id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// Whether it may act for them before and after.
    pub presence: Presence,
    /// What it may do for them from then on.
    pub gains: ToldRights,
    /// What it may do for them no longer.
    pub loses: ToldRights,
}

impl App {
    /// What events that are not committed would do. Comparing takes long, so it is worked out aside, in a turn of the
    /// caller's; what waits for its place holds the state once.
    pub(crate) async fn impact_of(
        &self,
        (caller, alone): (&Caller, &Alone),
        before: &Arc<Snapshot>,
        state: Organization,
        (events, facts): (Vec<Event>, &[Fact]),
    ) -> Result<Impact, Problem> {
        self.inner.quotas.let_in(&state, &events)?;
        let compared = {
            let (app, caller, before) = (self.clone(), caller.clone(), Arc::clone(before));
            move || {
                let mut then = state.clone();
                for event in &events {
                    let stamp = Stamp { seq: then.seq + 1, at: app.now(), actor: caller.stamp() };
                    then.apply(&stamp, event);
                }
                let after = Snapshot::compile(before.org(), &then, Some(Same { before: &before, events: &events }));
                let (changed, differences) = app.differences(&caller, &before, &after);
                ((events, state, then), (after, changed, differences))
            }
        };
        let ((events, state, then), (after, changed, differences)) = alone.work(compared).await?;
        let mut ends: Vec<MovedEnd> = ends::between([&state, &then], &events, self.now()).collect();
        // Of what is over nobody is told who could not know that it was there.
        ends.retain(|end| if self.knows_ends(caller, before, end.given) { end.moves() } else { !end.is_over });
        let all = ends.len();
        let sees_members = self.asked(before, &caller.actor, Operation::ViewMembers).is_allowed();
        ends.retain(|end| sees_members || end.given.may_be_told_of(caller.actor.subject, &events));
        ends.truncate(NAMED_MAX);
        let ends_others = all - ends.len();
        let book = Book::read(self, caller, ([&state, &then], facts), (&differences, &ends)).await?;
        let snapshots = [&**before, &after];
        let told = differences.iter().map(|difference| book.subject(self, caller, snapshots, difference));
        // Of whom there is nothing that the caller may know is one of the others.
        let subjects: Vec<SubjectImpact> = told.filter(SubjectImpact::says_something).collect();
        let others = changed - subjects.len();
        let ends = ends.iter().map(|end| book.end(end, self.knows_ends(caller, before, end.given))).collect();
        let events = events.iter().map(Event::name).collect();
        Ok(Impact { seq: state.seq, events, subjects, others, ends, ends_others })
    }

    /// Whether the caller may know when something ends that they give anew. What a member was given is for those who may
    /// explain access; everything else is told by the list that it stands in, to those who see it.
    fn knows_ends(&self, caller: &Caller, before: &Snapshot, given: Given) -> bool {
        let (Given::Grant(grantee, _) | Given::Loan(grantee, ..)) = given else { return true };
        let operation = match grantee {
            Grantee::Member(person) => Operation::Explain { subject: Subject::Member(person) },
            Grantee::Agent(_) => Operation::ViewAgents,
            Grantee::Role(_) => Operation::ViewRoles,
            Grantee::Team(team) => Operation::ViewTeam { team },
            Grantee::Key(key) => Operation::ViewKey { key },
        };
        self.asked(before, &caller.actor, operation).is_allowed()
    }

    /// For how many a change makes a difference, and which for those whom the caller may ask about.
    fn differences(&self, caller: &Caller, before: &Snapshot, after: &Snapshot) -> (usize, Vec<Difference>) {
        let writes = [Permission::RoleEdit, Permission::DataModelEdit]
            .into_iter()
            .any(|permission| self.asked(before, &caller.actor, Operation::Use { permission }).is_allowed());
        let told = |object: &DataName, field: Option<&DataName>| {
            writes
                || match field {
                    None => self.knows_object(caller, before, object),
                    Some(field) => self.knows_field(caller, before, (object, field)),
                }
        };
        let mut comparison = before.compare(after, self.now(), &told);
        let changed = comparison.changed_subjects();
        let explained = |subject: &&Subject| {
            let operation = Operation::Explain { subject: **subject };
            self.asked(before, &caller.actor, operation).is_allowed()
        };
        let named = changed.iter().filter(explained).take(NAMED_MAX);
        let differences = named.map(|subject| comparison.difference(*subject)).collect();
        (changed.len(), differences)
    }
}

#[cfg(test)]
mod tests;
