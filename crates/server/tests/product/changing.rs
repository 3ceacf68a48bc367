//! An MCP server in the process of the test whose tools change when the test says so.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A running server, ended with the test.
pub(crate) struct Changing {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct Shared {
    tools: Mutex<Vec<Value>>,
    calls: Mutex<Vec<String>>,
    is_down: Mutex<bool>,
}

/// A tool with a description.
pub(crate) fn tool(name: &str, description: &str) -> Value {
    json!({ "name": name, "description": description, "inputSchema": { "type": "object", "properties": {} } })
}

impl Changing {
    /// A server that lists these tools.
    pub(crate) fn start(tools: Vec<Value>) -> Changing {
        let shared = Arc::new(Shared { tools: Mutex::new(tools), ..Shared::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let app = axum::Router::new().fallback(answer).with_state(shared.clone());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Changing { url, shared, _runtime: runtime }
    }

    /// From now on it lists these.
    pub(crate) fn lists(&self, tools: Vec<Value>) {
        *self.shared.tools.lock().unwrap() = tools;
    }

    /// From now on it answers nothing, or answers again.
    pub(crate) fn is_down(&self, down: bool) {
        *self.shared.is_down.lock().unwrap() = down;
    }

    /// The tools that were called, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.shared.calls.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, body: String) -> Response {
    if *shared.is_down.lock().unwrap() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let message: Value = serde_json::from_str(&body).unwrap_or_default();
    let result = match message["method"].as_str().unwrap_or_default() {
        "server/discover" => json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
            "ttlMs": 0, "cacheScope": "public",
        }),
        "tools/list" => json!({ "resultType": "complete", "tools": *shared.tools.lock().unwrap() }),
        "tools/call" => {
            let name = message["params"]["name"].as_str().unwrap_or_default().to_owned();
            shared.calls.lock().unwrap().push(name);
            json!({ "resultType": "complete", "content": [{ "type": "text", "text": "done" }] })
        }
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    axum::Json(json!({ "jsonrpc": "2.0", "id": message["id"], "result": result })).into_response()
}
