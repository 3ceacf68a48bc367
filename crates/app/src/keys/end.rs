//! Give a key a new secret, or end it.

use domain::command::Command;
use domain::id::KeyId;
use domain::key::KeyKind;
use identity::key::KeyPrefix;
use journal::Fact;
use verdict::Operation;

use super::CreatedKey;
use crate::change::Along;
use crate::{App, Caller, Problem};
use identity::digest::hexadecimal as hex;

impl App {
    /// Gives a key a new secret. The old one stops at once; what the key reaches stays.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such key that the caller may know of.
    pub async fn rotate_key(&self, caller: &Caller, key: &str) -> Result<CreatedKey, Problem> {
        let id = key_id(key)?;
        let prefix = caller.live.state.lock().await.live_key(id).map(|key| match key.kind {
            KeyKind::Personal { .. } => KeyPrefix::Personal,
            KeyKind::Workspace { .. } => KeyPrefix::Workspace,
            KeyKind::Agent { .. } => KeyPrefix::Agent,
        });
        let (secret, digest, hint) = self.new_secret(prefix.ok_or_else(|| Problem::missing("key"))?)?;
        let facts = vec![Fact::Credential { digest, org: caller.live.org(), key: id }];
        let command = |_: &_| Ok(Command::RotateKey { key: id, digest: hex(&digest), hint: hint.clone() });
        self.change(caller, Operation::RotateKey { key: id }, command, Along { facts, directory: None }).await?;
        Ok(CreatedKey { id, secret, warning: None })
    }

    /// Ends a key for good.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such key that the caller may know of.
    pub async fn revoke_key(&self, caller: &Caller, key: &str) -> Result<(), Problem> {
        let id = key_id(key)?;
        let command = |_: &_| Ok(Command::RevokeKey { key: id });
        self.change(caller, Operation::RevokeKey { key: id }, command, Along::default()).await.map(|_| ())
    }
}

pub(super) fn key_id(text: &str) -> Result<KeyId, Problem> {
    KeyId::parse(text).map_err(|_| Problem::missing("key"))
}
