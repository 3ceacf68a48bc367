//! The pipeline itself: one straight function for each thing that a client can ask of a door.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use domain::record::Decision;
use http::{HeaderMap, Request as HttpRequest, StatusCode};
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::mcp::ears::Listener;
use crate::mcp::session::{Owner, Session};
use crate::mcp::stream;
use crate::mcp::{client, initialize, list};
use crate::message::{self, Fault, code};
use crate::pipeline::accept::{Accepted, Door, accept};
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::call::{Takes, call};
use crate::pipeline::dialect::LOG_LEVELS;
use crate::pipeline::evaluate::client_of;
use crate::pipeline::identify::{Caller, identify, renew};
use crate::pipeline::kind::Kind;
use crate::pipeline::parse::{Message, Notification, Request, parse, swallow};
use crate::pipeline::question::may_know;
use crate::pipeline::record::Blank;
use crate::pipeline::{besides, ear};
use crate::ports::Ports;

/// Where a legacy client names its session.
const SESSION: &str = "mcp-session-id";

/// A message was posted.
pub(crate) async fn pass<P: Ports>(gateway: Arc<Gateway<P>>, door: Door, request: HttpRequest<Body>) -> Response {
    posted(&gateway, door, request).await.unwrap_or_else(Exit::into_response)
}

/// A legacy client wants to hear what happens.
pub(crate) async fn listen<P: Ports>(gateway: Arc<Gateway<P>>, door: Door, request: HttpRequest<Body>) -> Response {
    listened(&gateway, door, request).await.unwrap_or_else(Exit::into_response)
}

/// A legacy client ends its session.
pub(crate) async fn end_session<P: Ports>(
    gateway: Arc<Gateway<P>>,
    door: Door,
    request: HttpRequest<Body>,
) -> Response {
    ended(&gateway, door, request).await.unwrap_or_else(Exit::into_response)
}

async fn posted<P: Ports>(gateway: &Arc<Gateway<P>>, door: Door, request: HttpRequest<Body>) -> Result<Response, Exit> {
    let (accepted, body) = accept(&gateway.options, door, request)?;
    let entered = async { Ok((takes(&accepted)?, identify(gateway, &accepted).await?)) };
    let (takes, caller) = match entered.await {
        Ok(entered) => entered,
        Err(exit) => {
            swallow(&gateway.options.limits, body).await;
            return Err(exit);
        }
    };
    let Accepted { door, headers, .. } = accepted;
    let message = parse(gateway, (&headers, body), &caller).await?;
    let caller = renew(gateway, &door, caller)?;
    let request = match message {
        Message::Request(request) => *request,
        Message::Notification(notification) => return notified(gateway, &caller, (&door, &headers), &notification),
        Message::Response(response) => {
            if let Some(session) = session(gateway, &caller, &door, &headers)? {
                session.answered(&response.id, response.said);
            }
            return Ok(answer::empty(StatusCode::ACCEPTED));
        }
    };
    known_place(gateway, &caller, &door, Some(&request)).await?;
    let session = if request.dialect.is_modern() || request.method == "initialize" {
        None
    } else {
        session(gateway, &caller, &door, &headers)?
    };
    let named = client_of(&request).or_else(|| client::described(request.params.get("clientInfo")));
    let known = session.as_ref().and_then(|session| session.client.as_deref());
    gateway.ports.used(caller.org(), caller.credential.id(), caller.address, named.as_deref().or(known));
    if let Some(kind) = Kind::of(&request.method, request.dialect.is_modern()) {
        return match kind.listed() {
            Some(member) => besides::list(gateway, caller, (door, session), ((kind, member), request), takes).await,
            None => call(gateway, caller, (&door, session), (kind, request), takes).await,
        };
    }
    match (request.method.as_str(), request.dialect.is_modern()) {
        ("logging/setLevel", false) => set_log_level(&request, session.as_deref()),
        ("tools/list", _) => list::list(gateway, &caller, &door, &request),
        ("initialize", false) => initialize::initialize(gateway, &caller, &door, &request),
        ("ping", false) => Ok(answer::json(StatusCode::OK, message::result(&request.id, &json!({})))),
        ("server/discover", true) => Ok(initialize::discover(gateway, &caller, &door, &request)),
        ("subscriptions/listen", true) if takes.stream => subscribe(gateway, caller, door, &request),
        (_, modern) => Err(unknown_method(&request, modern)),
    }
}

async fn listened<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    door: Door,
    request: HttpRequest<Body>,
) -> Result<Response, Exit> {
    let (accepted, _) = accept(&gateway.options, door, request)?;
    let caller = identify(gateway, &accepted).await?;
    if !accepted.takes_stream {
        let message = "this is an MCP endpoint: give its URL and your key to an AI client; it is no page for a browser";
        let fault = Fault::new(code::INVALID_REQUEST, message);
        return Err(Exit::fault(StatusCode::NOT_ACCEPTABLE, None, &fault));
    }
    known_place(gateway, &caller, &accepted.door, None).await?;
    let session = session(gateway, &caller, &accepted.door, &accepted.headers)?;
    let client = session.as_ref().and_then(|session| session.client.as_deref());
    gateway.ports.used(caller.org(), caller.credential.id(), accepted.address, client);
    stream::open(gateway, caller, accepted.door, Listener::Session(session))
}

