//! Change or disconnect an integration.

use domain::command::Command;
use domain::integration::{IntegrationEdit, check_place};
use journal::Fact;
use verdict::Operation;

use super::{IntegrationView, NewCredential};
use crate::change::Along;
use crate::{App, Caller, Problem};

/// What is to change about an integration.
#[derive(Clone, Default)]
pub struct IntegrationChange {
    /// A new name for people.
    pub title: Option<String>,
    /// A new line on what it is for.
    pub purpose: Option<String>,
    /// Paused or resumed.
    pub paused: Option<bool>,
    /// Another way to show itself, with its secret.
    pub credential: Option<NewCredential>,
}

impl App {
    /// Changes an integration. A new credential is tried before it is kept.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was changed then.
    pub async fn edit_integration(
        &self,
        caller: &Caller,
        name: &str,
        change: IntegrationChange,
    ) -> Result<IntegrationView, Problem> {
        let id = self.integration_named(caller, name)?;
        let operation = Operation::EditIntegration { integration: id };
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let org = caller.live.org();
        let mut facts = Vec::new();
        if let Some(credential) = &change.credential {
            let Some(known) = snapshot.integration(id) else { return Err(Problem::missing("integration")) };
            check_place(&known.url, &credential.kind)?;
            facts = self.shown_to(&known.url, (org, id, &known.slug), credential).await?.1;
        }
        let edit = IntegrationEdit {
            title: change.title.clone(),
            purpose: change.purpose.clone(),
            paused: change.paused,
            credential: change.credential.map(|credential| credential.kind),
        };
        let command = |_: &_| Ok(Command::EditIntegration { integration: id, edit: edit.clone() });
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.show_integration(caller, id.as_str()).await
    }

    /// Ends an integration for everyone, and deletes its secret.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `integration.disconnect`.
    pub async fn disconnect_integration(&self, caller: &Caller, name: &str) -> Result<(), Problem> {
        let id = self.integration_named(caller, name)?;
        let facts = vec![Fact::DropSecret { org: caller.live.org(), id: id.to_string() }];
        let command = |_: &_| Ok(Command::DisconnectIntegration { integration: id });
        let operation = Operation::DisconnectIntegration { integration: id };
        self.change(caller, operation, command, Along { facts, directory: None }).await.map(|_| ())
    }
}
