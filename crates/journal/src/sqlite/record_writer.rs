//! The one writer of `records.db`; who sits at it is for the desk to say.
//!
//! It is given a group of rows, adds them to their chains in one transaction, commits (written, not synced),
//! answers those who need no more than that and hands the others to the syncer. Outcomes that could not be written
//! are kept, within a bound, and tried again.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use domain::record::{Durability, Intent, Outcome, OutcomeStatus, RecordRef};
use domain::time::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::RecordError;
use crate::sqlite::key_uses;
use crate::sqlite::record_book::{Book, CLOSE_MAX, open_earlier};
use crate::sqlite::record_desk::{Errand, Row};
use crate::sqlite::record_threads::Surroundings;
use crate::sqlite::syncer::{NeverSent, Waiter};

/// Most outcomes that are kept while the disk is full. Those on top are closed as unknown at the next start.
const OWED_MAX: usize = 4_096;

type BeginReply = oneshot::Sender<Result<RecordRef, RecordError>>;
type EndReply = oneshot::Sender<Result<(), RecordError>>;

/// A row that is written and waits for its group's commit.
enum Pending {
    Begun { record: RecordRef, at: Timestamp, durability: Durability, reply: BeginReply },
    Ended { record: RecordRef, outcome: Outcome, found: bool, reply: Option<EndReply> },
}

pub(crate) struct Writer {
    book: Book,
    around: Surroundings,
    pending: Vec<Pending>,
    waiters: Vec<Waiter>,
    owed: VecDeque<(RecordRef, Outcome)>,
}

impl Writer {
    pub(crate) fn new(book: Book, around: Surroundings) -> Writer {
        Writer { book, around, pending: Vec::new(), waiters: Vec::new(), owed: VecDeque::new() }
    }

    /// Begins a transaction if nobody else has the file locked; `false` where that cannot be done at once.
    pub(crate) fn begin_at_once(&mut self) -> bool {
        self.book.begin_group_at_once().is_ok()
    }

    /// Writes the rows of a group and answers.
    pub(crate) fn write_group(&mut self, group: &mut Vec<Row>) {
        if self.owed.is_empty() && group.is_empty() {
            return;
        }
        let begun = self.book.begin_group();
        self.write_rows(group, begun.err());
    }

    /// The same after [`Writer::begin_at_once`].
    pub(crate) fn write_begun(&mut self, group: &mut Vec<Row>) {
        self.write_rows(group, None);
    }

    fn write_rows(&mut self, group: &mut Vec<Row>, mut failed: Option<rusqlite::Error>) {
        let suspect = self.around.syncer.is_suspect();
        for (record, outcome) in std::mem::take(&mut self.owed) {
            self.end(record, outcome, None, &mut failed);
        }
        for row in group.drain(..) {
            match row {
                Row::Begin { reply, .. } if suspect => {
                    let _ = reply.send(Err(RecordError::unavailable("the disk failed to keep earlier records")));
                }
                Row::Begin { intent, durability, reply } => self.begin(&intent, durability, reply, &mut failed),
                Row::Finish { record, outcome, reply } => self.end(record, outcome, reply, &mut failed),
            }
        }
        let result = match failed {
            None => self.book.commit_group(),
            Some(error) => Err(error),
        };
        match result {
            Ok(()) => self.answer_written(),
            Err(error) => self.answer_failed(&error),
        }
    }

    fn begin(
        &mut self,
        intent: &Intent,
        durability: Durability,
        reply: BeginReply,
        failed: &mut Option<rusqlite::Error>,
    ) {
        let at = intent.at;
        let result = match failed {
            None => self.book.add_intent(intent),
            // The group is lost; this one is answered with the others.
            Some(_) => Ok(RecordRef { org: intent.org, seq: 0 }),
        };
        let record = result.unwrap_or_else(|error| {
            *failed = Some(error);
            RecordRef { org: intent.org, seq: 0 }
        });
        self.pending.push(Pending::Begun { record, at, durability, reply });
    }

    fn end(
        &mut self,
        record: RecordRef,
        outcome: Outcome,
        reply: Option<EndReply>,
        failed: &mut Option<rusqlite::Error>,
    ) {
        let mut found = false;
        if failed.is_none() {
            match self.book.add_outcome(&record, &outcome) {
                Ok(open) => found = open,
                Err(error) => *failed = Some(error),
            }
        }
        self.pending.push(Pending::Ended { record, outcome, found, reply });
    }

    /// Gives the connection back.
    pub(crate) fn into_connection(self) -> Connection {
        self.book.into_connection()
    }

