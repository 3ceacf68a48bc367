//! What a client brings to be given tokens (RFC 6749, sections 4.1.3 and 6), or to have one ended (RFC 7009).

use domain::grant::Profile;
use zeroize::Zeroizing;

use super::authorize::{CLIENT_ID_LENGTH_MAX, resource};
use super::fault::invalid_request;
use super::fields::Fields;
use super::{OAuthError, OAuthFault, scope};
use crate::basic;

/// Who brings it, by their own word, and the secret that shows it where one came.
#[derive(Clone)]
pub struct ClientShown {
    /// Its identifier.
    pub client_id: String,
    /// Its secret, wiped from memory when dropped.
    pub secret: Option<Zeroizing<String>>,
}

/// For what tokens are given.
pub enum Grant {
    /// For a code, by whoever asked for it.
    Code {
        /// The code.
        code: Zeroizing<String>,
        /// Where the person was sent back to with it.
        redirect_uri: Option<String>,
        /// What the challenge was made of.
        verifier: String,
    },
    /// For a token that is good for that once.
    Refresh {
        /// The token.
        token: Zeroizing<String>,
        /// The most that the new ones are to reach, where it says so.
        most: Option<Profile>,
    },
}

/// A form that was sent to the token endpoint.
pub struct TokenRequest {
    /// Who sent it.
    pub client: ClientShown,
    /// For what.
    pub grant: Grant,
    /// For what address the tokens are to be good, where it says so.
    pub resource: Option<String>,
}

impl TokenRequest {
    /// Takes a form apart; `authorization` is the header of that name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(form: &[u8], authorization: Option<&str>) -> Result<TokenRequest, OAuthFault> {
        let fields = Fields::parse(form)?;
        let client = shown(&fields, authorization)?;
        let grant = match fields.needed("grant_type")? {
            "authorization_code" => Grant::Code {
                code: fields.needed("code")?.to_owned().into(),
                redirect_uri: fields.get("redirect_uri").map(str::to_owned),
                verifier: fields.needed("code_verifier")?.to_owned(),
            },
            "refresh_token" => Grant::Refresh {
                token: fields.needed("refresh_token")?.to_owned().into(),
                most: scope::read(fields.get("scope"))?,
            },
            _ => {
                let description = "grant_type must be authorization_code or refresh_token";
                return Err(OAuthFault::new(OAuthError::UnsupportedGrantType, description));
            }
        };
        Ok(TokenRequest { client, grant, resource: resource(&fields)? })
    }
}

/// A form that was sent to the revocation endpoint.
pub struct RevocationRequest {
    /// Who sent it.
    pub client: ClientShown,
    /// The token that is to end, with all that belongs to it.
    pub token: Zeroizing<String>,
}

impl RevocationRequest {
    /// Takes a form apart.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(form: &[u8], authorization: Option<&str>) -> Result<RevocationRequest, OAuthFault> {
        let fields = Fields::parse(form)?;
        let client = shown(&fields, authorization)?;
        Ok(RevocationRequest { client, token: fields.needed("token")?.to_owned().into() })
    }
}

/// Who sent a form: by the header, or by the form, and never by both (RFC 6749, section 2.3).
fn shown(fields: &Fields, authorization: Option<&str>) -> Result<ClientShown, OAuthFault> {
    if fields.get("client_assertion").is_some() {
        return Err(invalid_client("client assertions are not taken here"));
    }
    let (in_form, secret) = (fields.get("client_id"), fields.get("client_secret"));
    let client = match authorization {
        None => {
            let client_id = in_form.ok_or_else(|| invalid_request("the parameter client_id is missing"))?;
            ClientShown { client_id: client_id.to_owned(), secret: secret.map(|secret| secret.to_owned().into()) }
        }
        Some(header) => {
            let client = basic::read(header)
                .map(|(client_id, secret)| ClientShown { client_id, secret: Some(secret) })
                .ok_or_else(|| invalid_client("the header Authorization is not Basic with a client and its secret"))?;
            if secret.is_some() || in_form.is_some_and(|named| named != client.client_id) {
                return Err(invalid_request("the client shows itself twice: by the header and by the form"));
            }
            client
        }
    };
    if client.client_id.len() > CLIENT_ID_LENGTH_MAX {
        return Err(invalid_client("there is no such client"));
    }
    Ok(client)
}

