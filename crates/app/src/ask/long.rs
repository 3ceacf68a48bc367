//! Questions that take long: of the past, of every change since, of what would help. They are worked on aside, few at
//! once, and one at a time for everybody who asks, so that asking slows nobody else.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use domain::id::OrgId;
use tokio::sync::Semaphore;
use verdict::Subject;

use crate::live::aside;
use crate::{App, Caller, Problem};

/// Pieces of work for such questions at once, whoever asks.
const AT_ONCE: usize = 2;

/// Who is being answered at length, and the places for the work.
#[derive(Debug)]
pub(crate) struct LongQuestions {
    asking: Mutex<HashSet<(OrgId, Subject)>>,
    places: Semaphore,
}

impl Default for LongQuestions {
    fn default() -> LongQuestions {
        LongQuestions { asking: Mutex::default(), places: Semaphore::new(AT_ONCE) }
    }
}

/// Somebody's turn to ask what takes long; it ends when this is dropped.
pub(crate) struct Alone {
    app: App,
    who: (OrgId, Subject),
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.app.inner.long_questions.asking.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.who);
    }
}

impl App {
    /// Begins to answer a question that takes long.
    ///
    /// # Errors
    /// [`Problem::Busy`] while another such question of the same caller is being answered.
    pub(crate) fn ask_at_length(&self, caller: &Caller) -> Result<Alone, Problem> {
        let who = (caller.live.org(), caller.actor.subject);
        let mut asking = self.inner.long_questions.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.insert(who) { Ok(Alone { app: self.clone(), who }) } else { Err(Problem::Busy) }
    }

    /// Does a piece of such work, when there is a place for it. Pieces are short, so that everybody's turn comes.
    pub(crate) async fn at_length<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.inner.long_questions.places.acquire().await;
        let _place = place.map_err(|error| Problem::broken(&error))?;
        aside(work).await
    }
}
