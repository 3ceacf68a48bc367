//! Where somebody is sent after signing in: a place of this installation and of no other.
//!
//! What a request asks for is parsed into [`ReturnTo`] before it is stored, and what is redirected to is always the
//! public URL with this behind it. The grammar is narrower than that of a URL: everything that two programs might read
//! differently is refused, so that no browser, proxy or router can make another host of it. This module never falls
//! back in silence; a caller who wants to go on anyway takes [`ReturnTo::home`].

/// Characters that a place may have at most.
pub const RETURN_TO_LENGTH_MAX: usize = 1_800;

/// A place of this installation: a path, perhaps with a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnTo(String);

/// Why a text is no such place. It never repeats the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReturnToFault {
    /// It is longer than any of our addresses.
    #[error("return_to: is longer than {RETURN_TO_LENGTH_MAX} characters; give a path of this installation")]
    TooLong,
    /// It does not begin with one slash: it is empty, relative or leads elsewhere.
    #[error("return_to: must be a path of this installation, beginning with one /")]
    NotAPath,
    /// It has a character that no address has as it stands, such as a blank, a line break or a backslash.
    #[error("return_to: has a character that must be written as % and two hexadecimal digits")]
    Character,
    /// A percent sign that is not followed by two hexadecimal digits.
    #[error("return_to: has a % that is not followed by two hexadecimal digits")]
    Escape,
    /// It could be read as another path, or as another host: an empty segment, a segment of dots, or a slash, a
    /// backslash or a control character that is escaped.
    #[error("return_to: has a segment that is empty, is . or .., or hides a slash; give the path as it is linked")]
    Ambiguous,
}

