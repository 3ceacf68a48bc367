//! Clients that are registered by hand: whoever looks after an organization's security makes a client known there, so that its
//! members can connect it. It connects nobody, and is known nowhere else.

use domain::command::Command;
use domain::id::RegistrationId;
use domain::permission::Permission;
use domain::time::Timestamp;
use identity::oauth::OAuthError;
use identity::oauth::client::{ClientMetadata, ShowsItself};
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::{Fact, OAuthClientRow};
use serde_json::json;
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem};

/// From when on such a client is unknown: it stays known until somebody removes it.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// What is said of a client that is registered by hand.
#[derive(Clone, Debug)]
pub struct ClientToRegister {
    /// What people see that it is called.
    pub name: String,
    /// Where it may have people sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it can keep a secret, and shows itself by it.
    pub confidential: bool,
}

/// A client that was registered by hand.
#[derive(Clone, Debug)]
pub struct RegisteredByHand {
    /// Its identifier, which it is given.
    pub client_id: String,
    /// What people see that it is called.
    pub name: String,
    /// Where it may have people sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it shows itself by a secret.
    pub confidential: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl App {
    /// The clients that were registered by hand here, the newest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings.
    pub async fn clients_by_hand(&self, caller: &Caller) -> Result<Vec<RegisteredByHand>, Problem> {
        let operation = Operation::Use { permission: Permission::SecurityEdit };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        let rows = self.inner.journal.oauth_clients_of(caller.live.org()).await?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// Registers a client, and gives its secret where it has one: it is shown this once.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings; [`Problem::Invalid`] where something that is said
    /// of the client cannot be; [`Problem::Refused`] where there are too many.
    pub async fn register_client_by_hand(
        &self,
        caller: &Caller,
        wanted: ClientToRegister,
    ) -> Result<(RegisteredByHand, Option<IssuedToken>), Problem> {
        // Whoever may not is told that before what is wrong with it.
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::RegisterClients).await?;
        let metadata = self.said_of(&wanted)?;
        let name = metadata.name.ok_or_else(|| Problem::invalid("name", "say what the client is called"))?;
        let secret = wanted.confidential.then(|| self.new_token(TokenForm::ClientSecret)).transpose()?;
        let registration = RegistrationId::from_random(self.random()?);
        let digester = self.inner.sign_in.digester();
        let row = OAuthClientRow {
            client_id: registration.to_string(),
            org: Some(caller.live.org()),
            name,
            redirect_uris: metadata.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            secret: secret.as_ref().map(|secret| digester.digest(Purpose::ClientSecret, &secret.presented())),
            created_at: self.now(),
            expires_at: NEVER,
        };
        let registered = view(row.clone());
        let along = Along { facts: vec![Fact::OAuthClient(Box::new(row))], ..Along::default() };
        let command = |_: &_| Ok(Command::RegisterClient { registration });
        self.change(caller, Operation::RegisterClients, command, along).await?;
        Ok((registered, secret))
    }

    /// Lets a client be known no longer. What is connected by it is let in no more when this returns.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings; [`Problem::Missing`] where there is no such client.
    pub async fn unregister_client(&self, caller: &Caller, client_id: &str) -> Result<(), Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::RegisterClients).await?;
        let registration = RegistrationId::parse(client_id).map_err(|_| Problem::missing("client"))?;
        let org = caller.live.org();
        let connected = self.inner.journal.connected_as(org, client_id).await?;
        let mut facts: Vec<Fact> = connected.iter().map(|client| Fact::DropClient { client: *client }).collect();
        facts.push(Fact::DropOAuthClient { org, client_id: client_id.to_owned() });
        let command =
            |_: &_| Ok(Command::UnregisterClient { registration, connected: connected.iter().copied().collect() });
        self.change(caller, Operation::RegisterClients, command, Along { facts, ..Along::default() }).await?;
        Ok(())
    }

    /// The same is let and refused of it as if it registered itself.
    fn said_of(&self, wanted: &ClientToRegister) -> Result<ClientMetadata, Problem> {
        let shows_itself = if wanted.confidential { ShowsItself::Post } else { ShowsItself::Not };
        let document = json!({ "client_name": wanted.name, "redirect_uris": wanted.redirect_uris,
            "token_endpoint_auth_method": shows_itself.as_str() });
        let schemes = &self.inner.clients.outside.redirect_schemes;
        ClientMetadata::registered(document.to_string().as_bytes(), schemes).map_err(|fault| {
            let field = if fault.error == OAuthError::InvalidRedirectUri { "redirect_uris" } else { "name" };
            Problem::invalid(field, fault.description)
        })
    }
}

fn view(row: OAuthClientRow) -> RegisteredByHand {
    RegisteredByHand {
        client_id: row.client_id,
        name: row.name,
        redirect_uris: row.redirect_uris,
        confidential: row.secret.is_some(),
        created_at: row.created_at,
    }
}
