//! The one writer of `records.db`; who sits at it is for the desk to say.
//!
//! It is given a group of rows, adds them to their chains in one transaction, commits (written, not synced),
//! answers those who need no more than that and hands the others to the syncer. Outcomes that could not be written
//! are kept, within a bound, and tried again.
//!
//! Whoever writes may break off half way. The next one to write undoes that group first and answers its callers;
//! for the same reason nothing is logged while a group is half done or half answered.

use std::fmt::Display;
use std::sync::atomic::Ordering;

use domain::record::{Durability, Intent, Outcome, OutcomeStatus, RecordRef};
use domain::time::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::RecordError;
use crate::sqlite::keeper::checkpoint;
use crate::sqlite::key_uses;
use crate::sqlite::record_book::{Book, CLOSE_MAX, open_earlier};
use crate::sqlite::record_desk::{Errand, Row};
use crate::sqlite::record_owed::{Owed, never_sent};
use crate::sqlite::record_threads::Surroundings;
use crate::sqlite::syncer::{NeverSent, Waiter};

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
    owed: Owed,
    /// The next group breaks off before its commit; in the writer's thread, or in a caller's.
    #[cfg(test)]
    breaks_in_thread: Option<bool>,
}

impl Writer {
    pub(crate) fn new(book: Book, around: Surroundings) -> Writer {
        Writer {
            book,
            around,
            pending: Vec::new(),
            waiters: Vec::new(),
            owed: Owed::default(),
            #[cfg(test)]
            breaks_in_thread: None,
        }
    }

    /// Outcomes that the next group writes on top of its own rows.
    pub(crate) fn owed(&self) -> usize {
        self.owed.len()
    }

    /// Begins a transaction if that waits for nothing: neither for another process that has the file locked, nor
    /// for the disk, which SQLite waits for when a group starts the log anew. `false` where it would.
    pub(crate) fn begin_at_once(&mut self) -> bool {
        self.recover();
        !self.around.log_starts_anew.load(Ordering::Relaxed) && self.book.begin_group_at_once().is_ok()
    }

    /// Undoes what somebody left half done.
    fn recover(&mut self) {
        if !self.pending.is_empty() {
            self.answer_failed(&"writing them broke off");
        } else if self.book.is_half_done() {
            self.book.abandon_group();
        }
    }

    /// Writes the rows of a group and answers.
    pub(crate) fn write_group(&mut self, group: &mut Vec<Row>) {
        self.recover();
        if self.owed() == 0 && group.is_empty() {
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
        for (record, outcome) in self.owed.take() {
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
        #[cfg(test)]
        self.break_off();
        let result = match failed {
            None => self.book.commit_group(),
            Some(error) => Err(error),
        };
        match result {
            Ok(()) => {
                self.around.log_starts_anew.store(false, Ordering::Relaxed);
                self.answer_written();
            }
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

    /// Tries a last time to write what is owed, and gives the connection back.
    pub(crate) fn into_connection(mut self) -> Connection {
        self.tick();
        if self.owed() > 0 {
            let outcomes = self.owed();
            tracing::error!(outcomes, "outcomes could not be written; the next start closes their records as unknown");
        }
        self.book.into_connection()
    }

    fn answer_written(&mut self) {
        let rows = self.pending.len() as u64;
        let mut stray = None;
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Begun { record, at, durability: Durability::Synced, reply } => {
                    self.waiters.push(Waiter { record, at, reply });
                }
                Pending::Begun { record, at, durability: Durability::Written, reply } => {
                    if reply.send(Ok(record)).is_err() {
                        self.owed.add(record, never_sent(at));
                    }
                }
                Pending::Ended { record, found, reply, .. } => {
                    let answer = if found { Ok(()) } else { Err(RecordError::NotOpen { record }) };
                    match reply {
                        Some(reply) => drop(reply.send(answer)),
                        None if found => {}
                        None => stray = Some(record),
                    }
                }
            }
        }
        self.around.rows.fetch_add(rows, Ordering::Relaxed);
        self.around.syncer.written(&mut self.waiters);
        if let Some(record) = stray {
            tracing::warn!(org = %record.org, seq = record.seq, "an outcome came for no open record");
        }
        self.owed.log_lost();
    }

    fn answer_failed(&mut self, error: &dyn Display) {
        self.book.abandon_group();
        for pending in self.pending.drain(..) {
            // A caller that went away does not need its answer.
            match pending {
                Pending::Begun { reply, .. } => drop(reply.send(Err(RecordError::unavailable(error)))),
                Pending::Ended { reply: Some(reply), .. } => drop(reply.send(Err(RecordError::unavailable(error)))),
                Pending::Ended { record, outcome, reply: None, .. } => self.owed.add(record, outcome),
            }
        }
        tracing::error!(%error, "records cannot be written; calls are refused");
        self.owed.log_lost();
    }

    #[cfg(test)]
    fn break_off(&mut self) {
        let in_thread = std::thread::current().name() == Some("records-writer");
        if self.breaks_in_thread == Some(in_thread) {
            self.breaks_in_thread = None;
            panic!("broken off by a test");
        }
    }

    /// Does what a thread was sent for.
    pub(crate) fn obey(&mut self, errand: Errand) {
        self.recover();
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
            #[cfg(test)]
            Errand::BreakOff { in_thread, reply } => {
                self.breaks_in_thread = Some(in_thread);
                let _ = reply.send(());
            }
            // The desk sees to closing.
            Errand::Close { .. } => {}
        }
    }

    /// What is done once a second.
    fn tick(&mut self) {
        for NeverSent { record, at } in self.around.syncer.take_never_sent() {
            self.owed.add(record, never_sent(at));
        }
        self.owed.log_lost();
        if self.owed() > 0 {
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
        match checkpoint(self.book.connection(), "PASSIVE") {
            Ok(done) => done.tell(&self.around.log_starts_anew),
            Err(error) => tracing::warn!(%error, "the log of the records could not be copied into its file"),
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
