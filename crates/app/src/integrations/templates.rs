//! The programs that the operator lets organizations use as MCP servers.

use verdict::Operation;

use crate::ports::TemplateOffered;
use crate::{App, Caller, Problem};

impl App {
    /// The templates by which whoever may connect integrations can connect one.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may connect none.
    pub async fn list_templates(&self, caller: &Caller) -> Result<Vec<TemplateOffered>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ConnectIntegration).await?;
        Ok(self.inner.upstreams.templates())
    }
}
