//! What is posted to an upstream's authorization server, and the tokens that come back.
//!
//! This module never sends anything. What it makes is secret, and wiped from memory when dropped.

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::client::Client;
use super::registration::{Kind, Registration};
use super::{is_printable, is_scope};
use crate::oidc::object;
use crate::sent_back::Code;

/// Bytes that the answer of the token endpoint may have at most.
pub const TOKEN_ANSWER_LENGTH_MAX: usize = 65_536;
/// Characters of a token. An access token must pass in a header.
const TOKEN_LENGTH_MAX: usize = 16_384;
/// Characters of what was granted.
const SCOPE_LENGTH_MAX: usize = 8_192;
/// The longest life of a token that is believed: ten years.
const LIFE_S_MAX: u64 = 315_360_000;

/// Something to post as `application/x-www-form-urlencoded`.
pub struct TokenRequest {
    authorization: Option<Zeroizing<String>>,
    form: Zeroizing<String>,
}

/// Which token is given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// The one that opens the upstream.
    Access,
    /// The one that gives others.
    Refresh,
}

impl TokenRequest {
    /// For a code (OAuth 2.1, section 4.1.3). To the token endpoint.
    #[must_use]
    pub fn code(client: Client<'_>, redirect_uri: &str, code: &Code, verifier: &str, resource: &str) -> TokenRequest {
        TokenRequest::new(
            client,
            &[
                ("grant_type", "authorization_code"),
                ("code", code.reveal()),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier),
                ("resource", resource),
            ],
        )
    }

    /// For a token that gives others (OAuth 2.1, section 4.3), with the scopes that it has. To the token endpoint.
    #[must_use]
    pub fn refresh(client: Client<'_>, refresh_token: &str, resource: &str) -> TokenRequest {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("resource", resource)];
        TokenRequest::new(client, &fields)
    }

    /// In Wardroom's own name (OAuth 2.1, section 4.2). To the token endpoint.
    #[must_use]
    pub fn client_credentials(client: Client<'_>, resource: &str, scope: Option<&str>) -> TokenRequest {
        let mut fields = vec![("grant_type", "client_credentials"), ("resource", resource)];
        fields.extend(scope.map(|scope| ("scope", scope)));
        TokenRequest::new(client, &fields)
    }

    /// To give a token back (RFC 7009, section 2.1). To the revocation endpoint. Which of them: a server should end
    /// all that came of a refresh token.
    #[must_use]
    pub fn revoke(client: Client<'_>, token: &str, kind: TokenKind) -> TokenRequest {
        let hint = match kind {
            TokenKind::Access => "access_token",
            TokenKind::Refresh => "refresh_token",
        };
        TokenRequest::new(client, &[("token", token), ("token_type_hint", hint)])
    }

    fn new(client: Client<'_>, fields: &[(&str, &str)]) -> TokenRequest {
        let (authorization, form) = client.shown(fields);
        TokenRequest { authorization, form }
    }

    /// The header `Authorization`, where the server wants one.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref().map(|header| header.as_str())
    }

    /// The body.
    #[must_use]
    pub fn form(&self) -> &str {
        &self.form
    }
}

/// Why no tokens came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenFault {
    /// The code or the refresh token is not good any more.
    #[error("the upstream does not take the connection any more; connect again")]
    Refused,
    /// The server does not know Wardroom, or not with this secret.
    #[error("the upstream's authorization server does not accept Wardroom's client id and secret; set them anew")]
    Client,
    /// It does not give what was asked for.
    #[error(
        "the upstream does not give the scopes that were asked for; whoever set up the integration must name others"
    )]
    Scope,
    /// It gives nothing for the server that was named (RFC 8707).
    #[error("the upstream's authorization server does not know the upstream; correct the URL of the integration")]
    Target,
    /// It is not there just now.
    #[error("the upstream's authorization server does not answer properly at the moment; it is asked again later")]
    Unavailable,
    /// It refused for another reason.
    #[error(
        "the upstream's authorization server refused to give a token; whoever set up the integration must compare its client \
         settings with those there"
    )]
    Setup,
    /// The answer is longer than any.
    #[error("the answer of the upstream's authorization server is longer than {TOKEN_ANSWER_LENGTH_MAX} bytes")]
    TooLong,
    /// It is not what was asked for.
    #[error(
        "the answer of the upstream's authorization server is not one: expected a JSON object with access_token and token_type \
         Bearer"
    )]
    Form,
}

impl TokenFault {
    /// Whether what was shown is good for nothing any more, so that somebody has to connect again: only where the server says so of
    /// the token itself. After every other fault the connection is kept, and shown as one that does not work.
    #[must_use]
    pub fn ends(self) -> bool {
        self == TokenFault::Refused
    }

