//! How a client gets to know us: `initialize` of the legacy era, `server/discover` of the modern one.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::gateway::Gateway;
use crate::mcp::session::{Can, NoSession, Owner};
use crate::mcp::{client, version};
use crate::message::{self, Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::dialect;
use crate::pipeline::identify::Caller;
use crate::pipeline::link;
use crate::pipeline::parse::Request;
use crate::ports::Ports;

/// Integrations that are named to a client that asks what this is.
const NAMED_MAX: usize = 20;

/// Begins a legacy session.
pub(crate) fn initialize<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    door: &Door,
    request: &Request,
) -> Result<Response, Exit> {
    let asked = request.params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let client = client::described(request.params.get("clientInfo"));
    let owner = Owner::of(caller, door);
    let stated = request.params.get("capabilities");
    let takes = stated.and_then(Value::as_object).map(dialect::askable).unwrap_or_default();
    let client = (client, Can { takes_links: link::takes(stated), takes });
    let now = gateway.ports.now();
    let session = gateway.sessions.begin(owner, client, &gateway.options.limits, now).map_err(|fault| match fault {
        NoSession::Full => {
            let fault = Fault::new(code::LIMITED, fault.to_string());
            Exit::fault(StatusCode::SERVICE_UNAVAILABLE, Some(&request.id), &fault)
        }
        NoSession::Random(_) => Exit::unavailable(Some(&request.id), &fault.to_string()),
    })?;
    let result = json!({
        "protocolVersion": version::legacy(asked).unwrap_or(version::newest_legacy()),
        "capabilities": capabilities(door),
        "serverInfo": server_info(caller, door),
        "instructions": instructions(gateway, caller, door),
    });
    let mut response = answer::json(StatusCode::OK, message::result(&request.id, &result));
    if let Ok(id) = HeaderValue::from_str(session.id()) {
        response.headers_mut().insert("mcp-session-id", id);
    }
    Ok(response)
}

/// Answers `server/discover`.
pub(crate) fn discover<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    door: &Door,
    request: &Request,
) -> Response {
    let result = json!({
        "resultType": "complete",
        "supportedVersions": version::ALL,
        "capabilities": capabilities(door),
        "instructions": instructions(gateway, caller, door),
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": meta(caller, door),
    });
    answer::json(StatusCode::OK, message::result(&request.id, &result))
}

/// What a modern result of ours says about who gave it.
pub(crate) fn meta<A>(caller: &Caller<A>, door: &Door) -> Value {
    let mut meta = Map::new();
    meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), server_info(caller, door));
    Value::Object(meta)
}

/// What can be done at a door. Changes of lists are told where somebody listens to that one server; all of them are not listened to
/// for everybody.
fn capabilities(door: &Door) -> Value {
    let told = door.integration.is_some();
    json!({
        "tools": { "listChanged": true },
        "prompts": { "listChanged": told },
        "resources": { "listChanged": told, "subscribe": true },
        "completions": {},
        "logging": {},
    })
}

fn server_info<A>(caller: &Caller<A>, door: &Door) -> Value {
    let of = door.integration.as_deref().and_then(|slug| caller.snapshot.integration_by_slug(slug));
    let title = of.map_or(caller.snapshot.name(), |integration| &integration.title);
    json!({ "name": version::OUR_NAME, "title": title, "version": version::OUR_VERSION })
}

/// What the model is told: whose tools these are. Only what the caller reaches is named.
fn instructions<P: Ports>(gateway: &Gateway<P>, caller: &Caller<P::Access>, door: &Door) -> String {
    let now = gateway.ports.now();
    let mut text = format!("Tools of {} through Wardroom.", caller.snapshot.name());
    let reached = caller.snapshot.reached_integrations(&caller.actor, now).map(|(integration, _)| integration);
    let here = reached.filter(|integration| door.integration.as_deref().is_none_or(|slug| slug == &*integration.slug));
    for integration in here.take(NAMED_MAX) {
        text.push_str(&format!("\n- {}", integration.title));
        if !integration.purpose.is_empty() {
            text.push_str(&format!(": {}", integration.purpose));
        }
    }
    text
}
