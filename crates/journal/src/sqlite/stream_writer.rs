//! The one thread that writes `journal.db`.
//!
//! It takes what waits, writes it in one transaction with a savepoint for each append, commits (synced), and
//! only then answers. One append that is refused leaves the others of its group untouched.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use domain::credential::CredentialId;
use domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::chain::{EventLink, Hash, START, event_hash};
use crate::error::{AppendError, OpenError};
use crate::sqlite::facts::{self, FactError};
use crate::sqlite::folder::BUSY_WAIT;
use crate::sqlite::last_uses::{self, LastUses};
use crate::sqlite::{from_sql, to_sql};
use crate::stream::{
    APPEND_BYTES_MAX, Append, Appended, EVENT_BYTES_MAX, EVENTS_MAX, FACTS_MAX, STATE_BYTES_MAX, SavedState, StreamId,
};

/// Most appends in one transaction.
const GROUP_MAX: usize = 256;

pub(crate) type AppendAnswer = Result<Vec<Appended>, AppendError>;

/// What the thread can be asked for.
pub(crate) enum Command {
    Append {
        appends: Vec<Append>,
        reply: oneshot::Sender<AppendAnswer>,
    },
    PutState {
        stream: StreamId,
        state: SavedState,
        reply: oneshot::Sender<Result<(), AppendError>>,
    },
    /// Uses of sessions and clients wait. They are written with every group; this makes one where there is none.
    Used,
    #[cfg(test)]
    LimitPages {
        pages: i64,
        reply: oneshot::Sender<()>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// An answer that is held back until its group is committed.
enum Answer {
    Append(oneshot::Sender<AppendAnswer>, AppendAnswer),
    PutState(oneshot::Sender<Result<(), AppendError>>, Result<(), AppendError>),
}

struct Writer {
    connection: Connection,
    last_uses: Arc<LastUses>,
    /// Something was erased and still stands in the write-ahead log.
    erased: bool,
    /// Keeps the folder ours until the last write is done.
    _lock: Arc<File>,
}

/// Starts the thread.
pub(crate) fn start(
    connection: Connection,
    commands: mpsc::Receiver<Command>,
    last_uses: Arc<LastUses>,
    lock: Arc<File>,
) -> Result<(), OpenError> {
    let writer = Writer { connection, last_uses, erased: false, _lock: lock };
    let unusable = |error: std::io::Error| OpenError::Unusable {
        path: "journal.db".into(),
        reason: format!("no thread for its writer: {error}"),
    };
    thread::Builder::new().name("journal-writer".into()).spawn(move || writer.run(commands)).map_err(unusable)?;
    Ok(())
}

impl Writer {
    fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut group = Vec::with_capacity(GROUP_MAX);
        let mut closing: Vec<oneshot::Sender<()>> = Vec::new();
        loop {
            // After `close` the channel takes nothing new; what was accepted before is still written.
            if commands.blocking_recv_many(&mut group, GROUP_MAX) == 0 {
                break;
            }
            let mut writes = Vec::with_capacity(group.len());
            for command in group.drain(..) {
                match command {
                    Command::Close { reply } => {
                        commands.close();
                        closing.push(reply);
                    }
                    #[cfg(test)]
                    Command::LimitPages { pages, reply } => {
                        let limited =
                            self.connection
                                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0));
                        debug_assert!(limited.is_ok());
                        let _ = reply.send(());
                    }
                    write => writes.push(write),
                }
            }
            if !writes.is_empty() {
                self.write_group(writes);
            }
            if self.erased && commands.is_empty() {
                self.forget_log();
            }
        }
        self.write_group(Vec::new());
        self.forget_log();
        let Writer { connection, _lock, .. } = self;
        drop(connection);
        drop(_lock);
        for reply in closing {
            // Whoever asked may have gone; there is nobody else to tell.
            let _ = reply.send(());
        }
    }

    /// Copies the log into the database file and empties it, so that erased values are in neither. Does not wait
    /// for readers, since appends would wait with it: where one is in the way, the next quiet moment will do.
    fn forget_log(&mut self) {
        match self.truncate_log() {
            Ok(0) => self.erased = false,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the journal's log could not be copied into its file"),
        }
    }

    fn truncate_log(&self) -> rusqlite::Result<i64> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let busy = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        self.connection.busy_timeout(BUSY_WAIT)?;
        busy
    }

    fn write_group(&mut self, commands: Vec<Command>) {
        let mut answers = Vec::with_capacity(commands.len());
        let uses = self.last_uses.take();
        if commands.is_empty() && uses.is_empty() {
            return;
        }
        let result = self.write_transaction(commands, &mut answers, &uses);
        if let Err(error) = &result {
            tracing::error!(%error, "nothing could be written to the journal");
            // Where SQLite has rolled back by itself this says so and changes nothing.
            let _ = self.connection.execute_batch("ROLLBACK");
            self.last_uses.give_back(uses);
        }
        for answer in answers {
            let failed = result.as_ref().err().map(AppendError::unavailable);
            // A caller that went away does not need its answer.
            match answer {
                Answer::Append(reply, answer) => drop(reply.send(failed.map_or(answer, Err))),
                Answer::PutState(reply, answer) => drop(reply.send(failed.map_or(answer, Err))),
            }
        }
    }

    /// Writes and commits a group. Every command has its answer in `answers`, whatever comes of the commit.
    fn write_transaction(
        &mut self,
        commands: Vec<Command>,
        answers: &mut Vec<Answer>,
        uses: &HashMap<CredentialId, Timestamp>,
    ) -> rusqlite::Result<()> {
        let mut broken = self.connection.execute_batch("BEGIN IMMEDIATE").err();
        for command in commands {
            match command {
                Command::Append { appends, reply } => {
                    let answer = self.in_savepoint(&mut broken, |writer| writer.append(&appends));
                    answers.push(Answer::Append(reply, answer));
                }
                Command::PutState { stream, state, reply } => {
                    let answer = self.in_savepoint(&mut broken, |writer| writer.put_state(stream, &state));
                    answers.push(Answer::PutState(reply, answer));
                }
                #[cfg(test)]
                Command::LimitPages { .. } => {}
                Command::Used | Command::Close { .. } => {}
            }
        }
        // After whatever ended sessions, so that nothing is noted of those.
        let noted = self.in_savepoint(&mut broken, |writer| last_uses::write(&writer.connection, uses));
        if let (Err(error), None) = (noted, &broken) {
            tracing::warn!(%error, "when sessions and clients were used could not be noted");
        }
        match broken {
            Some(error) => Err(error),
            None => self.connection.execute_batch("COMMIT"),
        }
    }

    /// Runs one command so that its failure undoes itself alone. `broken` holds what ended the whole group.
    fn in_savepoint<T>(
        &mut self,
        broken: &mut Option<rusqlite::Error>,
        write: impl FnOnce(&mut Writer) -> Result<T, FactError>,
    ) -> Result<T, AppendError> {
        if let Some(error) = broken {
            return Err(AppendError::unavailable(error));
        }
        let result = match self.connection.execute_batch("SAVEPOINT one") {
            Ok(()) => write(self),
            Err(error) => Err(FactError::Broken(error)),
        };
        let answer = match result {
            Ok(value) => match self.connection.execute_batch("RELEASE one") {
                Ok(()) => return Ok(value),
                Err(error) => Err(AppendError::unavailable(error)),
            },
            Err(FactError::Refused(error)) => Err(error),
            Err(FactError::Broken(error)) => Err(AppendError::unavailable(error)),
        };
        // Some failures (a full disk among them) make SQLite end the transaction; then the group is lost.
        if let Err(error) = self.connection.execute_batch("ROLLBACK TO one; RELEASE one") {
            *broken = Some(error);
        }
        answer
    }

    fn append(&mut self, appends: &[Append]) -> Result<Vec<Appended>, FactError> {
        let mut appended = Vec::with_capacity(appends.len());
        let mut bytes = 0usize;
        for append in appends {
            check_size(append, &mut bytes)?;
            let (seq, hash) = head(&self.connection, append.stream)?;
            if seq != append.expected {
                return Err(FactError::Refused(AppendError::Conflict { stream: append.stream, head: seq }));
            }
            appended.push(self.append_events(append, seq, hash)?);
            for fact in &append.facts {
                self.erased |= facts::write(&self.connection, fact)?;
            }
        }
        Ok(appended)
    }

    fn append_events(&self, append: &Append, mut seq: u64, mut hash: Hash) -> Result<Appended, FactError> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO streams (stream, seq, at, actor, body, prev_hash, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let stream = append.stream.as_str();
        for body in &append.events {
            seq += 1;
            let prev = hash;
            let link = EventLink {
                stream: stream.as_bytes(),
                seq: to_sql(seq),
                at: append.at.0,
                actor: append.actor.as_bytes(),
                body,
            };
            hash = event_hash(&prev, &link);
            insert.execute(params![stream, link.seq, link.at, append.actor, body, prev, hash])?;
        }
        Ok(Appended { stream: append.stream, seq, hash })
    }

    /// Saves a state and keeps the newest two: if one is found damaged, the other is still nearer than nothing.
    fn put_state(&mut self, stream: StreamId, state: &SavedState) -> Result<(), FactError> {
        if state.bytes.len() > STATE_BYTES_MAX {
            let error = AppendError::TooLarge { what: "bytes of a state", max: STATE_BYTES_MAX };
            return Err(FactError::Refused(error));
        }
        let checksum: Hash = Sha256::digest(&state.bytes).into();
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO states (stream, seq, format, checksum, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![stream.as_str(), to_sql(state.seq), state.format, checksum, state.bytes])?;
        self.connection
            .prepare_cached(
                "DELETE FROM states WHERE stream = ?1 AND seq NOT IN
                 (SELECT seq FROM states WHERE stream = ?1 ORDER BY seq DESC LIMIT 2)",
            )?
            .execute([stream.as_str()])?;
        Ok(())
    }
}

fn check_size(append: &Append, bytes: &mut usize) -> Result<(), FactError> {
    let too_large = |what, max| Err(FactError::Refused(AppendError::TooLarge { what, max }));
    if append.events.len() > EVENTS_MAX {
        return too_large("events", EVENTS_MAX);
    }
    if append.facts.len() > FACTS_MAX {
        return too_large("facts", FACTS_MAX);
    }
    for event in &append.events {
        if event.len() > EVENT_BYTES_MAX {
            return too_large("bytes of an event", EVENT_BYTES_MAX);
        }
        *bytes = bytes.saturating_add(event.len());
    }
    if *bytes > APPEND_BYTES_MAX { too_large("bytes", APPEND_BYTES_MAX) } else { Ok(()) }
}

/// The number and hash of a stream's newest event.
pub(crate) fn head(connection: &Connection, stream: StreamId) -> rusqlite::Result<(u64, Hash)> {
    let mut newest =
        connection.prepare_cached("SELECT seq, hash FROM streams WHERE stream = ?1 ORDER BY seq DESC LIMIT 1")?;
    let row =
        newest.query_row([stream.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?))).optional()?;
    Ok(row.map_or((0, START), |(seq, hash)| (from_sql(seq), hash)))
}
