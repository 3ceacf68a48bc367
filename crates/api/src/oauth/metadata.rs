//! The documents from which clients learn where everything stands: of the authorization server (RFC 8414), and of each
//! address at which tools are called (RFC 9728).

use axum::Json;
use axum::extract::{Extension, Path};
use axum::http::{HeaderName, header};
use serde::Serialize;

use super::{AUTHORIZE, REGISTER, REVOKE, TOKEN};
use crate::organizations::PublicUrl;

/// How long a document may be kept.
type Kept = [(HeaderName, &'static str); 1];
const KEPT: Kept = [(header::CACHE_CONTROL, "public, max-age=300")];
const SHOWS_ITSELF: [&str; 3] = ["none", "client_secret_post", "client_secret_basic"];

/// The authorization server.
#[derive(Serialize)]
pub(super) struct Server {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    registration_endpoint: String,
    revocation_endpoint: String,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    client_id_metadata_document_supported: bool,
}

/// An address at which tools are called.
#[derive(Serialize)]
pub(super) struct Resource {
    resource: String,
    authorization_servers: [String; 1],
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
}

/// The authorization server's document.
pub(super) async fn server(Extension(PublicUrl(public_url)): Extension<PublicUrl>) -> (Kept, Json<Server>) {
    let at = |path: &str| format!("{public_url}{path}");
    let server = Server {
        authorization_endpoint: at(AUTHORIZE),
        token_endpoint: at(TOKEN),
        registration_endpoint: at(REGISTER),
        revocation_endpoint: at(REVOKE),
        issuer: public_url.to_string(),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported: SHOWS_ITSELF,
        revocation_endpoint_auth_methods_supported: SHOWS_ITSELF,
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
    };
    (KEPT, Json(server))
}

pub(super) async fn of_all(Extension(public_url): Extension<PublicUrl>) -> (Kept, Json<Resource>) {
    resource(&public_url, "/mcp")
}

pub(super) async fn of_integration(
    Extension(public_url): Extension<PublicUrl>,
    Path(integration): Path<String>,
) -> (Kept, Json<Resource>) {
    resource(&public_url, &format!("/mcp/{}", escaped(&integration)))
}

pub(super) async fn of_organization(
    Extension(public_url): Extension<PublicUrl>,
    Path(org): Path<String>,
) -> (Kept, Json<Resource>) {
    resource(&public_url, &format!("/o/{}/mcp", escaped(&org)))
}

pub(super) async fn of_both(
    Extension(public_url): Extension<PublicUrl>,
    Path((org, integration)): Path<(String, String)>,
) -> (Kept, Json<Resource>) {
    resource(&public_url, &format!("/o/{}/mcp/{}", escaped(&org), escaped(&integration)))
}

/// The document of the address at this path. It is the same whether there is such an organization or not, so that nothing is
/// learnt by asking.
fn resource(PublicUrl(public_url): &PublicUrl, path: &str) -> (Kept, Json<Resource>) {
    let resource = Resource {
        resource: format!("{public_url}{path}"),
        authorization_servers: [public_url.to_string()],
        bearer_methods_supported: ["header"],
        resource_name: "Wardroom",
    };
    (KEPT, Json(resource))
}

/// A part of a path as it stands in an address.
fn escaped(part: &str) -> String {
    form_urlencoded::byte_serialize(part.as_bytes()).collect()
}
