//! What a client says of itself: when it registers (RFC 7591), or in a document at the address that is its identifier
//! (OAuth Client ID Metadata Document). Everything in it is its own word, and shown as that.

use serde::{Deserialize, Serialize};

use super::redirect::RedirectUri;
use super::{OAuthError, OAuthFault};
use crate::oidc::{check_url, has_dot_segment, object};

/// Bytes of such a document.
pub const METADATA_LENGTH_MAX: usize = 65_536;
/// Characters of a name that are shown.
const NAME_LENGTH_MAX: usize = 80;
/// Addresses that a client may have people sent back to.
const REDIRECTS_MAX: usize = 20;

/// How a client shows who it is when it brings a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ShowsItself {
    /// Not at all: it runs where it can keep nothing to itself.
    #[serde(rename = "none")]
    Not,
    /// With a secret in the form.
    #[serde(rename = "client_secret_post")]
    Post,
    /// With a secret in the header `Authorization`.
    #[serde(rename = "client_secret_basic")]
    Basic,
}

impl ShowsItself {
    /// The word of the specification.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ShowsItself::Not => "none",
            ShowsItself::Post => "client_secret_post",
            ShowsItself::Basic => "client_secret_basic",
        }
    }

    /// The way that a word of the specification names, where it is one of these.
    #[must_use]
    pub fn from_word(word: &str) -> Option<ShowsItself> {
        [ShowsItself::Not, ShowsItself::Post, ShowsItself::Basic].into_iter().find(|way| way.as_str() == word)
    }
}

/// A client as it describes itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientMetadata {
    /// What it calls itself. One line.
    pub name: Option<String>,
    /// Where it may have people sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it shows who it is.
    pub shows_itself: ShowsItself,
}

#[derive(Deserialize)]
struct Document {
    client_id: Option<String>,
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
}

impl ClientMetadata {
    /// Reads what a client registers with.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn registered(document: &[u8], schemes: &[String]) -> Result<ClientMetadata, OAuthFault> {
        let (_, metadata) = read(document, schemes)?;
        Ok(metadata)
    }

    /// Reads the document at the address that is the client's identifier.
    ///
    /// # Errors
    /// What is wrong with it: also where it is of another client, or where the client would show itself by a secret, which
    /// a document that anybody reads cannot hold.
    pub fn at(client_id: &str, document: &[u8], schemes: &[String]) -> Result<ClientMetadata, OAuthFault> {
        let (stated, metadata) = read(document, schemes)?;
        if stated.as_deref() != Some(client_id) {
            return Err(unfit("the metadata document names another client_id than the address that it is at"));
        }
        if metadata.shows_itself != ShowsItself::Not {
            return Err(unfit(
                "a client with a metadata document has no secret: token_endpoint_auth_method must be none",
            ));
        }
        Ok(metadata)
    }

    /// The registered address that lets a person be sent there.
    #[must_use]
    pub fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered.allows(redirect_uri))
    }
}

/// Whether an identifier of a client is the address of a document in which it describes itself: with a path, and without what
/// could be read as another address.
#[must_use]
pub fn is_document_url(client_id: &str) -> bool {
    let path = client_id.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    let is_plain = |path: &str| !path.is_empty() && !has_dot_segment(path);
    check_url(client_id).is_ok() && path.is_some_and(is_plain)
}

fn unfit(description: impl Into<String>) -> OAuthFault {
    OAuthFault::new(OAuthError::InvalidClientMetadata, description)
}

fn read(document: &[u8], schemes: &[String]) -> Result<(Option<String>, ClientMetadata), OAuthFault> {
    if document.len() > METADATA_LENGTH_MAX {
        return Err(unfit(format!("the metadata is longer than {METADATA_LENGTH_MAX} bytes")));
    }
    let document: Document = object(document)
        .ok_or_else(|| unfit("the metadata is not a JSON object of the form that RFC 7591 describes"))?;
    let names =
        |list: &Option<Vec<String>>, word: &str| list.as_ref().is_none_or(|list| list.iter().any(|one| one == word));
    if !names(&document.grant_types, "authorization_code") {
        return Err(unfit("grant_types must name authorization_code: there is no other way to be connected here"));
    }
    if !names(&document.response_types, "code") {
        return Err(unfit("response_types must name code"));
    }
    // A client that says nothing is a public one to us: it is told so in the answer, as RFC 7591 lets a server do.
    let word = document.token_endpoint_auth_method.as_deref().unwrap_or("none");
    let shows_itself = ShowsItself::from_word(word)
        .ok_or_else(|| unfit("token_endpoint_auth_method must be none, client_secret_post or client_secret_basic"))?;
    let stated = document.redirect_uris.unwrap_or_default();
    if stated.is_empty() || stated.len() > REDIRECTS_MAX {
        let description = format!("redirect_uris must name 1 to {REDIRECTS_MAX} addresses");
        return Err(OAuthFault::new(OAuthError::InvalidRedirectUri, description));
    }
    let mut redirect_uris = Vec::new();
    for text in &stated {
        redirect_uris.push(RedirectUri::parse(text, schemes)?);
    }
    let name = document.client_name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Ok((document.client_id, ClientMetadata { name, redirect_uris, shows_itself }))
}

