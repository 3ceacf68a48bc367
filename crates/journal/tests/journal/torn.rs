//! A disk that loses or tears what was not yet flushed when the power went: whatever was acknowledged as synced
//! is there, and what is left of the rest is a beginning of it.
//!
//! That an answer waits for its flush, and is an error when the flush fails, is held by the syncer's own tests.

use std::fs;
use std::path::Path;

use domain::record::Durability;
use journal::{Journal, JournalFile, StreamId};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::world::{append, folder, intent, open, org, outcome};

/// What a disk writes whole.
const SECTOR: usize = 512;
/// Acknowledged events and records before the power goes.
const KEPT: u64 = 20;
const MORE: u64 = 20;

/// The data folder at two moments: everything of the first was flushed, of the later one any sector may be lost.
struct Moments {
    flushed: TempDir,
    later: TempDir,
}

fn copy(from: &Path) -> TempDir {
    let image = folder();
    for file in ["journal.db", "journal.db-wal", "records.db", "records.db-wal"] {
        fs::copy(from.join(file), image.path().join(file)).unwrap();
    }
    image
}

async fn write(journal: &Journal, from: u64, count: u64) {
    for seq in from..from + count {
        journal.append(vec![append(StreamId::Directory, seq, &[&"event".repeat(40)])]).await.unwrap();
        let at = i64::try_from(seq).unwrap();
        let record = journal.begin(intent(org(1), at), Durability::Synced).await.unwrap();
        journal.finish(record, outcome(at)).await.unwrap();
    }
}

/// With `restart`, both logs are copied into their files before the power goes, so that what follows overwrites
/// them from the front.
async fn moments(restart: bool) -> Moments {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, 0, KEPT).await;
    if restart {
        for file in [JournalFile::Journal, JournalFile::Records] {
            let connection = Connection::open(dir.path().join(file.as_str())).unwrap();
            let checkpoint = "PRAGMA wal_checkpoint(RESTART)";
            let (busy, frames, copied): (i64, i64, i64) =
                connection.query_row(checkpoint, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
            assert_eq!((busy, frames), (0, copied));
        }
    }
    let flushed = copy(dir.path());
    write(&journal, KEPT, MORE).await;
    let later = copy(dir.path());
    journal.close().await;
    Moments { flushed, later }
}

/// The files as the disk may hold them: of what came later, only the sectors that `lucky` names.
fn torn(moments: &Moments, lucky: &[bool]) -> TempDir {
    let image = folder();
    for file in ["journal.db", "journal.db-wal", "records.db", "records.db-wal"] {
        let mut bytes = fs::read(moments.flushed.path().join(file)).unwrap();
        let later = fs::read(moments.later.path().join(file)).unwrap();
        let length = bytes.len().max(later.len());
        bytes.resize(length, 0);
        for (number, sector) in later.chunks(SECTOR).enumerate() {
            if lucky[number % lucky.len()] {
                let start = number * SECTOR;
                bytes[start..start + sector.len()].copy_from_slice(sector);
            }
        }
        fs::write(image.path().join(file), bytes).unwrap();
    }
    image
}

async fn check(image: &Path) {
    let journal = open(image);
    let events = journal.read(StreamId::Directory, 0, 1_000).await.unwrap();
    assert!(events.len() as u64 >= KEPT, "{} events are left", events.len());
    let records = journal.export(org(1), 0, 1_000).await.unwrap();
    assert!(records.len() as u64 >= KEPT, "{} records are left", records.len());
    journal.close_open_intents(domain::time::Timestamp(99)).await.unwrap();
    assert!(journal.export(org(1), 0, 1_000).await.unwrap().iter().all(|record| record.outcome.is_some()));
    write(&journal, events.len() as u64, 1).await;
    journal.close().await;
    let verified = journal::verify(image).unwrap();
    assert!(verified.holds(), "{:?}", verified.first_bad);
}

#[test]
fn a_torn_log_loses_nothing_that_was_acknowledged_as_synced() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for restart in [false, true] {
        let moments = runtime.block_on(moments(restart));
        let config = ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() };
        let lucky = prop_oneof![
            Just(vec![false]),
            Just(vec![true]),
            prop::collection::vec(any::<bool>(), 1..200),
            // Nearly all is written, which is where a careless reader would be fooled.
            prop::collection::vec(prop::bool::weighted(0.97), 100..400),
        ];
        let run = proptest::test_runner::TestRunner::new(config).run(&lucky, |lucky| {
            let image = torn(&moments, &lucky);
            runtime.block_on(check(image.path()));
            Ok(())
        });
        run.unwrap_or_else(|error| panic!("restart {restart}: {error}"));
    }
}
