//! Housekeeping behind the record writer: checkpoints, the once-a-second tick, and recovery after a failed flush.
//!
//! It never writes a record.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rusqlite::Connection;

use crate::sqlite::record_desk::{Desk, Errand};
use crate::sqlite::syncer::Syncer;

/// How often the keeper looks.
const ROUND: Duration = Duration::from_millis(500);
/// Rounds from one tick of the writer to the next.
const TICK_ROUNDS: u64 = 2;
/// Rows after which the log is copied into the database file.
const ROWS_PER_CHECKPOINT: u64 = 8_192;
/// Frames of the log (4 KiB each) after which the writer itself finishes the copy, so that the log can start
/// again from the front; under steady load the keeper alone never catches up with the last frame.
const LOG_FRAMES_MAX: i64 = 16_384;

/// What the keeper looks after.
pub(crate) struct Keeper {
    pub(crate) connection: Connection,
    pub(crate) syncer: Arc<Syncer>,
    /// Rows written since the start.
    pub(crate) rows: Arc<AtomicU64>,
    /// See [`Checkpoint::tell`].
    pub(crate) log_starts_anew: Arc<AtomicBool>,
    pub(crate) desk: Arc<Desk>,
}

/// What a checkpoint reached.
pub(crate) struct Checkpoint {
    busy: bool,
    frames: i64,
    copied: i64,
}

impl Checkpoint {
    fn is_complete(&self) -> bool {
        !self.busy && self.copied == self.frames
    }

    /// Tells that the next group starts the log again from the front. SQLite syncs the new header, so that no call
    /// should write that group.
    pub(crate) fn tell(&self, log_starts_anew: &AtomicBool) {
        if self.is_complete() {
            log_starts_anew.store(true, Ordering::Relaxed);
        }
    }
}

/// Copies the log into the database file.
pub(crate) fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Checkpoint> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok(Checkpoint { busy: row.get::<_, i64>(0)? != 0, frames: row.get(1)?, copied: row.get(2)? })
    })
}

impl Keeper {
    /// The thread's work, until `stop` is dropped or the writer is gone.
    pub(crate) fn run(self, stop: &Receiver<()>) {
        let mut copied_rows = 0;
        for round in 1u64.. {
            if !matches!(stop.recv_timeout(ROUND), Err(RecvTimeoutError::Timeout)) {
                return;
            }
            if self.syncer.is_suspect() {
                self.copy_everything();
            }
            let rows = self.rows.load(Ordering::Relaxed);
            if rows - copied_rows >= ROWS_PER_CHECKPOINT {
                copied_rows = rows;
                self.copy_some();
            }
            if round % TICK_ROUNDS == 0 {
                self.tell(Errand::Tick);
            }
        }
    }

    /// Copies what it can without holding up the writer.
    fn copy_some(&self) {
        match self.checkpoint("PASSIVE") {
            Ok(done) if done.frames > LOG_FRAMES_MAX => self.tell(Errand::Checkpoint),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the log of the records could not be copied into its file"),
        }
    }

    /// Copies the whole log, syncs the database file and makes the next write start the log anew. Frames that a
    /// failed flush may have lost are read from memory for this, and nothing is kept behind a hole in the log.
    pub(crate) fn copy_everything(&self) {
        match self.checkpoint("RESTART") {
            Ok(done) if done.is_complete() => {
                self.syncer.trust_again();
                tracing::warn!("the records are on disk again; calls go on");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the records are still not safely on disk"),
        }
    }

    fn checkpoint(&self, mode: &str) -> rusqlite::Result<Checkpoint> {
        let done = checkpoint(&self.connection, mode)?;
        done.tell(&self.log_starts_anew);
        Ok(done)
    }

    /// Tells the writer, unless it has too much to do already; the next round tells it again.
    fn tell(&self, errand: Errand) {
        let _ = self.desk.try_send(errand);
    }
}
