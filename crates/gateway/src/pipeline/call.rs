//! What goes to an integration, from the question to the record of its outcome: the call of a tool, and whatever else is asked.
//!
//! From the moment its intent is about to be recorded, a call is owned by a task of its own: it finishes its
//! record whatever the client does.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use domain::record::{Decision, OutcomeStatus};
use domain::time::Timestamp;
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use verdict::Permit;

use crate::gateway::Gateway;
use crate::mcp::session::{Can, Running, Session};
use crate::message::{Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::asking;
use crate::pipeline::dialect::{self, Dialect};
use crate::pipeline::evaluate::{Aim, Allowed, client_of, digest, evaluate, refusal};
use crate::pipeline::forward::{self, Over, Tally};
use crate::pipeline::identify::Caller;
use crate::pipeline::kind::Kind;
use crate::pipeline::limit::{Full, Slot};
use crate::pipeline::line::{self, Final, Hearing, Line};
use crate::pipeline::link;
use crate::pipeline::parse::Request;
use crate::pipeline::question::{Wanted, wanted};
use crate::pipeline::record::{self, Blank, Ended};
use crate::pipeline::state::{self, Brought};
use crate::ports::Ports;
use crate::upstream::mirror;

/// What the client said about how it wants its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Takes {
    pub(crate) json: bool,
    pub(crate) stream: bool,
}

/// A call of something of an integration that is allowed and has room, on its way.
pub(crate) struct Call<P: Ports> {
    pub(crate) gateway: Arc<Gateway<P>>,
    pub(crate) caller: Caller<P::Access>,
    pub(crate) request: Request,
    pub(crate) wanted: Wanted,
    pub(crate) aim: Aim,
    /// Whose names are to be told from those of other integrations: the slug, at the one URL of all.
    pub(crate) named_by: Option<Box<str>>,
    /// The place in `LOG_LEVELS` from which log messages are wanted; a modern client that names none wants none, a legacy
    /// one what comes.
    pub(crate) log_level: Option<usize>,
    /// What the client brings back with its answers to questions.
    pub(crate) brought: Brought,
    pub(crate) cancel: CancellationToken,
    /// The moment for which the call was decided.
    pub(crate) decided_at: Timestamp,
    client: Option<String>,
    /// What the client can do.
    pub(crate) can: Can,
    /// A legacy client's.
    pub(crate) session: Option<Arc<Session>>,
    /// Whether that client can be asked something on the way: it answers by the session.
    is_asked: bool,
    /// What listens for a client, so that nothing else hears what is said to it.
    pub(crate) ear: Option<Arc<str>>,
    decided: Instant,
    _slot: Option<Slot>,
    _running: Option<Running>,
}

impl<P: Ports> Call<P> {
    /// By which the client answers what it is asked on the way; none where it cannot be asked.
    pub(crate) fn asks(&self) -> Option<&Arc<Session>> {
        self.session.as_ref().filter(|_| self.is_asked)
    }

    /// What the client can be asked on the way.
    pub(crate) fn takes(&self) -> Option<&Map<String, Value>> {
        let can_answer = self.request.dialect.is_modern() || self.asks().is_some();
        can_answer.then_some(&self.can.takes)
    }
}

/// Answers a request that names one thing of an integration.
pub(crate) async fn call<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    (door, session): (&Door, Option<Arc<Session>>),
    (kind, request): (Kind, Request),
    takes: Takes,
) -> Result<Response, Exit> {
    let wanted = match wanted(door, kind, &request.params) {
        Ok(wanted) => wanted,
        Err(fault) => {
            let blank = Blank { subject: Some(caller.actor), ..Blank::new(&caller.snapshot, &request.method) };
            gateway.note_noise(blank, Decision::Malformed, "bad-params");
            return Err(Exit::fault(StatusCode::OK, Some(&request.id), &fault));
        }
    };
    if kind == Kind::CallTool && wanted.name == asking::TOOL && asking::offered(&caller.snapshot, door).is_some() {
        return asking::ask(gateway, caller, door, request).await;
    }
    // A question of a legacy upstream comes on the stream of the call.
    let from = From { door, session, is_asked: takes.stream, ear: None };
    let hearing = begin(gateway, caller, from, (request, wanted)).await?;
    Ok(line::respond(hearing, takes.stream, takes.json, &gateway.options.limits).await)
}

