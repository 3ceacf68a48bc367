//! The half of the interface that concerns records of calls and the use of keys.
//!
//! It never waits for the disk where its caller did not ask it to.

use domain::id::{KeyId, OrgId};
use domain::record::{Durability, Intent, Outcome, RecordRef};
use domain::time::Timestamp;
use tokio::sync::oneshot;

use super::Journal;
use crate::error::{CLOSED, ReadError, RecordError};
use crate::record::{KeyUse, Record, RecordPage, RecordQuery, Usage};
use crate::sqlite::record_desk::{Closed, Desk, Errand, Row};
use crate::sqlite::{key_uses, record_owed, record_reader, usage_reader};

/// The answer to a begin, on its way. A caller that stops waiting may leave an answer that nobody took; the
/// record it names must not stay open, and only the end of the wait can know.
struct Begun<'j> {
    answer: oneshot::Receiver<Result<RecordRef, RecordError>>,
    at: Timestamp,
    records: &'j Desk,
    taken: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        // From here on the writer sees that nobody waits, and closes the record itself.
        self.answer.close();
        if let Ok(Ok(record)) = self.answer.try_recv() {
            let outcome = record_owed::never_sent(self.at);
            // With the desk full the record stays open until the next start.
            let _ = self.records.try_put(Row::Finish { record, outcome, reply: None });
        } else {
            // Others may rely on us to write for them.
            self.records.call();
        }
    }
}

impl Journal {
    /// Records that a call is about to be made, and answers when that is as durable as asked. A call may go out
    /// only after this was answered.
    ///
    /// When the caller stops waiting before the answer, the record is closed as cancelled.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]: the call must be refused. If something was written all the same, it is
    /// closed as cancelled.
    pub async fn begin(&self, intent: Intent, durability: Durability) -> Result<RecordRef, RecordError> {
        let (reply, answer) = oneshot::channel();
        let at = intent.at;
        self.put_record(Row::Begin { intent, durability, reply }).await?;
        let mut begun = Begun { answer, at, records: &self.inner.records, taken: false };
        // Whoever is about to record something as well gets into the same transaction.
        tokio::task::yield_now().await;
        self.inner.records.write();
        let answer = (&mut begun.answer).await;
        begun.taken = true;
        answer.map_err(|_| RecordError::unavailable(CLOSED))?
    }

    /// Records a request that goes nowhere: denied, malformed or limited.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn note(&self, intent: Intent) -> Result<RecordRef, RecordError> {
        self.begin(intent, Durability::Written).await
    }

    /// Records what came of a call, in the order of these calls. Waits for a place where very many wait, and never
    /// for the disk: it is written together with whatever is recorded next, within some 40 ms, and an outcome that
    /// finds the disk full is kept and tried again.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`] where the journal is closed; the next start closes the record as unknown.
    pub async fn finish(&self, record: RecordRef, outcome: Outcome) -> Result<(), RecordError> {
        self.put_record(Row::Finish { record, outcome, reply: None }).await
    }

    /// Like [`Journal::finish`], and answers when the outcome is written.
    ///
    /// # Errors
    /// [`RecordError::NotOpen`] where the record has an outcome already or does not exist.
    pub async fn finish_written(&self, record: RecordRef, outcome: Outcome) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        self.put_record(Row::Finish { record, outcome, reply: Some(reply) }).await?;
        self.inner.records.write();
        answer.await.map_err(|_| RecordError::unavailable(CLOSED))?
    }

    /// Intents that an earlier run of the process left without an outcome; at most 1,000 of them.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn open_intents(&self) -> Result<Vec<RecordRef>, ReadError> {
        self.read_records(record_reader::open_intents).await
    }

    /// Closes every intent that an earlier run left open as [`domain::record::OutcomeStatus::Unknown`] and says
    /// how many there were. Calls of this run are not touched, so that it may be done again at any time.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn close_open_intents(&self, now: Timestamp) -> Result<u64, RecordError> {
        let (reply, answer) = oneshot::channel();
        self.tell_records(Errand::CloseOpen { now, reply }).await?;
        answer.await.map_err(|_| RecordError::unavailable(CLOSED))?
    }

    /// Records that match, newest first. Sees everything that was accepted before the question, outcomes that
    /// nobody waited for included.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn records(&self, query: RecordQuery) -> Result<RecordPage, ReadError> {
        self.settle_records(false).await?;
        self.read_records(move |connection| record_reader::records(connection, &query)).await
    }

    /// Records after `after`, oldest first, at most `limit` and at most 1,000; an empty answer is the end.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn export(&self, org: OrgId, after: u64, limit: usize) -> Result<Vec<Record>, ReadError> {
        self.settle_records(false).await?;
        self.read_records(move |connection| record_reader::export(connection, org, after, limit)).await
    }

    /// What was used since a moment, summed up.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn usage(&self, org: OrgId, since: Timestamp) -> Result<Usage, ReadError> {
        self.settle_records(false).await?;
        self.read_records(move |connection| usage_reader::usage(connection, org, since)).await
    }

    /// Remembers the use of a key. Costs no wait; it is written about once a second, and the latest use counts.
    pub fn touch_key(&self, key_use: KeyUse) {
        self.inner.key_uses.touch(key_use);
    }

    /// The latest use of each key of an organization that was ever used.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn key_uses(&self, org: OrgId) -> Result<Vec<KeyUse>, ReadError> {
        self.settle_records(true).await?;
        self.read_records(move |connection| key_uses::read(connection, org)).await
    }

    /// Deletes what is known of a key's use.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn erase_key_use(&self, org: OrgId, key: KeyId) -> Result<(), RecordError> {
        let (reply, answer) = oneshot::channel();
        self.tell_records(Errand::EraseKeyUse { org, key, reply }).await?;
        answer.await.map_err(|_| RecordError::unavailable(CLOSED))?
    }

    /// Answers while there is somebody who writes records; what it costs is one turn of the writer's thread.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] where the journal is closed or the thread is gone: every call is refused then.
    pub async fn check_records(&self) -> Result<(), ReadError> {
        self.settle_records(false).await
    }

    async fn put_record(&self, row: Row) -> Result<(), RecordError> {
        self.inner.records.put(row).await.map_err(|Closed| RecordError::unavailable(CLOSED))
    }

    async fn tell_records(&self, errand: Errand) -> Result<(), RecordError> {
        self.inner.records.send(errand).await.map_err(|Closed| RecordError::unavailable(CLOSED))
    }

    /// Waits until everything that was accepted is written, or has been found not to be writable.
    pub(super) async fn settle_records(&self, key_uses: bool) -> Result<(), ReadError> {
        let (reply, answer) = oneshot::channel();
        let errand = Errand::Settle { key_uses, reply };
        self.inner.records.send(errand).await.map_err(|_| ReadError::unavailable(CLOSED))?;
        answer.await.map_err(|_| ReadError::unavailable(CLOSED))
    }

    pub(super) async fn read_records<T, F>(&self, read: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> Result<T, ReadError> + Send + 'static,
    {
        self.inner.record_reads.run(read).await
    }
}
