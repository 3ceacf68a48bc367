//! The desk by itself, mostly without its thread: what a call writes, and what it leaves to the thread.

use std::sync::Arc;

use domain::record::Durability;

use super::*;
use crate::full_disk_tests::{NO_ROOM, ROOM, intent, outcome};
use crate::sqlite::folder::open_writer;
use crate::sqlite::key_uses::KeyUses;
use crate::sqlite::record_book::Book;
use crate::sqlite::record_threads::{self, Surroundings};
use crate::verification::JournalFile;

type Answer = oneshot::Receiver<Result<RecordRef, RecordError>>;

/// A desk at which nobody stands by.
fn desk() -> (tempfile::TempDir, Desk) {
    let dir = tempfile::tempdir().unwrap();
    let connection = open_writer(dir.path(), JournalFile::Records).unwrap();
    let around = Surroundings {
        syncer: Arc::default(),
        rows: Arc::default(),
        log_starts_anew: Arc::default(),
        key_uses: Arc::default(),
    };
    let desk = Desk::new(4_096);
    desk.seat(Writer::new(Book::open(connection).unwrap(), around));
    (dir, desk)
}

fn lay_intent(desk: &Desk) -> Answer {
    let (reply, answer) = oneshot::channel();
    desk.try_put(Row::Begin { intent: intent(1), durability: Durability::Written, reply }).unwrap();
    answer
}

fn limit_pages(desk: &Desk, pages: i64) {
    let (reply, _) = oneshot::channel();
    desk.writer().as_mut().unwrap().obey(Errand::LimitPages { pages, reply });
}

/// What the thread does when it is called, once, and then the desk is closed.
fn let_the_thread_write(desk: &Desk) {
    desk.close();
    assert!(desk.run().0.is_some());
}

#[test]
fn a_call_leaves_many_owed_outcomes_to_the_thread() {
    let (_dir, desk) = desk();
    let mut open = Vec::new();
    for _ in 0..2 * GROUP_MAX_OF_CALL {
        let mut answer = lay_intent(&desk);
        desk.write();
        open.push(answer.try_recv().unwrap().unwrap());
    }
    limit_pages(&desk, NO_ROOM);
    let mut group: Vec<Row> =
        open.iter().map(|record| Row::Finish { record: *record, outcome: outcome(), reply: None }).collect();
    desk.writer().as_mut().unwrap().write_group(&mut group);
    assert_eq!(desk.writer().as_ref().unwrap().owed(), open.len());
    limit_pages(&desk, ROOM);

    let mut answer = lay_intent(&desk);
    desk.write();
    assert!(answer.try_recv().is_err(), "the call wrote what was owed");
    assert!(desk.lock().urgent, "the thread is not called");
    let_the_thread_write(&desk);
    assert!(answer.try_recv().unwrap().is_ok());
}

#[test]
fn a_call_leaves_the_first_group_of_a_new_log_to_the_thread() {
    let (_dir, desk) = desk();
    let mut first = lay_intent(&desk);
    desk.write();
    assert!(first.try_recv().unwrap().is_ok());
    desk.writer().as_mut().unwrap().obey(Errand::Checkpoint);

    let mut answer = lay_intent(&desk);
    desk.write();
    assert!(answer.try_recv().is_err(), "the call made SQLite sync the header of the log");
    assert!(desk.lock().urgent, "the thread is not called");
    desk.write_all(desk.writer().as_mut().unwrap(), &mut Vec::new());
    assert!(answer.try_recv().unwrap().is_ok());

    let mut next = lay_intent(&desk);
    desk.write();
    assert!(next.try_recv().unwrap().is_ok(), "calls write again");
}

#[test]
fn a_call_that_finds_the_writer_taken_is_written_by_who_has_it() {
    let (_dir, desk) = desk();
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    *desk.meanwhile.lock().unwrap() = Some(Box::new(move |desk: &Desk| {
        let mut answer = lay_intent(desk);
        desk.write();
        assert!(answer.try_recv().is_err(), "the writer was free");
        tell.send(answer).unwrap();
    }));
    let mut first = lay_intent(&desk);
    desk.write();
    assert!(first.try_recv().unwrap().is_ok());
    assert!(told.recv().unwrap().try_recv().expect("it lies there until the thread looks").is_ok());
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_thread_breaks_off_their_group() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Arc::new(Desk::new(16));
    let lock = Arc::new(tempfile::tempfile().unwrap());
    record_threads::start(dir.path(), &desk, Arc::<KeyUses>::default(), lock).unwrap();
    let (reply, broken) = oneshot::channel();
    desk.send(Errand::BreakOff { in_thread: true, reply }).await.unwrap();
    broken.await.unwrap();
    let answer = lay_intent(&desk);
    // Nobody but the thread is there to write it.
    let told = tokio::time::timeout(Duration::from_secs(30), answer).await.expect("nobody is told");
    assert!(told.is_err());
    assert!(desk.put(Row::Finish { record: some_record(), outcome: outcome(), reply: None }).await.is_err());
}

fn some_record() -> RecordRef {
    RecordRef { org: crate::full_disk_tests::org(), seq: 1 }
}
