//! Clients register themselves (RFC 7591).

use app::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::Serialize;

use super::fault::Fault;
use crate::visitor::CameFrom;

/// A client that has just registered, as RFC 7591, section 3.2.1, has it.
#[derive(Serialize)]
pub(super) struct Registered {
    client_id: String,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// When the secret ends, in seconds; 0 for never, and said only where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
}

type Answer = (StatusCode, [(HeaderName, &'static str); 1], Json<Registered>);

pub(super) async fn register(
    State(app): State<App>,
    CameFrom(address): CameFrom,
    document: Bytes,
) -> Result<Answer, Fault> {
    let registered = app.register_client(&document, address.as_deref()).await?;
    let body = Registered {
        client_id: registered.client_id,
        client_id_issued_at: registered.created_at.0.div_euclid(1_000),
        client_secret_expires_at: registered.secret.as_ref().map(|_| 0),
        client_secret: registered.secret.map(|secret| secret.reveal().to_owned()),
        client_name: registered.metadata.name,
        redirect_uris: registered.metadata.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: registered.metadata.shows_itself.as_str(),
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(body)))
}
