//! Where connections may be made to. Every URL that somebody gave us, whoever it was, passes here: its text before anything
//! is done with it, and the addresses that its name leads to before anything is connected to them.
//!
//! A name is looked up once, and the connection goes to an address that was looked at ([`Resolver`]), so that a name which
//! leads elsewhere the next time gains nothing. Addresses of a private network are for the operator to allow, by name or by
//! network; those at which clouds tell machines their secrets are nobody's to allow.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use crate::options::without_port;

/// Addresses at which clouds tell machines what they are and give them secrets.
const METADATA: [IpAddr; 10] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0xa9fe, 0xa9fe, 0xa9fe, 0xa9fe)),
];

/// What an operator allows besides public addresses over https.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Destinations {
    /// Hosts to which connections may go without encryption, and whose addresses may be of a private network.
    pub plain_http_hosts: Vec<String>,
    /// Hosts whose addresses may be of a private network.
    pub private_hosts: Vec<String>,
    /// Networks whose addresses are allowed whatever their name.
    pub private_networks: Vec<IpNet>,
    /// Certificates on which those of servers may rest, besides those of the public authorities.
    pub authorities: Vec<CertificateDer<'static>>,
}

/// Why nothing is sent to a URL, for whoever gave it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotAllowed(String);

impl Destinations {
    /// How connections are encrypted, and whose certificates are believed.
    ///
    /// # Errors
    /// Where a certificate is none on which others can rest, or there is no TLS.
    pub fn tls(&self) -> Result<ClientConfig, rustls::Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        self.authorities.iter().try_for_each(|certificate| roots.add(certificate.clone()))?;
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        Ok(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
    }

    /// The URL as an HTTP client takes it: encrypted, or to a host that the operator allows without; and to no address that
    /// is not allowed, where it names one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, url: &str) -> Result<Uri, NotAllowed> {
        let wrong = |why: &str| NotAllowed(why.to_owned());
        if !url.is_ascii() || url.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return Err(wrong("its URL has characters that a URL must not have"));
        }
        let uri: Uri = url.parse().map_err(|_| wrong("its URL is not one, expected https://host/path"))?;
        let authority = uri.authority().ok_or_else(|| wrong("its URL names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("its URL holds a user name; give the credential apart from the URL"));
        }
        let host = without_port(authority.as_str());
        if host.is_empty() {
            return Err(wrong("its URL names no host"));
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if names(&self.plain_http_hosts, host) => {}
            Some("http") => {
                return Err(wrong(
                    "its URL must begin with https://; the operator can allow its host without, with the setting \
                     plain-http-hosts",
                ));
            }
            _ => return Err(wrong("its URL must begin with https://")),
        }
        if let Ok(address) = bare(host).parse::<IpAddr>() {
            self.check_address(host, address)?;
        }
        Ok(uri)
    }

    /// Whether a connection may be made to this address, which stands for this host.
    fn check_address(&self, host: &str, address: IpAddr) -> Result<(), NotAllowed> {
        let address = address.to_canonical();
        if METADATA.contains(&address) || embedded(address).is_some_and(|inner| METADATA.contains(&inner.into())) {
            return Err(NotAllowed("its address is one at which machines are told their secrets".to_owned()));
        }
        let is_named = names(&self.plain_http_hosts, host) || names(&self.private_hosts, host);
        if is_public(address) || is_named || self.private_networks.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        let why = "its host leads to an address that is not public; the operator can allow it with the setting \
                   private-destinations";
        Err(NotAllowed(why.to_owned()))
    }
}

fn names(hosts: &[String], host: &str) -> bool {
    hosts.iter().any(|named| named.eq_ignore_ascii_case(host) || bare(named).eq_ignore_ascii_case(bare(host)))
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Whether an address is one of the public internet's (IANA's special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            !(a == 0
                || address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && (18..20).contains(&b))
                || a >= 224)
        }
        IpAddr::V6(six) => {
            if let Some(inner) = embedded(address) {
                return is_public(inner.into());
            }
            let [a, b, ..] = six.segments();
            // Of all that is given out, less what is for protocols, for examples, and for what an IPv4 address stands in.
            (a & 0xe000) == 0x2000
                && !(a == 0x2001 && b < 0x0200)
                && !(a == 0x2001 && b == 0x0db8)
                && (a & 0xfff0) != 0x3ff0
        }
    }
}

/// The IPv4 address that an IPv6 address leads to: by NAT64 (RFC 6052), by 6to4 (RFC 3056), or because it is written so.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let [a, b, c, d, e, f, g, h] = address.segments();
    let four = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b, c, d, e, f) {
        (0x64, 0xff9b, 0, 0, 0, 0) | (0, 0, 0, 0, 0, 0xffff) => Some(four(g, h)),
        // Compatible addresses, of which those that say nobody and this machine are none.
        (0, 0, 0, 0, 0, 0) if (g, h) != (0, 0) && (g, h) != (0, 1) => Some(four(g, h)),
        (0x2002, ..) => Some(four(b, c)),
        _ => None,
    }
}

/// Looks names up, and gives only addresses that may be connected to.
#[derive(Clone)]
pub struct Resolver<N = GaiResolver> {
    /// Who is asked what stands under a name: the system.
    names: N,
    /// None where everything is allowed: for destinations that the operator set up.
    destinations: Option<Arc<Destinations>>,
}