/// A name as it is shown: without control characters and such that change how the text around them is read, cut where it is
/// too long.
fn one_line(name: &str) -> String {
    let plain = name.chars().filter(|letter| letter.is_whitespace() || !letter.is_control() && !is_invisible(*letter));
    let plain: String = plain.collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME_LENGTH_MAX).collect()
}

/// What is not seen itself: marks of direction, joiners, fillers and the like (Unicode, Default_Ignorable_Code_Point, and the
/// empty pattern of Braille), and what breaks a line.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const AT: &str = "https://client.example/oauth/metadata.json";

    fn document(changes: Value) -> Vec<u8> {
        let mut document = json!({
            "client_id": AT, "client_name": "A Client", "redirect_uris": ["http://127.0.0.1/cb", "https://client.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none", "scope": "x", "contacts": ["a"], "unknown": {"a": 1},
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        serde_json::to_vec(&document).unwrap()
    }

    #[test]
    fn a_client_is_what_it_says_of_itself_where_that_can_be() {
        let metadata = ClientMetadata::at(AT, &document(json!({})), &[]).unwrap();
        assert_eq!((metadata.name.as_deref(), metadata.shows_itself), (Some("A Client"), ShowsItself::Not));
        assert!(metadata.allows("http://127.0.0.1:80/cb") && metadata.allows("https://client.example/cb"));
        assert!(!metadata.allows("https://client.example/cb2"));
        let least = br#"{"redirect_uris":["http://localhost/cb"]}"#;
        let least = ClientMetadata::registered(least, &[]).unwrap();
        assert_eq!((least.name, least.shows_itself), (None, ShowsItself::Not));
        for (method, shows) in [("client_secret_post", ShowsItself::Post), ("client_secret_basic", ShowsItself::Basic)]
        {
            let secret = document(json!({"token_endpoint_auth_method": method}));
            assert_eq!(ClientMetadata::registered(&secret, &[]).unwrap().shows_itself, shows);
            assert!(ClientMetadata::at(AT, &secret, &[]).is_err(), "what everybody reads holds no secret");
        }
    }

    #[test]
    fn an_identifier_is_a_documents_address_only_where_it_can_be_read_in_one_way() {
        for url in [AT, "https://client.example:8443/a?b", "http://127.0.0.1:9/client.json"] {
            assert!(is_document_url(url), "{url}");
        }
        for other in [
            "",
            "registered_x",
            "https://client.example",
            "https://client.example/",
            "http://client.example/metadata.json",
            "https://a@client.example/x",
            "https://client.example/x#y",
            "https://client.example/a/../b",
            "https://client.example/%2E%2e/b",
            "HTTPS://client.example/x",
            "//client.example/x",
            "https:///x",
            "https://client.example/a b",
        ] {
            assert!(!is_document_url(other), "{other}");
        }
    }

    #[test]
    fn what_a_client_cannot_be_is_refused_with_its_reason() {
        use OAuthError::{InvalidClientMetadata, InvalidRedirectUri};
        for (changes, error) in [
            (json!({"redirect_uris": []}), InvalidRedirectUri),
            (json!({"redirect_uris": null}), InvalidRedirectUri),
            (json!({"redirect_uris": ["http://client.example/cb"]}), InvalidRedirectUri),
            (json!({"redirect_uris": ["https://client.example/cb", "javascript:alert(1)"]}), InvalidRedirectUri),
            (json!({"redirect_uris": vec!["https://client.example/cb"; 21]}), InvalidRedirectUri),
            (json!({"redirect_uris": "https://client.example/cb"}), InvalidClientMetadata),
            (json!({"grant_types": ["client_credentials"]}), InvalidClientMetadata),
            (json!({"response_types": ["token"]}), InvalidClientMetadata),
            (json!({"token_endpoint_auth_method": "private_key_jwt"}), InvalidClientMetadata),
            (json!({"client_name": 7}), InvalidClientMetadata),
        ] {
            let fault = ClientMetadata::registered(&document(changes.clone()), &[]).unwrap_err();
            assert_eq!(fault.error, error, "{changes}");
        }
        for text in ["", "[]", "null", "\"x\"", "{", r#"{"redirect_uris":["https://a.example"],"redirect_uris":[]}"#] {
            assert!(ClientMetadata::registered(text.as_bytes(), &[]).is_err(), "{text}");
        }
        assert!(ClientMetadata::at("https://client.example/other", &document(json!({})), &[]).is_err());
        assert!(ClientMetadata::at(AT, &document(json!({"client_id": null})), &[]).is_err());
        assert!(ClientMetadata::registered(&vec![b' '; METADATA_LENGTH_MAX + 1], &[]).is_err());
    }

    #[test]
    fn a_name_is_one_line_of_letters_that_are_seen() {
        for (stated, shown) in [
            ("  A\n\tClient  ", Some("A Client")),
            ("Good\u{202e}evil\u{200b}", Some("Goodevil")),
            ("\u{0}\u{feff}", None),
            ("\u{3164}\u{2800}\u{e0100}", None),
            ("", None),
        ] {
            let metadata = ClientMetadata::registered(&document(json!({"client_name": stated})), &[]).unwrap();
            assert_eq!(metadata.name.as_deref(), shown, "{stated:?}");
        }
        let long = ClientMetadata::registered(&document(json!({"client_name": "x".repeat(500)})), &[]).unwrap();
        assert_eq!(long.name.unwrap().len(), NAME_LENGTH_MAX);
    }
}
