//! Makes committed records durable, beside the writer and never in its way.
//!
//! `records.db` runs with `synchronous=NORMAL`: a commit writes its frames into the write-ahead log and does not
//! wait for the disk. This thread flushes the log: at once for calls that wait for it, all that came meanwhile in
//! one group, and otherwise within [`BACKGROUND`].
//!
//! Why flushing that one file is enough. A committed row stands in the log until a checkpoint has copied it into
//! the database file, and SQLite starts the log again from the front only after a checkpoint that copied every
//! frame *and synced the database file* (true in NORMAL, not in OFF). So at any moment a committed row is in the
//! log, which the next flush makes durable, or in the database file, durable already. Restarting writes a new
//! header, which SQLite syncs itself, with a new salt; frames of the old generation no longer count.
//!
//! Why a handle of our own is right. Flushing any handle of a file flushes the file. The log keeps its inode as
//! long as a connection is open: SQLite deletes it only when the last one closes, and the writer's closes after
//! this thread has ended. SQLite locks the database file and the `-shm` file, never the log, so that closing our
//! handle drops none of its POSIX locks; for the same reason no second handle of the database file is ever opened.
//!
//! A failed flush cannot be repeated: the kernel may have dropped the pages. Then nobody is told that a record
//! is safe until the keeper has copied the whole log into the database file (see [`Syncer::is_suspect`]).

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::record::RecordRef;
use domain::time::Timestamp;
use tokio::sync::oneshot;

use crate::error::RecordError;

/// How long a written record may wait for its flush when nobody waits for it. With a slow flush of the disk on
/// top it must stay under the promised 100 ms.
const BACKGROUND: Duration = Duration::from_millis(40);
/// Most calls that wait for one flush.
const WAITING_MAX: usize = 16_384;

/// Someone who is told when their record is on disk.
pub(crate) struct Waiter {
    pub(crate) record: RecordRef,
    pub(crate) at: Timestamp,
    pub(crate) reply: oneshot::Sender<Result<RecordRef, RecordError>>,
}

/// An intent whose caller never learned its number: its call cannot have gone out.
#[derive(Clone, Copy)]
pub(crate) struct NeverSent {
    pub(crate) record: RecordRef,
    pub(crate) at: Timestamp,
}

#[derive(Default)]
struct State {
    dirty: bool,
    stop: bool,
    waiters: Vec<Waiter>,
    never_sent: Vec<NeverSent>,
}

#[derive(Default)]
pub(crate) struct Syncer {
    state: Mutex<State>,
    wake: Condvar,
    suspect: AtomicBool,
}

impl Syncer {
    /// Tells that rows were committed, and who waits for them to be on disk. Empties `waiters`.
    pub(crate) fn written(&self, waiters: &mut Vec<Waiter>) {
        let mut state = self.lock();
        let asleep = !state.dirty && state.waiters.is_empty();
        let urgent = !waiters.is_empty();
        state.dirty = true;
        for waiter in waiters.drain(..) {
            if state.waiters.len() < WAITING_MAX {
                state.waiters.push(waiter);
            } else {
                let error = RecordError::unavailable("too many calls wait for the disk");
                state.never_sent.extend(settle(waiter, Err(error)));
            }
        }
        drop(state);
        if asleep || urgent {
            self.wake.notify_one();
        }
    }

