//! Open streams on which a client hears that its own list of tools changed, and nothing about anybody else's; and what upstreams
//! say outside calls, where that was asked for.
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
use crate::mcp::ears::{Ears, Listener};
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

struct Listening<P: Ports> {
    gateway: Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    door: Door,
    listener: Listener,
    /// What is said at upstreams.
    ears: Ears<P>,
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
    listener: Listener,
) -> Result<Response, Exit> {
    let Ok(slot) = gateway.streams.take(caller.org(), caller.actor.subject) else {
        let blank = Blank { subject: Some(caller.actor), ..Blank::new(&caller.snapshot, "listen") };
        gateway.note_noise(blank, Decision::Limited, "too-many-streams");
        let fault = Fault::new(code::LIMITED, "too many streams are open; close one first");
        return Err(Exit::fault(StatusCode::TOO_MANY_REQUESTS, listener.id(), &fault));
    };
    let listening = Listening {
        gateway: gateway.clone(),
        changes: caller.access.changes(),
        told: caller.snapshot.clone(),
        told_at: gateway.ports.now(),
        keep_alive_at: Instant::now() + Duration::from_millis(gateway.options.limits.keep_alive_ms),
        ears: Ears::new(gateway, &caller, &door, &listener),
        caller,
        door,
        listener,
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
            if changed && self.listener.wants_tools() {
                return Some((self.notification("notifications/tools/list_changed", json!({})), false));
            }
            self.ears.tend(&self.told, now);
            let until = self.wake_at(now).min(self.ears.wake_at().unwrap_or(self.keep_alive_at));
            tokio::select! {
                biased;
                changed = self.changes.changed() => if changed.is_err() {
                    return self.farewell().map(|event| (event, true));
                },
                () = self.gateway.closing.cancelled() => {}
                heard = self.ears.next() => if let Some(message) = heard {
                    return Some((message::event(&message), false));
                },
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
        match &self.listener {
            Listener::Session(_) => Bytes::from_static(b":\n\n"),
            Listener::Subscription { .. } => {
                let honoured = self.listener.honoured(&self.door);
                self.notification("notifications/subscriptions/acknowledged", json!({ "notifications": honoured }))
            }
        }
    }

    fn notification(&self, method: &str, mut params: Value) -> Bytes {
        match (self.listener.id(), params.as_object_mut()) {
            (Some(id), Some(members)) => {
                members.insert("_meta".to_owned(), json!({ "io.modelcontextprotocol/subscriptionId": id }));
            }
            _ => params = Value::Null,
        }
        message::event(&message::notification(method, &params))
    }

    /// What a subscription is told when we end it; a legacy stream just ends.
    fn farewell(&self) -> Option<Bytes> {
        let id = self.listener.id()?;
        let result = json!({ "resultType": "complete", "_meta": { "io.modelcontextprotocol/subscriptionId": id } });
        Some(message::event(&message::result(id, &result)))
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
