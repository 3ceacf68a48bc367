//! What the DNS says about a mail domain, and what follows from it where the record is gone.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::id::{MailDomainId, OrgId};
use domain::mail_domain::{MailDomain, MailDomainName};
use journal::{Fact, MailDomainRow};
use verdict::Permit;

use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault, Part};
use crate::{App, Live, Problem};

/// How long it is taken for granted that a record is there, in milliseconds: a day.
const SEEN_FOR_MS: i64 = 86_400_000;
/// Under whose name the journal keeps what the DNS said.
const THE_DNS: &str = "dns";

/// Whether one of these records is the one of a claim.
pub(super) fn says(records: &[String], token: &str) -> bool {
    let text = MailDomainName::record_text(token);
    records.iter().any(|record| record.trim() == text)
}

impl App {
    /// What stands in the DNS for a domain.
    pub(super) async fn records_of(&self, name: &MailDomainName) -> Result<Vec<String>, Problem> {
        let asked = name.record_name();
        self.inner.names.text_records(&asked).await.map_err(|fault| Problem::Unavailable {
            message: format!("the DNS could not be asked for {asked}: {fault}; try again in a while"),
        })
    }

    /// The organization and its domain by which people join, where it is open and its record is there. One that was not
    /// looked at for a day is looked at now; where the DNS does not answer, it is believed what it said last.
    pub(super) async fn open_domain(&self, name: &MailDomainName) -> Result<Option<(Arc<Live>, MailDomain)>, Problem> {
        let Some((row, live, known)) = self.known_domain(name).await? else { return Ok(None) };
        if self.now().0.saturating_sub(row.checked_at.0) < SEEN_FOR_MS {
            return Ok(Some((live, known)));
        }
        match self.records_of(name).await {
            Ok(records) if says(&records, &known.token) => {
                let row = MailDomainRow { checked_at: self.now(), ..row };
                self.append_to_directory(THE_DNS, &[], vec![Fact::MailDomain(Box::new(row))]).await?;
            }
            Ok(_) => {
                self.lapse(&live, known.id).await?;
                return Ok(None);
            }
            Err(problem) => tracing::warn!(%problem, domain = %name, "a mail domain's record could not be looked at"),
        }
        Ok(Some((live, known)))
    }

    /// The same as far as it is known already.
    pub(super) async fn known_domain(
        &self,
        name: &MailDomainName,
    ) -> Result<Option<(MailDomainRow, Arc<Live>, MailDomain)>, Problem> {
        let Some(row) = self.inner.journal.mail_domain(name.as_str()).await? else { return Ok(None) };
        let live = self.live(row.org).await?;
        let known = {
            let state = live.state.lock().await;
            let known = state.mail_domain_named(name.as_str()).filter(|known| known.open().is_some());
            known.filter(|_| state.deletes_at.is_none()).cloned()
        };
        Ok(known.map(|known| (row, live, known)))
    }

    /// Takes down that a domain's record is gone: it lets nobody in any more, and another organization may verify it.
    pub(super) async fn lapse(&self, live: &Arc<Live>, domain: MailDomainId) -> Result<(), Problem> {
        for _ in 0..ATTEMPTS_MAX {
            let mut state = Arc::clone(&live.state).lock_owned().await;
            let Some(known) = state.mail_domains.get(&domain) else { return Ok(()) };
            let mut facts = vec![Fact::ReleaseMailDomain { name: known.name.as_str().to_owned(), org: live.org() }];
            let asks = state.join_requests.values().filter(|request| request.domain == domain);
            facts.extend(asks.map(|request| Fact::DropJoinAsker { org: live.org(), person: request.person }));
            let events = command::handle(&state, Command::LapseMailDomain { domain }, self.now())?;
            let permit = Permit::for_a_lapsed_mail_domain(live.org(), state.seq, domain);
            let parts = vec![Part { permit, events }];
            let commit = Commit { parts, actor: THE_DNS.to_owned(), facts, directory: None, until: None };
            match self.commit(Arc::clone(live), state, commit).await {
                Ok(_) => return Ok(()),
                Err(CommitFault::Problem(problem)) => return Err(problem),
                Err(CommitFault::Late) => break,
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&live.state).lock_owned().await;
                    live.catch_up(&self.inner.journal, &mut state).await?;
                }
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// Lets go of a domain whose record is another organization's no longer, so that it may be verified anew. Whether
    /// somebody else has it still.
    pub(super) async fn is_held_by_another(
        &self,
        org: OrgId,
        name: &MailDomainName,
        records: &[String],
    ) -> Result<bool, Problem> {
        let held = self.inner.journal.mail_domain(name.as_str()).await?.filter(|row| row.org != org);
        let Some(row) = held else { return Ok(false) };
        let live = self.live(row.org).await?;
        let (known, ends) = {
            let state = live.state.lock().await;
            (state.mail_domain_named(name.as_str()).cloned(), state.deletes_at.is_some())
        };
        match known {
            // To one that ends nothing happens until it has.
            Some(known) if ends || says(records, &known.token) => Ok(true),
            Some(known) => self.lapse(&live, known.id).await.map(|()| false),
            None => Ok(true),
        }
    }
}
