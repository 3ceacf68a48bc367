//! Where rows for `records.db` wait, and who writes them.
//!
//! Writing a row takes some twenty microseconds and does not wait for the disk (the syncer does that), while handing
//! it to another thread and waiting for its answer takes several times as long. So there is no thread that writes
//! for all: whoever needs a row written lays it down, lets others that are ready do the same, and then writes all
//! that lies there in one transaction, unless somebody is writing already; that one looks again before it leaves.
//! Outcomes, for which nobody waits, are written together with whatever comes next.
//!
//! A thread stands by for all that must not hold up a call: errands, a file that another process has locked, the
//! first group after the log was copied (SQLite syncs the log's new header), more rows than one call should write
//! for others, those owed since the disk was full among them, outcomes after which nothing came for [`LATER`], and
//! the end. When that thread ends, by itself too, the desk is closed and whoever waits there is told.
//!
//! Nothing here knows SQL or the order of a chain; that is the writer's.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use domain::id::{KeyId, OrgId};
use domain::record::{Durability, Intent, Outcome, RecordRef};
use domain::time::Timestamp;
use tokio::sync::{Semaphore, oneshot};

use crate::error::RecordError;
use crate::sqlite::record_writer::Writer;

/// Most rows in one transaction.
const GROUP_MAX: usize = 1_024;
/// Most rows that a call writes for itself and others at once; more are left to the thread.
const GROUP_MAX_OF_CALL: usize = 128;
/// How often a call looks whether something came while it wrote, before it leaves that to the thread.
const TURNS_OF_CALL: usize = 8;
/// How long an outcome waits for something to be written together with. With the syncer's wait and a slow flush on
/// top it must stay near 100 ms until it is on disk.
const LATER: Duration = Duration::from_millis(40);

type Reply<T> = oneshot::Sender<Result<T, RecordError>>;

/// A row to be written.
pub(crate) enum Row {
    Begin { intent: Intent, durability: Durability, reply: Reply<RecordRef> },
    Finish { record: RecordRef, outcome: Outcome, reply: Option<Reply<()>> },
}

/// What only the thread does, after all rows that were laid down before.
pub(crate) enum Errand {
    /// Closes what an earlier run left open.
    CloseOpen { now: Timestamp, reply: Reply<u64> },
    /// Answers when every row before it is written, and the waiting uses of keys where those are asked for.
    Settle { key_uses: bool, reply: oneshot::Sender<()> },
    /// Forgets the use of a key.
    EraseKeyUse { org: OrgId, key: KeyId, reply: Reply<()> },
    /// From the keeper, once a second.
    Tick,
    /// From the keeper, when the log has grown long.
    Checkpoint,
    #[cfg(test)]
    LimitPages { pages: i64, reply: oneshot::Sender<()> },
    /// Whoever writes the next group, the thread or a caller, breaks off before its commit.
    #[cfg(test)]
    BreakOff { in_thread: bool, reply: oneshot::Sender<()> },
    /// Takes nothing new, writes what is there and ends.
    Close { reply: oneshot::Sender<()> },
}

#[cfg(test)]
type Happening = Box<dyn FnOnce(&Desk) + Send>;

/// The desk is closed: nothing is taken any more.
#[derive(Debug)]
pub(crate) struct Closed;

pub(crate) struct Desk {
    tray: Mutex<Tray>,
    /// Room on the desk, for rows and errands.
    places: Semaphore,
    called: Condvar,
    /// Taken before anything is taken from the tray, so that rows are written in the order in which they came.
    writer: Mutex<Option<Writer>>,
    /// What happens once between a call's last look at the tray and the moment it frees the writer.
    #[cfg(test)]
    meanwhile: Mutex<Option<Happening>>,
}

#[derive(Default)]
struct Tray {
    rows: Vec<Row>,
    /// Rows whose callers wait.
    awaited: usize,
    errands: Vec<Errand>,
    /// Rows laid down so far.
    came: u64,
    /// The thread looks by itself after [`LATER`].
    watched: bool,
    /// The thread is called.
    urgent: bool,
    closed: bool,
}

impl Tray {
    fn take(&mut self, group: &mut Vec<Row>) {
        let taken = self.rows.len().min(GROUP_MAX);
        group.extend(self.rows.drain(..taken));
        self.awaited = self.rows.iter().filter(|row| row.is_awaited()).count();
    }
}

impl Row {
    fn is_awaited(&self) -> bool {
        match self {
            Row::Begin { .. } => true,
            Row::Finish { reply, .. } => reply.is_some(),
        }
    }
}

impl Desk {
    /// A desk for at most `places` rows and errands.
    pub(crate) fn new(places: usize) -> Desk {
        Desk {
            tray: Mutex::default(),
            places: Semaphore::new(places),
            called: Condvar::new(),
            writer: Mutex::default(),
            #[cfg(test)]
            meanwhile: Mutex::default(),
        }
    }

    /// Lays down a row. Waits for a place where the desk is full, and for nothing else: a row that somebody waits
    /// for is then written by [`Desk::write`].
    pub(crate) async fn put(&self, row: Row) -> Result<(), Closed> {
        self.place().await?;
        self.lay_down(row)
    }

    /// Lays down a row if there is a place for it.
    pub(crate) fn try_put(&self, row: Row) -> Result<(), Closed> {
        self.places.try_acquire().map_err(|_| Closed)?.forget();
        self.lay_down(row)
    }

    /// Sends the thread on an errand.
    pub(crate) async fn send(&self, errand: Errand) -> Result<(), Closed> {
        self.place().await?;
        self.give(errand)
    }

