//! What comes in and what goes out: the connection that a secret stands for, a body, and an answer of the right kind.

use app::{App, Caller};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::fault::Fault;
use super::value::{Object, read};
use crate::extract::{body_bytes_max, client_of};
use crate::organizations::PublicUrl;
use crate::visitor::{address, public_url};

/// The kind of content that the specification has.
const SCIM_JSON: &str = "application/scim+json";

/// Whoever shows the secret of a connection of the organization that the path names.
pub(super) struct Connected {
    pub(super) caller: Caller,
    /// Where the organization's endpoints are, below the public URL alone.
    pub(super) base: String,
}

impl FromRequestParts<App> for Connected {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Connected, Fault> {
        let path = RawPathParams::from_request_parts(parts, app).await;
        let path = path.map_err(|_| Fault::new(StatusCode::NOT_FOUND, "there is nothing here"))?;
        let org = path.iter().find(|(name, _)| *name == "org").map_or_else(String::new, |(_, org)| org.to_owned());
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let secret =
            header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, secret) = secret.ok_or_else(|| {
            let detail = "send the secret of the connection: the header Authorization with the value Bearer, a blank, and \
                          the secret, which begins with wrd_";
            Fault::new(StatusCode::UNAUTHORIZED, detail)
        })?;
        let caller = app.authenticate_directory(&org, secret.trim()).await?;
        if let Some(credential) = caller.actor.credential {
            app.used(caller.live.org(), credential.id(), address(parts), client_of(parts));
        }
        let PublicUrl(public_url) = public_url(parts)?;
        Ok(Connected { caller, base: format!("{public_url}/scim/v2/{org}") })
    }
}

/// A JSON object that was sent.
pub(super) struct Sent(pub(super) Object);

impl FromRequest<App> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Sent, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != SCIM_JSON && kind != "application/json" {
            let detail = "send JSON, with the header Content-Type: application/scim+json";
            return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|_| {
            Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("send at most {} bytes", body_bytes_max()))
        })?;
        read(&bytes).map(Sent)
    }
}

/// An answer of the specification's kind.
pub(super) struct Scim<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Scim<T> {
    fn into_response(self) -> Response {
        let mut response = axum::Json(self.0).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
        response
    }
}
