//! Connect a company directory, see its connections, give one a new secret, and end one.
//!
//! A connection is a key with a secret of its own form, which opens the door for directories and no other.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::id::KeyId;
use domain::key::KeyKind;
use domain::role::RoleId;
use identity::digest::hexadecimal as hex;
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::Fact;
use verdict::Operation;

use crate::agents::role_id;
use crate::change::Along;
use crate::directory::one_line;
use crate::keys::KeyView;
use crate::{App, Caller, Problem};

/// Characters of a connection's label.
const LABEL_LENGTH_MAX: usize = 80;
/// Roles that one connection looks after besides the one that it gives.
const TENDED_MAX: usize = 50;

/// A connection to be made.
#[derive(Clone, Debug)]
pub struct NewDirectory {
    /// What people call it.
    pub label: String,
    /// The role of those whom it lets in; the one that newcomers have now where none is named.
    pub role: Option<String>,
    /// The roles that it looks after besides.
    pub tends: Vec<String>,
}

/// A connection with a secret just made.
#[derive(Debug)]
pub struct ConnectedDirectory {
    /// Its id.
    pub id: KeyId,
    /// Its secret, shown this once.
    pub secret: IssuedToken,
}

impl App {
    /// Connects a company directory.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller could not do by hand what the connection does.
    pub async fn connect_directory(&self, caller: &Caller, new: NewDirectory) -> Result<ConnectedDirectory, Problem> {
        let label = one_line("label", &new.label, LABEL_LENGTH_MAX)?;
        let gives = match &new.role {
            Some(role) => role_id("role", role)?,
            None => caller.live.state.lock().await.settings.join_default_role,
        };
        let tends = new.tends.iter().map(|role| role_id("tends", role)).collect::<Result<BTreeSet<RoleId>, _>>()?;
        let tends: BTreeSet<RoleId> = tends.into_iter().filter(|role| *role != gives).collect();
        if tends.len() > TENDED_MAX {
            return Err(Problem::invalid("tends", format!("name at most {TENDED_MAX} roles")));
        }
        // What is made with a key that ends, ends with it.
        let expires_at = self.no_longer_than(caller, None).await?;
        let id = KeyId::from_random(self.random()?);
        let (secret, digest, hint) = self.new_directory_secret()?;
        let org = caller.live.org();
        let facts = vec![Fact::Credential { digest, org, key: id }, Fact::Label { org, id: id.to_string(), label }];
        let command = |_: &_| {
            let kind = KeyKind::Directory { gives, tends: tends.clone() };
            Ok(Command::CreateKey { key: id, kind, digest: hex(&digest), hint: hint.clone(), expires_at })
        };
        let operation = Operation::ConnectDirectory { gives: &gives, tends: &tends };
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        Ok(ConnectedDirectory { id, secret })
    }

    /// The connections that the caller may know of.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_directories(&self, caller: &Caller) -> Result<Vec<KeyView>, Problem> {
        let snapshot = caller.live.snapshot();
        let keys = {
            let state = caller.live.state.lock().await;
            let live = state.keys.values().filter(|key| key.revoked_at.is_none());
            let connections = live.filter(|key| matches!(key.kind, KeyKind::Directory { .. }));
            let seen =
                |key: &KeyId| self.asked(&snapshot, &caller.actor, Operation::ViewKey { key: *key }).is_allowed();
            connections.filter(|key| seen(&key.id)).cloned().collect()
        };
        self.key_views(caller, keys).await
    }

    /// Gives a connection a new secret. The old one stops at once.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such connection that the caller may know of.
    pub async fn rotate_directory(&self, caller: &Caller, connection: &str) -> Result<ConnectedDirectory, Problem> {
        let id = self.connection(caller, connection).await?;
        self.lasts_as_long_as(caller, id).await?;
        let (secret, digest, hint) = self.new_directory_secret()?;
        let facts = vec![Fact::Credential { digest, org: caller.live.org(), key: id }];
        let command = |_: &_| Ok(Command::RotateKey { key: id, digest: hex(&digest), hint: hint.clone() });
        let along = Along { facts, directory: None };
        self.change(caller, Operation::RotateKey { key: id }, command, along).await?;
        Ok(ConnectedDirectory { id, secret })
    }

    /// Ends a connection. The people whom it let in stay as they are.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such connection that the caller may know of.
    pub async fn end_directory(&self, caller: &Caller, connection: &str) -> Result<(), Problem> {
        let id = self.connection(caller, connection).await?;
        self.revoke_key(caller, id.as_str()).await
    }

    /// The connection with this id.
    pub(super) async fn connection(&self, caller: &Caller, id: &str) -> Result<KeyId, Problem> {
        let missing = || Problem::missing("key");
        let id = KeyId::parse(id).map_err(|_| missing())?;
        let state = caller.live.state.lock().await;
        let known = state.live_key(id).filter(|key| matches!(key.kind, KeyKind::Directory { .. }));
        known.map(|key| key.id).ok_or_else(missing)
    }

    fn new_directory_secret(&self) -> Result<(IssuedToken, [u8; 32], String), Problem> {
        let secret = self.new_token(TokenForm::Directory)?;
        let digest = self.inner.sign_in.digester().digest(Purpose::Directory, &secret.presented());
        let hint = secret.presented().hint().to_owned();
        Ok((secret, digest, hint))
    }
}
