//! What is there after the process was killed: everything acknowledged, and open calls closed as unknown.

use std::future::Future as _;
use std::task::{Context, Poll, Waker};

use domain::record::{Durability, OutcomeStatus, RecordRef};
use domain::time::Timestamp;
use journal::{RecordQuery, StreamId};

use crate::world::{append, crash_image, denied, folder, intent, open, org, outcome};

#[tokio::test]
async fn what_was_acknowledged_before_a_crash_is_there_after_it() {
    let dir = folder();
    let journal = open(dir.path());
    journal.append(vec![append(org(1), 0, &["a", "b"])]).await.unwrap();
    let record = journal.begin(intent(org(1), 10), Durability::Written).await.unwrap();
    let image = crash_image(dir.path());
    journal.close().await;

    let after = open(image.path());
    assert_eq!(after.head(StreamId::from(org(1))).await.unwrap(), 2);
    assert_eq!(after.export(org(1), 0, 10).await.unwrap()[0].seq, record.seq);
    after.close().await;
    assert!(journal::verify(image.path()).unwrap().holds());
}

#[tokio::test]
async fn calls_that_a_crash_left_open_are_closed_as_unknown_once() {
    let dir = folder();
    let journal = open(dir.path());
    let mut refs = Vec::new();
    for number in 1..=3u8 {
        for at in 0..4 {
            refs.push(journal.begin(intent(org(number), at), Durability::Written).await.unwrap());
            journal.note(denied(org(number), at)).await.unwrap();
        }
    }
    for record in refs.iter().skip(1).step_by(2) {
        journal.finish_written(*record, outcome(50)).await.unwrap();
    }
    let open_refs: Vec<RecordRef> = refs.iter().copied().step_by(2).collect();
    let image = crash_image(dir.path());
    assert_eq!(journal.open_intents().await.unwrap(), [], "calls of this run are nobody's to close");
    assert_eq!(journal.close_open_intents(Timestamp(60)).await.unwrap(), 0);
    journal.close().await;

    let after = open(image.path());
    let running = after.begin(intent(org(1), 70), Durability::Written).await.unwrap();
    assert_eq!(after.open_intents().await.unwrap(), open_refs);
    assert_eq!(after.close_open_intents(Timestamp(99)).await.unwrap(), 6);
    assert_eq!(after.close_open_intents(Timestamp(100)).await.unwrap(), 0);
    assert_eq!(after.open_intents().await.unwrap(), []);
    let closed = after.export(org(2), 0, 100).await.unwrap();
    let closing = closed[0].outcome.as_ref().unwrap();
    assert_eq!((closing.outcome.status, closing.outcome.at), (OutcomeStatus::Unknown, Timestamp(99)));
    after.finish_written(running, outcome(101)).await.unwrap();
    assert_eq!(after.records(RecordQuery::newest(org(1), 1)).await.unwrap().records[0].seq, running.seq);
    after.close().await;
    let verified = journal::verify(image.path()).unwrap();
    assert!(verified.holds(), "{:?}", verified.first_bad);
}

/// The story: a call that runs for hours must not make the next start read hours of history, nor be forgotten.
#[tokio::test]
async fn a_call_that_outlives_many_ticks_and_starts_is_still_found() {
    let dir = folder();
    let journal = open(dir.path());
    let long = journal.begin(intent(org(1), 1), Durability::Written).await.unwrap();
    let finished = journal.begin(intent(org(1), 2), Durability::Written).await.unwrap();
    // Closing settles like a tick does: both are open and are noted as such.
    journal.close().await;
    let journal = open(dir.path());
    assert_eq!(journal.open_intents().await.unwrap(), [long, finished]);
    // Its owner is gone, but an outcome that comes in time is better than none.
    journal.finish_written(finished, outcome(5)).await.unwrap();
    journal.close().await;
    let image = folder();
    for name in ["journal.db", "records.db"] {
        std::fs::copy(dir.path().join(name), image.path().join(name)).unwrap();
    }
    let journal = open(image.path());
    assert_eq!(journal.open_intents().await.unwrap(), [long]);
    assert_eq!(journal.close_open_intents(Timestamp(9)).await.unwrap(), 1);
    journal.close().await;
    assert!(journal::verify(image.path()).unwrap().holds());
}

#[tokio::test]
async fn more_open_calls_than_one_transaction_closes_are_all_closed() {
    let dir = folder();
    let journal = open(dir.path());
    for at in 0..2_300 {
        let _ = journal.begin(intent(org(1), at), Durability::Written).await.unwrap();
    }
    let image = crash_image(dir.path());
    journal.close().await;
    let after = open(image.path());
    assert_eq!(after.close_open_intents(Timestamp(9_999)).await.unwrap(), 2_300);
    after.close().await;
    assert_eq!(journal::verify(image.path()).unwrap().records, 4_600);
}

#[tokio::test]
async fn a_caller_that_goes_away_before_it_may_call_leaves_a_cancelled_record() {
    let dir = folder();
    let journal = open(dir.path());
    let mut learned = 0;
    for at in 0..200 {
        let durability = if at % 2 == 0 { Durability::Written } else { Durability::Synced };
        let mut begin = Box::pin(journal.begin(intent(org(1), at), durability));
        // One poll hands the intent over; then the caller is gone, before the answer or after it.
        if let Poll::Ready(answer) = begin.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            // The writer was faster than the poll: this caller knows and finishes by itself.
            journal.finish(answer.unwrap(), outcome(at)).await.unwrap();
            learned += 1;
        }
        if at % 4 < 2 {
            journal.note(denied(org(2), at)).await.unwrap();
        }
        drop(begin);
    }
    // Flushes go in order: after this one nobody of the above waits any more.
    let last = journal.begin(intent(org(2), 0), Durability::Synced).await.unwrap();
    journal.finish(last, outcome(1)).await.unwrap();
    journal.close().await;
    let journal = open(dir.path());
    let records = journal.export(org(1), 0, 1_000).await.unwrap();
    assert_eq!(records.len(), 200);
    let mut never_sent = 0;
    for record in records {
        let closing = record.outcome.unwrap_or_else(|| panic!("{} is open", record.seq)).outcome;
        if closing.status == OutcomeStatus::Cancelled {
            assert_eq!(closing.detail.as_deref(), Some("never_sent"));
            never_sent += 1;
        }
    }
    assert_eq!(never_sent, 200 - learned);
    journal.close().await;
    assert!(journal::verify(dir.path()).unwrap().holds());
}
