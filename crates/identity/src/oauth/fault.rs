//! What is wrong with what a client asks, in the words that clients understand.

/// The code of an error, as the specifications have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OAuthError {
    /// Something is missing, twice there, or malformed.
    InvalidRequest,
    /// The client is not known, or did not show who it is.
    InvalidClient,
    /// A code or token is not good, or not this client's.
    InvalidGrant,
    /// The client may not do this.
    UnauthorizedClient,
    /// A way of asking for tokens that there is not here.
    UnsupportedGrantType,
    /// A way of answering that there is not here.
    UnsupportedResponseType,
    /// Something is asked for that nobody is given.
    InvalidScope,
    /// There is no such resource here (RFC 8707).
    InvalidTarget,
    /// The person said no.
    AccessDenied,
    /// Metadata that a client cannot have (RFC 7591).
    InvalidClientMetadata,
    /// An address that a client cannot have people sent back to (RFC 7591).
    InvalidRedirectUri,
    /// Something broke here.
    ServerError,
    /// Not now.
    TemporarilyUnavailable,
}

impl OAuthError {
    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OAuthError::InvalidRequest => "invalid_request",
            OAuthError::InvalidClient => "invalid_client",
            OAuthError::InvalidGrant => "invalid_grant",
            OAuthError::UnauthorizedClient => "unauthorized_client",
            OAuthError::UnsupportedGrantType => "unsupported_grant_type",
            OAuthError::UnsupportedResponseType => "unsupported_response_type",
            OAuthError::InvalidScope => "invalid_scope",
            OAuthError::InvalidTarget => "invalid_target",
            OAuthError::AccessDenied => "access_denied",
            OAuthError::InvalidClientMetadata => "invalid_client_metadata",
            OAuthError::InvalidRedirectUri => "invalid_redirect_uri",
            OAuthError::ServerError => "server_error",
            OAuthError::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// What is wrong, and what to do. The description never repeats what came in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{description}")]
pub struct OAuthFault {
    /// The code.
    pub error: OAuthError,
    /// For whoever wrote the client.
    pub description: String,
}

impl OAuthFault {
    /// A fault.
    pub fn new(error: OAuthError, description: impl Into<String>) -> OAuthFault {
        OAuthFault { error, description: description.into() }
    }
}

pub(super) fn invalid_request(description: impl Into<String>) -> OAuthFault {
    OAuthFault::new(OAuthError::InvalidRequest, description)
}
