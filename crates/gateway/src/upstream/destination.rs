//! Where an upstream may be. Every URL that somebody gave us passes here before anything is sent to it.
//!
//! The guard against addresses of the operator's own network, checked after the name was looked up, belongs
//! here as well.

use http::Uri;

use crate::options::without_port;
use crate::upstream::failure::Failure;

/// The URL as the HTTP client takes it: encrypted, or to a host that the operator allows without.
pub(crate) fn parse(url: &str, plain_http_hosts: &[String]) -> Result<Uri, Failure> {
    let wrong = |why: &str| Failure::Destination(why.to_owned());
    if !url.is_ascii() || url.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err(wrong("its URL has characters that a URL must not have"));
    }
    let uri: Uri = url.parse().map_err(|_| wrong("its URL is not one, expected https://host/path"))?;
    let authority = uri.authority().ok_or_else(|| wrong("its URL names no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("its URL holds a user name; give the credential apart from the URL"));
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(wrong("its URL names no host"));
    }
    let host = without_port(authority.as_str());
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if plain_http_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)) => Ok(uri),
        Some("http") => Err(wrong(
            "its URL must begin with https://; the operator can allow its host without, with the setting plain-http-hosts",
        )),
        _ => Err(wrong("its URL must begin with https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_or_explicitly_allowed_destinations_pass() {
        let allowed = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        let passes = |url: &str| parse(url, &allowed).is_ok();
        for url in ["https://a.example/mcp", "http://127.0.0.1:9/mcp", "http://LOCALHOST/x", "http://[::1]:80/"] {
            assert!(passes(url), "{url}");
        }
        for url in [
            "http://a.example/mcp",
            "ftp://a.example/",
            "file:///etc/passwd",
            "//a.example",
            "/mcp",
            "",
            "https://user:secret@a.example/",
            "http://127.0.0.1@a.example/",
            "http://localhost.a.example/",
            "https://a.example/\r\nx: y",
            "https://exämple.org/",
            "javascript:alert(1)",
        ] {
            assert!(!passes(url), "{url}");
        }
    }
}
