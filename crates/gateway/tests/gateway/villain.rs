//! An upstream below HTTP: it writes whatever bytes a test wants, at whatever moment, and then hangs, floods or goes.
//! To whatever no test gave it a part for it behaves well, in its era.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::upstream::Era;
use crate::world::Log;

/// One thing that it does.
#[derive(Clone)]
pub(crate) enum Act {
    /// Writes this, where `$ID` is the id of what it answers, `$NEXT` the one after, `$TOKEN` the token for progress, and `$ARGS`
    /// are the arguments.
    Say(Bytes),
    /// Writes a whole answer around this body, likewise.
    Tell(String, Bytes),
    /// Writes so many bytes of this, in which `0000` is the id of what it answers with leading blanks.
    Cut(Bytes, usize),
    /// Writes this for as long as it is taken.
    Flood(Bytes),
    /// Writes this again and again, with a moment in between.
    Drip(Bytes),
    /// Says nothing more until the other side has gone.
    Hang,
    /// Waits for the next request on this connection. Otherwise it is closed at the end.
    Stay,
}

/// Writes this text.
pub(crate) fn say(text: &str) -> Act {
    Act::Say(Bytes::copy_from_slice(text.as_bytes()))
}

/// Answers with this body, said to be JSON.
pub(crate) fn json(body: &str) -> Act {
    told("200 OK\r\ncontent-type: application/json", body)
}

/// Answers with this status, these headers and this body.
pub(crate) fn told(head: &str, body: &str) -> Act {
    Act::Tell(head.to_owned(), Bytes::copy_from_slice(body.as_bytes()))
}

/// Begins a stream of events.
pub(crate) fn events() -> Act {
    say("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
}

/// What came in.
#[derive(Clone)]
pub(crate) struct Heard {
    pub(crate) method: String,
    /// By what a test names the part to be played: the argument `way` of a call, else the method.
    pub(crate) part: String,
    message: Value,
}

pub(crate) struct Villain {
    pub(crate) url: String,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    era: Era,
    log: Log,
    parts: Mutex<HashMap<String, Vec<Act>>>,
    pub(crate) heard: Mutex<Vec<Heard>>,
}

impl Villain {
    pub(crate) async fn start(era: Era, log: &Log) -> Villain {
        let shared = Arc::new(Shared { era, log: log.clone(), parts: Mutex::default(), heard: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let serving = shared.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, serving.clone()));
            }
        });
        Villain { url, shared }
    }

    /// What it does when this comes in: a call whose argument `way` is this, or another message of this method.
    pub(crate) fn plays(&self, part: &str, acts: Vec<Act>) {
        self.shared.parts.lock().unwrap().insert(part.to_owned(), acts);
    }

    /// Behaves well again.
    pub(crate) fn behaves(&self) {
        self.shared.parts.lock().unwrap().clear();
    }

    /// What came in for a part, in order.
    pub(crate) fn heard(&self, part: &str) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().iter().filter(|heard| heard.part == part).cloned().collect()
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) {
    socket.set_nodelay(true).unwrap();
    let (mut reads, mut writes) = socket.into_split();
    let mut rest = Vec::new();
    while let Some(heard) = request(&mut reads, &mut rest).await {
        shared.log.add(format!("villain {}", heard.part));
        shared.heard.lock().unwrap().push(heard.clone());
        let played = shared.parts.lock().unwrap().get(&heard.part).cloned();
        let acts = played.unwrap_or_else(|| well_behaved(&heard, shared.era));
        if !play(acts, &heard, (&mut reads, &mut writes)).await {
            shared.log.add(format!("villain left {}", heard.part));
            return;
        }
    }
}

/// One request; none where the other side has gone.
async fn request(reads: &mut OwnedReadHalf, rest: &mut Vec<u8>) -> Option<Heard> {
    let mut piece = [0; 16_384];
    loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(rest[..end].to_vec()).unwrap().to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let whole = end + 4 + length.map_or(0, |length| length.parse().unwrap());
            if rest.len() >= whole {
                let body = String::from_utf8(rest[end + 4..whole].to_vec()).unwrap();
                rest.drain(..whole);
                return Some(understood(&head, &body));
            }
        }
        match reads.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => rest.extend_from_slice(&piece[..length]),
        }
    }
}

fn understood(head: &str, body: &str) -> Heard {
    let message: Value = serde_json::from_str(body).unwrap_or_default();
    let method = message["method"].as_str().unwrap_or_else(|| head.split(' ').next().unwrap()).to_owned();
    let way = message["params"]["arguments"]["way"].as_str();
    Heard { part: way.unwrap_or(&method).to_owned(), method, message }
}

/// Whether it is still there for the next request.
async fn play(acts: Vec<Act>, heard: &Heard, (reads, writes): (&mut OwnedReadHalf, &mut OwnedWriteHalf)) -> bool {
    for act in acts {
        let done = match act {
            Act::Stay => return true,
            Act::Say(bytes) => writes.write_all(&filled(&bytes, heard)).await,
            Act::Tell(head, body) => {
                let body = filled(&body, heard);
                let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
                writes.write_all(&[head.as_bytes(), &body].concat()).await
            }
            Act::Cut(bytes, length) => {
                let id = format!("{:>4}", heard.message["id"].to_string());
                let text = String::from_utf8(bytes.to_vec()).unwrap().replace("0000", &id);
                writes.write_all(&text.as_bytes()[..length]).await
            }
            Act::Flood(bytes) => {
                let bytes = filled(&bytes, heard);
                while writes.write_all(&bytes).await.is_ok() {}
                return false;
            }
            Act::Drip(bytes) => {
                let bytes = filled(&bytes, heard);
                while writes.write_all(&bytes).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                return false;
            }
            Act::Hang => {
                let mut piece = [0; 1_024];
                while reads.read(&mut piece).await.is_ok_and(|length| length > 0) {}
                return false;
            }
        };
        if done.is_err() {
            return false;
        }
    }
    // What was written last may be lost on the way where it is closed in the face of unread bytes; none are.
    let _ = writes.shutdown().await;
    false
}

/// The text with what is known of the message in the places for it.
fn filled(text: &[u8], heard: &Heard) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(text) else { return text.to_vec() };
    if !text.contains('$') {
        return text.as_bytes().to_vec();
    }
    let (id, params) = (&heard.message["id"], &heard.message["params"]);
    let next = id.as_u64().map_or(0, |id| id + 1).to_string();
    let token = params["_meta"]["progressToken"].to_string();
    let text = text.replace("$ID", &id.to_string()).replace("$NEXT", &next).replace("$TOKEN", &token);
    text.replace("$ARGS", &params["arguments"].to_string()).into_bytes()
}

fn well_behaved(heard: &Heard, era: Era) -> Vec<Act> {
    let result = |result: &str| json(&format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{result}}}"#));
    let act = match (heard.method.as_str(), era) {
        ("server/discover", Era::Modern) => {
            result(r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}"#)
        }
        ("server/discover", Era::Legacy) => told("404 Not Found", ""),
        ("initialize", _) => told(
            "200 OK\r\ncontent-type: application/json\r\nmcp-session-id: s",
            r#"{"jsonrpc":"2.0","id":$ID,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}}"#,
        ),
        ("tools/list", _) => result(r#"{"tools":[{"name":"get_echo","inputSchema":{"type":"object"}}]}"#),
        ("tools/call", _) => result(r#"{"content":[],"structuredContent":$ARGS}"#),
        _ => told("202 Accepted", ""),
    };
    vec![act, Act::Stay]
}
