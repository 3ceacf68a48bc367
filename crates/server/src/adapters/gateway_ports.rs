//! The gateway's ports, joined to the application and the journal.

use std::net::IpAddr;
use std::sync::Arc;

use app::{App, Live, Problem};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::record::{Durability, Intent, Outcome, RecordRef};
use domain::time::Timestamp;
use gateway::{Access, Ports, Unavailable};
use identity::digest::ArgumentDigester;
use identity::key::PresentedKey;
use journal::Journal;
use tokio::sync::watch;
use verdict::{Credential, Snapshot};
use zeroize::Zeroizing;

/// One organization as the gateway sees it.
pub(crate) struct LiveAccess(Arc<Live>);

impl Access for LiveAccess {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes()
    }
}

/// What the gateway needs, from where it is.
pub(crate) struct GatewayPorts {
    pub(crate) app: App,
    pub(crate) journal: Journal,
    pub(crate) arguments: ArgumentDigester,
}

fn unavailable(error: &impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

impl Ports for GatewayPorts {
    type Access = LiveAccess;

    async fn organization(&self, slug_or_id: &str) -> Result<Option<Arc<LiveAccess>>, Unavailable> {
        let found = self.app.organization(slug_or_id).await.map_err(|error: Problem| unavailable(&error))?;
        Ok(found.map(|live| Arc::new(LiveAccess(live))))
    }

    async fn credential(&self, key: &PresentedKey<'_>) -> Result<Option<(OrgId, Credential)>, Unavailable> {
        self.app.credential_of(key).await.map_err(|error| unavailable(&error))
    }

    async fn secret(&self, org: OrgId, integration: IntegrationId) -> Result<Option<Zeroizing<String>>, Unavailable> {
        self.app.upstream_secret(org, integration).await.map_err(|error| unavailable(&error))
    }

    async fn begin(&self, intent: Intent, durability: Durability) -> Result<RecordRef, Unavailable> {
        self.journal.begin(intent, durability).await.map_err(|error| unavailable(&error))
    }

    async fn note(&self, intent: Intent) -> Result<(), Unavailable> {
        self.journal.note(intent).await.map(|_| ()).map_err(|error| unavailable(&error))
    }

    async fn finish(&self, record: RecordRef, outcome: Outcome) {
        if let Err(error) = self.journal.finish(record, outcome).await {
            // The intent stands; the next start closes it as unknown.
            tracing::error!(org = %record.org, seq = record.seq, %error, "an outcome could not be recorded");
        }
    }

    fn used(&self, org: OrgId, key: KeyId, address: Option<IpAddr>, client: Option<&str>) {
        self.app.used(org, key, address.map(|address| address.to_string()), client.map(str::to_owned));
    }

    async fn names(&self, org: OrgId, people: &[PersonId]) -> Vec<String> {
        self.app.names(org, people).await
    }

    fn arguments_digest(&self, org: OrgId, canonical: &[u8]) -> [u8; 32] {
        self.arguments.digest(org.as_str(), canonical)
    }

    fn now(&self) -> Timestamp {
        self.app.now()
    }
}
