//! Finding out where one signs in at an upstream (RFC 9728, RFC 8414), as it says itself.

use identity::upstream::{
    Challenge, RESOURCE_METADATA_LENGTH_MAX, Resource, SERVER_METADATA_LENGTH_MAX, Server, metadata_urls, scope,
    server_metadata_urls,
};

use crate::{App, Problem};

/// What an upstream says of itself and of its authorization server.
pub(super) struct Discovered {
    pub(super) server: Server,
    /// What tokens are asked for.
    pub(super) resource: String,
    pub(super) scope: Option<String>,
    /// Where the upstream describes itself, if anywhere.
    pub(super) described_at: Option<String>,
}

impl App {
    /// What is to be known to sign in at an upstream; `challenge` is what it said to somebody who showed nothing, and `before`
    /// what is to be asked for besides.
    pub(super) async fn discovered(
        &self,
        url: &str,
        challenge: Option<&str>,
        before: Option<&str>,
    ) -> Result<Discovered, Problem> {
        let challenge = challenge.and_then(Challenge::parse);
        let found = self.resource_at(url, challenge.as_ref()).await?;
        let described_at = found.as_ref().map(|(address, _)| address.clone());
        let (resource, server) = match found.map(|(_, resource)| resource) {
            Some(resource) => {
                let server = self.server_of(&resource.authorization_servers).await?;
                (resource, server)
            }
            // Servers from before there was a document about them are their own authorization servers.
            None => {
                let resource = Resource::by_convention(url).map_err(|fault| unusable(&fault))?;
                let server = match self.server_of(&resource.authorization_servers).await {
                    Err(Problem::Missing { .. }) => by_convention(&resource)?,
                    server => server?,
                };
                (resource, server)
            }
        };
        let scope = scope(challenge.as_ref(), Some(&resource), &server, before);
        Ok(Discovered { server, resource: resource.resource, scope, described_at })
    }

    async fn resource_at(
        &self,
        url: &str,
        challenge: Option<&Challenge>,
    ) -> Result<Option<(String, Resource)>, Problem> {
        for address in metadata_urls(url, challenge) {
            if let Some(resource) = self.described(url, &address).await? {
                return Ok(Some((address, resource)));
            }
        }
        Ok(None)
    }

    /// What stands at this address about the upstream of that URL.
    pub(super) async fn described(&self, url: &str, address: &str) -> Result<Option<Resource>, Problem> {
        match self.document(address, RESOURCE_METADATA_LENGTH_MAX).await? {
            Some(document) => Resource::parse(url, &document).map(Some).map_err(|fault| unusable(&fault)),
            None => Ok(None),
        }
    }

    /// The first of them that says something about itself.
    async fn server_of(&self, issuers: &[String]) -> Result<Server, Problem> {
        for issuer in issuers {
            for address in server_metadata_urls(issuer) {
                if let Some(document) = self.document(&address, SERVER_METADATA_LENGTH_MAX).await? {
                    return Server::parse(issuer, &document).map_err(|fault| unusable(&fault));
                }
            }
        }
        let message = "one cannot sign in at this server: its authorization server says nothing about itself; ask whoever runs it";
        Err(Problem::Missing { noun: "authorization server", message: message.to_owned() })
    }

    /// Refuses a server that makes people sign in at another one, which says of itself that it is: what they bring back from
    /// there would be given to the first.
    pub(super) async fn signs_in_itself(&self, server: &Server) -> Result<(), Problem> {
        for address in server.doubted_at() {
            let document = self.document(&address, SERVER_METADATA_LENGTH_MAX).await?;
            if let Some(other) = document.and_then(|document| server.taken_for(&document)) {
                let why = format!(
                    "{} makes people sign in at another authorization server, {other}, and takes what they bring back from there; \
                     whoever runs it has to say which of the two it is, or to register Wardroom by hand and give client_id",
                    server.issuer
                );
                return Err(unusable(&why));
            }
        }
        Ok(())
    }

    /// A document, where there is one.
    async fn document(&self, address: &str, length_max: usize) -> Result<Option<Vec<u8>>, Problem> {
        let fetched = self.upstreams_web()?.get(address, None, length_max).await.map_err(|fault| unusable(&fault))?;
        match fetched.status {
            200 => Ok(Some(fetched.body)),
            // Nothing there: the next place is looked at.
            300..=499 => Ok(None),
            status => Err(unusable(&format!("{address} answered with HTTP {status}; try again later"))),
        }
    }
}

fn by_convention(resource: &Resource) -> Result<Server, Problem> {
    let origin = resource.authorization_servers.first().map(String::as_str).unwrap_or_default();
    Server::by_convention(origin).map_err(|fault| unusable(&fault))
}

/// Nobody can sign in there, for whoever connects the integration or an account.
pub(super) fn unusable(why: &impl std::fmt::Display) -> Problem {
    Problem::invalid("credential", format!("one cannot sign in at this server: {why}"))
}
