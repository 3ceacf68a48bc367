//! Somebody who is signed in in a browser, as the management API lets them in.
//!
//! A cookie goes along with whatever page made the browser ask. What may change something is therefore taken only where
//! it says that a page of ours asked ([`crate::home::is_from_here`]) and carries a word that only such a page can know,
//! the header `Wardroom-CSRF`.

use std::net::SocketAddr;

use app::App;
use app::sign_in::SignedIn;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;

use crate::home::{Cookie, Cookies, is_from_here};
use crate::organizations::PublicUrl;
use crate::problem::Failure;

/// The header with which a page shows that it is ours.
pub(crate) const CSRF_HEADER: &str = "wardroom-csrf";
/// The door for which its word is made.
pub(crate) const CSRF_DOOR: &str = "api";

/// Somebody who is signed in.
pub(crate) struct Visitor {
    pub(crate) signed_in: SignedIn,
    pub(crate) cookies: Cookies,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let public_url = public_url(parts)?;
        let cookies = Cookies::of(&public_url.0).ok_or_else(Failure::nobody)?;
        let token = cookies.read(Cookie::Session, &parts.headers).ok_or_else(Failure::nobody)?;
        let signed_in = app.signed_in(token).await?;
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let word = parts.headers.get(CSRF_HEADER).and_then(|word| word.to_str().ok()).unwrap_or_default();
            if !is_from_here(&public_url.0, &parts.headers) || !app.is_csrf_token(&signed_in, CSRF_DOOR, word) {
                return Err(Failure::not_from_here());
            }
        }
        Ok(Visitor { signed_in, cookies })
    }
}

/// Where we are.
pub(crate) fn public_url(parts: &Parts) -> Result<PublicUrl, Failure> {
    let url = parts.extensions.get::<PublicUrl>().cloned();
    url.ok_or_else(|| Failure::unavailable("the public URL is not known here"))
}

/// Where a request came from.
pub(crate) struct CameFrom(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for CameFrom {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(CameFrom(address(parts)))
    }
}

/// The address from which a request came.
pub(crate) fn address(parts: &Parts) -> Option<String> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string())
}
