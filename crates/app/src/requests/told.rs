//! What somebody who is denied a call is told of their own request for it, and how an agent asks.

use std::sync::Arc;
use std::time::Duration;

use domain::request::{AccessRequest, RequestState, Wanted};
use domain::time::Timestamp;
use verdict::Actor;

use super::texts::reason_id;
use crate::impact::Mode;
use crate::{App, Caller, Live, Problem};

/// For how long whoever decides is looked for, for somebody who is denied a call.
const NAMES_WITHIN: Duration = Duration::from_millis(500);

/// What became of a request, for the one who asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// It waits for one of these people.
    Waits {
        /// Its id.
        id: String,
        /// Since when.
        since: Timestamp,
        /// Their names, at most three; none where they could not be found in time.
        waits_for: Vec<String>,
    },
    /// It was refused.
    Refused {
        /// Its id.
        id: String,
        /// When.
        at: Timestamp,
        /// The name of whoever refused it, where the caller sees who is here.
        by: Option<String>,
        /// Why.
        reason: Option<String>,
    },
}

impl App {
    /// The caller of a use case, for somebody who was identified elsewhere.
    #[must_use]
    pub fn caller_of(&self, live: &Arc<Live>, actor: Actor) -> Caller {
        Caller { actor, live: Arc::clone(live), mode: Mode::default() }
    }

    /// What became of the caller's newest request for something; none where there is nothing to tell.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where names cannot be looked up, [`Problem::Busy`] while another question of the caller's
    /// that takes long is being answered.
    pub async fn request_told(&self, caller: &Caller, wanted: &Wanted) -> Result<Option<Told>, Problem> {
        let newest = {
            let state = caller.live.state.lock().await;
            let (requester, acting_for) = (caller.actor.subject.grantee(), caller.actor.acting_for);
            let fits =
                |request: &&AccessRequest| request.asked.acting_for == acting_for && request.asked.wanted == *wanted;
            state.requests_of(requester).filter(fits).max_by_key(|request| request.since_seq).cloned()
        };
        let Some(request) = newest else { return Ok(None) };
        let id = request.asked.id.to_string();
        match &request.state {
            RequestState::Open => {
                let (alone, since) = (self.ask_at_length(caller)?, request.opened_at);
                let look = self.look(caller).await;
                let snapshot = Arc::clone(&look.snapshot);
                let deciders = move || look.deciders(&request, &look.remedies(&request).sets);
                // A call that is denied waits for nobody else's long questions: "whoever may grant it" is said without names.
                let deciders = alone.work_within(NAMES_WITHIN, deciders).await?.unwrap_or_default();
                let waits_for = self.names_for((&snapshot, &caller.actor), &deciders).await;
                Ok(Some(Told::Waits { id, since, waits_for }))
            }
            RequestState::Refused { decided } => {
                let by = self.decider_told(caller, &decided.by);
                let by = self.names_of(caller, by.as_slice()).await?.pop();
                let reason = reason_id(request.asked.id);
                let reason = self.labels_of(caller.live.org(), vec![reason.clone()]).await?.remove(&reason);
                Ok(Some(Told::Refused { id, at: decided.at, by, reason }))
            }
            RequestState::Granted { .. } | RequestState::Withdrawn { .. } | RequestState::Ended { .. } => Ok(None),
        }
    }
}
