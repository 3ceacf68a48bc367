//! Discovery, the list of tools and the call of one.
//!
//! What is wrong with the arguments is told in the result (`isError`), as the protocol wants it, so that a model can
//! do better; only a tool that does not exist is a protocol error. Start reading at [`call`].

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::era::{self, Era};
use super::wire::{self, Fault};
use super::{Asked, long};
use crate::host::{Host, Server};
use crate::tool::{Act, Class, Tool};

/// Tools per page: the largest integration needs two, so that nobody forgets to follow the cursor.
const PAGE_LEN: usize = 40;
const CURSOR_PREFIX: &str = "after-";
const TTL_MS: u32 = 60_000;

/// The result of `server/discover`.
pub(super) fn discover(server: &Server) -> Value {
    json!({
        "supportedVersions": era::revisions(), "capabilities": { "tools": {} }, "instructions": instructions(server),
        "ttlMs": TTL_MS, "cacheScope": "private",
    })
}

fn instructions(server: &Server) -> String {
    format!("A look-alike of {} over invented data. {}.", server.vendor.title, server.vendor.purpose)
}

/// Answers `initialize` with a new session.
pub(super) fn initialize(asked: &Asked<'_>) -> Response {
    let requested = asked.message.params["protocolVersion"].as_str().unwrap_or_default();
    let version = era::LEGACY.iter().find(|version| **version == requested).unwrap_or(&era::LEGACY[0]);
    let result = json!({
        "protocolVersion": version, "capabilities": { "tools": {} }, "serverInfo": wire::server_info(asked),
        "instructions": instructions(asked.server()),
    });
    let Ok(id) = crate::host::random_token("session") else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    asked.host.sessions.begin(asked.server_index, &id);
    ([("mcp-session-id", id)], wire::result(asked, result)).into_response()
}

/// The result of `tools/list`: one page.
pub(super) fn list(asked: &Asked<'_>) -> Result<Value, Fault> {
    let tools = &asked.server().shown;
    let start = match &asked.message.params["cursor"] {
        Value::Null => 0,
        cursor => cursor
            .as_str()
            .and_then(|cursor| cursor.strip_prefix(CURSOR_PREFIX)?.parse::<usize>().ok())
            .filter(|start| *start < tools.len())
            .ok_or_else(|| Fault { status: StatusCode::OK, ..Fault::bad(-32602, "this cursor is not one of ours") })?,
    };
    let end = (start + PAGE_LEN).min(tools.len());
    let mut page = json!({ "tools": &tools[start..end] });
    if end < tools.len() {
        page["nextCursor"] = Value::from(format!("{CURSOR_PREFIX}{end}"));
    }
    if matches!(asked.era, Era::Modern) {
        page["ttlMs"] = Value::from(TTL_MS);
        page["cacheScope"] = Value::from("private");
    }
    Ok(page)
}

/// Answers `tools/call`.
pub(super) async fn call(asked: Asked<'_>) -> Response {
    let server = asked.server();
    let name = asked.message.params["name"].as_str().unwrap_or_default();
    let index = server.vendor.tools.iter().position(|tool| tool.name == name);
    let arguments = match &asked.message.params["arguments"] {
        Value::Object(arguments) => arguments.clone(),
        _ => Map::new(),
    };
    asked.host.stats.count_call(asked.server_index, index, arguments.get("note").and_then(Value::as_str));
    let Some(tool) = index.map(|index| &server.vendor.tools[index]) else {
        let fault = Fault { status: StatusCode::OK, ..Fault::bad(-32602, format!("unknown tool: {name}")) };
        return wire::refuse(&asked.message, fault);
    };
    if matches!(tool.act, Act::Export(_)) {
        return long::run(asked, tool, arguments).await;
    }
    let result = perform(asked.host, asked.server_index, tool, &arguments);
    wire::result(&asked, result)
}

/// Does what the tool does and puts it as the result of a call.
pub(super) fn perform(host: &Host, server_index: usize, tool: &Tool, arguments: &Map<String, Value>) -> Value {
    let outcome = host.servers[server_index].work(tool, arguments);
    if outcome.is_ok() && tool.class != Class::Read {
        host.mark_changed();
    }
    match outcome {
        Ok(value) => {
            let text = value.to_string();
            json!({ "content": [{ "type": "text", "text": text }], "structuredContent": value, "isError": false })
        }
        Err(sentence) => json!({ "content": [{ "type": "text", "text": sentence }], "isError": true }),
    }
}
