//! Mail that waits: written inside an append's transaction, read by the one who sends.

use domain::id::OrgId;
use domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::error::{AppendError, ReadError};
use crate::invitee::MailState;
use crate::mail::{MAIL_MAX, MailRow};
use crate::sqlite::facts::{FactError, id, read_all};
use crate::sqlite::{from_sql, to_sql};
use crate::stream::{EVENT_BYTES_MAX, PAGE_MAX};

/// What the row of an invitation says of its mail while that waits, and what else it can come to.
const WAITS: &str = "waits";
const SENT: &str = "sent";
const FAILED: &str = "failed";

/// Queues a mail. An invitation that it is about says so.
pub(crate) fn write(
    connection: &Connection,
    (org, about): (Option<OrgId>, Option<&str>),
    sealed: &[u8],
    at: Timestamp,
) -> Result<(), FactError> {
    if sealed.len() > EVENT_BYTES_MAX {
        let error = AppendError::TooLarge { what: "bytes of a mail", max: EVENT_BYTES_MAX };
        return Err(FactError::Refused(error));
    }
    let waiting: i64 = connection.prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))?;
    if from_sql(waiting) >= MAIL_MAX {
        let reason = format!("{MAIL_MAX} mails wait to be sent already");
        return Err(FactError::Refused(AppendError::Unavailable { reason }));
    }
    let mut insert = connection
        .prepare_cached("INSERT INTO outbox (org, about, sealed, attempts, next_at) VALUES (?1, ?2, ?3, 0, ?4)")?;
    insert.execute(params![org.as_ref().map(OrgId::as_str), about, sealed, at.0])?;
    note(connection, (org, about), (WAITS, None))
}

/// A mail waits longer after an attempt in vain.
pub(crate) fn put_off(connection: &Connection, mail: i64, next_at: Timestamp) -> Result<(), FactError> {
    let sql = "UPDATE outbox SET attempts = attempts + 1, next_at = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![mail, next_at.0])?;
    Ok(())
}

/// A mail was sent, or never will be. An invitation that it is about says so.
pub(crate) fn end(connection: &Connection, row: &MailRow, failure: Option<&str>) -> Result<(), FactError> {
    let ended = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([row.id])?;
    if ended == 0 {
        return Ok(());
    }
    let state = if failure.is_some() { FAILED } else { SENT };
    note(connection, (row.org, row.about.as_deref()), (state, failure))
}

/// No mail is sent that waits. Invitations that one is about say so.
pub(crate) fn give_up_all(connection: &Connection) -> Result<(), FactError> {
    let told =
        "UPDATE invitees SET mail_state = ?1, mail_error = 'it was given up with everything that waited; send it again'
         WHERE mail_state = ?2";
    connection.prepare_cached(told)?.execute([FAILED, WAITS])?;
    Ok(connection.execute_batch("DELETE FROM outbox")?)
}

fn note(
    connection: &Connection,
    (org, about): (Option<OrgId>, Option<&str>),
    (state, error): (&str, Option<&str>),
) -> Result<(), FactError> {
    let (Some(org), Some(about)) = (org, about) else { return Ok(()) };
    let sql = "UPDATE invitees SET mail_state = ?3, mail_error = ?4 WHERE org = ?1 AND invitation = ?2";
    connection.prepare_cached(sql)?.execute(params![org.as_str(), about, state, error])?;
    Ok(())
}

/// What the row of an invitation says of its mail.
pub(crate) fn state(state: Option<&str>, error: Option<String>) -> Option<MailState> {
    match state? {
        WAITS => Some(MailState::Waits),
        SENT => Some(MailState::Sent),
        _ => Some(MailState::Failed(error.unwrap_or_default())),
    }
}

/// Mails whose turn has come, those that wait longest first.
pub(crate) fn due(connection: &Connection, now: Timestamp, limit: usize) -> Result<Vec<MailRow>, ReadError> {
    let sql = "SELECT id, org, about, sealed, attempts, next_at FROM outbox WHERE next_at <= ?1 ORDER BY next_at, id
         LIMIT ?2";
    let row = |row: &rusqlite::Row<'_>| {
        let stored = MailRow {
            id: row.get(0)?,
            org: None,
            about: row.get(2)?,
            sealed: row.get(3)?,
            attempts: row.get(4)?,
            next_at: Timestamp(row.get(5)?),
        };
        Ok((row.get::<_, Option<String>>(1)?, stored))
    };
    let rows = read_all(connection, sql, &[&now.0, &to_sql(limit.min(PAGE_MAX) as u64)], row)?;
    let sound = |(org, stored): (Option<String>, MailRow)| {
        Ok(MailRow { org: org.map(|org| id(OrgId::parse(&org), "a mail")).transpose()?, ..stored })
    };
    rows.into_iter().map(sound).collect()
}
