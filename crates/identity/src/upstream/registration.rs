//! What Wardroom is to one authorization server: as somebody was told there, as it registered itself (RFC 7591), or by a document at
//! an address of its own (OAuth Client ID Metadata Document). To be tried in the order told, document, registered (MCP, Client
//! Registration).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::is_printable;
use super::server::Server;
use crate::oauth::client::{ShowsItself, is_document_url};
use crate::oauth::redirect::RedirectUri;
use crate::oidc::object;

/// Bytes that the answer to a registration may have at most.
pub const REGISTRATION_LENGTH_MAX: usize = 65_536;
/// Characters of a client's name or secret.
const CREDENTIAL_LENGTH_MAX: usize = 4_096;

/// How Wardroom came to be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody registered it there and entered what they were told.
    Given,
    /// It registered itself.
    Registered,
    /// The server fetches its document.
    Document,
}

/// What Wardroom is to one authorization server. Kept sealed, by that server's issuer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Which server's.
    pub issuer: String,
    /// How it came to be.
    pub kind: Kind,
    /// Its name there.
    pub client_id: String,
    /// What shows that it is. There exactly where `method` needs one.
    #[serde(default, serialize_with = "write_secret", deserialize_with = "read_secret")]
    pub client_secret: Option<Zeroizing<String>>,
    /// How it shows it.
    pub method: ShowsItself,
    /// When the secret ends.
    pub expires_at_ms: Option<i64>,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Registration { issuer, kind, client_id, method, expires_at_ms, .. } = self;
        f.debug_struct("Registration")
            .field("issuer", issuer)
            .field("kind", kind)
            .field("client_id", client_id)
            .field("method", method)
            .field("expires_at_ms", expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// Why there is no registration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegistrationFault {
    /// The answer is longer than any.
    #[error("the authorization server's answer to the registration is longer than {REGISTRATION_LENGTH_MAX} bytes")]
    TooLong,
    /// It is not what was asked for.
    #[error(
        "the authorization server's answer to the registration is not one: expected a JSON object with a client_id"
    )]
    Form,
    /// It does not let people be sent back here.
    #[error(
        "the authorization server does not let people be sent back to Wardroom's redirect URI; register a client there by hand, \
         and enter its client id"
    )]
    RedirectUri,
    /// It refused what Wardroom says of itself.
    #[error(
        "the authorization server does not let Wardroom register itself; register a client there by hand, and enter its client id"
    )]
    Refused,
    /// Not just now.
    #[error("the authorization server cannot register anybody at the moment; try again later")]
    Unavailable,
    /// It wants to be shown who the client is in a way that there is not here.
    #[error(
        "the authorization server wants Wardroom to show itself in another way than with a client secret; register a client with \
         client_secret_basic there by hand, and enter its client id"
    )]
    Method,
    /// It gave no secret, and wants one.
    #[error(
        "the authorization server registered Wardroom with a secret and did not give it; register a client there by hand"
    )]
    NoSecret,
    /// What was entered cannot be a name.
    #[error(
        "the client id must have 1 to {CREDENTIAL_LENGTH_MAX} printable ASCII characters; copy it from the provider again"
    )]
    ClientId,
    /// What was entered cannot be a secret.
    #[error(
        "the client secret must have 1 to {CREDENTIAL_LENGTH_MAX} printable ASCII characters; copy it from the provider again"
    )]
    ClientSecret,
    /// A secret was entered for a server that takes none.
    #[error(
        "the authorization server takes no client secret (token_endpoint_auth_methods_supported); leave the client secret empty"
    )]
    SecretNotTaken,
}

