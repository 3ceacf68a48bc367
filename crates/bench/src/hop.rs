//! A way to the upstream, straight or through something, and a connection that calls along it.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Fault;
use crate::stopwatch::now;

/// Where calls go, and as whom.
#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) tool: String,
    /// The process whose work the hop is; none for no hop.
    pub(crate) process: Option<u32>,
    /// One for each connection, round and round; none where nobody asks.
    pub(crate) keys: Vec<String>,
}

/// One open connection with its request ready.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
}

impl Hop {
    /// Opens a connection; `number` chooses the key.
    pub(crate) async fn connect(&self, number: usize) -> Result<Line, Fault> {
        let failed = |error: &dyn std::fmt::Display| Fault::of(self.name, error);
        let socket = TcpStream::connect(self.address).await.map_err(|error| failed(&error))?;
        socket.set_nodelay(true).map_err(|error| failed(&error))?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await.map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        Ok(Line { sender, request: self.request(number)? })
    }

    fn request(&self, number: usize) -> Result<Request<Full<Bytes>>, Fault> {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"{}","arguments":{{"id":"cus_N1","limit":10}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"bench","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#,
            self.tool
        );
        let mut request = Request::post(&self.path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", &self.tool);
        if !self.keys.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.keys[number % self.keys.len()]));
        }
        request.body(Full::new(body.into())).map_err(|error| Fault::of(self.name, &error))
    }
}

impl Line {
    /// Calls once and waits for the whole answer, which must be the upstream's.
    pub(crate) async fn call(&mut self) -> Result<Duration, Fault> {
        let failed = |error: &dyn std::fmt::Display| Fault::of("a call", error);
        let request = self.request.clone();
        let began = now();
        self.sender.ready().await.map_err(|error| failed(&error))?;
        let response = self.sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
        let took = began.elapsed();
        let is_answer = body.windows(12).any(|window| window == b"Ada Lovelace");
        if status.is_success() && is_answer {
            Ok(took)
        } else {
            Err(Fault(format!("a call was answered with {status}: {}", String::from_utf8_lossy(&body))))
        }
    }
}
