//! How a session begins: every ceremony ends with a [`Proof`] of who somebody is, and one function makes a session of it.
//!
//! What a ceremony has to show is said where it stands ([`super::link`]); what the person may do is said by each
//! organization. A new way of signing in is one more [`Way`] and a file that makes a proof.

use domain::directory::{DirectoryEvent, sign_ins};
use domain::id::{IdentityId, PersonId, SessionId};
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus, RecordRef};
use domain::time::Timestamp;
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::{AppendError, Fact, IdentityRow, SessionRow};
use verdict::SessionProof;

use super::link::no_link;
use super::provided::Provided;
use super::session::proof_of;
use super::{Browser, HasToken as _, SESSION_MS, SignedIn};
use crate::change::ATTEMPTS_MAX;
use crate::{App, Live, Problem};

/// How somebody showed who they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// They were handed a link that is good once.
    Link,
    /// They received a mail.
    Email,
    /// A provider says who they are.
    Provider,
    /// A device of theirs has made sure of them.
    Passkey,
    /// They accepted an invitation by its link.
    Invitation,
    /// Whoever runs the machine handed them a link for somebody who has lost their passkeys.
    Recovery,
}

impl Way {
    /// As it is kept, in rows and records: never reword one.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Way::Link => "link",
            Way::Email => "email",
            Way::Provider => "provider",
            Way::Passkey => "passkey",
            Way::Invitation => "invitation",
            Way::Recovery => "recovery",
        }
    }

    /// Whether a passkey is asked for after it of whoever wants that.
    fn has_a_second(self) -> bool {
        match self {
            Way::Link | Way::Email | Way::Provider | Way::Invitation => true,
            Way::Passkey | Way::Recovery => false,
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
    /// When they showed it, where that may have been before now.
    pub(crate) proven_at: Option<Timestamp>,
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

/// A session that is about to begin.
struct Beginning {
    proof: Proof,
    provided: Provided,
    row: SessionRow,
    before: Option<SignedIn>,
}

impl App {
    /// Begins a session. The one that the browser had until now ends with it, so that nobody can be given a session to
    /// go on with. Whoever asked may go away meanwhile: it comes to its end all the same, and so does what is recorded of
    /// it.
    pub(crate) async fn begin(
        &self,
        proof: Proof,
        browser: &Browser,
        before: Option<&SignedIn>,
    ) -> Result<Begun, Problem> {
        let provided = proof.claim.as_ref().map_or(Provided::Always, |_| Provided::Unclaimed(proof.person));
        self.begin_provided(proof, provided, (browser, before)).await
    }

    /// The same, provided that something holds. Of whoever wants it a passkey is asked first ([`super::second_factor`]).
    pub(super) async fn begin_provided(
        &self,
        proof: Proof,
        provided: Provided,
        (browser, before): (&Browser, Option<&SignedIn>),
    ) -> Result<Begun, Problem> {
        self.inner.endings.load(&self.inner.journal).await?;
        if proof.way.has_a_second() && self.inner.endings.asks_for_passkey(proof.person) {
            return Err(self.ask_for_second(proof, provided, browser).await?);
        }
        let (token, row) = self.new_session(proof.person, proof.way, proof.shown.as_deref(), browser)?;
        let row = SessionRow { proven_at: proof.proven_at.unwrap_or(row.begun_at), ..row };
        self.begin_with((token, row), (proof, provided), before).await
    }

    /// The same as the session that this row says, when all that its person is asked for has been shown.
    pub(super) async fn begin_with(
        &self,
        (token, row): (IssuedToken, SessionRow),
        (proof, provided): (Proof, Provided),
        before: Option<&SignedIn>,
    ) -> Result<Begun, Problem> {
        let beginning = Beginning { proof, provided, row, before: before.cloned() };
        let app = self.clone();
        let task = tokio::spawn(async move { app.begin_to_the_end(beginning).await });
        let ends_at = task.await.map_err(|error| Problem::broken(&error))??;
        Ok(Begun { token, ends_at })
    }

    async fn begin_to_the_end(&self, beginning: Beginning) -> Result<Timestamp, Problem> {
        // INVARIANT: nobody is signed in whose sign-in does not stand in the record; held by
        // `a_sign_in_stands_in_the_record_before_it_is_done`.
        let noted = self.note_sign_in(&proof_of(&beginning.row), beginning.proof.way).await?;
        let begun = self.begin_in_turn(beginning).await;
        let status = if begun.is_ok() { OutcomeStatus::Succeeded } else { OutcomeStatus::Failed };
        self.close_sign_in(noted, status).await;
        begun
    }

    /// Whether somebody signs in before or after an ending is decided by who comes first to the directory, and the moments
    /// that are written say the same.
    async fn begin_in_turn(&self, beginning: Beginning) -> Result<Timestamp, Problem> {
        let Beginning { proof: Proof { person, way, used_up, claim, newcomer, .. }, provided, row, before } = beginning;
        let _directory = self.inner.directory.lock().await;
        self.inner.endings.load(&self.inner.journal).await?;
        if !row.by_passkey && way.has_a_second() && self.inner.endings.asks_for_passkey(person) {
            return Err(wanted_meanwhile());
        }
        let begun_at = self.inner.endings.next_beginning(person, self.now());
        let ends_at = Timestamp(begun_at.0.saturating_add(SESSION_MS));
        let (session, row) = (row.session, SessionRow { begun_at, ends_at, used_at: begun_at, ..row });
        let mut facts: Vec<Fact> = used_up.into_iter().chain([Fact::Session(Box::new(row))]).collect();
        let mut events = Vec::new();
        if let Some(Newcomer { address, name }) = newcomer {
            facts.push(Fact::Person { person, email: address, name });
            events.push(DirectoryEvent::PersonRegistered { person });
        }
        if let Some(claim) = claim {
            let (event, fact) = self.linked(person, claim)?;
            events.push(event);
            facts.push(fact);
        }
        if let Some(SignedIn { proof, .. }) = before {
            facts.push(Fact::EndSession { session: proof.session });
            events.push(DirectoryEvent::SessionEnded {
                person: proof.person,
                session: proof.session,
                until: proof.ends_at,
            });
        }
        self.append_in_turn(&format!("{person}/{session}"), (&events, facts), provided).await?;
        Ok(ends_at)
    }

    /// What is written when a way of signing in becomes somebody's.
    pub(super) fn linked(&self, person: PersonId, claim: Claim) -> Result<(DirectoryEvent, Fact), Problem> {
        let Claim { provider, digest, shown } = claim;
        let identity = IdentityId::from_random(self.random()?);
        let row = IdentityRow { provider, digest, identity, person, shown, linked_at: self.now() };
        Ok((DirectoryEvent::IdentityLinked { person, identity }, Fact::Identity(Box::new(row))))
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
            proven_at: begun_at,
            ends_at: Timestamp(begun_at.0.saturating_add(SESSION_MS)),
            way: way.as_str().to_owned(),
            by_passkey: way == Way::Passkey,
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
        self.append_provided(actor, (events, facts), Provided::Always).await
    }

    /// The same, provided that something holds.
    pub(super) async fn append_provided(
        &self,
        actor: &str,
        (events, facts): (&[DirectoryEvent], Vec<Fact>),
        provided: Provided,
    ) -> Result<(), Problem> {
        let (app, actor, events) = (self.clone(), actor.to_owned(), events.to_vec());
        let task = tokio::spawn(async move {
            let _directory = app.inner.directory.lock().await;
            app.append_in_turn(&actor, (&events, facts), provided).await
        });
        task.await.map_err(|error| Problem::broken(&error))?
    }

    /// The same by whoever holds the directory's lock.
    async fn append_in_turn(
        &self,
        actor: &str,
        (events, facts): (&[DirectoryEvent], Vec<Fact>),
        provided: Provided,
    ) -> Result<(), Problem> {
        let ended = self.ended_with(provided).await?;
        let endings = ended.iter().map(|row| {
            let (person, session) = (row.person, row.session);
            DirectoryEvent::SessionEnded { person, session, until: row.ends_at }
        });
        let events: Vec<DirectoryEvent> = events.iter().cloned().chain(endings).collect();
        let endings = ended.iter().map(|row| Fact::EndSession { session: row.session });
        let facts: Vec<Fact> = facts.into_iter().chain(endings).collect();
        for _ in 0..ATTEMPTS_MAX {
            let mut append = self.register(actor, &events, facts.clone()).await?;
            append.at = self.moment_of_ending(append.at, signed_out(&events)).await?;
            match self.inner.journal.append(vec![*append]).await {
                Ok(_) => return self.inner.endings.catch_up(&self.inner.journal).await,
                Err(AppendError::Conflict { .. }) => {}
                Err(AppendError::Spent) => return Err(no_link()),
                Err(AppendError::Taken { what: "sign-in" | "passkey" }) => return Err(sign_ins::taken(false).into()),
                Err(error) => return Err(Problem::broken(&error)),
            }
        }
        Err(Problem::Unavailable { message: "the directory is changing; try again".to_owned() })
    }

    /// Each organization that the session is to open has in its record that its member signs in, and where that cannot be
    /// written nobody does. What is noted waits for its outcome.
    pub(crate) async fn note_sign_in(&self, proof: &SessionProof, way: Way) -> Result<Vec<RecordRef>, Problem> {
        let mut callers = self.callers_of(proof).await?.into_iter().peekable();
        let mut noted = Vec::new();
        while let Some(caller) = callers.next() {
            // The last is on disk when it is answered, and those before it with it.
            let durability = if callers.peek().is_some() { Durability::Written } else { Durability::Synced };
            let intent = intent_of(&caller.live, proof, (proof.begun_at, way.as_str()));
            noted = self.note_too(noted, intent, durability).await?;
        }
        Ok(noted)
    }

    /// Writes one more intent. Where that cannot be done, nothing comes of those before it.
    pub(super) async fn note_too(
        &self,
        mut noted: Vec<RecordRef>,
        intent: Intent,
        durability: Durability,
    ) -> Result<Vec<RecordRef>, Problem> {
        match self.inner.journal.begin(intent, durability).await {
            Ok(record) => noted.push(record),
            Err(error) => {
                self.close_sign_in(noted, OutcomeStatus::Failed).await;
                return Err(Problem::broken(&error));
            }
        }
        Ok(noted)
    }

    /// What was allowed has an outcome, or it would count as begun and never ended.
    pub(crate) async fn close_sign_in(&self, noted: Vec<RecordRef>, status: OutcomeStatus) {
        for record in noted {
            let outcome =
                Outcome { at: self.now(), status, latency_us: 0, request_bytes: 0, response_bytes: 0, detail: None };
            // Without it the next start says that what came of it is not known.
            if let Err(error) = self.inner.journal.finish_written(record, outcome).await {
                tracing::error!(%error, "what came of a sign-in could not be recorded");
            }
        }
    }
}

/// What an organization has in its record of somebody who signs in, or changes how they do: when, and by what.
pub(super) fn intent_of(live: &Live, by: &SessionProof, (at, reason): (Timestamp, &str)) -> Intent {
    Intent {
        org: live.org(),
        at,
        subject: by.person.to_string(),
        acting_for: None,
        credential: Some(by.session.into()),
        client: None,
        method: "sign-in".to_owned(),
        integration: None,
        tool: None,
        class: None,
        decision: Decision::Allowed,
        reason: reason.to_owned(),
        arguments_digest: None,
        policy_seq: live.snapshot().seq(),
    }
}

/// What is told to whoever signs in at the moment from which on they are asked for a passkey as well.
fn wanted_meanwhile() -> Problem {
    let message = "from this moment on you are asked for a passkey as well; sign in once more";
    Problem::Unauthenticated { message: message.to_owned() }
}

/// Whose sessions all end with these events.
fn signed_out(events: &[DirectoryEvent]) -> Vec<PersonId> {
    let person = |event: &DirectoryEvent| match event {
        DirectoryEvent::SessionsEnded { person } => Some(*person),
        _ => None,
    };
    events.iter().filter_map(person).collect()
}
