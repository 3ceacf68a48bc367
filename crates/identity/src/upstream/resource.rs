//! What a server says of itself as something that is protected (RFC 9728), and where it says so.
//!
//! The document is believed about the address that it was fetched for and no other: a token is asked for, and sent, where it
//! says, so a server that names another's address would be given what is meant for that one.

use serde::{Deserialize, Serialize};

use super::challenge::Challenge;
use super::is_scope;
use super::place::{Place, may_lead, place};
use crate::oidc::{Issuer, check_url, object};

/// Bytes that the document may have at most.
pub const RESOURCE_METADATA_LENGTH_MAX: usize = 262_144;
/// Authorization servers that it may name.
const SERVERS_MAX: usize = 16;
/// Characters that its scopes may have together: all of them are asked for.
const SCOPES_LENGTH_MAX: usize = 4_096;
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Where the document may be, in the order in which it is to be looked for; the first that is there holds.
///
/// First where the challenge says (MCP, Protected Resource Metadata Discovery Requirements: a client MUST use that address when
/// it is there). It need not be on the same host: neither RFC 9728 nor MCP asks for it, the server that was called is who
/// says it, and the document must name the address that was called wherever it comes from. It must be https, or be on
/// the very host that was called. Then at the server's path, and at last at its root, which also serve where the
/// challenge names an address that cannot be used, as behind many proxies.
#[must_use]
pub fn metadata_urls(server_url: &str, challenge: Option<&Challenge>) -> Vec<String> {
    let Some(server) = place(server_url) else { return Vec::new() };
    let named = challenge.and_then(|challenge| challenge.resource_metadata.as_deref()).filter(|named| {
        let is_safe = check_url(named).is_ok() && may_lead(server_url, named);
        is_safe || place(named).is_some_and(|named| named.has_origin_of(&server))
    });
    let Place { origin, path, query } = server;
    // A slash that follows the host is left out (RFC 9728, section 3.1).
    let path = if path == "/" { "" } else { path };
    let bare = path.strip_suffix('/').unwrap_or(path);
    let mut urls: Vec<String> = named.map(str::to_owned).into_iter().collect();
    for url in [
        format!("{origin}{WELL_KNOWN}{path}{query}"),
        format!("{origin}{WELL_KNOWN}{bare}{query}"),
        format!("{origin}{WELL_KNOWN}"),
    ] {
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// A protected server, as it describes itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Its name, byte for byte as it writes it: what is sent as `resource`.
    pub resource: String,
    /// The issuers whose tokens it takes. At least one.
    pub authorization_servers: Vec<String>,
    /// The scopes that it needs for what everybody does.
    pub scopes_supported: Vec<String>,
}

/// Why a server cannot be signed in to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ResourceFault {
    /// The address of the integration is not one.
    #[error("the URL of the integration is not one; correct it")]
    ServerUrl,
    /// The document is longer than any.
    #[error("what the server says of itself (RFC 9728) is longer than {RESOURCE_METADATA_LENGTH_MAX} bytes")]
    TooLong,
    /// It is not JSON of the right form, or names something twice.
    #[error(
        "what the server says of itself (RFC 9728) is not a JSON object with resource and authorization_servers; whoever \
         runs it must correct it"
    )]
    Form,
    /// It is of another server.
    #[error(
        "the server at the URL of the integration says that it is another one (resource, RFC 9728); set the URL exactly as \
         whoever runs it writes it"
    )]
    OtherResource,
    /// It names no server for signing in that could be used.
    #[error("the server does not say with an https address where to sign in for it (authorization_servers, RFC 9728)")]
    NoServer,
    /// It names more than anybody could ask for.
    #[error("the server names more {field} than can be used (RFC 9728)")]
    TooMany {
        /// The member of the document.
        field: &'static str,
    },
}

#[derive(Deserialize)]
struct Document {
    resource: String,
    authorization_servers: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
}

impl Resource {
    /// Reads the document that was fetched for the server at this address. What it names as `resource` must be that address, or
    /// a parent of it on the same host, since one document may stand for several endpoints (MCP looks for it at the root too).
    ///
    /// # Errors
    /// [`ResourceFault`], the first met.
    pub fn parse(server_url: &str, document: &[u8]) -> Result<Resource, ResourceFault> {
        let server = place(server_url).ok_or(ResourceFault::ServerUrl)?;
        if document.len() > RESOURCE_METADATA_LENGTH_MAX {
            return Err(ResourceFault::TooLong);
        }
        let document: Document = object(document).ok_or(ResourceFault::Form)?;
        if !place(&document.resource).is_some_and(|resource| resource.holds(&server)) {
            return Err(ResourceFault::OtherResource);
        }
        let named = document.authorization_servers.unwrap_or_default();
        if named.len() > SERVERS_MAX {
            return Err(ResourceFault::TooMany { field: "authorization_servers" });
        }
        let authorization_servers: Vec<String> =
            named.into_iter().filter(|issuer| Issuer::parse(issuer).is_ok() && may_lead(server_url, issuer)).collect();
        if authorization_servers.is_empty() {
            return Err(ResourceFault::NoServer);
        }
        let scopes: Vec<String> = document.scopes_supported.unwrap_or_default();
        if scopes.iter().map(|scope| scope.len() + 1).sum::<usize>() > SCOPES_LENGTH_MAX {
            return Err(ResourceFault::TooMany { field: "scopes_supported" });
        }
        let scopes_supported = scopes.into_iter().filter(|scope| is_scope(scope)).collect();
        Ok(Resource { resource: document.resource, authorization_servers, scopes_supported })
    }

    /// A server that says nothing of itself anywhere, as MCP 2025-03-26 has it: one signs in at its own host, and it is named by its
    /// address.
    ///
    /// # Errors
    /// [`ResourceFault`] where its host is not reached by https, or the address is none.
    pub fn by_convention(server_url: &str) -> Result<Resource, ResourceFault> {
        let server = place(server_url).ok_or(ResourceFault::ServerUrl)?;
        Issuer::parse(server.origin).map_err(|_| ResourceFault::NoServer)?;
        Ok(Resource {
            resource: server_url.to_owned(),
            authorization_servers: vec![server.origin.to_owned()],
            scopes_supported: Vec::new(),
        })
    }

    /// Whether it takes what this issuer gave. Where it does not any more, nothing of that issuer is sent to it.
    #[must_use]
    pub fn takes_tokens_of(&self, issuer: &str) -> bool {
        self.authorization_servers.iter().any(|named| named == issuer)
    }
}
