//! What a client asks a person for: the query with which the browser comes (RFC 6749, section 4.1.1).
//!
//! It is taken apart in two steps. Before client and redirect URI are known to belong together nothing is sent anywhere
//! ([`Asked`]); from then on whatever is wrong is told to the client, where it asked for that ([`Asked::wanted`]).

use domain::grant::Profile;

use super::fault::invalid_request;
use super::fields::Fields;
use super::{OAuthError, OAuthFault, pkce, scope};

/// Characters that the client's own `state` may have.
const STATE_LENGTH_MAX: usize = 1_024;
/// Characters of an identifier of a client, which may be a URL.
pub const CLIENT_ID_LENGTH_MAX: usize = 512;
/// Characters of the address of a resource.
const RESOURCE_LENGTH_MAX: usize = 512;

/// The query, taken apart.
pub struct Asked {
    fields: Fields,
}

/// What a client wants that may be told what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The client's own word, which it gets back.
    pub state: Option<String>,
    /// The challenge whose answer it will bring, by S256.
    pub challenge: String,
    /// For what address its tokens are to be good, where it says so (RFC 8707).
    pub resource: Option<String>,
    /// The most that it asks to be let do; where it does not say, whatever its person may.
    pub most: Profile,
}

impl Asked {
    /// Takes a query apart.
    ///
    /// # Errors
    /// Where it is too long, or has something twice.
    pub fn parse(query: &str) -> Result<Asked, OAuthFault> {
        Ok(Asked { fields: Fields::parse(query.as_bytes())? })
    }

    /// Who asks.
    ///
    /// # Errors
    /// Where that is not said.
    pub fn client_id(&self) -> Result<&str, OAuthFault> {
        let client_id = self.fields.needed("client_id")?;
        let fits = client_id.len() <= CLIENT_ID_LENGTH_MAX && client_id.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(client_id)
            .ok_or_else(|| invalid_request("the parameter client_id is not an identifier of a client"))
    }

    /// Where the person is to be sent back to. A client always says so, also where it has registered one address alone.
    ///
    /// # Errors
    /// Where that is not said.
    pub fn redirect_uri(&self) -> Result<&str, OAuthFault> {
        self.fields.needed("redirect_uri")
    }

    /// The client's own word, to be given back with whatever is told to it.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.fields.get("state").filter(|state| state.len() <= STATE_LENGTH_MAX)
    }

    /// What it wants.
    ///
    /// # Errors
    /// What is wrong with it, to be told to the client.
    pub fn wanted(&self) -> Result<Wanted, OAuthFault> {
        if self.fields.get("state").is_some_and(|state| state.len() > STATE_LENGTH_MAX) {
            return Err(invalid_request(format!("the parameter state is longer than {STATE_LENGTH_MAX} characters")));
        }
        if self.fields.get("request").is_some() || self.fields.get("request_uri").is_some() {
            return Err(invalid_request("request objects are not taken; send the parameters as they are"));
        }
        match self.fields.needed("response_type")? {
            "code" => {}
            _ => {
                let description = "only response_type=code is answered";
                return Err(OAuthFault::new(OAuthError::UnsupportedResponseType, description));
            }
        }
        match self.fields.get("response_mode") {
            None | Some("query") => {}
            Some(_) => return Err(invalid_request("only response_mode=query is answered")),
        }
        let challenge = self.fields.needed("code_challenge")?;
        // Without a method it would be `plain` (RFC 7636, section 4.3).
        if self.fields.get("code_challenge_method") != Some("S256") {
            return Err(invalid_request("the parameter code_challenge_method must be S256"));
        }
        if !pkce::is_challenge(challenge) {
            return Err(invalid_request("the parameter code_challenge is not the base64url of a SHA-256"));
        }
        Ok(Wanted {
            state: self.state().map(str::to_owned),
            challenge: challenge.to_owned(),
            resource: resource(&self.fields)?,
            most: scope::read(self.fields.get("scope"))?.unwrap_or(Profile::Full),
        })
    }
}

