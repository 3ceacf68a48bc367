//! The sessions in which a member comes to the organization, as those see them who end credentials of others, and their
//! end there. Elsewhere they go on: what else the person belongs to is nobody's business here.

use domain::command::Command;
use domain::id::{PersonId, SessionId};
use domain::time::Timestamp;
use journal::SessionRow;
use verdict::{Credential, NotAdmitted, Operation};

use crate::change::Along;
use crate::sign_in::{IDLE_MS, proof_of};
use crate::{App, Caller, Problem};

/// A session of a member. From where it was begun is the person's own.
#[derive(Clone, Debug)]
pub struct MemberSession {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it was used last, to within ten minutes.
    pub used_at: Timestamp,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
    /// How its person signed in, in a word.
    pub way: String,
    /// Whether they have shown a passkey then, by itself or as well.
    pub by_passkey: bool,
    /// The browser, as it states itself.
    pub client: Option<String>,
}

impl App {
    /// The sessions that open the organization for a member, the newest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] without `key.issue`, or about somebody above the caller.
    pub async fn member_sessions(&self, caller: &Caller, member: &str) -> Result<Vec<MemberSession>, Problem> {
        let member = self.member_named(caller, member).await?;
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewSessions { member }).await?;
        let view = |row: SessionRow| MemberSession {
            id: row.session,
            begun_at: row.begun_at,
            used_at: row.used_at,
            ends_at: row.ends_at,
            way: row.way,
            by_passkey: row.by_passkey,
            client: row.client,
        };
        Ok(self.sessions_here(caller, member).await?.into_iter().map(view).collect())
    }

    /// Ends a session of a member here, or all of them. When this returns, none of them opens the organization.
    ///
    /// # Errors
    /// As [`App::member_sessions`]; [`Problem::Missing`] where there is no such session.
    pub async fn end_member_sessions(
        &self,
        caller: &Caller,
        member: &str,
        session: Option<&str>,
    ) -> Result<(), Problem> {
        let person = self.member_named(caller, member).await?;
        let operation = Operation::EndSessions { member: person };
        let command = match session {
            None => Command::EndSessions { person },
            Some(session) => {
                // Whoever may end none learns of none.
                let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
                let named = SessionId::parse(session).ok();
                let mut here = self.sessions_here(caller, person).await?.into_iter();
                let row = here.find(|row| Some(row.session) == named).ok_or_else(|| Problem::missing("session"))?;
                Command::EndSession { person, session: row.session, until: row.ends_at }
            }
        };
        self.change(caller, operation, |_| Ok(command.clone()), Along::default()).await.map(|_| ())
    }

    /// The sessions of a person that open the organization at this moment, or would where they were not suspended or no
    /// passkey was asked of them.
    pub(crate) async fn sessions_here(&self, caller: &Caller, person: PersonId) -> Result<Vec<SessionRow>, Problem> {
        self.inner.endings.load(&self.inner.journal).await?;
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let rows = self.inner.journal.sessions_of(person).await?;
        let opens = |row: &SessionRow| {
            let proof = proof_of(row);
            now.0 < row.used_at.0.saturating_add(IDLE_MS)
                && !self.inner.endings.has(&proof)
                && matches!(
                    snapshot.admit(Credential::Session(proof), now),
                    Ok(_) | Err(NotAdmitted::MemberSuspended | NotAdmitted::PasskeyNeeded)
                )
        };
        Ok(rows.into_iter().filter(opens).collect())
    }
}
