//! A tiny HTTP server for tests: it answers what it was told, in order, and keeps what it was asked.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::terminal::{Surroundings, Terminal};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

pub(crate) struct FakeServer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl FakeServer {
    /// Answers one request after the other with status and body (as text where it is a JSON text), and then stops.
    pub(crate) fn answering(answers: Vec<(u16, Value)>) -> FakeServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (status, body) in answers {
                let Ok((stream, _)) = listener.accept() else { return };
                answer(stream, status, &body, &kept);
            }
        });
        FakeServer { url, requests }
    }

    pub(crate) fn request(&self, position: usize) -> Request {
        self.requests.lock().expect("no test panicked").get(position).cloned().expect("that many requests")
    }

    pub(crate) fn request_count(&self) -> usize {
        self.requests.lock().expect("no test panicked").len()
    }
}

fn answer(mut stream: TcpStream, status: u16, body: &Value, kept: &Mutex<Vec<Request>>) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
    let request = read_request(&stream);
    kept.lock().expect("no test panicked").push(request);
    let (kind, body) = match body {
        Value::Null => ("application/json", String::new()),
        Value::String(text) if text.starts_with('<') => ("text/html", text.clone()),
        Value::String(text) => ("text/plain; charset=utf-8", text.clone()),
        json if status >= 400 => ("application/problem+json", json.to_string()),
        json => ("application/json", json.to_string()),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("an answer");
}

fn read_request(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request line");
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header line");
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    Request { method, path, headers, body: String::from_utf8(body).expect("text") }
}

/// What a command did.
pub(crate) struct Outcome {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Surroundings that a test can trust: a fixed present, an empty input, one key, no waiting.
pub(crate) fn quiet_surroundings() -> Surroundings {
    Surroundings {
        input: Box::new(Cursor::new(Vec::new())),
        is_interactive: false,
        environment: Box::new(|name| (name == "WARDROOM_KEY").then(|| "wrp_secret".to_owned())),
        clock: Box::new(|| "2026-11-22T12:00:00Z".parse().expect("an instant")),
        pause: Box::new(|_| false),
    }
}

/// Runs a command line against the server in quiet surroundings.
pub(crate) fn outcome(server: &FakeServer, arguments: &[&str]) -> Outcome {
    outcome_in(server, arguments, quiet_surroundings())
}

pub(crate) fn outcome_in(server: &FakeServer, arguments: &[&str], mut surroundings: Surroundings) -> Outcome {
    let line = [&["wardroom"], arguments, &["--url", &server.url]].concat();
    let matches = crate::command().try_get_matches_from(line).expect("a command line");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = crate::run_in(&matches, &mut Terminal::new(&mut out, &mut err, &mut surroundings));
    Outcome { code, out: String::from_utf8(out).expect("text"), err: String::from_utf8(err).expect("text") }
}
