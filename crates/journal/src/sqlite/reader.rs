//! Reads streams and saved states.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};

use domain::time::Timestamp;

use crate::chain::Hash;
use crate::error::ReadError;
use crate::sqlite::{from_sql, to_sql};
use crate::stream::{PAGE_MAX, SavedState, StoredEvent, StreamId};
use crate::verification::{ChainHead, JournalFile};

/// Most bytes of events that one read returns; a read always returns at least one event.
const READ_BYTES_MAX: usize = 16 << 20;

fn event(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        seq: from_sql(row.get(0)?),
        at: Timestamp(row.get(1)?),
        actor: row.get(2)?,
        body: row.get(3)?,
        hash: row.get(4)?,
    })
}

fn events(
    connection: &Connection,
    sql: &str,
    stream: StreamId,
    from: i64,
    limit: usize,
) -> Result<Vec<StoredEvent>, ReadError> {
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let limit = to_sql(limit.min(PAGE_MAX) as u64);
    let mut rows = statement.query(params![stream.as_str(), from, limit]).map_err(ReadError::unavailable)?;
    let mut found = Vec::new();
    let mut bytes = 0usize;
    while let Some(row) = rows.next().map_err(ReadError::unavailable)? {
        let event = event(row).map_err(|_| ReadError::Damaged { what: format!("an event of {stream}") })?;
        bytes = bytes.saturating_add(event.body.len());
        found.push(event);
        if bytes >= READ_BYTES_MAX {
            break;
        }
    }
    Ok(found)
}

pub(crate) fn read(
    connection: &Connection,
    stream: StreamId,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, ReadError> {
    let sql = "SELECT seq, at, actor, body, hash FROM streams WHERE stream = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    events(connection, sql, stream, to_sql(after), limit)
}

pub(crate) fn read_back(
    connection: &Connection,
    stream: StreamId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<StoredEvent>, ReadError> {
    let sql =
        "SELECT seq, at, actor, body, hash FROM streams WHERE stream = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
    events(connection, sql, stream, before.map_or(i64::MAX, to_sql), limit)
}

/// The newest state that is whole and belongs to the stream as it stands.
pub(crate) fn latest_state(connection: &Connection, stream: StreamId) -> Result<Option<SavedState>, ReadError> {
    let sql = "SELECT seq, format, checksum, bytes FROM states AS state WHERE stream = ?1
               AND (seq = 0 OR EXISTS (SELECT 1 FROM streams WHERE stream = ?1 AND seq = state.seq))
               ORDER BY seq DESC LIMIT 2";
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let mut rows = statement.query([stream.as_str()]).map_err(ReadError::unavailable)?;
    while let Some(row) = rows.next().map_err(ReadError::unavailable)? {
        let read = |row: &Row<'_>| -> rusqlite::Result<(SavedState, Hash)> {
            let state = SavedState { seq: from_sql(row.get(0)?), format: row.get(1)?, bytes: row.get(3)? };
            Ok((state, row.get(2)?))
        };
        // A damaged cache is no cache: the events are still there.
        let Ok((state, checksum)) = read(row) else { continue };
        if <Hash>::from(Sha256::digest(&state.bytes)) == checksum {
            return Ok(Some(state));
        }
    }
    Ok(None)
}

/// The newest row of each chain of a file, in the order of their names, found without reading the chains.
pub(crate) fn heads(
    connection: &Connection,
    file: JournalFile,
    after: &str,
    limit: usize,
) -> Result<Vec<ChainHead>, ReadError> {
    let (next, newest) = match file {
        JournalFile::Journal => (
            "SELECT stream FROM streams WHERE stream > ?1 ORDER BY stream LIMIT 1",
            "SELECT seq, hash FROM streams WHERE stream = ?1 ORDER BY seq DESC LIMIT 1",
        ),
        JournalFile::Records => (
            "SELECT org FROM records WHERE org > ?1 ORDER BY org LIMIT 1",
            "SELECT seq, hash FROM records WHERE org = ?1 ORDER BY seq DESC LIMIT 1",
        ),
    };
    let mut next = connection.prepare_cached(next).map_err(ReadError::unavailable)?;
    let mut newest = connection.prepare_cached(newest).map_err(ReadError::unavailable)?;
    let mut heads: Vec<ChainHead> = Vec::new();
    while heads.len() < limit.min(PAGE_MAX) {
        let last = heads.last().map_or(after, |head| head.stream.as_str());
        let stream: Option<String> =
            next.query_row([last], |row| row.get(0)).optional().map_err(ReadError::unavailable)?;
        let Some(stream) = stream else { break };
        let (seq, hash) = newest
            .query_row([&stream], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?)))
            .map_err(ReadError::unavailable)?;
        heads.push(ChainHead { file, stream, seq: from_sql(seq), hash });
    }
    Ok(heads)
}
