//! Look at an upstream again, and approve what it lists otherwise than it was approved.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::id::IntegrationId;
use verdict::Operation;

use super::IntegrationView;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Reads the upstream's tools again. What is not as it was approved is held back until somebody approves it, or taken over
    /// where the organization wants that.
    ///
    /// # Errors
    /// [`Problem`] where the upstream cannot be read; nothing was changed then.
    pub async fn refresh_integration(&self, caller: &Caller, name: &str) -> Result<IntegrationView, Problem> {
        let id = self.integration_named(caller, name)?;
        self.refresh(caller, id).await?;
        self.show_integration(caller, id.as_str()).await
    }

    async fn refresh(&self, caller: &Caller, id: IntegrationId) -> Result<(), Problem> {
        let operation = Operation::EditIntegration { integration: id };
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let Some(integration) = snapshot.integration(id) else { return Err(Problem::missing("integration")) };
        let shown = self.shown_for(caller, &snapshot, id).await?;
        if !self.is_shown_still(caller, &snapshot, id) {
            let message = "how Wardroom shows itself there was changed meanwhile; try again".to_owned();
            return Err(Problem::Unavailable { message });
        }
        let listed = self
            .discover(&integration.url, &integration.credential, shown.as_ref().map(|shown| shown.as_str()))
            .await?;
        let command = |_: &_| Ok(Command::RefreshTools { integration: id, listed: listed.clone(), first: true });
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// Approves what was found of these tools, each as it was seen: by the hash of the definition, or `gone`.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `tool.review`, and [`Problem`] that names the tool which has
    /// changed once more or cannot be offered; nothing was approved then.
    pub async fn approve_tools(
        &self,
        caller: &Caller,
        name: &str,
        seen: BTreeMap<String, String>,
    ) -> Result<IntegrationView, Problem> {
        let id = self.integration_named(caller, name)?;
        let command = |_: &_| Ok(Command::ApproveTools { integration: id, seen: seen.clone() });
        self.change(caller, Operation::ReviewTool { integration: id }, command, Along::default()).await?;
        self.show_integration(caller, id.as_str()).await
    }
}
