//! Calls that take their time: steps, progress over server-sent events, and an end when nobody listens any more.
//!
//! With a progress token the answer is a stream; without one it is a single answer after the last step. In both cases
//! dropping the future is the cancellation, and a legacy client may also say so. Start reading at [`run`].

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Map, Value, json};

use super::sessions::Registered;
use super::wire::{self, Fault};
use super::{Asked, call};
use crate::host::Host;
use crate::stats::OpenStream;
use crate::tool::Tool;

const STEPS_DEFAULT: u64 = 10;
const STEP_MS_DEFAULT: u64 = 100;

/// A call on its way.
struct Run {
    host: Arc<Host>,
    server_index: usize,
    tool: &'static Tool,
    arguments: Map<String, Value>,
    progress_token: Value,
    /// The answer, complete but for its result.
    envelope: Value,
    step: u64,
    open: OpenStream,
    registered: Registered,
    ended: bool,
}

/// Answers the call of a long-running tool.
pub(super) async fn run(asked: Asked<'_>, tool: &'static Tool, arguments: Map<String, Value>) -> Response {
    // What cannot be done is said at once, without a stream.
    let probe = call::perform(asked.host, asked.server_index, tool, &arguments);
    if probe["isError"] == true {
        return wire::result(&asked, probe);
    }
    let progress_token = asked.message.params["_meta"]["progressToken"].clone();
    let mut run = Run {
        host: Arc::clone(asked.host),
        server_index: asked.server_index,
        tool,
        arguments,
        progress_token,
        envelope: wire::result_message(&asked, json!({})),
        step: 0,
        open: asked.host.stats.open_stream(),
        registered: asked.host.sessions.register(&asked.era, asked.message.id.as_ref()),
        ended: false,
    };
    if run.progress_token.is_null() {
        while run.step < run.steps() {
            if !run.take_step().await {
                let fault = Fault { status: StatusCode::OK, ..Fault::bad(-32800, "the call was cancelled") };
                return wire::refuse(&asked.message, fault);
            }
        }
        return wire::result(&asked, run.finish());
    }
    let events = stream::unfold(run, |mut run| async move {
        let event = run.next_event().await?;
        Some((Ok::<_, std::convert::Infallible>(event), run))
    });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        ("cache-control", "no-cache"),
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

impl Run {
    fn steps(&self) -> u64 {
        self.arguments.get("steps").and_then(Value::as_u64).unwrap_or(STEPS_DEFAULT)
    }

    /// Takes one step. Answers whether to go on.
    async fn take_step(&mut self) -> bool {
        let step_ms = self.arguments.get("step_ms").and_then(Value::as_u64).unwrap_or(STEP_MS_DEFAULT);
        let mut stopping = self.host.stopping.clone();
        let go_on = tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(step_ms)) => true,
            () = self.registered.cancelled() => false,
            _ = stopping.wait_for(|stopping| *stopping) => false,
        };
        self.step += 1;
        go_on
    }

    async fn next_event(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        if self.step < self.steps() {
            if !self.take_step().await {
                return None;
            }
            let progress = json!({
                "jsonrpc": "2.0", "method": "notifications/progress",
                "params": {
                    "progressToken": self.progress_token, "progress": self.step, "total": self.steps(),
                    "message": format!("step {} of {}", self.step, self.steps()),
                },
            });
            return Some(event(&progress));
        }
        let mut answer = self.envelope.clone();
        if let (Some(envelope), Value::Object(result)) = (answer["result"].as_object_mut(), self.finish()) {
            envelope.extend(result);
        }
        Some(event(&answer))
    }

    fn finish(&mut self) -> Value {
        self.ended = true;
        self.open.finish();
        call::perform(&self.host, self.server_index, self.tool, &self.arguments)
    }
}

fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}
