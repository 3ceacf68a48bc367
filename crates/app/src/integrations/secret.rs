//! The secret with which Wardroom shows itself to an upstream: sealed before it is written, opened to be sent.

use domain::id::{IntegrationId, OrgId};
use identity::seal::SecretPlace;
use journal::Fact;
use zeroize::Zeroizing;

use crate::{App, Problem};

impl App {
    pub(crate) fn sealed(&self, org: OrgId, integration: IntegrationId, secret: &str) -> Result<Fact, Problem> {
        let place = SecretPlace { org: org.as_str(), secret: integration.as_str() };
        let mut source = identity::random::OperatingSystem;
        let sealed = self.inner.sealer.seal(place, secret.as_bytes(), &mut source);
        let sealed = sealed.map_err(|fault| Problem::invalid("credential", fault.to_string()))?;
        Ok(Fact::Secret { org, id: integration.to_string(), sealed })
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
