//! Accept an invitation: join, or be put into the teams, all of it in one commit, once.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::directory::DirectoryEvent;
use domain::event::Event;
use domain::id::PersonId;
use domain::invitation::{address_not_shown, address_taken};
use domain::organization::{InvitedAddress, Organization};
use domain::record::OutcomeStatus;
use domain::refusal::Refusal;
use journal::{Append, Fact, InviteeRow, SessionRow};
use tokio::sync::OwnedMutexGuard;
use verdict::{Credential, NotAdmitted, Operation, Permit, Reason, Verdict, inviter};

use super::link::{Found, local_part, no_invitation};
use crate::authentication::does_nothing;
use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault, Part};
use crate::directory::{NO_ADDRESS, person_name};
use crate::sign_in::{Begun, Browser, SignedIn, Way, proof_of};
use crate::{App, Problem};

/// Who accepts, and in which browser.
#[derive(Clone, Copy, Debug)]
pub struct Accepting<'a> {
    /// The browser, in which a session begins where nobody is signed in.
    pub browser: &'a Browser,
    /// Who is signed in there.
    pub signed_in: Option<&'a SignedIn>,
    /// How they want to be called here; as whoever invited wrote it where they do not say.
    pub name: Option<&'a str>,
}

/// What came of it.
#[derive(Debug)]
pub struct Accepted {
    /// Who joined.
    pub person: PersonId,
    /// The session that began, where nobody was signed in.
    pub begun: Option<Begun>,
}

/// Somebody who joins.
struct Joiner {
    person: PersonId,
    name: Option<String>,
    /// As the journal names them.
    stamp: String,
    /// The session that begins with it, of a person who was not known before.
    session: Option<SessionRow>,
}

impl App {
    /// Accepts an invitation as whoever is signed in, or by the link alone as a person who was not known before. What it
    /// gives is what its inviter may give at this moment.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the link opens nothing, for whatever reason; [`Problem::Refused`] where an address has to
    /// be shown and was not, and where the organization can take nobody in.
    pub async fn accept_invitation(&self, link: &str, by: Accepting<'_>) -> Result<Accepted, Problem> {
        let found = self.found_invitation(link).await?;
        let accepted = self.accept_found(&found, by).await;
        if let Err(problem) = &accepted {
            self.note_refused_acceptance(&found, by.signed_in, problem).await;
        }
        accepted
    }

    async fn accept_found(&self, found: &Found, by: Accepting<'_>) -> Result<Accepted, Problem> {
        let row = self.inner.journal.invitees(found.live.org(), vec![found.id]).await?.pop();
        let row = row.ok_or_else(no_invitation)?;
        let shown = self.has_shown(by.signed_in, &row.email);
        let others = self.people_under(found.live.org(), &row.email).await?;
        let name = by.name.map(str::trim).filter(|name| !name.is_empty()).map(person_name).transpose()?;
        let (joiner, token) = match by.signed_in {
            Some(SignedIn { proof, .. }) => {
                let stamp = format!("{}/{}", proof.person, proof.session);
                (Joiner { person: proof.person, name, stamp, session: None }, None)
            }
            None => {
                let person = PersonId::from_random(self.random()?);
                let (token, row) = self.new_session(person, Way::Invitation, None, by.browser)?;
                let stamp = format!("{person}/{}", row.session);
                (Joiner { person, name, stamp, session: Some(row) }, Some(token))
            }
        };
        self.join(found, &joiner, (&row, shown, &others), by.signed_in).await?;
        let Some((token, session)) = token.zip(joiner.session) else {
            return Ok(Accepted { person: joiner.person, begun: None });
        };
        let proof = proof_of(&session);
        // They are nobody's member before; so what they were let into by has the entry after it.
        match self.note_sign_in(&proof, Way::Invitation).await {
            Ok(noted) => self.close_sign_in(noted, OutcomeStatus::Succeeded).await,
            Err(problem) => tracing::error!(%problem, "a sign-in stands in no organization's record"),
        }
        Ok(Accepted { person: joiner.person, begun: Some(Begun { token, ends_at: proof.ends_at }) })
    }

