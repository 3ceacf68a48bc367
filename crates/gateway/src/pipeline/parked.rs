//! The questions of a legacy upstream to a client of the modern era. The one asks in the middle of a call and waits; the other is
//! answered with what is asked, and calls again with the answers. In between the call is parked here: nobody waits for it, but it
//! goes on at its upstream. It is gone on with by whoever made it, for the same thing, within a time; and given up with the right
//! to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use verdict::Question;

use crate::gateway::Gateway;
use crate::pipeline::call::Call;
use crate::pipeline::forward::{self, Way};
use crate::pipeline::guard::ask_again;
use crate::pipeline::identify::Caller;
use crate::pipeline::limit::Slot;
use crate::pipeline::question::Wanted;
use crate::pipeline::showing::Held;
use crate::pipeline::state;
use crate::ports::{Access as _, Ports};
use crate::upstream::exchange::Answering;

/// A call that waits for answers.
pub(super) struct Parked {
    pub(super) way: Way,
    pub(super) answering: Box<Answering>,
    /// What is asked, by the names under which the client knows the questions.
    pub(super) questions: Vec<Waiting>,
    pub(super) slot: Slot,
    /// Tells who watches over it that it was taken.
    _watched: DropGuard,
}

/// A question that waits for its answer.
pub(super) struct Waiting {
    pub(super) name: String,
    /// Its id at the upstream.
    pub(super) id: Value,
    asked: Value,
}

/// All calls that wait for answers, by number.
#[derive(Default)]
pub(crate) struct ParkedCalls {
    calls: Mutex<HashMap<u64, Parked>>,
}

impl ParkedCalls {
    /// Takes a call out, to go on with it.
    pub(super) fn take(&self, number: u64) -> Option<Parked> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).remove(&number)
    }

    fn put(&self, number: u64, parked: Parked) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).insert(number, parked);
    }
}

/// Names the questions of an upstream.
pub(super) fn waiting(questions: Vec<Map<String, Value>>) -> Vec<Waiting> {
    let named = questions.into_iter().enumerate().map(|(number, mut question)| {
        let id = question.remove("id").unwrap_or_default();
        question.remove("jsonrpc");
        Waiting { name: format!("question-{}", number + 1), id, asked: question.into() }
    });
    named.collect()
}

/// Room for one more, where there is.
pub(super) fn room<P: Ports>(call: &Call<P>) -> Option<Slot> {
    call.gateway.parking.take(call.caller.org(), call.caller.actor.subject).ok()
}

/// Parks a call and gives the result that asks its client.
pub(super) fn park<P: Ports>(
    call: &Call<P>,
    held: Held,
    (way, answering): (Way, Box<Answering>),
    (questions, slot): (Vec<Waiting>, Slot),
) -> Map<String, Value> {
    let gateway = &call.gateway;
    let number = gateway.upstreams.next_id();
    let asked = questions.iter().map(|question| (question.name.clone(), question.asked.clone())).collect::<Map<_, _>>();
    let taken = CancellationToken::new();
    let watched = taken.clone().drop_guard();
    gateway.parked.put(number, Parked { way, answering, questions, slot, _watched: watched });
    gateway.aside(watch(gateway.clone(), (call.caller.clone(), call.wanted.clone()), held, (number, taken)));
    let state = state::mark_parked(gateway, (&call.caller, &call.aim), number);
    let result = json!({ "resultType": "input_required", "inputRequests": asked, "requestState": state });
    match result {
        Value::Object(result) => result,
        _ => Map::new(),
    }
}

/// Gives a parked call up when its time is over, or the right to it.
async fn watch<P: Ports>(
    gateway: Arc<Gateway<P>>,
    (caller, wanted): (Caller<P::Access>, Wanted),
    held: Held,
    (number, taken): (u64, CancellationToken),
) {
    let ends_at = Instant::now() + Duration::from_millis(gateway.options.limits.parked_ms_max);
    let mut changes = caller.access.changes();
    loop {
        let (snapshot, now) = (caller.access.snapshot(), gateway.ports.now());
        let question = Question { actor: &caller.actor, action: wanted.action(), now };
        if held.lost(&snapshot).is_some() || !snapshot.evaluate(&question).is_allowed() {
            break;
        }
        let again = ask_again(&snapshot, &caller, now)
            .map(|at| Instant::now() + Duration::from_millis(u64::try_from(at.since_ms(now)).unwrap_or_default()));
        tokio::select! {
            () = taken.cancelled() => return,
            () = gateway.closing.cancelled() => break,
            changed = changes.changed() => if changed.is_err() { break },
            () = tokio::time::sleep_until(again.unwrap_or(ends_at).min(ends_at)) => if Instant::now() >= ends_at { break },
        }
    }
    if let Some(parked) = gateway.parked.take(number) {
        forward::call_back(&gateway, &parked.way);
    }
}
