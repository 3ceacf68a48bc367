//! The AuthZEN door: the OpenID Authorization API 1.0, so that any program can ask what Wardroom would answer.
//!
//! The key names the organization; every answer comes from `app::ask`, which asks the engine. Unlike the management
//! API this door passes over fields that it does not know, and tells errors as plain sentences, since the
//! specification says so. `docs/guides/authzen.md` says which words mean what.
//!
//! Start reading at [`router`], then `evaluate.rs`.

mod entity;
mod evaluate;
mod fault;
mod fields;
mod metadata;
mod search;

use app::App;
use axum::extract::Request;
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Router, routing};

use fault::Fault;

/// Where each endpoint stands, below the public URL.
const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SEARCH_SUBJECT: &str = "/access/v1/search/subject";
const SEARCH_RESOURCE: &str = "/access/v1/search/resource";
const SEARCH_ACTION: &str = "/access/v1/search/action";
const METADATA: &str = "/.well-known/authzen-configuration";

/// By which a client recognises the answer to its request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The endpoints. `public_url` has no slash at the end.
pub(crate) fn router(public_url: &str) -> Router<App> {
    let metadata = metadata::document(public_url);
    Router::new()
        .route(EVALUATION, routing::post(evaluate::one))
        .route(EVALUATIONS, routing::post(evaluate::several))
        .route(SEARCH_SUBJECT, routing::post(search::subjects))
        .route(SEARCH_RESOURCE, routing::post(search::resources))
        .route(SEARCH_ACTION, routing::post(search::actions))
        .route(METADATA, routing::get(move || std::future::ready(metadata.clone())))
        .route("/access/{*rest}", routing::any(|| std::future::ready(nothing_there())))
        .method_not_allowed_fallback(|| std::future::ready(wrong_method()))
        .layer(middleware::from_fn(echo_request_id))
}

fn nothing_there() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, format!("there is nothing here; {METADATA} names what there is"))
}

fn wrong_method() -> Fault {
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, format!("this address takes POST; {METADATA} takes GET"))
}

/// Sends the client's name for its request back with the answer, whatever the answer is.
async fn echo_request_id(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
