//! What somebody presents to be let in, by its id: the way it is named in the record, in history and in questions.

use std::fmt;

use crate::id::{ClientId, KeyId, SessionId};

/// Names what was presented. It is no secret, and says nothing about whether it still lets anybody in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CredentialId {
    /// A key.
    Key(KeyId),
    /// A person's signed-in browser.
    Session(SessionId),
    /// A client that a person connected.
    Client(ClientId),
}

impl CredentialId {
    /// The id as text, which says by its prefix what it names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            CredentialId::Key(key) => key.as_str(),
            CredentialId::Session(session) => session.as_str(),
            CredentialId::Client(client) => client.as_str(),
        }
    }

    /// Reads the id of a key, a session or a connected client.
    #[must_use]
    pub fn parse(text: &str) -> Option<CredentialId> {
        let key = KeyId::parse(text).map(CredentialId::Key);
        let session = || SessionId::parse(text).map(CredentialId::Session);
        key.or_else(|_| session()).or_else(|_| ClientId::parse(text).map(CredentialId::Client)).ok()
    }

    /// The key, where it is one.
    #[must_use]
    pub fn key(self) -> Option<KeyId> {
        match self {
            CredentialId::Key(key) => Some(key),
            CredentialId::Session(_) | CredentialId::Client(_) => None,
        }
    }

    /// The connected client, where it is one.
    #[must_use]
    pub fn client(self) -> Option<ClientId> {
        match self {
            CredentialId::Client(client) => Some(client),
            CredentialId::Key(_) | CredentialId::Session(_) => None,
        }
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<KeyId> for CredentialId {
    fn from(key: KeyId) -> CredentialId {
        CredentialId::Key(key)
    }
}

impl From<SessionId> for CredentialId {
    fn from(session: SessionId) -> CredentialId {
        CredentialId::Session(session)
    }
}

impl From<ClientId> for CredentialId {
    fn from(client: ClientId) -> CredentialId {
        CredentialId::Client(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_presented_is_told_by_the_prefix_and_survives_text_and_back() {
        let ids = [
            KeyId::from_random([1; 20]).into(),
            SessionId::from_random([1; 20]).into(),
            ClientId::from_random([1; 20]).into(),
        ];
        for id in ids {
            assert_eq!(CredentialId::parse(CredentialId::as_str(&id)), Some(id));
        }
        assert_eq!(ids.map(CredentialId::key), [Some(KeyId::from_random([1; 20])), None, None]);
        assert_eq!(ids.map(CredentialId::client), [None, None, Some(ClientId::from_random([1; 20]))]);
        assert_eq!(CredentialId::parse("per_11111111111111111111"), None);
    }
}
