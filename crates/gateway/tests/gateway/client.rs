//! A client that sends exactly what a test says, of either era.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    url: String,
    pub(crate) headers: Vec<(String, String)>,
    modern: bool,
    /// What it says that it can do.
    pub(crate) capabilities: Value,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON ({}): {:?}", self.status, self.text))
    }

    pub(crate) fn error_code(&self) -> Option<i64> {
        self.json()["error"]["code"].as_i64()
    }

    /// The text of a tool's result.
    pub(crate) fn tool_text(&self) -> String {
        self.json()["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
    }
}

/// An open stream of events.
pub(crate) struct Events {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    text: String,
}

impl Events {
    /// The next event's message; nothing when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return Some(serde_json::from_str(data).unwrap());
                }
            }
            let frame =
                tokio::time::timeout(Duration::from_secs(20), self.body.frame()).await.expect("the stream is stuck");
            match frame {
                None | Some(Err(_)) => return None,
                Some(Ok(frame)) => self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap()),
            }
        }
    }
}

impl Client {
    pub(crate) fn new(base: &str, path: &str, key: &str) -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client {
            http: Http::builder(TokioExecutor::new()).build(connector),
            url: format!("{base}{path}"),
            headers: vec![
                ("authorization".into(), format!("Bearer {key}")),
                ("accept".into(), "application/json, text/event-stream".into()),
                ("content-type".into(), "application/json".into()),
            ],
            modern: false,
            capabilities: json!({}),
        }
    }

    /// The same client, speaking 2026-07-28.
    pub(crate) fn modern(mut self) -> Client {
        self.modern = true;
        self
    }

    pub(crate) fn is_modern(&self) -> bool {
        self.modern
    }

    /// The same client, which shows its person links.
    pub(crate) fn showing_links(self) -> Client {
        self.taking(json!({ "elicitation": { "url": {} } }))
    }

    /// The same client, which can do this.
    pub(crate) fn taking(mut self, capabilities: Value) -> Client {
        self.capabilities = capabilities;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Client {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Client {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn at(mut self, path: &str) -> Client {
        let base = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        self.url = format!("{base}{path}");
        self
    }

    async fn open(&self, method: Method, extra: &[(&str, String)], body: &str) -> http::Response<Incoming> {
        let mut request = Request::builder().method(method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in extra {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
        self.http.request(request).await.unwrap()
    }

    /// Sends a body as it is.
    pub(crate) async fn post(&self, body: &str) -> Reply {
        read(self.open(Method::POST, &[], body).await).await
    }

    pub(crate) async fn send(&self, method: Method, body: &str) -> Reply {
        read(self.open(method, &[], body).await).await
    }

    pub(crate) async fn get(&self) -> Events {
        events(self.open(Method::GET, &[], "").await)
    }

    /// What a request of this client looks like: headers and body.
    pub(crate) fn request(&self, id: &str, method: &str, mut params: Value) -> (Vec<(&'static str, String)>, String) {
        let mut headers = Vec::new();
        if self.modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
            params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "probe", "version": "9" });
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
            headers.push(("mcp-protocol-version", "2026-07-28".to_owned()));
            headers.push(("mcp-method", method.to_owned()));
            if let Some(name) = params["name"].as_str().or_else(|| params["uri"].as_str()) {
                headers.push(("mcp-name", name.to_owned()));
            }
        }
        (headers, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#))
    }

    pub(crate) async fn rpc(&self, id: &str, method: &str, params: Value) -> Reply {
        let (headers, body) = self.request(id, method, params);
        read(self.open(Method::POST, &headers, &body).await).await
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.rpc("1", "tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// A call whose progress is wanted, as a stream.
    pub(crate) async fn stream(&self, id: &str, tool: &str) -> Events {
        let params = json!({ "name": tool, "arguments": {}, "_meta": { "progressToken": "tok" } });
        self.stream_of(id, "tools/call", params).await
    }

    /// A request whose answer is taken as a stream.
    pub(crate) async fn stream_of(&self, id: &str, method: &str, params: Value) -> Events {
        let (headers, body) = self.request(id, method, params);
        events(self.open(Method::POST, &headers, &body).await)
    }

    /// Sends a body as it is, with these headers.
    pub(crate) async fn send_with(&self, headers: &[(&str, String)], body: &str) -> Reply {
        read(self.open(Method::POST, headers, body).await).await
    }

    pub(crate) async fn listen(&self, id: &str) -> Events {
        self.listen_to(id, json!({ "toolsListChanged": true, "promptsListChanged": true })).await
    }

    pub(crate) async fn listen_to(&self, id: &str, wanted: Value) -> Events {
        let params = json!({ "notifications": wanted });
        let (headers, body) = self.request(id, "subscriptions/listen", params);
        events(self.open(Method::POST, &headers, &body).await)
    }

    /// Begins a legacy session.
    pub(crate) async fn initialize(self) -> Client {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": self.capabilities, "clientInfo": { "name": "probe", "version": "9" },
        });
        let reply = self.rpc("0", "initialize", params).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let session = reply.headers["mcp-session-id"].to_str().unwrap().to_owned();
        self.with("mcp-session-id", &session).with("mcp-protocol-version", "2025-11-25")
    }

    /// The names that a list shows, all pages.
    pub(crate) async fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut params = json!({});
        loop {
            let page = self.rpc("1", "tools/list", params).await.json();
            names.extend(
                page["result"]["tools"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|tool| tool["name"].as_str().unwrap().to_owned()),
            );
            match &page["result"]["nextCursor"] {
                Value::Null => return names,
                next => params = json!({ "cursor": next }),
            }
        }
    }
}

async fn read(response: http::Response<Incoming>) -> Reply {
    let (parts, body) = response.into_parts();
    let body = tokio::time::timeout(Duration::from_secs(20), body.collect()).await.expect("the answer does not end");
    let text = String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap();
    Reply { status: parts.status, headers: parts.headers, text }
}

fn events(response: http::Response<Incoming>) -> Events {
    let (parts, body) = response.into_parts();
    Events { headers: parts.headers, body, text: String::new() }
}
