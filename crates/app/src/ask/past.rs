//! Time travel: the state of a past moment, folded from the journal.

use std::sync::Arc;

use domain::event;
use domain::organization::{Organization, Stamp};
use domain::time::Timestamp;
use journal::{StoredEvent, StreamId};
use verdict::Snapshot;

use crate::ask::{Alone, View};
use crate::{App, Caller, Problem};

/// Events that are read at a time.
pub(super) const PAGE: usize = 1_000;

/// A moment of an organization's history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// After the event of this number.
    Seq(u64),
    /// At this instant: after every event written up to it, with what ended by then ended.
    Instant(Timestamp),
}

/// A state that is being folded, and when its last event happened.
struct Folded {
    state: Organization,
    last: Timestamp,
    is_done: bool,
}

impl App {
    /// The present, or a past moment, which takes long.
    ///
    /// # Errors
    /// [`Problem::Busy`] for the past while another question of the caller's that takes long is being answered.
    pub(crate) async fn view(&self, caller: &Caller, at: Option<At>) -> Result<View, Problem> {
        let Some(at) = at else { return Ok(self.present(caller)) };
        self.past(caller, at, &self.ask_at_length(caller)?).await
    }

    /// The present.
    pub(crate) fn present(&self, caller: &Caller) -> View {
        View { snapshot: caller.live.snapshot(), now: self.now(), past: None }
    }

    /// A past moment, for somebody whose turn it is.
    pub(crate) async fn past(&self, caller: &Caller, at: At, alone: &Alone) -> Result<View, Problem> {
        let (state, last) = self.state_at(caller, at, alone).await?;
        let now = match at {
            At::Seq(_) => last,
            At::Instant(instant) => instant,
        };
        let org = caller.live.org();
        let compiling = move || (Arc::new(Snapshot::compile(org, &state, None)), state);
        let (snapshot, state) = alone.work(compiling).await?;
        Ok(View { snapshot, now, past: Some(state) })
    }

    /// Folds the journal up to a moment.
    async fn state_at(&self, caller: &Caller, at: At, alone: &Alone) -> Result<(Organization, Timestamp), Problem> {
        let mut folded = Folded { state: Organization::new(), last: Timestamp(0), is_done: false };
        let stream = StreamId::Organization(caller.live.org());
        while !folded.is_done {
            let page = self.inner.journal.read(stream, folded.state.seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            folded = alone.work(move || folded.with(page, at)).await??;
        }
        let Folded { state, last, .. } = folded;
        match at {
            At::Seq(seq) if seq > state.seq => {
                let message = format!("the last change is number {}; name that or an earlier one", state.seq);
                Err(Problem::invalid("at", message))
            }
            _ if !state.is_created() => {
                Err(Problem::invalid("at", "the organization did not exist yet at this moment; name a later one"))
            }
            _ => Ok((state, last)),
        }
    }
}

impl Folded {
    fn with(mut self, page: Vec<StoredEvent>, at: At) -> Result<Folded, Problem> {
        for stored in page {
            let later = match at {
                At::Seq(seq) => stored.seq > seq,
                At::Instant(instant) => stored.at > instant,
            };
            if later {
                self.is_done = true;
                break;
            }
            self.last = stored.at;
            let event = event::decode(&stored.body)?;
            self.state.apply(&Stamp { seq: stored.seq, at: stored.at, actor: stored.actor }, &event);
        }
        Ok(self)
    }
}
