//! One's own sessions: seen, and ended one by one or all at once. An ended session opens nothing from the moment of the
//! answer on.

use domain::directory::DirectoryEvent;
use domain::id::{PersonId, SessionId};
use domain::time::Timestamp;
use journal::{Fact, SessionRow};
use verdict::SessionProof;

use super::session::proof_of;
use super::{IDLE_MS, SignedIn};
use crate::organizations::OPERATOR;
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
    /// Whether they have shown a passkey then.
    pub by_passkey: bool,
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
            by_passkey: row.by_passkey,
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

    /// Ends all sessions that a person has, this one among them. Their keys stay: how many, see [`App::own_keys`].
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

    /// Ends all sessions of everybody, and every link and mail by which somebody could sign in. An operator's act, on the
    /// data folder, for when a copy of it was put back: what had ended since would be good again.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be written.
    pub async fn sign_everybody_out(&self) -> Result<(), Problem> {
        self.append_to_directory(OPERATOR, &[DirectoryEvent::EverybodySignedOut], vec![Fact::EndSignIns]).await?;
        self.forget(|_| true);
        self.inner.clients.forget();
        Ok(())
    }

    /// How many personal keys of theirs have not ended, in all organizations that they come to. No end of a session ends one,
    /// whether it was made in that session or not.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn own_keys(&self, signed_in: &SignedIn) -> Result<usize, Problem> {
        let (person, now) = (signed_in.proof.person, self.now());
        let mut count = 0;
        // Counted also where a passkey is asked for: it is told how many there are, and nothing else.
        for caller in self.callers_of(&SessionProof { by_passkey: true, ..signed_in.proof }).await? {
            let state = caller.live.state.lock().await;
            let theirs = state.keys.values().filter(|key| key.holder() == Some(person) && key.revoked_at.is_none());
            count += theirs.filter(|key| key.holds_at(now)).count();
        }
        Ok(count)
    }

    /// The moment of an ending of all sessions of these people that happens now: none of them began later, even where the
    /// clock went back since.
    pub(crate) async fn moment_of_ending(&self, now: Timestamp, people: Vec<PersonId>) -> Result<Timestamp, Problem> {
        let mut at = now;
        for person in people {
            // The newest comes first.
            let newest = self.inner.journal.sessions_of(person).await?.into_iter().next();
            at = at.max(newest.map_or(at, |row| row.begun_at));
        }
        Ok(at)
    }
}
