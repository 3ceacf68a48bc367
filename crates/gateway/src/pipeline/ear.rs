//! What upstreams say outside calls: that a list changed, or a resource. It is listened to for a client that listens at ours,
//! and goes the way of a call: decided, recorded, and cut when the right to it ends.
//!
//! A modern upstream is asked for what is wanted, and answers with a stream. A legacy one says it on the stream of its session,
//! where it may also ask what it would ask during a call.

use std::time::Duration;

use domain::record::OutcomeStatus;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::message;
use crate::pipeline::call::Call;
use crate::pipeline::forward::{self, Ending, Over, Way};
use crate::pipeline::guard::Guard;
use crate::pipeline::kind::Kind;
use crate::ports::Ports;
use crate::upstream::endpoint::Route;
use crate::upstream::exchange::{self, Answering};
use crate::upstream::failure::Failure;
use crate::upstream::handshake::{self, Told};

/// What a client wants to hear: the parameter of `subscriptions/listen`.
pub(crate) const WANTED: &str = "notifications";
/// The resources among it.
pub(crate) const RESOURCES: &str = "resourceSubscriptions";

/// What is wanted to be heard, and of what an upstream that says it says that it can.
const SAID: [(&str, &str); 3] = [
    ("promptsListChanged", "/prompts/listChanged"),
    ("resourcesListChanged", "/resources/listChanged"),
    (RESOURCES, "/resources/subscribe"),
];

/// What need not be sent: that a modern upstream is subscribed to, which is done on the stream, and where an upstream says that it
/// says nothing of what is wanted.
pub(super) fn answered_here<P: Ports>(call: &Call<P>, way: &Way) -> Option<Over> {
    match (call.aim.kind, &way.route) {
        (Kind::Subscribe | Kind::Unsubscribe, Route::Modern) => {
            let message = message::result(&call.request.id, &json!({}));
            Some(Over::Answered { message, status: OutcomeStatus::Succeeded, detail: Some("on-the-stream".to_owned()) })
        }
        (Kind::Listen, Route::Modern) => {
            let can = way.endpoint.capabilities().unwrap_or_default();
            (!says(call, &can)).then_some(Over::Mute)
        }
        (Kind::Listen, Route::Legacy(session)) => {
            let is_asked = call.asks().is_some_and(|session| !session.can.takes.is_empty());
            (!is_asked && !says(call, &session.capabilities)).then_some(Over::Mute)
        }
        _ => None,
    }
}

pub(super) fn wanted<P: Ports>(call: &Call<P>) -> Option<&Map<String, Value>> {
    call.request.params.get(WANTED)?.as_object()
}

fn says<P: Ports>(call: &Call<P>, can: &Map<String, Value>) -> bool {
    let can = Value::Object(can.clone());
    SAID.iter().any(|(what, capability)| {
        wanted(call).is_some_and(|wanted| wanted.contains_key(*what))
            && can.pointer(capability) == Some(&Value::Bool(true))
    })
}

/// Opens the stream of a session at a legacy upstream, after telling it of which resources is to be heard; none where it has no
/// such stream.
pub(super) async fn open<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    way: &Way,
) -> Result<Option<Box<Answering>>, Ending> {
    let upstreams = &call.gateway.upstreams;
    let along = (&way.route, &way.showing.shown);
    let resources = wanted(call).and_then(|wanted| wanted.get(RESOURCES)).and_then(Value::as_array);
    for uri in resources.into_iter().flatten() {
        guard.check()?;
        let asked = handshake::ask(upstreams, &way.target, along, "resources/subscribe", json!({ "uri": uri }));
        if let Told::Status(failure) = guard.run(asked).await??.0 {
            return Err(not_heard(call, way, failure));
        }
    }
    guard.check()?;
    let ms = upstreams.limits.handshake_ms_max;
    let listening = exchange::listen(&upstreams.connection, &way.target, along, &upstreams.limits);
    let heard = guard.run(tokio::time::timeout(Duration::from_millis(ms), listening)).await?;
    match heard.map_err(|_| Failure::Silent { ms })? {
        Ok(answering) => Ok(Some(answering)),
        Err(Failure::Status { status, .. }) if status == StatusCode::METHOD_NOT_ALLOWED.as_u16() => Ok(None),
        Err(failure) => Err(not_heard(call, way, failure)),
    }
}

/// A session that is gone is begun anew when it is listened again.
fn not_heard<P: Ports>(call: &Call<P>, way: &Way, failure: Failure) -> Ending {
    if let (Failure::Status { status: 404, .. }, Route::Legacy(gone)) = (&failure, &way.route) {
        call.gateway.upstreams.forget_session(&way.endpoint, &forward::session_of(call, &way.showing), gone);
    }
    failure.into()
}
