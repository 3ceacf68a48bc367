//! The application: what every door holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::id::{KeyId, OrgId};
use domain::time::Timestamp;
use identity::digest::KeyDigester;
use identity::key::{IssuedKey, KeyPrefix};
use identity::random::{RandomSource, random_array};
use identity::seal::Sealer;
use identity::token::{IssuedToken, TokenForm};
use journal::Journal;

use crate::accounts::Vault;
use crate::ask::LongQuestions;
use crate::attempts::Attempts;
use crate::clients::Clients;
use crate::directory::Endings;
use crate::mail::Outbox;
use crate::ports::{Clock, Names, Outside, Upstreams};
use crate::registry::Registry;
use crate::sign_in::{SignIn, Tokens};
use crate::{Live, Problem, Quotas};

/// What makes and recognises secrets.
pub struct Security {
    /// Digests of keys.
    pub digester: KeyDigester,
    /// The tokens of browsers and links.
    pub tokens: Tokens,
    /// Sealing of upstream secrets.
    pub sealer: Sealer,
    /// Where random bytes come from.
    pub random: Box<dyn RandomSource + Send>,
}

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) upstreams: Arc<dyn Upstreams>,
    pub(crate) names: Arc<dyn Names>,
    pub(crate) public_url: Option<String>,
    pub(crate) outbox: Outbox,
    pub(crate) quotas: Quotas,
    pub(crate) digester: KeyDigester,
    pub(crate) sealer: Sealer,
    random: Mutex<Box<dyn RandomSource + Send>>,
    pub(crate) registry: Registry,
    /// Which key a digest belongs to never changes, so what was found stays found.
    pub(crate) credentials: RwLock<HashMap<[u8; 32], (OrgId, KeyId)>>,
    pub(crate) attempts: Attempts,
    pub(crate) long_questions: LongQuestions,
    /// The directory's stream has one writer at a time.
    pub(crate) directory: tokio::sync::Mutex<()>,
    /// Which sessions were ended before their time.
    pub(crate) endings: Endings,
    pub(crate) sign_in: SignIn,
    pub(crate) clients: Clients,
    /// Tokens of accounts at upstreams.
    pub(crate) vault: Vault,
    /// The digest of the ticket with which an empty installation is set up.
    pub(crate) set_up: Mutex<Option<[u8; 32]>>,
}

/// A key just made: its id, the secret to show once, and what is kept of it.
pub(crate) struct NewKey {
    pub(crate) id: KeyId,
    pub(crate) secret: IssuedKey,
    pub(crate) digest: [u8; 32],
    pub(crate) hint: String,
}

impl App {
    /// Puts the application together.
    #[must_use]
    pub fn new(journal: Journal, outside: Outside, security: Security, quotas: Quotas) -> App {
        App {
            inner: Arc::new(Inner {
                journal,
                clock: outside.clock,
                upstreams: outside.upstreams,
                names: outside.names,
                public_url: outside.public_url,
                outbox: Outbox::new(outside.mailer),
                quotas,
                digester: security.digester,
                sealer: security.sealer,
                random: Mutex::new(security.random),
                registry: Registry::default(),
                credentials: RwLock::default(),
                attempts: Attempts::default(),
                long_questions: LongQuestions::default(),
                directory: tokio::sync::Mutex::new(()),
                endings: Endings::default(),
                sign_in: SignIn::new(security.tokens, outside.providers),
                clients: Clients::new(outside.clients),
                vault: Vault::default(),
                set_up: Mutex::default(),
            }),
        }
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The id of an organization, by slug or id. Loads nothing.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn organization_id(&self, name: &str) -> Result<Option<OrgId>, Problem> {
        self.inner.registry.find(&self.inner.journal, name).await
    }

    /// An organization in memory, by slug or id.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn organization(&self, name: &str) -> Result<Option<Arc<Live>>, Problem> {
        match self.inner.registry.find(&self.inner.journal, name).await? {
            // One whose day has come is not there any more.
            Some(org) => Ok(Some(self.live(org).await?).filter(|live| !live.snapshot().is_gone_at(self.now()))),
            None => Ok(None),
        }
    }

    pub(crate) async fn live(&self, org: OrgId) -> Result<Arc<Live>, Problem> {
        self.inner.registry.live(&self.inner.journal, org).await
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Problem> {
        let mut source = self.inner.random.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(random_array(&mut **source)?)
    }

    pub(crate) fn new_key(&self, kind: KeyPrefix) -> Result<NewKey, Problem> {
        let id = KeyId::from_random(self.random()?);
        let (secret, digest, hint) = self.new_secret(kind)?;
        Ok(NewKey { id, secret, digest, hint })
    }

    pub(crate) fn new_token(&self, form: TokenForm) -> Result<IssuedToken, Problem> {
        let mut source = self.inner.random.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(IssuedToken::generate(form, &mut **source)?)
    }

    pub(crate) fn new_secret(&self, kind: KeyPrefix) -> Result<(IssuedKey, [u8; 32], String), Problem> {
        let mut source = self.inner.random.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = IssuedKey::generate(kind, &mut **source)?;
        let digest = self.inner.digester.digest(&secret.presented());
        let hint = secret.presented().hint().to_owned();
        Ok((secret, digest, hint))
    }
}
