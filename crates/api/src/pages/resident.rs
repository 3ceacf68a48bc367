//! Somebody who is signed in, as pages take them; whoever is not signs in first and comes back.

use app::sign_in::SignedIn;
use app::{App, Problem};
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};

use super::{Asked, HOME, Refused, field, return_to};
use crate::home::{Cookie, is_from_here};
use crate::problem::Failure;

/// Somebody who is signed in and asks for a page.
pub(crate) struct Resident {
    pub(super) asked: Asked,
    pub(super) signed_in: SignedIn,
}

impl FromRequestParts<App> for Resident {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let asked = Asked::from_request_parts(parts, app).await.map_err(|refused| refused.into_response())?;
        match asked.resident(app).await {
            Ok(Some(signed_in)) => Ok(Resident { asked, signed_in }),
            Ok(None) if parts.method == Method::GET => Err(asked.to(&return_to::sign_in_first(&parts.uri), &[])),
            // What a form was to do is not done by coming back.
            Ok(None) => Err(asked.to(HOME, &[])),
            Err(problem) => Err(Refused::from(problem).into_response()),
        }
    }
}

impl Resident {
    /// Whether a form was sent by a page of ours, made for this door, in this session.
    pub(super) fn sent(&self, app: &App, form: &[u8], door: &str) -> Result<(), Failure> {
        let word = field(form, "csrf").unwrap_or_default();
        let asked = &self.asked;
        let is_ours =
            is_from_here(&asked.public_url.0, &asked.headers) && app.is_csrf_token(&self.signed_in, door, &word);
        is_ours.then_some(()).ok_or_else(Failure::not_from_here)
    }
}

impl Asked {
    /// Who is signed in in the browser that asks.
    ///
    /// # Errors
    /// Where that cannot be said now.
    pub(super) async fn resident(&self, app: &App) -> Result<Option<SignedIn>, Problem> {
        let Some(token) = self.cookies.read(Cookie::Session, &self.headers) else { return Ok(None) };
        match app.signed_in(token).await {
            Ok(signed_in) => Ok(Some(signed_in)),
            Err(Problem::Unauthenticated { .. }) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}
