//! Third step: what is being said? The body becomes one owned tree, and headers must say the same as it does.
//! Whatever is unclear ends here: nothing is guessed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use domain::record::Decision;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Map, Value, json};

use crate::gateway::Gateway;
use crate::json::{self as strict, JsonFault};
use crate::limits::Limits;
use crate::mcp::version;
use crate::message::{Fault, code};
use crate::pipeline::accept::is_json;
use crate::pipeline::answer::Exit;
use crate::pipeline::dialect::{self, Dialect};
use crate::pipeline::identify::Caller;
use crate::pipeline::limit::Slot;
use crate::pipeline::record::Blank;
use crate::ports::Ports;

/// What came in.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something that wants an answer.
    Request(Box<Request>),
    /// Something that wants none.
    Notification(Notification),
    /// An answer to a question of an upstream, or to one that nobody asked.
    Response(Response),
}

/// An answer, understood.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) id: Value,
    /// `result` or `error`, with what else stands beside.
    pub(crate) said: Map<String, Value>,
}

/// A request, understood.
#[derive(Debug)]
pub(crate) struct Request {
    /// As the client wrote it: a string or a number of any size.
    pub(crate) id: Value,
    pub(crate) method: String,
    pub(crate) params: Map<String, Value>,
    pub(crate) dialect: Dialect,
    /// Headers in which a modern client tells arguments once more.
    pub(crate) param_headers: HeaderMap,
}

/// A notification, understood.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) method: String,
    pub(crate) params: Map<String, Value>,
}

/// Why something could not be understood.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) status: StatusCode,
    pub(crate) fault: Fault,
    /// The stable code for the record.
    pub(crate) reason: &'static str,
}

impl Malformed {
    pub(crate) fn new(code: i64, reason: &'static str, message: impl Into<String>) -> Malformed {
        Malformed { status: StatusCode::BAD_REQUEST, fault: Fault::new(code, message), reason }
    }
}

/// Reads the body and understands it, or answers and records why not.
pub(crate) async fn parse<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    (headers, body): (&HeaderMap, Body),
    caller: &Caller<P::Access>,
) -> Result<Message, Exit> {
    let limits = &gateway.options.limits;
    let mut seen = Seen::default();
    let taken = take(gateway, caller, (headers, body)).await;
    let understood = taken.and_then(|(_room, bytes)| understand(limits, headers, &bytes, &mut seen));
    understood.map_err(|malformed| {
        let blank = Blank { subject: Some(caller.actor), ..Blank::new(&caller.snapshot, &seen.method) };
        let limited = malformed.fault.code == code::LIMITED;
        let decision = if limited { Decision::Limited } else { Decision::Malformed };
        gateway.note_noise(blank, decision, malformed.reason);
        Exit::fault(malformed.status, seen.id.as_ref(), &malformed.fault)
    })
}

/// Takes in the body, with the room that it needs if it is large.
async fn take<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    (headers, body): (&HeaderMap, Body),
) -> Result<(Option<Slot>, Bytes), Malformed> {
    if !is_json(headers) {
        let message = "send the message as JSON with `Content-Type: application/json`";
        let malformed = Malformed::new(code::INVALID_REQUEST, "content-type", message);
        return Err(Malformed { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..malformed });
    }
    let room = room_for(gateway, caller, &body)?;
    Ok((room, read(&gateway.options.limits, body).await?))
}

/// What was already read of a message that could not be understood as a whole.
#[derive(Default)]
struct Seen {
    id: Option<Value>,
    method: String,
}

/// Room for a large body while it comes in and is understood.
fn room_for<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    body: &Body,
) -> Result<Option<Slot>, Malformed> {
    let small = gateway.options.limits.body_bytes_small as u64;
    if hyper::body::Body::size_hint(body).upper().is_some_and(|bytes| bytes <= small) {
        return Ok(None);
    }
    gateway.large_bodies.take(caller.org(), caller.actor.subject).map(Some).map_err(|_| {
        let message = "too many large messages are coming in at once; wait until one of them has been taken";
        let malformed = Malformed::new(code::LIMITED, "too-many-large-bodies", message);
        Malformed { status: StatusCode::TOO_MANY_REQUESTS, ..malformed }
    })
}

/// Lets the small body of somebody who is turned away come in and go: a connection that is closed while bytes of
/// theirs are unread can lose the answer on its way.
pub(crate) async fn swallow(limits: &Limits, body: Body) {
    let mut body = Limited::new(body, limits.body_bytes_small);
    let gone = async { while let Some(Ok(_)) = body.frame().await {} };
    // Whoever is slow about it loses the answer, and nothing else.
    let _ = tokio::time::timeout(Duration::from_millis(limits.turned_away_ms_max), gone).await;
}