/// RFC 7591, section 2.
#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    client_name: &'a str,
    client_uri: &'a str,
    redirect_uris: [&'a str; 1],
    grant_types: &'static [&'static str],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: ShowsItself,
    application_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl<'a> Metadata<'a> {
    fn new(client_name: &'a str, redirect_uri: &'a str, client_uri: &'a str) -> Metadata<'a> {
        Metadata {
            client_id: None,
            client_name,
            client_uri,
            redirect_uris: [redirect_uri],
            // Wardroom wants to stay connected (MCP, Refresh Tokens).
            grant_types: &["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: ShowsItself::Not,
            application_type: application_type(redirect_uri),
            scope: None,
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What Wardroom says of itself to register, as JSON.
#[must_use]
pub fn request(
    client_name: &str,
    redirect_uri: &str,
    client_uri: &str,
    server: &Server,
    scope: Option<&str>,
) -> String {
    let mut metadata = Metadata::new(client_name, redirect_uri, client_uri);
    metadata.token_endpoint_auth_method = asked_for(server);
    metadata.scope = scope;
    // A server that says that it never gives refresh tokens might refuse who asks for them.
    if !server.offers("refresh_token") {
        metadata.grant_types = &["authorization_code"];
    }
    metadata.json()
}

/// The document that Wardroom serves of itself at the address that is then its name, as JSON.
#[must_use]
pub fn own_document(client_id_url: &str, client_name: &str, redirect_uri: &str, client_uri: &str) -> String {
    Metadata { client_id: Some(client_id_url), ..Metadata::new(client_name, redirect_uri, client_uri) }.json()
}

/// Who is sent back to their own machine is a native application (OpenID Connect Dynamic Client Registration 1.0, section 2):
/// Wardroom on trial.
fn application_type(redirect_uri: &str) -> &'static str {
    let is_native = RedirectUri::parse(redirect_uri, &[]).is_ok_and(|uri| uri.is_on_own_machine());
    if is_native { "native" } else { "web" }
}

/// The best of the ways that there are here: Wardroom can keep a secret.
fn asked_for(server: &Server) -> ShowsItself {
    let best = [ShowsItself::Basic, ShowsItself::Post, ShowsItself::Not];
    best.into_iter().find(|way| server.auth_methods.contains(way)).unwrap_or(ShowsItself::Not)
}

#[derive(Deserialize)]
struct Answer {
    client_id: Option<String>,
    client_secret: Option<String>,
    client_secret_expires_at: Option<i64>,
    token_endpoint_auth_method: Option<String>,
    error: Option<String>,
}

impl Registration {
    /// Reads what the server answered to a registration (RFC 7591, section 3.2).
    ///
    /// # Errors
    /// [`RegistrationFault`].
    pub fn parse(server: &Server, status: u16, body: &[u8]) -> Result<Registration, RegistrationFault> {
        if body.len() > REGISTRATION_LENGTH_MAX {
            return Err(RegistrationFault::TooLong);
        }
        let answer: Option<Answer> = object(body);
        let error = answer.as_ref().and_then(|answer| answer.error.as_deref());
        match (status, error) {
            (408 | 429 | 500.., _) | (_, Some("temporarily_unavailable")) => {
                return Err(RegistrationFault::Unavailable);
            }
            (_, Some("invalid_redirect_uri")) => return Err(RegistrationFault::RedirectUri),
            (_, Some(_)) => return Err(RegistrationFault::Refused),
            // 201 is what the specification says, and 200 what some say.
            (200 | 201, None) => {}
            _ => return Err(RegistrationFault::Refused),
        }
        let answer = answer.ok_or(RegistrationFault::Form)?;
        let is_credential = |text: &String| is_printable(text, CREDENTIAL_LENGTH_MAX);
        let client_id = answer.client_id.filter(is_credential).ok_or(RegistrationFault::Form)?;
        let secret = answer.client_secret.filter(|secret| !secret.is_empty()).map(Zeroizing::new);
        if secret.as_ref().is_some_and(|secret| !is_credential(secret)) {
            return Err(RegistrationFault::Form);
        }
        let method = match (answer.token_endpoint_auth_method.as_deref(), &secret) {
            (Some(word), _) => ShowsItself::from_word(word).ok_or(RegistrationFault::Method)?,
            // Whoever does not say what was registered registered what was asked for.
            (None, Some(_)) => asked_for(server),
            (None, None) => ShowsItself::Not,
        };
        let client_secret = secret.filter(|_| method != ShowsItself::Not);
        if method != ShowsItself::Not && client_secret.is_none() {
            return Err(RegistrationFault::NoSecret);
        }
        // 0 is never.
        let ends = answer.client_secret_expires_at.filter(|ends| *ends != 0 && client_secret.is_some());
        let expires_at_ms = ends.map(|ends| ends.saturating_mul(1_000));
        let kind = Kind::Registered;
        Ok(Registration { issuer: server.issuer.clone(), kind, client_id, client_secret, method, expires_at_ms })
    }

    /// What somebody registered at this server by hand, and entered here.
    ///
    /// # Errors
    /// [`RegistrationFault`] where it cannot be what they were told there.
    pub fn given(
        server: &Server,
        client_id: &str,
        secret: Option<Zeroizing<String>>,
    ) -> Result<Registration, RegistrationFault> {
        if !is_printable(client_id, CREDENTIAL_LENGTH_MAX) {
            return Err(RegistrationFault::ClientId);
        }
        let method = match &secret {
            None => ShowsItself::Not,
            Some(secret) if !is_printable(secret, CREDENTIAL_LENGTH_MAX) => {
                return Err(RegistrationFault::ClientSecret);
            }
            Some(_) => asked_for(server),
        };
        if secret.is_some() && method == ShowsItself::Not {
            return Err(RegistrationFault::SecretNotTaken);
        }
        Ok(Registration {
            issuer: server.issuer.clone(),
            kind: Kind::Given,
            client_id: client_id.to_owned(),
            client_secret: secret,
            method,
            expires_at_ms: None,
        })
    }

    /// What Wardroom is by the document that it serves at this address, where the server takes such, and the address is https.
    /// It is the same at every server, and made anew for each.
    #[must_use]
    pub fn document(server: &Server, client_id_url: &str) -> Option<Registration> {
        let is_taken = server.takes_client_documents && client_id_url.starts_with("https://");
        (is_taken && is_document_url(client_id_url)).then(|| Registration {
            issuer: server.issuer.clone(),
            kind: Kind::Document,
            client_id: client_id_url.to_owned(),
            client_secret: None,
            method: ShowsItself::Not,
            expires_at_ms: None,
        })
    }

    /// Whether the secret is still good. Who has registered itself does so again where it is not.
    #[must_use]
    pub fn is_good_at(&self, now_ms: i64) -> bool {
        self.expires_at_ms.is_none_or(|ends| now_ms < ends)
    }
}

fn write_secret<S: Serializer>(secret: &Option<Zeroizing<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|secret| secret.as_str()).serialize(serializer)
}

fn read_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Zeroizing::new))
}