fn invalid_client(description: &str) -> OAuthFault {
    OAuthFault::new(OAuthError::InvalidClient, description)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const CODE: &str =
        "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fa.example%2Fcb&client_id=me&code_verifier=v";

    fn header(client: &str, secret: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))
    }

    #[test]
    fn a_code_and_a_refresh_token_are_brought_by_a_client_that_says_who_it_is() {
        let request = TokenRequest::parse(CODE.as_bytes(), None).unwrap();
        assert_eq!((request.client.client_id.as_str(), request.client.secret.is_some()), ("me", false));
        assert!(matches!(request.grant, Grant::Code { redirect_uri: Some(to), .. } if to == "https://a.example/cb"));
        let form = b"grant_type=refresh_token&refresh_token=r&client_id=me&client_secret=s&resource=https%3A%2F%2Fg.example%2Fmcp";
        let request = TokenRequest::parse(form, None).unwrap();
        assert_eq!(request.client.secret.as_deref().map(String::as_str), Some("s"));
        assert_eq!(request.resource.as_deref(), Some("https://g.example/mcp"));
        let form = b"grant_type=refresh_token&refresh_token=r";
        let request = TokenRequest::parse(form, Some(&header("https%3A%2F%2Fa.example", "a%2Bb+c"))).unwrap();
        assert_eq!(request.client.client_id, "https://a.example");
        assert_eq!(request.client.secret.as_deref().map(String::as_str), Some("a+b c"));
    }

    #[test]
    fn a_form_that_is_not_whole_or_shows_two_clients_is_refused_by_name() {
        use OAuthError::{InvalidClient, InvalidRequest, UnsupportedGrantType};
        let basic = header("me", "s");
        for (form, authorization, error) in [
            ("", None, InvalidRequest),
            ("client_id=me", None, InvalidRequest),
            ("grant_type=authorization_code&code=c&code_verifier=v", None, InvalidRequest),
            ("grant_type=authorization_code&code=c&client_id=me", None, InvalidRequest),
            ("grant_type=authorization_code&client_id=me&code_verifier=v", None, InvalidRequest),
            ("grant_type=refresh_token&client_id=me", None, InvalidRequest),
            ("grant_type=password&client_id=me&username=a&password=b", None, UnsupportedGrantType),
            ("grant_type=client_credentials&client_id=me", None, UnsupportedGrantType),
            ("grant_type=refresh_token&refresh_token=r&client_id=me&client_secret=s", Some(&*basic), InvalidRequest),
            ("grant_type=refresh_token&refresh_token=r&client_id=other", Some(&*basic), InvalidRequest),
            ("grant_type=refresh_token&refresh_token=r&client_id=me", Some("Bearer x"), InvalidClient),
            ("grant_type=refresh_token&refresh_token=r&client_id=me", Some("Basic !"), InvalidClient),
            ("grant_type=refresh_token&refresh_token=r&client_id=me&client_assertion=e", None, InvalidClient),
            ("grant_type=refresh_token&refresh_token=r&refresh_token=q&client_id=me", None, InvalidRequest),
        ] {
            let fault = TokenRequest::parse(form.as_bytes(), authorization).map(|_| ()).unwrap_err();
            assert_eq!(fault.error, error, "{form}");
        }
        assert!(RevocationRequest::parse(b"client_id=me", None).is_err());
        assert!(RevocationRequest::parse(b"client_id=me&token=t&token_type_hint=refresh_token", None).is_ok());
    }
}