    fn answer_written(&mut self) {
        let rows = self.pending.len() as u64;
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Begun { record, at, durability: Durability::Synced, reply } => {
                    self.waiters.push(Waiter { record, at, reply });
                }
                Pending::Begun { record, at, durability: Durability::Written, reply } => {
                    if reply.send(Ok(record)).is_err() {
                        owe(&mut self.owed, record, never_sent(at));
                    }
                }
                Pending::Ended { record, found, reply, .. } => {
                    let answer = if found { Ok(()) } else { Err(RecordError::NotOpen { record }) };
                    match reply {
                        Some(reply) => drop(reply.send(answer)),
                        None if found => {}
                        None => {
                            tracing::warn!(org = %record.org, seq = record.seq, "an outcome came for no open record")
                        }
                    }
                }
            }
        }
        self.around.rows.fetch_add(rows, Ordering::Relaxed);
        self.around.syncer.written(&mut self.waiters);
    }

    fn answer_failed(&mut self, error: &rusqlite::Error) {
        tracing::error!(%error, "records cannot be written; calls are refused");
        self.book.abandon_group();
        for pending in self.pending.drain(..) {
            // A caller that went away does not need its answer.
            match pending {
                Pending::Begun { reply, .. } => drop(reply.send(Err(RecordError::unavailable(error)))),
                Pending::Ended { reply: Some(reply), .. } => drop(reply.send(Err(RecordError::unavailable(error)))),
                Pending::Ended { record, outcome, reply: None, .. } => owe(&mut self.owed, record, outcome),
            }
        }
    }

    /// Does what a thread was sent for.
    pub(crate) fn obey(&mut self, errand: Errand) {
        match errand {
            Errand::CloseOpen { now, reply } => drop(reply.send(self.close_open(now))),
            Errand::Settle { key_uses, reply } => {
                if key_uses {
                    self.flush_key_uses();
                }
                let _ = reply.send(());
            }
            Errand::EraseKeyUse { org, key, reply } => {
                self.around.key_uses.forget(org, key);
                let erased = key_uses::erase(self.book.connection(), org, key).map_err(RecordError::unavailable);
                let _ = reply.send(erased);
            }
            Errand::Tick => self.tick(),
            Errand::Checkpoint => self.checkpoint(),
            #[cfg(test)]
            Errand::LimitPages { pages, reply } => {
                let sql = format!("PRAGMA max_page_count = {pages}");
                let limited = self.book.connection().query_row(&sql, [], |row| row.get::<_, i64>(0));
                debug_assert!(limited.is_ok());
                let _ = reply.send(());
            }
            // The desk sees to closing.
            Errand::Close { .. } => {}
        }
    }

    /// What is done once a second.
    pub(crate) fn tick(&mut self) {
        for NeverSent { record, at } in self.around.syncer.take_never_sent() {
            owe(&mut self.owed, record, never_sent(at));
        }
        if !self.owed.is_empty() {
            self.write_group(&mut Vec::new());
        }
        self.flush_key_uses();
        if let Err(error) = self.book.settle() {
            tracing::warn!(%error, "the open records could not be noted yet");
        }
    }

    fn flush_key_uses(&self) {
        if let Err(error) = self.around.key_uses.flush(self.book.connection()) {
            tracing::warn!(%error, "the last use of keys could not be written yet");
        }
    }

    /// Finishes the keeper's copy of the log; with nobody writing it reaches the last frame, so that the next
    /// write starts the log again from the front.
    fn checkpoint(&self) {
        let copied: rusqlite::Result<i64> =
            self.book.connection().query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0));
        if let Err(error) = copied {
            tracing::warn!(%error, "the log of the records could not be copied into its file");
        }
    }

    fn close_open(&mut self, now: Timestamp) -> Result<u64, RecordError> {
        let mut closed = 0;
        loop {
            let open = open_earlier(self.book.connection()).map_err(RecordError::unavailable)?;
            let written = self.close_some(&open, now);
            if let Err(error) = written {
                self.book.abandon_group();
                return Err(RecordError::unavailable(error));
            }
            self.around.syncer.written(&mut self.waiters);
            closed += open.len() as u64;
            if open.len() < CLOSE_MAX {
                return Ok(closed);
            }
        }
    }

    fn close_some(&mut self, open: &[RecordRef], now: Timestamp) -> rusqlite::Result<()> {
        if open.is_empty() {
            return Ok(());
        }
        let outcome = Outcome {
            at: now,
            status: OutcomeStatus::Unknown,
            latency_us: 0,
            request_bytes: 0,
            response_bytes: 0,
            detail: Some("stopped".to_owned()),
        };
        self.book.begin_group()?;
        for record in open {
            self.book.add_outcome(record, &outcome)?;
        }
        self.book.commit_group()
    }
}

/// What is written about an intent whose caller never learned that it may go on.
pub(crate) fn never_sent(at: Timestamp) -> Outcome {
    let detail = Some("never_sent".to_owned());
    Outcome { at, status: OutcomeStatus::Cancelled, latency_us: 0, request_bytes: 0, response_bytes: 0, detail }
}

fn owe(owed: &mut VecDeque<(RecordRef, Outcome)>, record: RecordRef, outcome: Outcome) {
    if owed.len() < OWED_MAX {
        owed.push_back((record, outcome));
    } else {
        tracing::error!(org = %record.org, seq = record.seq, "an outcome is lost; the next start closes its record as unknown");
    }
}
