//! The addresses of a provider: https, or http on this machine for trial.
//!
//! An issuer is compared byte for byte and never normalized: two spellings are two issuers.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;

/// Characters that an address of a provider may have at most.
const URL_LENGTH_MAX: usize = 2_048;

/// Why a text is no address of a provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UrlFault {
    /// Longer than any.
    #[error("is longer than {URL_LENGTH_MAX} characters")]
    TooLong,
    /// Not a URL with a host.
    #[error("is not a complete URL")]
    Form,
    /// Neither https nor on this machine.
    #[error("must begin with https:// (http:// is for a provider on this machine alone)")]
    Insecure,
    /// It carries a name or a password.
    #[error("must not contain a name or password before the host")]
    UserInfo,
    /// It has a fragment.
    #[error("must not contain a #")]
    Fragment,
    /// It is an issuer and has a query.
    #[error("must not contain a ?")]
    Query,
}

/// Who says who somebody is, as its discovery document and its tokens write it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Issuer(String);

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    /// [`UrlFault`] where it is not https (or on this machine), or has a query or fragment.
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        check(text)?;
        if text.contains('?') {
            return Err(UrlFault::Query);
        }
        Ok(Self(text.to_owned()))
    }

    /// The issuer, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where its discovery document is.
    #[must_use]
    pub fn discovery_url(&self) -> String {
        let base = self.0.strip_suffix('/').unwrap_or(&self.0);
        format!("{base}/.well-known/openid-configuration")
    }
}

/// An address that a provider names for one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint(String);

impl Endpoint {
    /// Reads an address.
    ///
    /// # Errors
    /// [`UrlFault`] where it is not https (or on this machine).
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port, as the policy of a page that leads there must name them.
    #[must_use]
    pub fn origin(&self) -> &str {
        origin_of(&self.0)
    }
}

/// Scheme, host and port of an address that was checked.
pub(crate) fn origin_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |place| place + 3);
    let rest = url.get(after_scheme..).unwrap_or_default();
    let end = rest.find(['/', '?']).map_or(url.len(), |place| after_scheme + place);
    url.get(..end).unwrap_or_default()
}

pub(crate) fn check(text: &str) -> Result<(), UrlFault> {
    if text.len() > URL_LENGTH_MAX {
        return Err(UrlFault::TooLong);
    }
    if text.contains('#') {
        return Err(UrlFault::Fragment);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(UrlFault::Form);
    }
    let uri: Uri = text.parse().map_err(|_| UrlFault::Form)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(UrlFault::Form) };
    if authority.as_str().contains('@') {
        return Err(UrlFault::UserInfo);
    }
    if authority.host().is_empty() {
        return Err(UrlFault::Form);
    }
    // Whoever reads the text later must see what was read here: lower case, and the whole authority.
    if !text.starts_with(&format!("{scheme}://{authority}")) {
        return Err(UrlFault::Form);
    }
    match scheme {
        "https" => Ok(()),
        "http" if is_this_machine(authority.host()) => Ok(()),
        _ => Err(UrlFault::Insecure),
    }
}

/// Whether a path, or a query behind it, has a part that stands for the same or the next higher folder: two programs may read two
/// addresses in it.
pub(crate) fn has_dot_segment(path: &str) -> bool {
    path.split(['/', '?'])
        .any(|part| matches!(part.to_ascii_lowercase().as_str(), "." | ".." | "%2e" | "%2e%2e" | ".%2e" | "%2e."))
}

pub(crate) fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_on_this_machine() {
        for good in [
            "https://accounts.google.com",
            "https://login.example.com:8443/tenant/v2.0",
            "http://localhost:4000",
            "http://127.0.0.1:4000/op",
            "http://[::1]:4000",
        ] {
            assert_eq!(Issuer::parse(good).unwrap().as_str(), good);
        }
        for (bad, fault) in [
            ("http://accounts.google.com", UrlFault::Insecure),
            ("http://localhost.evil.example", UrlFault::Insecure),
            ("http://127.0.0.1.evil.example", UrlFault::Insecure),
            ("http://10.0.0.1", UrlFault::Insecure),
            ("ftp://a.example", UrlFault::Insecure),
            ("file:///etc/passwd", UrlFault::Form),
            ("accounts.google.com", UrlFault::Form),
            ("", UrlFault::Form),
            ("https://", UrlFault::Form),
            ("https://a b", UrlFault::Form),
            ("https://a\\b", UrlFault::Form),
            ("https://caf\u{e9}.example", UrlFault::Form),
            ("https://accounts.google.com@evil.example", UrlFault::UserInfo),
            ("https://a.example#b", UrlFault::Fragment),
            ("https://a.example?b", UrlFault::Query),
        ] {
            assert_eq!(Issuer::parse(bad), Err(fault), "{bad}");
        }
        assert_eq!(Issuer::parse(&format!("https://{}", "a".repeat(2_100))), Err(UrlFault::TooLong));
        assert!(Endpoint::parse("https://a.example/authorize?tenant=1").is_ok());
    }

    #[test]
    fn the_discovery_document_is_below_the_issuer_with_one_slash_between() {
        for (issuer, document) in [
            ("https://a.example", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/t/v2.0", "https://a.example/t/v2.0/.well-known/openid-configuration"),
        ] {
            assert_eq!(Issuer::parse(issuer).unwrap().discovery_url(), document);
        }
    }

    #[test]
    fn the_origin_ends_where_the_path_or_the_query_begins() {
        for (endpoint, origin) in [
            ("https://a.example/authorize?x=/", "https://a.example"),
            ("https://a.example:8443?x=1", "https://a.example:8443"),
            ("https://a.example", "https://a.example"),
        ] {
            assert_eq!(Endpoint::parse(endpoint).unwrap().origin(), origin);
        }
    }
}
