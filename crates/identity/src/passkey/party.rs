//! Who we are for a passkey: the host of the public URL, by name.

use std::net::IpAddr;

use http::Uri;
use sha2::{Digest as _, Sha256};

/// The name of this machine, under which passkeys are tried out: there are none under its addresses.
const THIS_MACHINE: &str = "localhost";

/// An installation, as browsers and devices know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// The one of a public URL. None where that names an address in place of a host: no passkey is made for one. For an
    /// address of this machine, over http for a trial, it is `localhost`, on the same port.
    #[must_use]
    pub fn of(public_url: &str) -> Option<Self> {
        let url: Uri = public_url.trim_end_matches('/').parse().ok()?;
        let (scheme, host) = (url.scheme_str()?, url.host()?);
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let id = match address.parse::<IpAddr>() {
            Ok(address) => (scheme == "http" && address.is_loopback()).then_some(THIS_MACHINE)?,
            Err(_) if scheme == "https" || host == THIS_MACHINE => host,
            Err(_) => return None,
        };
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        Some(Self { id: id.to_owned(), origin: format!("{scheme}://{id}{port}") })
    }

    /// The host's name, for which passkeys are made.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the pages must stand that ask for one: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn id_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.id).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_is_for_the_host_of_the_public_url_and_an_address_has_none() {
        for (url, id, origin) in [
            ("https://gate.example.com", "gate.example.com", "https://gate.example.com"),
            ("https://gate.example.com:8443", "gate.example.com", "https://gate.example.com:8443"),
            ("https://gate", "gate", "https://gate"),
            ("http://localhost:7700", "localhost", "http://localhost:7700"),
            ("http://127.0.0.1:7700", "localhost", "http://localhost:7700"),
            ("http://[::1]:7700", "localhost", "http://localhost:7700"),
            ("http://127.0.0.1", "localhost", "http://localhost"),
            ("https://localhost:7700", "localhost", "https://localhost:7700"),
        ] {
            let party = RelyingParty::of(url).unwrap();
            assert_eq!((party.id(), party.origin()), (id, origin), "{url}");
        }
        for none in [
            "https://192.0.2.1",
            "https://[2001:db8::1]:8443",
            "https://127.0.0.1:7700",
            "http://gate.example.com",
            "http://10.0.0.1",
            "",
        ] {
            assert_eq!(RelyingParty::of(none), None, "{none}");
        }
    }
}
