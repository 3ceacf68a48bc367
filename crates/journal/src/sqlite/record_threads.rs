//! Starts and ends the three threads behind `records.db`: the writer, its syncer and its keeper.
//!
//! No record is written here; what each thread does is in its own module.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc as blocking;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use crate::error::OpenError;
use crate::sqlite::folder::{open_writer, wal_path};
use crate::sqlite::keeper::Keeper;
use crate::sqlite::key_uses::KeyUses;
use crate::sqlite::record_book::Book;
use crate::sqlite::record_desk::Desk;
use crate::sqlite::record_writer::Writer;
use crate::sqlite::syncer::Syncer;
use crate::verification::JournalFile;

/// What the record writer needs besides its connection.
pub(crate) struct Surroundings {
    pub(crate) syncer: Arc<Syncer>,
    pub(crate) rows: Arc<AtomicU64>,
    pub(crate) log_starts_anew: Arc<AtomicBool>,
    pub(crate) key_uses: Arc<KeyUses>,
}

/// Opens the file and starts the writer with its syncer and keeper.
pub(crate) fn start(dir: &Path, desk: &Arc<Desk>, key_uses: Arc<KeyUses>, lock: Arc<File>) -> Result<(), OpenError> {
    let path = dir.join(JournalFile::Records.as_str());
    let unusable = |reason: String| OpenError::Unusable { path: path.clone(), reason };
    let connection = open_writer(dir, JournalFile::Records)?;
    // The log of a file just opened has no header yet, most of the time.
    let log_starts_anew = Arc::new(AtomicBool::new(true));
    let around = Surroundings { syncer: Arc::default(), rows: Arc::default(), log_starts_anew, key_uses };
    let ending = Ending { desk: Arc::clone(desk), syncer: Arc::clone(&around.syncer) };
    let log = File::open(wal_path(dir, JournalFile::Records)).map_err(|error| unusable(error.to_string()))?;

    let syncer = Arc::clone(&around.syncer);
    let syncing = spawn("records-syncer", move || syncer.run(&log)).map_err(&unusable)?;
    let keeper = Keeper {
        connection: open_writer(dir, JournalFile::Records)?,
        syncer: Arc::clone(&around.syncer),
        rows: Arc::clone(&around.rows),
        log_starts_anew: Arc::clone(&around.log_starts_anew),
        desk: Arc::clone(desk),
    };
    let (stop, stopped) = blocking::sync_channel(0);
    let keeping = spawn("records-keeper", move || keeper.run(&stopped)).map_err(&unusable)?;

    let book = Book::open(connection).map_err(|error| unusable(error.to_string()))?;
    let syncer = Arc::clone(&around.syncer);
    desk.seat(Writer::new(book, around));
    let desk = Arc::clone(desk);
    let work = move || {
        let _ending = ending;
        let (writer, closing) = desk.run();
        end(writer.map(Writer::into_connection), &syncer, syncing, (stop, keeping));
        drop(lock);
        for reply in closing {
            // Whoever asked may have gone; there is nobody else to tell.
            let _ = reply.send(());
        }
    };
    spawn("records-writer", work).map_err(&unusable).map(drop)
}

/// However the writer's thread ends, and where it is never started: nothing is taken any more, whoever waits is told,
/// and the syncer ends. It logs nothing: why a thread broke, its panic has printed, and `/readyz` tells of it.
struct Ending {
    desk: Arc<Desk>,
    syncer: Arc<Syncer>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.desk.abandon();
        self.syncer.stop();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, String> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|error| format!("no thread for {name}: {error}"))
}

/// Ends the threads beside the writer, then copies the log into the file. The writer's connection goes last:
/// see the syncer for why.
fn end(
    connection: Option<Connection>,
    syncer: &Syncer,
    syncing: JoinHandle<()>,
    keeper: (blocking::SyncSender<()>, JoinHandle<()>),
) {
    let (stop, keeping) = keeper;
    syncer.stop();
    drop(stop);
    if syncing.join().is_err() || keeping.join().is_err() {
        tracing::error!("a thread beside the record writer had stopped");
    }
    let Some(connection) = connection else { return };
    let copied: rusqlite::Result<i64> = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    if let Err(error) = copied {
        tracing::warn!(%error, "the log of the records stays for the next start");
    }
}
