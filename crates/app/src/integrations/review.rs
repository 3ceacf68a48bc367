//! Decide a tool's class, or switch it off or on for everyone.

use domain::command::Command;
use domain::integration::ToolClass;
use verdict::Operation;

use super::ToolView;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Decides about a tool; the decision survives every later refresh.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `tool.review`.
    pub async fn review_tool(
        &self,
        caller: &Caller,
        (integration, tool): (&str, &str),
        class: Option<ToolClass>,
        off: Option<bool>,
    ) -> Result<ToolView, Problem> {
        let id = self.integration_named(caller, integration)?;
        let command = |_: &_| Ok(Command::ReviewTool { integration: id, tool: tool.to_owned(), class, off });
        self.change(caller, Operation::ReviewTool { integration: id }, command, Along::default()).await?;
        let view = self.show_integration(caller, id.as_str()).await?;
        view.tools.into_iter().find(|view| view.name == tool).ok_or_else(|| Problem::missing("tool"))
    }
}
