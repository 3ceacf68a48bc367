//! JSON-RPC as it is on the wire: one message in, one answer out.
//!
//! It knows nothing of tools. Start reading at [`Message::parse`] and [`result`].

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Asked;
use super::era::Era;

/// A request, a notification (no `id`) or a response (no `method`).
pub(crate) struct Message {
    pub(crate) id: Option<Value>,
    pub(crate) method: Option<String>,
    /// An object, or null when there were none.
    pub(crate) params: Value,
}

/// A protocol error and the HTTP status that goes with it.
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: i32,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl Fault {
    /// A fault that is answered with 400.
    pub(crate) fn bad(code: i32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into(), data: None }
    }
}

impl Message {
    /// Reads one message; whatever is not exactly one JSON-RPC object is refused.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| Fault::bad(-32700, format!("the body is not JSON: {error}")))?;
        let Value::Object(mut fields) = value else {
            return Err(Fault::bad(-32600, "the body must be one JSON-RPC object"));
        };
        if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(Fault::bad(-32600, "'jsonrpc' must be \"2.0\""));
        }
        let id = fields.remove("id");
        if id.as_ref().is_some_and(|id| !id.is_string() && !id.is_i64() && !id.is_u64()) {
            return Err(Fault::bad(-32600, "'id' must be a text or a whole number"));
        }
        let method = match fields.remove("method") {
            Some(Value::String(method)) => Some(method),
            None if fields.contains_key("result") || fields.contains_key("error") => None,
            _ => return Err(Fault::bad(-32600, "'method' must be a text")),
        };
        let params = match fields.remove("params") {
            None => Value::Null,
            Some(params @ Value::Object(_)) => params,
            Some(_) => return Err(Fault::bad(-32602, "'params' must be an object")),
        };
        Ok(Self { id, method, params })
    }
}

/// The message that carries a result, in the words of its era.
pub(crate) fn result_message(asked: &Asked<'_>, mut result: Value) -> Value {
    if matches!(asked.era, Era::Modern) {
        result["resultType"] = Value::from("complete");
        result["_meta"] = json!({ "io.modelcontextprotocol/serverInfo": server_info(asked) });
    }
    json!({ "jsonrpc": "2.0", "id": asked.message.id, "result": result })
}

/// Name and version of the look-alike server.
pub(crate) fn server_info(asked: &Asked<'_>) -> Value {
    let vendor = asked.server().vendor;
    json!({
        "name": format!("{}-lookalike", vendor.slug), "title": format!("{} (demo look-alike)", vendor.title),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// Answers a result as JSON.
pub(crate) fn result(asked: &Asked<'_>, result: Value) -> Response {
    json_response(StatusCode::OK, &result_message(asked, result))
}

/// Answers a fault to a request.
pub(crate) fn refuse(message: &Message, fault: Fault) -> Response {
    let mut error = json!({ "code": fault.code, "message": fault.message });
    if let Some(data) = fault.data {
        error["data"] = data;
    }
    let mut body = json!({ "jsonrpc": "2.0", "error": error });
    if let Some(id) = &message.id {
        body["id"] = id.clone();
    }
    json_response(fault.status, &body)
}

/// Answers a fault to something that could not be read.
pub(crate) fn fault_without_id(fault: Fault) -> Response {
    refuse(&Message { id: None, method: None, params: Value::Null }, fault)
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
