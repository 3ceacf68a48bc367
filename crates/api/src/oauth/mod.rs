//! The door for AI clients that people sign in to: Wardroom as an authorization server (OAuth 2.1).
//!
//! What a person sees of it is a page ([`crate::pages`]); here stands what clients ask by themselves. No cookie is looked at
//! at any of these addresses, and so any page may ask them. Everything that is said of where we are comes from the setting
//! `public-url`.
//!
//! Start reading at [`router`].

mod fault;
mod metadata;
mod register;
mod token;

use app::App;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, routing};

/// Where people are asked.
pub(crate) const AUTHORIZE: &str = "/oauth/authorize";
const TOKEN: &str = "/oauth/token";
const REVOKE: &str = "/oauth/revoke";
const REGISTER: &str = "/oauth/register";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";

/// The endpoints that clients ask by themselves.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", routing::get(metadata::server))
        .route("/.well-known/openid-configuration", routing::get(metadata::server))
        .route(RESOURCE, routing::get(metadata::of_all))
        .route(&format!("{RESOURCE}/mcp"), routing::get(metadata::of_all))
        .route(&format!("{RESOURCE}/mcp/{{integration}}"), routing::get(metadata::of_integration))
        .route(&format!("{RESOURCE}/o/{{org}}/mcp"), routing::get(metadata::of_organization))
        .route(&format!("{RESOURCE}/o/{{org}}/mcp/{{integration}}"), routing::get(metadata::of_both))
        .route(TOKEN, routing::post(token::give))
        .route(REVOKE, routing::post(token::revoke))
        .route(REGISTER, routing::post(register::register))
        .layer(middleware::from_fn(for_any_page))
}

/// Lets pages of every origin ask: nothing here goes by a cookie.
async fn for_any_page(request: Request, next: Next) -> Response {
    let asks_first = request.method() == Method::OPTIONS;
    let mut response = if asks_first { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if asks_first {
        let allowed = HeaderValue::from_static("authorization, content-type, mcp-protocol-version");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    }
    response
}
