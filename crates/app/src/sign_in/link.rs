//! Links that are good once: made for a person by whoever runs the machine, looked at by anybody who has one, and used
//! up by the first who signs in with it.

use domain::directory::DirectoryEvent;
use domain::id::{OrgId, PersonId, SessionId};
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus};
use domain::time::Timestamp;
use identity::token::{IssuedToken, PresentedToken, Purpose, TokenForm};
use journal::{AppendError, Fact, RecordError, SessionRow, TicketRow};
use verdict::SessionProof;

use super::session::proof_of;
use super::{BY_LINK, Browser, HasToken as _, LINK_MS, SESSION_MS, SignedIn};
use crate::change::ATTEMPTS_MAX;
use crate::{App, Problem};

/// A link, as whoever has it sees it before using it.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// The name of whom it signs in.
    pub name: String,
    /// The name of the organization for which it was made.
    pub organization: Option<String>,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct Begun {
    /// The token for the browser's cookie.
    pub token: IssuedToken,
    /// When the session ends, used or not.
    pub ends_at: Timestamp,
}

impl App {
    /// A link for a person, and what must be written with whatever else happens then, so that it is good.
    pub(crate) fn new_link(&self, org: OrgId, person: PersonId) -> Result<(IssuedToken, Fact), Problem> {
        let (token, now) = (self.new_token(TokenForm::SignInLink)?, self.now());
        let ticket = TicketRow {
            digest: self.inner.sign_in.digester.digest(Purpose::FirstLink, &token.presented()),
            purpose: Purpose::FirstLink.as_str().to_owned(),
            person: Some(person),
            org: Some(org),
            about: None,
            browser: None,
            return_to: None,
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(LINK_MS)),
        };
        Ok((token, Fact::Ticket(Box::new(ticket))))
    }

    /// Looks at a link, which stays as good as it was: programs that read mail open every link that they see.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used, or has ended.
    pub async fn look_at_link(&self, link: &str) -> Result<LinkView, Problem> {
        let (ticket, person) = self.ticket_of(link).await?;
        let Some(org) = ticket.org else { return Ok(LinkView { name: String::new(), organization: None }) };
        let name = self.names(org, &[person]).await.pop().unwrap_or_default();
        Ok(LinkView { name, organization: Some(self.live(org).await?.snapshot().name().to_owned()) })
    }

    /// Signs in whoever was handed the link, and uses it up. The session that the browser had until now ends.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, was used (also in this very moment, by another), or has ended.
    pub async fn open_link(&self, link: &str, browser: &Browser, before: Option<&SignedIn>) -> Result<Begun, Problem> {
        let (ticket, person) = self.ticket_of(link).await?;
        let redeemed = Fact::RedeemTicket { digest: ticket.digest, purpose: ticket.purpose, at: self.now() };
        self.begin(person, redeemed, (browser, before)).await
    }

    async fn ticket_of(&self, link: &str) -> Result<(TicketRow, PersonId), Problem> {
        let presented = PresentedToken::parse(TokenForm::SignInLink, link).map_err(|_| no_link())?;
        for digest in self.inner.sign_in.digester.digests(Purpose::FirstLink, &presented) {
            let found = self.inner.journal.ticket(digest).await?;
            let good =
                |ticket: &TicketRow| ticket.purpose == Purpose::FirstLink.as_str() && self.now() < ticket.expires_at;
            if let Some(ticket) = found.filter(good)
                && let Some(person) = ticket.person
            {
                return Ok((ticket, person));
            }
        }
        Err(no_link())
    }

    /// A session that begins in a browser once its row is written.
    pub(crate) fn new_session(
        &self,
        person: PersonId,
        way: &str,
        browser: &Browser,
    ) -> Result<(IssuedToken, SessionRow), Problem> {
        let (token, begun_at) = (self.new_token(TokenForm::Session)?, self.now());
        let row = SessionRow {
            digest: self.inner.sign_in.digester.digest(Purpose::Session, &token.presented()),
            session: SessionId::from_random(self.random()?),
            person,
            begun_at,
            ends_at: Timestamp(begun_at.0.saturating_add(SESSION_MS)),
            way: way.to_owned(),
            browser: Some(*browser.digest()),
            address: browser.address(),
            client: browser.client(),
            used_at: begun_at,
        };
        Ok((token, row))
    }

    /// Begins a session: what proves it is used up in the same transaction, or there is no session.
    async fn begin(
        &self,
        person: PersonId,
        proof: Fact,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<Begun, Problem> {
        let (token, row) = self.new_session(person, BY_LINK, browser)?;
        let proven = proof_of(&row);
        let mut facts = vec![proof, Fact::Session(Box::new(row))];
        let mut events = Vec::new();
        if let Some(SignedIn { proof, .. }) = before {
            facts.push(Fact::EndSession { session: proof.session });
            events.push(DirectoryEvent::SessionEnded {
                person: proof.person,
                session: proof.session,
                until: proof.ends_at,
            });
        }
        self.append_to_directory(&format!("{person}/{}", proven.session), &events, facts).await?;
        self.note_sign_in(&proven, BY_LINK).await;
        Ok(Begun { token, ends_at: proven.ends_at })
    }

    /// Appends to the directory, and takes note of it before anybody is answered.
    pub(super) async fn append_to_directory(
        &self,
        actor: &str,
        events: &[DirectoryEvent],
        facts: Vec<Fact>,
    ) -> Result<(), Problem> {
        let _directory = self.inner.directory.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            let append = self.register(actor, events, facts.clone()).await?;
            match self.inner.journal.append(vec![*append]).await {
                Ok(_) => return self.inner.endings.catch_up(&self.inner.journal).await,
                Err(AppendError::Conflict { .. }) => {}
                Err(AppendError::Spent) => return Err(no_link()),
                Err(error) => return Err(Problem::broken(&error)),
            }
        }
        Err(Problem::Unavailable { message: "the directory is changing; try again".to_owned() })
    }

    /// Each organization that the session opens has in its record that its member signed in.
    pub(crate) async fn note_sign_in(&self, proof: &SessionProof, way: &str) {
        let callers = match self.callers_of(proof).await {
            Ok(callers) => callers,
            Err(problem) => return tracing::error!(%problem, "a sign-in stands in no organization's record"),
        };
        for caller in callers {
            let noted = Intent {
                org: caller.live.org(),
                at: proof.begun_at,
                subject: proof.person.to_string(),
                acting_for: None,
                credential: Some(proof.session.into()),
                client: None,
                method: "sign-in".to_owned(),
                integration: None,
                tool: None,
                class: None,
                decision: Decision::Allowed,
                reason: way.to_owned(),
                arguments_digest: None,
                policy_seq: caller.live.snapshot().seq(),
            };
            if let Err(error) = self.record_sign_in(noted).await {
                tracing::error!(%error, "a sign-in could not be recorded");
            }
        }
    }

    /// What was allowed has an outcome, or it would count as begun and never ended.
    async fn record_sign_in(&self, intent: Intent) -> Result<(), RecordError> {
        let outcome = Outcome {
            at: intent.at,
            status: OutcomeStatus::Succeeded,
            latency_us: 0,
            request_bytes: 0,
            response_bytes: 0,
            detail: None,
        };
        let record = self.inner.journal.begin(intent, Durability::Written).await?;
        self.inner.journal.finish_written(record, outcome).await
    }
}

/// One answer for every link that opens nothing, so that nothing is learnt by trying.
fn no_link() -> Problem {
    let message = "this link opens nothing: it was used before, is too old, or was not copied whole; ask for a new one";
    Problem::Missing { noun: "link", message: message.to_owned() }
}
