//! The data folder: one process at a time, private, and never of a version that is not understood.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use domain::record::Durability;
use journal::{Journal, OpenError, Options};

use crate::world::{append, folder, intent, open, org, outcome};

#[tokio::test]
async fn a_folder_in_use_is_refused_and_free_again_when_it_is_closed() {
    let dir = folder();
    let journal = open(dir.path());
    let refused = Journal::open(dir.path(), Options::default()).err().unwrap();
    assert!(matches!(refused, OpenError::Locked { .. }));
    assert!(refused.to_string().contains(dir.path().to_str().unwrap()), "{refused}");
    journal.close().await;
    open(dir.path()).close().await;
}

#[tokio::test]
async fn the_folder_and_its_files_are_private() {
    let dir = folder();
    let data = dir.path().join("a/b");
    let journal = open(&data);
    journal.append(vec![append(org(1), 0, &["a"])]).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 5, "two files, their logs and the lock");
    journal.close().await;
    fs::set_permissions(data.join("journal.db"), fs::Permissions::from_mode(0o644)).unwrap();
    let journal = open(&data);
    assert_eq!(mode(&data.join("journal.db")), 0o600);
    journal.close().await;
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    for file in ["journal.db", "records.db"] {
        let dir = folder();
        open(dir.path()).close().await;
        let future = rusqlite::Connection::open(dir.path().join(file)).unwrap();
        future.pragma_update(None, "user_version", 99).unwrap();
        drop(future);
        let refused = Journal::open(dir.path(), Options::default()).err().unwrap();
        assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused}");
        assert!(refused.to_string().contains(file), "{refused}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_by_name() {
    let dir = folder();
    fs::write(dir.path().join("journal.db"), "not a database, certainly not one of ours".repeat(100)).unwrap();
    let refused = Journal::open(dir.path(), Options::default()).err().unwrap();
    assert!(refused.to_string().contains("journal.db"), "{refused}");
}

/// The syncer flushes the log by a handle of its own; that is right only while the log keeps its inode.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_the_records_is_never_replaced_under_its_flusher() {
    let dir = folder();
    let journal = open(dir.path());
    let log = dir.path().join("records.db-wal");
    let inode = fs::metadata(&log).unwrap().ino();
    let mut calls = tokio::task::JoinSet::new();
    for task in 0..20u8 {
        let journal = journal.clone();
        calls.spawn(async move {
            for at in 0..500 {
                let record = journal.begin(intent(org(task), at), Durability::Written).await.unwrap();
                journal.finish(record, outcome(at)).await.unwrap();
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
        // Others come and go, as a verification or a backup would.
        let reader = rusqlite::Connection::open(dir.path().join("records.db")).unwrap();
        let _: i64 = reader.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0)).unwrap();
        drop(reader);
        assert_eq!(fs::metadata(&log).unwrap().ino(), inode);
    }
    journal.close().await;
    assert!(journal::verify(dir.path()).unwrap().holds());
}