/// From where a call comes.
pub(crate) struct From<'d> {
    pub(crate) door: &'d Door,
    /// A legacy client's.
    pub(crate) session: Option<Arc<Session>>,
    /// Whether a client in a session can be asked something on the way.
    pub(crate) is_asked: bool,
    /// What listens for a client, where this does. It takes no room among the calls: the client's stream has its own.
    pub(crate) ear: Option<Arc<str>>,
}

/// Decides a call and sends it on its way, or answers why not.
pub(crate) async fn begin<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    from: From<'_>,
    (request, wanted): (Request, Wanted),
) -> Result<Hearing, Exit> {
    let From { door, session, is_asked, ear } = from;
    let Allowed { permit, at, aim } = evaluate(gateway, &caller, &request, (door, &wanted)).await?;
    told_twice(gateway, &caller, &request, &aim)?;
    let brought = state::unmarked(gateway, &caller, &request, &aim)?;
    let client = client_of(&request).or_else(|| session.as_ref().and_then(|session| session.client.clone()));
    let (can, log_level) = match &request.dialect {
        Dialect::Modern { takes_links, takes, log_level, .. } => {
            (Can { takes_links: *takes_links, takes: takes.clone() }, *log_level)
        }
        Dialect::Legacy => {
            session.as_ref().map(|session| (session.can.clone(), session.log_level())).unwrap_or_default()
        }
    };
    let slot = match ear.is_none().then(|| gateway.calls.take(caller.org(), caller.actor.subject)).transpose() {
        Ok(slot) => slot,
        Err(full) => return Err(limited(gateway, &caller, &request, (&aim, client, full)).await),
    };
    let cancel = CancellationToken::new();
    let running = session.as_ref().filter(|_| ear.is_none()).map(|session| session.run(&request.id, cancel.clone()));
    let (line, hearing) = line::line(&gateway.options.limits);
    let call = Call {
        gateway: gateway.clone(),
        caller,
        request,
        wanted,
        named_by: door.integration.is_none().then(|| aim.slug.clone()),
        aim,
        log_level,
        brought,
        cancel,
        client,
        can,
        session,
        is_asked,
        ear,
        decided_at: at,
        decided: Instant::now(),
        _slot: slot,
        _running: running,
    };
    gateway.aside(carry(call, permit, line));
    Ok(hearing)
}

/// What a modern client tells in headers must be what its arguments say.
fn told_twice<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    request: &Request,
    aim: &Aim,
) -> Result<(), Exit> {
    if !request.dialect.is_modern() {
        return Ok(());
    }
    let depth_max = gateway.options.limits.depth_max;
    let wanted = mirror::headers(&aim.definition, request.params.get("arguments"), depth_max);
    dialect::check_params(&request.param_headers, &wanted).map_err(|malformed| {
        let blank = Blank { subject: Some(caller.actor), ..Blank::new(&caller.snapshot, &request.method) };
        gateway.note_noise(blank, Decision::Malformed, malformed.reason);
        Exit::fault(malformed.status, Some(&request.id), &malformed.fault)
    })
}

