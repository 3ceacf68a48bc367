//! The way to the DNS: a resolver for each question, since they are few and nothing is to be remembered of an answer.

use std::net::SocketAddr;
use std::time::Duration;

use app::ports::{Lookup, LookupFault, Names};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::RData;

/// How long one server may take to answer, and how long the whole question.
const ONE_MAX: Duration = Duration::from_secs(2);
const ALL_MAX: Duration = Duration::from_secs(6);
/// Records of one name that are looked at.
const RECORDS_MAX: usize = 100;

/// Asks a resolver: the one of the settings, or those of the system.
pub(crate) struct Resolvers {
    /// The one of the settings.
    pub(crate) server: Option<SocketAddr>,
}

impl Resolvers {
    fn resolver(&self) -> Result<TokioResolver, LookupFault> {
        let unusable = |error: NetError| LookupFault(format!("there is no resolver to ask: {error}"));
        let mut builder = match self.server {
            None => TokioResolver::builder_tokio().map_err(unusable)?,
            Some(server) => {
                let at_port = |mut connection: ConnectionConfig| {
                    connection.port = server.port();
                    connection
                };
                let ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(at_port);
                let server = NameServerConfig::new(server.ip(), true, ways.to_vec());
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts, options.cache_size) = (ONE_MAX, 2, 0);
        builder.build().map_err(unusable)
    }

    async fn ask(&self, name: &str) -> Result<Vec<String>, LookupFault> {
        // With the dot at the end the system's search domains are not tried.
        match self.resolver()?.txt_lookup(format!("{name}.")).await {
            Ok(found) => {
                let texts = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
                    _ => None,
                });
                Ok(texts.take(RECORDS_MAX).collect())
            }
            // A server that only names others has not said that there is none.
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) if none.soa.is_some() || none.ns.is_none() => {
                Ok(Vec::new())
            }
            Err(error) => Err(LookupFault(error.to_string())),
        }
    }
}

impl Names for Resolvers {
    fn text_records<'l>(&'l self, name: &'l str) -> Lookup<'l> {
        Box::pin(async move {
            let in_time = tokio::time::timeout(ALL_MAX, self.ask(name)).await;
            in_time.unwrap_or_else(|_| Err(LookupFault(format!("no answer within {} s", ALL_MAX.as_secs()))))
        })
    }
}
