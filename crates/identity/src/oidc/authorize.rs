//! The address to which a browser is sent to sign in, and the secrets that bind what comes back to it.
//!
//! `state` is a ticket. The nonce and the PKCE verifier are keyed hashes of it, so that nothing secret needs to be
//! stored between the two halves of a sign-in: who redeems the ticket derives them again. A sign-in that is under way
//! while the master keys are rotated fails and is begun again. This module never stores a ticket.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::discovery::Provider;
use crate::keyring::Keyring;
use crate::mac;
use crate::oauth::pkce;
use crate::token::PresentedToken;

const NONCE_LABEL: &str = "wardroom/v1/oidc-nonce";
const VERIFIER_LABEL: &str = "wardroom/v1/oidc-verifier";

/// Derives the secrets of sign-ins.
#[derive(Clone)]
pub struct SignInDeriver {
    nonce: mac::Keyed,
    verifier: mac::Keyed,
}

/// The secrets of one sign-in.
pub struct SignInSecrets {
    nonce: String,
    verifier: Zeroizing<String>,
}

impl SignInDeriver {
    /// Prepares the derivation, with the newest master key.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let prepare = |label| mac::keyed(&mac::subkey(&keyring.newest().secret, label));
        Self { nonce: prepare(NONCE_LABEL), verifier: prepare(VERIFIER_LABEL) }
    }

    /// The secrets of the sign-in with this `state`: the same whenever it is asked.
    #[must_use]
    pub fn derive(&self, state: &PresentedToken<'_>) -> SignInSecrets {
        let hash = |key: &mac::Keyed| {
            let mut mac = key.clone();
            mac::feed_part(&mut mac, state.as_bytes());
            URL_SAFE_NO_PAD.encode(mac::finish(mac))
        };
        SignInSecrets { nonce: hash(&self.nonce), verifier: Zeroizing::new(hash(&self.verifier)) }
    }
}

impl SignInSecrets {
    /// What the id_token must repeat.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// What the exchange of the code must show (RFC 7636): 43 characters.
    #[must_use]
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// The S256 challenge of the verifier.
    #[must_use]
    pub fn challenge(&self) -> String {
        pkce::challenge_of(&self.verifier)
    }
}

/// What the provider is asked to do with somebody who is signed in there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// As it sees fit.
    AsNeeded,
    /// Let them choose, as for adding another sign-in.
    ChooseAccount,
    /// Let them sign in again, before something that matters. The id_token must then say when they did.
    Again,
}

/// How old a provider's own session may be, in seconds: 30 days. Whoever is asked for it has to say how old it is
/// (`auth_time`, OpenID Connect Core 1.0, 3.1.2.1).
const AGE_S_MAX: &str = "2592000";

/// One sign-in, about to begin.
#[derive(Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    /// The provider.
    pub provider: &'a Provider,
    /// Wardroom's name there.
    pub client_id: &'a str,
    /// Where the provider sends the browser back to: below the public URL, and registered there.
    pub redirect_uri: &'a str,
    /// The ticket.
    pub state: PresentedToken<'a>,
    /// What was derived of it.
    pub secrets: &'a SignInSecrets,
    /// Whether they must sign in again.
    pub prompt: Prompt,
}

impl AuthorizationRequest<'_> {
    /// The address to send the browser to.
    #[must_use]
    pub fn url(&self) -> String {
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("state", self.state.reveal())
            .append_pair("nonce", self.secrets.nonce())
            .append_pair("code_challenge", &self.secrets.challenge())
            .append_pair("code_challenge_method", "S256");
        match self.prompt {
            Prompt::AsNeeded => {
                query.append_pair("max_age", AGE_S_MAX);
            }
            Prompt::ChooseAccount => {
                query.append_pair("prompt", "select_account");
            }
            Prompt::Again => {
                query.append_pair("prompt", "login").append_pair("max_age", "0");
            }
        }
        let endpoint = self.provider.authorization_endpoint().as_str();
        let join = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{join}{}", query.finish())
    }
}
