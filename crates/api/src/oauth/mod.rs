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
use axum::response::Response;
use axum::routing::MethodRouter;
use axum::{Router, routing};

/// Where people are asked.
pub(crate) const AUTHORIZE: &str = "/oauth/authorize";
const TOKEN: &str = "/oauth/token";
const REVOKE: &str = "/oauth/revoke";
const REGISTER: &str = "/oauth/register";
/// Keys for tokens that can be read: there are none.
const KEYS: &str = "/oauth/keys";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";

/// The addresses at which tools are called.
const DOORS: [&str; 4] = ["/mcp", "/mcp/{integration}", "/o/{org}/mcp", "/o/{org}/mcp/{integration}"];

/// The endpoints that clients ask by themselves. Pages ask first whether they may.
pub(crate) fn router() -> Router<App> {
    let doors = DOORS.into_iter().flat_map(|door| [format!("{RESOURCE}{door}"), format!("{RESOURCE}{door}/")]);
    let open = |router: MethodRouter<App>| router.options(|| std::future::ready(StatusCode::NO_CONTENT));
    doors
        .fold(Router::new(), |router, door| router.route(&door, open(routing::get(metadata::resource))))
        .route(RESOURCE, open(routing::get(metadata::resource)))
        .route("/.well-known/oauth-authorization-server", open(routing::get(metadata::server)))
        .route("/.well-known/openid-configuration", open(routing::get(metadata::openid)))
        // ChatGPT looks for it here, where nobody has said that it would be.
        .route(&format!("{TOKEN}/.well-known/openid-configuration"), open(routing::get(metadata::openid)))
        .route(KEYS, open(routing::get(metadata::keys)))
        .route(TOKEN, open(routing::post(token::give)))
        .route(REVOKE, open(routing::post(token::revoke)))
        .route(REGISTER, open(routing::post(register::register)))
        .layer(middleware::from_fn(for_any_page))
}

/// Lets pages of every origin ask: nothing here goes by a cookie.
async fn for_any_page(request: Request, next: Next) -> Response {
    let asks_first = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
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
