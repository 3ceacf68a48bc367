//! Delete a resource, bring it back, or end it for good.

use domain::command::Command;
use domain::resource::{Ending, ResourceVerb};
use verdict::Operation;

use super::ResourceView;
use super::edit::resource_id;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Deletes a resource. Only those who could bring it back see it from then on.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it.
    pub async fn delete_resource(&self, caller: &Caller, resource: &str) -> Result<(), Problem> {
        let id = resource_id(resource)?;
        let command = |_: &_| Ok(Command::EndResource { resource: id, ending: Ending::Delete });
        let operation = Operation::Resource { verb: ResourceVerb::Delete, resource: id };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// Brings a deleted resource back as it was, with everything that was given of it.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it.
    pub async fn restore_resource(&self, caller: &Caller, resource: &str) -> Result<ResourceView, Problem> {
        let id = resource_id(resource)?;
        let command = |_: &_| Ok(Command::RestoreResource { resource: id });
        let operation = Operation::Resource { verb: ResourceVerb::Delete, resource: id };
        self.change(caller, operation, command, Along::default()).await?;
        self.resource_as_changed(caller, id).await
    }

    /// Ends a deleted resource for good.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it, [`Problem::Refused`] where it was not deleted before.
    pub async fn destroy_resource(&self, caller: &Caller, resource: &str) -> Result<(), Problem> {
        let id = resource_id(resource)?;
        let command = |_: &_| Ok(Command::EndResource { resource: id, ending: Ending::Destroy });
        let operation = Operation::Resource { verb: ResourceVerb::Destroy, resource: id };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }
}