/// Records, forwards, and records what came of it.
async fn carry<P: Ports>(call: Call<P>, permit: Permit, line: Line) {
    let gateway = &call.gateway;
    let snapshot = &call.caller.snapshot;
    let intent = Blank {
        subject: Some(call.caller.actor),
        client: call.client.clone(),
        integration: Some(call.aim.integration),
        tool: call.aim.named(),
        class: Some(call.aim.class),
        arguments_digest: Some(digest(gateway, &call.caller, &call.request)),
        ..Blank::new(snapshot, &call.request.method)
    };
    let intent = intent.decided(call.decided_at, Decision::Allowed, permit.basis().code());
    let durability = record::durability(snapshot, call.aim.class);
    let recorded = match record::begin(gateway, intent, durability, call.decided).await {
        Ok(recorded) => recorded,
        Err(unavailable) => {
            tracing::error!(reason = %unavailable, "a call was refused since it could not be recorded");
            let message = "the call was not made, since it cannot be recorded at the moment; try again shortly";
            let message = Fault::new(code::INTERNAL, message).to_bytes(Some(&call.request.id));
            return line.end(Final { status: StatusCode::SERVICE_UNAVAILABLE, message, retry_after_s: Some(1) }).await;
        }
    };
    let mut tally = Tally::default();
    let over = forward::forward(&call, permit, &recorded, &line, &mut tally).await;
    let (status, detail) = match &over {
        Over::Answered { status, detail, .. } => (*status, detail.clone()),
        Over::Refused { detail, .. } => (OutcomeStatus::Failed, detail.clone()),
        Over::Mute => (OutcomeStatus::Succeeded, Some("nothing-of-the-kind".to_owned())),
        Over::Failed(failure) => (OutcomeStatus::Failed, Some(failure.code().to_owned())),
        Over::Cut { detail, .. } => (OutcomeStatus::Cut, Some((*detail).to_owned())),
        Over::Left { detail } => (OutcomeStatus::Cancelled, Some((*detail).to_owned())),
    };
    if status == OutcomeStatus::Succeeded {
        keep_subscription(&call);
    }
    match over {
        Over::Answered { message, .. } => line.end(Final::ok(message)).await,
        Over::Refused { message, .. } => {
            line.end(Final { status: StatusCode::BAD_REQUEST, message, retry_after_s: None }).await;
        }
        Over::Mute => {
            let nothing = Final { status: StatusCode::NO_CONTENT, message: Bytes::new(), retry_after_s: None };
            line.end(nothing).await;
        }
        Over::Failed(failure) => {
            let retry_after_s = failure.retry_after_s();
            let text = failure.sentence(&call.aim.title);
            let shown = failure
                .link()
                .filter(|_| call.can.takes_links)
                .and_then(|link| link::shown(&call.request, link, &text, gateway.upstreams.next_id()));
            let message = shown.unwrap_or_else(|| {
                let machine =
                    json!({ "code": failure.code(), "retryAfterSeconds": retry_after_s, "connect": failure.link() });
                refusal(&call.request, code::INTERNAL, &text, ("io.wardroom/failure", machine))
            });
            line.end(Final { status: StatusCode::OK, message, retry_after_s }).await;
        }
        Over::Cut { message, .. } => line.cut(Final::ok(message)),
        Over::Left { .. } => line.hang_up(),
    }
    let ended = Ended { status, detail, request_bytes: tally.sent_bytes, response_bytes: tally.received_bytes };
    recorded.finish(gateway, ended).await;
}

/// What a legacy client wants to hear of is kept in its session, for the stream on which it hears it.
fn keep_subscription<P: Ports>(call: &Call<P>) {
    let Some(session) = &call.session else { return };
    let resource = (call.aim.slug.to_string(), call.aim.name.to_string());
    match call.aim.kind {
        Kind::Subscribe => session.subscribe(resource, call.gateway.options.limits.subscriptions_max),
        Kind::Unsubscribe => session.unsubscribe(&resource),
        _ => {}
    }
}

/// The answer to a call for which there is no room.
async fn limited<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    request: &Request,
    (aim, client, full): (&Aim, Option<String>, Full),
) -> Exit {
    let blank = Blank {
        subject: Some(caller.actor),
        client,
        integration: Some(aim.integration),
        tool: aim.named(),
        class: Some(aim.class),
        ..Blank::new(&caller.snapshot, &request.method)
    };
    let (reason, text) = match full {
        Full::Subject(most) => {
            ("too-many-calls", format!("limited: {most} calls of yours are running; wait until one of them has ended"))
        }
        Full::Gateway => ("gateway-full", "limited: Wardroom has too many calls running; try again shortly".to_owned()),
    };
    gateway.note(blank.decided(gateway.ports.now(), Decision::Limited, reason)).await;
    let message = refusal(request, code::LIMITED, &text, ("io.wardroom/limit", json!({ "code": reason })));
    Exit::from(answer::json(StatusCode::OK, message))
}
