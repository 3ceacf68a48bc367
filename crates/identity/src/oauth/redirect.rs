//! Where a client has a person sent back to.
//!
//! https, or http on the person's own machine (OAuth 2.1, section 8.4; RFC 8252, section 7.3), or an application's own
//! scheme where the operator lets it. Compared byte for byte; of an address on the person's own machine the port may vary,
//! since a program there takes whichever is free.

use super::{OAuthError, OAuthFault};
use crate::oidc::{UrlFault, check_url, is_this_machine, origin_of};

/// Characters that such an address may have at most.
const LENGTH_MAX: usize = 1_024;
/// Schemes that no application has for itself: a browser does something of its own with them.
const NEVER: [&str; 14] = [
    "http",
    "https",
    "javascript",
    "data",
    "file",
    "blob",
    "about",
    "vbscript",
    "view-source",
    "ws",
    "wss",
    "ftp",
    "mailto",
    "tel",
];

/// An address to which a person may be sent back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads an address; `schemes` are those of applications that the operator lets be used.
    ///
    /// # Errors
    /// `invalid_redirect_uri` with what is wrong.
    pub fn parse(text: &str, schemes: &[String]) -> Result<RedirectUri, OAuthFault> {
        let refused = |why: &str| OAuthFault::new(OAuthError::InvalidRedirectUri, format!("a redirect URI {why}"));
        if text.len() > LENGTH_MAX {
            return Err(refused(&format!("is longer than {LENGTH_MAX} characters")));
        }
        let own = text.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_own_scheme(scheme));
        if let Some(scheme) = own {
            if text.contains('#') {
                return Err(refused("must not contain a #"));
            }
            let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>;,'".contains(&byte));
            if !schemes.iter().any(|allowed| allowed == scheme) || !is_plain {
                let why = "must begin with https://, or with http:// on the person's own machine; an operator can let \
                           an application's own scheme be used with the setting redirect-schemes";
                return Err(refused(why));
            }
            return Ok(RedirectUri(text.to_owned()));
        }
        check_url(text).map_err(|fault| match fault {
            UrlFault::Insecure => refused("must be https, or http on the person's own machine"),
            fault => refused(&fault.to_string()),
        })?;
        // What stands in the policy of a page cannot end it there.
        if text.bytes().any(|byte| b"\"<>;,'*".contains(&byte)) {
            return Err(refused("has a character that must be written as % and two hexadecimal digits"));
        }
        Ok(RedirectUri(text.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client that has registered this address may have people sent to that one.
    #[must_use]
    pub fn allows(&self, asked: &str) -> bool {
        self.0 == asked
            || matches!((without_port(&self.0), without_port(asked)), (Some(own), Some(other)) if own == other)
    }

    /// Whether it leads to a program on the person's own machine, which anybody can say to be.
    #[must_use]
    pub fn is_on_own_machine(&self) -> bool {
        without_port(&self.0).is_some() || is_own_scheme(self.scheme())
    }

    /// Where it leads, for the person to see: the host with its port, or the scheme of an application.
    #[must_use]
    pub fn shown(&self) -> &str {
        let origin = self.origin();
        origin.split_once("://").map_or(origin, |(_, host)| host)
    }

    /// What the policy of a page must name so that its form may end up there: scheme, host and port, or the scheme alone.
    #[must_use]
    pub fn origin(&self) -> &str {
        let scheme = self.scheme();
        if is_own_scheme(scheme) { self.0.get(..scheme.len() + 1).unwrap_or_default() } else { origin_of(&self.0) }
    }

    /// The address with these parameters behind what it has.
    #[must_use]
    pub fn with(&self, parameters: &[(&str, &str)]) -> String {
        let joint = if self.0.contains('?') { '&' } else { '?' };
        let mut query = form_urlencoded::Serializer::new(String::new());
        parameters.iter().for_each(|(name, value)| _ = query.append_pair(name, value));
        format!("{}{joint}{}", self.0, query.finish())
    }

    fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }
}

