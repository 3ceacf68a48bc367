//! Change an agent, give it another role, or end it.

use domain::agent::AgentEdit;
use domain::command::Command;
use domain::id::AgentId;
use journal::Fact;
use verdict::Operation;

use super::AgentView;
use super::create::role_id;
use super::list::TITLE_LENGTH_MAX;
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};

/// What changes about an agent; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct AgentChange {
    /// Its name for people.
    pub title: Option<String>,
    /// The member who answers for it.
    pub sponsor: Option<String>,
    /// Whether it may do nothing at present.
    pub suspended: Option<bool>,
}

impl App {
    /// Changes an agent; suspending it bites on its very next request.
    ///
    /// # Errors
    /// [`Problem::Denied`] for an agent whose role is above the caller's, or would be when what the caller has for a time
    /// is over, where it could work again by it.
    pub async fn edit_agent(&self, caller: &Caller, agent: &str, change: AgentChange) -> Result<AgentView, Problem> {
        let id = agent_id(agent)?;
        let title = change.title.as_deref().map(|title| one_line("title", title, TITLE_LENGTH_MAX)).transpose()?;
        let sponsor = match change.sponsor.as_deref() {
            Some(name) => Some(self.member_in(caller, "sponsor", name).await?),
            None => None,
        };
        let label = |label: &String| Fact::Label { org: caller.live.org(), id: id.to_string(), label: label.clone() };
        let along = Along { facts: title.iter().map(label).collect(), directory: None };
        let edit = AgentEdit { title, sponsor, suspended: change.suspended };
        let command = |_: &_| Ok(Command::EditAgent { agent: id, edit: edit.clone() });
        let operation =
            if edit.may_wake() { Operation::ResumeAgent { agent: id } } else { Operation::EditAgent { agent: id } };
        self.change(caller, operation, command, along).await?;
        self.agent_as_changed(caller, id).await
    }

    /// Gives an agent another role, or none.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not give or take such a role.
    pub async fn set_agent_role(&self, caller: &Caller, agent: &str, role: Option<&str>) -> Result<AgentView, Problem> {
        let id = agent_id(agent)?;
        let role = role.map(|role| role_id("role", role)).transpose()?;
        let command = |_: &_| Ok(Command::SetAgentRole { agent: id, role });
        let operation = Operation::SetAgentRole { agent: id, role: role.as_ref() };
        self.change(caller, operation, command, Along::default()).await?;
        self.agent_as_changed(caller, id).await
    }

    /// Ends an agent for good, and with it its keys and everything that it was given.
    ///
    /// # Errors
    /// [`Problem::Denied`] for an agent whose role is above the caller's.
    pub async fn delete_agent(&self, caller: &Caller, agent: &str) -> Result<(), Problem> {
        let id = agent_id(agent)?;
        let command = |_: &_| Ok(Command::DeleteAgent { agent: id });
        self.change(caller, Operation::EditAgent { agent: id }, command, Along::default()).await.map(|_| ())
    }
}

pub(crate) fn agent_id(text: &str) -> Result<AgentId, Problem> {
    AgentId::parse(text).map_err(|_| Problem::missing("agent"))
}
