//! Make an agent.

use domain::command::Command;
use domain::id::{AgentId, PersonId};
use domain::role::RoleId;
use domain::time::Timestamp;
use journal::Fact;
use verdict::{Operation, Subject};

use super::AgentView;
use super::list::TITLE_LENGTH_MAX;
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};

/// An agent to be made.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// Its name for people.
    pub title: String,
    /// Its role; without one it has only what it is given.
    pub role: Option<String>,
    /// The member who answers for it; the caller where nobody is named.
    pub sponsor: Option<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl App {
    /// Makes an agent. It has no key yet, and nothing but what its role holds.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was made then.
    pub async fn create_agent(&self, caller: &Caller, new: NewAgent) -> Result<AgentView, Problem> {
        let title = one_line("title", &new.title, TITLE_LENGTH_MAX)?;
        let role = new.role.as_deref().map(|role| role_id("role", role)).transpose()?;
        let sponsor = self.sponsor(caller, new.sponsor.as_deref()).await?;
        let agent = AgentId::from_random(self.random()?);
        // The record names an agent also after it ended.
        let facts = vec![Fact::Label { org: caller.live.org(), id: agent.to_string(), label: title.clone() }];
        let expires_at = new.expires_at;
        let command = |_: &_| Ok(Command::CreateAgent { agent, title: title.clone(), sponsor, role, expires_at });
        let operation = Operation::CreateAgent { role: role.as_ref() };
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.agent_as_changed(caller, agent).await
    }

    /// Who answers for an agent: the member who is named, or the caller. A workspace key is nobody.
    async fn sponsor(&self, caller: &Caller, named: Option<&str>) -> Result<PersonId, Problem> {
        match (named, caller.actor.subject) {
            (Some(name), _) => self.member_in(caller, "sponsor", name).await,
            (None, Subject::Member(me)) => Ok(me),
            (None, Subject::Key(_) | Subject::Agent(_)) => {
                Err(Problem::invalid("sponsor", "name the member who is to answer for the agent"))
            }
        }
    }
}

pub(crate) fn role_id(field: &'static str, role: &str) -> Result<RoleId, Problem> {
    RoleId::parse(role).map_err(|error| Problem::invalid(field, error.to_string()))
}
