//! What was presented, as it is asked about: it must still hold at the moment of the question.

use domain::credential::CredentialId;
use domain::id::{ClientId, KeyId, PersonId, SessionId};
use domain::time::Timestamp;

/// What a caller presented.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Credential {
    /// A key. It speaks for whom the organization says, and must still be the key's present secret.
    Key {
        /// The key's id.
        key: KeyId,
        /// The keyed hash of the secret that was presented.
        digest: [u8; 32],
    },
    /// The session of a person's browser.
    Session(SessionProof),
    /// A client that a person connected.
    Client(ClientProof),
}

/// That a client was shown as one that a person connected: what its token says, which never changes. Whether it is still
/// connected, and as whom, is said by the organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ClientProof {
    /// The connected client.
    pub client: ClientId,
    /// When the token that was shown ends.
    pub ends_at: Timestamp,
}

/// That a person signed in: what was kept of it then, which never changes. What the person may do is said by each
/// organization, and so is whether they are a member of it at all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SessionProof {
    /// The session's id.
    pub session: SessionId,
    /// Who signed in.
    pub person: PersonId,
    /// When it began.
    pub begun_at: Timestamp,
    /// When its person showed who they are: as it began, or before, at the provider that let them in.
    pub proven_at: Timestamp,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
    /// Whether its person has shown a passkey as it began.
    pub by_passkey: bool,
}

impl Credential {
    /// The id of what was presented.
    #[must_use]
    pub fn id(self) -> CredentialId {
        match self {
            Credential::Key { key, .. } => CredentialId::Key(key),
            Credential::Session(proof) => CredentialId::Session(proof.session),
            Credential::Client(proof) => CredentialId::Client(proof.client),
        }
    }
}
