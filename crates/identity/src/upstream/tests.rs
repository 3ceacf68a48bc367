//! Tests of signing in at upstreams.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;

mod examples;
mod hostile;
mod refused;
mod sides;

const MCP: &str = "https://mcp.example.com/mcp";
const ISSUER: &str = "https://as.example.com";
const REDIRECT: &str = "https://wardroom.example.com/integrations/back";

/// The metadata of a server that offers everything.
fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.example.com/authorize",
        "token_endpoint": "https://as.example.com/token",
        "registration_endpoint": "https://as.example.com/register",
        "revocation_endpoint": "https://as.example.com/revoke",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["read", "offline_access"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
    })
}

/// The same with one member changed, or gone where it is null.
fn metadata_with(name: &str, value: Value) -> Result<Server, ServerFault> {
    let mut document = metadata();
    match value {
        Value::Null => _ = document.as_object_mut().unwrap().remove(name),
        value => document[name] = value,
    }
    Server::parse(ISSUER, document.to_string().as_bytes())
}

fn server() -> Server {
    Server::parse(ISSUER, metadata().to_string().as_bytes()).unwrap()
}

fn server_that_takes(methods: Value) -> Server {
    metadata_with("token_endpoint_auth_methods_supported", methods).unwrap()
}

fn resource(document: &Value) -> Result<Resource, ResourceFault> {
    Resource::parse(MCP, document.to_string().as_bytes())
}

fn resource_with_scopes(scopes: &[&str]) -> Resource {
    resource(&json!({"resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": scopes})).unwrap()
}

fn secret(text: &str) -> Option<Zeroizing<String>> {
    Some(Zeroizing::new(text.to_owned()))
}

fn returned(query: &str) -> Returned {
    Returned::parse(query).unwrap_or_else(|fault| panic!("{query}: {fault}"))
}

fn code(text: &str) -> Code {
    returned(&format!("state=s&code={text}")).check(ISSUER, false).unwrap()
}