impl ReturnTo {
    /// Reads what a request asks for.
    ///
    /// # Errors
    /// The first [`ReturnToFault`] met.
    pub fn parse(text: &str) -> Result<Self, ReturnToFault> {
        if text.len() > RETURN_TO_LENGTH_MAX {
            return Err(ReturnToFault::TooLong);
        }
        let rest = text.strip_prefix('/').ok_or(ReturnToFault::NotAPath)?;
        if rest.starts_with(['/', '\\']) {
            return Err(ReturnToFault::NotAPath);
        }
        if !text.bytes().all(is_plain) {
            return Err(ReturnToFault::Character);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path_bytes = escaped_bytes(path)?;
        escaped_bytes(query)?;
        if path_bytes.iter().any(|byte| matches!(byte, b'/' | b'\\' | b'%') || byte.is_ascii_control()) {
            return Err(ReturnToFault::Ambiguous);
        }
        let mut segments = path.split('/').peekable();
        while let Some(segment) = segments.next() {
            let is_last = segments.peek().is_none();
            if (segment.is_empty() && !is_last) || is_dots(segment) {
                return Err(ReturnToFault::Ambiguous);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The start page.
    #[must_use]
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// The place, as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address to send a browser to, given the public URL of the installation, with or without a slash at its
    /// end.
    #[must_use]
    pub fn below(&self, public_url: &str) -> String {
        format!("{}{}", public_url.trim_end_matches('/'), self.0)
    }
}

/// What stands in an address as it is. No `#`: what follows one never reaches a server.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'#')
}

/// The bytes that are written with a percent sign.
fn escaped_bytes(text: &str) -> Result<Vec<u8>, ReturnToFault> {
    let escapes = text.split('%').skip(1);
    escapes
        .map(|escape| {
            let digits = escape.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
            digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or(ReturnToFault::Escape)
        })
        .collect()
}

/// Whether a segment is one or two dots, however they are written.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use proptest::prelude::*;

    use super::*;

    const PUBLIC: &str = "https://wardroom.example.com";

    #[test]
    fn places_of_the_portal_are_kept_as_they_are() {
        for place in [
            "/",
            "/orgs/acme",
            "/orgs/acme/",
            "/orgs/acme/members?status=invited&q=a%20b%2Fc",
            "/orgs/acme/members?next=//evil.example/",
            "/orgs/a.b/..c/c..",
            "/invitation/wri_0123456789ABCDEFGHIJKLMNOPQRSTUV000000",
            "/caf%C3%A9",
            "/a:b@c",
        ] {
            let parsed = ReturnTo::parse(place).unwrap_or_else(|fault| panic!("{place}: {fault}"));
            assert_eq!(parsed.as_str(), place);
            assert_eq!(parsed.below(&format!("{PUBLIC}/")), format!("{PUBLIC}{place}"));
        }
        assert_eq!(ReturnTo::parse("/").unwrap(), ReturnTo::home());
        assert!(ReturnTo::parse(&format!("/{}", "a".repeat(RETURN_TO_LENGTH_MAX - 1))).is_ok());
    }

    #[test]
    fn every_known_way_to_another_site_is_refused_with_its_reason() {
        use ReturnToFault::{Ambiguous, Character, Escape, NotAPath, TooLong};
        let long = format!("/{}", "a".repeat(RETURN_TO_LENGTH_MAX));
        for (attack, reason) in [
            ("", NotAPath),
            ("orgs/acme", NotAPath),
            ("//evil.example", NotAPath),
            ("///evil.example", NotAPath),
            ("/\\evil.example", NotAPath),
            ("\\\\evil.example", NotAPath),
            ("\\/evil.example", NotAPath),
            ("https://evil.example", NotAPath),
            ("https:evil.example", NotAPath),
            ("javascript:alert(1)", NotAPath),
            ("JaVaScRiPt:alert(1)", NotAPath),
            ("data:text/html,x", NotAPath),
            (" //evil.example", NotAPath),
            ("\t//evil.example", NotAPath),
            ("\n//evil.example", NotAPath),
            ("?next=/", NotAPath),
            ("#/", NotAPath),
            (".//evil.example", NotAPath),
            ("%2f%2fevil.example", NotAPath),
            ("\u{feff}/", NotAPath),
            ("/\t/evil.example", Character),
            ("/\n/evil.example", Character),
            ("/\r\nLocation: https://evil.example", Character),
            ("/a\\..\\b", Character),
            ("/a b", Character),
            ("/\0", Character),
            ("/a#b", Character),
            ("/\"onload=x", Character),
            ("/<script>", Character),
            ("/\u{ff0f}evil.example", Character),
            ("/\u{2215}evil.example", Character),
            ("/caf\u{e9}", Character),
            ("/?q=\u{202e}", Character),
            ("/%2fevil.example", Ambiguous),
            ("/%2Fevil.example", Ambiguous),
            ("/%5cevil.example", Ambiguous),
            ("/%5Cevil.example", Ambiguous),
            ("/%252fevil.example", Ambiguous),
            ("/%09/evil.example", Ambiguous),
            ("/%0d%0aSet-Cookie:x", Ambiguous),
            ("/a/%00", Ambiguous),
            ("/.//evil.example", Ambiguous),
            ("/..//evil.example", Ambiguous),
            ("/%2e%2e//evil.example", Ambiguous),
            ("/a//b", Ambiguous),
            ("/a/../b", Ambiguous),
            ("/a/.%2E/b", Ambiguous),
            ("/.", Ambiguous),
            ("/%", Escape),
            ("/%2", Escape),
            ("/%zz", Escape),
            ("/a?b=%+1", Escape),
            (long.as_str(), TooLong),
        ] {
            assert_eq!(ReturnTo::parse(attack).map(|_| ()), Err(reason), "{attack:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_on_the_public_host(text in "/?[/\\\\a-z.:@%2fF5cC?&=#\t\n \u{e9}]{0,24}") {
            if let Ok(place) = ReturnTo::parse(&text) {
                let address: Uri = place.below(PUBLIC).parse().unwrap();
                prop_assert_eq!(address.scheme_str(), Some("https"));
                prop_assert_eq!(address.authority().unwrap().as_str(), "wardroom.example.com");
                prop_assert_eq!(address.path_and_query().unwrap().as_str(), place.as_str());
                // Taken as relative, as a careless redirect would, it still names no host.
                prop_assert!(!place.as_str().starts_with("//") && !place.as_str().contains('\\'));
            }
        }
    }
}
