//! What is kept of accounts, sealed: one document for each, and one for what Wardroom is at an integration's authorization
//! server.

use domain::id::{AccountId, IntegrationId, OrgId};
use domain::time::Timestamp;
use identity::seal::SecretPlace;
use identity::upstream::{Registration, Server};
use journal::Fact;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{App, Problem};

/// What Wardroom is at the authorization server of an integration's upstream, and which that is.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Registered {
    pub(super) server: Server,
    pub(super) registration: Registration,
    /// What tokens are asked for, exactly as the upstream calls itself.
    pub(super) resource: String,
    /// Where people are sent back to, for which it is registered.
    pub(super) redirect_uri: String,
    /// What it said that it asks for, when it was registered.
    pub(super) scope: Option<String>,
    /// Where the upstream describes itself, if anywhere.
    pub(super) described_at: Option<String>,
}

/// An account's tokens, and what they are good for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) at: Registered,
    pub(super) access: Zeroizing<String>,
    /// Until when the token is good, where that was said.
    pub(super) ends_at: Option<Timestamp>,
    pub(super) refresh: Option<Zeroizing<String>>,
    /// What it was let do.
    pub(super) scope: Option<String>,
    /// What the upstream wants besides.
    pub(super) wants: Option<String>,
    pub(super) trouble: Option<Troubled>,
}

/// What is wrong with a connection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Troubled {
    pub(super) since: Timestamp,
    /// For people.
    pub(super) why: String,
    /// Whether it has ended: nothing is tried with it any more.
    pub(super) ended: bool,
}

/// The id of what Wardroom is at an integration's authorization server, among the organization's secrets.
pub(crate) fn registration_id(integration: IntegrationId) -> String {
    format!("{integration}/registration")
}

impl App {
    pub(super) async fn registered_at(
        &self,
        org: OrgId,
        integration: IntegrationId,
    ) -> Result<Option<Registered>, Problem> {
        self.document_of(org, &registration_id(integration)).await
    }

    pub(super) async fn kept(&self, org: OrgId, account: AccountId) -> Result<Option<Kept>, Problem> {
        self.document_of(org, account.as_str()).await
    }

    /// A document, sealed for its place.
    pub(crate) fn sealed_document(&self, org: OrgId, id: &str, document: &impl Serialize) -> Result<Vec<u8>, Problem> {
        let text = Zeroizing::new(serde_json::to_vec(document).map_err(|error| Problem::broken(&error))?);
        let place = SecretPlace { org: org.as_str(), secret: id };
        let sealed = self.inner.sealer.seal(place, &text, &mut identity::random::OperatingSystem);
        sealed.map_err(|fault| Problem::broken(&fault))
    }

    /// Keeps what an account has come to, unless it has been disconnected meanwhile.
    pub(super) async fn keep(&self, org: OrgId, account: AccountId, kept: &Kept) -> Result<(), Problem> {
        let (id, sealed) = (account.to_string(), self.sealed_document(org, account.as_str(), kept)?);
        self.append_to_directory("account", &[], vec![Fact::RenewSecret { org, id, sealed }]).await
    }

    async fn document_of<D: DeserializeOwned>(&self, org: OrgId, id: &str) -> Result<Option<D>, Problem> {
        let Some(sealed) = self.inner.journal.secret(org, id).await? else { return Ok(None) };
        self.opened_document(org, id, &sealed).map(Some)
    }

    /// Opens a document that was sealed for its place.
    pub(super) fn opened_document<D: DeserializeOwned>(
        &self,
        org: OrgId,
        id: &str,
        sealed: &[u8],
    ) -> Result<D, Problem> {
        let place = SecretPlace { org: org.as_str(), secret: id };
        let opened = self.inner.sealer.open(place, sealed).map_err(|fault| Problem::broken(&fault))?;
        serde_json::from_slice(&opened).map_err(|_| {
            // What stands in it is secret, and so is what an error would say of it.
            Problem::Unavailable { message: "what is kept of a connection cannot be read".to_owned() }
        })
    }
}
