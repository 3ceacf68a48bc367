//! Becoming known to the authorization server of an upstream: by the client that an admin registered there by hand, by a
//! document about ourselves, or by registering (RFC 7591), in this order.

use domain::integration::CredentialKind;
use identity::upstream::{Kind, REGISTRATION_LENGTH_MAX, Registration, registration_request};
use zeroize::Zeroizing;

use super::discover::{Discovered, unusable};
use super::kept::Registered;
use super::places::Places;
use crate::ports::Content;
use crate::{App, Problem};

/// What we are called at authorization servers.
pub(super) const NAME: &str = "Wardroom";

/// An upstream at which one signs in, as it was met.
#[derive(Clone, Copy)]
pub(crate) struct Met<'m> {
    pub(crate) url: &'m str,
    /// What it said to somebody who showed nothing.
    pub(crate) challenge: Option<&'m str>,
    /// How one is to sign in there.
    pub(crate) kind: &'m CredentialKind,
}

impl App {
    /// Becomes known with a credential that an admin gives now.
    pub(crate) async fn first_known(
        &self,
        met: Met<'_>,
        secret: Option<&str>,
        places: &Places,
    ) -> Result<Registered, Problem> {
        let discovered = self.discovered(met.url, met.challenge, None).await?;
        let registration = match client_id(met.kind) {
            Some(client_id) => {
                let secret = secret.map(|secret| Zeroizing::new(secret.to_owned()));
                Registration::given(&discovered.server, client_id, secret).map_err(|fault| unusable(&fault))?
            }
            None => self.registered_anew(&discovered, places).await?,
        };
        Ok(registered(discovered, registration, (met.kind, None), places))
    }

    /// Is still known with what was registered, or becomes known anew where that is for another authorization server than the
    /// one that the upstream names now, or has ended. `wants` is what is to be asked for besides.
    pub(super) async fn still_known(
        &self,
        met: Met<'_>,
        before: Option<Registered>,
        wants: Option<&str>,
        places: &Places,
    ) -> Result<Registered, Problem> {
        let discovered = self.discovered(met.url, met.challenge, wants).await?;
        let registration = match (client_id(met.kind), before) {
            (Some(_), Some(before)) if before.server.issuer == discovered.server.issuer => before.registration,
            // INVARIANT: what somebody gave us for one authorization server is shown to no other; held by the check
            // "nothing is sent to another issuer to which a server suddenly points".
            (Some(_), before) => {
                let then = before.map(|before| before.server.issuer).unwrap_or_default();
                let why = format!(
                    "it names {} as its authorization server now, and the client that an admin gave is for {then}; an admin \
                     sets the credential anew",
                    discovered.server.issuer
                );
                return Err(unusable(&why));
            }
            (None, Some(before)) if self.is_good(&before, &discovered, places) => before.registration,
            (None, _) => self.registered_anew(&discovered, places).await?,
        };
        // Where a person registered us by hand, they said themselves where people come back to.
        if registration.kind != Kind::Given {
            self.signs_in_itself(&discovered.server).await?;
        }
        Ok(registered(discovered, registration, (met.kind, wants), places))
    }

    fn is_good(&self, before: &Registered, now: &Discovered, places: &Places) -> bool {
        before.server.issuer == now.server.issuer
            && before.redirect_uri == back(&before.registration, places)
            && before.registration.is_good_at(self.now().0)
            // Who registered itself is let ask for what it said then.
            && (before.registration.kind != Kind::Registered || within(now.scope.as_deref(), before.scope.as_deref()))
    }

    async fn registered_anew(&self, discovered: &Discovered, places: &Places) -> Result<Registration, Problem> {
        let server = &discovered.server;
        if let Some(registration) = Registration::document(server, &places.document()) {
            return Ok(registration);
        }
        let redirect_uri = &places.redirect_uri;
        let Some(endpoint) = server.registration_endpoint.as_deref() else {
            let why = format!(
                "its authorization server registers nobody by itself; register Wardroom there by hand, with the redirect address \
                 {redirect_uri}, and give client_id and secret"
            );
            return Err(unusable(&why));
        };
        let scope = discovered.scope.as_deref();
        let body = registration_request(NAME, redirect_uri, &places.public_url, server, scope);
        let answer = self.upstreams_web()?.post(endpoint, None, Content::Json(&body), REGISTRATION_LENGTH_MAX).await;
        let answer = answer.map_err(|fault| unusable(&fault))?;
        Registration::parse(server, answer.status, &answer.body).map_err(|fault| unusable(&fault))
    }
}

/// Whether there is nothing among these scopes that is not among those.
fn within(these: Option<&str>, those: Option<&str>) -> bool {
    let those: Vec<&str> = those.unwrap_or_default().split(' ').collect();
    these.unwrap_or_default().split(' ').all(|scope| scope.is_empty() || those.contains(&scope))
}

fn client_id(kind: &CredentialKind) -> Option<&str> {
    match kind {
        CredentialKind::ClientCredentials { client_id, .. } => Some(client_id),
        CredentialKind::OAuth { client_id, .. } => client_id.as_deref(),
        _ => None,
    }
}

fn registered(
    discovered: Discovered,
    registration: Registration,
    (kind, wants): (&CredentialKind, Option<&str>),
    places: &Places,
) -> Registered {
    let stated = match kind {
        CredentialKind::ClientCredentials { scope, .. } | CredentialKind::OAuth { scope, .. } => scope.as_deref(),
        _ => None,
    };
    let Discovered { server, resource, scope, described_at } = discovered;
    // What an admin says is asked for, and not what the upstream says; but what it then wants for a call is asked for, too.
    let scope = match stated {
        Some(stated) => identity::upstream::joined(Some(stated), wants),
        None => scope,
    };
    let redirect_uri = back(&registration, places);
    Registered { server, registration, resource, redirect_uri, scope, described_at }
}

/// Where people are sent back to by who knows us so.
fn back(registration: &Registration, places: &Places) -> String {
    match registration.kind {
        Kind::Document => places.document_redirect_uri(),
        Kind::Given | Kind::Registered => places.redirect_uri.clone(),
    }
}
