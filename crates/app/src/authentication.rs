//! Who is calling: from a presented key to an actor of one organization.

use std::sync::{Arc, PoisonError};

use domain::credential::CredentialId;
use domain::id::{KeyId, OrgId};
use identity::key::PresentedKey;
use journal::KeyUse;
use verdict::{Action, Actor, Credential, Denial, NotAdmitted, Operation, Reason, Whose};

use crate::impact::Mode;
use crate::{App, Live, Problem};

/// Digests that are remembered. Beyond that all are forgotten at once and looked up again.
const REMEMBERED_MAX: usize = 200_000;

/// Someone whose key let them in, and the organization it is for.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who they are.
    pub actor: Actor,
    /// The organization.
    pub live: Arc<Live>,
    /// How they want changes to be made.
    pub mode: Mode,
}

impl Caller {
    /// The actor as the journal names it: the subject, and what was presented.
    pub(crate) fn stamp(&self) -> String {
        stamp(&self.actor)
    }
}

pub(crate) fn stamp(actor: &Actor) -> String {
    match actor.credential {
        Some(credential) => format!("{}/{}", actor.subject.as_str(), credential.id()),
        None => actor.subject.as_str().to_owned(),
    }
}

/// What somebody is told who does nothing here at present: to come with something else would not help them.
pub(crate) fn does_nothing(live: &Live, reason: Reason) -> Problem {
    let denial = Denial { reason, hidden: false, whose: Whose::Subject };
    let explanation = live.snapshot().explain_denial(denial, Action::Operate(Operation::ViewOrganization));
    Problem::Denied { explanation: Box::new(explanation), ask: Vec::new() }
}

impl App {
    /// Lets in whoever holds this key.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where the key is malformed, unknown, revoked, replaced or expired,
    /// [`Problem::Denied`] where the organization ends.
    pub async fn authenticate(&self, key: &str) -> Result<Caller, Problem> {
        let presented =
            PresentedKey::parse(key).map_err(|fault| Problem::Unauthenticated { message: fault.to_string() })?;
        let unknown = || Problem::Unauthenticated { message: "this key does not work; create a new one".to_owned() };
        let (org, credential) = self.credential_of(&presented).await?.ok_or_else(unknown)?;
        let live = self.live(org).await?;
        let admitted = live.snapshot().admit(credential, self.now());
        let actor = admitted.map_err(|fault| match fault {
            NotAdmitted::Ending => does_nothing(&live, Reason::OrganizationEnding),
            fault => Problem::Unauthenticated { message: fault.to_string() },
        })?;
        Ok(Caller { actor, live, mode: Mode::default() })
    }

    /// To which organization a presented key belongs, and as which credential it is to be asked about. Whether it
    /// still works is for the organization's snapshot to say.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn credential_of(&self, presented: &PresentedKey<'_>) -> Result<Option<(OrgId, Credential)>, Problem> {
        for digest in self.inner.digester.digests(presented) {
            if let Some((org, key)) = self.credential(digest).await? {
                return Ok(Some((org, Credential::Key { key, digest })));
            }
        }
        Ok(None)
    }

    /// Notes that a key or a connected client was used. Kept apart from the record, since an address is personal.
    pub fn used(&self, org: OrgId, credential: CredentialId, address: Option<String>, client: Option<String>) {
        if let Some(key) = credential.key() {
            self.inner.journal.touch_key(KeyUse { org, key, at: self.now(), address, client });
        }
        if let Some(client) = credential.client() {
            self.note_use_of_client(client);
        }
    }

    /// Which key of which organization a digest belongs to.
    pub(crate) async fn credential(&self, digest: [u8; 32]) -> Result<Option<(OrgId, KeyId)>, Problem> {
        let known = self.inner.credentials.read().unwrap_or_else(PoisonError::into_inner).get(&digest).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = self.inner.journal.credential(digest).await?;
        if let Some(found) = found {
            let mut remembered = self.inner.credentials.write().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() >= REMEMBERED_MAX {
                remembered.clear();
            }
            remembered.insert(digest, found);
        }
        Ok(found)
    }
}
