//! Proxies in front of the server that are believed when they say for whom they ask.
//!
//! They are believed in that alone: which host, scheme and port people use is said by the setting `public-url`, whatever
//! a request claims, and who is calling by its credential. Nothing here decides about access.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;

/// Networks that an operator may list.
const NETWORKS_MAX: usize = 256;
/// Proxies in a row that are believed; nobody has so many.
const HOPS_MAX: usize = 16;
/// Where proxies write from whom they got a request, each at the end.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The networks whose machines are proxies of the operator's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct TrustedProxies(Vec<Network>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Network {
    address: IpAddr,
    /// Leading bits that an address shares with it.
    length: u8,
}

impl Network {
    fn has(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(of), IpAddr::V4(address)) => {
                (u32::from(of) ^ u32::from(address)).leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(of), IpAddr::V6(address)) => {
                (u128::from(of) ^ u128::from(address)).leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }

    /// Whether the address has nothing behind the bits that count.
    fn is_whole(self) -> bool {
        let below = match self.address {
            IpAddr::V4(address) => u32::from(address).trailing_zeros() + u32::from(self.length) >= 32,
            IpAddr::V6(address) => u128::from(address).trailing_zeros() + u32::from(self.length) >= 128,
        };
        below || self.address.is_unspecified()
    }
}

impl TrustedProxies {
    /// Who asks: the connection's other end, unless that is a proxy of ours. Then it is whom the proxy names, which is
    /// the last entry of `X-Forwarded-For`, and so on from the end for as long as proxies of ours name each other. What
    /// stands before was written by whoever asks.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let nearest = peer.ip().to_canonical();
        if !self.has(nearest) {
            return SocketAddr::new(nearest, peer.port());
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let named = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut client = SocketAddr::new(nearest, peer.port());
        for entry in named.take(HOPS_MAX) {
            if !self.has(client.ip()) {
                break;
            }
            let Some(address) = address(entry.trim()) else { break };
            client = SocketAddr::new(address, 0);
        }
        client
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address))
    }
}

/// An address as proxies write it: alone, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let alone = bare.map_or_else(|| text.parse().ok(), |text| text.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    alone.or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip())).map(|ip| ip.to_canonical())
}

/// Reads the setting: networks and addresses, separated by commas.
pub(crate) fn read(text: &str) -> Result<TrustedProxies, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let networks = items.map(network).collect::<Result<Vec<_>, _>>()?;
    if networks.len() > NETWORKS_MAX {
        return Err(format!("{} networks are too many; {NETWORKS_MAX} fit", networks.len()));
    }
    Ok(TrustedProxies(networks))
}

fn network(text: &str) -> Result<Network, String> {
    let wrong = || format!("`{text}` is neither an address nor a network, such as 10.0.0.0/8 or 2001:db8::/32");
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| wrong())?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    if address.to_canonical() != address {
        return Err(format!("`{text}` is an IPv4 address in the form of IPv6; write it as IPv4"));
    }
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let network = Network { address, length: length.unwrap_or(whole) };
    match network.length {
        0 => Err(format!("`{text}` is everybody, who could then write any address; name the proxies alone")),
        length if length > whole => Err(wrong()),
        _ if !network.is_whole() => {
            Err(format!("`{text}` has an address with more than the bits that count; write where the network begins"))
        }
        _ => Ok(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 4_711);
        read(proxies).unwrap().client(peer, &headers).ip().to_string()
    }

    #[test]
    fn only_a_listed_proxy_is_believed_and_only_about_who_is_before_it() {
        let table: &[(&str, &str, &[&str], &str)] = &[
            // proxies, the connection's other end, X-Forwarded-For, who asks
            ("", "192.0.2.1", &["198.51.100.9"], "192.0.2.1"),
            ("10.0.0.0/8", "192.0.2.1", &["198.51.100.9"], "192.0.2.1"),
            ("10.0.0.0/8", "11.0.0.1", &["198.51.100.9"], "11.0.0.1"),
            ("10.0.0.0/8", "10.9.9.9", &["198.51.100.9"], "198.51.100.9"),
            ("10.0.0.0/8", "::ffff:10.9.9.9", &["198.51.100.9"], "198.51.100.9"),
            ("10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1"),
            // What the client wrote by itself stands first, in the same line or in one of its own.
            ("10.0.0.0/8", "10.0.0.1", &["127.0.0.1, 198.51.100.9"], "198.51.100.9"),
            ("10.0.0.0/8", "10.0.0.1", &["127.0.0.1", "198.51.100.9"], "198.51.100.9"),
            ("10.0.0.0/8", "10.0.0.1", &["10.0.0.7, 198.51.100.9"], "198.51.100.9"),
            // Two proxies of ours in a row, and all of them.
            ("10.0.0.0/8", "10.0.0.1", &["203.0.113.5, 198.51.100.9, 10.0.0.2"], "198.51.100.9"),
            ("10.0.0.0/8,198.51.100.9", "10.0.0.1", &["203.0.113.5, 198.51.100.9, 10.0.0.2"], "203.0.113.5"),
            ("10.0.0.0/8", "10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3"),
            // What cannot be read ends the way there.
            ("10.0.0.0/8", "10.0.0.1", &["198.51.100.9, unknown"], "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", &["198.51.100.9, "], "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", &["198.51.100.9, unknown, 10.0.0.2"], "10.0.0.2"),
            // The forms in which proxies write an address.
            ("2001:db8::/32", "2001:db8::1", &["198.51.100.9:8080"], "198.51.100.9"),
            ("2001:db8::/32", "2001:db8::1", &["[2001:db9::1]:8080"], "2001:db9::1"),
            ("2001:db8::/32", "2001:db8::1", &["[2001:db9::1]"], "2001:db9::1"),
            ("2001:db8::/32", "2001:db8::1", &["::ffff:198.51.100.9"], "198.51.100.9"),
            ("2001:db8::/32", "2001:db9::1", &["198.51.100.9"], "2001:db9::1"),
        ];
        for (proxies, peer, lines, expected) in table {
            assert_eq!(client(proxies, peer, lines), *expected, "{proxies} {peer} {lines:?}");
        }
    }

    #[test]
    fn no_more_proxies_in_a_row_are_followed_than_anybody_has() {
        let line = (0..100).rev().map(|number| format!("10.0.0.{number}")).collect::<Vec<_>>().join(",");
        assert_eq!(client("10.0.0.0/8", "10.1.1.1", &[&line]), format!("10.0.0.{}", HOPS_MAX - 1));
    }

    #[test]
    fn what_is_no_network_is_refused_and_says_why() {
        for (text, says) in [
            ("proxy.example.com", "neither an address nor a network"),
            ("10.0.0.0/33", "neither"),
            ("10.0.0.0/x", "neither"),
            ("10.0.0.1/8", "where the network begins"),
            ("2001:db8::1/64", "where the network begins"),
            ("::ffff:10.0.0.1", "write it as IPv4"),
            ("0.0.0.0/0", "everybody"),
            ("::/0", "everybody"),
            ("10.0.0.0/8, 10.0.0.0", ""),
        ] {
            match read(text) {
                Err(said) => assert!(!says.is_empty() && said.contains(says), "{text}: {said}"),
                Ok(_) => assert!(says.is_empty(), "{text}"),
            }
        }
        assert_eq!(read(" , ").unwrap(), TrustedProxies::default());
    }
}
