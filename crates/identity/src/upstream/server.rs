//! The authorization server of an upstream, as its metadata describe it (RFC 8414; OpenID Connect Discovery 1.0).
//!
//! The document must be of the very issuer that it was asked for, and every address in it must be reached safely. What
//! it does not say about PKCE it does not have (MCP, Authorization Code Protection).

use serde::{Deserialize, Serialize};

use super::is_scope;
use super::place::{may_lead, place};
use crate::oauth::client::ShowsItself;
use crate::oidc::{Endpoint, Issuer, UrlFault, object};

/// Bytes that the document may have at most.
pub const SERVER_METADATA_LENGTH_MAX: usize = 262_144;

/// Issuers above an address that are looked for, from the root on.
const DOUBTED_DEPTH_MAX: usize = 5;

/// Where the metadata of an issuer may be, in the order in which they are to be looked for (MCP, Authorization Server Metadata
/// Discovery). None where the issuer cannot be one.
#[must_use]
pub fn server_metadata_urls(issuer: &str) -> Vec<String> {
    let Some(at) = Issuer::parse(issuer).ok().and_then(|_| place(issuer)) else { return Vec::new() };
    // A slash at the end is left out (RFC 8414, section 3.1; OpenID Connect Discovery 1.0, section 4.1).
    let (origin, path) = (at.origin, at.path.strip_suffix('/').unwrap_or(at.path));
    let mut urls = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        urls.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    urls
}

/// An authorization server. What it gave is kept with it, sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Server {
    /// Who it is, as it writes it.
    pub issuer: String,
    /// Where people are sent.
    pub authorization_endpoint: Option<String>,
    /// Where codes and tokens are exchanged.
    pub token_endpoint: String,
    /// Where a client registers itself (RFC 7591).
    pub registration_endpoint: Option<String>,
    /// Where a token is given back (RFC 7009).
    pub revocation_endpoint: Option<String>,
    /// How a client may show that it is one, of the ways that there are here. Where nothing is said it is the header (RFC 8414,
    /// section 2). Never empty.
    pub auth_methods: Vec<ShowsItself>,
    /// What tokens are given for, where it says so.
    pub grant_types: Option<Vec<String>>,
    /// The scopes that it knows, where it says so.
    pub scopes_supported: Vec<String>,
    /// Whether it takes PKCE with S256.
    pub takes_s256: bool,
    /// Whether it promises to say in every answer who it is (RFC 9207).
    pub names_itself: bool,
    /// Whether it takes the address of a document for a client's name (OAuth Client ID Metadata Document).
    pub takes_client_documents: bool,
}

/// Why an authorization server cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ServerFault {
    /// The document is longer than any.
    #[error("the metadata of the authorization server are longer than {SERVER_METADATA_LENGTH_MAX} bytes")]
    TooLong,
    /// It is not JSON of the right form, or names something twice.
    #[error(
        "the metadata of the authorization server are not a JSON object with issuer and token_endpoint; whoever runs it must \
         correct them"
    )]
    Form,
    /// It is of another issuer.
    #[error(
        "the metadata of the authorization server name another issuer than the one that they were fetched for; whoever runs \
         the upstream must name its issuer exactly as it names itself"
    )]
    Issuer,
    /// An address is not safe.
    #[error("the metadata of the authorization server: {field} {fault}")]
    Endpoint {
        /// The member of the document.
        field: &'static str,
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// It does not offer what Wardroom needs.
    #[error("the authorization server does not offer {needed} ({field}); nobody can sign in with it from here")]
    Lacks {
        /// The member of the document.
        field: &'static str,
        /// What must be in it.
        needed: &'static str,
    },
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    registration_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    grant_types_supported: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
    client_id_metadata_document_supported: Option<bool>,
}

/// What tells one server from another.
#[derive(Deserialize)]
struct Other {
    issuer: String,
    token_endpoint: String,
}

impl Server {
    /// Reads the metadata that were fetched for this issuer.
    ///
    /// # Errors
    /// [`ServerFault`], the first met.
    pub fn parse(issuer: &str, document: &[u8]) -> Result<Server, ServerFault> {
        if document.len() > SERVER_METADATA_LENGTH_MAX {
            return Err(ServerFault::TooLong);
        }
        let document: Document = object(document).ok_or(ServerFault::Form)?;
        Issuer::parse(issuer).map_err(|fault| ServerFault::Endpoint { field: "issuer", fault })?;
        if document.issuer != issuer {
            return Err(ServerFault::Issuer);
        }
        let codes = document.response_types_supported.is_none_or(|types| types.iter().any(|one| one == "code"));
        let challenges = document.code_challenge_methods_supported.unwrap_or_default();
        let scopes = document.scopes_supported.unwrap_or_default();
        let optional = |field, url: Option<String>| url.map(|url| endpoint(issuer, field, url)).transpose();
        let authorization_endpoint = optional("authorization_endpoint", document.authorization_endpoint)?;
        Ok(Server {
            issuer: document.issuer,
            authorization_endpoint: authorization_endpoint.filter(|_| codes),
            token_endpoint: endpoint(issuer, "token_endpoint", document.token_endpoint)?,
            registration_endpoint: optional("registration_endpoint", document.registration_endpoint)?,
            revocation_endpoint: optional("revocation_endpoint", document.revocation_endpoint)?,
            auth_methods: auth_methods(document.token_endpoint_auth_methods_supported)?,
            grant_types: document.grant_types_supported,
            scopes_supported: scopes.into_iter().filter(|scope| is_scope(scope)).collect(),
            takes_s256: challenges.iter().any(|one| one == "S256"),
            names_itself: document.authorization_response_iss_parameter_supported.unwrap_or_default(),
            takes_client_documents: document.client_id_metadata_document_supported.unwrap_or_default(),
        })
    }

