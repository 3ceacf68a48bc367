//! Who a client is: by its registration.

use domain::id::OrgId;
use identity::oauth::client::{ClientMetadata, ShowsItself, is_document_url};
use identity::oauth::grant::ClientShown;
use identity::oauth::redirect::RedirectUri;
use identity::oauth::{OAuthError, OAuthFault};
use identity::token::{PresentedToken, Purpose, TokenForm};
use journal::OAuthClientRow;

use crate::{App, Problem};

/// A client that may ask people to connect it.
pub(super) struct KnownClient {
    pub(super) client_id: String,
    pub(super) metadata: ClientMetadata,
    /// The organization in which it was registered by hand, and can be connected alone.
    pub(super) org: Option<OrgId>,
    /// Keyed digest of its secret, where it has one.
    secret: Option<[u8; 32]>,
}

impl KnownClient {
    /// The host that answers for what it says of itself, where one does.
    pub(super) fn documented_at(&self) -> Option<&str> {
        let rest = is_document_url(&self.client_id).then(|| self.client_id.split_once("://")).flatten()?.1;
        rest.split('/').next()
    }

    /// What people see that it is called.
    pub(super) fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or("An AI client that does not say its name")
    }
}

impl App {
    /// The client with this identifier, which is known by its registration, or by the document at the address that it is.
    pub(super) async fn known_client(&self, client_id: &str) -> Result<Option<KnownClient>, OAuthRefusal> {
        if is_document_url(client_id) {
            let metadata = self.described_client(client_id).await?;
            return Ok(Some(KnownClient { client_id: client_id.to_owned(), metadata, org: None, secret: None }));
        }
        Ok(self.registered_client(client_id).await?)
    }

    async fn registered_client(&self, client_id: &str) -> Result<Option<KnownClient>, Problem> {
        let row = self.inner.journal.oauth_client(client_id).await?.filter(|row| self.now() < row.expires_at);
        Ok(row.map(registered))
    }

    /// That whoever sent a form is the client that it names, as far as it can be known: with its secret, where it has one.
    pub(super) async fn is_client(&self, shown: &ClientShown) -> Result<(), OAuthRefusal> {
        let no_such =
            || OAuthFault::new(OAuthError::InvalidClient, "there is no such client, or it is not who it says");
        // Whoever has a document has no secret: who it is shows in what it brings, and its document is not looked at again.
        let digest = match is_document_url(&shown.client_id) {
            true => None,
            false => self.registered_client(&shown.client_id).await?.ok_or_else(no_such)?.secret,
        };
        let Some(digest) = digest else {
            return match shown.secret {
                None => Ok(()),
                Some(_) => Err(no_such().into()),
            };
        };
        let secret =
            shown.secret.as_deref().and_then(|secret| PresentedToken::parse(TokenForm::ClientSecret, secret).ok());
        let digester = self.inner.sign_in.digester();
        let is_it = secret.is_some_and(|secret| digester.is_of(&digest, Purpose::ClientSecret, &secret));
        if is_it { Ok(()) } else { Err(no_such().into()) }
    }

    /// What came of what a client brought from this address: where it was good for nothing and there were too many of those,
    /// that. Whoever brings what is good is never kept waiting by others in their network.
    ///
    /// # Errors
    /// What was wrong with it, or [`Problem::TooMany`].
    pub fn tried_by_client<T>(
        &self,
        address: Option<&str>,
        result: Result<T, OAuthRefusal>,
    ) -> Result<T, OAuthRefusal> {
        let Err(OAuthRefusal::Fault(fault)) = &result else { return result };
        if !matches!(fault.error, OAuthError::InvalidClient | OAuthError::InvalidGrant) {
            return result;
        }
        let guessed = Err::<(), _>(Problem::Unauthenticated { message: String::new() });
        match self.tried_from(address, guessed) {
            Err(Problem::TooMany) => Err(OAuthRefusal::Problem(Problem::TooMany)),
            _ => result,
        }
    }
}

/// A client as it registered itself, or was registered.
fn registered(row: OAuthClientRow) -> KnownClient {
    // Read when it registered: what was let then stays let, whatever the setting says of schemes since.
    let scheme = |uri: &String| uri.split_once(':').map(|(scheme, _)| scheme.to_owned());
    let schemes: Vec<String> = row.redirect_uris.iter().filter_map(scheme).collect();
    let redirect_uris = row.redirect_uris.iter().filter_map(|uri| RedirectUri::parse(uri, &schemes).ok()).collect();
    let name = Some(row.name).filter(|name| !name.is_empty());
    let shows_itself = if row.secret.is_some() { ShowsItself::Post } else { ShowsItself::Not };
    let metadata = ClientMetadata { name, redirect_uris, shows_itself };
    KnownClient { client_id: row.client_id, metadata, org: row.org, secret: row.secret }
}

/// Why a client does not get what it asked for.
#[derive(Debug)]
pub enum OAuthRefusal {
    /// What it is told.
    Fault(OAuthFault),
    /// Something here that is no fault of its.
    Problem(Problem),
}

impl From<OAuthFault> for OAuthRefusal {
    fn from(fault: OAuthFault) -> OAuthRefusal {
        OAuthRefusal::Fault(fault)
    }
}

impl<P: Into<Problem>> From<P> for OAuthRefusal {
    fn from(problem: P) -> OAuthRefusal {
        OAuthRefusal::Problem(problem.into())
    }
}
