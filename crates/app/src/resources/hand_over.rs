//! Give a resource to another owner: one, or all that somebody leaves behind.

use std::sync::Arc;

use domain::command::Command;
use domain::id::{PersonId, ResourceId};
use domain::organization::Organization;
use domain::resource::{Resource, ResourceVerb};
use verdict::Operation;

use super::ResourceView;
use super::edit::resource_id;
use crate::change::Along;
use crate::policy_file::{AllChanged, Planner, Step};
use crate::{App, Caller, Problem};

/// Resources that one request hands over, all or none.
const AT_ONCE_MAX: usize = 500;

/// What came of handing over everything of somebody's.
#[derive(Clone, Copy, Debug)]
pub struct HandedOver {
    /// Resources that have the new owner.
    pub handed_over: usize,
    /// Resources that the caller sees and may not hand over.
    pub denied: usize,
    /// Whether there are more: the same request goes on where this one ended.
    pub more: bool,
}

impl App {
    /// Gives a resource to another member. Whoever may delete it may hand it over.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it.
    pub async fn hand_over_resource(&self, caller: &Caller, resource: &str, to: &str) -> Result<ResourceView, Problem> {
        let id = resource_id(resource)?;
        let owner = self.member_in(caller, "to", to).await?;
        self.hand_over_to(caller, id, owner).await?;
        self.resource_as_changed(caller, id).await
    }

    /// Hands over everything that a member has, or that somebody who was removed had made and that has no owner since.
    /// What the caller may not see stays as it is, untold. All of a request happens, or nothing.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such member, [`Problem::Busy`] while something else of the caller's that takes
    /// long is being done.
    pub async fn hand_over_all(&self, caller: &Caller, from: &str, to: &str) -> Result<HandedOver, Problem> {
        let (from, to) = (self.member_named(caller, from).await?, self.member_in(caller, "to", to).await?);
        if from == to {
            return Err(Problem::invalid("to", "name somebody else than the one who has it now"));
        }
        let alone = self.ask_at_length(caller)?;
        let left_behind = move |resource: &Resource| match resource.owner {
            Some(owner) => owner == from,
            None => resource.created_by.split('/').next() == Some(from.as_str()),
        };
        let (mut allowed, mut denied) = (Vec::new(), 0);
        let snapshot = caller.live.snapshot();
        let seen = self.seen_resources(caller, &snapshot);
        for resource in seen.filter(|resource| resource.deleted_at.is_none() && left_behind(resource)) {
            let operation = Operation::Resource { verb: ResourceVerb::Delete, resource: resource.id };
            if self.asked(&snapshot, &caller.actor, operation).is_allowed() {
                allowed.push(resource.id);
            } else {
                denied += 1;
            }
        }
        let more = allowed.len() > AT_ONCE_MAX;
        allowed.truncate(AT_ONCE_MAX);
        let still = move |state: &Organization, id: ResourceId| {
            let resource = state.resources.get(&id);
            resource.is_some_and(|resource| resource.deleted_at.is_none() && left_behind(resource))
        };
        let plan: Planner = Arc::new(move |state: &Organization| {
            let steps = allowed.iter().filter(|id| still(state, **id)).map(|id| handing_over(*id, to));
            Ok(steps.collect::<Vec<_>>().into())
        });
        let changed = self.change_all((caller, &alone), &plan).await;
        let AllChanged { steps, .. } = changed.map_err(Problem::of_the_whole)?;
        Ok(HandedOver { handed_over: steps.len(), denied, more })
    }

    async fn hand_over_to(&self, caller: &Caller, resource: ResourceId, owner: PersonId) -> Result<(), Problem> {
        let command = |_: &_| Ok(Command::HandOverResource { resource, owner });
        let operation = Operation::Resource { verb: ResourceVerb::Delete, resource };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }
}

/// One of many that are handed over together.
fn handing_over(resource: ResourceId, owner: PersonId) -> Step {
    let says = format!("hand over {resource} to {owner}");
    Step {
        place: Vec::new(),
        says,
        command: Command::HandOverResource { resource, owner },
        facts: Vec::new(),
        by: Vec::new(),
    }
}
