//! Tokens for what a client brings (RFC 6749, section 5), and their end (RFC 7009).

use app::App;
use app::clients::{OAuthError, OAuthFault, OAuthRefusal};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use serde::Serialize;

use super::fault::Fault;
use crate::visitor::CameFrom;

/// The tokens of a connected client.
#[derive(Serialize)]
pub(super) struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: String,
    /// Always said, also where it is what was asked for: the person may have let it do less.
    scope: String,
}

pub(super) async fn give(
    State(app): State<App>,
    CameFrom(address): CameFrom,
    headers: HeaderMap,
    form: Bytes,
) -> Result<([(HeaderName, &'static str); 1], Json<Tokens>), Fault> {
    is_form(&headers)?;
    let issued = app.tokens_for(&form, authorization(&headers)).await;
    let issued = app.tried_by_client(address.as_deref(), issued)?;
    let tokens = Tokens {
        access_token: issued.access.reveal().to_owned(),
        token_type: "Bearer",
        expires_in: issued.expires_in_s,
        refresh_token: issued.refresh.reveal().to_owned(),
        scope: issued.scope,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(tokens)))
}

pub(super) async fn revoke(
    State(app): State<App>,
    CameFrom(address): CameFrom,
    headers: HeaderMap,
    form: Bytes,
) -> Result<StatusCode, Fault> {
    is_form(&headers)?;
    let revoked = app.revoke_token(&form, authorization(&headers)).await;
    app.tried_by_client(address.as_deref(), revoked)?;
    Ok(StatusCode::OK)
}

/// The header, where there is one; what cannot be read, or is there twice, is as good as something wrong.
fn authorization(headers: &HeaderMap) -> Option<&str> {
    let mut stated = headers.get_all(header::AUTHORIZATION).iter();
    match (stated.next()?, stated.next()) {
        (only, None) => Some(only.to_str().unwrap_or_default()),
        _ => Some(""),
    }
}

/// That what was sent says to be a form (RFC 6749, section 3.2): what is meant otherwise is not read as one.
fn is_form(headers: &HeaderMap) -> Result<(), OAuthRefusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    let description = "send a form, with the header Content-Type: application/x-www-form-urlencoded";
    Err(OAuthFault::new(OAuthError::InvalidRequest, description).into())
}