    /// Sends the thread on an errand if there is a place for it.
    pub(crate) fn try_send(&self, errand: Errand) -> Result<(), Closed> {
        self.places.try_acquire().map_err(|_| Closed)?.forget();
        self.give(errand)
    }

    /// Writes what lies there, unless somebody does so already.
    pub(crate) fn write(&self) {
        let mut group = Vec::new();
        for _ in 0..TURNS_OF_CALL {
            let mut seat = match self.writer.try_lock() {
                Ok(seat) => seat,
                // Whoever had it broke off; the writer itself undoes what is half done.
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Whoever writes looks again once the writer is free; the thread does so, too.
                Err(TryLockError::WouldBlock) => return,
            };
            let Some(writer) = seat.as_mut() else { return };
            let (awaited, rows) = self.waiting();
            if awaited == 0 {
                #[cfg(test)]
                self.let_happen_meanwhile();
                drop(seat);
                // INVARIANT: the last look is at a free writer: who came in between found it taken and left the
                // writing to us. Held by `a_call_that_finds_the_writer_taken_is_written_by_who_has_it`.
                if self.waiting().0 == 0 {
                    return;
                }
                continue;
            }
            if rows + writer.owed() > GROUP_MAX_OF_CALL || !writer.begin_at_once() {
                break;
            }
            self.lock().take(&mut group);
            self.places.add_permits(group.len());
            writer.write_begun(&mut group);
        }
        self.call();
    }

    #[cfg(test)]
    fn let_happen_meanwhile(&self) {
        let happens = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = happens {
            happens(self);
        }
    }

    /// Calls the thread: somebody who laid something down will not see to it any more.
    pub(crate) fn call(&self) {
        self.lock().urgent = true;
        self.called.notify_one();
    }

    /// Takes nothing new from now on; the thread writes what is there and ends.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.places.close();
        self.called.notify_one();
    }

    /// Closes the desk and lets go of the writer and of all that lies there, so that whoever waits learns that
    /// there is no answer: nobody is left who would write it.
    pub(crate) fn abandon(&self) {
        self.close();
        let writer = self.writer().take();
        let tray = std::mem::replace(&mut *self.lock(), Tray { closed: true, ..Tray::default() });
        drop((writer, tray));
    }

    /// Puts the writer at the desk.
    pub(crate) fn seat(&self, writer: Writer) {
        *self.writer() = Some(writer);
    }

    /// The thread's work, until the desk is closed. Gives the writer back, and those who wait to hear of the end.
    pub(crate) fn run(&self) -> (Option<Writer>, Vec<oneshot::Sender<()>>) {
        let mut closing = Vec::new();
        let mut group = Vec::with_capacity(GROUP_MAX);
        loop {
            let closed = self.wait();
            let mut seat = self.writer();
            let Some(writer) = seat.as_mut() else { return (None, closing) };
            let errands = std::mem::take(&mut self.lock().errands);
            self.places.add_permits(errands.len());
            self.write_all(writer, &mut group);
            for errand in errands {
                match errand {
                    Errand::Close { reply } => {
                        self.close();
                        closing.push(reply);
                    }
                    other => writer.obey(other),
                }
            }
            if closed {
                // Nothing is laid down any more; what was, has just been written.
                return (seat.take(), closing);
            }
        }
    }

    fn write_all(&self, writer: &mut Writer, group: &mut Vec<Row>) {
        loop {
            self.lock().take(group);
            let taken = group.len();
            self.places.add_permits(taken);
            writer.write_group(group);
            if taken < GROUP_MAX {
                return;
            }
        }
    }

    /// Waits until the thread has something to do; `true` where it is the last time.
    fn wait(&self) -> bool {
        let mut tray = self.lock();
        // Whoever waits for these may have found us at the writer.
        if tray.awaited > 0 {
            return tray.closed;
        }
        loop {
            if std::mem::take(&mut tray.urgent) || tray.closed || !tray.errands.is_empty() {
                return tray.closed;
            }
            if !tray.watched {
                tray = self.called.wait(tray).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let came = tray.came;
            let (after, waited) = self.called.wait_timeout(tray, LATER).unwrap_or_else(PoisonError::into_inner);
            tray = after;
            if waited.timed_out() {
                if !tray.rows.is_empty() {
                    return tray.closed;
                }
                tray.watched = tray.came != came;
            }
        }
    }

    async fn place(&self) -> Result<(), Closed> {
        let place = match self.places.try_acquire() {
            Ok(place) => place,
            Err(_) => self.places.acquire().await.map_err(|_| Closed)?,
        };
        place.forget();
        Ok(())
    }

    fn lay_down(&self, row: Row) -> Result<(), Closed> {
        let mut tray = self.lock();
        if tray.closed {
            return Err(Closed);
        }
        tray.awaited += usize::from(row.is_awaited());
        tray.rows.push(row);
        tray.came += 1;
        let watched = std::mem::replace(&mut tray.watched, true);
        // Others may wait for a place, and nobody might come to make room for a while.
        let full = self.places.available_permits() == 0;
        tray.urgent |= full;
        drop(tray);
        if full || !watched {
            self.called.notify_one();
        }
        Ok(())
    }

    fn give(&self, errand: Errand) -> Result<(), Closed> {
        let mut tray = self.lock();
        if tray.closed {
            return Err(Closed);
        }
        tray.errands.push(errand);
        drop(tray);
        self.called.notify_one();
        Ok(())
    }

    /// How many rows somebody waits for, and how many there are.
    fn waiting(&self) -> (usize, usize) {
        let tray = self.lock();
        (tray.awaited, tray.rows.len())
    }

    fn lock(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Option<Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
