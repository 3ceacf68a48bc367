//! One's own sessions: seen, and ended one by one or all at once. An ended session opens nothing from the moment of the
//! answer on.

use domain::directory::DirectoryEvent;
use domain::id::SessionId;
use domain::time::Timestamp;
use journal::{Fact, SessionRow};

use super::session::proof_of;
use super::{IDLE_MS, SignedIn};
use crate::{App, Problem};

/// A session, as its person sees it.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Whether it is the one in which it is looked at.
    pub is_this: bool,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it was used last, to within ten minutes.
    pub used_at: Timestamp,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
    /// How its person signed in, in a word.
    pub way: String,
    /// The network address from which it began.
    pub address: Option<String>,
    /// The browser, as it states itself.
    pub client: Option<String>,
}

impl App {
    /// The sessions that a person has, the newest first.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn sessions(&self, signed_in: &SignedIn) -> Result<Vec<SessionView>, Problem> {
        let now = self.now();
        let rows = self.inner.journal.sessions_of(signed_in.proof.person).await?;
        let is_this = |row: &SessionRow| row.session == signed_in.proof.session;
        // The one that is used at this moment is not idle, whatever was noted.
        let lasts = |row: &SessionRow| {
            now < row.ends_at
                && (is_this(row) || now.0 < row.used_at.0.saturating_add(IDLE_MS))
                && !self.inner.endings.has(&proof_of(row))
        };
        let view = |row: SessionRow| SessionView {
            id: row.session,
            is_this: is_this(&row),
            begun_at: row.begun_at,
            used_at: if is_this(&row) { now } else { row.used_at },
            ends_at: row.ends_at,
            way: row.way,
            address: row.address,
            client: row.client,
        };
        Ok(rows.into_iter().filter(lasts).map(view).collect())
    }

    /// Ends one of a person's own sessions.
    ///
    /// # Errors
    /// [`Problem::Missing`] where they have no such session, whoever else has.
    pub async fn end_session(&self, signed_in: &SignedIn, session: &str) -> Result<(), Problem> {
        let missing = || Problem::missing("session");
        let session = SessionId::parse(session).map_err(|_| missing())?;
        let mut theirs = self.inner.journal.sessions_of(signed_in.proof.person).await?.into_iter();
        let row = theirs.find(|row| row.session == session).ok_or_else(missing)?;
        let ended = DirectoryEvent::SessionEnded { person: row.person, session, until: row.ends_at };
        self.append_to_directory(&signed_in.stamp(), &[ended], vec![Fact::EndSession { session }]).await?;
        self.forget(|row| row.session == session);
        Ok(())
    }

    /// Ends all sessions that a person has, this one among them.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be written.
    pub async fn end_all_sessions(&self, signed_in: &SignedIn) -> Result<(), Problem> {
        let person = signed_in.proof.person;
        let ended = DirectoryEvent::SessionsEnded { person };
        self.append_to_directory(&signed_in.stamp(), &[ended], vec![Fact::EndSessionsOf { person }]).await?;
        self.forget(|row| row.person == person);
        Ok(())
    }
}