async fn ended<P: Ports>(gateway: &Arc<Gateway<P>>, door: Door, request: HttpRequest<Body>) -> Result<Response, Exit> {
    let (accepted, _) = accept(&gateway.options, door, request)?;
    let caller = identify(gateway, &accepted).await?;
    match session(gateway, &caller, &accepted.door, &accepted.headers)? {
        Some(session) => {
            gateway.sessions.end(&session);
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        None => {
            let fault = Fault::new(code::INVALID_REQUEST, "name the session to end in the Mcp-Session-Id header");
            Err(Exit::fault(StatusCode::BAD_REQUEST, None, &fault))
        }
    }
}

fn takes(accepted: &Accepted) -> Result<Takes, Exit> {
    if accepted.takes_json || accepted.takes_stream {
        return Ok(Takes { json: accepted.takes_json, stream: accepted.takes_stream });
    }
    let message = "state `Accept: application/json, text/event-stream`";
    Err(Exit::fault(StatusCode::NOT_ACCEPTABLE, None, &Fault::new(code::INVALID_REQUEST, message)))
}

/// An integration that the caller may not know of is answered as one that does not exist.
async fn known_place<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    door: &Door,
    request: Option<&Request>,
) -> Result<(), Exit> {
    let Some(slug) = door.integration.as_deref() else { return Ok(()) };
    let now = gateway.ports.now();
    if may_know(&caller.snapshot, &caller.actor, slug, now) {
        return Ok(());
    }
    let tool = request.filter(|request| request.method == "tools/call").and_then(|request| request.params.get("name"));
    let blank = Blank {
        subject: Some(caller.actor),
        client: request.and_then(client_of),
        integration: caller.snapshot.integration_by_slug(slug).map(|integration| integration.id),
        tool: tool.and_then(Value::as_str),
        ..Blank::new(&caller.snapshot, request.map_or("", |request| &request.method))
    };
    gateway.note(blank.decided(now, Decision::Denied, "no-such-integration")).await;
    let fault = Fault::new(code::NOT_THERE, "there is no such integration, or it is not assigned to you");
    Err(Exit::fault(StatusCode::NOT_FOUND, request.map(|request| &request.id), &fault))
}

/// The session that a legacy client names. One that is gone or somebody else's is answered with 404, upon
/// which clients begin a new one; a client that names none needs none.
fn session<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    door: &Door,
    headers: &HeaderMap,
) -> Result<Option<Arc<Session>>, Exit> {
    let Some(id) = headers.get(SESSION) else { return Ok(None) };
    let (limits, owner) = (&gateway.options.limits, Owner::of(caller, door));
    let found = id.to_str().ok().and_then(|id| gateway.sessions.find(id, &owner, limits, gateway.ports.now()));
    found.map(Some).ok_or_else(|| {
        let fault = Fault::new(code::NOT_THERE, "this session has ended; begin a new one with `initialize`");
        Exit::fault(StatusCode::NOT_FOUND, None, &fault)
    })
}

fn notified<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    (door, headers): (&Door, &HeaderMap),
    notification: &Notification,
) -> Result<Response, Exit> {
    if let Some(session) = session(gateway, caller, door, headers)?
        && notification.method == "notifications/cancelled"
        && let Some(id) = notification.params.get("requestId")
    {
        session.cancel(id);
    }
    Ok(answer::empty(StatusCode::ACCEPTED))
}

fn subscribe<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    door: Door,
    request: &Request,
) -> Result<Response, Exit> {
    let wanted = request.params.get(ear::WANTED).and_then(Value::as_object).cloned().unwrap_or_default();
    let listener =
        Listener::Subscription { id: request.id.clone(), dialect: Box::new(request.dialect.clone()), wanted };
    stream::open(gateway, caller, door, listener)
}

/// A legacy client says once which log messages it wants. Upstreams are told when they are called.
fn set_log_level(request: &Request, session: Option<&Session>) -> Result<Response, Exit> {
    let level = request.params.get("level").and_then(Value::as_str);
    let fault = match (level.and_then(|level| LOG_LEVELS.iter().position(|known| *known == level)), session) {
        (Some(level), Some(session)) => {
            session.set_log_level(level);
            return Ok(answer::json(StatusCode::OK, message::result(&request.id, &json!({}))));
        }
        (None, _) => {
            Fault::new(code::INVALID_PARAMS, format!("`params.level` must be one of {}", LOG_LEVELS.join(", ")))
        }
        (_, None) => Fault::new(
            code::INVALID_REQUEST,
            "begin a session with `initialize`, and name it: a level is kept in a session",
        ),
    };
    Err(Exit::fault(StatusCode::OK, Some(&request.id), &fault))
}

fn unknown_method(request: &Request, modern: bool) -> Exit {
    let status = if modern { StatusCode::NOT_FOUND } else { StatusCode::OK };
    Exit::fault(status, Some(&request.id), &Fault::new(code::METHOD_NOT_FOUND, "Method not found"))
}
