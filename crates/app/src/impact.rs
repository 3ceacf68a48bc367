//! What a change would do, told before it is made.
//!
//! Every change can be asked for its impact: the caller says so ([`Mode::preview`]), the use case runs up to the
//! commit, and the difference between the snapshot in force and the one that would follow is told instead.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Event;
use domain::organization::{Organization, Stamp};
use domain::permission::{Holding, PermissionSet};
use journal::Fact;
use verdict::{Difference, Operation, Presence, Same, Snapshot, Subject};

use crate::{App, Caller, Problem};

/// Subjects that an impact names; the others are counted.
const NAMED_MAX: usize = 200;

/// What a difference between two snapshots does not tell of everybody, by the kind of event that changes it.
const NOT_COMPARED: &[(&str, &str)] = &[
    ("delegation", "for whom an agent acts"),
    ("key", "keys"),
    ("object", "what data there is to see"),
    ("role", "what a role says of data and of teams"),
    ("setting", "settings"),
    ("team", "who is what in a team"),
];

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
    /// How many more gain or lose something whom the caller may not ask about, or who are too many to name.
    pub others: usize,
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
    /// Permissions gained, as words.
    pub gains: Vec<String>,
    /// Permissions lost, as words.
    pub loses: Vec<String>,
    /// Tools gained, by the integration's slug.
    pub gains_tools: BTreeMap<String, Vec<String>>,
    /// Tools lost, by the integration's slug.
    pub loses_tools: BTreeMap<String, Vec<String>>,
    /// What they may do with resources from then on, by the resource's id.
    pub gains_resources: BTreeMap<String, Vec<&'static str>>,
    /// What they may do with resources no longer.
    pub loses_resources: BTreeMap<String, Vec<&'static str>>,
    /// Whether their personal keys begin or cease to work.
    pub keys: Option<bool>,
}

impl App {
    /// What events that are not committed would do.
    pub(crate) async fn impact_of(
        &self,
        caller: &Caller,
        before: &Snapshot,
        state: &Organization,
        (events, facts): (&[Event], &[Fact]),
    ) -> Result<Impact, Problem> {
        self.inner.quotas.let_in(state, events)?;
        let now = self.now();
        let mut then = state.clone();
        for event in events {
            let stamp = Stamp { seq: then.seq + 1, at: now, actor: caller.stamp() };
            then.apply(&stamp, event);
        }
        let same = Same { before, events };
        let after = Snapshot::compile(before.org(), &then, Some(same));
        let changed = before.changed_subjects(&after, now);
        let told = |subject: &&Subject| {
            let operation = Operation::Explain { subject: **subject };
            self.asked(before, &caller.actor, operation).is_allowed()
        };
        let named: Vec<Subject> = changed.iter().filter(told).take(NAMED_MAX).copied().collect();
        let mut subjects = Vec::with_capacity(named.len());
        for subject in &named {
            let name = self.called(caller, (&then, facts), *subject).await?;
            subjects.push(in_words(&before.difference(&after, *subject, now), name, [before, &after]));
        }
        let others = changed.len() - named.len();
        Ok(Impact { seq: state.seq, events: events.iter().map(Event::name).collect(), subjects, others })
    }

    /// What a subject is called by people in a state that is still to come, whose new names are among the facts.
    pub(crate) async fn called(
        &self,
        caller: &Caller,
        (state, facts): (&Organization, &[Fact]),
        subject: Subject,
    ) -> Result<String, Problem> {
        let new = facts.iter().find_map(|fact| match fact {
            Fact::Called { person, name, .. } if Subject::Member(*person) == subject => Some(name),
            Fact::Label { id, label, .. } if id == subject.as_str() => Some(label),
            _ => None,
        });
        if let Some(name) = new {
            return Ok(name.clone());
        }
        Ok(match subject {
            Subject::Member(person) => self.names(caller.live.org(), &[person]).await.pop().unwrap_or_default(),
            Subject::Agent(agent) => state.agents.get(&agent).map(|agent| agent.title.clone()).unwrap_or_default(),
            Subject::Key(key) => {
                let labels = self.labels(caller.live.org()).await?;
                labels.get(key.as_str()).cloned().unwrap_or_else(|| key.to_string())
            }
        })
    }
}

