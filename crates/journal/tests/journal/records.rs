//! What records promise: order, one outcome for each intent, and that a question sees all that was accepted.

use domain::integration::ToolClass;
use domain::record::{Decision, Durability, Intent, OutcomeStatus, RecordRef};
use domain::time::Timestamp;
use journal::{Journal, JournalFile, KeyUse, Options, RecordError, RecordQuery};
use tokio::task::JoinSet;

use crate::world::{denied, folder, integration, intent, key, open, org, outcome, person};

async fn seqs(journal: &Journal, query: RecordQuery) -> Vec<u64> {
    journal.records(query).await.unwrap().records.iter().map(|record| record.seq).collect()
}

#[tokio::test]
async fn an_intent_and_its_outcome_are_read_back_as_one_record() {
    let dir = folder();
    let journal = open(dir.path());
    let first = journal.begin(intent(org(1), 10), Durability::Written).await.unwrap();
    let second = journal.begin(intent(org(1), 11), Durability::Synced).await.unwrap();
    let third = journal.note(denied(org(1), 12)).await.unwrap();
    assert_eq!([first.seq, second.seq, third.seq], [1, 2, 3]);
    journal.finish(first, outcome(20)).await.unwrap();

    let page = journal.records(RecordQuery::newest(org(1), 10)).await.unwrap();
    assert_eq!(page.next, None);
    assert_eq!(page.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(page.records[0].intent, denied(org(1), 12));
    assert_eq!(page.records[2].intent, intent(org(1), 10));
    let closing = page.records[2].outcome.as_ref().unwrap();
    assert_eq!((closing.seq, &closing.outcome), (4, &outcome(20)));
    assert_eq!(page.records[1].outcome, None);
    assert_eq!(journal.records(RecordQuery::newest(org(2), 10)).await.unwrap().records, []);

    let exported = journal.export(org(1), 0, 2).await.unwrap();
    assert_eq!(exported.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(journal.export(org(1), 2, 10).await.unwrap()[..], page.records[..1]);
    let heads = journal.heads(JournalFile::Records, "", 10).await.unwrap();
    assert_eq!((heads[0].seq, heads[0].hash), (4, closing.hash));
    journal.close().await;
    let verified = journal::verify(dir.path()).unwrap();
    assert!(verified.holds(), "{verified:?}");
    assert_eq!((verified.records, verified.heads), (4, heads));
}

#[tokio::test]
async fn a_record_is_closed_once_and_only_where_it_is_open() {
    let dir = folder();
    let journal = open(dir.path());
    let record = journal.begin(intent(org(1), 10), Durability::Written).await.unwrap();
    let denied = journal.note(denied(org(1), 11)).await.unwrap();
    journal.finish_written(record, outcome(20)).await.unwrap();
    let missing = RecordRef { org: org(1), seq: 77 };
    let elsewhere = RecordRef { org: org(2), seq: 1 };
    for record in [record, denied, missing, elsewhere] {
        let again = journal.finish_written(record, outcome(21)).await;
        assert_eq!(again, Err(RecordError::NotOpen { record }));
    }
    // Nobody hears of these two, and they change nothing.
    journal.finish(record, outcome(22)).await.unwrap();
    journal.finish(missing, outcome(22)).await.unwrap();
    let page = journal.records(RecordQuery::newest(org(1), 10)).await.unwrap();
    assert_eq!(page.records[1].outcome.as_ref().unwrap().outcome, outcome(20));
    journal.close().await;
    assert_eq!(journal::verify(dir.path()).unwrap().records, 3);
}

#[tokio::test]
async fn every_filter_narrows_and_pages_follow_each_other() {
    let dir = folder();
    let journal = open(dir.path());
    let base = intent(org(1), 10);
    let variants = [
        base.clone(),
        Intent { subject: person(9).to_string(), at: Timestamp(20), ..base.clone() },
        Intent { credential: Some(key(9).into()), acting_for: Some(person(8)), at: Timestamp(30), ..base.clone() },
        Intent { integration: Some(integration(9)), ..base.clone() },
        Intent { tool: Some("list".into()), class: Some(ToolClass::Read), ..base.clone() },
        Intent { decision: Decision::Limited, ..base.clone() },
    ];
    let mut refs = Vec::new();
    for intent in variants {
        refs.push(journal.begin(intent, Durability::Written).await.unwrap());
    }
    let failed = domain::record::Outcome { status: OutcomeStatus::Failed, ..outcome(40) };
    journal.finish(refs[0], failed).await.unwrap();
    journal.finish(refs[1], outcome(41)).await.unwrap();

    let all = || RecordQuery::newest(org(1), 100);
    let asked = [
        (RecordQuery { subject: Some(person(9).to_string()), ..all() }, vec![2]),
        (RecordQuery { subject: Some(person(1).to_string()), until: Some(Timestamp(30)), ..all() }, vec![6, 5, 4, 1]),
        (RecordQuery { done_for: Some(person(8)), ..all() }, vec![3]),
        (RecordQuery { subject: Some(person(9).to_string()), done_for: Some(person(8)), ..all() }, vec![3, 2]),
        (RecordQuery { credential: Some(key(9).into()), ..all() }, vec![3]),
        (RecordQuery { integration: Some(integration(9)), ..all() }, vec![4]),
        (RecordQuery { tool: Some("list".into()), ..all() }, vec![5]),
        (RecordQuery { class: Some(ToolClass::Read), ..all() }, vec![5]),
        (RecordQuery { verdict: Some(Decision::Limited), ..all() }, vec![6]),
        (RecordQuery { status: Some(OutcomeStatus::Failed), ..all() }, vec![1]),
        (RecordQuery { since: Some(Timestamp(20)), until: Some(Timestamp(30)), ..all() }, vec![2]),
        (RecordQuery { tool: Some("LIST".into()), ..all() }, vec![]),
    ];
    for (query, expected) in asked {
        assert_eq!(seqs(&journal, query.clone()).await, expected, "{query:?}");
    }
    let mut before = None;
    let mut paged = Vec::new();
    loop {
        let page = journal.records(RecordQuery { before, limit: 2, ..all() }).await.unwrap();
        paged.extend(page.records.iter().map(|record| record.seq));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, [6, 5, 4, 3, 2, 1]);
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_write_at_once_and_every_chain_holds() {
    let dir = folder();
    let journal = open(dir.path());
    let mut calls = JoinSet::new();
    for task in 0..40u8 {
        let journal = journal.clone();
        calls.spawn(async move {
            for round in 0..50 {
                let durability = if round % 10 == 0 { Durability::Synced } else { Durability::Written };
                let record = journal.begin(intent(org(task % 3), round), durability).await.unwrap();
                journal.finish(record, outcome(round)).await.unwrap();
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
    let verified_live = journal::verify(dir.path()).unwrap();
    assert!(verified_live.holds(), "{:?}", verified_live.first_bad);
    let unfinished = journal.records(RecordQuery::newest(org(0), 1_000)).await.unwrap();
    assert!(unfinished.records.iter().all(|record| record.outcome.is_some()));
    journal.close().await;
    let verified = journal::verify(dir.path()).unwrap();
    assert!(verified.holds(), "{:?}", verified.first_bad);
    assert_eq!(verified.records, 4_000);
}

/// Outcomes are written with whatever comes next; when nothing comes, they must not stay unwritten.
#[tokio::test]
async fn an_outcome_is_written_although_nothing_comes_after_it() {
    let dir = folder();
    let journal = open(dir.path());
    for round in 1..=3 {
        let record = journal.begin(intent(org(1), 10), Durability::Written).await.unwrap();
        journal.finish(record, outcome(20)).await.unwrap();
        // Read from the file, since asking the journal would make it write.
        while journal::verify(dir.path()).unwrap().records < 2 * round {
            tokio::task::yield_now().await;
        }
    }
    journal.close().await;
}

/// Callers write for each other on the threads that serve them, so that a lock that some other process holds for
/// seconds must not keep such a thread.
#[tokio::test]
async fn a_locked_file_holds_up_the_caller_and_not_its_thread() {
    let dir = folder();
    let journal = open(dir.path());
    let other = rusqlite::Connection::open(dir.path().join("records.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.begin(intent(org(1), 10), Durability::Written).await }
    });
    // With one thread for all, this goes on only where the caller does not keep it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    other.execute_batch("COMMIT").unwrap();
    let record = waiting.await.unwrap().unwrap();
    journal.finish_written(record, outcome(20)).await.unwrap();
    journal.close().await;
    assert!(matches!(journal.finish(record, outcome(21)).await, Err(RecordError::Unavailable { .. })));
}

#[tokio::test]
async fn more_callers_than_one_writes_for_and_than_there_are_places_are_all_answered() {
    for places in [3, 4_096] {
        let dir = folder();
        let options = Options { records_waiting_max: places, ..Options::default() };
        let journal = Journal::open(dir.path(), options).unwrap();
        let mut calls = JoinSet::new();
        for at in 0..400 {
            let journal = journal.clone();
            calls.spawn(async move {
                let record = journal.begin(intent(org(1), at), Durability::Written).await.unwrap();
                journal.finish(record, outcome(at)).await.unwrap();
            });
        }
        while let Some(done) = calls.join_next().await {
            done.unwrap();
        }
        journal.close().await;
        assert_eq!(journal::verify(dir.path()).unwrap().records, 800);
    }
}

#[tokio::test]
async fn texts_are_cut_where_nobody_bounded_them() {
    let dir = folder();
    let journal = open(dir.path());
    let long = Intent { tool: Some("ä".repeat(10_000)), ..denied(org(1), 10) };
    journal.note(long).await.unwrap();
    let page = journal.records(RecordQuery::newest(org(1), 1)).await.unwrap();
    assert_eq!(page.records[0].intent.tool, Some("ä".repeat(256)));
    journal.close().await;
    assert!(journal::verify(dir.path()).unwrap().holds());
}

#[tokio::test]
async fn the_latest_use_of_a_key_is_known_at_once_survives_and_can_be_erased() {
    let dir = folder();
    let journal = open(dir.path());
    let used = |number: u8, at: i64| KeyUse {
        org: org(1),
        key: key(number),
        at: Timestamp(at),
        address: Some("192.0.2.7".into()),
        client: None,
    };
    journal.touch_key(used(1, 10));
    journal.touch_key(used(2, 11));
    journal.touch_key(used(1, 30));
    journal.touch_key(used(1, 20));
    assert_eq!(journal.key_uses(org(1)).await.unwrap(), [used(1, 30), used(2, 11)]);
    journal.touch_key(used(2, 40));
    journal.close().await;

    let journal = open(dir.path());
    assert_eq!(journal.key_uses(org(1)).await.unwrap(), [used(1, 30), used(2, 40)]);
    journal.erase_key_use(org(1), key(2)).await.unwrap();
    assert_eq!(journal.key_uses(org(1)).await.unwrap(), [used(1, 30)]);
    assert_eq!(journal.key_uses(org(2)).await.unwrap(), []);
    journal.close().await;
}
