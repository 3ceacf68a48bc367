//! A scriptable upstream: what a tool does follows from its name, so that tests read like what they test.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, broadcast, mpsc};

use crate::things;
use crate::world::Log;

/// Every tool with fields that its definition has besides name and schema. What each does is in [`act`].
pub(crate) const TOOLS: &[(&str, &str)] = &[
    ("get_echo", r#""x-unknown":[1e400,{"a":12345678901234567890123}],"#),
    ("get_error", ""),
    ("get_fault", ""),
    ("get_torture", ""),
    ("list_twice", ""),
    ("get_progress", ""),
    ("get_nothing", ""),
    ("get_stuck_stream", ""),
    ("get_closed", ""),
    ("get_resumed", ""),
    ("get_lost", ""),
    ("get_resumed_late", ""),
    ("get_busy", ""),
    ("get_asked", ""),
    ("get_input", ""),
    ("get_question", ""),
    ("get_question_aside", ""),
    ("get_odd_type", ""),
    ("get_declined", ""),
    ("get_burst", ""),
    ("get_logs", ""),
    ("get_links", ""),
    ("get_refused", ""),
    (
        "get_mirrored",
        r#""inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}},"#,
    ),
    ("update_record", ""),
    ("delete_record", ""),
    ("frobnicate", ""),
];

/// A tool's definition as the upstream lists it.
pub(crate) fn definition(name: &str, extra: &str) -> String {
    let schema = if extra.contains("inputSchema") { r#""title":"T""# } else { r#""inputSchema":{"type":"object"}"# };
    format!(r#"{{"name":"{name}",{extra}{schema}}}"#)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Era {
    Modern,
    Legacy,
}

pub(crate) struct Upstream {
    pub(crate) url: String,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    era: Era,
    log: Log,
    sessions: Mutex<HashSet<String>>,
    next_session: AtomicU64,
    /// The tokens that are taken, where only some are.
    pub(crate) takes: Mutex<Option<Vec<String>>>,
    /// What is said outside calls, by whoever listens.
    says: broadcast::Sender<Value>,
    /// What is wanted besides a token for a tool that writes.
    pub(crate) wants: Mutex<Option<String>>,
    /// What it says that it can.
    pub(crate) can: Mutex<Value>,
    /// Whether the next question is refused as if it were of another version.
    pub(crate) refuses_version: AtomicBool,
    /// The rest of an answer whose stream was broken off, by the event after which it comes.
    rest: Mutex<HashMap<String, String>>,
    /// What was answered to questions.
    answers: broadcast::Sender<Value>,
    next_question: AtomicU64,
    /// What hangs goes on when this is notified.
    pub(crate) release: Notify,
    /// Everything received: method, headers, body.
    pub(crate) received: Mutex<Vec<(String, HeaderMap, Value)>>,
}

impl Shared {
    /// The id of a question that no other has.
    fn question(&self) -> String {
        format!("q{}", self.next_question.fetch_add(1, Ordering::SeqCst))
    }
}

impl Upstream {
    pub(crate) async fn start(era: Era, log: &Log) -> Upstream {
        let shared = Arc::new(Shared {
            answers: broadcast::channel(8).0,
            next_question: AtomicU64::new(1),
            era,
            log: log.clone(),
            sessions: Mutex::default(),
            next_session: AtomicU64::new(1),
            takes: Mutex::default(),
            says: broadcast::channel(64).0,
            wants: Mutex::default(),
            can: Mutex::new(json!({ "tools": {} })),
            refuses_version: AtomicBool::new(false),
            rest: Mutex::default(),
            release: Notify::new(),
            received: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(serve).with_state(shared.clone());
        let connected = log.clone();
        tokio::spawn(async move {
            use axum::serve::ListenerExt as _;
            let listener = listener.tap_io(move |_| connected.add("upstream connected"));
            axum::serve(listener, app).await.unwrap();
        });
        Upstream { url, shared }
    }

    /// The last received message of a method.
    pub(crate) fn last(&self, method: &str) -> (HeaderMap, Value) {
        let received = self.shared.received.lock().unwrap();
        let found = received.iter().rev().find(|(name, ..)| name == method).expect("nothing of this method came in");
        (found.1.clone(), found.2.clone())
    }

    /// Says something outside calls, to all that listen.
    pub(crate) fn say(&self, method: &str, params: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.shared.says.send(message).expect("nobody listens");
    }

    /// Ends the streams of all that listen.
    pub(crate) fn hang_up(&self) {
        self.shared.says.send(Value::Null).expect("nobody listens");
    }

    /// Loses all sessions, as after a restart.
    pub(crate) fn lose_sessions(&self) {
        self.shared.sessions.lock().unwrap().clear();
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    if parts.method == Method::DELETE {
        shared.log.add("upstream delete");
        return status(StatusCode::NO_CONTENT);
    }
    if parts.method == Method::GET {
        let Some(after) = parts.headers.get("last-event-id").map(|id| id.to_str().unwrap()) else {
            let session = parts.headers.get("mcp-session-id").map_or("", |id| id.to_str().unwrap());
            let is_there = shared.sessions.lock().unwrap().contains(session);
            shared.log.add(format!("upstream listening {session}"));
            return match (is_there, shared.can.lock().unwrap().get("resources").is_some()) {
                (false, _) => status(StatusCode::NOT_FOUND),
                (true, false) => status(StatusCode::METHOD_NOT_ALLOWED),
                (true, true) => stream(&shared, vec![":\n\n".into()], After::Say(Value::Null)),
            };
        };
        shared.log.add(format!("upstream resumed after {after}"));
        let rest = shared.rest.lock().unwrap().remove(after);
        return rest.map_or_else(
            || status(StatusCode::METHOD_NOT_ALLOWED),
            |rest| stream(&shared, vec![rest.into()], After::End),
        );
    }
    let message: Value = serde_json::from_slice(&body).unwrap();
    let method = message["method"].as_str().unwrap_or("response").to_owned();
    shared.received.lock().unwrap().push((method.clone(), parts.headers.clone(), message.clone()));
    let shown = parts.headers.get("authorization").map(|shown| shown.to_str().unwrap().to_owned()).unwrap_or_default();
    if let Some(takes) = &*shared.takes.lock().unwrap()
        && !takes.iter().any(|token| shown == format!("Bearer {token}"))
    {
        shared.log.add(format!("upstream refused {method} {shown}"));
        return challenged(StatusCode::UNAUTHORIZED, "Bearer resource_metadata=\"https://x.example/prm\"");
    }
    if let (Some(scope), Some("update_record")) = (&*shared.wants.lock().unwrap(), message["params"]["name"].as_str()) {
        return challenged(StatusCode::FORBIDDEN, &format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""));
    }
    if shared.era == Era::Legacy && method != "initialize" {
        let session = parts.headers.get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
        match session {
            None => return status(StatusCode::BAD_REQUEST),
            Some(id) if !shared.sessions.lock().unwrap().contains(&id) => {
                shared.log.add(format!("upstream unknown-session {method}"));
                return status(StatusCode::NOT_FOUND);
            }
            Some(_) => {}
        }
    }
    let tool = message["params"]["name"].as_str().unwrap_or_default();
    shared.log.add(format!("upstream {method} {tool}"));
    if method == "response" {
        // Nobody may wait for it any more.
        let _ = shared.answers.send(message.clone());
    }
    answer(&shared, &method, &message)
}

fn challenged(code: StatusCode, challenge: &str) -> Response {
    Response::builder().status(code).header("www-authenticate", challenge).body(Body::empty()).unwrap()
}

fn answer(shared: &Arc<Shared>, method: &str, message: &Value) -> Response {
    let id = &message["id"];
    match (method, shared.era) {
        ("server/discover", Era::Modern) if shared.refuses_version.swap(false, Ordering::SeqCst) => raw(
            StatusCode::BAD_REQUEST,
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32022,"message":"no","data":{{"supported":["2026-07-28"]}}}}}}"#
            ),
        ),
        ("server/discover", Era::Modern) => result(
            id,
            json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": *shared.can.lock().unwrap(),
                "ttlMs": 0, "cacheScope": "public",
                "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "fixture", "version": "1" } },
            }),
        ),
        ("initialize", Era::Legacy) => {
            let session = format!("s{}", shared.next_session.fetch_add(1, Ordering::SeqCst));
            shared.sessions.lock().unwrap().insert(session.clone());
            let mut response = result(
                id,
                json!({
                    "protocolVersion": "2025-11-25", "capabilities": *shared.can.lock().unwrap(),
                    "serverInfo": { "name": "fixture", "version": "1" },
                }),
            );
            response.headers_mut().insert("mcp-session-id", session.parse().unwrap());
            response
        }
        ("tools/list", _) => {
            let second = message["params"]["cursor"].is_string();
            let half = TOOLS.len() / 2;
            let (page, next) = if second { (&TOOLS[half..], None) } else { (&TOOLS[..half], Some("2")) };
            let tools: Vec<Value> =
                page.iter().map(|(name, extra)| serde_json::from_str(&definition(name, extra)).unwrap()).collect();
            let mut page = json!({ "tools": tools });
            if let Some(next) = next {
                page["nextCursor"] = next.into();
            }
            result(id, page)
        }
        ("tools/call", _) => act(shared, id, message),
        ("subscriptions/listen", Era::Modern) => {
            let acknowledged = json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                "params": { "notifications": message["params"]["notifications"] } });
            shared.log.add("upstream listening");
            stream(shared, vec![event(&acknowledged.to_string())], After::Say(id.clone()))
        }
        ("logging/setLevel" | "resources/subscribe" | "resources/unsubscribe", Era::Legacy) => result(id, json!({})),
        _ if let Some(answer) = things::answer(shared.era, method, &message["params"]) => match answer {
            Ok(told) => result(id, told),
            Err(error) => raw(StatusCode::OK, json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()),
        },
        (notification, _) if id.is_null() || notification == "response" => status(StatusCode::ACCEPTED),
        _ => raw(
            StatusCode::NOT_FOUND,
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"no"}}}}"#),
        ),
    }
}

