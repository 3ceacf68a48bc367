//! Which era a request belongs to, and whether its headers say what its body says.
//!
//! A request is modern when it names its version in `_meta` or in the header; everything else is legacy and needs a
//! session, except `initialize`. Start reading at [`recognize`].

use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use serde_json::{Value, json};

use super::wire::{Fault, Message};
use crate::host::Host;

/// The modern revision.
pub(crate) const MODERN: &str = "2026-07-28";
/// The legacy revisions, newest first.
pub(crate) const LEGACY: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26"];
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const HEADER_MISMATCH: i32 = -32020;
const UNSUPPORTED_VERSION: i32 = -32022;

/// The era of a request.
pub(crate) enum Era {
    /// 2026-07-28: no session.
    Modern,
    /// 2025-11-25 or earlier; `initialize` has no session yet.
    Legacy { session: Option<String> },
}

/// Every revision that is spoken here, newest first.
pub(crate) fn revisions() -> Vec<&'static str> {
    std::iter::once(MODERN).chain(LEGACY.iter().copied()).collect()
}

/// The session named by a request.
pub(crate) fn session_id(headers: &HeaderMap) -> Option<&str> {
    text(headers, "mcp-session-id")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Tells the era of a request and checks what that era demands.
pub(crate) fn recognize(
    host: &Host,
    server_index: usize,
    headers: &HeaderMap,
    message: &Message,
) -> Result<Era, Fault> {
    let header_version = text(headers, "mcp-protocol-version");
    let meta_version = message.params["_meta"][META_VERSION].as_str();
    let unknown_version = header_version.is_some_and(|version| !LEGACY.contains(&version));
    if meta_version.is_some() || (unknown_version && session_id(headers).is_none()) {
        check_modern(headers, header_version, meta_version, message)?;
        return Ok(Era::Modern);
    }
    if unknown_version {
        return Err(Fault::bad(-32600, "the header MCP-Protocol-Version names no revision that is spoken here"));
    }
    if message.method.as_deref() == Some("initialize") {
        return Ok(Era::Legacy { session: None });
    }
    match session_id(headers) {
        Some(id) if host.sessions.holds(server_index, id) => Ok(Era::Legacy { session: Some(id.to_owned()) }),
        Some(_) => Err(Fault {
            status: StatusCode::NOT_FOUND,
            ..Fault::bad(-32600, "this session has ended: initialize again")
        }),
        None => Err(Fault::bad(-32600, "the header Mcp-Session-Id is missing: initialize first")),
    }
}

fn check_modern(
    headers: &HeaderMap,
    header_version: Option<&str>,
    meta_version: Option<&str>,
    message: &Message,
) -> Result<(), Fault> {
    let Some(header_version) = header_version else {
        return Err(Fault::bad(HEADER_MISMATCH, "the header MCP-Protocol-Version is missing"));
    };
    let Some(meta_version) = meta_version else {
        if header_version == MODERN {
            return Err(Fault::bad(-32602, format!("'_meta' lacks '{META_VERSION}'")));
        }
        return Err(unsupported(header_version));
    };
    if header_version != meta_version {
        return Err(Fault::bad(HEADER_MISMATCH, "the header MCP-Protocol-Version differs from the body"));
    }
    if header_version != MODERN {
        return Err(unsupported(header_version));
    }
    if !message.params["_meta"][META_CAPABILITIES].is_object() {
        return Err(Fault::bad(-32602, format!("'_meta' lacks '{META_CAPABILITIES}'")));
    }
    if message.id.is_none() {
        return Ok(());
    }
    if text(headers, "mcp-method") != message.method.as_deref() {
        return Err(Fault::bad(HEADER_MISMATCH, "the header Mcp-Method is missing or differs from the body"));
    }
    let named = text(headers, "mcp-name").and_then(decode);
    if message.method.as_deref() == Some("tools/call") && named.as_deref() != message.params["name"].as_str() {
        return Err(Fault::bad(HEADER_MISMATCH, "the header Mcp-Name is missing or differs from the body"));
    }
    Ok(())
}

fn unsupported(requested: &str) -> Fault {
    let data: Value = json!({ "supported": revisions(), "requested": requested });
    Fault { data: Some(data), ..Fault::bad(UNSUPPORTED_VERSION, "unsupported protocol version") }
}

/// A header value, unwrapped if it was sent as `=?base64?…?=`.
fn decode(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Some(value.to_owned()),
        Some(encoded) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
            String::from_utf8(bytes).ok()
        }
    }
}
