//! Documents in which clients describe themselves, at the address that is their identifier (OAuth Client ID Metadata
//! Document): fetched when a person is asked, and kept for as long as they say, within bounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::time::Timestamp;
use identity::oauth::client::{ClientMetadata, METADATA_LENGTH_MAX};
use identity::oauth::{OAuthError, OAuthFault};
use tokio::sync::Semaphore;

use super::known::OAuthRefusal;
use crate::App;

/// How long a document is kept at least, so that one click after another fetches it once: a minute.
const KEPT_MS_MIN: i64 = 60_000;
/// How long at most: a day.
const KEPT_MS_MAX: i64 = 86_400_000;
/// How long where its server does not say: five minutes.
const KEPT_MS: i64 = 300_000;
/// Documents that are kept. Beyond that all are forgotten.
const KEPT_MAX: usize = 1_000;
/// Documents that are fetched at a time.
const FETCHING_MAX: usize = 8;

/// What was fetched of late.
pub(super) struct Documents {
    kept: Mutex<HashMap<String, (Timestamp, Arc<ClientMetadata>)>>,
    fetching: Semaphore,
}

impl Default for Documents {
    fn default() -> Documents {
        Documents { kept: Mutex::default(), fetching: Semaphore::new(FETCHING_MAX) }
    }
}

impl App {
    /// The client that describes itself at this address.
    pub(super) async fn described_client(&self, client_id: &str) -> Result<ClientMetadata, OAuthRefusal> {
        let clients = &self.inner.clients;
        let find = |now: Timestamp| {
            let kept = clients.documents.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get(client_id).filter(|(until, _)| now < *until).map(|(_, metadata)| ClientMetadata::clone(metadata))
        };
        if let Some(known) = find(self.now()) {
            return Ok(known);
        }
        let Ok(_place) = clients.documents.fetching.acquire().await else { return Err(not_read().into()) };
        // Somebody may have fetched it meanwhile.
        if let Some(known) = find(self.now()) {
            return Ok(known);
        }
        let web = clients.outside.documents.as_ref().ok_or_else(not_read)?;
        let fetched = web.get(client_id, None, METADATA_LENGTH_MAX).await.map_err(|fault| {
            tracing::info!(%fault, "the document of an AI client cannot be read");
            not_read()
        })?;
        if fetched.status != 200 {
            tracing::info!(status = fetched.status, client = client_id, "the document of an AI client is not there");
            return Err(not_read().into());
        }
        let metadata = ClientMetadata::at(client_id, &fetched.body, &clients.outside.redirect_schemes)?;
        let stated =
            fetched.kept_s.map_or(KEPT_MS, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000));
        let until = Timestamp(self.now().0.saturating_add(stated.clamp(KEPT_MS_MIN, KEPT_MS_MAX)));
        let mut kept = clients.documents.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(client_id.to_owned(), (until, Arc::new(metadata.clone())));
        Ok(metadata)
    }
}

fn not_read() -> OAuthFault {
    let description = "the document in which this client describes itself cannot be read; try again, or ask whoever runs this \
                       installation to look into its log";
    OAuthFault::new(OAuthError::InvalidClient, description)
}
