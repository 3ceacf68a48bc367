//! Where this installation is, and what follows from that: which pages are ours, and how cookies are set and read.
//!
//! Everything is taken from the setting `public-url`; no request says where we are. A browser is believed to have sent
//! what comes with a cookie only where it says itself that a page of ours made it do so.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

/// How cookies are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cookies {
    /// Over https: no other host and no plain connection can set or read them.
    Secure,
    /// Over http on this machine, for a trial.
    Trial,
}

/// Which cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// Which browser it is, before somebody is.
    Browser,
    /// Where it wanted to go when somebody had to sign in first.
    Return,
}

/// Whether people can sign in where this is the public URL: over https, or over http on the machine itself by a name that
/// browsers take for it.
#[must_use]
pub fn lets_sign_in(public_url: &str) -> bool {
    Cookies::of(public_url).is_some()
}

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Cookies {
    /// How cookies are set under this public URL; none where nobody can sign in: over http to another machine.
    pub(crate) fn of(public_url: &str) -> Option<Cookies> {
        let url: Uri = public_url.parse().ok()?;
        match url.scheme_str()? {
            "https" => Some(Cookies::Secure),
            _ => url.host().filter(|host| LOOPBACK.contains(host)).map(|_| Cookies::Trial),
        }
    }

    fn name(self, cookie: Cookie) -> &'static str {
        match (self, cookie) {
            (Cookies::Secure, Cookie::Session) => "__Host-wardroom",
            (Cookies::Secure, Cookie::Browser) => "__Host-wardroom-browser",
            (Cookies::Secure, Cookie::Return) => "__Host-wardroom-return",
            (Cookies::Trial, Cookie::Session) => "wardroom-trial",
            (Cookies::Trial, Cookie::Browser) => "wardroom-trial-browser",
            (Cookies::Trial, Cookie::Return) => "wardroom-trial-return",
        }
    }

    /// The cookie's value. Where there are two of one name, one of them was set by somebody else, and none counts.
    pub(crate) fn read(self, cookie: Cookie, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name(cookie)).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    /// The header that sets a cookie for so long; for no time at all to take it away.
    pub(crate) fn set(self, cookie: Cookie, value: &str, seconds: i64) -> HeaderValue {
        let secure = if self == Cookies::Secure { "; Secure" } else { "" };
        let name = self.name(cookie);
        let text = format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", seconds.max(0));
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Whether a page of ours made the browser send this: it must say so by `Origin`, and must not say otherwise by
/// `Sec-Fetch-Site`.
pub(crate) fn is_from_here(public_url: &str, headers: &HeaderMap) -> bool {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        (values.next(), values.next().is_some())
    };
    let origin = match only(header::ORIGIN.as_str()) {
        (Some(origin), false) => origin.to_str().ok(),
        _ => None,
    };
    let same_site = match only("sec-fetch-site") {
        (None, _) => true,
        (Some(site), more) => !more && site == "same-origin",
    };
    same_site && origin.is_some_and(|origin| is_ours(public_url, origin))
}

/// Whether an origin is that of the public URL. On this machine its other names are as good.
fn is_ours(public_url: &str, origin: &str) -> bool {
    if public_url.trim_end_matches('/') == origin {
        return true;
    }
    let parts = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let host = LOOPBACK.into_iter().find(|host| rest.strip_prefix(host).is_some_and(is_port))?;
        Some((scheme.to_owned(), rest.get(host.len()..)?.to_owned()))
    };
    let ours = parts(public_url.trim_end_matches('/'));
    ours.is_some() && ours == parts(origin)
}

/// Nothing, or a colon and a number.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn nobody_signs_in_over_http_to_another_machine() {
        assert_eq!(Cookies::of("https://gate.example.com"), Some(Cookies::Secure));
        for trial in ["http://127.0.0.1:7700", "http://localhost:7700", "http://[::1]:7700"] {
            assert_eq!(Cookies::of(trial), Some(Cookies::Trial), "{trial}");
        }
        for other in ["http://gate.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1:7700", ""] {
            assert_eq!(Cookies::of(other), None, "{other}");
            assert!(!lets_sign_in(other));
        }
    }

    #[test]
    fn a_cookie_counts_where_it_is_the_only_one_of_exactly_its_name() {
        let read = |line| Cookies::Secure.read(Cookie::Session, &headers(&[("cookie", line)])).map(str::to_owned);
        assert_eq!(read("a=b; __Host-wardroom=wrs_1; c=d").as_deref(), Some("wrs_1"));
        for line in ["wardroom=wrs_1", "__host-wardroom=wrs_1", "__Host-wardroom-browser=wrb_1", "__Host-wardroom"] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(read("__Host-wardroom=wrs_1; __Host-wardroom=wrs_2"), None);
        let twice = headers(&[("cookie", "__Host-wardroom=wrs_1"), ("cookie", "__Host-wardroom=wrs_2")]);
        assert_eq!(Cookies::Secure.read(Cookie::Session, &twice), None);
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_other_sites_and_plain_connections() {
        let set = Cookies::Secure.set(Cookie::Session, "wrs_1", 60);
        assert_eq!(set, "__Host-wardroom=wrs_1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(
            Cookies::Trial.set(Cookie::Browser, "", -5),
            "wardroom-trial-browser=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn only_what_a_page_of_ours_made_a_browser_send_is_from_here() {
        let (https, trial) = ("https://gate.example.com", "http://127.0.0.1:7700");
        let from = |home, pairs: &[_]| is_from_here(home, &headers(pairs));
        assert!(from(https, &[("origin", https)]));
        assert!(from(https, &[("origin", https), ("sec-fetch-site", "same-origin")]));
        assert!(from(trial, &[("origin", "http://localhost:7700")]), "another name of this machine");
        for origin in [
            "http://gate.example.com",
            "https://gate.example.com.evil.example",
            "https://gate.example.com:444",
            "https://evil.example",
            "null",
            "",
        ] {
            assert!(!from(https, &[("origin", origin)]), "{origin}");
        }
        for origin in ["http://localhost:7701", "https://localhost:7700", "http://localhost.evil.example:7700"] {
            assert!(!from(trial, &[("origin", origin)]), "{origin}");
        }
        assert!(!from(https, &[]), "no origin at all");
        assert!(!from(https, &[("origin", https), ("origin", https)]), "two of them");
        for site in ["cross-site", "same-site", "none"] {
            assert!(!from(https, &[("origin", https), ("sec-fetch-site", site)]), "{site}");
        }
    }
}
