//! The step that lets a call out of the house, and lets its answer in. The only place that sends a call to
//! an upstream. It takes the engine's permit and the proof that the call is recorded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::record::OutcomeStatus;
use http::{HeaderMap, StatusCode};
use identity::upstream::Challenge;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use verdict::{Act, Permit};

use crate::gateway::Gateway;
use crate::mcp::list;
use crate::message::{self, Fault, code};
use crate::pipeline::call::Call;
use crate::pipeline::guard::{Guard, Stop, Watched};
use crate::pipeline::hear::Came;
use crate::pipeline::kind::Kind;
use crate::pipeline::line::Line;
use crate::pipeline::parked::{self, Parked};
use crate::pipeline::record::Recorded;
use crate::pipeline::recovery::Recovery;
use crate::pipeline::rounds::Round;
use crate::pipeline::showing::{self, Held, Showing};
use crate::pipeline::state::Brought;
use crate::pipeline::{ear, hear};
use crate::ports::{Ports, Trouble};
use crate::upstream::endpoint::{Endpoint, Route, SessionOf, Target};
use crate::upstream::exchange::{self, Answering, Head, Outgoing};
use crate::upstream::failure::{Failure, Lacking};
use crate::upstream::health::Condition;
use crate::upstream::translate::{self, Calling, Inbound, Sides};
use crate::upstream::{mirror, short};

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent_bytes: u64,
    pub(crate) received_bytes: u64,
    /// Whether the upstream has begun to answer.
    pub(crate) reached: bool,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Over {
    /// The upstream answered.
    Answered { message: Bytes, status: OutcomeStatus, detail: Option<String> },
    /// The upstream wants the client to be able to do more.
    Refused { message: Bytes, detail: Option<String> },
    /// There is nothing to listen to: the upstream says nothing by itself.
    Mute,
    /// The upstream, or the way to it, broke.
    Failed(Failure),
    /// The right to the call ended; this is what the client is told at once.
    Cut { message: Bytes, detail: &'static str },
    /// Nobody waits for the answer any more.
    Left { detail: &'static str },
}

/// A call under way: where it went, so that it can be called back.
pub(super) struct Way {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) target: Target,
    pub(super) showing: Showing,
    pub(super) route: Route,
    upstream_id: u64,
    progress_token: Option<Value>,
    sent: bool,
}

/// What ends a call before its answer.
pub(super) enum Ending {
    Answered {
        message: Bytes,
        status: OutcomeStatus,
        detail: Option<String>,
    },
    /// The upstream wants the client to be able to do more.
    Refused {
        message: Bytes,
        detail: Option<String>,
    },
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
    let ms = if call.aim.kind == Kind::Listen { limits.listen_ms_max } else { limits.call_ms_max };
    let watched = Watched {
        wanted: &call.wanted,
        decided_at: call.decided_at,
        cancel: &call.cancel,
        queue: line.queue.clone(),
        ends_at: Instant::now() + Duration::from_millis(ms),
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
            let answered = matches!(ending, Ending::Answered { .. } | Ending::Refused { .. });
            if let Some(way) = way.filter(|way: &Way| way.sent && !answered) {
                call_back(&call.gateway, &way);
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
    let held = showing::holding(call)?;
    guard.holds(held)?;
    if let Brought::Parked(number) = call.brought {
        return go_on(call, guard, line, (way, tally), (held, number)).await;
    }
    let endpoint = call.gateway.upstreams.endpoint(call.caller.org(), call.aim.integration, &call.aim.url)?;
    let (condition, limits) = (&endpoint.condition, &call.gateway.upstreams.limits);
    let _place = match call.aim.kind {
        Kind::Listen => None,
        _ => Some(guard.run(condition.place(call.caller.actor.subject, limits)).await??),
    };
    // From here on each way out says what came of it: whoever goes to see whether an upstream is back owes that to the others.
    condition.admit(Instant::now())?;
    let mut recovery = Recovery::new(call.aim.class, limits);
    let came = loop {
        let came = attempt(call, guard, line, held, (way, tally)).await;
        note(call, condition, &came, tally);
        match came {
            Err(Ending::Failure(failure))
                if let Some(wait) = recovery.again(&failure, tally.reached, Instant::now()) =>
            {
                guard.run(tokio::time::sleep(wait)).await?;
                guard.holds(held)?;
            }
            came => break came?,
        }
    };
    settled(call, held, way, came)
}

/// What an attempt says of the upstream.
fn note<P: Ports>(call: &Call<P>, condition: &Condition, came: &Result<Came, Ending>, tally: &Tally) {
    let now = call.gateway.ports.now();
    match came {
        Err(Ending::Failure(failure)) => {
            condition.failed(failure, (now, Instant::now()), &call.gateway.upstreams.limits)
        }
        _ if tally.reached => condition.reached(now),
        _ => condition.unsettled(),
    }
}

/// One try at a call: all that must be known, then the call itself, and what comes back.
async fn attempt<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    line: &Line,
    held: Held,
    (way, tally): (&mut Option<Way>, &mut Tally),
) -> Result<Came, Ending> {
    let here = way.insert(guard.run(prepare(call, None)).await??);
    if let Some(early) = nothing_listed(call, here).or_else(|| ear::answered_here(call, here)) {
        return Ok(Came::Over(early));
    }
    if let (Kind::Listen, Route::Legacy(_)) = (call.aim.kind, &here.route) {
        let Some(answering) = ear::open(call, guard, here).await? else { return Ok(Came::Over(Over::Mute)) };
        return hear::hear(call, guard, line, (here, tally), answering).await;
    }
    let answers = translate::answers(&call.request.params).filter(|_| call.request.dialect.is_modern());
    let state = match &call.brought {
        Brought::State(state) => Some(state.clone()),
        Brought::Nothing | Brought::Parked(_) => None,
    };
    let mut round = Round::first(answers, state);
    loop {
        let answering = sent(call, guard, held, (here, tally), &round).await?;
        match hear::hear(call, guard, line, (here, tally), answering).await? {
            Came::Asks(result) => round = round.next(call, guard, line, result).await?,
            came => return Ok(came),
        }
        guard.holds(held)?;
    }
}

/// What has come of a call. One that waits for answers of a client that is gone in the meantime is parked.
fn settled<P: Ports>(call: &Call<P>, held: Held, way: &mut Option<Way>, came: Came) -> Result<Over, Ending> {
    match (came, way.take()) {
        (Came::Over(over), _) => Ok(over),
        (Came::Parks(questions, slot, answering), Some(way)) => {
            let questions = parked::waiting(questions);
            Ok(asking(call, parked::park(call, held, (way, answering), (questions, slot))))
        }
        (Came::Asks(_) | Came::Parks(..), _) => Err(Failure::AskedBack.into()),
    }
}

/// The answer that asks a modern client something.
pub(super) fn asking<P: Ports>(call: &Call<P>, result: Map<String, Value>) -> Over {
    let message = message::result(&call.request.id, &Value::Object(result));
    Over::Answered { message, status: OutcomeStatus::Succeeded, detail: Some("input-required".to_owned()) }
}

/// Goes on with a call that waits for the answers which the client brings. While one is missing, it is asked again.
async fn go_on<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    line: &Line,
    (way, tally): (&mut Option<Way>, &mut Tally),
    (held, number): (Held, u64),
) -> Result<Over, Ending> {
    let Parked { way: parked, answering, questions, slot, .. } =
        call.gateway.parked.take(number).ok_or(Failure::NotWaiting)?;
    let answers = translate::answers(&call.request.params).unwrap_or_default();
    if !questions.iter().all(|question| answers.get(&question.name).is_some_and(Value::is_object)) {
        return Ok(asking(call, parked::park(call, held, (parked, answering), (questions, slot))));
    }
    let here = way.insert(parked);
    let meta = call.request.params.get("_meta");
    here.progress_token = meta.and_then(|meta| meta.get("progressToken")).cloned();
    guard.check()?;
    guard.leaves()?;
    for question in &questions {
        let said = [("jsonrpc", Some("2.0".into())), ("result", answers.get(&question.name).cloned())];
        let said = said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        tell(&call.gateway, here, "response", message::answer(&question.id, said));
    }
    let came = hear::hear(call, guard, line, (here, tally), answering).await?;
    settled(call, held, way, came)
}

/// Sends a call, and once more where the upstream has surely run nothing.
async fn sent<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    held: Held,
    (way, tally): (&mut Way, &mut Tally),
    round: &Round,
) -> Result<Box<Answering>, Ending> {
    let upstreams = &call.gateway.upstreams;
    let (mut resent, mut renewed) = (false, false);
    loop {
        match send(call, guard, (way, tally), round).await {
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
            other => return other,
        }
    }
}