/// Whether a text can be the scheme of an application (RFC 3986, section 3.1), in lower case.
#[must_use]
pub fn is_own_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
        && !NEVER.contains(&text)
}

/// An address over http on the person's own machine, in two parts: before and after its port.
fn without_port(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let host_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at_checked(host_end)?;
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_number);
    (is_port && is_this_machine(host)).then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text, &["cursor".to_owned()]).unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    #[test]
    fn https_ones_own_machine_and_what_the_operator_lets_are_the_places_to_be_sent_back_to() {
        for (text, shown, origin) in [
            ("https://claude.ai/api/mcp/auth_callback", "claude.ai", "https://claude.ai"),
            ("https://client.example:8443/cb?a=b", "client.example:8443", "https://client.example:8443"),
            ("http://127.0.0.1/callback", "127.0.0.1", "http://127.0.0.1"),
            ("http://localhost:33418", "localhost:33418", "http://localhost:33418"),
            ("http://[::1]:9/cb", "[::1]:9", "http://[::1]:9"),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:", "cursor:"),
        ] {
            let uri = uri(text);
            assert_eq!((uri.shown(), uri.origin()), (shown, origin), "{text}");
        }
        for text in [
            "",
            "/cb",
            "claude.ai/cb",
            "http://client.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://localhost.evil.example/cb",
            "https://a@b.example/cb",
            "https://client.example/cb#x",
            "https://client.example/a b",
            "https://client.example/;script-src *",
            "https://*.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://a.example/1",
            "vscode://x/y",
            "Cursor://x/y",
            "cursor://x/y#z",
            "cursor://x/\"y",
            "HTTPS://client.example/cb",
            "//client.example/cb",
            "https:client.example",
            "https:///cb",
        ] {
            let fault = RedirectUri::parse(text, &["cursor".to_owned()]).unwrap_err();
            assert_eq!(fault.error, OAuthError::InvalidRedirectUri, "{text}");
        }
        assert!(RedirectUri::parse(&format!("https://a.example/{}", "a".repeat(LENGTH_MAX)), &[]).is_err());
    }

    #[test]
    fn an_address_is_allowed_byte_for_byte_and_on_ones_own_machine_whatever_the_port() {
        let exact = uri("https://client.example/cb");
        assert!(exact.allows("https://client.example/cb"));
        for near in [
            "https://client.example/cb/",
            "https://client.example/cb?",
            "https://client.example/CB",
            "https://client.example:443/cb",
            "https://client.example./cb",
            "https://client.example/cb#",
            "https://client.example/cb/../cb",
            "https://client.example/%63b",
            "http://client.example/cb",
            "https://client.example.evil.example/cb",
            "https://evil.example/https://client.example/cb",
            "",
        ] {
            assert!(!exact.allows(near), "{near}");
        }
        let own = uri("http://127.0.0.1:1234/cb");
        assert!(own.allows("http://127.0.0.1/cb") && own.allows("http://127.0.0.1:65535/cb"));
        for near in [
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1x/cb",
            "http://127.0.0.1:+80/cb",
            "http://localhost:1234/cb",
            "http://127.0.0.1/cb2",
            "http://127.0.0.1:80@evil.example/cb",
            "https://127.0.0.1:1234/cb",
            "http://127.0.0.1:1234/cb?x",
        ] {
            assert!(!own.allows(near), "{near}");
        }
        assert!(uri("http://[::1]/cb").allows("http://[::1]:80/cb"));
        assert!(own.is_on_own_machine() && uri("cursor://a/b").is_on_own_machine() && !exact.is_on_own_machine());
    }

    #[test]
    fn parameters_are_added_behind_what_an_address_has_and_end_nothing() {
        assert_eq!(
            uri("https://a.example/cb").with(&[("code", "a&b#c"), ("state", "ü")]),
            "https://a.example/cb?code=a%26b%23c&state=%C3%BC"
        );
        assert_eq!(uri("https://a.example/cb?x=y").with(&[("code", "1")]), "https://a.example/cb?x=y&code=1");
    }
}
