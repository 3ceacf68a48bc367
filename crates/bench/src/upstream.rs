//! The smallest upstream: an MCP server of the present revision that gives every call the same answer at once. It
//! runs on a thread of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Fault;

/// What a client of a support desk would get, about 300 bytes.
const ANSWER: &str = r#"{"content":[{"type":"text","text":"{\"id\":\"cus_N1\",\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\",\"balance\":1250,\"currency\":\"eur\",\"created\":1750000000}"}],"structuredContent":{"id":"cus_N1","name":"Ada Lovelace","email":"ada@example.com","balance":1250},"isError":false,"resultType":"complete"}"#;
const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"fixed","version":"1"},"ttlMs":60000,"cacheScope":"public"}"#;

/// A running upstream; it lives as long as the process.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    calls: Arc<AtomicU64>,
}

impl Upstream {
    pub(crate) fn start() -> Result<Upstream, Fault> {
        let failed = |error: &dyn std::fmt::Display| Fault::of("starting the upstream", error);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| failed(&error))?;
        listener.set_nonblocking(true).map_err(|error| failed(&error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let calls = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&calls);
        let serving = std::thread::Builder::new().name("upstream".to_owned());
        serving.spawn(move || runtime.block_on(serve(listener, counted))).map_err(|error| failed(&error))?;
        Ok(Upstream { address, calls })
    }

    /// Tool calls that came in so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The URL of its MCP endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

async fn serve(listener: std::net::TcpListener, calls: Arc<AtomicU64>) {
    let listener = TcpListener::from_std(listener).expect("a listener that does not block is one of tokio's");
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let _ = socket.set_nodelay(true);
        let calls = Arc::clone(&calls);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&calls)));
            // A client that goes away ends its connection, and nothing else.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, calls: Arc<AtomicU64>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let message: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let result = match message["method"].as_str() {
        Some("tools/call") => {
            calls.fetch_add(1, Ordering::Relaxed);
            ANSWER
        }
        _ => DISCOVERED,
    };
    let body = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, message["id"]);
    let response = Response::builder().header("content-type", "application/json").body(Full::new(body.into()));
    Ok(response.unwrap_or_default())
}
