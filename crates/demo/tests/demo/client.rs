//! A small MCP client over plain HTTP, and a world with its own running integrations.

use std::time::Duration;

use demo::{Integrations, Options, serve_integrations};
use serde_json::{Value, json};

/// Which era a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    Modern,
    Legacy,
}

/// Running integrations of one test.
pub(crate) struct World {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) integrations: Integrations,
    agent: ureq::Agent,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) session: Option<String>,
    pub(crate) body: Value,
}

impl World {
    pub(crate) fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub(crate) fn start_with(options: Options) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        let integrations = runtime.block_on(serve_integrations(options)).expect("the integrations start");
        Self { runtime, integrations, agent: agent() }
    }

    pub(crate) fn stop(self) {
        self.runtime.block_on(self.integrations.shutdown());
    }

    pub(crate) fn url(&self, slug: &str) -> String {
        self.integrations.get(slug).expect("the integration exists").url.clone()
    }

    pub(crate) fn token(&self, slug: &str) -> String {
        self.integrations.get(slug).expect("the integration exists").token.clone()
    }

    /// Sends any message with any headers.
    pub(crate) fn send(&self, slug: &str, headers: &[(&str, &str)], body: &str) -> ureq::http::Response<ureq::Body> {
        let mut request = self.agent.post(self.url(slug)).header("content-type", "application/json");
        request = request.header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send(body).expect("the server answers")
    }

    pub(crate) fn post(&self, slug: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut response = self.send(slug, headers, &body.to_string());
        let session = response.headers().get("mcp-session-id").map(|id| id.to_str().expect("ascii").to_owned());
        let text = response.body_mut().read_to_string().expect("the body is text");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status: response.status().as_u16(), session, body }
    }

    /// A modern request and its answer.
    pub(crate) fn modern(&self, slug: &str, method: &str, params: Value) -> Answer {
        let bearer = format!("Bearer {}", self.token(slug));
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let mut headers =
            vec![("authorization", bearer.as_str()), ("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        if !name.is_empty() {
            headers.push(("mcp-name", &name));
        }
        self.post(slug, &headers, &modern_message(method, params))
    }

    /// Opens a legacy session.
    pub(crate) fn initialize(&self, slug: &str) -> String {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let bearer = format!("Bearer {}", self.token(slug));
        self.post(slug, &[("authorization", &bearer)], &message).session.expect("a session is given")
    }

    /// A legacy request of a session and its answer.
    pub(crate) fn legacy(&self, slug: &str, session: &str, method: &str, params: Value) -> Answer {
        let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let bearer = format!("Bearer {}", self.token(slug));
        let headers =
            [("authorization", bearer.as_str()), ("mcp-session-id", session), ("mcp-protocol-version", "2025-11-25")];
        self.post(slug, &headers, &message)
    }

    /// All tools of an integration, following the cursor.
    pub(crate) fn tools(&self, slug: &str, era: Era) -> Vec<Value> {
        let session = (era == Era::Legacy).then(|| self.initialize(slug));
        let mut tools = Vec::new();
        let mut params = json!({});
        loop {
            let answer = match &session {
                Some(session) => self.legacy(slug, session, "tools/list", params),
                None => self.modern(slug, "tools/list", params),
            };
            let result = &answer.body["result"];
            tools.extend(result["tools"].as_array().expect("tools are a list").iter().cloned());
            match result["nextCursor"].as_str() {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return tools,
            }
        }
    }

    /// Calls a tool that must succeed and answers its structured content.
    pub(crate) fn call(&self, slug: &str, tool: &str, arguments: Value) -> Value {
        let answer = self.modern(slug, "tools/call", json!({ "name": tool, "arguments": arguments }));
        let result = &answer.body["result"];
        assert_eq!(result["isError"], false, "{tool} failed: {}", answer.body);
        let text = result["content"][0]["text"].as_str().expect("there is a text");
        assert_eq!(serde_json::from_str::<Value>(text).expect("the text is JSON"), result["structuredContent"]);
        result["structuredContent"].clone()
    }

    /// Calls a tool that must refuse and answers the sentence.
    pub(crate) fn refusal(&self, slug: &str, tool: &str, arguments: Value) -> String {
        let answer = self.modern(slug, "tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_eq!(answer.body["result"]["isError"], true, "{tool} did not refuse: {}", answer.body);
        answer.body["result"]["content"][0]["text"].as_str().expect("there is a text").to_owned()
    }
}

/// Puts the modern `_meta` around parameters.
pub(crate) fn modern_message(method: &str, mut params: Value) -> Value {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    json!({ "jsonrpc": "2.0", "id": "r-1", "method": method, "params": params })
}

fn agent() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20)));
    config.build().into()
}

/// Waits until the condition holds; fails after ten seconds.
pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}
