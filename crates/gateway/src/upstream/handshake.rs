//! Getting to know an upstream: which era it speaks, and beginning a session at a legacy one.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Response};
use serde_json::{Map, Value, json};

use crate::mcp::version;
use crate::message::{self, code};
use crate::pipeline::dialect::{META_CAPABILITIES, META_CLIENT, META_VERSION};
use crate::upstream::Upstreams;
use crate::upstream::connection::Shown;
use crate::upstream::endpoint::{Route, Target, UpstreamSession};
use crate::upstream::exchange::{self, Head, Outgoing};
use crate::upstream::failure::Failure;

/// What came of a question to an upstream.
pub(crate) enum Told {
    Result(Value),
    Error(Value),
    /// An HTTP error that says nothing in the protocol's words.
    Status(Failure),
}

/// Asks one question and waits for its answer; what else comes in between is left out.
pub(crate) async fn ask(
    upstreams: &Upstreams,
    target: &Target,
    (route, shown): (&Route, &Shown),
    method: &'static str,
    params: Value,
) -> Result<(Told, Response<()>), Failure> {
    let ms = upstreams.limits.handshake_ms_max;
    let id = upstreams.next_id();
    let body = message::call(id, method, &params);
    let outgoing = Outgoing { id: Some(id), method, name: None, mirrored: HeaderMap::new(), body };
    let asked = async {
        let (head, response) =
            exchange::send(&upstreams.connection, target, (route, shown), &outgoing, &upstreams.limits).await?;
        let (mut answering, otherwise) = match head {
            Head::Messages(answering) => (answering, None),
            // What these say is clear without the body's words.
            Head::Told(
                _,
                _,
                failure @ (Failure::Unauthorized { .. } | Failure::Limited { .. } | Failure::Destination(_)),
            ) => {
                return Ok((Told::Status(failure), response));
            }
            Head::Told(_, answering, failure) => (answering, Some(failure)),
            Head::Failed(_, failure) => return Ok((Told::Status(failure), response)),
            Head::Taken => return Err(Failure::Garbled("a question was taken for a notification".to_owned())),
        };
        loop {
            let message = match (answering.next().await, &otherwise) {
                (Ok(Some(message)), _) => message,
                (Ok(None) | Err(_), Some(failure)) => return Ok((Told::Status(failure.clone()), response)),
                (Ok(None), None) => return Err(Failure::Closed),
                (Err(failure), None) => return Err(failure),
            };
            if let Some(error) = message.get("error").filter(|error| error.is_object()) {
                return Ok((Told::Error(error.clone()), response));
            }
            if message.get("id") == Some(&Value::from(id))
                && let Some(result) = message.get("result")
            {
                return Ok((Told::Result(result.clone()), response));
            }
            if let Some(failure) = otherwise {
                return Ok((Told::Status(failure), response));
            }
        }
    };
    tokio::time::timeout(Duration::from_millis(ms), asked).await.map_err(|_| Failure::Silent { ms })?
}

/// Asks whether the upstream speaks the modern revision. Its answer if it does, nothing if it seems to be a
/// legacy one.
pub(crate) async fn discover(upstreams: &Upstreams, target: &Target, shown: &Shown) -> Result<Option<Value>, Failure> {
    let Some(mut told) = discovered(upstreams, target, shown).await? else { return Ok(None) };
    // One that refuses the version which it says it supports is asked once more.
    if let Told::Error(error) = &told
        && error.get("code").and_then(Value::as_i64) == Some(code::UNSUPPORTED_VERSION)
        && supported(error).any(|name| name == version::MODERN)
    {
        match discovered(upstreams, target, shown).await? {
            Some(again) => told = again,
            None => return Ok(None),
        }
    }
    match told {
        Told::Result(result) => {
            let supported = result.get("supportedVersions").and_then(Value::as_array);
            let modern = supported.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(version::MODERN)));
            Ok(modern.then_some(result))
        }
        Told::Error(error) => match error.get("code").and_then(Value::as_i64) {
            Some(code::UNSUPPORTED_VERSION) => {
                let legacy = supported(&error).any(|name| version::legacy(name).is_some());
                if legacy { Ok(None) } else { Err(Failure::NoCommonVersion) }
            }
            _ => Ok(None),
        },
        Told::Status(failure @ (Failure::Unauthorized { .. } | Failure::Limited { .. } | Failure::Destination(_))) => {
            Err(failure)
        }
        Told::Status(..) => Ok(None),
    }
}

