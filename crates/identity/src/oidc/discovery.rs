//! The discovery document of a provider, read into what Wardroom needs of it.
//!
//! The document must be of the very issuer that it was asked for, and everything that it names must be reached
//! safely. What Wardroom cannot work with is refused here, when a provider is set up, and not when somebody signs in.

use serde::Deserialize;

use super::issuer::{Endpoint, Issuer, UrlFault};
use super::jws;

/// Bytes that a discovery document may have at most.
pub const DISCOVERY_LENGTH_MAX: usize = 262_144;

/// How Wardroom shows to the provider that it is the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientAuth {
    /// With the header `Authorization: Basic …`.
    Basic,
    /// In the form.
    Post,
}

/// A provider, as its discovery document describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    issuer: Issuer,
    authorization_endpoint: Endpoint,
    token_endpoint: Endpoint,
    jwks_uri: Endpoint,
    userinfo_endpoint: Option<Endpoint>,
    client_auth: ClientAuth,
    names_itself: bool,
}

/// Why a provider cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DiscoveryFault {
    /// The document is longer than any.
    #[error("the discovery document is longer than {DISCOVERY_LENGTH_MAX} bytes")]
    TooLong,
    /// It is not JSON of the right form, or names something twice.
    #[error("the discovery document is not one: expected a JSON object with issuer, endpoints and jwks_uri")]
    Form,
    /// It is of another issuer.
    #[error("the discovery document is of another issuer; set the issuer exactly as the provider writes it")]
    Issuer,
    /// An address in it is not safe.
    #[error("the discovery document: {field} {fault}")]
    Endpoint {
        /// The member of the document.
        field: &'static str,
        /// What is wrong with it.
        fault: UrlFault,
    },
    /// It does not offer what Wardroom needs.
    #[error("the provider does not offer {needed} ({field}); it cannot be used to sign in here")]
    Lacks {
        /// The member of the document.
        field: &'static str,
        /// What must be in it.
        needed: &'static str,
    },
}

/// The members that matter; a member that is named twice refuses the whole.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    /// Reads the discovery document that was fetched for this issuer.
    ///
    /// # Errors
    /// [`DiscoveryFault`], the first met.
    pub fn parse(issuer: &Issuer, document: &[u8]) -> Result<Self, DiscoveryFault> {
        if document.len() > DISCOVERY_LENGTH_MAX {
            return Err(DiscoveryFault::TooLong);
        }
        let document: Document = super::object(document).ok_or(DiscoveryFault::Form)?;
        if document.issuer != issuer.as_str() {
            return Err(DiscoveryFault::Issuer);
        }
        let endpoint =
            |field, text: &str| Endpoint::parse(text).map_err(|fault| DiscoveryFault::Endpoint { field, fault });
        demand("response_types_supported", "code", document.response_types_supported.as_deref())?;
        demand("code_challenge_methods_supported", "S256", document.code_challenge_methods_supported.as_deref())?;
        if let Some(algorithms) = &document.id_token_signing_alg_values_supported
            && !algorithms.iter().any(|name| jws::Algorithm::named(name).is_ok())
        {
            let field = "id_token_signing_alg_values_supported";
            return Err(DiscoveryFault::Lacks { field, needed: "a signature that Wardroom checks, such as RS256" });
        }
        Ok(Self {
            issuer: issuer.clone(),
            authorization_endpoint: endpoint("authorization_endpoint", &document.authorization_endpoint)?,
            token_endpoint: endpoint("token_endpoint", &document.token_endpoint)?,
            jwks_uri: endpoint("jwks_uri", &document.jwks_uri)?,
            userinfo_endpoint: document
                .userinfo_endpoint
                .map(|text| endpoint("userinfo_endpoint", &text))
                .transpose()?,
            client_auth: client_auth(document.token_endpoint_auth_methods_supported.as_deref())?,
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }

    /// Who it is.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where people are sent to sign in.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &Endpoint {
        &self.authorization_endpoint
    }

    /// Where a code is exchanged.
    #[must_use]
    pub fn token_endpoint(&self) -> &Endpoint {
        &self.token_endpoint
    }

    /// Where its keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &Endpoint {
        &self.jwks_uri
    }

    /// Where it says what an id_token leaves out, if anywhere.
    #[must_use]
    pub fn userinfo_endpoint(&self) -> Option<&Endpoint> {
        self.userinfo_endpoint.as_ref()
    }

    /// How Wardroom shows that it is the client.
    #[must_use]
    pub fn client_auth(&self) -> ClientAuth {
        self.client_auth
    }

    /// Whether it promises to say in every answer who it is (RFC 9207).
    #[must_use]
    pub fn names_itself(&self) -> bool {
        self.names_itself
    }
}

/// A list that is not there says nothing: many providers leave out what they do offer.
fn demand(field: &'static str, needed: &'static str, offered: Option<&[String]>) -> Result<(), DiscoveryFault> {
    match offered {
        Some(offered) if !offered.iter().any(|one| one == needed) => Err(DiscoveryFault::Lacks { field, needed }),
        _ => Ok(()),
    }
}

/// `client_secret_basic` is what holds where nothing is said (OpenID Connect Discovery 1.0, section 3).
fn client_auth(offered: Option<&[String]>) -> Result<ClientAuth, DiscoveryFault> {
    let offers = |method: &str| offered.is_none_or(|offered| offered.iter().any(|one| one == method));
    if offers("client_secret_basic") {
        Ok(ClientAuth::Basic)
    } else if offers("client_secret_post") {
        Ok(ClientAuth::Post)
    } else {
        let field = "token_endpoint_auth_methods_supported";
        Err(DiscoveryFault::Lacks { field, needed: "client_secret_basic or client_secret_post" })
    }
}
