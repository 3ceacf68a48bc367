//! Questions that take long: of the past, of every change since, of what would help, of what a policy file would change.
//! They are worked on aside, few at once, and one at a time for everybody who asks, so that asking slows nobody else.
//!
//! A piece of work that was begun goes on to its end, whoever waits for it. It keeps its place and its asker's turn until
//! then, so that nobody gets more of either by going away.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::OrgId;
use tokio::sync::Semaphore;
use verdict::Subject;

use crate::live::aside;
use crate::{App, Caller, Problem};

/// Pieces of work for such questions at once, whoever asks.
const AT_ONCE: usize = 2;
/// Pieces of work at once that are not short. They have places of their own, so that no question waits behind them.
const LENGTHY_AT_ONCE: usize = 2;

/// Who is being answered at length, and the places for the work.
#[derive(Clone, Debug)]
pub(crate) struct LongQuestions {
    asking: Arc<Mutex<HashSet<(OrgId, Subject)>>>,
    places: Arc<Semaphore>,
    lengthy: Arc<Semaphore>,
}

impl Default for LongQuestions {
    fn default() -> LongQuestions {
        let places = |count| Arc::new(Semaphore::new(count));
        LongQuestions { asking: Arc::default(), places: places(AT_ONCE), lengthy: places(LENGTHY_AT_ONCE) }
    }
}

impl LongQuestions {
    /// Somebody's turn; none while they are being answered.
    fn begin(&self, who: (OrgId, Subject)) -> Option<Alone> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.insert(who).then(|| Alone(Arc::new(Turn { questions: self.clone(), who })))
    }

    /// Lets nobody begin anything any more.
    #[cfg(test)]
    pub(crate) fn close(&self) {
        self.places.close();
    }

    /// Does a piece of work for somebody whose turn it need not be, when there is a place for it.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        work_in(&self.places, work).await
    }
}

/// Does a piece of work aside, when there is a place for it, and keeps the place until it is done.
async fn work_in<T: Send + 'static>(
    places: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(|error| Problem::broken(&error))?;
    aside(move || {
        let _held = place;
        work()
    })
    .await
}

/// Somebody's turn to ask what takes long. It ends when this is dropped, and the work that was begun with it is done.
#[derive(Clone)]
pub(crate) struct Alone(Arc<Turn>);

struct Turn {
    questions: LongQuestions,
    who: (OrgId, Subject),
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.questions.asking.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.who);
    }
}

impl Alone {
    /// Does a piece of such work, when there is a place for it. Pieces are short, so that everybody's turn comes.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        work_in(&self.0.questions.places, self.in_turn(work)).await
    }

    /// Does a piece of work that is not short, when there is one of the few places for such.
    pub(crate) async fn lengthy_work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        work_in(&self.0.questions.lengthy, self.in_turn(work)).await
    }

    /// The work, which keeps the turn until it is done.
    fn in_turn<T>(&self, work: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T + Send + 'static {
        let turn = Arc::clone(&self.0);
        move || {
            let _held = turn;
            work()
        }
    }

    /// Does a piece of such work for somebody who gets an answer without it as well: none where it is not done in time.
    pub(crate) async fn work_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Problem> {
        tokio::time::timeout(limit, self.work(work)).await.ok().transpose()
    }
}

impl App {
    /// Begins to answer a question that takes long.
    ///
    /// # Errors
    /// [`Problem::Busy`] while another such question of the same caller is being answered.
    pub(crate) fn ask_at_length(&self, caller: &Caller) -> Result<Alone, Problem> {
        let who = (caller.live.org(), caller.actor.subject);
        self.inner.long_questions.begin(who).ok_or(Problem::Busy)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use domain::id::PersonId;

    use super::*;

    #[tokio::test]
    async fn whoever_goes_away_keeps_their_turn_until_the_work_that_they_began_is_done() {
        let questions = LongQuestions::default();
        let who = (OrgId::parse("org_00000000000000000000").unwrap(), Subject::Member(PersonId::from_random([1; 20])));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (end, is_to_end) = mpsc::sync_channel::<()>(1);
        let alone = questions.begin(who).unwrap();
        let asks =
            tokio::spawn(
                async move { alone.work(move || (begun.send(()), is_to_end.recv().is_ok())).await.map(|_| ()) },
            );
        has_begun.await.unwrap();
        asks.abort();
        assert!(asks.await.is_err(), "whoever asked hung up");
        assert!(questions.begin(who).is_none());
        assert_eq!(questions.places.available_permits(), AT_ONCE - 1);
        end.send(()).unwrap();
        let _places = questions.places.acquire_many(AT_ONCE as u32).await.unwrap();
        while questions.begin(who).is_none() {
            tokio::task::yield_now().await;
        }
    }
    #[tokio::test]
    async fn who_needs_no_answer_waits_for_no_place_and_leaves_their_turn() {
        let questions = LongQuestions::default();
        let who = (OrgId::parse("org_00000000000000000000").unwrap(), Subject::Member(PersonId::from_random([1; 20])));
        let places = Arc::clone(&questions.places).acquire_many_owned(AT_ONCE as u32).await.unwrap();
        let alone = questions.begin(who).unwrap();
        assert_eq!(alone.work_within(Duration::from_millis(1), || 7).await.unwrap(), None);
        drop(alone);
        let alone = questions.begin(who).expect("nothing was begun, so the turn is free");
        drop(places);
        assert_eq!(alone.work_within(Duration::from_secs(60), || 7).await.unwrap(), Some(7));
    }
}
