//! The secret with which Wardroom shows itself to an upstream: sealed before it is written, opened to be sent.

use domain::id::{IntegrationId, OrgId};
use identity::seal::SecretPlace;
use journal::Fact;
use zeroize::Zeroizing;

use crate::{App, Problem};

/// The id under which every organization keeps something sealed with the master keys of its founding.
const MASTER_KEY_CHECK: &str = "master-key-check";

impl App {
    pub(crate) fn sealed(&self, org: OrgId, integration: IntegrationId, secret: &str) -> Result<Fact, Problem> {
        let place = SecretPlace { org: org.as_str(), secret: integration.as_str() };
        let mut source = identity::random::OperatingSystem;
        let sealed = self.inner.sealer.seal(place, secret.as_bytes(), &mut source);
        let sealed = sealed.map_err(|fault| Problem::invalid("credential", fault.to_string()))?;
        Ok(Fact::Secret { org, id: integration.to_string(), sealed })
    }

    /// Something sealed at the founding of an organization, by which other master keys are known for what they are.
    pub(crate) fn master_key_check(&self, org: OrgId) -> Result<Fact, Problem> {
        let place = SecretPlace { org: org.as_str(), secret: MASTER_KEY_CHECK };
        let sealed = self.inner.sealer.seal(place, b"wardroom", &mut identity::random::OperatingSystem);
        let sealed = sealed.map_err(|fault| Problem::broken(&fault))?;
        Ok(Fact::Secret { org, id: MASTER_KEY_CHECK.to_owned(), sealed })
    }

    /// Refuses master keys that are not those of this journal: with them no key would work and no secret open.
    ///
    /// # Errors
    /// [`Problem::Invalid`] where they are others.
    pub async fn check_master_keys(&self) -> Result<(), Problem> {
        let Some(first) = self.inner.journal.organizations(None, 1).await?.into_iter().next() else { return Ok(()) };
        let Some(sealed) = self.inner.journal.secret(first.org, MASTER_KEY_CHECK).await? else { return Ok(()) };
        let place = SecretPlace { org: first.org.as_str(), secret: MASTER_KEY_CHECK };
        self.inner.sealer.open(place, &sealed).map(|_| ()).map_err(|_| {
            let message =
                "these master keys are not the ones that this data folder was sealed with; put the right ones back";
            Problem::invalid("master-key-file", message)
        })
    }

    /// The secret of an integration, for whoever forwards a permitted call to it.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where it cannot be read or opened.
    pub async fn upstream_secret(
        &self,
        org: OrgId,
        integration: IntegrationId,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        let Some(sealed) = self.inner.journal.secret(org, integration.as_str()).await? else { return Ok(None) };
        let place = SecretPlace { org: org.as_str(), secret: integration.as_str() };
        let opened = self.inner.sealer.open(place, &sealed).map_err(|fault| Problem::broken(&fault))?;
        let text = std::str::from_utf8(&opened).map_err(|fault| Problem::broken(&fault))?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }
}