/// What the tools do whose streams break off before their answer.
fn break_off(shared: &Arc<Shared>, name: &str, progress: impl Fn(usize) -> String, done: &str) -> Option<Response> {
    Some(match name {
        "get_resumed" => {
            let mut rest = shared.rest.lock().unwrap();
            let second = format!("id: two\ndata: {}\n\nid: three\ndata: half of", progress(2));
            rest.insert("one".to_owned(), second);
            rest.insert("two".to_owned(), format!("id: three\ndata: {done}\n\n"));
            stream(shared, vec![format!("retry: 1\nid: one\ndata: {}\n\n", progress(1)).into()], After::End)
        }
        "get_lost" => stream(shared, vec!["retry: 1\nid: gone\ndata:\n\n".into()], After::End),
        "get_resumed_late" => {
            stream(shared, vec![format!("retry: 60000\nid: late\ndata: {}\n\n", progress(1)).into()], After::End)
        }
        _ => return None,
    })
}

/// What the tools do that ask something.
fn ask(shared: &Arc<Shared>, id: &Value, params: &Value, done: &str) -> Option<Response> {
    Some(match params["name"].as_str().unwrap_or_default() {
        "get_asked" => {
            let ask = r#"{"jsonrpc":"2.0","id":"q1","method":"sampling/createMessage","params":{}}"#;
            stream(shared, vec![event(ask)], After::Wait(event(done)))
        }
        "get_input" if params["inputResponses"].is_object() => result(
            id,
            json!({ "content": [], "resultType": "complete", "told": [params["inputResponses"], params["requestState"]] }),
        ),
        "get_input" => {
            let question =
                json!({ "method": "elicitation/create", "params": { "message": "Who?", "requestedSchema": {} } });
            let (asked, state) = (json!({ "who": question }), "a \"state\".");
            result(id, json!({ "resultType": "input_required", "inputRequests": asked, "requestState": state, "x": 1 }))
        }
        "get_question_aside" => {
            let (question, answers) = (shared.question(), shared.answers.subscribe());
            let ask = json!({ "jsonrpc": "2.0", "id": question, "method": "elicitation/create",
                "params": { "message": "Who?", "requestedSchema": {} } });
            shared.says.send(ask).unwrap();
            stream(shared, Vec::new(), After::Answer(id.clone(), question, answers))
        }
        "get_question" => {
            let (question, answers) = (shared.question(), shared.answers.subscribe());
            let ask = format!(
                r#"{{"jsonrpc":"2.0","id":"{question}","method":"elicitation/create","params":{{"message":"Who?","n":1e400,"requestedSchema":{{}}}}}}"#
            );
            stream(shared, vec![event(&ask)], After::Answer(id.clone(), question, answers))
        }
        _ => return None,
    })
}