    /// Whether it may go by itself.
    #[must_use]
    pub fn passes(self) -> bool {
        self == TokenFault::Unavailable
    }

    /// Whether Wardroom, who had registered itself, is forgotten there: the registration is dropped, made anew, and connected
    /// with again, since tokens are good for the client alone that they were given to.
    #[must_use]
    pub fn forgets(self, registration: &Registration) -> bool {
        self == TokenFault::Client && registration.kind == Kind::Registered
    }
}

/// What the token endpoint gave. It is wiped from memory when dropped, and never printed.
#[derive(PartialEq, Eq)]
pub struct Tokens {
    /// What opens the upstream.
    pub access_token: Zeroizing<String>,
    /// What gives others. Where none came with a refresh, the one that was shown stays good (RFC 6749, section 6).
    pub refresh_token: Option<Zeroizing<String>>,
    /// How long the access token is good.
    pub expires_in_s: Option<u64>,
    /// What was granted. Where nothing is said, what was asked for.
    pub scope: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tokens { expires_in_s, scope, .. } = self;
        f.debug_struct("Tokens").field("expires_in_s", expires_in_s).field("scope", scope).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Body {
    access_token: Option<String>,
    token_type: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
    error: Option<String>,
}

impl Tokens {
    /// Reads the body that came with a status (RFC 6749, section 5). A body that names an error is one, also with 200, as some
    /// send it; a server that says that it is broken is believed nothing else.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub fn parse(status: u16, body: &[u8]) -> Result<Tokens, TokenFault> {
        if body.len() > TOKEN_ANSWER_LENGTH_MAX {
            return Err(TokenFault::TooLong);
        }
        let body: Option<Body> = object(body);
        match (status, body.as_ref().and_then(|body| body.error.as_deref())) {
            (408 | 429 | 500.., _) => return Err(TokenFault::Unavailable),
            (_, Some(error)) => return Err(fault(error)),
            (200..=299, None) => {}
            (401, None) => return Err(TokenFault::Client),
            _ => return Err(TokenFault::Setup),
        }
        let Body { access_token, token_type, refresh_token, expires_in, scope, .. } = body.ok_or(TokenFault::Form)?;
        let access_token = Zeroizing::new(access_token.ok_or(TokenFault::Form)?);
        let refresh_token = refresh_token.map(Zeroizing::new).filter(|token| !token.is_empty());
        let is_bearer = token_type.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        // What goes into a header holds nothing that could end it.
        let passes = is_printable(&access_token, TOKEN_LENGTH_MAX) && !access_token.contains(' ');
        let lasts = refresh_token.as_ref().is_none_or(|token| is_printable(token, TOKEN_LENGTH_MAX));
        if !is_bearer || !passes || !lasts {
            return Err(TokenFault::Form);
        }
        let expires_in_s = expires_in.map(|life| seconds(&life).ok_or(TokenFault::Form)).transpose()?;
        let is_granted = |scope: &String| scope.len() <= SCOPE_LENGTH_MAX && scope.split(' ').all(is_scope);
        let scope = scope.filter(|scope| !scope.is_empty());
        if scope.as_ref().is_some_and(|scope| !is_granted(scope)) {
            return Err(TokenFault::Form);
        }
        Ok(Tokens { access_token, refresh_token, expires_in_s, scope })
    }

    /// When the access token ends that came at this moment, where the server says so.
    #[must_use]
    pub fn expires_at_ms(&self, now_ms: i64) -> Option<i64> {
        let life_ms = i64::try_from(self.expires_in_s?.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Some(now_ms.saturating_add(life_ms))
    }
}

/// The words of RFC 6749, section 5.2, of RFC 8707, section 2, and those that GitHub has of its own.
fn fault(error: &str) -> TokenFault {
    match error {
        "invalid_grant" | "bad_refresh_token" | "bad_verification_code" => TokenFault::Refused,
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => TokenFault::Client,
        "invalid_scope" => TokenFault::Scope,
        "invalid_target" => TokenFault::Target,
        "server_error" | "temporarily_unavailable" | "slow_down" => TokenFault::Unavailable,
        _ => TokenFault::Setup,
    }
}

/// A number, or one between quotes, as some send it.
fn seconds(life: &Value) -> Option<u64> {
    let text = match life {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let seconds = text.parse::<u64>().ok().or_else(|| {
        let parts = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
        Some(parts.min(1e12) as u64)
    })?;
    Some(seconds.min(LIFE_S_MAX))
}
