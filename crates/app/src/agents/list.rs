//! See agents.

use std::ops::Bound;

use domain::agent::Agent;
use domain::grant::{Grant, Grantee};
use domain::id::{AgentId, PersonId};
use domain::organization::Organization;
use domain::time::Timestamp;
use verdict::{Operation, Subject};

use super::edit::agent_id;
use crate::directory::ERASED;
use crate::{App, Caller, Problem};

/// Characters of an agent's name.
pub(super) const TITLE_LENGTH_MAX: usize = 100;

/// Whether an agent works, and if not, why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AgentState {
    /// It works.
    Active,
    /// Somebody suspended it.
    Suspended,
    /// The role that it had ended; it waits for another.
    AwaitsRole,
    /// The member who answered for it left; it waits for another.
    AwaitsSponsor,
    /// The member who answers for it is suspended.
    SponsorSuspended,
    /// Its end has come.
    Expired,
}

impl AgentState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AgentState::Active => "active",
            AgentState::Suspended => "suspended",
            AgentState::AwaitsRole => "awaits_role",
            AgentState::AwaitsSponsor => "awaits_sponsor",
            AgentState::SponsorSuspended => "sponsor_suspended",
            AgentState::Expired => "expired",
        }
    }

    fn of(agent: &Agent, state: &Organization, now: Timestamp) -> AgentState {
        match agent {
            Agent { expires_at: Some(end), .. } if now >= *end => AgentState::Expired,
            Agent { sponsor: None, .. } => AgentState::AwaitsSponsor,
            Agent { suspended: true, awaits_role: true, .. } => AgentState::AwaitsRole,
            Agent { suspended: true, .. } => AgentState::Suspended,
            Agent { sponsor: Some(sponsor), .. } if state.active_member(*sponsor).is_none() => {
                AgentState::SponsorSuspended
            }
            _ => AgentState::Active,
        }
    }
}

/// An agent as the caller sees it.
#[derive(Clone, Debug)]
pub struct AgentView {
    /// The agent.
    pub agent: Agent,
    /// Whether it works.
    pub state: AgentState,
    /// The name of the member who answers for it, for those who see members.
    pub sponsor_name: Option<String>,
    /// What was given to it: slug and measure, of the integrations that the caller may know of.
    pub grants: Vec<(String, Grant)>,
    /// For whom it may act; the caller's own and, for those who see members, everybody's.
    pub delegations: Vec<DelegationView>,
}

/// That an agent may act for a person.
#[derive(Clone, Debug)]
pub struct DelegationView {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl App {
    /// A page of agents in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `agent.view`.
    pub async fn list_agents(
        &self,
        caller: &Caller,
        after: Option<AgentId>,
        limit: usize,
    ) -> Result<Vec<AgentView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewAgents).await?;
        let agents = {
            let state = caller.live.state.lock().await;
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            state.agents.range((from, Bound::Unbounded)).take(limit).map(|(_, agent)| agent.clone()).collect()
        };
        self.agent_views(caller, agents).await
    }

    /// One agent.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none, [`Problem::Denied`] where the role does not hold `agent.view`.
    pub async fn show_agent(&self, caller: &Caller, agent: &str) -> Result<AgentView, Problem> {
        let id = agent_id(agent)?;
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewAgents).await?;
        self.agent_as_changed(caller, id).await
    }

    /// One agent, for a caller who may know of it.
    pub(super) async fn agent_as_changed(&self, caller: &Caller, id: AgentId) -> Result<AgentView, Problem> {
        let found = caller.live.state.lock().await.agents.get(&id).cloned();
        let views = self.agent_views(caller, found.into_iter().collect()).await?;
        views.into_iter().next().ok_or_else(|| Problem::missing("agent"))
    }

    async fn agent_views(&self, caller: &Caller, agents: Vec<Agent>) -> Result<Vec<AgentView>, Problem> {
        let snapshot = caller.live.snapshot();
        let sees_members = self.asked(&snapshot, &caller.actor, Operation::ViewMembers).is_allowed();
        let of_agents = |agent: &Agent| agent.delegations.keys().copied().chain(agent.sponsor).collect::<Vec<_>>();
        let people: Vec<PersonId> = agents.iter().flat_map(of_agents).collect();
        let people = self.people(caller.live.org(), &people).await?;
        let name = |person| people.get(&person).map_or_else(|| ERASED.to_owned(), |person| person.name.clone());
        let may_know = |person: PersonId| sees_members || caller.actor.subject == Subject::Member(person);
        let now = self.now();
        let state = caller.live.state.lock().await;
        let view = |agent: Agent| {
            let given = state.grants.get(&Grantee::Agent(agent.id)).into_iter().flatten();
            let seen = given.filter(|(integration, _)| {
                let operation = Operation::ViewIntegration { integration: **integration };
                self.asked(&snapshot, &caller.actor, operation).is_allowed()
            });
            let slug = |id| state.integrations.get(id).map(|integration| integration.slug.to_string());
            let delegations = agent.delegations.iter().filter(|(person, _)| may_know(**person));
            AgentView {
                state: AgentState::of(&agent, &state, now),
                sponsor_name: agent.sponsor.filter(|sponsor| may_know(*sponsor)).map(name),
                grants: seen.filter_map(|(id, grant)| Some((slug(id)?, grant.clone()))).collect(),
                delegations: delegations
                    .map(|(person, given)| DelegationView {
                        person: *person,
                        name: name(*person),
                        expires_at: given.expires_at,
                    })
                    .collect(),
                agent,
            }
        };
        Ok(agents.into_iter().map(view).collect())
    }
}
