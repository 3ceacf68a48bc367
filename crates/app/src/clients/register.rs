//! Clients register themselves (RFC 7591): anybody may, it gives nothing, and what nobody connects is forgotten.

use domain::time::Timestamp;
use identity::oauth::client::{ClientMetadata, ShowsItself};
use identity::oauth::{OAuthError, OAuthFault};
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::{Fact, OAuthClientRow};

use super::known::OAuthRefusal;
use super::{BY_TOKEN, REGISTERED_MS};
use crate::App;

/// A client that has just registered.
#[derive(Debug)]
pub struct RegisteredClient {
    /// Its identifier.
    pub client_id: String,
    /// Its secret, shown once; none for a client that keeps none.
    pub secret: Option<IssuedToken>,
    /// What it said of itself, as it is understood here.
    pub metadata: ClientMetadata,
    /// When it registered.
    pub created_at: Timestamp,
    /// From when on it is unknown, unless somebody connects it meanwhile.
    pub expires_at: Timestamp,
}

impl App {
    /// Registers a client. Charged to the network that it comes from.
    ///
    /// # Errors
    /// What is wrong with what it says of itself; that too many were registered from its network.
    pub async fn register_client(
        &self,
        document: &[u8],
        address: Option<&str>,
    ) -> Result<RegisteredClient, OAuthRefusal> {
        let metadata = ClientMetadata::registered(document, &self.inner.clients.outside.redirect_schemes)?;
        if self.may_begin_from(address).is_err() {
            let description = "too many clients were registered from this network; try again in a minute";
            return Err(OAuthFault::new(OAuthError::TemporarilyUnavailable, description).into());
        }
        let secret = match metadata.shows_itself {
            ShowsItself::Not => None,
            ShowsItself::Post | ShowsItself::Basic => Some(self.new_token(TokenForm::ClientSecret)?),
        };
        let now = self.now();
        let random: [u8; 20] = self.random()?;
        let client_id = domain::id::ClientId::from_random(random).to_string().replacen("cli_", "registered_", 1);
        let row = OAuthClientRow {
            client_id: client_id.clone(),
            org: None,
            name: metadata.name.clone().unwrap_or_default(),
            redirect_uris: metadata.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            secret: secret
                .as_ref()
                .map(|secret| self.inner.sign_in.digester().digest(Purpose::ClientSecret, &secret.presented())),
            created_at: now,
            expires_at: Timestamp(now.0.saturating_add(REGISTERED_MS)),
        };
        let expires_at = row.expires_at;
        self.append_to_directory(BY_TOKEN, &[], vec![Fact::OAuthClient(Box::new(row))]).await?;
        Ok(RegisteredClient { client_id, secret, metadata, created_at: now, expires_at })
    }
}
