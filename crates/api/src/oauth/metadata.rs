//! The documents from which clients learn where everything stands: of the authorization server (RFC 8414), and of each
//! address at which tools are called (RFC 9728).

use app::clients::SCOPES;
use axum::Json;
use axum::extract::Extension;
use axum::http::{HeaderName, Uri, header};
use serde::Serialize;

use super::{AUTHORIZE, KEYS, REGISTER, RESOURCE, REVOKE, TOKEN};
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
    scopes_supported: [&'static str; 3],
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
    scopes_supported: [&'static str; 3],
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
}

/// The same for clients that look only where OpenID Connect providers say what they are (OpenID Connect Discovery 1.0). What
/// that document must have besides is said as it is: nobody is told here who somebody is, so there are no tokens that say so,
/// no algorithm for them, and no key.
#[derive(Serialize)]
pub(super) struct OpenId {
    #[serde(flatten)]
    server: Server,
    jwks_uri: String,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 0],
}

/// Keys (RFC 7517).
#[derive(Serialize)]
pub(super) struct Keys {
    keys: [(); 0],
}

/// The authorization server's document.
pub(super) async fn server(Extension(PublicUrl(public_url)): Extension<PublicUrl>) -> (Kept, Json<Server>) {
    (KEPT, Json(described(&public_url)))
}

/// The document of an OpenID Connect provider.
pub(super) async fn openid(Extension(PublicUrl(public_url)): Extension<PublicUrl>) -> (Kept, Json<OpenId>) {
    let openid = OpenId {
        server: described(&public_url),
        jwks_uri: format!("{public_url}{KEYS}"),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [],
    };
    (KEPT, Json(openid))
}

/// No keys.
pub(super) async fn keys() -> (Kept, Json<Keys>) {
    (KEPT, Json(Keys { keys: [] }))
}

fn described(public_url: &str) -> Server {
    let at = |path: &str| format!("{public_url}{path}");
    Server {
        authorization_endpoint: at(AUTHORIZE),
        token_endpoint: at(TOKEN),
        registration_endpoint: at(REGISTER),
        revocation_endpoint: at(REVOKE),
        issuer: public_url.to_string(),
        scopes_supported: SCOPES,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported: SHOWS_ITSELF,
        revocation_endpoint_auth_methods_supported: SHOWS_ITSELF,
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
    }
}

/// The document of an address at which tools are called. It names the address as it was asked, byte for byte: clients
/// compare it with what was pasted into them. It is the same whether there is such an organization or not, so that nothing
/// is learnt by asking.
pub(super) async fn resource(
    Extension(PublicUrl(public_url)): Extension<PublicUrl>,
    address: Uri,
) -> (Kept, Json<Resource>) {
    let path = address.path().strip_prefix(RESOURCE).filter(|path| !path.is_empty());
    let resource = Resource {
        resource: format!("{public_url}{}", path.unwrap_or("/mcp")),
        authorization_servers: [public_url.to_string()],
        scopes_supported: SCOPES,
        bearer_methods_supported: ["header"],
        resource_name: "Wardroom",
    };
    (KEPT, Json(resource))
}
