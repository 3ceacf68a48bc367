//! Providers with whom people sign in: how they are set up, and what they publish about themselves.
//!
//! What a provider publishes is fetched when somebody first wants to sign in with it and kept for an hour; its keys are
//! fetched again, now and then, when a token names one that is not among them. A provider that hangs keeps nobody
//! waiting but those who sign in with it.

use std::sync::Arc;

use domain::time::Timestamp;
use identity::oidc::{Belief, DISCOVERY_LENGTH_MAX, Issuer, KEY_SET_LENGTH_MAX, KeySet, Provider};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::Problem;
use crate::ports::Web;

/// How long what a provider publishes is kept, in milliseconds.
const KEPT_MS: i64 = 3_600_000;
/// How often its keys are fetched at most because of a key that is not among them.
const KEYS_AGAIN_MS: i64 = 30_000;

/// A provider, as the operator set it up.
#[derive(Clone)]
pub struct ProviderSetup {
    /// Which of those that are set up, in a word that stands in addresses.
    pub key: &'static str,
    /// What people know it by.
    pub title: String,
    /// Who it is.
    pub issuer: Issuer,
    /// Our name there.
    pub client_id: String,
    /// What shows that it is us.
    pub client_secret: Zeroizing<String>,
    /// Where only companies with accounts at Google may sign in: their domains.
    pub hosted_domains: Vec<String>,
    /// What is believed of it about addresses.
    pub belief: Belief<'static>,
}

/// The providers that are set up, and the way to each of them.
#[derive(Clone)]
pub struct Providers {
    /// Each provider, and the way to it.
    pub each: Vec<(ProviderSetup, Arc<dyn Web>)>,
}

/// A provider that can be signed in with.
pub(super) struct Desk {
    pub(super) setup: ProviderSetup,
    web: Arc<dyn Web>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    provider: Option<(Timestamp, Arc<Provider>)>,
    keys: Option<(Timestamp, Arc<KeySet>)>,
}

impl Desk {
    pub(super) fn all(providers: Option<Providers>) -> Vec<Desk> {
        let Some(Providers { each }) = providers else { return Vec::new() };
        each.into_iter().map(|(setup, web)| Desk { setup, web, known: Mutex::default() }).collect()
    }

    /// Whether it lets people choose among their accounts there, who then need not sign in there again. Of others it is
    /// not known: there are some that refuse to be asked for it, while all know what to sign in again is.
    pub(super) fn lets_choose(&self) -> bool {
        self.setup.belief == Belief::Google
    }

    /// The way to the provider.
    pub(super) fn web(&self) -> &dyn Web {
        &*self.web
    }

    /// What it says of itself.
    pub(super) async fn provider(&self, now: Timestamp) -> Result<Arc<Provider>, Problem> {
        let mut known = self.known.lock().await;
        if let Some((at, provider)) = &known.provider
            && is_young(*at, now, KEPT_MS)
        {
            return Ok(provider.clone());
        }
        let url = self.setup.issuer.discovery_url();
        let document = self.fetched(&url, DISCOVERY_LENGTH_MAX).await?;
        let provider = Provider::parse(&self.setup.issuer, &document).map_err(|fault| self.unusable(&fault))?;
        let provider = Arc::new(provider);
        known.provider = Some((now, provider.clone()));
        Ok(provider)
    }

    /// The keys with which it signs. `again` where a token names one that is not among those that are known.
    pub(super) async fn keys(&self, provider: &Provider, now: Timestamp, again: bool) -> Result<Arc<KeySet>, Problem> {
        let mut known = self.known.lock().await;
        let kept_ms = if again { KEYS_AGAIN_MS } else { KEPT_MS };
        if let Some((at, keys)) = &known.keys
            && is_young(*at, now, kept_ms)
        {
            return Ok(keys.clone());
        }
        let document = self.fetched(provider.jwks_uri().as_str(), KEY_SET_LENGTH_MAX).await?;
        let keys = Arc::new(KeySet::parse(&document).map_err(|fault| self.unusable(&fault))?);
        known.keys = Some((now, keys.clone()));
        Ok(keys)
    }

    async fn fetched(&self, url: &str, length_max: usize) -> Result<Vec<u8>, Problem> {
        let answer = self.web.get(url, None, length_max).await.map_err(|fault| self.unusable(&fault))?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(self.unusable(&format!("{url} answers with status {status}"))),
        }
    }

    /// What is wrong with a provider is for the operator; whoever wants to sign in learns that it is not them.
    pub(super) fn unusable(&self, fault: &impl std::fmt::Display) -> Problem {
        tracing::error!(provider = self.setup.key, %fault, "nobody can sign in with this provider");
        let title = &self.setup.title;
        let message = format!(
            "{title} cannot be used to sign in at the moment; try again later, or in another way. The log of this \
             installation says why"
        );
        Problem::Unavailable { message }
    }
}

fn is_young(at: Timestamp, now: Timestamp, kept_ms: i64) -> bool {
    now.0.saturating_sub(at.0) < kept_ms
}