async fn read(limits: &Limits, body: Body) -> Result<Bytes, Malformed> {
    let whole = Limited::new(body, limits.body_bytes_max).collect();
    match tokio::time::timeout(Duration::from_millis(limits.body_ms_max), whole).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(fault)) if fault.is::<http_body_util::LengthLimitError>() => {
            let message = format!("the message is larger than {} bytes", limits.body_bytes_max);
            let malformed = Malformed::new(code::INVALID_REQUEST, "too-large", message);
            Err(Malformed { status: StatusCode::PAYLOAD_TOO_LARGE, ..malformed })
        }
        Ok(Err(_)) => Err(Malformed::new(code::PARSE, "body-broken", "the message did not come in whole")),
        Err(_) => {
            let malformed = Malformed::new(code::PARSE, "body-slow", "the message did not come in within the time");
            Err(Malformed { status: StatusCode::REQUEST_TIMEOUT, ..malformed })
        }
    }
}

fn understand(limits: &Limits, headers: &HeaderMap, bytes: &[u8], seen: &mut Seen) -> Result<Message, Malformed> {
    let tree = strict::parse(bytes, limits.depth_max).map_err(|fault| {
        let reason = match fault {
            JsonFault::Twice { .. } => "duplicate-key",
            JsonFault::TooDeep { .. } => "too-deep",
            JsonFault::Encoding | JsonFault::Syntax { .. } => "not-json",
        };
        Malformed::new(code::PARSE, reason, format!("the message cannot be read: {fault}"))
    })?;
    let mut envelope = match tree {
        Value::Object(envelope) => envelope,
        Value::Array(_) => {
            let message = "send one message at a time: lists of messages are not taken";
            return Err(Malformed::new(code::INVALID_REQUEST, "batch", message));
        }
        _ => return Err(Malformed::new(code::INVALID_REQUEST, "not-a-message", "a message is a JSON object")),
    };
    no_look_alike(&envelope, &["jsonrpc", "id", "method", "params", "result", "error"])?;
    if envelope.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(Malformed::new(code::INVALID_REQUEST, "not-a-message", "a message states `\"jsonrpc\": \"2.0\"`"));
    }
    let id = envelope.remove("id");
    if id.as_ref().is_some_and(|id| !id.is_string() && !id.is_number()) {
        return Err(Malformed::new(code::INVALID_REQUEST, "bad-id", "`id` must be a string or a number"));
    }
    seen.id.clone_from(&id);
    let method = match envelope.remove("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err(Malformed::new(code::INVALID_REQUEST, "bad-method", "`method` must be a string")),
        None if envelope.contains_key("result") || envelope.contains_key("error") => {
            let id = id.ok_or_else(|| Malformed::new(code::INVALID_REQUEST, "bad-id", "an answer has an `id`"))?;
            return Ok(Message::Response(Response { id, said: envelope }));
        }
        None => return Err(Malformed::new(code::INVALID_REQUEST, "not-a-message", "the message states no `method`")),
    };
    seen.method.clone_from(&method);
    let params = match envelope.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(Malformed::new(code::INVALID_REQUEST, "bad-params", "`params` must be an object")),
    };
    no_look_alike(&params, &["name", "arguments", "_meta", "uri", "cursor", "protocolVersion"])?;
    let Some(id) = id else { return Ok(Message::Notification(Notification { method, params })) };
    let dialect = dialect::of(headers, &method, &params)?;
    let param_headers = if dialect.is_modern() { dialect::param_headers(headers) } else { HeaderMap::new() };
    Ok(Message::Request(Box::new(Request { id, method, params, dialect, param_headers })))
}

/// Some readers take `Name` for `name`, and then the later of the two. A message that means two things to two
/// readers means nothing to us.
fn no_look_alike(members: &Map<String, Value>, known: &[&str]) -> Result<(), Malformed> {
    let folded = |key: &str| key.to_uppercase().to_lowercase();
    let unclear = members.keys().find(|key| {
        !known.contains(&key.as_str())
            && known.iter().any(|known| {
                // Comparing lengths first keeps this off the way of the usual case; folding may shorten by two bytes a letter.
                key.len() <= known.len() * 3 && folded(key) == folded(known)
            })
    });
    match unclear {
        None => Ok(()),
        Some(key) => {
            let message = format!("the key {key:?} differs from one of the protocol's only in case");
            Err(Malformed::new(code::INVALID_REQUEST, "look-alike-key", message))
        }
    }
}

/// The answer to a version that we do not speak.
pub(crate) fn unsupported(requested: &str) -> Malformed {
    let mut malformed = Malformed::new(code::UNSUPPORTED_VERSION, "version", "Unsupported protocol version");
    malformed.fault = malformed.fault.with_data(json!({ "supported": version::ALL, "requested": requested }));
    malformed
}
