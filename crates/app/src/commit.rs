//! The one way into an organization's journal.

use std::sync::Arc;

use domain::event::{self, Event};
use domain::id::OrgId;
use domain::key::{Key, KeyKind};
use domain::organization::{Organization, Stamp};
use journal::{Append, AppendError, Fact};
use tokio::sync::OwnedMutexGuard;
use verdict::{Act, Permit, Target};

use crate::live::{Live, save_sometimes};
use crate::{App, Problem};

/// Events to be committed under a permit.
pub(crate) struct Commit {
    pub(crate) permit: Permit,
    pub(crate) actor: String,
    pub(crate) events: Vec<Event>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) directory: Option<Box<Append>>,
}

/// Why nothing was committed.
pub(crate) enum CommitFault {
    /// Another writer came first; what was to go along is given back.
    Conflict { facts: Vec<Fact>, directory: Option<Box<Append>> },
    /// Anything else.
    Problem(Problem),
}

impl App {
    /// Appends the events, folds them into the state and puts the new snapshot into force, in this order; when it
    /// returns, every later question is answered from the new state. The work goes on to its end even when the
    /// caller stops waiting, so that memory never falls behind the disk.
    pub(crate) async fn commit(
        &self,
        live: Arc<Live>,
        state: OwnedMutexGuard<Organization>,
        commit: Commit,
    ) -> Result<Vec<Event>, CommitFault> {
        let app = self.clone();
        let task = tokio::spawn(async move { app.commit_to_the_end(&live, state, commit).await });
        task.await.unwrap_or_else(|error| Err(CommitFault::Problem(Problem::broken(&error))))
    }

    async fn commit_to_the_end(
        &self,
        live: &Live,
        mut state: OwnedMutexGuard<Organization>,
        commit: Commit,
    ) -> Result<Vec<Event>, CommitFault> {
        let Commit { permit, actor, events, facts, directory } = commit;
        if let Some(event) = events.iter().find(|event| !covers(&permit, live.org(), &state, event, &events)) {
            tracing::error!(event = event.name(), act = ?permit.act(), "a permit does not cover an event");
            let message = "the change was refused because it goes beyond what was authorized".to_owned();
            return Err(CommitFault::Problem(Problem::Unavailable { message }));
        }
        let bodies = events.iter().map(event::encode).collect::<Result<Vec<_>, _>>();
        let bodies = bodies.map_err(|error| CommitFault::Problem(error.into()))?;
        let (at, expected, stream) = (self.now(), state.seq, live.org().into());
        let append = Append { stream, expected, at, actor: actor.clone(), events: bodies, facts };
        let again = (append.facts.clone(), directory.clone());
        match self.inner.journal.append(std::iter::once(append).chain(directory.map(|append| *append)).collect()).await
        {
            Ok(_) => {}
            Err(AppendError::Conflict { .. }) => {
                return Err(CommitFault::Conflict { facts: again.0, directory: again.1 });
            }
            Err(error) => return Err(CommitFault::Problem(append_problem(error))),
        }
        for (seq, event) in (expected + 1..).zip(&events) {
            state.apply(&Stamp { seq, at, actor: actor.clone() }, event);
        }
        live.publish(&state, !events.iter().any(Event::changes_tools));
        save_sometimes(&self.inner.journal, live.org(), &state, events.len() as u64);
        Ok(events)
    }
}

fn append_problem(error: AppendError) -> Problem {
    match error {
        AppendError::Taken { what: "slug" } => Problem::invalid("slug", "this slug is taken; choose another"),
        AppendError::Taken { what: "e-mail" } => Problem::invalid("email", "this e-mail address is taken"),
        AppendError::TooLarge { .. } => Problem::invalid("body", error.to_string()),
        AppendError::Unavailable { .. } | AppendError::Conflict { .. } | AppendError::Taken { .. } => {
            Problem::broken(&error)
        }
    }
}

/// Whether a permit covers an event: the same organization and state, one of the event's permissions, and the
/// same target.
fn covers(permit: &Permit, org: OrgId, state: &Organization, event: &Event, events: &[Event]) -> bool {
    if permit.org() != org || permit.seq() != state.seq {
        return false;
    }
    let (permission, target) = match permit.act() {
        Act::Call { .. } | Act::Look { .. } => return false,
        Act::Found => return !state.is_created(),
        Act::Operate { permission, target } => (permission, target),
    };
    event.permissions().contains(&permission)
        && match (event, target) {
            (Event::MemberAdded { .. }, Target::Organization) => true,
            // The first key of somebody who is taken in at the same time.
            (Event::KeyCreated { kind: KeyKind::Personal { holder }, .. }, Target::Organization) => {
                events.iter().any(|other| matches!(other, Event::MemberAdded { person, .. } if person == holder))
            }
            (Event::KeyCreated { kind: KeyKind::Personal { holder }, .. }, Target::Member(member)) => *holder == member,
            (Event::KeyCreated { kind: KeyKind::Workspace { .. }, .. }, Target::Organization) => true,
            (Event::MemberRemoved { person } | Event::MemberRoleChanged { person, .. }, Target::Member(member)) => {
                *person == member
            }
            (
                Event::GrantSet { grantee, integration, .. } | Event::GrantRemoved { grantee, integration },
                Target::Grant(to, of),
            ) => *grantee == to && *integration == of,
            (Event::KeyRotated { key, .. } | Event::KeyRevoked { key }, Target::Key(target)) => *key == target,
            // Keys that end because their holder's new role would make them carry too much.
            (Event::KeyRevoked { key }, Target::Member(member)) => {
                state.live_key(*key).and_then(Key::holder) == Some(member)
                    && events
                        .iter()
                        .any(|other| matches!(other, Event::MemberRoleChanged { person, .. } if *person == member))
            }
            (Event::IntegrationConnected(_), Target::Organization) => true,
            // The first tools of an integration that is connected at the same time.
            (Event::ToolsApproved { integration, .. }, Target::Organization) => {
                events.iter().any(|other| matches!(other, Event::IntegrationConnected(new) if new.id == *integration))
            }
            (
                Event::IntegrationEdited { integration, .. }
                | Event::IntegrationDisconnected { integration }
                | Event::ToolsApproved { integration, .. }
                | Event::ToolClassified { integration, .. }
                | Event::ToolSwitched { integration, .. },
                Target::Integration(target),
            ) => *integration == target,
            (Event::OrganizationRenamed { .. } | Event::SettingChanged(_), Target::Organization) => true,
            _ => false,
        }
}

#[cfg(test)]
mod tests;
