//! What may happen to an agent.

use crate::agent::{Agent, AgentEdit};
use crate::event::Event;
use crate::id::{AgentId, PersonId};
use crate::key;
use crate::member::answers;
use crate::organization::Organization;
use crate::refusal::{Refusal, title_fits};
use crate::role::{RoleId, RoleLevel};
use crate::time::Timestamp;

/// Agents that an organization may have.
const AGENTS_MAX: usize = 10_000;

/// An agent begins.
pub(crate) fn create(
    state: &Organization,
    (agent, title): (AgentId, String),
    (sponsor, role): (PersonId, Option<RoleId>),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if state.agents.contains_key(&agent) {
        return Err(Refusal::rule("exists", "an agent with this id exists already"));
    }
    if state.agents.len() >= AGENTS_MAX {
        return Err(Refusal::rule("too-many-agents", format!("an organization has at most {AGENTS_MAX} agents")));
    }
    title_is_free(state, agent, &title)?;
    answers(state, "sponsor", sponsor)?;
    role.map_or(Ok(()), |role| role_for_agents(state, role))?;
    key::ends_later("expires_at", expires_at, now)?;
    Ok(vec![Event::AgentCreated { agent, title, sponsor, role, expires_at }])
}

/// Something about an agent changes.
pub(crate) fn edit(state: &Organization, agent: AgentId, edit: AgentEdit) -> Result<Vec<Event>, Refusal> {
    let known = state.agent(agent)?;
    let edit = AgentEdit {
        title: edit.title.filter(|title| *title != known.title),
        sponsor: edit.sponsor.filter(|sponsor| known.sponsor != Some(*sponsor)),
        suspended: edit.suspended.filter(|suspended| known.awaits_role || *suspended != known.suspended),
    };
    if edit == AgentEdit::default() {
        return Ok(Vec::new());
    }
    if let Some(title) = &edit.title {
        title_is_free(state, agent, title)?;
    }
    edit.sponsor.map_or(Ok(()), |sponsor| answers(state, "sponsor", sponsor))?;
    Ok(vec![Event::AgentEdited { agent, edit }])
}

/// An agent gets another role, or none.
pub(crate) fn set_role(state: &Organization, agent: AgentId, role: Option<RoleId>) -> Result<Vec<Event>, Refusal> {
    if state.agent(agent)?.role == role {
        return Ok(Vec::new());
    }
    if let Some(role) = role {
        role_for_agents(state, role)?;
        let keys = state.keys.values().filter(|key| key.agent() == Some(agent));
        let given = state.roles.get(&role);
        given.map_or(Ok(()), |given| key::secrets_are_known_high_enough(state, keys, given))?;
    }
    Ok(vec![Event::AgentRoleChanged { agent, role }])
}

/// An agent ends, and with it its keys and everything that it was given.
pub(crate) fn delete(state: &Organization, agent: AgentId) -> Result<Vec<Event>, Refusal> {
    state.agent(agent)?;
    Ok(vec![Event::AgentDeleted { agent }])
}

/// A person lets an agent act for them.
pub(crate) fn delegate(
    state: &Organization,
    (agent, person): (AgentId, PersonId),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    is_member(state, person)?;
    key::ends_later("expires_at", expires_at, now)?;
    match state.agent(agent)?.delegations.get(&person) {
        Some(known) if known.expires_at == expires_at => Ok(Vec::new()),
        _ => Ok(vec![Event::DelegationSet { agent, person, expires_at }]),
    }
}

/// An agent may act for a person no longer.
pub(crate) fn end_delegation(state: &Organization, agent: AgentId, person: PersonId) -> Result<Vec<Event>, Refusal> {
    match state.agent(agent)?.delegations.get(&person) {
        Some(_) => Ok(vec![Event::DelegationRemoved { agent, person }]),
        None => Err(Refusal::missing("person", "this agent does not act for this person")),
    }
}

fn is_member(state: &Organization, person: PersonId) -> Result<(), Refusal> {
    state.member(person).map(|_| ()).ok_or_else(|| Refusal::missing("member", "there is no such member"))
}

fn role_for_agents(state: &Organization, role: RoleId) -> Result<(), Refusal> {
    let found = state.roles.get(&role).ok_or_else(|| {
        Refusal::field("no-such-role", "role", format!("there is no role {role}; `wardroom role list` shows them"))
    })?;
    if found.assignable_to.agents && found.level == RoleLevel::Organization {
        return Ok(());
    }
    let message = format!("the role {role} cannot be given to agents; choose one that can, or let this one");
    Err(Refusal::field("role-not-for-agents", "role", message))
}

fn title_is_free(state: &Organization, agent: AgentId, title: &str) -> Result<(), Refusal> {
    title_fits("title", title)?;
    let same = |other: &&Agent| other.id != agent && other.title.to_lowercase() == title.to_lowercase();
    match state.agents.values().find(same) {
        Some(other) => {
            let message = format!("there is an agent {} already; choose another name", other.title);
            Err(Refusal::field("taken", "title", message))
        }
        None => Ok(()),
    }
}