/// The answer for an upstream that says that it has nothing of what is to be listed. It need not be asked.
fn nothing_listed<P: Ports>(call: &Call<P>, way: &Way) -> Option<Over> {
    let kind = call.aim.kind;
    let nothing = list::nothing(&call.request, kind)?;
    let can = match &way.route {
        Route::Legacy(session) => session.capabilities.clone(),
        Route::Modern | Route::Unknown => way.endpoint.capabilities()?,
    };
    let message = Some(nothing).filter(|_| !can.contains_key(kind.capability()))?;
    Some(Over::Answered { message, status: OutcomeStatus::Succeeded, detail: Some("nothing-of-the-kind".to_owned()) })
}

/// Everything that must be known before the call itself can go out.
async fn prepare<P: Ports>(call: &Call<P>, refused: Option<u64>) -> Result<Way, Failure> {
    let (gateway, aim) = (&call.gateway, &call.aim);
    let endpoint = gateway.upstreams.endpoint(call.caller.org(), aim.integration, &aim.url)?;
    let mut shows = showing::showing(call, &endpoint, refused).await?;
    let mut route = gateway.upstreams.route(&endpoint, &shows.shown, session_of(call, &shows)).await;
    if let (Err(Failure::Unauthorized { status: 401, .. }), Some(_), None) = (&route, shows.mark, refused) {
        shows = showing::showing(call, &endpoint, shows.mark).await?;
        route = gateway.upstreams.route(&endpoint, &shows.shown, session_of(call, &shows)).await;
    }
    let (target, route) = route?;
    if let Some(level) = call.log_level {
        gateway.upstreams.want_logs(&target, (&route, &shows.shown), level).await;
    }
    Ok(Way { endpoint, target, route, showing: shows, upstream_id: 0, progress_token: None, sent: false })
}

