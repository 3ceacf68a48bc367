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
                settle(&mut state.never_sent, waiter, Err(error));
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
        let mut never_sent = Vec::new();
        for waiter in waiters {
            let record = waiter.record;
            settle(&mut never_sent, waiter, flushed.clone().map(|()| record).map_err(RecordError::unavailable));
        }
        if !never_sent.is_empty() {
            self.lock().never_sent.extend(never_sent);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a waiter; an intent that its caller was not told of goes to `never_sent`.
fn settle(never_sent: &mut Vec<NeverSent>, waiter: Waiter, answer: Result<RecordRef, RecordError>) {
    let refused = answer.is_err();
    let gone = waiter.reply.send(answer).is_err();
    if refused || gone {
        never_sent.push(NeverSent { record: waiter.record, at: waiter.at });
    }
}