impl<N> fmt::Debug for Resolver<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("destinations", &self.destinations).finish_non_exhaustive()
    }
}

impl Resolver {
    /// For URLs that were given by others.
    #[must_use]
    pub fn guarded(destinations: Arc<Destinations>) -> Resolver {
        Resolver { names: GaiResolver::new(), destinations: Some(destinations) }
    }

    /// For URLs that the operator set.
    #[must_use]
    pub fn open() -> Resolver {
        Resolver { names: GaiResolver::new(), destinations: None }
    }
}

/// Addresses on their way.
type Addresses = Pin<Box<dyn Future<Output = Result<std::vec::IntoIter<SocketAddr>, io::Error>> + Send>>;

impl<N> Service<Name> for Resolver<N>
where
    N: Service<Name, Response: Iterator<Item = SocketAddr>, Error = io::Error, Future: Send + 'static>,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Addresses;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.names.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Addresses {
        let (host, found, destinations) = (name.as_str().to_owned(), self.names.call(name), self.destinations.clone());
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let Some(destinations) = destinations else { return Ok(found.into_iter()) };
            allowed(&destinations, &host, found).map(Vec::into_iter)
        })
    }
}

/// Those of the addresses that may be connected to.
fn allowed(destinations: &Destinations, host: &str, found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let mut refused = None;
    let mut allowed = found;
    allowed.retain(|address| match destinations.check_address(host, address.ip()) {
        Ok(()) => true,
        Err(fault) => {
            refused = Some(fault);
            false
        }
    });
    match refused {
        Some(fault) if allowed.is_empty() => Err(io::Error::new(io::ErrorKind::PermissionDenied, fault)),
        _ => Ok(allowed),
    }
}

/// What kept a connection from being made, where it was this guard.
#[must_use]
pub fn refusal<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e NotAllowed> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        // An error of the system's holds ours, and does not name it as its source.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let ours = held.and_then(|held| held.downcast_ref::<NotAllowed>()).or_else(|| error.downcast_ref());
        if ours.is_some() {
            return ours;
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod rebinding;

#[cfg(test)]
mod tests {
    use super::*;

    fn operator() -> Destinations {
        Destinations {
            plain_http_hosts: ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec(),
            private_hosts: vec!["crm.internal".to_owned()],
            private_networks: vec!["10.1.0.0/16".parse().unwrap(), "169.254.0.0/16".parse().unwrap()],
            authorities: Vec::new(),
        }
    }

    #[test]
    fn what_is_no_certificate_is_believed_by_nobody() {
        assert!(operator().tls().is_ok());
        let authorities = vec![CertificateDer::from(vec![1, 2, 3])];
        assert!(Destinations { authorities, ..operator() }.tls().is_err());
    }

    #[test]
    fn only_encrypted_or_explicitly_allowed_destinations_pass() {
        let passes = |url: &str| operator().check(url).is_ok();
        for url in [
            "https://a.example/mcp",
            "http://127.0.0.1:9/mcp",
            "http://LOCALHOST/x",
            "http://[::1]:80/",
            "https://[::1]/",
            "https://10.1.2.3/",
            "https://crm.internal/mcp",
            "https://8.8.8.8/",
            "https://[2606:4700::1]/",
        ] {
            assert!(passes(url), "{url}: {:?}", operator().check(url));
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
            "https://:443/",
            // The operator has not named these.
            "https://127.0.0.2/",
            "https://10.2.0.1/",
            "https://192.168.0.1/",
            "https://[fd12::1]/",
            "https://[fe80::1]/",
            // And these are nobody's to allow.
            "https://169.254.169.254/latest/meta-data/",
            "https://[::ffff:169.254.169.254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:a9fe:a9fe::1]/",
            "https://[fd00:ec2::254]/",
            "https://100.100.100.200/",
        ] {
            assert!(!passes(url), "{url}");
        }
    }

    #[test]
    fn what_is_not_public_is_known_for_it_however_it_is_written() {
        let own: [IpAddr; 33] = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fd00::1",
            "ff02::1",
        ]
        .map(|text| text.parse().unwrap());
        for address in own {
            assert!(!is_public(address.to_canonical()), "{address}");
        }
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(text.parse::<IpAddr>().unwrap().to_canonical()), "{text}");
        }
    }

    #[test]
    fn of_what_a_name_leads_to_only_what_may_be_connected_to_is_given() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        let of = |host: &str, found: &[&str]| allowed(&operator(), host, found.iter().map(|text| at(text)).collect());
        assert_eq!(of("a.example", &["8.8.8.8", "10.9.9.9"]).unwrap(), [at("8.8.8.8")], "a name that leads to both");
        assert_eq!(of("crm.internal", &["10.9.9.9"]).unwrap(), [at("10.9.9.9")]);
        assert_eq!(of("a.example", &["10.1.9.9"]).unwrap(), [at("10.1.9.9")], "a network of the operator's");
        for (host, found) in [
            ("a.example", "127.0.0.1"),
            ("a.example", "::ffff:127.0.0.1"),
            ("a.example", "10.9.9.9"),
            ("crm.internal", "169.254.169.254"),
            ("localhost", "169.254.169.254"),
            ("crm.internal.evil.example", "10.9.9.9"),
        ] {
            let error = of(host, &[found]).unwrap_err();
            assert!(refusal(&error).is_some(), "{host} at {found}");
        }
        assert!(of("a.example", &[]).unwrap().is_empty());
    }
}
