//! Which connected client a token was shown by. What the client may is asked of its organization's snapshot.

use std::sync::{Arc, PoisonError};

use domain::id::OrgId;
use identity::token::{PresentedToken, Purpose};
use journal::ClientTokenKind;
use verdict::{ClientProof, Credential};

use super::REMEMBERED_MAX;
use super::audience::Audience;
use crate::{App, Problem};

/// What an access token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownClient {
    /// The organization for which the client is connected.
    pub org: OrgId,
    /// As which credential it is to be asked about.
    pub proof: ClientProof,
    /// The slug of the integration for which alone it is connected; none for all of them.
    pub integration: Option<String>,
    /// The identifier under which the client is known: the same for each time that it was connected.
    pub known_as: Arc<str>,
}

impl ShownClient {
    /// The credential to ask about.
    #[must_use]
    pub fn credential(&self) -> Credential {
        Credential::Client(self.proof)
    }
}

impl App {
    /// Which client a token was issued to; none where it was issued to none. Whether it still lets in is for the snapshot to
    /// say.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn client_of(&self, presented: &PresentedToken<'_>) -> Result<Option<ShownClient>, Problem> {
        for digest in self.inner.sign_in.digester().digests(Purpose::ClientAccess, presented) {
            let remembered = &self.inner.clients.remembered;
            let known = remembered.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
            if known.is_some() {
                return Ok(known);
            }
            let row = self.inner.journal.client_token(digest).await?;
            let Some(row) = row.filter(|row| row.kind == ClientTokenKind::Access) else { continue };
            let Some(connected) = self.inner.journal.connected_client(row.client).await? else { continue };
            let Some(audience) = Audience::at(&connected.resource) else { continue };
            let proof = ClientProof { client: row.client, ends_at: row.expires_at };
            let known_as = connected.client_id.into();
            let shown = ShownClient { org: row.org, proof, integration: audience.integration, known_as };
            let mut remembered = remembered.write().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() >= REMEMBERED_MAX {
                remembered.clear();
            }
            remembered.insert(digest, shown.clone());
            return Ok(Some(shown));
        }
        Ok(None)
    }
}
