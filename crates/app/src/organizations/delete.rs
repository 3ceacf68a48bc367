//! End an organization: set the day, take it back, and erase what is left when the day has come.
//!
//! Nothing here decides whether the organization is there: that is compared with the moment, by `verdict`, each time
//! somebody asks. Erasing comes after, whenever somebody gets round to it, and may be broken off at any point: the
//! event that says so is written in one append with the last of it, and all that comes before can be done again.

use std::sync::{Arc, PoisonError};

use domain::command::{self, Command};
use domain::directory::DirectoryEvent;
use domain::id::{KeyId, OrgId, PersonId};
use domain::organization::Organization;
use domain::refusal::Refusal;
use journal::Fact;
use verdict::{Operation, Permit};

use crate::change::Along;
use crate::commit::{Commit, CommitFault, Part};
use crate::{App, Caller, Problem};

/// Organizations that are looked through at a time.
const PAGE: usize = 500;
/// People who are erased in one append, so that nobody waits long for the directory.
const PEOPLE_AT_ONCE: usize = 200;
/// Under whose name the journal keeps what nobody did, but the moment brought.
const UPKEEP: &str = "upkeep";

impl App {
    /// Sets the day on which the organization ends, as many days from now as its setting says. From the answer on nobody
    /// does anything in it but those who may end it, who look and take it back. Its short name is typed so that nobody
    /// deletes another one than they mean; to be told the impact takes none.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `organization.delete` or the day is set already,
    /// [`Problem::Refused`] where something else was typed.
    pub async fn delete_organization(&self, caller: &Caller, typed: Option<&str>) -> Result<(), Problem> {
        let org = caller.live.org();
        let slug = self.inner.journal.slug_of(org).await?.unwrap_or_else(|| org.to_string());
        let is_meant = caller.mode.preview || typed == Some(slug.as_str());
        let command = |_: &Organization| match is_meant {
            true => Ok(Command::DeleteOrganization),
            false => {
                let message = format!("say the short name of the organization that you want to delete: {slug}");
                Err(Refusal::field("not-confirmed", "confirm", message).into())
            }
        };
        let along = Along { facts: vec![Fact::OrganizationEnds { org }], directory: None };
        self.change(caller, Operation::DeleteOrganization, command, along).await.map(|_| ())
    }

    /// Takes the end of the organization back: everything is as it was.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `organization.delete`.
    pub async fn restore_organization(&self, caller: &Caller) -> Result<(), Problem> {
        let command = |_: &Organization| Ok(Command::RestoreOrganization);
        let along = Along { facts: vec![Fact::OrganizationRestored { org: caller.live.org() }], directory: None };
        self.change(caller, Operation::RestoreOrganization, command, along).await.map(|_| ())
    }

    /// Erases what is left of the organizations whose day has come: names and addresses as they were written there,
    /// memberships, labels, secrets, what leads to its keys, and people whom no other organization knows. Their events and
    /// records stay, which name people by id, and nobody is given their slugs. Says how many there were.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read or written. What could be erased was.
    pub async fn erase_ended_organizations(&self) -> Result<usize, Problem> {
        let (mut after, mut erased, mut failed) = (None, 0, None);
        loop {
            let page = self.inner.journal.ending_organizations(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            for org in page {
                match self.erase_if_ended(org).await {
                    Ok(true) => erased += 1,
                    Ok(false) => {}
                    // One that cannot be erased holds up no other.
                    Err(problem) => failed = Some(problem),
                }
            }
        }
        failed.map_or(Ok(erased), Err)
    }

    /// Whether there is no organization, or none whose day has not come.
    pub(super) async fn is_empty(&self) -> Result<bool, Problem> {
        let (journal, mut after) = (&self.inner.journal, None);
        loop {
            let page = journal.organizations(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(true) };
            after = Some(last.org);
            for found in &page {
                if !self.live(found.org).await?.snapshot().is_gone_at(self.now()) {
                    return Ok(false);
                }
            }
        }
    }

    async fn erase_if_ended(&self, org: OrgId) -> Result<bool, Problem> {
        let live = self.live(org).await?;
        let (people, keys): (Vec<PersonId>, Vec<KeyId>) = {
            let mut state = live.state.lock().await;
            live.catch_up(&self.inner.journal, &mut state).await?;
            if !state.is_gone_at(self.now()) {
                return Ok(false);
            }
            (state.members.keys().copied().collect(), state.keys.keys().copied().collect())
        };
        for key in keys {
            self.inner.journal.erase_key_use(org, key).await.map_err(|error| Problem::broken(&error))?;
        }
        self.erase_people_of(org, &people).await?;
        let state = Arc::clone(&live.state).lock_owned().await;
        let events = command::handle(&state, Command::DestroyOrganization, self.now())?;
        let permit = Permit::for_erasing_an_ended_organization(org, state.seq);
        let (parts, facts) = (vec![Part { permit, events }], vec![Fact::EraseOrganization { org }]);
        let commit = Commit { parts, actor: UPKEEP.to_owned(), facts, directory: None, until: None };
        match self.commit(live, state, commit).await {
            Ok(_) => {}
            Err(CommitFault::Problem(problem)) => return Err(problem),
            // Somebody else writes here: it is done the next time.
            Err(CommitFault::Conflict { .. } | CommitFault::Late) => return Ok(false),
        }
        self.inner.credentials.write().unwrap_or_else(PoisonError::into_inner).retain(|_, (of, _)| *of != org);
        tracing::info!(%org, "an organization has ended, and what named people in it was erased");
        Ok(true)
    }

    /// Erases those of the people whom no other organization knows, and ends their sessions.
    async fn erase_people_of(&self, org: OrgId, people: &[PersonId]) -> Result<(), Problem> {
        for some in people.chunks(PEOPLE_AT_ONCE) {
            let left = self.inner.journal.known_nowhere_else(org, some.to_vec()).await?;
            if left.is_empty() {
                continue;
            }
            let ended: Vec<_> = left.iter().map(|person| DirectoryEvent::SessionsEnded { person: *person }).collect();
            // Whether another organization knows them by now is looked at once more where it is written.
            let facts = left.iter().map(|person| Fact::ErasePersonOf { org, person: *person }).collect();
            self.append_to_directory(UPKEEP, &ended, facts).await?;
            self.forget(|row| left.contains(&row.person));
        }
        Ok(())
    }
}