/// The address for which tokens are to be good.
pub(super) fn resource(fields: &Fields) -> Result<Option<String>, OAuthFault> {
    match fields.get("resource") {
        Some(resource) if resource.len() > RESOURCE_LENGTH_MAX || resource.contains('#') => {
            Err(OAuthFault::new(OAuthError::InvalidTarget, "there is no such resource here"))
        }
        resource => Ok(resource.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn query(changes: &[(&str, Option<&str>)]) -> String {
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", "https://client.example/metadata.json"),
            ("redirect_uri", "http://127.0.0.1:1234/cb"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "a b"),
            ("resource", "https://gate.example/o/acme/mcp"),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.extend(value.map(|value| (*name, value)));
        }
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }

    #[test]
    fn what_a_client_asks_for_is_taken_as_it_is_said() {
        let asked = Asked::parse(&query(&[])).unwrap();
        assert_eq!(asked.client_id().unwrap(), "https://client.example/metadata.json");
        assert_eq!(asked.redirect_uri().unwrap(), "http://127.0.0.1:1234/cb");
        let wanted = asked.wanted().unwrap();
        assert_eq!((wanted.state.as_deref(), wanted.challenge.as_str()), (Some("a b"), CHALLENGE));
        assert_eq!(wanted.resource.as_deref(), Some("https://gate.example/o/acme/mcp"));
        assert_eq!(wanted.most, Profile::Full, "who asks for no scope asks for everything");
        // Scopes that there are not, prompts and other parameters change nothing.
        let more = query(&[("scope", Some("openid offline_access")), ("prompt", Some("consent")), ("state", None)]);
        let more = Asked::parse(&more).unwrap().wanted().unwrap();
        assert_eq!((more.state, more.most), (None, Profile::Full));
        let less = Asked::parse(&query(&[("scope", Some("openid tools:read"))])).unwrap().wanted().unwrap();
        assert_eq!(less.most, Profile::ReadOnly);
        let twice = format!("{}&resource=https%3A%2F%2Fgate.example%2Fo%2Facme%2Fmcp", query(&[]));
        assert!(Asked::parse(&twice).unwrap().wanted().is_ok(), "the same resource twice is that resource");
    }

    #[test]
    fn what_is_missing_twice_there_or_weak_is_refused_by_its_name() {
        use OAuthError::{InvalidRequest, InvalidScope, InvalidTarget, UnsupportedResponseType};
        for (name, value, error) in [
            ("response_type", None, InvalidRequest),
            ("response_type", Some("token"), UnsupportedResponseType),
            ("response_type", Some("code id_token"), UnsupportedResponseType),
            ("response_mode", Some("fragment"), InvalidRequest),
            ("response_mode", Some("form_post"), InvalidRequest),
            ("code_challenge", None, InvalidRequest),
            ("code_challenge", Some(""), InvalidRequest),
            ("code_challenge", Some("short"), InvalidRequest),
            ("code_challenge_method", None, InvalidRequest),
            ("code_challenge_method", Some("plain"), InvalidRequest),
            ("code_challenge_method", Some("s256"), InvalidRequest),
            ("request", Some("eyJ"), InvalidRequest),
            ("request_uri", Some("https://a.example"), InvalidRequest),
            ("resource", Some("https://gate.example/o/acme/mcp#x"), InvalidTarget),
            ("scope", Some("tools:READ"), InvalidScope),
        ] {
            let fault = Asked::parse(&query(&[(name, value)])).unwrap().wanted().unwrap_err();
            assert_eq!(fault.error, error, "{name}={value:?}");
        }
        for name in ["client_id", "redirect_uri", "state", "code_challenge", "resource"] {
            let twice = format!("{}&{name}=other", query(&[]));
            assert!(Asked::parse(&twice).is_err(), "{name}");
        }
        let long = "s".repeat(STATE_LENGTH_MAX + 1);
        let asked = Asked::parse(&query(&[("state", Some(&long))])).unwrap();
        assert!(asked.wanted().is_err() && asked.state().is_none());
        for (name, value) in [("client_id", None), ("client_id", Some("a b")), ("client_id", Some("\u{e9}"))] {
            assert!(Asked::parse(&query(&[(name, value)])).unwrap().client_id().is_err());
        }
        assert!(Asked::parse(&query(&[("redirect_uri", None)])).unwrap().redirect_uri().is_err());
        assert!(Asked::parse(&"a".repeat(20_000)).is_err());
    }
}
