//! The operations door: is it alive, may traffic come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Router, routing};
use journal::StreamId;

use crate::node::Node;

/// Whether the node is asked to stop.
pub(crate) type Stopping = Arc<AtomicBool>;

/// `/healthz` says that the process runs, `/readyz` that it can answer and wants traffic.
pub(crate) fn router(node: &Node) -> Router {
    let state = (node.journal.clone(), node.stopping.clone());
    Router::new()
        .route("/healthz", routing::get(|| async { "ok\n" }))
        .route("/readyz", routing::get(ready))
        .with_state(state)
}

async fn ready(State((journal, stopping)): State<(journal::Journal, Stopping)>) -> (StatusCode, &'static str) {
    if stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if journal.head(StreamId::Directory).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the journal cannot be read\n");
    }
    match journal.check_records().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "calls cannot be recorded\n"),
    }
}
