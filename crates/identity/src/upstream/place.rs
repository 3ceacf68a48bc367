//! The address of an upstream in its parts: scheme, host and port; path; query.
//!
//! An upstream may be reached without TLS where the operator lets it; nothing that belongs to signing in may.

use crate::oidc::{UrlFault, check_url, has_dot_segment, origin_of};

/// An address in its parts.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Scheme, host and port, as written.
    pub(super) origin: &'a str,
    /// From the first slash; empty where there is none.
    pub(super) path: &'a str,
    /// What follows the question mark, with it; empty where there is none.
    pub(super) query: &'a str,
}

/// The host of an address, with its port where one is written, as people are shown where they are sent.
#[must_use]
pub fn host(url: &str) -> Option<&str> {
    place(url)?.origin.split_once("://").map(|(_, host)| host)
}

/// Takes an address over http or https apart, if it is one.
pub(super) fn place(url: &str) -> Option<Place<'_>> {
    let over_http = url.starts_with("http://") || url.starts_with("https://");
    let is_address = matches!(check_url(url), Ok(()) | Err(UrlFault::Insecure));
    if !over_http || !is_address {
        return None;
    }
    let origin = origin_of(url);
    let rest = url.get(origin.len()..)?;
    let (path, query) = rest.split_at_checked(rest.find('?').unwrap_or(rest.len()))?;
    Some(Place { origin, path, query })
}

impl Place<'_> {
    /// Whether both lead to the same server. Neither the case of a host nor a port that goes without saying makes a difference.
    pub(super) fn has_origin_of(&self, other: &Place<'_>) -> bool {
        plain(self.origin) == plain(other.origin)
    }

    /// Whether the other address is this one or one below it, part by part.
    pub(super) fn holds(&self, other: &Place<'_>) -> bool {
        let own = self.path.strip_suffix('/').unwrap_or(self.path);
        let is_below = |rest: &str| rest.is_empty() || rest.starts_with('/');
        self.has_origin_of(other)
            && !has_dot_segment(self.path)
            && !has_dot_segment(other.path)
            && (self.query.is_empty() || (self.query == other.query && self.path == other.path))
            && other.path.strip_prefix(own).is_some_and(is_below)
    }
}

/// Whether what is said at one address may lead to the other: from https to nothing that is not, this machine included, where
/// only what is on it itself, or in the operator's own network, has any business.
pub(super) fn may_lead(from: &str, to: &str) -> bool {
    to.starts_with("https://") || from.starts_with("http://")
}

fn plain(origin: &str) -> String {
    let origin = origin.to_ascii_lowercase();
    let port = if origin.starts_with("https://") { ":443" } else { ":80" };
    origin.strip_suffix(port).map(str::to_owned).unwrap_or(origin)
}
