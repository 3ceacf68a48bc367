//! How an operator sets the gateway up.

use domain::grant::Profile;
use identity::oauth::scope;

use crate::destination::Destinations;
use crate::limits::Limits;
use crate::pipeline::accept::Door;
use crate::upstream::template::Templates;

/// The hosts by which this machine can be meant and nobody else's.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// What a client is told to do that was let do less than it wants. Names nothing: what tools are called does not fit a header.
const STEP_UP: &str = "the person who connected this client let it do less than this; have them sign in to it again";

/// What the gateway is told at start. The server fills it from its settings.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// The hosts under which we are reached, such as `gate.example.com` (any port) or `127.0.0.1:7700`. A
    /// request for another host is not for us, whoever sent it here.
    pub hosts: Vec<String>,
    /// The web origins whose pages may call, such as `https://gate.example.com`. Programs that are no web page
    /// send none.
    pub origins: Vec<String>,
    /// Where upstream calls may go besides public addresses over https.
    pub destinations: Destinations,
    /// Programs that organizations may use as upstreams.
    pub templates: Templates,
    /// The URL under which people reach us, where the operator has set one: told to those who are denied something.
    pub public_url: Option<String>,
    /// The URL under which people sign in to let AI clients act as them, without a slash at the end; none where nobody can.
    pub sign_in_url: Option<String>,
    /// The limits in force.
    pub limits: Limits,
}

impl GatewayOptions {
    /// The usual options for an installation that is reached under this URL, such as
    /// `https://gate.example.com` or `http://127.0.0.1:7700`. Where that is this machine itself, the other
    /// names of this machine and pages served from it count as well.
    #[must_use]
    pub fn for_public_url(url: &str) -> GatewayOptions {
        let url = url.trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let host = rest.split('/').next().unwrap_or(rest);
        let mut options = GatewayOptions {
            hosts: vec![host.to_owned()],
            origins: vec![format!("{scheme}://{host}")],
            destinations: Destinations {
                plain_http_hosts: LOOPBACK.map(str::to_owned).to_vec(),
                ..Destinations::default()
            },
            templates: Templates::default(),
            public_url: None,
            sign_in_url: None,
            limits: Limits::default(),
        };
        if LOOPBACK.iter().any(|loopback| loopback.eq_ignore_ascii_case(without_port(host))) {
            for loopback in LOOPBACK {
                options.hosts.push(loopback.to_owned());
                options.origins.push(format!("http://{loopback}"));
            }
        }
        options
    }

    /// What programs are told that were not let in at a door (RFC 6750, section 3): whether it was by what they showed, and where
    /// they learn how to be signed in to (RFC 9728, section 5.1).
    pub(crate) fn challenge(&self, door: &Door, presented: bool) -> String {
        let mut challenge = "Bearer realm=\"wardroom\"".to_owned();
        if presented {
            challenge.push_str(", error=\"invalid_token\"");
        }
        challenge.push_str(&self.resource_metadata(door));
        challenge
    }

    /// What a connected client is told that was let do less than it wants (RFC 6750, section 3.1): the scope to ask for, which
    /// names all that the call takes. Clients that ask for what they are told keep what they have, since each word includes
    /// the ones before it.
    pub(crate) fn step_up(&self, door: &Door, needed: Profile) -> String {
        format!(
            "Bearer error=\"insufficient_scope\", scope=\"{}\"{}, error_description=\"{STEP_UP}\"",
            scope::words_of(needed),
            self.resource_metadata(door)
        )
    }

    /// Where it is learnt how to be signed in to, as part of a challenge.
    fn resource_metadata(&self, door: &Door) -> String {
        let metadata =
            |(base, path)| format!(", resource_metadata=\"{base}/.well-known/oauth-protected-resource{path}\"");
        self.sign_in_url.as_ref().zip(door.path()).map(metadata).unwrap_or_default()
    }

    /// Whether a request with this `Host` is for us.
    pub(crate) fn knows_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| fits(known, host))
    }

    /// Whether a page from this `Origin` may call.
    pub(crate) fn knows_origin(&self, origin: &str) -> bool {
        let Some((scheme, host)) = origin.split_once("://") else { return false };
        self.origins.iter().any(|known| {
            known.split_once("://").is_some_and(|(known_scheme, known_host)| {
                known_scheme.eq_ignore_ascii_case(scheme) && fits(known_host, host)
            })
        })
    }
}

/// A known host without a port stands for that host at any port.
fn fits(known: &str, host: &str) -> bool {
    let port_open = without_port(known) == known;
    known.eq_ignore_ascii_case(if port_open { without_port(host) } else { host })
}

/// The host of `host:port`; an IPv6 address keeps its brackets.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => {
            if name.contains(':') && !name.ends_with(']') { host } else { name }
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_counts_with_its_port_only_where_one_is_named() {
        let options = GatewayOptions::for_public_url("https://gate.example.com:8443/");
        assert!(options.knows_host("GATE.example.com:8443"));
        assert!(!options.knows_host("gate.example.com"));
        assert!(!options.knows_host("gate.example.com.evil.org:8443"));
        assert!(!options.knows_host("localhost"));
        assert!(options.knows_origin("https://gate.example.com:8443"));
        assert!(!options.knows_origin("http://gate.example.com:8443"));
        assert!(!options.knows_origin("null"));
    }

    #[test]
    fn on_this_machine_its_other_names_count_too_and_no_other() {
        let options = GatewayOptions::for_public_url("http://127.0.0.1:7700");
        for host in ["127.0.0.1:7700", "localhost:7700", "[::1]:7700", "localhost"] {
            assert!(options.knows_host(host), "{host}");
        }
        for host in ["evil.com:7700", "localhost.evil.com", "127.0.0.1.nip.io", "", "[::2]:7700", "::1"] {
            assert!(!options.knows_host(host), "{host}");
        }
        assert!(options.knows_origin("http://localhost:6274"));
        assert!(!options.knows_origin("http://evil.com:7700"));
        assert!(!options.knows_origin("https://localhost.evil.com"));
    }
}