    /// A server that describes itself nowhere, as MCP 2025-03-26 has it (Fallbacks for Servers without Metadata Discovery): every
    /// address at its root, and PKCE, which that revision demanded. Only for what [`Resource::by_convention`] names, and only
    /// where none of its metadata was there at all: a document that is refused is no reason to guess.
    ///
    /// # Errors
    /// [`ServerFault::Endpoint`] where it is not reached by https.
    ///
    /// [`Resource::by_convention`]: super::Resource::by_convention
    pub fn by_convention(origin: &str) -> Result<Server, ServerFault> {
        Issuer::parse(origin).map_err(|fault| ServerFault::Endpoint { field: "issuer", fault })?;
        Ok(Server {
            issuer: origin.to_owned(),
            authorization_endpoint: Some(format!("{origin}/authorize")),
            token_endpoint: format!("{origin}/token"),
            registration_endpoint: Some(format!("{origin}/register")),
            revocation_endpoint: None,
            auth_methods: vec![ShowsItself::Basic],
            grant_types: None,
            scopes_supported: Vec::new(),
            takes_s256: true,
            names_itself: false,
            takes_client_documents: false,
        })
    }

    /// Where a server would describe itself that signs people in at the address that this one names, and is another: nowhere
    /// where that address is at the host of the issuer, or codes are taken at the host at which they are given.
    #[must_use]
    pub fn doubted_at(&self) -> Vec<String> {
        let Some(there) = self.authorization_endpoint.as_deref().and_then(place) else { return Vec::new() };
        let is_at_home = |own: &str| place(own).is_some_and(|own| own.has_origin_of(&there));
        if is_at_home(&self.issuer) || is_at_home(&self.token_endpoint) {
            return Vec::new();
        }
        let above = there.path.match_indices('/').filter_map(|(end, _)| there.path.get(..end));
        let issuers = above.take(DOUBTED_DEPTH_MAX).map(|path| format!("{}{path}", there.origin));
        issuers.flat_map(|issuer| server_metadata_urls(&issuer)).collect()
    }

    /// Which issuer the metadata at one of those addresses are of, where it is another that takes its codes elsewhere: a server
    /// that sends people there means to be given what is that one's (RFC 9700, section 4.4).
    #[must_use]
    pub fn taken_for(&self, document: &[u8]) -> Option<String> {
        let other: Other = object(document)?;
        let is_own = other.issuer == self.issuer || other.token_endpoint == self.token_endpoint;
        (!is_own).then_some(other.issuer)
    }

    /// Where people are sent to sign in.
    ///
    /// # Errors
    /// [`ServerFault::Lacks`] where nobody can, or not with PKCE and S256.
    pub fn sign_in_endpoint(&self) -> Result<&str, ServerFault> {
        let lacks = |field, needed| ServerFault::Lacks { field, needed };
        let endpoint = self.authorization_endpoint.as_deref();
        let endpoint = endpoint.ok_or_else(|| lacks("authorization_endpoint", "signing in with a code"))?;
        if !self.offers("authorization_code") {
            return Err(lacks("grant_types_supported", "authorization_code"));
        }
        if !self.takes_s256 {
            return Err(lacks("code_challenge_methods_supported", "S256"));
        }
        Ok(endpoint)
    }

    /// Whether it gives tokens for this, or does not say.
    #[must_use]
    pub fn offers(&self, grant_type: &str) -> bool {
        self.grant_types.as_ref().is_none_or(|offered| offered.iter().any(|one| one == grant_type))
    }
}

fn endpoint(issuer: &str, field: &'static str, url: String) -> Result<String, ServerFault> {
    let fault = match Endpoint::parse(&url) {
        Ok(_) if may_lead(issuer, &url) => return Ok(url),
        Ok(_) => UrlFault::Insecure,
        Err(fault) => fault,
    };
    Err(ServerFault::Endpoint { field, fault })
}

fn auth_methods(stated: Option<Vec<String>>) -> Result<Vec<ShowsItself>, ServerFault> {
    let Some(stated) = stated else { return Ok(vec![ShowsItself::Basic]) };
    let known: Vec<ShowsItself> = stated.iter().filter_map(|word| ShowsItself::from_word(word)).collect();
    if known.is_empty() {
        let field = "token_endpoint_auth_methods_supported";
        return Err(ServerFault::Lacks { field, needed: "client_secret_basic, client_secret_post or none" });
    }
    Ok(known)
}
