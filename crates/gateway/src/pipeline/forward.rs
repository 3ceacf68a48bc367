//! The step that lets a call out of the house, and lets its answer in. The only place that sends a tool call to
//! an upstream. It takes the engine's permit and the proof that the call is recorded.

use std::time::Duration;

use bytes::Bytes;
use domain::record::OutcomeStatus;
use http::{HeaderMap, StatusCode};
use identity::upstream::Challenge;
use serde_json::{Value, json};
use tokio::time::Instant;
use verdict::{Act, Permit};

use crate::message::{self, Fault, code};
use crate::pipeline::call::Call;
use crate::pipeline::guard::{Guard, Stop, Watched};
use crate::pipeline::hear;
use crate::pipeline::line::Line;
use crate::pipeline::record::Recorded;
use crate::pipeline::showing::{self, Showing};
use crate::ports::{Ports, Trouble};
use crate::upstream::endpoint::{Endpoint, Route, SessionOf, Target};
use crate::upstream::exchange::{self, Answering, Head, Outgoing};
use crate::upstream::failure::{Failure, Lacking};
use crate::upstream::translate::{self, Calling, Inbound, Sides};
use crate::upstream::{mirror, short};

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent_bytes: u64,
    pub(crate) received_bytes: u64,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Over {
    /// The upstream answered.
    Answered { message: Bytes, status: OutcomeStatus, detail: Option<String> },
    /// The upstream, or the way to it, broke.
    Failed(Failure),
    /// The right to the call ended; this is what the client is told at once.
    Cut { message: Bytes, detail: &'static str },
    /// Nobody waits for the answer any more.
    Left { detail: &'static str },
}

/// A call under way: where it went, so that it can be called back.
pub(super) struct Way {
    pub(super) endpoint: std::sync::Arc<Endpoint>,
    pub(super) target: Target,
    pub(super) showing: Showing,
    pub(super) route: Route,
    upstream_id: u64,
    progress_token: Option<Value>,
    sent: bool,
}

/// What ends a call before its answer.
pub(super) enum Ending {
    Answered { message: Bytes, status: OutcomeStatus, detail: Option<String> },
    Stop(Stop),
    Failure(Failure),
}

impl From<Stop> for Ending {
    fn from(stop: Stop) -> Ending {
        Ending::Stop(stop)
    }
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Ending {
        Ending::Failure(failure)
    }
}

/// Sends a call and passes on what comes back, for as long as it is allowed.
pub(crate) async fn forward<P: Ports>(
    call: &Call<P>,
    permit: Permit,
    _recorded: &Recorded,
    line: &Line,
    tally: &mut Tally,
) -> Over {
    let limits = &call.gateway.options.limits;
    let watched = Watched {
        wanted: &call.wanted,
        decided_at: call.decided_at,
        cancel: &call.cancel,
        queue: line.queue.clone(),
        ends_at: Instant::now() + Duration::from_millis(limits.call_ms_max),
    };
    let mut guard = Guard::new(&call.gateway.ports, &call.caller, permit, watched);
    let mut way = None;
    match carry(call, &mut guard, line, (&mut way, tally)).await {
        Ok(over) => over,
        Err(ending) => {
            let ending = match ending {
                Ending::Failure(failure) => Ending::Failure(refused(call, failure).await),
                other => other,
            };
            let answered = matches!(ending, Ending::Answered { .. });
            if let Some(way) = way.filter(|way: &Way| way.sent && !answered) {
                call_back(call, &way);
            }
            over(call, ending)
        }
    }
}

async fn carry<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    line: &Line,
    (way, tally): (&mut Option<Way>, &mut Tally),
) -> Result<Over, Ending> {
    let upstreams = &call.gateway.upstreams;
    let held = showing::holding(call)?;
    guard.holds(held)?;
    let way = way.insert(guard.run(prepare(call, None)).await??);
    let (mut resent, mut renewed) = (false, false);
    let answering = loop {
        match send(call, guard, way, tally).await {
            Err(Ending::Failure(Failure::SessionGone)) if !resent => {
                // The upstream said that it does not know our session, so it has run nothing.
                resent = true;
                let of = session_of(call, &way.showing);
                if let Route::Legacy(gone) = &way.route {
                    upstreams.forget_session(&way.endpoint, &of, gone);
                }
                way.sent = false;
                guard.holds(held)?;
                let route = upstreams.route(&way.endpoint, &way.showing.shown, of);
                (way.target, way.route) = guard.run(route).await??;
            }
            Err(Ending::Failure(Failure::Unauthorized { status: 401, .. }))
                if !renewed && way.showing.mark.is_some() =>
            {
                // The upstream did not take the token, so it has run nothing.
                renewed = true;
                let mark = way.showing.mark;
                guard.holds(held)?;
                *way = guard.run(prepare(call, mark)).await??;
            }
            other => break other?,
        }
    };
    hear::hear(call, guard, line, (way, tally), answering).await
}

/// Everything that must be known before the call itself can go out.
async fn prepare<P: Ports>(call: &Call<P>, refused: Option<u64>) -> Result<Way, Failure> {
    let (gateway, tool) = (&call.gateway, &call.tool);
    let endpoint = gateway.upstreams.endpoint(call.caller.org(), tool.integration, &tool.url)?;
    let mut shows = showing::showing(call, &endpoint, refused).await?;
    let mut route = gateway.upstreams.route(&endpoint, &shows.shown, session_of(call, &shows)).await;
    if let (Err(Failure::Unauthorized { status: 401, .. }), Some(_), None) = (&route, shows.mark, refused) {
        shows = showing::showing(call, &endpoint, shows.mark).await?;
        route = gateway.upstreams.route(&endpoint, &shows.shown, session_of(call, &shows)).await;
    }
    let (target, route) = route?;
    Ok(Way { endpoint, target, route, showing: shows, upstream_id: 0, progress_token: None, sent: false })
}

/// In which session at a legacy upstream the call goes.
fn session_of<P: Ports>(call: &Call<P>, showing: &Showing) -> SessionOf {
    let takes = call.session.as_ref().map(|session| session.can.takes.clone()).unwrap_or_default();
    SessionOf { subject: call.caller.actor.subject, account: showing.account, takes }
}

/// What it comes to that the upstream does not take what it was shown.
async fn refused<P: Ports>(call: &Call<P>, failure: Failure) -> Failure {
    let (Failure::Unauthorized { status, challenge }, Some(account)) = (&failure, showing::account(call)) else {
        return failure;
    };
    let challenge = challenge.as_deref().and_then(Challenge::parse);
    let (trouble, lacking) = match challenge.filter(Challenge::wants_more) {
        Some(challenge) if *status == 403 => (Trouble::WantsMore(challenge.scope), Lacking::Rights),
        _ if *status == 401 => (Trouble::NotTaken, Lacking::Ended("the server takes none of its tokens".to_owned())),
        _ => return failure,
    };
    call.gateway.ports.trouble(call.caller.org(), account, trouble).await;
    showing::connect(call, lacking).await
}

async fn send<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    way: &mut Way,
    tally: &mut Tally,
) -> Result<Box<Answering>, Ending> {
    let upstreams = &call.gateway.upstreams;
    let limits = &upstreams.limits;
    way.upstream_id = upstreams.next_id();
    let calling = Calling {
        params: &call.request.params,
        dialect: &call.request.dialect,
        tool: &call.tool.name,
        state: call.state.as_deref(),
    };
    let outbound = translate::outbound(&calling, way.upstream_id, &way.route);
    way.progress_token = outbound.progress_token;
    let mirrored = match way.route {
        Route::Modern => {
            // Headers for arguments that the definition we know does not name are for the upstream to judge.
            let mut mirrored = call.request.param_headers.clone();
            mirrored.extend(mirror::headers(
                &call.tool.definition,
                call.request.params.get("arguments"),
                limits.depth_max,
            ));
            mirrored
        }
        _ => HeaderMap::new(),
    };
    tally.sent_bytes = outbound.body.len() as u64;
    let (id, name) = (Some(way.upstream_id), Some(call.tool.name.clone()));
    let outgoing = Outgoing { id, method: "tools/call", name, mirrored, body: outbound.body };
    // The last look before the call leaves: the permit in force must be for this very integration, the credential the one
    // that it has, and the account the one that is connected.
    guard.check()?;
    guard.leaves()?;
    if !matches!(guard.permit().act(), Act::Call { integration, .. } if integration == call.tool.integration) {
        return Err(Ending::Stop(Stop::NotCurrent));
    }
    way.sent = true;
    let silence = Duration::from_millis(limits.silence_ms_max);
    let sending =
        exchange::send(&upstreams.connection, &way.target, (&way.route, &way.showing.shown), &outgoing, limits);
    let silent = Failure::Silent { ms: limits.silence_ms_max };
    let (head, _) = guard.run(tokio::time::timeout(silence, sending)).await?.map_err(|_| silent)??;
    match head {
        Head::Messages(answering) => Ok(answering),
        Head::Taken => Err(Failure::Garbled("a call was taken for a notification".to_owned()).into()),
        Head::Told(StatusCode::NOT_FOUND, ..) | Head::Failed(StatusCode::NOT_FOUND, _) if in_session(&way.route) => {
            Err(Failure::SessionGone.into())
        }
        Head::Told(status, mut answering, failure) => {
            let told = guard.run(tokio::time::timeout(silence, answering.next())).await?;
            tally.received_bytes = answering.received_bytes;
            let told = told.ok().and_then(Result::ok).flatten();
            Err(told_off(call, way, status, (told, failure)))
        }
        Head::Failed(status, failure) => {
            forget_if_changed(way, status, None);
            Err(failure.into())
        }
    }
}

