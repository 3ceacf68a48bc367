//! A disk that is full: nothing is half written, calls are refused, and it all goes on when there is room again.

use domain::id::{KeyId, OrgId, PersonId};
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus};
use domain::time::Timestamp;

use crate::{Append, AppendError, Journal, JournalFile, Options, RecordError, RecordQuery, StreamId, verify};

pub(crate) const NO_ROOM: i64 = 1;
pub(crate) const ROOM: i64 = 1_000_000;

pub(crate) fn open() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let journal = Journal::open(dir.path(), Options::default()).expect("the journal opens");
    (dir, journal)
}

pub(crate) fn org() -> OrgId {
    OrgId::from_random([1; 20])
}

pub(crate) fn intent(at: i64) -> Intent {
    Intent {
        org: org(),
        at: Timestamp(at),
        subject: PersonId::from_random([1; 20]).to_string(),
        acting_for: None,
        credential: Some(KeyId::from_random([1; 20]).into()),
        client: None,
        method: "tools/call".to_owned(),
        integration: None,
        tool: Some("x".repeat(300)),
        class: None,
        decision: Decision::Allowed,
        reason: "granted".to_owned(),
        arguments_digest: None,
        policy_seq: 1,
    }
}

pub(crate) fn outcome() -> Outcome {
    let status = OutcomeStatus::Succeeded;
    Outcome { at: Timestamp(9), status, latency_us: 1, request_bytes: 1, response_bytes: 1, detail: None }
}

fn append(expected: u64, bytes: usize) -> Append {
    Append {
        stream: StreamId::Directory,
        expected,
        at: Timestamp(1),
        actor: "per_x".to_owned(),
        events: vec![vec![7; bytes]],
        facts: Vec::new(),
    }
}

#[tokio::test]
async fn appends_are_refused_while_the_disk_is_full_and_go_on_afterwards() {
    let (dir, journal) = open();
    journal.append(vec![append(0, 10)]).await.expect("there is room");
    journal.limit_pages(JournalFile::Journal, NO_ROOM).await;
    for _ in 0..3 {
        let refused = journal.append(vec![append(1, 100_000)]).await;
        assert!(matches!(refused, Err(AppendError::Unavailable { .. })), "{refused:?}");
        assert_eq!(journal.head(StreamId::Directory).await, Ok(1));
    }
    journal.limit_pages(JournalFile::Journal, ROOM).await;
    journal.append(vec![append(1, 100_000)]).await.expect("there is room again");
    assert_eq!(journal.head(StreamId::Directory).await, Ok(2));
    journal.close().await;
    assert!(verify(dir.path()).expect("it can be read").holds());
}

#[tokio::test]
async fn calls_are_refused_while_the_disk_is_full_and_outcomes_are_made_up_for() {
    let (dir, journal) = open();
    let mut open = Vec::new();
    for at in 0..50 {
        open.push(journal.begin(intent(at), Durability::Written).await.expect("there is room"));
    }
    journal.limit_pages(JournalFile::Records, NO_ROOM).await;
    let mut refused = false;
    for at in 0..100 {
        match journal.begin(intent(at), Durability::Synced).await {
            Ok(record) => open.push(record),
            Err(error) => {
                assert!(matches!(error, RecordError::Unavailable { .. }), "{error}");
                refused = true;
            }
        }
    }
    assert!(refused, "the disk was never full");
    for record in &open {
        journal.finish(*record, outcome()).await.expect("it is taken");
    }
    let page = journal.records(RecordQuery::newest(org(), 1_000)).await.expect("reading goes on");
    assert_eq!(page.records.len(), open.len());
    let unwritten = page.records.iter().filter(|record| record.outcome.is_none()).count();
    assert!(unwritten > 0, "the disk was never full for outcomes");

    journal.limit_pages(JournalFile::Records, ROOM).await;
    journal.begin(intent(1_000), Durability::Synced).await.expect("there is room again");
    let page = journal.records(RecordQuery::newest(org(), 1_000)).await.expect("reading goes on");
    let still_open: Vec<u64> =
        page.records.iter().filter(|record| record.outcome.is_none()).map(|record| record.seq).collect();
    assert_eq!(still_open, [page.records[0].seq], "only the newest call runs");
    journal.close().await;
    let verified = verify(dir.path()).expect("it can be read");
    assert!(verified.holds(), "{:?}", verified.first_bad);
}
