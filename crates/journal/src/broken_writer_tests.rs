//! Whoever writes records breaks off half way: no call goes out unrecorded, and nobody waits for ever.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::record::{Durability, RecordRef};
use domain::time::Timestamp;
use tokio::task::JoinSet;

use crate::full_disk_tests::{intent, open, org, outcome};
use crate::{Journal, RecordQuery, verify};

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_caller_that_breaks_off_while_writing_leaves_nothing_half_done_behind() {
    let (dir, journal) = open();
    let first = journal.begin(intent(0), Durability::Written).await.expect("it is written");
    journal.break_off(false).await;
    let mut written = vec![first];
    let breaking = async {
        // Until it is a caller that writes: the thread may be quicker.
        while !call_twenty_times(&journal, &mut written).await {}
    };
    tokio::time::timeout(PATIENCE, breaking).await.expect("every call is answered");
    let going_on = async {
        for at in 0..3 {
            written.push(journal.begin(intent(at), Durability::Synced).await.expect("the next one is written"));
        }
        journal.finish_written(first, outcome()).await.expect("an earlier call can end");
        journal.records(RecordQuery::newest(org(), 1_000)).await.expect("reading goes on")
    };
    let page = tokio::time::timeout(PATIENCE, going_on).await.expect("it goes on");
    let found: BTreeSet<u64> = page.records.iter().map(|record| record.seq).collect();
    assert_eq!(found, written.iter().map(|record| record.seq).collect(), "what was answered is recorded");
    assert_eq!(found.len(), written.len(), "no number is given twice");
    journal.close().await;
    let verified = verify(dir.path()).expect("it can be read");
    assert!(verified.holds(), "{:?}", verified.first_bad);
}

/// Begins twenty calls at once; `true` where one of them broke off. Adds those that may go out to `written`.
async fn call_twenty_times(journal: &Journal, written: &mut Vec<RecordRef>) -> bool {
    let mut calls = JoinSet::new();
    for at in 0..20 {
        let journal = journal.clone();
        calls.spawn(async move { journal.begin(intent(at), Durability::Written).await });
    }
    let mut broken = false;
    while let Some(call) = calls.join_next().await {
        match call {
            Ok(Ok(record)) => written.push(record),
            Ok(Err(_)) => {}
            Err(_) => broken = true,
        }
    }
    broken
}

#[tokio::test]
async fn everybody_is_told_when_the_thread_that_writes_breaks_off() {
    let (dir, journal) = open();
    let record = journal.begin(intent(0), Durability::Written).await.expect("it is written");
    journal.check_records().await.expect("records are written");
    journal.break_off(true).await;
    journal.finish(record, outcome()).await.expect("it is taken");
    let told = async {
        assert!(journal.records(RecordQuery::newest(org(), 1)).await.is_err());
        assert!(journal.begin(intent(1), Durability::Written).await.is_err(), "a call goes out unrecorded");
        assert!(journal.export(org(), 0, 1).await.is_err());
        assert!(journal.usage(org(), Timestamp(0)).await.is_err());
        assert!(journal.check_records().await.is_err());
        journal.close().await;
    };
    tokio::time::timeout(PATIENCE, told).await.expect("somebody waits for ever");
    let verified = verify(dir.path()).expect("it can be read");
    assert!(verified.holds(), "{:?}", verified.first_bad);
}
