//! Errors of this door, in the form of RFC 6749, section 5.2.

use app::Problem;
use app::clients::{OAuthError, OAuthFault, OAuthRefusal};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why a client does not get what it asked for.
#[derive(Debug)]
pub(super) struct Fault(OAuthFault);

#[derive(Serialize)]
struct Body<'f> {
    error: &'static str,
    error_description: &'f str,
}

impl From<OAuthRefusal> for Fault {
    fn from(refusal: OAuthRefusal) -> Fault {
        match refusal {
            OAuthRefusal::Fault(fault) => Fault(fault),
            OAuthRefusal::Problem(Problem::TooMany) => {
                let description = "too many tries came from this network; wait a second before the next one";
                Fault(OAuthFault::new(OAuthError::TemporarilyUnavailable, description))
            }
            OAuthRefusal::Problem(problem) => {
                tracing::warn!(%problem, "a client could not be answered");
                Fault(OAuthFault::new(OAuthError::ServerError, "this cannot be answered now; try again"))
            }
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = match self.0.error {
            OAuthError::InvalidClient => StatusCode::UNAUTHORIZED,
            OAuthError::ServerError => StatusCode::SERVICE_UNAVAILABLE,
            OAuthError::TemporarilyUnavailable => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = Body { error: self.0.error.as_str(), error_description: &self.0.description };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Wardroom\""));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