/// Progress, as often as is wanted and all at once, with the caller's own mark.
fn burst(shared: &Arc<Shared>, id: &Value, params: &Value) -> Response {
    let token = &params["_meta"]["progressToken"];

    let mark = &params["arguments"]["mark"];
    let count = params["arguments"]["count"].as_u64().unwrap_or(1);
    let step = |n: u64| {
        format!(
            "data: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{{\"progressToken\":{token},\"progress\":{n},\"mark\":{mark}}}}}\n\n"
        )
    };
    let mut text: String = (1..=count).map(step).collect();
    text.push_str(&format!(
        "data: {{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":[],\"mark\":{mark}}}}}\n\n"
    ));
    stream(shared, vec![text.into()], After::End)
}

/// What each tool does.
fn act(shared: &Arc<Shared>, id: &Value, message: &Value) -> Response {
    let params = &message["params"];
    let token = &params["_meta"]["progressToken"];
    let progress = |n: usize| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{n},"note":"ü"}}}}"#
        )
    };
    let done = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#);
    let name = params["name"].as_str().unwrap_or_default();
    let special = break_off(shared, name, progress, &done).or_else(|| ask(shared, id, params, &done));
    if let Some(response) = special {
        return response;
    }
    match name {
        "get_error" => result(id, json!({ "content": [], "isError": true })),
        "get_fault" => raw(
            StatusCode::OK,
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"message":"bad input","data":{{"n":1e400}}}}}}"#
            ),
        ),
        "get_torture" => raw(
            StatusCode::OK,
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"hologram","big":123456789012345678901234567890}}],"zzz":{{"$serde_json::private::Number":"1"}},"f":0.1000}},"extra":1}}"#
            ),
        ),
        "list_twice" => {
            raw(StatusCode::OK, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"content":[]}}}}"#))
        }
        "get_progress" => {
            // Events split over lines and chunks, with comments, foreign tokens and answers of others in between.
            let mut text = ":\r\nid: 1\ndata:\n\n".to_owned();
            for n in 0..200 {
                text.push_str(&format!("data: {}\n\n", progress(n)));
            }
            text.push_str(
                "data: {\"jsonrpc\":\"2.0\",\"id\":\"someone-else\",\"result\":{\"content\":[\"stray\"]}}\n\n",
            );
            text.push_str("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"tok\",\"progress\":999}}\n\n");
            text.push_str(&format!(
                "event: message\r\ndata: {}\r\n\r\n",
                done.replace(",\"result\"", "\r\ndata: ,\"result\"")
            ));
            let pieces = text.as_bytes().chunks(7).map(Bytes::copy_from_slice).collect::<Vec<_>>();
            stream(shared, pieces, After::End)
        }
        "get_nothing" | "update_record" => stream(shared, Vec::new(), After::Wait(event(&done))),
        "get_stuck_stream" => stream(shared, vec![event(&progress(1))], After::Wait(event(&done))),
        "get_closed" => stream(shared, vec![event(&progress(1))], After::End),
        "get_busy" => {
            let mut response = status(StatusCode::TOO_MANY_REQUESTS);
            response.headers_mut().insert("retry-after", "7".parse().unwrap());
            response
        }
        "get_declined" => raw(
            StatusCode::BAD_REQUEST,
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"message":"bad input"}}}}"#),
        ),
        "get_logs" => {
            let log =
                |level| json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": level } });
            let pieces = ["debug", "error"].map(|level| event(&log(level).to_string()));
            stream(shared, pieces.into_iter().chain([event(&done)]).collect(), After::End)
        }
        "get_burst" => burst(shared, id, params),
        "get_links" => result(id, json!({ "content": [{ "type": "resource_link", "uri": "file:///a", "name": "a" }] })),
        "get_refused" => raw(StatusCode::FORBIDDEN, r#"{"error":"no"}"#.to_owned()),
        "get_odd_type" => result(id, json!({ "resultType": "odd" })),
        _ => raw(
            StatusCode::OK,
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"structuredContent":{}}}}}"#,
                params["arguments"]
            ),
        ),
    }
}

