//! How events about agents change the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agent::{Agent, Delegation};
use crate::event::Event;
use crate::grant::Grantee;
use crate::id::{AgentId, PersonId};
use crate::key::KeyKind;
use crate::organization::{Organization, Stamp};
use crate::time::Timestamp;

impl Organization {
    pub(crate) fn apply_to_agents(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::AgentCreated { agent, title, sponsor, role, expires_at } => {
                let (sponsor, delegations) = (Some(sponsor), BTreeMap::new());
                let made = Agent {
                    id: agent,
                    title,
                    sponsor,
                    role,
                    suspended: false,
                    awaits_role: false,
                    expires_at,
                    delegations,
                    created_at: stamp.at,
                };
                self.agents.insert(agent, made);
            }
            Event::AgentEdited { agent, edit } => {
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.sponsor = edit.sponsor.or(agent.sponsor);
                    if let Some(suspended) = edit.suspended {
                        (agent.suspended, agent.awaits_role) = (suspended, false);
                    }
                    agent.title = edit.title.unwrap_or_else(|| std::mem::take(&mut agent.title));
                }
            }
            Event::AgentRoleChanged { agent, role } => {
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.role = role;
                    agent.suspended &= !std::mem::take(&mut agent.awaits_role);
                }
            }
            Event::AgentDeleted { agent } => self.end_agent(stamp.at, agent),
            Event::DelegationSet { agent, person, expires_at } => {
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.delegations.insert(person, Delegation { expires_at, since_seq: stamp.seq });
                }
            }
            Event::DelegationRemoved { agent, person } => {
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.delegations.remove(&person);
                }
                self.end_keys(stamp.at, agent, Some(person));
                self.end_requests(stamp.at, agent, person);
            }
            _ => {}
        }
    }

    fn end_agent(&mut self, at: Timestamp, agent: AgentId) {
        self.agents.remove(&agent);
        self.take_everything(Grantee::Agent(agent));
        self.forget_requests(Grantee::Agent(agent));
        let shared = Grantee::Agent(agent);
        let with_it = self.resources.values_mut().filter(|resource| resource.shares.contains_key(&shared));
        with_it.map(Arc::make_mut).for_each(|resource| _ = resource.shares.remove(&shared));
        self.end_keys(at, agent, None);
    }

    /// Ends an agent's keys; all of them, or those with which it acts for one person.
    fn end_keys(&mut self, at: Timestamp, of: AgentId, with_which_it_acts_for: Option<PersonId>) {
        for key in self.keys.values_mut() {
            let KeyKind::Agent { agent, acting_for } = key.kind else { continue };
            if agent == of && (with_which_it_acts_for.is_none() || acting_for == with_which_it_acts_for) {
                key.revoked_at.get_or_insert(at);
            }
        }
    }
}