fn in_session(route: &Route) -> bool {
    matches!(route, Route::Legacy(session) if session.id.is_some())
}

/// An HTTP error with a message says more than its status: an error that answers the call is passed on, and one
/// about the conversation between us and the upstream is put into words.
fn told_off<P: Ports>(
    call: &Call<P>,
    way: &Way,
    status: StatusCode,
    (told, failure): (Option<Value>, Failure),
) -> Ending {
    let error = told.as_ref().and_then(|told| told.get("error")).filter(|error| error.is_object());
    let number = error.and_then(|error| error.get("code")).and_then(Value::as_i64);
    forget_if_changed(way, status, number);
    tracing::debug!(%status, code = number, integration = %call.tool.integration, "an upstream did not take a call");
    let Failure::Status { status: shown, retry_after_s: None } = failure else { return failure.into() };
    let said = error.and_then(|error| error.get("message")).and_then(Value::as_str).map(short);
    match (said, number) {
        (Some(_), Some(code::INVALID_PARAMS | code::INTERNAL)) => {
            match told.map(|told| translate::inbound(told, &sides(call, way))) {
                Some(Ok(Inbound::Final { message, status, detail })) => Ending::Answered { message, status, detail },
                _ => failure.into(),
            }
        }
        (Some(said), _) => Failure::Declined { status: shown, said }.into(),
        (None, _) => failure.into(),
    }
}

