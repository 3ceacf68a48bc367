//! Remove a member, hand over what they leave behind, and give new secrets to keys that they may know: in one append, all
//! or none.

use std::sync::Arc;

use domain::agent::AgentEdit;
use domain::command::Command;
use domain::id::{AgentId, KeyId, PersonId, ResourceId};
use domain::organization::Organization;
use domain::resource::ResourceVerb;
use identity::digest::hexadecimal as hex;
use identity::key::IssuedKey;
use journal::Fact;
use verdict::Operation;

use crate::policy_file::{Planner, Step};
use crate::{App, Caller, Problem};

/// Things that are handed over together with a removal. Whoever has more hands over first.
const HANDED_OVER_MAX: usize = 2_000;
/// Keys that get a new secret together with a removal.
const REGENERATED_MAX: usize = 100;

/// What is to happen together with a removal.
#[derive(Clone, Debug, Default)]
pub struct Leaving {
    /// Who owns from then on what they owned, and answers for the agents that they answered for.
    pub hand_over_to: Option<String>,
    /// Keys that get a new secret, by id.
    pub regenerate: Vec<String>,
}

/// What happened together with a removal.
#[derive(Debug, Default)]
pub struct Left {
    /// Resources that have the new owner.
    pub resources: usize,
    /// Agents for which the new one answers.
    pub agents: usize,
    /// Resources and agents that the caller sees and may not hand over: nobody owns them, or answers for them.
    pub denied: usize,
    /// Keys with their new secrets, shown this once.
    pub regenerated: Vec<(KeyId, IssuedKey)>,
}

impl Leaving {
    pub(super) fn is_nothing(&self) -> bool {
        self.hand_over_to.is_none() && self.regenerate.is_empty()
    }
}

impl App {
    /// The removal of a person together with what is asked for, in one append. `facts` change with the removal.
    pub(super) async fn leave(
        &self,
        caller: &Caller,
        (person, facts): (PersonId, Vec<Fact>),
        leaving: &Leaving,
    ) -> Result<Left, Problem> {
        let heir = match &leaving.hand_over_to {
            Some(name) => Some(self.member_in(caller, "hand_over_to", name).await?),
            None => None,
        };
        if heir == Some(person) {
            return Err(Problem::invalid("hand_over_to", "name somebody else than the one who is removed"));
        }
        let alone = self.ask_at_length(caller)?;
        let (resources, agents, denied) = match heir {
            Some(_) => self.to_hand_over(caller, person).await?,
            None => Default::default(),
        };
        let (rotations, regenerated) = self.new_secrets(caller, &leaving.regenerate).await?;
        let left = Left { resources: resources.len(), agents: agents.len(), denied, regenerated };
        let plan: Planner = Arc::new(move |state: &Organization| {
            let owned = |id: &&ResourceId| state.resources.get(*id).is_some_and(|one| one.owner == Some(person));
            let sponsored = |id: &&AgentId| state.agents.get(*id).is_some_and(|one| one.sponsor == Some(person));
            let mut steps = Vec::new();
            if let Some(owner) = heir {
                let handed = resources.iter().filter(owned);
                steps.extend(handed.map(|id| step(Command::HandOverResource { resource: *id, owner }, Vec::new())));
                let edit = AgentEdit { sponsor: Some(owner), ..AgentEdit::default() };
                let handed = agents.iter().filter(sponsored);
                steps.extend(handed.map(|id| step(Command::EditAgent { agent: *id, edit: edit.clone() }, Vec::new())));
            }
            steps.extend(rotations.iter().cloned());
            steps.push(step(Command::RemoveMember { person }, facts.clone()));
            Ok(steps.into())
        });
        self.change_all((caller, &alone), &plan).await.map_err(Problem::of_the_whole)?;
        Ok(left)
    }

    /// What of somebody's the caller may hand over, and how much of what they see they may not.
    async fn to_hand_over(
        &self,
        caller: &Caller,
        person: PersonId,
    ) -> Result<(Vec<ResourceId>, Vec<AgentId>, usize), Problem> {
        let snapshot = caller.live.snapshot();
        let may = |operation| self.asked(&snapshot, &caller.actor, operation).is_allowed();
        let owned = self.seen_resources(caller, &snapshot).filter(|resource| resource.owner == Some(person));
        let owned = owned.filter(|resource| resource.deleted_at.is_none()).map(|resource| resource.id);
        let (resources, denied): (Vec<ResourceId>, Vec<ResourceId>) =
            owned.partition(|resource| may(Operation::Resource { verb: ResourceVerb::Delete, resource: *resource }));
        let sponsored: Vec<AgentId> = {
            let state = caller.live.state.lock().await;
            state.agents.values().filter(|agent| agent.sponsor == Some(person)).map(|agent| agent.id).collect()
        };
        let (agents, kept): (Vec<AgentId>, Vec<AgentId>) =
            sponsored.into_iter().partition(|agent| may(Operation::EditAgent { agent: *agent }));
        let kept = if may(Operation::ViewAgents) { kept.len() } else { 0 };
        if resources.len() + agents.len() > HANDED_OVER_MAX {
            let message = format!(
                "they leave more than {HANDED_OVER_MAX} things behind; hand them over first, and remove them then"
            );
            return Err(Problem::invalid("hand_over_to", message));
        }
        Ok((resources, agents, denied.len() + kept))
    }

    /// New secrets for keys, and the steps by which the keys get them.
    async fn new_secrets(
        &self,
        caller: &Caller,
        keys: &[String],
    ) -> Result<(Vec<Step>, Vec<(KeyId, IssuedKey)>), Problem> {
        if keys.len() > REGENERATED_MAX {
            let message = format!("at most {REGENERATED_MAX} keys get a new secret at once");
            return Err(Problem::invalid("regenerate", message));
        }
        let (mut steps, mut secrets) = (Vec::new(), Vec::new());
        for name in keys {
            let (id, prefix) = self.key_to_rotate(caller, name).await?;
            let (secret, digest, hint) = self.new_secret(prefix)?;
            let facts = vec![Fact::Credential { digest, org: caller.live.org(), key: id }];
            steps.push(step(Command::RotateKey { key: id, digest: hex(&digest), hint }, facts));
            secrets.push((id, secret));
        }
        Ok((steps, secrets))
    }
}

fn step(command: Command, facts: Vec<Fact>) -> Step {
    Step { place: Vec::new(), says: String::new(), command, by: Vec::new(), facts }
}
