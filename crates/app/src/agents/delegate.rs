//! Let an agent act for a person, and no longer. Everybody decides that for themselves.

use domain::command::Command;
use domain::id::{AgentId, PersonId};
use domain::time::Timestamp;
use verdict::{Operation, Subject};

use super::edit::agent_id;
use super::{AgentView, DelegationView};
use crate::change::Along;
use crate::{App, Caller, Problem};

/// The caller's own name for themselves.
const ME: &str = "me";

impl App {
    /// Lets an agent act for a person, who alone decides that. What it does for them is what both may.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the person is somebody else than the caller.
    pub async fn delegate(
        &self,
        caller: &Caller,
        (agent, person): (&str, &str),
        expires_at: Option<Timestamp>,
    ) -> Result<DelegationView, Problem> {
        let (agent, person) = self.both_ends(caller, agent, person).await?;
        let command = |_: &_| Ok(Command::Delegate { agent, person, expires_at });
        self.change(caller, Operation::Delegate { agent, person }, command, Along::default()).await?;
        let view: AgentView = self.agent_as_changed(caller, agent).await?;
        let found = view.delegations.into_iter().find(|delegation| delegation.person == person);
        found.ok_or_else(|| Problem::missing("delegation"))
    }

    /// Lets an agent act for a person no longer; the agent's next request for them is denied, and the keys with
    /// which it acted for them end.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller is neither that person nor manages agents.
    pub async fn end_delegation(&self, caller: &Caller, (agent, person): (&str, &str)) -> Result<(), Problem> {
        let (agent, person) = self.both_ends(caller, agent, person).await?;
        let command = |_: &_| Ok(Command::EndDelegation { agent, person });
        let operation = Operation::EndDelegation { agent, person };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    async fn both_ends(&self, caller: &Caller, agent: &str, person: &str) -> Result<(AgentId, PersonId), Problem> {
        let agent = agent_id(agent)?;
        match (person, caller.actor.subject) {
            (ME, Subject::Member(me)) => Ok((agent, me)),
            (ME, _) => Err(Problem::missing("member")),
            (name, _) => Ok((agent, self.member_named(caller, name).await?)),
        }
    }
}
