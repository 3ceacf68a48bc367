//! Open streams on which a client hears that its own list of tools changed, and nothing about anybody else's.
//!
//! A stream ends when the key that opened it ends, and when whoever it speaks for stands still. Legacy clients open one with GET, modern ones with
//! `subscriptions/listen`, and then every message carries the subscription's id.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::record::Decision;
use domain::time::Timestamp;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use verdict::Snapshot;

use crate::gateway::Gateway;
use crate::message::{self, Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::asking::offered;
use crate::pipeline::guard::ask_again;
use crate::pipeline::identify::Caller;
use crate::pipeline::limit::Slot;
use crate::pipeline::question::may_know;
use crate::pipeline::record::Blank;
use crate::ports::{Access as _, Ports};

/// A modern subscription.
pub(crate) struct Tagged {
    /// The id of the request that opened it.
    pub(crate) id: Value,
    /// Whether changes of the list of tools are wanted.
    pub(crate) tools: bool,
}

struct Listening<P: Ports> {
    gateway: Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    door: Door,
    tagged: Option<Tagged>,
    changes: watch::Receiver<u64>,
    /// The state that the client knows its list from.
    told: Arc<Snapshot>,
    told_at: Timestamp,
    keep_alive_at: Instant,
    begun: bool,
    _slot: Slot,
}

/// Opens a stream.
pub(crate) fn open<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    door: Door,
    tagged: Option<Tagged>,
) -> Result<Response, Exit> {
    let Ok(slot) = gateway.streams.take(caller.org(), caller.actor.subject) else {
        let blank = Blank { subject: Some(caller.actor), ..Blank::new(&caller.snapshot, "listen") };
        gateway.note_noise(blank, Decision::Limited, "too-many-streams");
        let fault = Fault::new(code::LIMITED, "too many streams are open; close one first");
        return Err(Exit::fault(StatusCode::TOO_MANY_REQUESTS, tagged.as_ref().map(|tagged| &tagged.id), &fault));
    };
    let listening = Listening {
        gateway: gateway.clone(),
        changes: caller.access.changes(),
        told: caller.snapshot.clone(),
        told_at: gateway.ports.now(),
        keep_alive_at: Instant::now() + Duration::from_millis(gateway.options.limits.keep_alive_ms),
        caller,
        door,
        tagged,
        begun: false,
        _slot: slot,
    };
    let events = futures_util::stream::unfold(Some(listening), |listening| async move {
        let mut listening = listening?;
        let (event, over) = listening.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), (!over).then_some(listening)))
    });
    Ok(answer::stream(Body::from_stream(events)))
}

impl<P: Ports> Listening<P> {
    /// The next event, and whether it is the last; nothing where the stream just ends.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some((self.acknowledged(), false));
        }
        loop {
            let now = self.gateway.ports.now();
            let snapshot = self.caller.access.snapshot();
            if !self.may_listen(&snapshot, now) || self.gateway.closing.is_cancelled() {
                return self.farewell().map(|event| (event, true));
            }
            let (before, here) = ((&*self.told, self.told_at), (&self.caller, &self.door));
            let changed = !same_list(before, (&snapshot, now), here);
            (self.told, self.told_at) = (snapshot, now);
            if changed && self.tagged.as_ref().is_none_or(|tagged| tagged.tools) {
                return Some((self.notification("notifications/tools/list_changed", json!({})), false));
            }
            let until = self.wake_at(now);
            tokio::select! {
                biased;
                changed = self.changes.changed() => if changed.is_err() {
                    return self.farewell().map(|event| (event, true));
                },
                () = self.gateway.closing.cancelled() => {}
                () = tokio::time::sleep_until(until) => if Instant::now() >= self.keep_alive_at {
                    let keep_alive = Duration::from_millis(self.gateway.options.limits.keep_alive_ms);
                    self.keep_alive_at = Instant::now() + keep_alive;
                    return Some((Bytes::from_static(b":\n\n"), false));
                },
            }
        }
    }

    fn may_listen(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        snapshot.admit_to_tools(self.caller.credential, now).is_ok_and(|actor| actor == self.caller.actor)
            && snapshot.works(&self.caller.actor, now)
            && self.door.integration.as_deref().is_none_or(|slug| may_know(snapshot, &self.caller.actor, slug, now))
    }

    fn wake_at(&self, now: Timestamp) -> Instant {
        let again = ask_again(&self.told, &self.caller, now)
            .map(|at| Instant::now() + Duration::from_millis(u64::try_from(at.since_ms(now)).unwrap_or_default()));
        again.map_or(self.keep_alive_at, |again| again.min(self.keep_alive_at))
    }

    fn acknowledged(&self) -> Bytes {
        match &self.tagged {
            None => Bytes::from_static(b":\n\n"),
            Some(tagged) => {
                let honoured = if tagged.tools { json!({ "toolsListChanged": true }) } else { json!({}) };
                self.notification("notifications/subscriptions/acknowledged", json!({ "notifications": honoured }))
            }
        }
    }

    fn notification(&self, method: &str, mut params: Value) -> Bytes {
        match (&self.tagged, params.as_object_mut()) {
            (Some(tagged), Some(members)) => {
                members.insert("_meta".to_owned(), json!({ "io.modelcontextprotocol/subscriptionId": tagged.id }));
            }
            _ => params = Value::Null,
        }
        message::event(&message::notification(method, &params))
    }

    /// What a subscription is told when we end it; a legacy stream just ends.
    fn farewell(&self) -> Option<Bytes> {
        let tagged = self.tagged.as_ref()?;
        let result = json!({
            "resultType": "complete",
            "_meta": { "io.modelcontextprotocol/subscriptionId": tagged.id },
        });
        Some(message::event(&message::result(&tagged.id, &result)))
    }
}

/// Whether a caller's list is the same in two states, each at its moment: a grant may have come to its end
/// without any change. Both states are at hand, so equal texts are mostly the same text.
fn same_list<A>(
    (before, then): (&Snapshot, Timestamp),
    (after, now): (&Snapshot, Timestamp),
    (caller, door): (&Caller<A>, &Door),
) -> bool {
    if offered(before, door) != offered(after, door) {
        return false;
    }
    let here = |slug: &str| door.integration.as_deref().is_none_or(|one| one == slug);
    let mut old = before.callable_tools(&caller.actor, then).filter(|(_, _, found)| here(&found.slug));
    let mut new = after.callable_tools(&caller.actor, now).filter(|(_, _, found)| here(&found.slug));
    loop {
        match (old.next(), new.next()) {
            (None, None) => return true,
            (Some((_, a, _)), Some((_, b, _))) => {
                let same_text = Arc::ptr_eq(&a.definition, &b.definition) || a.definition == b.definition;
                if a.exposed != b.exposed || !same_text {
                    return false;
                }
            }
            _ => return false,
        }
    }
}
