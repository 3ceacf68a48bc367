//! JSON-RPC messages as bytes, and the codes of their errors. Knows nothing of access or transport.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::json;

/// The codes of errors that we send. Those of −32020 … −32099 belong to the protocol and mean what it says.
pub(crate) mod code {
    pub(crate) const PARSE: i64 = -32_700;
    pub(crate) const INVALID_REQUEST: i64 = -32_600;
    pub(crate) const METHOD_NOT_FOUND: i64 = -32_601;
    pub(crate) const INVALID_PARAMS: i64 = -32_602;
    pub(crate) const INTERNAL: i64 = -32_603;
    /// There is no resource with this URI (revision 2025-11-25 and earlier).
    pub(crate) const NO_RESOURCE: i64 = -32_002;
    pub(crate) const HEADER_MISMATCH: i64 = -32_020;
    /// The client does not say that it can do what this takes.
    pub(crate) const MISSING_CAPABILITY: i64 = -32_021;
    pub(crate) const UNSUPPORTED_VERSION: i64 = -32_022;
    /// The person must open a link first (revision 2025-11-25 alone).
    pub(crate) const LINK_NEEDED: i64 = -32_042;
    // Our own stand outside every reserved range.
    /// Nobody was identified.
    pub(crate) const NOT_IDENTIFIED: i64 = 1401;
    /// The request came from or for somewhere we do not serve.
    pub(crate) const NOT_SERVED: i64 = 1403;
    /// There is no such place, or nobody here may know of it.
    pub(crate) const NOT_THERE: i64 = 1404;
    /// Who calls may not.
    pub(crate) const DENIED: i64 = 1409;
    /// The right to a call ended while it ran.
    pub(crate) const ACCESS_ENDED: i64 = 1410;
    /// A client's person may do it, and has let the client do less.
    pub(crate) const NOT_LEFT_TO_CLIENT: i64 = 1411;
    /// The caller has too much going on.
    pub(crate) const LIMITED: i64 = 1429;
}

/// The result of a request.
pub(crate) fn result(id: &Value, result: &Value) -> Bytes {
    let mut out = Vec::with_capacity(256);
    begin_result(id, &mut out);
    json::write(result, &mut out);
    out.push(b'}');
    out.into()
}

/// Everything of a result message before the result itself.
pub(crate) fn begin_result(id: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    json::write(id, out);
    out.extend_from_slice(br#","result":"#);
}

/// What went wrong with a request, or with something that was none.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl Fault {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into(), data: None }
    }

    pub(crate) fn with_data(self, data: Value) -> Fault {
        Fault { data: Some(data), ..self }
    }

    /// The error message that answers a request; without an id where none could be read.
    pub(crate) fn to_bytes(&self, id: Option<&Value>) -> Bytes {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(data), Some(members)) = (&self.data, error.as_object_mut()) {
            members.insert("data".to_owned(), data.clone());
        }
        error_bytes(id, &error)
    }
}

/// An error message around an error that stands as a tree already.
pub(crate) fn error_bytes(id: Option<&Value>, error: &Value) -> Bytes {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        out.extend_from_slice(br#""id":"#);
        json::write(id, &mut out);
        out.push(b',');
    }
    out.extend_from_slice(br#""error":"#);
    json::write(error, &mut out);
    out.push(b'}');
    out.into()
}

/// Everything of a request before its parameters; one closing brace is owed.
pub(crate) fn begin_call(id: u64, method: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    json::write(&id, &mut out);
    out.extend_from_slice(br#","method":"#);
    json::write(method, &mut out);
    out.extend_from_slice(br#","params":"#);
    out
}

/// A message that stands as a tree already.
pub(crate) fn whole(message: &Value) -> Bytes {
    let mut out = Vec::with_capacity(256);
    json::write(message, &mut out);
    out.into()
}

/// An answer to a question: what was said to it, under the id of who asked.
pub(crate) fn answer(id: &Value, mut said: Map<String, Value>) -> Bytes {
    said.insert("id".to_owned(), id.clone());
    whole(&Value::Object(said))
}

/// A request.
pub(crate) fn call(id: u64, method: &str, params: &Value) -> Bytes {
    let mut out = begin_call(id, method);
    json::write(params, &mut out);
    out.push(b'}');
    out.into()
}

/// A notification.
pub(crate) fn notification(method: &str, params: &Value) -> Bytes {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","method":"#);
    json::write(method, &mut out);
    if !params.is_null() {
        out.extend_from_slice(br#","params":"#);
        json::write(params, &mut out);
    }
    out.push(b'}');
    out.into()
}

/// The result of a tool call that tells model and person why nothing came of it.
pub(crate) fn tool_error(text: &str, meta: (&str, Value)) -> Value {
    let mut members = Map::new();
    members.insert("content".to_owned(), json!([{ "type": "text", "text": text }]));
    members.insert("isError".to_owned(), Value::Bool(true));
    members.insert("_meta".to_owned(), json!({ meta.0: meta.1 }));
    Value::Object(members)
}

/// A message framed as an event of a stream.
pub(crate) fn event(message: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(message.len() + 24);
    out.extend_from_slice(b"event: message\ndata: ");
    out.extend_from_slice(message);
    out.extend_from_slice(b"\n\n");
    out.into()
}