fn in_words(difference: &Difference, name: String, snapshots: [&Snapshot; 2]) -> SubjectImpact {
    let words = |held: &[(domain::permission::Permission, domain::permission::Scope)]| {
        Holding::from(held.iter().copied().collect::<PermissionSet>()).words()
    };
    let slug = |id| {
        let known = snapshots.iter().rev().find_map(|snapshot| snapshot.integration(id));
        known.map_or_else(|| id.to_string(), |integration| integration.slug.to_string())
    };
    let tools = |tools: &[(domain::id::IntegrationId, Box<str>)]| {
        let mut by_slug = BTreeMap::<String, Vec<String>>::new();
        for (integration, tool) in tools {
            by_slug.entry(slug(*integration)).or_default().push(tool.to_string());
        }
        by_slug
    };
    let resources = |rights: &[(domain::id::ResourceId, domain::resource::ResourceVerb)]| {
        let mut by_id = BTreeMap::<String, Vec<&'static str>>::new();
        for (resource, verb) in rights {
            by_id.entry(resource.to_string()).or_default().push(verb.as_str());
        }
        by_id
    };
    SubjectImpact {
        subject: difference.subject,
        name,
        presence: difference.presence,
        gains: words(&difference.gains),
        loses: words(&difference.loses),
        gains_tools: tools(&difference.gains_tools),
        loses_tools: tools(&difference.loses_tools),
        gains_resources: resources(&difference.gains_resources),
        loses_resources: resources(&difference.loses_resources),
        keys: difference.keys,
    }
}

impl Impact {
    /// The impact in sentences, one for each subject.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.subjects.iter().map(SubjectImpact::sentence).collect();
        match self.others {
            0 if lines.is_empty() => lines.push("nobody gains or loses a permission, a tool or a resource".to_owned()),
            0 => {}
            1 => lines.push("one more gains or loses something".to_owned()),
            others => lines.push(format!("{others} more gain or lose something")),
        }
        let kind = |event: &&str| event.split('.').next().unwrap_or_default().to_owned();
        let kinds: BTreeSet<String> = self.events.iter().map(kind).collect();
        let besides = NOT_COMPARED.iter().filter(|(kind, _)| kinds.contains(*kind)).map(|(_, says)| *says);
        let besides: Vec<&str> = besides.collect();
        if !besides.is_empty() {
            lines.push(format!("it also changes, not worked out for each person: {}", besides.join(", ")));
        }
        lines
    }
}

impl SubjectImpact {
    fn sentence(&self) -> String {
        let tools = |by: &BTreeMap<String, Vec<String>>| {
            by.iter().map(|(slug, tools)| format!("{} of {slug}", counted(tools.len(), "tool"))).collect::<Vec<_>>()
        };
        let resources = |by: &BTreeMap<String, Vec<&'static str>>| match by.len() {
            0 => None,
            some => Some(format!("rights to {}", counted(some, "resource"))),
        };
        let gains: Vec<String> = self
            .gains
            .iter()
            .cloned()
            .chain(tools(&self.gains_tools))
            .chain(resources(&self.gains_resources))
            .collect();
        let loses: Vec<String> = self
            .loses
            .iter()
            .cloned()
            .chain(tools(&self.loses_tools))
            .chain(resources(&self.loses_resources))
            .collect();
        let mut parts = Vec::new();
        match self.presence {
            Presence::Comes => parts.push("comes in".to_owned()),
            Presence::Goes => parts.push("goes, and everything of theirs ends".to_owned()),
            Presence::Stays => {}
        }
        if !gains.is_empty() {
            parts.push(format!("gains {}", gains.join(", ")));
        }
        if !loses.is_empty() && self.presence != Presence::Goes {
            parts.push(format!("loses {}", loses.join(", ")));
        }
        match self.keys {
            Some(true) => parts.push("personal keys work again".to_owned()),
            Some(false) => parts.push("personal keys stop working".to_owned()),
            None => {}
        }
        format!("{}: {}", self.name, parts.join("; "))
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_compared_is_not_said_to_stay_as_it_is() {
        let of = |events| Impact { seq: 1, events, subjects: Vec::new(), others: 0 }.summary();
        let nobody = "nobody gains or loses a permission, a tool or a resource";
        assert_eq!(of(vec!["member.edited"]), [nobody]);
        let besides = "it also changes, not worked out for each person: keys, who is what in a team";
        assert_eq!(of(vec!["team.member_set", "key.revoked", "key.revoked"]), [nobody, besides]);
    }
}
