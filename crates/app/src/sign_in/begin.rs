//! How a session begins: every ceremony ends with a [`Proof`] of who somebody is, and one function makes a session of it.
//!
//! What a ceremony has to show is said where it stands ([`super::link`]); what the person may do is said by each
//! organization. A new way of signing in is one more [`Way`] and a file that makes a proof.

use domain::directory::DirectoryEvent;
use domain::id::{IdentityId, PersonId, SessionId};
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus};
use domain::time::Timestamp;
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::{AppendError, Fact, IdentityRow, RecordError, SessionRow};
use verdict::SessionProof;

use super::link::no_link;
use super::session::proof_of;
use super::{Browser, HasToken as _, SESSION_MS, SignedIn};
use crate::change::ATTEMPTS_MAX;
use crate::{App, Problem};

/// How somebody showed who they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// They were handed a link that is good once.
    Link,
    /// They received a mail.
    Email,
    /// A provider says who they are.
    Provider,
    /// They accepted an invitation by its link.
    Invitation,
}

impl Way {
    /// As it is kept, in rows and records: never reword one.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Way::Link => "link",
            Way::Email => "email",
            Way::Provider => "provider",
            Way::Invitation => "invitation",
        }
    }
}

/// What a finished ceremony has shown.
pub(crate) struct Proof {
    /// Who it is.
    pub(crate) person: PersonId,
    /// By what.
    pub(crate) way: Way,
    /// What is used up by it in the same transaction, or there is no session.
    pub(crate) used_up: Option<Fact>,
    /// The way of signing in that is theirs from now on, where they had none.
    pub(crate) claim: Option<Claim>,
    /// The address that was shown to be theirs by it.
    pub(crate) shown: Option<String>,
    /// As whom the directory knows them from now on, where it did not.
    pub(crate) newcomer: Option<Newcomer>,
}

/// Somebody whom the directory did not know.
pub(crate) struct Newcomer {
    /// Their address, which they have shown to be theirs.
    pub(crate) address: String,
    /// What to call them.
    pub(crate) name: String,
}

/// A way of signing in that becomes somebody's.
pub(crate) struct Claim {
    /// Who says who they are.
    pub(crate) provider: String,
    /// Keyed digest of whom they mean.
    pub(crate) digest: [u8; 32],
    /// What its person knows it by.
    pub(crate) shown: String,
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
    /// Begins a session. The one that the browser had until now ends with it, so that nobody can be given a session to
    /// go on with.
    pub(crate) async fn begin(
        &self,
        proof: Proof,
        browser: &Browser,
        before: Option<&SignedIn>,
    ) -> Result<Begun, Problem> {
        let Proof { person, way, used_up, claim, shown, newcomer } = proof;
        let (token, row) = self.new_session(person, way, shown.as_deref(), browser)?;
        let (proven, begun_at) = (proof_of(&row), row.begun_at);
        let mut facts: Vec<Fact> = used_up.into_iter().chain([Fact::Session(Box::new(row))]).collect();
        let mut events = Vec::new();
        if let Some(Newcomer { address, name }) = newcomer {
            facts.push(Fact::Person { person, email: address, name });
            events.push(DirectoryEvent::PersonRegistered { person });
        }
        if let Some(Claim { provider, digest, shown }) = claim {
            let identity = IdentityId::from_random(self.random()?);
            let linked = IdentityRow { provider, digest, identity, person, shown, linked_at: begun_at };
            facts.push(Fact::Identity(Box::new(linked)));
            events.push(DirectoryEvent::IdentityLinked { person, identity });
        }
        if let Some(SignedIn { proof, .. }) = before {
            facts.push(Fact::EndSession { session: proof.session });
            events.push(DirectoryEvent::SessionEnded {
                person: proof.person,
                session: proof.session,
                until: proof.ends_at,
            });
        }
        self.append_to_directory(&format!("{person}/{}", proven.session), &events, facts).await?;
        self.note_sign_in(&proven, way).await;
        Ok(Begun { token, ends_at: proven.ends_at })
    }

    /// A session in a browser, which begins once its row is written.
    pub(crate) fn new_session(
        &self,
        person: PersonId,
        way: Way,
        shown: Option<&str>,
        browser: &Browser,
    ) -> Result<(IssuedToken, SessionRow), Problem> {
        let (token, begun_at) = (self.new_token(TokenForm::Session)?, self.now());
        let row = SessionRow {
            digest: self.inner.sign_in.digester.digest(Purpose::Session, &token.presented()),
            session: SessionId::from_random(self.random()?),
            person,
            begun_at,
            ends_at: Timestamp(begun_at.0.saturating_add(SESSION_MS)),
            way: way.as_str().to_owned(),
            browser: Some(*browser.digest()),
            address: browser.address(),
            client: browser.client(),
            shown: shown.map(|address| self.inner.sign_in.identities.of_address(address)),
            used_at: begun_at,
        };
        Ok((token, row))
    }

    /// Appends to the directory, and takes note of it before anybody is answered. Whoever asked may go away meanwhile: what
    /// is written comes into force all the same.
    pub(crate) async fn append_to_directory(
        &self,
        actor: &str,
        events: &[DirectoryEvent],
        facts: Vec<Fact>,
    ) -> Result<(), Problem> {
        let (app, actor, events) = (self.clone(), actor.to_owned(), events.to_vec());
        let task = tokio::spawn(async move { app.append_to_the_end(&actor, &events, facts).await });
        task.await.map_err(|error| Problem::broken(&error))?
    }

    async fn append_to_the_end(&self, actor: &str, events: &[DirectoryEvent], facts: Vec<Fact>) -> Result<(), Problem> {
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
    pub(crate) async fn note_sign_in(&self, proof: &SessionProof, way: Way) {
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
                reason: way.as_str().to_owned(),
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
