//! The one way into an organization's journal.

mod covers;

use std::sync::Arc;

use domain::event::{self, Event};
use domain::id::{KeyId, OrgId, PersonId};
use domain::integration::CredentialKind;
use domain::organization::{Organization, Stamp};
use domain::time::Timestamp;
use journal::{Append, AppendError, Fact};
use tokio::sync::OwnedMutexGuard;
use verdict::{Credential, NotAdmitted, Permit};

use self::covers::covers;
use crate::accounts::{registration_id, to_give_back};
use crate::live::{Live, save_sometimes};
use crate::requests::{erased, may_end_requests};
use crate::{App, Problem};

/// Events and the permit under which they happen.
pub(crate) struct Part {
    /// Given for the state as it is after the parts before it.
    pub(crate) permit: Permit,
    pub(crate) events: Vec<Event>,
}

/// Parts to be committed one after the other, all or none.
pub(crate) struct Commit {
    pub(crate) parts: Vec<Part>,
    pub(crate) actor: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) directory: Option<Box<Append>>,
    /// When the permits end, where they were given a while ago: nothing is committed from then on.
    pub(crate) until: Option<Timestamp>,
}

/// Why nothing was committed.
pub(crate) enum CommitFault {
    /// Another writer came first; what was to go along is given back.
    Conflict { facts: Vec<Fact>, directory: Option<Box<Append>> },
    /// The permits have ended.
    Late,
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
        let Commit { parts, actor, facts, directory, until } = commit;
        let (at, expected, stream) = (self.now(), state.seq, live.org().into());
        // INVARIANT: nothing is written at a moment at which whoever did it might not any more; held by
        // `a_file_changes_nothing_once_the_key_of_whoever_sent_it_has_ended`.
        if until.is_some_and(|until| until <= at) {
            return Err(CommitFault::Late);
        }
        self.are_signed_in(&parts).map_err(CommitFault::Problem)?;
        let at = self.moment_of_ending(at, signed_out(&parts)).await.map_err(CommitFault::Problem)?;
        // One part, which is nearly every change, is folded in place once it is on disk, unless requests may end with it: what
        // is to be erased of them is seen in the state that it leads to.
        let then = match parts.as_slice() {
            [only] if !only.events.iter().any(|event| may_end_requests(&state, event)) => {
                is_covered(live.org(), &state, only).map(|()| None)
            }
            several => folded(live.org(), &state, several, (at, &actor)).map(Some),
        };
        let then = then.map_err(CommitFault::Problem)?;
        let events: Vec<Event> = parts.into_iter().flat_map(|part| part.events).collect();
        self.inner.quotas.let_in(&state, &events).map_err(|refusal| CommitFault::Problem(refusal.into()))?;
        let bodies = events.iter().map(event::encode).collect::<Result<Vec<_>, _>>();
        let bodies = bodies.map_err(|error| CommitFault::Problem(error.into()))?;
        let again = (facts.clone(), directory.clone());
        // Whichever way somebody goes, what was written in their requests goes with them.
        let gone = then.as_ref().map(|then| erased(live.org(), [&state, then], &events)).unwrap_or_default();
        let forgotten =
            forgotten(live.org(), &state, &events, at).into_iter().chain(dropped(live.org(), &state, &events));
        let ended: Vec<_> = events.iter().flat_map(|event| state.accounts_ended_by(event)).collect();
        let given_back = to_give_back(live.org(), &ended, (at, &facts)).into_iter();
        let forgotten = forgotten.chain(registered_no_more(live.org(), &events));
        // Before what is left of an organization is erased.
        let facts = given_back.chain(facts).chain(gone).chain(forgotten).collect();
        let append = Append { stream, expected, at, actor: actor.clone(), events: bodies, facts };
        match self.inner.journal.append(std::iter::once(append).chain(directory.map(|append| *append)).collect()).await
        {
            Ok(_) => {}
            Err(AppendError::Conflict { .. }) => {
                return Err(CommitFault::Conflict { facts: again.0, directory: again.1 });
            }
            Err(error) => return Err(CommitFault::Problem(append_problem(error))),
        }
        match then {
            Some(then) => *state = then,
            None => fold(&mut state, &events, (at, &actor)),
        }
        live.publish(&state, Some(&events));
        if !ended.is_empty() {
            self.inner.vault.ended.notify_one();
        }
        ended.into_iter().for_each(|account| self.inner.vault.forget(live.org(), account));
        for event in &events {
            if let Event::IntegrationDisconnected { integration } | Event::IntegrationEdited { integration, .. } = event
                && !matches!(event, Event::IntegrationEdited { edit, .. } if edit.credential.is_none())
            {
                self.inner.vault.forget_all_at(live.org(), *integration);
            }
        }
        save_sometimes(&self.inner.journal, live.org(), &state, events.len() as u64);
        Ok(events)
    }

    /// A session that was ended while its change was prepared changes nothing any more.
    fn are_signed_in(&self, parts: &[Part]) -> Result<(), Problem> {
        let credentials = parts.iter().filter_map(|part| part.permit.actor()?.credential);
        let mut sessions = credentials.filter_map(|credential| match credential {
            Credential::Session(proof) => Some(proof),
            Credential::Key { .. } | Credential::Client(_) => None,
        });
        match sessions.any(|proof| self.inner.endings.has(&proof)) {
            true => Err(Problem::Unauthenticated { message: NotAdmitted::SessionEnded.to_string() }),
            false => Ok(()),
        }
    }
}

