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
        let (id, prefix) = self.key_to_rotate(caller, key).await?;
        let operation = Operation::RotateKey { key: id };
        let (secret, digest, hint) = self.new_secret(prefix)?;
        let facts = vec![Fact::Credential { digest, org: caller.live.org(), key: id }];
        let command = |_: &_| Ok(Command::RotateKey { key: id, digest: hex(&digest), hint: hint.clone() });
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        Ok(CreatedKey { id, secret, warning: None })
    }

    /// A key that the caller lasts as long as, and how its secrets begin.
    pub(crate) async fn key_to_rotate(&self, caller: &Caller, key: &str) -> Result<(KeyId, KeyPrefix), Problem> {
        let id = key_id(key)?;
        let known = caller.live.state.lock().await.live_key(id).cloned().ok_or_else(|| Problem::missing("key"))?;
        let prefix = match known.kind {
            KeyKind::Personal { .. } => KeyPrefix::Personal,
            KeyKind::Workspace { .. } => KeyPrefix::Workspace,
            KeyKind::Agent { .. } => KeyPrefix::Agent,
            KeyKind::Directory { .. } => {
                let _permit =
                    self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewKey { key: id }).await?;
                let message = "this is the connection of a company directory; give it a new secret where such connections \
                               are (directory/KEY/rotate)";
                return Err(Problem::invalid("key", message));
            }
        };
        self.lasts_as_long_as(caller, id).await?;
        Ok((id, prefix))
    }

    /// Refuses whoever ends before a key: the secret that they would see lasts longer than they do.
    pub(crate) async fn lasts_as_long_as(&self, caller: &Caller, id: KeyId) -> Result<(), Problem> {
        let known = caller.live.state.lock().await.live_key(id).cloned().ok_or_else(|| Problem::missing("key"))?;
        let ends_first = |own| known.expires_at.is_none_or(|end| own < end);
        if self.end_of(caller).await.is_some_and(ends_first) {
            // Whoever may not know of the key learns nothing of its end.
            let operation = Operation::RotateKey { key: id };
            let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
            let message = "you end before this key (the key that you use, the agent, or its acting for somebody); let \
                           somebody who lasts as long rotate it";
            return Err(Problem::invalid("key", message));
        }
        Ok(())
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
