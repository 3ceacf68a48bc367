//! Change a resource's name or tier.

use domain::command::Command;
use domain::id::ResourceId;
use domain::resource::{ResourceEdit, ResourceVerb};
use verdict::{Explanation, Operation};

use super::ResourceView;
use super::list::TITLE_LENGTH_MAX;
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};

/// What changes about a resource; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct ResourceChange {
    /// Its name for people.
    pub title: Option<String>,
    /// The tier that its use is billed in.
    pub tier: Option<String>,
}

impl App {
    /// Changes a resource.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it, [`Problem::Denied`] where they see it only.
    pub async fn edit_resource(
        &self,
        caller: &Caller,
        resource: &str,
        change: ResourceChange,
    ) -> Result<ResourceView, Problem> {
        let id = resource_id(resource)?;
        let title = change.title.as_deref().map(|title| one_line("title", title, TITLE_LENGTH_MAX)).transpose()?;
        let tier = change.tier.as_deref().map(|tier| one_line("tier", tier, TITLE_LENGTH_MAX)).transpose()?;
        let edit = ResourceEdit { title, tier };
        let command = |_: &_| Ok(Command::EditResource { resource: id, edit: edit.clone() });
        let operation = Operation::Resource { verb: ResourceVerb::Edit, resource: id };
        self.change(caller, operation, command, Along::default()).await?;
        self.resource_as_changed(caller, id).await
    }

    /// Asks whether the caller may use a resource now: for whatever runs it, right before it does. A denial is
    /// recorded like every other attempt.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it, [`Problem::Denied`] where they may not use it.
    pub async fn use_resource(&self, caller: &Caller, resource: &str) -> Result<Explanation, Problem> {
        let id = resource_id(resource)?;
        let snapshot = caller.live.snapshot();
        let operation = Operation::Resource { verb: ResourceVerb::Use, resource: id };
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let action = verdict::Action::Operate(operation);
        Ok(snapshot.explain(&verdict::Question { actor: &caller.actor, action, now: self.now() }))
    }
}

pub(super) fn resource_id(text: &str) -> Result<ResourceId, Problem> {
    ResourceId::parse(text).map_err(|_| Problem::missing("resource"))
}