enum After {
    End,
    Wait(Bytes),
    /// Goes on with what is said outside calls, under this subscription.
    Say(Value),
    /// Goes on with what was answered as the result of this id.
    Answer(Value, String, broadcast::Receiver<Value>),
}

/// Says when the gateway drops a stream before its end.
struct Watch {
    log: Log,
    ended: bool,
}

impl Watch {
    fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.log.add(if self.ended { "upstream stream-ended" } else { "upstream stream-dropped" });
    }
}

fn stream(shared: &Arc<Shared>, pieces: Vec<Bytes>, after: After) -> Response {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
    let shared = shared.clone();
    let mut watch = Watch { log: shared.log.clone(), ended: false };
    tokio::spawn(async move {
        for piece in pieces {
            if sender.send(piece).await.is_err() {
                return;
            }
        }
        let end = match after {
            After::End => return,
            After::Wait(end) => tokio::select! {
                () = sender.closed() => return,
                () = shared.release.notified() => end,
            },
            After::Say(id) => {
                let mut says = shared.says.subscribe();
                shared.log.add("upstream hears");
                loop {
                    let said = tokio::select! {
                        () = sender.closed() => return,
                        said = says.recv() => said.unwrap(),
                    };
                    let Value::Object(mut said) = said else { return };
                    if !id.is_null() {
                        said["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] = id.clone();
                    }
                    if sender.send(event(&Value::Object(std::mem::take(&mut said)).to_string())).await.is_err() {
                        return;
                    }
                }
            }
            After::Answer(id, question, mut answers) => loop {
                let answer = tokio::select! {
                    () = sender.closed() => return,
                    answer = answers.recv() => answer.unwrap(),
                };
                if answer["id"] == *question {
                    let result = json!({ "content": [], "told": answer });
                    break event(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
                }
            },
        };
        let _ = sender.send(end).await;
    });
    let body = futures_util::stream::poll_fn(move |context| {
        let next = receiver.poll_recv(context);
        if matches!(next, std::task::Poll::Ready(None)) {
            watch.end();
        }
        next.map(|piece| piece.map(Ok::<_, Infallible>))
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert("content-type", "text/event-stream; charset=utf-8".parse().unwrap());
    response
}

fn event(message: &str) -> Bytes {
    format!("data: {message}\n\n").into()
}

fn result(id: &Value, result: Value) -> Response {
    raw(StatusCode::OK, json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string())
}

fn raw(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    response
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