async fn discovered(upstreams: &Upstreams, target: &Target, shown: &Shown) -> Result<Option<Told>, Failure> {
    let params = json!({ "_meta": modern_meta() });
    match ask(upstreams, target, (&Route::Modern, shown), "server/discover", params).await {
        Ok((told, _)) => Ok(Some(told)),
        // A legacy server may stay mute, or answer in a way that is none.
        Err(Failure::Silent { .. } | Failure::Garbled(_) | Failure::Closed) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The versions that an upstream says it supports where it refuses ours.
fn supported(error: &Value) -> impl Iterator<Item = &str> {
    error.pointer("/data/supported").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Begins a session at a legacy upstream, which may ask what the client of whoever calls takes.
pub(crate) async fn initialize(
    upstreams: &Upstreams,
    target: &Target,
    shown: &Shown,
    takes: Map<String, Value>,
) -> Result<Arc<UpstreamSession>, Failure> {
    begin_session(upstreams, target, (shown, takes)).await.map(|(session, _)| session)
}

/// Begins a session and gives what the upstream said about itself, too.
pub(crate) async fn begin_session(
    upstreams: &Upstreams,
    target: &Target,
    (shown, takes): (&Shown, Map<String, Value>),
) -> Result<(Arc<UpstreamSession>, Value), Failure> {
    let params = json!({
        "protocolVersion": version::newest_legacy(),
        "capabilities": takes,
        "clientInfo": { "name": version::OUR_NAME, "version": version::OUR_VERSION },
    });
    let (told, head) = ask(upstreams, target, (&Route::Unknown, shown), "initialize", params).await?;
    let result = match told {
        Told::Result(result) => result,
        Told::Error(error) => {
            let said = error.get("message").and_then(Value::as_str).unwrap_or("no reason given");
            return Err(Failure::Garbled(format!("it refused to begin a session ({})", short(said))));
        }
        Told::Status(failure) => return Err(failure),
    };
    let stated = result.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let version = version::legacy(stated).ok_or(Failure::NoCommonVersion)?;
    let id = head.headers().get("mcp-session-id").cloned();
    let session = Arc::new(UpstreamSession::new(id, version, capabilities(&result)));
    let outgoing = Outgoing {
        id: None,
        method: "notifications/initialized",
        name: None,
        mirrored: HeaderMap::new(),
        body: message::notification("notifications/initialized", &Value::Null),
    };
    let route = Route::Legacy(session.clone());
    let told = exchange::send(&upstreams.connection, target, (&route, shown), &outgoing, &upstreams.limits);
    let ms = upstreams.limits.handshake_ms_max;
    match tokio::time::timeout(Duration::from_millis(ms), told).await.map_err(|_| Failure::Silent { ms })?? {
        (Head::Failed(_, failure) | Head::Told(_, _, failure), _) => match failure {
            // Some servers answer a notification with an empty success of no type, which is no fault.
            Failure::Garbled(_) => Ok((session, result)),
            failure => Err(failure),
        },
        _ => Ok((session, result)),
    }
}

/// What an upstream says that it can, where it says what it is.
pub(crate) fn capabilities(said: &Value) -> Map<String, Value> {
    said.get("capabilities").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// What every message to a modern upstream carries.
pub(crate) fn modern_meta() -> Map<String, Value> {
    modern_meta_of(Map::new())
}

/// The same for a call of a client that a server may ask something.
pub(crate) fn modern_meta_of(takes: Map<String, Value>) -> Map<String, Value> {
    let mut meta = Map::new();
    meta.insert(META_VERSION.to_owned(), version::MODERN.into());
    meta.insert(META_CLIENT.to_owned(), json!({ "name": version::OUR_NAME, "version": version::OUR_VERSION }));
    meta.insert(META_CAPABILITIES.to_owned(), takes.into());
    meta
}

/// What an upstream says, cut to a length that fits a sentence and freed of control characters.
pub(crate) fn short(said: &str) -> String {
    said.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