pub(super) fn sides<'c, P: Ports>(call: &'c Call<P>, way: &'c Way) -> Sides<'c> {
    Sides {
        client_id: &call.request.id,
        dialect: &call.request.dialect,
        upstream_id: way.upstream_id,
        progress_token: way.progress_token.as_ref(),
        takes: call.session.as_ref().map(|session| &session.can.takes),
    }
}

/// Forgets the era where the upstream seems to be another server by now.
fn forget_if_changed(way: &Way, status: StatusCode, number: Option<i64>) {
    let unclear = matches!(status.as_u16(), 400 | 404 | 405 | 406 | 415);
    if unclear
        && matches!(number, None | Some(code::UNSUPPORTED_VERSION | code::HEADER_MISMATCH | code::METHOD_NOT_FOUND))
    {
        way.endpoint.forget_era();
    }
}

/// Tells the upstream that nobody wants the answer any more. A modern one learns it from the closed stream, where there is
/// one of the call's own.
fn call_back<P: Ports>(call: &Call<P>, way: &Way) {
    if matches!(way.route, Route::Legacy(_)) || matches!(way.target, Target::Child(_)) {
        let params = json!({ "requestId": way.upstream_id, "reason": "nobody waits for the answer any more" });
        tell(call, way, "notifications/cancelled", message::notification("notifications/cancelled", &params));
    }
}

pub(super) fn tell<P: Ports>(call: &Call<P>, way: &Way, method: &'static str, body: Bytes) {
    let outgoing = Outgoing { id: None, method, name: None, mirrored: HeaderMap::new(), body };
    call.gateway.upstreams.tell(&way.target, &way.showing.shown, &way.route, outgoing);
}

fn over<P: Ports>(call: &Call<P>, ending: Ending) -> Over {
    let cut = |message: String, detail| {
        let fault = Fault::new(code::ACCESS_ENDED, message).with_data(json!({ "code": detail }));
        Over::Cut { message: fault.to_bytes(Some(&call.request.id)), detail }
    };
    match ending {
        Ending::Answered { message, status, detail } => Over::Answered { message, status, detail },
        Ending::Failure(failure) => Over::Failed(failure),
        Ending::Stop(Stop::TooLong) => Over::Failed(Failure::TooLong { ms: call.gateway.options.limits.call_ms_max }),
        Ending::Stop(Stop::Cancelled) => Over::Left { detail: "client-cancelled" },
        Ending::Stop(Stop::Gone) => Over::Left { detail: "client-gone" },
        Ending::Stop(Stop::Disconnected) => {
            cut("cut: the account with which this call went out was disconnected".to_owned(), "account-disconnected")
        }
        Ending::Stop(Stop::CredentialChanged) => {
            let told = "cut: the credential of the integration was set anew before this call had left; call again";
            cut(told.to_owned(), "credential-changed")
        }
        Ending::Stop(Stop::NotCurrent) => {
            cut("cut: it cannot be told any more whether this call is allowed".to_owned(), "not-current")
        }
        Ending::Stop(Stop::Denied(denial, snapshot)) => {
            let explanation = snapshot.explain_denial(denial, call.wanted.action());
            // What is hidden now must not be described either.
            let because =
                if denial.hidden { "your access to this tool has ended".to_owned() } else { explanation.because };
            cut(format!("cut: {because}"), denial.reason.code())
        }
    }
}
