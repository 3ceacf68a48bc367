//! The exchange of a code for an id_token: the form that is posted, and what comes back.
//!
//! This module never sends anything. What it makes is secret, and wiped from memory when dropped.

use form_urlencoded::Serializer;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::authorize::SignInSecrets;
use super::discovery::{ClientAuth, Provider};
use crate::basic;
use crate::sent_back::Code;

/// Bytes that the answer of the token endpoint may have at most.
pub const TOKEN_ANSWER_LENGTH_MAX: usize = 65_536;

/// Wardroom, as the provider knows it.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    /// Its name there.
    pub id: &'a str,
    /// What shows that it is.
    pub secret: &'a str,
    /// Where the browser was sent back to, as in the request.
    pub redirect_uri: &'a str,
}

/// A request to the token endpoint, as `application/x-www-form-urlencoded`.
pub struct TokenRequest {
    authorization: Option<Zeroizing<String>>,
    form: Zeroizing<String>,
}

impl TokenRequest {
    /// Makes the request.
    #[must_use]
    pub fn new(provider: &Provider, client: Client<'_>, code: &Code, secrets: &SignInSecrets) -> Self {
        let mut form = Serializer::new(String::with_capacity(1_024));
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.reveal())
            .append_pair("redirect_uri", client.redirect_uri)
            .append_pair("code_verifier", secrets.verifier());
        let authorization = match provider.client_auth() {
            ClientAuth::Basic => Some(basic::write(client.id, client.secret)),
            ClientAuth::Post => {
                form.append_pair("client_id", client.id).append_pair("client_secret", client.secret);
                None
            }
        };
        Self { authorization, form: Zeroizing::new(form.finish()) }
    }

    /// The header `Authorization`, where the provider wants one.
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

/// Why the exchange gave nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExchangeFault {
    /// The answer is longer than any.
    #[error("the provider's answer is longer than {TOKEN_ANSWER_LENGTH_MAX} bytes")]
    TooLong,
    /// It is not what was asked for.
    #[error("the provider's answer to the code is not one: expected a JSON object with an id_token")]
    Form,
    /// The code is not good any more.
    #[error("the provider does not take the code any more; begin the sign-in again")]
    CodeRefused,
    /// It does not know Wardroom.
    #[error("the provider does not accept Wardroom's client id and secret; an operator must set them anew")]
    ClientRefused,
    /// Something else.
    #[error("the provider refused to exchange the code; an operator must compare its client settings with those here")]
    Refused,
}

/// What the token endpoint gave. It is wiped from memory when dropped, and never printed.
pub struct TokenAnswer {
    id_token: Zeroizing<String>,
    access_token: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Body {
    id_token: Option<String>,
    access_token: Option<String>,
    error: Option<String>,
}

impl TokenAnswer {
    /// Reads the body that came with a status. A body that names an error is one, whatever the status.
    ///
    /// # Errors
    /// [`ExchangeFault`].
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, ExchangeFault> {
        if body.len() > TOKEN_ANSWER_LENGTH_MAX {
            return Err(ExchangeFault::TooLong);
        }
        let body: Option<Body> = super::object(body);
        let error = body.as_ref().and_then(|body| body.error.as_deref());
        match (error, status) {
            (Some("invalid_grant"), _) => return Err(ExchangeFault::CodeRefused),
            (Some("invalid_client" | "unauthorized_client"), _) | (None, 401) => {
                return Err(ExchangeFault::ClientRefused);
            }
            (None, 200) => {}
            _ => return Err(ExchangeFault::Refused),
        }
        let Body { id_token, access_token, .. } = body.ok_or(ExchangeFault::Form)?;
        let id_token = Zeroizing::new(id_token.ok_or(ExchangeFault::Form)?);
        Ok(Self { id_token, access_token: access_token.map(Zeroizing::new) })
    }

    /// Who somebody is, to be checked.
    #[must_use]
    pub fn id_token(&self) -> &str {
        &self.id_token
    }

    /// What else came: the id_token says that it came with it, and the userinfo endpoint answers to it. It is kept nowhere.
    #[must_use]
    pub fn access_token(&self) -> Option<&str> {
        self.access_token.as_ref().map(|token| token.as_str())
    }
}