/// For whom invitations were that are kept no longer once another is sent.
fn forgotten(org: OrgId, state: &Organization, events: &[Event], at: Timestamp) -> Vec<Fact> {
    if !events.iter().any(|event| matches!(event, Event::InvitationSent(_))) {
        return Vec::new();
    }
    let forgotten = state.invitations_forgotten_at(at).into_iter();
    forgotten.map(|invitation| Fact::DropInvitee { org, invitation }).collect()
}

/// What the groups of directory connections were called that end.
fn dropped(org: OrgId, state: &Organization, events: &[Event]) -> Vec<Fact> {
    let ended =
        |connection: &KeyId| events.iter().any(|event| matches!(event, Event::KeyRevoked { key } if key == connection));
    let groups = state.groups.values().filter(|group| ended(&group.connection));
    groups.map(|group| Fact::DropDirectoryGroup { org, group: group.id }).collect()
}

/// What is sealed of what Wardroom was registered as at upstreams that are called no longer, or in another way.
fn registered_no_more(org: OrgId, events: &[Event]) -> Vec<Fact> {
    let registrations = events.iter().filter_map(|event| match event {
        Event::IntegrationDisconnected { integration } => Some(registration_id(*integration)),
        Event::IntegrationEdited { integration, edit } => {
            let signs_in = |kind: &CredentialKind| {
                matches!(kind, CredentialKind::OAuth { .. } | CredentialKind::ClientCredentials { .. })
            };
            let kind = edit.credential.as_ref()?;
            (!signs_in(kind)).then(|| registration_id(*integration))
        }
        _ => None,
    });
    registrations.map(|id| Fact::DropSecret { org, id }).collect()
}

/// Whose sessions all open the organization no more.
fn signed_out(parts: &[Part]) -> Vec<PersonId> {
    let person = |event: &Event| match event {
        Event::MemberRemoved { person } | Event::SessionsEnded { person } => Some(*person),
        _ => None,
    };
    parts.iter().flat_map(|part| &part.events).filter_map(person).collect()
}

/// The state that the parts lead to.
///
/// # Errors
/// Where a permit does not cover its events in the state as it is after the parts before it.
fn folded(org: OrgId, state: &Organization, parts: &[Part], stamp: (Timestamp, &str)) -> Result<Organization, Problem> {
    let mut then = state.clone();
    for part in parts {
        is_covered(org, &then, part)?;
        fold(&mut then, &part.events, stamp);
    }
    Ok(then)
}

fn fold(state: &mut Organization, events: &[Event], (at, actor): (Timestamp, &str)) {
    for event in events {
        let stamp = Stamp { seq: state.seq + 1, at, actor: actor.to_owned() };
        state.apply(&stamp, event);
    }
}

// INVARIANT: every event is covered by the permit of its own part, given for the very state that the part is applied
// to; held by the tests beside this file.
fn is_covered(org: OrgId, state: &Organization, part: &Part) -> Result<(), Problem> {
    let Part { permit, events } = part;
    let Some(event) = events.iter().find(|event| !covers(permit, org, state, event, events)) else { return Ok(()) };
    tracing::error!(event = event.name(), act = ?permit.act(), "a permit does not cover an event");
    let message = "the change was refused because it goes beyond what was authorized".to_owned();
    Err(Problem::Unavailable { message })
}

fn append_problem(error: AppendError) -> Problem {
    match error {
        AppendError::Taken { what: "slug" } => Problem::invalid("slug", "this slug is taken; choose another"),
        AppendError::Taken { what: "e-mail" } => Problem::invalid("email", "this e-mail address is taken"),
        AppendError::Taken { what: "user name" } => crate::scim::taken(),
        AppendError::Taken { what: "mail domain" } => crate::mail_domains::held(),
        AppendError::TooLarge { .. } => Problem::invalid("body", error.to_string()),
        AppendError::Unavailable { .. }
        | AppendError::Conflict { .. }
        | AppendError::Taken { .. }
        | AppendError::Spent => Problem::broken(&error),
    }
}

#[cfg(test)]
mod mail_domain_tests;
#[cfg(test)]
mod tests;
