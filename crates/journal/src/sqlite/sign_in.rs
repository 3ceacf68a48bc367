//! Sessions and tickets: written inside an append's transaction, read from anywhere.

use domain::id::{OrgId, PersonId, SessionId};
use domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::error::{AppendError, ReadError};
use crate::sign_in::{SessionRow, TicketRow};
use crate::sqlite::facts::{FactError, id, read_all};
use crate::stream::PAGE_MAX;

/// How long a session's row is kept after its end.
const KEPT_MS: i64 = 30 * 86_400_000;

const SESSION_COLUMNS: &str = "digest, sessions.session, person, begun_at, ends_at, way, browser_digest, address, client, \
     coalesce(session_uses.at, begun_at), shown_digest, coalesce(proven_at, begun_at), second_factor";
const TICKET_COLUMNS: &str = "digest, purpose, person, org, about, browser_digest, return_to, created_at, expires_at";

/// Writes a session, and deletes those that ended long ago.
pub(crate) fn write_session(connection: &Connection, row: &SessionRow) -> Result<(), FactError> {
    let old = "SELECT session FROM sessions WHERE ends_at < ?1";
    let before = row.begun_at.0.saturating_sub(KEPT_MS);
    for sql in [
        format!("DELETE FROM session_uses WHERE session IN ({old})"),
        "DELETE FROM sessions WHERE ends_at < ?1".to_owned(),
    ] {
        connection.prepare_cached(&sql)?.execute([before])?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO sessions (digest, session, person, begun_at, ends_at, way, browser_digest, address, client,
             shown_digest, proven_at, second_factor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    insert.execute(params![
        row.digest,
        row.session.as_str(),
        row.person.as_str(),
        row.begun_at.0,
        row.ends_at.0,
        row.way,
        row.browser,
        row.address,
        row.client,
        row.shown,
        row.proven_at.0,
        row.by_passkey,
    ])?;
    write_use(connection, row.session, row.used_at)
}

/// Notes when a session was used last; what is noted already is never set back.
pub(crate) fn write_use(connection: &Connection, session: SessionId, at: Timestamp) -> Result<(), FactError> {
    let mut note = connection.prepare_cached(
        "INSERT INTO session_uses (session, at) SELECT session, ?2 FROM sessions WHERE session = ?1
         ON CONFLICT (session) DO UPDATE SET at = max(at, excluded.at)",
    )?;
    note.execute(params![session.as_str(), at.0])?;
    Ok(())
}

/// Deletes one session, or all of a person.
pub(crate) fn end_sessions(connection: &Connection, column: SessionsOf) -> Result<(), FactError> {
    let (column, value) = match &column {
        SessionsOf::Id(session) => ("session", session.as_str()),
        SessionsOf::Person(person) => ("person", person.as_str()),
    };
    for sql in [
        format!("DELETE FROM session_uses WHERE session IN (SELECT session FROM sessions WHERE {column} = ?1)"),
        format!("DELETE FROM sessions WHERE {column} = ?1"),
    ] {
        connection.prepare_cached(&sql)?.execute([value])?;
    }
    Ok(())
}

/// Which sessions end.
pub(crate) enum SessionsOf {
    Id(SessionId),
    Person(PersonId),
}

/// Deletes every session, every ticket and every token of a connected client.
pub(crate) fn end_all(connection: &Connection) -> Result<(), FactError> {
    let all = "DELETE FROM session_uses; DELETE FROM sessions; DELETE FROM tickets; DELETE FROM client_tokens;";
    Ok(connection.execute_batch(all)?)
}

/// Writes a ticket, and deletes those that are no good any more.
pub(crate) fn write_ticket(connection: &Connection, row: &TicketRow) -> Result<(), FactError> {
    connection.prepare_cached("DELETE FROM tickets WHERE expires_at < ?1")?.execute([row.created_at.0])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO tickets (digest, purpose, person, org, about, browser_digest, return_to, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    insert.execute(params![
        row.digest,
        row.purpose,
        row.person.as_ref().map(PersonId::as_str),
        row.org.as_ref().map(OrgId::as_str),
        row.about,
        row.browser,
        row.return_to,
        row.created_at.0,
        row.expires_at.0,
    ])?;
    Ok(())
}

/// Deletes a ticket that is good for this, or refuses all that was to happen with it.
pub(crate) fn redeem(
    connection: &Connection,
    digest: &[u8; 32],
    purpose: &str,
    at: Timestamp,
) -> Result<(), FactError> {
    // INVARIANT: the row is gone before anything that follows from it is committed, so that of many who come with one
    // ticket one gets through; held by `a_ticket_is_good_once_for_its_purpose_until_its_end`.
    let mut delete =
        connection.prepare_cached("DELETE FROM tickets WHERE digest = ?1 AND purpose = ?2 AND expires_at > ?3")?;
    match delete.execute(params![digest, purpose, at.0])? {
        0 => Err(FactError::Refused(AppendError::Spent)),
        _ => Ok(()),
    }
}

pub(crate) fn session(connection: &Connection, digest: &[u8; 32]) -> Result<Option<SessionRow>, ReadError> {
    let sql = format!(
        "SELECT {SESSION_COLUMNS} FROM sessions LEFT JOIN session_uses ON session_uses.session = sessions.session
         WHERE digest = ?1"
    );
    read_all(connection, &sql, &[digest], stored_session)?.pop().map(sound_session).transpose()
}

/// A person's sessions, the newest first.
pub(crate) fn sessions_of(connection: &Connection, person: PersonId) -> Result<Vec<SessionRow>, ReadError> {
    let sql = format!(
        "SELECT {SESSION_COLUMNS} FROM sessions LEFT JOIN session_uses ON session_uses.session = sessions.session
         WHERE person = ?1 ORDER BY begun_at DESC, sessions.session LIMIT ?2"
    );
    let rows = read_all(connection, &sql, &[&person.as_str(), &(PAGE_MAX as i64)], stored_session)?;
    rows.into_iter().map(sound_session).collect()
}

pub(crate) fn ticket(connection: &Connection, digest: &[u8; 32]) -> Result<Option<TicketRow>, ReadError> {
    let sql = format!("SELECT {TICKET_COLUMNS} FROM tickets WHERE digest = ?1");
    read_all(connection, &sql, &[digest], stored_ticket)?.pop().map(sound_ticket).transpose()
}

/// A session as its row holds it, with the two ids that are still to be read.
type StoredSession = (String, String, SessionRow);

fn stored_session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    let (session, person) = (row.get(1)?, row.get(2)?);
    let stored = SessionRow {
        digest: row.get(0)?,
        session: SessionId::from_random([0; 20]),
        person: PersonId::from_random([0; 20]),
        begun_at: Timestamp(row.get(3)?),
        ends_at: Timestamp(row.get(4)?),
        way: row.get(5)?,
        browser: row.get(6)?,
        address: row.get(7)?,
        client: row.get(8)?,
        used_at: Timestamp(row.get(9)?),
        shown: row.get(10)?,
        proven_at: Timestamp(row.get(11)?),
        by_passkey: row.get(12)?,
    };
    Ok((session, person, stored))
}

fn sound_session((session, person, stored): StoredSession) -> Result<SessionRow, ReadError> {
    let session = id(SessionId::parse(&session), "a session")?;
    Ok(SessionRow { session, person: id(PersonId::parse(&person), "a session")?, ..stored })
}

/// A ticket as its row holds it, with the two ids that are still to be read.
type StoredTicket = (Option<String>, Option<String>, TicketRow);

fn stored_ticket(row: &Row<'_>) -> rusqlite::Result<StoredTicket> {
    let (person, org) = (row.get(2)?, row.get(3)?);
    let stored = TicketRow {
        digest: row.get(0)?,
        purpose: row.get(1)?,
        person: None,
        org: None,
        about: row.get(4)?,
        browser: row.get(5)?,
        return_to: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        expires_at: Timestamp(row.get(8)?),
    };
    Ok((person, org, stored))
}

fn sound_ticket((person, org, stored): StoredTicket) -> Result<TicketRow, ReadError> {
    let person = person.map(|text| id(PersonId::parse(&text), "a ticket")).transpose()?;
    let org = org.map(|text| id(OrgId::parse(&text), "a ticket")).transpose()?;
    Ok(TicketRow { person, org, ..stored })
}
