//! The address to which a browser is sent to sign in at an upstream, and what is asked for there.

use form_urlencoded::Serializer;

use super::challenge::Challenge;
use super::client::Client;
use super::resource::Resource;
use super::server::{Server, ServerFault};

/// The scope with which an authorization server gives a token that lasts (OpenID Connect Core 1.0, section 11).
const OFFLINE: &str = "offline_access";

/// The scopes that are needed: those of the challenge, else those that the server needs for what everybody does, else none, which
/// leaves it to the authorization server (MCP, Scope Selection Strategy); and beside them those that were asked for before,
/// so that nothing is lost (MCP, Step-Up Authorization Flow). This is what to ask for in Wardroom's own name.
#[must_use]
pub fn needed_scope(
    challenge: Option<&Challenge>,
    resource: Option<&Resource>,
    before: Option<&str>,
) -> Option<String> {
    let challenged = challenge.and_then(|challenge| challenge.scope.as_deref());
    let needed: Vec<&str> = match (challenged, resource) {
        (Some(scope), _) => scope.split(' ').collect(),
        // A token that lasts is nothing that a server needs; whether there is one, the authorization server says.
        (None, Some(resource)) => {
            resource.scopes_supported.iter().map(String::as_str).filter(|scope| *scope != OFFLINE).collect()
        }
        (None, None) => Vec::new(),
    };
    union(before.unwrap_or_default().split(' ').chain(needed))
}

/// The scopes of both, each once.
#[must_use]
pub fn joined(one: Option<&str>, other: Option<&str>) -> Option<String> {
    union(one.unwrap_or_default().split(' ').chain(other.unwrap_or_default().split(' ')))
}

fn union<'s>(all: impl Iterator<Item = &'s str>) -> Option<String> {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in all {
        if !scope.is_empty() && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    (!scopes.is_empty()).then(|| scopes.join(" "))
}

/// What a person is asked to agree to: what is needed, and a token that lasts where the authorization server knows such (MCP, Refresh
/// Tokens). Where nothing is needed nothing is asked for, since a single scope would take the place of all that a server
/// gives by itself.
#[must_use]
pub fn scope(
    challenge: Option<&Challenge>,
    resource: Option<&Resource>,
    server: &Server,
    before: Option<&str>,
) -> Option<String> {
    let needed = needed_scope(challenge, resource, before)?;
    let is_known = server.scopes_supported.iter().any(|scope| scope == OFFLINE);
    Some(if is_known && !names(&needed, OFFLINE) { format!("{needed} {OFFLINE}") } else { needed })
}

fn names(scopes: &str, wanted: &str) -> bool {
    scopes.split(' ').any(|scope| scope == wanted)
}

/// One sign-in at an upstream, about to begin. Before it does, the issuer is kept with the `state` and the verifier: what comes
/// back is looked at with it.
#[derive(Clone, Copy)]
pub struct Authorize<'a> {
    /// Wardroom, as the server knows it.
    pub client: Client<'a>,
    /// Where the browser is sent back to: below the public URL.
    pub redirect_uri: &'a str,
    /// What names this sign-in, and is good once.
    pub state: &'a str,
    /// The S256 challenge of the verifier.
    pub challenge: &'a str,
    /// For which server the token is to be good, as that server writes it.
    pub resource: &'a str,
    /// What is asked for.
    pub scope: Option<&'a str>,
}

impl Authorize<'_> {
    /// The address to send the browser to.
    ///
    /// # Errors
    /// [`ServerFault::Lacks`] where nobody can sign in at the server, or not with PKCE and S256.
    pub fn url(&self) -> Result<String, ServerFault> {
        let endpoint = self.client.server.sign_in_endpoint()?;
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.registration.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("state", self.state)
            .append_pair("code_challenge", self.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", self.resource);
        if let Some(scope) = self.scope {
            query.append_pair("scope", scope);
            // Without it a provider leaves the scope out (OpenID Connect Core 1.0, section 11).
            if names(scope, OFFLINE) {
                query.append_pair("prompt", "consent");
            }
        }
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", query.finish()))
    }
}
