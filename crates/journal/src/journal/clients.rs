//! What can be asked about clients of the authorization server.

use domain::id::{ClientId, OrgId, PersonId};
use domain::time::Timestamp;

use crate::client::{ClientTokenRow, ConnectedClientRow, ListedClientRow, OAuthClientRow};
use crate::error::ReadError;
use crate::journal::Journal;
use crate::sqlite::clients;

impl Journal {
    /// The client that registered itself, or was registered by hand, and was given this identifier.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn oauth_client(&self, client_id: &str) -> Result<Option<OAuthClientRow>, ReadError> {
        let client_id = client_id.to_owned();
        self.read_journal(move |connection| clients::registered(connection, &client_id)).await
    }

    /// The clients that were registered by hand in an organization, the newest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn oauth_clients_of(&self, org: OrgId) -> Result<Vec<OAuthClientRow>, ReadError> {
        self.read_journal(move |connection| clients::registered_in(connection, org)).await
    }

    /// The clients of an organization that are connected under this identifier.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn connected_as(&self, org: OrgId, client_id: &str) -> Result<Vec<ClientId>, ReadError> {
        let client_id = client_id.to_owned();
        self.read_journal(move |connection| clients::connected_as(connection, org, &client_id)).await
    }

    /// The token of a connected client that has this digest, spent ones and those that ended of late included.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn client_token(&self, digest: [u8; 32]) -> Result<Option<ClientTokenRow>, ReadError> {
        self.read_journal(move |connection| clients::token(connection, &digest)).await
    }

    /// What is known of a connected client.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn connected_client(&self, client: ClientId) -> Result<Option<ConnectedClientRow>, ReadError> {
        self.read_journal(move |connection| clients::connected(connection, client)).await
    }

    /// The clients that a person has connected to an organization, the newest first; at most 10,000.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn clients_of(&self, org: OrgId, person: PersonId) -> Result<Vec<ListedClientRow>, ReadError> {
        self.read_journal(move |connection| clients::connected_by(connection, org, person)).await
    }

    /// Remembers that a connected client was used, as [`Journal::touch_session`] does for a session.
    pub fn touch_client(&self, client: ClientId, at: Timestamp) {
        self.touch(client.into(), at);
    }
}
