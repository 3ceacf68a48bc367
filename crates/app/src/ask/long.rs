//! Questions that take long: of the past, of every change since, of what would help, of what a policy file would change.
//! They are worked on aside, few at once, and one at a time for everybody who asks, so that asking slows nobody else.
//! Previews of single changes are short, and so a few at a time for everybody; they have places of their own, and no more of
//! them wait than fit into memory.
//!
//! A piece of work that was begun goes on to its end, whoever waits for it. It keeps its place and its asker's turn until
//! then, so that nobody gets more of either by going away.

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
/// Previews that are worked out at once.
const PREVIEWS_AT_ONCE: usize = 2;
/// Previews that wait or are worked out, whoever asks: each holds a copy of its organization.
const PREVIEWS_MAX: usize = 24;
/// Of those, how many are one caller's.
const PREVIEWS_EACH_MAX: usize = 4;

/// What whoever asks again is told. It need not be their doing: what they are denied is looked into for them as well.
const YOUR_QUESTION: &str = "another question of yours that takes long is being worked on, and they are answered one at a \
    time: a policy file, a history, what would help, a page of requests, or who could allow what you were just denied; wait \
    for its answer, most take seconds, and ask again";
const YOUR_PREVIEWS: &str =
    "several previews of yours are being worked out at once; ask again when one of them is answered";
const ALL_PREVIEWS: &str = "very many previews are being worked out at this moment; ask again in a few seconds";

/// Who is being answered at length, and the places for the work.
#[derive(Clone, Debug)]
pub(crate) struct LongQuestions {
    asking: Asking,
    previewing: Asking,
    places: Arc<Semaphore>,
    lengthy: Arc<Semaphore>,
    previews: Arc<Semaphore>,
}

/// Who is being answered, as often as they are.
type Asking = Arc<Mutex<Vec<(OrgId, Subject)>>>;

impl Default for LongQuestions {
    fn default() -> LongQuestions {
        let places = |count| Arc::new(Semaphore::new(count));
        LongQuestions {
            asking: Asking::default(),
            previewing: Asking::default(),
            places: places(AT_ONCE),
            lengthy: places(LENGTHY_AT_ONCE),
            previews: places(PREVIEWS_AT_ONCE),
        }
    }
}

impl LongQuestions {
    /// Somebody's turn; none while they are being answered.
    fn begin(&self, who: (OrgId, Subject)) -> Option<Alone> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.contains(&who) {
            return None;
        }
        asking.push(who);
        Some(self.turn(&self.asking, who, &self.places))
    }

    /// The turn of a preview.
    fn begin_preview(&self, who: (OrgId, Subject)) -> Result<Alone, Problem> {
        let mut asking = self.previewing.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.iter().filter(|other| **other == who).count() >= PREVIEWS_EACH_MAX {
            return Err(Problem::Busy { message: YOUR_PREVIEWS });
        }
        if asking.len() >= PREVIEWS_MAX {
            return Err(Problem::Busy { message: ALL_PREVIEWS });
        }
        asking.push(who);
        Ok(self.turn(&self.previewing, who, &self.previews))
    }

    fn turn(&self, asking: &Asking, who: (OrgId, Subject), places: &Arc<Semaphore>) -> Alone {
        let turn = Turn { asking: Arc::clone(asking), who };
        Alone { turn: Arc::new(turn), places: Arc::clone(places), lengthy: Arc::clone(&self.lengthy) }
    }

    /// Lets nobody work out a preview any more.
    #[cfg(test)]
    pub(crate) fn close_previews(&self) {
        self.previews.close();
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
pub(crate) struct Alone {
    turn: Arc<Turn>,
    places: Arc<Semaphore>,
    lengthy: Arc<Semaphore>,
}

struct Turn {
    asking: Asking,
    who: (OrgId, Subject),
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = asking.iter().position(|who| *who == self.who) {
            asking.swap_remove(place);
        }
    }
}

impl Alone {
    /// Does a piece of such work, when there is a place for it. Pieces are short, so that everybody's turn comes.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        work_in(&self.places, self.in_turn(work)).await
    }

    /// The same turn for work whose pieces are not short: they have the few places for such.
    pub(crate) fn at_length(&self) -> Alone {
        Alone { places: Arc::clone(&self.lengthy), ..self.clone() }
    }

    /// The work, which keeps the turn until it is done.
    fn in_turn<T>(&self, work: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T + Send + 'static {
        let turn = Arc::clone(&self.turn);
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
        self.inner.long_questions.begin(who).ok_or(Problem::Busy { message: YOUR_QUESTION })
    }

    /// Begins to work out what a change would do, which is not made.
    ///
    /// # Errors
    /// [`Problem::Busy`] while some of the same caller's are worked out, or very many of everybody's.
    pub(crate) fn preview_in_turn(&self, caller: &Caller) -> Result<Alone, Problem> {
        self.inner.long_questions.begin_preview((caller.live.org(), caller.actor.subject))
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

    #[test]
    fn no_more_previews_wait_than_fit_into_memory_whoever_asks() {
        let questions = LongQuestions::default();
        let org = OrgId::parse("org_00000000000000000000").unwrap();
        let who = |number| (org, Subject::Member(PersonId::from_random([number; 20])));
        let message = |refused: Result<Alone, Problem>| refused.map(|_| ()).unwrap_err().to_string();
        let mut begun = Vec::new();
        for number in 0..PREVIEWS_MAX {
            begun.push(questions.begin_preview(who((number / PREVIEWS_EACH_MAX) as u8)).unwrap());
        }
        assert_eq!(message(questions.begin_preview(who(0))), YOUR_PREVIEWS);
        assert_eq!(message(questions.begin_preview(who(30))), ALL_PREVIEWS);
        assert!(questions.begin(who(0)).is_some(), "a long question is no preview");
        drop(begun.pop());
        assert!(questions.begin_preview(who(30)).is_ok(), "a place is free again");
    }
}
