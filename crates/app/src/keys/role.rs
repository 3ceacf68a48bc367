//! Give a workspace key another role.

use domain::command::Command;
use domain::key::KeyKind;
use domain::refusal::Refusal;
use verdict::Operation;

use super::KeyView;
use super::end::key_id;
use crate::agents::role_id;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Gives a workspace key another role, or none. A key that was suspended because its role had ended works again.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not give or take such a role, [`Problem::Refused`] for a key that has
    /// the role of its holder.
    pub async fn set_key_role(&self, caller: &Caller, key: &str, role: Option<&str>) -> Result<KeyView, Problem> {
        let id = key_id(key)?;
        // Whoever may not know of the key learns nothing from trying to change it.
        let view = Operation::ViewKey { key: id };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, view).await?;
        let role = role.map(|role| role_id("role", role)).transpose()?;
        let kind = caller.live.state.lock().await.live_key(id).map(|key| key.kind.clone());
        if kind.is_some_and(|kind| !matches!(kind, KeyKind::Workspace { .. })) {
            let message = "only workspace keys have a role of their own; change the role of its holder instead";
            return Err(Refusal::field("not-a-workspace-key", "key", message).into());
        }
        let command = |_: &_| Ok(Command::SetKeyRole { key: id, role });
        let operation = Operation::SetKeyRole { key: id, role: role.as_ref() };
        self.change(caller, operation, command, Along::default()).await?;
        self.show_key(caller, key).await
    }
}
