//! The protocol side of the look-alike integrations: MCP over streamable HTTP, both eras on one URL.
//!
//! The modern era (2026-07-28) is stateless and mirrors the body in headers; the legacy era (2025-11-25 and earlier)
//! begins with `initialize` and keeps a session. Each request is taken through the same steps: who is calling, what is
//! asked, in which era, and then what a tool does. JSON-RPC batches of 2025-03-26 are refused.
//!
//! Start reading at [`post`].

mod call;
mod era;
mod long;
mod sessions;
mod wire;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) use sessions::Sessions;

use crate::host::{Host, Server};
use era::Era;
use wire::{Fault, Message};

/// What a request is about, once it is known to be allowed in.
pub(crate) struct Asked<'a> {
    pub(crate) host: &'a Arc<Host>,
    /// The place of the server in the host's list.
    pub(crate) server_index: usize,
    pub(crate) era: Era,
    pub(crate) message: Message,
}

impl Asked<'_> {
    fn server(&self) -> &Server {
        &self.host.servers[self.server_index]
    }
}

/// Answers `POST /{slug}/mcp`.
pub(crate) async fn post(
    State(host): State<Arc<Host>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let server_index = match admit(&host, &slug, &headers, &body) {
        Ok(index) => index,
        Err(refusal) => return *refusal,
    };
    let message = match Message::parse(&body) {
        Ok(message) => message,
        Err(fault) => return wire::fault_without_id(fault),
    };
    let era = match era::recognize(&host, server_index, &headers, &message) {
        Ok(era) => era,
        Err(fault) => return wire::refuse(&message, fault),
    };
    answer(Asked { host: &host, server_index, era, message }).await
}

/// Answers `DELETE /{slug}/mcp`: ends a legacy session.
pub(crate) async fn delete(State(host): State<Arc<Host>>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let server_index = match admit(&host, &slug, &headers, &[]) {
        Ok(index) => index,
        Err(refusal) => return *refusal,
    };
    match era::session_id(&headers) {
        Some(id) if host.sessions.end(server_index, id) => StatusCode::NO_CONTENT.into_response(),
        Some(_) => StatusCode::NOT_FOUND.into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Answers `GET /{slug}/mcp`: there is no stream of the server's own.
pub(crate) async fn get(State(host): State<Arc<Host>>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    match admit(&host, &slug, &headers, &[]) {
        Ok(_) => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST, DELETE")]).into_response(),
        Err(refusal) => *refusal,
    }
}

/// Lets a request in: known server, harmless origin, right credential. Counts it in any case.
fn admit(host: &Host, slug: &str, headers: &HeaderMap, body: &[u8]) -> Result<usize, Box<Response>> {
    let Some(index) = host.servers.iter().position(|server| server.vendor.slug == slug) else {
        return Err(Box::new(StatusCode::NOT_FOUND.into_response()));
    };
    host.stats.count_request(index);
    host.stats.look_for_leaks(headers.values().map(axum::http::HeaderValue::as_bytes).chain(std::iter::once(body)));
    if headers.get(header::ORIGIN).is_some_and(|origin| !is_local(origin.as_bytes())) {
        let sentence = "this server answers only programs of this machine";
        return Err(Box::new((StatusCode::FORBIDDEN, sentence).into_response()));
    }
    let expected = format!("Bearer {}", host.servers[index].token);
    if headers.get(header::AUTHORIZATION).is_none_or(|given| given.as_bytes() != expected.as_bytes()) {
        host.stats.count_refused_credential(index);
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        let sentence = "the credential is missing or wrong";
        return Err(Box::new((StatusCode::UNAUTHORIZED, challenge, sentence).into_response()));
    }
    Ok(index)
}

fn is_local(origin: &[u8]) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

async fn answer(asked: Asked<'_>) -> Response {
    let Some(method) = asked.message.method.clone() else {
        // A client's answer to a question that we never ask.
        return StatusCode::ACCEPTED.into_response();
    };
    if asked.message.id.is_none() {
        if method == "notifications/cancelled" {
            asked.host.sessions.cancel(&asked.era, &asked.message.params["requestId"]);
        }
        return StatusCode::ACCEPTED.into_response();
    }
    let modern = matches!(asked.era, Era::Modern);
    match method.as_str() {
        "server/discover" if modern => wire::result(&asked, call::discover(asked.server())),
        "initialize" if !modern => call::initialize(&asked),
        "ping" if !modern => wire::result(&asked, serde_json::json!({})),
        "tools/list" => match call::list(&asked) {
            Ok(page) => wire::result(&asked, page),
            Err(fault) => wire::refuse(&asked.message, fault),
        },
        "tools/call" => call::call(asked).await,
        _ => {
            let status = if modern { StatusCode::NOT_FOUND } else { StatusCode::OK };
            let fault = Fault { status, code: -32601, message: format!("method not found: {method}"), data: None };
            wire::refuse(&asked.message, fault)
        }
    }
}