/// In which session at a legacy upstream the call goes.
pub(super) fn session_of<P: Ports>(call: &Call<P>, showing: &Showing) -> SessionOf {
    let takes = call.takes().cloned().unwrap_or_default();
    let alone = call.ear.clone().or_else(|| call.session.as_ref().map(|session| session.id().into()));
    SessionOf { subject: call.caller.actor.subject, account: showing.account, takes, alone }
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
    (way, tally): (&mut Way, &mut Tally),
    round: &Round,
) -> Result<Box<Answering>, Ending> {
    let upstreams = &call.gateway.upstreams;
    let limits = &upstreams.limits;
    way.upstream_id = upstreams.next_id();
    let calling = Calling {
        kind: call.aim.kind,
        params: &call.request.params,
        takes: call.takes(),
        answers: round.answers.as_ref(),
        name: &call.aim.name,
        log_level: call.log_level,
        state: round.state.as_deref(),
    };
    let outbound = translate::outbound(&calling, way.upstream_id, &way.route);
    way.progress_token = outbound.progress_token;
    let mirrored = match way.route {
        Route::Modern => {
            // Headers for arguments that the definition we know does not name are for the upstream to judge.
            let mut mirrored = call.request.param_headers.clone();
            mirrored.extend(mirror::headers(
                &call.aim.definition,
                call.request.params.get("arguments"),
                limits.depth_max,
            ));
            mirrored
        }
        _ => HeaderMap::new(),
    };
    tally.sent_bytes = outbound.body.len() as u64;
    let (id, name) = (Some(way.upstream_id), call.aim.kind.names_by().map(|_| call.aim.name.clone()));
    let outgoing = Outgoing { id, method: call.aim.kind.method(), name, mirrored, body: outbound.body };
    // The last look before the call leaves: the permit in force must be for this very integration, the credential the one
    // that it has, and the account the one that is connected.
    guard.check()?;
    if call.aim.kind != Kind::Listen {
        // What listens goes on to do so as it showed itself.
        guard.leaves()?;
    }
    match guard.permit().act() {
        Act::Call { integration, .. } | Act::Use { integration } if integration == call.aim.integration => {}
        _ => return Err(Ending::Stop(Stop::NotCurrent)),
    }
    way.sent = true;
    let silence = Duration::from_millis(limits.silence_ms_max);
    let sending =
        exchange::send(&upstreams.connection, &way.target, (&way.route, &way.showing.shown), &outgoing, limits);
    let silent = Failure::Silent { ms: limits.silence_ms_max };
    let (head, _) = guard.run(tokio::time::timeout(silence, sending)).await?.map_err(|_| silent)??;
    tally.reached = true;
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
    tracing::debug!(%status, code = number, integration = %call.aim.integration, "an upstream did not take a call");
    let Failure::Status { status: shown, retry_after_s: None } = failure else { return failure.into() };
    let said = error.and_then(|error| error.get("message")).and_then(Value::as_str).map(short);
    match (said, number) {
        (Some(_), Some(code::INVALID_PARAMS | code::INTERNAL)) => {
            match told.map(|told| translate::inbound(told, &sides(call, way))) {
                Some(Ok(Inbound::Final { message, status, detail })) => Ending::Answered { message, status, detail },
                _ => failure.into(),
            }
        }
        // What the client lacks is for the client to know.
        (Some(_), Some(code::MISSING_CAPABILITY)) if call.request.dialect.is_modern() => {
            let mut error = error.cloned().unwrap_or_default();
            if let Some(members) = error.as_object_mut() {
                members.retain(|key, _| matches!(key.as_str(), "code" | "message" | "data"));
            }
            let message = message::error_bytes(Some(&call.request.id), &error);
            Ending::Refused { message, detail: Some(format!("upstream-error {}", code::MISSING_CAPABILITY)) }
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
        takes: call.takes().filter(|_| call.asks().is_some() || !matches!(way.route, Route::Modern)),
        kind: call.aim.kind,
        named_by: call.named_by.as_deref(),
        log_level: call.log_level,
        hears: match call.aim.kind {
            Kind::Listen => ear::wanted(call),
            _ => None,
        },
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
pub(super) fn call_back<P: Ports>(gateway: &Gateway<P>, way: &Way) {
    if matches!(way.route, Route::Legacy(_)) || matches!(way.target, Target::Child(_)) {
        let params = json!({ "requestId": way.upstream_id, "reason": "nobody waits for the answer any more" });
        tell(gateway, way, "notifications/cancelled", message::notification("notifications/cancelled", &params));
    }
}

pub(super) fn tell<P: Ports>(gateway: &Gateway<P>, way: &Way, method: &'static str, body: Bytes) {
    let outgoing = Outgoing { id: None, method, name: None, mirrored: HeaderMap::new(), body };
    gateway.upstreams.tell(&way.target, &way.showing.shown, &way.route, outgoing);
}

fn over<P: Ports>(call: &Call<P>, ending: Ending) -> Over {
    let cut = |message: String, detail| {
        let fault = Fault::new(code::ACCESS_ENDED, message).with_data(json!({ "code": detail }));
        Over::Cut { message: fault.to_bytes(Some(&call.request.id)), detail }
    };
    match ending {
        Ending::Answered { message, status, detail } => Over::Answered { message, status, detail },
        Ending::Refused { message, detail } => Over::Refused { message, detail },
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
            let because = if denial.hidden { "your access to this has ended".to_owned() } else { explanation.because };
            cut(format!("cut: {because}"), denial.reason.code())
        }
    }
}