    /// Whether a flush failed and what was written may not be on disk.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Acquire)
    }

    /// Everything written so far has been copied into the database file and synced there.
    pub(crate) fn trust_again(&self) {
        self.suspect.store(false, Ordering::Release);
    }

    /// Intents whose callers went away before they learned the number.
    pub(crate) fn take_never_sent(&self) -> Vec<NeverSent> {
        std::mem::take(&mut self.lock().never_sent)
    }

    /// Flushes once more and ends the thread.
    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.wake.notify_one();
    }

    /// The thread's work, until [`Syncer::stop`].
    pub(crate) fn run(self: &Arc<Self>, log: &File) {
        loop {
            let mut state = self.lock();
            state = self
                .wake
                .wait_while(state, |state| !state.dirty && state.waiters.is_empty() && !state.stop)
                .unwrap_or_else(PoisonError::into_inner);
            if state.waiters.is_empty() && !state.stop {
                let patient = |state: &mut State| state.waiters.is_empty() && !state.stop;
                let woken = self.wake.wait_timeout_while(state, BACKGROUND, patient);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
            let waiters = std::mem::take(&mut state.waiters);
            let stop = state.stop;
            state.dirty = false;
            drop(state);
            self.flush(log, waiters);
            if stop {
                return;
            }
        }
    }

    fn flush(&self, log: &File, waiters: Vec<Waiter>) {
        let mut flushed = log.sync_data().map_err(|error| error.to_string());
        if let Err(reason) = &flushed {
            self.suspect.store(true, Ordering::Release);
            tracing::error!(reason, "the log of the records could not be flushed; calls are refused until it can");
        } else if self.is_suspect() {
            flushed = Err("an earlier flush failed".to_owned());
        }
        for waiter in waiters {
            let answer = flushed.clone().map(|()| waiter.record).map_err(RecordError::unavailable);
            if let Some(intent) = settle(waiter, answer) {
                // At once, so that whoever is answered after it finds it noted.
                self.lock().never_sent.push(intent);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a waiter; gives back an intent that its caller was not told of.
fn settle(waiter: Waiter, answer: Result<RecordRef, RecordError>) -> Option<NeverSent> {
    let refused = answer.is_err();
    let gone = waiter.reply.send(answer).is_err();
    (refused || gone).then_some(NeverSent { record: waiter.record, at: waiter.at })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use domain::id::OrgId;
    use rusqlite::Connection;

    use super::*;
    use crate::sqlite::folder::{open_writer, wal_path};
    use crate::sqlite::keeper::Keeper;
    use crate::sqlite::record_desk::Desk;
    use crate::verification::JournalFile;

    fn waiter(seq: u64) -> (Waiter, oneshot::Receiver<Result<RecordRef, RecordError>>) {
        let (reply, answer) = oneshot::channel();
        let record = RecordRef { org: OrgId::from_random([1; 20]), seq };
        (Waiter { record, at: Timestamp(1), reply }, answer)
    }

    fn keeper(connection: Connection, syncer: &Arc<Syncer>) -> Keeper {
        let desk = Arc::new(Desk::new(1));
        let (rows, log_starts_anew) = (Arc::default(), Arc::default());
        Keeper { connection, syncer: Arc::clone(syncer), rows, log_starts_anew, desk }
    }

    /// `/dev/null` takes writes and cannot be flushed.
    #[test]
    fn a_failed_flush_tells_nobody_that_a_record_is_safe_until_the_log_was_copied() {
        let syncer = Arc::<Syncer>::default();
        let (broken, sound) = (File::open("/dev/null").unwrap(), tempfile::tempfile().unwrap());
        let (first, mut answer) = waiter(1);
        syncer.flush(&broken, vec![first]);
        assert!(matches!(answer.try_recv().unwrap(), Err(RecordError::Unavailable { .. })));
        assert!(syncer.is_suspect());
        let (second, mut answer) = waiter(2);
        syncer.flush(&sound, vec![second]);
        assert!(answer.try_recv().unwrap().is_err(), "the pages that were lost are not brought back by a flush");
        let never_sent: Vec<u64> = syncer.take_never_sent().iter().map(|intent| intent.record.seq).collect();
        assert_eq!(never_sent, [1, 2]);

        let dir = tempfile::tempdir().unwrap();
        let connection = open_writer(dir.path(), JournalFile::Records).unwrap();
        keeper(connection, &syncer).copy_everything();
        assert!(!syncer.is_suspect());
        let (third, mut answer) = waiter(3);
        syncer.flush(&sound, vec![third]);
        assert_eq!(answer.try_recv().unwrap().map(|record| record.seq), Ok(3));
    }

    #[test]
    fn the_log_is_not_trusted_again_while_a_reader_keeps_it_from_being_copied() {
        let syncer = Arc::<Syncer>::default();
        syncer.flush(&File::open("/dev/null").unwrap(), Vec::new());
        let dir = tempfile::tempdir().unwrap();
        let writer = open_writer(dir.path(), JournalFile::Records).unwrap();
        let reader = open_writer(dir.path(), JournalFile::Records).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM records;").unwrap();
        writer.execute_batch("INSERT INTO active (org, mark) VALUES ('org', 1)").unwrap();
        let connection = open_writer(dir.path(), JournalFile::Records).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        let keeper = keeper(connection, &syncer);
        keeper.copy_everything();
        assert!(syncer.is_suspect());
        reader.execute_batch("COMMIT").unwrap();
        keeper.copy_everything();
        assert!(!syncer.is_suspect());
    }

    #[test]
    fn whoever_waits_is_answered_and_stopping_flushes_a_last_time() {
        let dir = tempfile::tempdir().unwrap();
        let _writer = open_writer(dir.path(), JournalFile::Records).unwrap();
        let log = File::open(wal_path(dir.path(), JournalFile::Records)).unwrap();
        let syncer = Arc::<Syncer>::default();
        let (ended, end) = mpsc::sync_channel(1);
        let thread = std::thread::spawn({
            let syncer = Arc::clone(&syncer);
            move || {
                syncer.run(&log);
                ended.send(()).unwrap();
            }
        });
        let (first, answer) = waiter(1);
        syncer.written(&mut vec![first]);
        assert_eq!(answer.blocking_recv().unwrap().map(|record| record.seq), Ok(1));
        let (second, answer) = waiter(2);
        syncer.written(&mut vec![second]);
        syncer.stop();
        end.recv().unwrap();
        thread.join().unwrap();
        assert_eq!(answer.blocking_recv().unwrap().map(|record| record.seq), Ok(2));
    }
}