    async fn join(
        &self,
        found: &Found,
        joiner: &Joiner,
        (row, shown, others): (&InviteeRow, bool, &[PersonId]),
        signed_in: Option<&SignedIn>,
    ) -> Result<(), Problem> {
        for _ in 0..ATTEMPTS_MAX {
            // Who is new is written into the directory, which has one writer at a time.
            let _directory = match joiner.session {
                Some(_) => Some(self.inner.directory.lock().await),
                None => None,
            };
            let mut state = Arc::clone(&found.live.state).lock_owned().await;
            let (permit, events) = self.joining(found, &state, joiner, shown)?;
            // By the link alone nobody joins beside somebody of that address: commands that name it would mean either.
            if joiner.session.is_some() && others.iter().any(|other| state.member(*other).is_some()) {
                return Err(address_taken().into());
            }
            let until = state.invitations.get(&found.id).ok_or_else(no_invitation)?.expires_at;
            let facts = self.facts_about(found, &state, joiner, row).await?;
            let directory = self.registered(joiner, row).await?;
            // INVARIANT: a session that was ended accepts nothing, everywhere or here; held by
            // `a_session_that_has_ended_accepts_nothing` and `a_session_that_was_ended_here_joins_no_team`.
            signed_in.map_or(Ok(()), |by| self.is_let_in(found, &state, by))?;
            let parts = vec![Part { permit, events }];
            let commit = Commit { parts, actor: joiner.stamp.clone(), facts, directory, until: Some(until) };
            match self.commit(Arc::clone(&found.live), state, commit).await {
                Ok(_) => return Ok(()),
                // How many fit is for those who run the place, not for whoever has a link.
                Err(CommitFault::Problem(Problem::Refused(refusal))) if refusal.code == "quota" => {
                    return Err(no_room().into());
                }
                Err(CommitFault::Problem(problem)) => return Err(problem),
                Err(CommitFault::Late) => return Err(no_invitation()),
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&found.live.state).lock_owned().await;
                    found.live.catch_up(&self.inner.journal, &mut state).await?;
                }
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }

    /// Whether a session lasts, and opens the organization where its person is a member of it.
    fn is_let_in(&self, found: &Found, state: &Organization, by: &SignedIn) -> Result<(), Problem> {
        let ended = || Problem::Unauthenticated { message: NotAdmitted::SessionEnded.to_string() };
        if self.inner.endings.has(&by.proof) {
            return Err(ended());
        }
        if state.member(by.proof.person).is_none() {
            return Ok(());
        }
        match found.live.snapshot().admit(Credential::Session(by.proof), self.now()) {
            Ok(_) => Ok(()),
            Err(NotAdmitted::PasskeyNeeded) => Err(does_nothing(&found.live, Reason::PasskeyNeeded)),
            Err(_) => Err(ended()),
        }
    }

    /// What happens in this very state, and what lets it happen: the rights of whoever invited.
    fn joining(
        &self,
        found: &Found,
        state: &OwnedMutexGuard<Organization>,
        joiner: &Joiner,
        shown: bool,
    ) -> Result<(Permit, Vec<Event>), Problem> {
        let (snapshot, now) = (found.live.snapshot(), self.now());
        let known = found.invitation((state, &snapshot), now)?;
        if known.asks_beside(state.settings.invite_address) == InvitedAddress::Proven && !shown {
            return Err(address_not_shown().into());
        }
        let joins = state.member(joiner.person).is_none();
        let operation = Operation::AcceptInvitation { invitation: found.id, joins };
        let actor = inviter(known.inviter).ok_or_else(no_invitation)?;
        let command = Command::AcceptInvitation { invitation: found.id, person: joiner.person };
        let events = command::handle(state, command, now).map_err(|refusal| match refusal.code {
            "members-only" | "already-member" | "member-suspended" => refusal.into(),
            _ => no_invitation(),
        })?;
        match self.asked(&snapshot, &actor, operation) {
            Verdict::Allowed(permit) => Ok((permit, events)),
            Verdict::Denied(_) => Err(no_invitation()),
        }
    }

    /// What the organization calls them from now on. Who was here before is called what they were called here.
    async fn facts_about(
        &self,
        found: &Found,
        state: &Organization,
        joiner: &Joiner,
        row: &InviteeRow,
    ) -> Result<Vec<Fact>, Problem> {
        let (org, person) = (found.live.org(), joiner.person);
        let mut facts = vec![Fact::Membership { person, org }];
        if !state.members.contains_key(&person) {
            let own = match joiner.session {
                Some(_) => String::new(),
                None => self.own_name(person).await?,
            };
            let name = joiner.name.clone().or(row.name.clone()).unwrap_or(own);
            let name = if name.is_empty() { local_part(&row.email) } else { name };
            facts.push(Fact::Called { org, person, email: row.email.clone(), name });
        }
        Ok(facts)
    }

    /// Who was not known before, with their first session. They have no address of their own: that one was shown to be
    /// theirs by nobody, and somebody else may take them in elsewhere under it.
    async fn registered(&self, joiner: &Joiner, row: &InviteeRow) -> Result<Option<Box<Append>>, Problem> {
        let Some(session) = &joiner.session else { return Ok(None) };
        let person = joiner.person;
        let name = joiner.name.clone().or(row.name.clone()).unwrap_or_else(|| local_part(&row.email));
        let facts = vec![
            Fact::Person { person, email: format!("{person}@{NO_ADDRESS}"), name },
            Fact::Session(Box::new(session.clone())),
        ];
        self.register(&joiner.stamp, &[DirectoryEvent::PersonRegistered { person }], facts).await.map(Some)
    }
}

/// The organization takes nobody in at the moment.
fn no_room() -> Refusal {
    let message = "this invitation cannot be accepted at the moment; tell whoever invited you, who finds out why, and open \
                   the link again then";
    Refusal::rule("quota", message)
}
