//! What somebody is offered who has shown an address at a mail domain, and asking to join.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::command::{self, Command};
use domain::mail_domain::{ASKED_LASTS_MS, MailDomainName, no_longer_open};
use domain::time::Timestamp;
use journal::{Fact, JoinAskerRow};
use verdict::Permit;

use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault, Part};
use crate::sign_in::SignedIn;
use crate::{App, Problem};

/// An organization that somebody may join, as far as it is told to them: its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinOffer {
    /// The mail domain of theirs by which they are told.
    pub domain: String,
    /// What the organization is called.
    pub organization: String,
    /// `invitation` where they need one, `ask` where they may ask to join, `asked` where they have, `declined` where that was
    /// declined.
    pub state: &'static str,
}

impl App {
    /// The organizations that somebody may join by an address that they showed to be theirs by signing in.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn join_offers(&self, signed_in: &SignedIn) -> Result<Vec<JoinOffer>, Problem> {
        let (person, now) = (signed_in.proof.person, self.now());
        let mut offers = Vec::new();
        let shown = self.addresses_shown(signed_in).await?;
        let domains: BTreeSet<MailDomainName> = shown.iter().filter_map(|it| MailDomainName::of_address(it)).collect();
        for name in domains {
            let Some((_, live, known)) = self.known_domain(&name).await? else { continue };
            let state = live.state.lock().await;
            if state.member(person).is_some() {
                continue;
            }
            let may_ask = known.open().is_some_and(|opening| opening.mode.may_ask());
            let asked = state.join_requests.get(&person).filter(|request| now < request.until);
            offers.push(JoinOffer {
                domain: name.as_str().to_owned(),
                organization: state.name.clone(),
                state: match asked {
                    Some(request) if request.declined => "declined",
                    Some(_) => "asked",
                    None if may_ask => "ask",
                    None => "invitation",
                },
            });
        }
        Ok(offers)
    }

    /// Asks to join the organization of a mail domain, for whoever has shown an address there. Who has asked already has
    /// asked.
    ///
    /// # Errors
    /// [`Problem::Refused`] where there is no such offer for them, it was declined, or too many wait already.
    pub async fn ask_to_join(&self, signed_in: &SignedIn, domain: &str) -> Result<(), Problem> {
        let name = MailDomainName::parse(domain).map_err(|_| no_longer_open())?;
        let shown = self.addresses_shown(signed_in).await?;
        let address = shown.into_iter().find(|it| MailDomainName::of_address(it).as_ref() == Some(&name));
        let address = address.ok_or_else(no_longer_open)?;
        let (live, known) = self.open_domain(&name).await?.ok_or_else(no_longer_open)?;
        let (org, person) = (live.org(), signed_in.proof.person);
        let own = self.people(org, &[person]).await?.remove(&person).map(|person| person.name).unwrap_or_default();
        for _ in 0..ATTEMPTS_MAX {
            let now = self.now();
            let mut state = Arc::clone(&live.state).lock_owned().await;
            let command = Command::AskToJoin { domain: known.id, person };
            let events = command::handle(&state, command, now)?;
            if events.is_empty() {
                return Ok(());
            }
            let row = JoinAskerRow {
                org,
                person,
                email: address.clone(),
                name: own.clone(),
                way: signed_in.way().to_owned(),
                until: Timestamp(now.0.saturating_add(ASKED_LASTS_MS)),
            };
            let permit = Permit::for_asking_to_join(org, state.seq, person);
            let (parts, facts) = (vec![Part { permit, events }], vec![Fact::JoinAsker { row: Box::new(row), at: now }]);
            let commit = Commit { parts, actor: signed_in.stamp(), facts, directory: None, until: None };
            match self.commit(Arc::clone(&live), state, commit).await {
                Ok(_) => return Ok(()),
                Err(CommitFault::Problem(problem)) => return Err(problem),
                Err(CommitFault::Late) => return Err(no_longer_open().into()),
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&live.state).lock_owned().await;
                    live.catch_up(&self.inner.journal, &mut state).await?;
                }
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// The addresses of theirs that somebody showed by this very sign-in: what they showed another time may be another's
    /// now.
    async fn addresses_shown(&self, signed_in: &SignedIn) -> Result<Vec<String>, Problem> {
        let rows = self.inner.journal.identities_of(signed_in.proof.person).await?;
        Ok(rows.into_iter().map(|row| row.shown).filter(|address| self.has_shown(Some(signed_in), address)).collect())
    }
}
