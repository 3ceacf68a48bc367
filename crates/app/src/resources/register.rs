//! Make a resource.

use domain::command::Command;
use domain::id::{PersonId, ResourceId};
use domain::resource::{NewResource, ResourceKind};
use verdict::{Operation, Subject};

use super::ResourceView;
use super::list::TITLE_LENGTH_MAX;
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};

/// A resource to be made.
#[derive(Clone, Debug)]
pub struct ResourceToMake {
    /// What it is.
    pub kind: ResourceKind,
    /// Its name for people.
    pub title: String,
    /// The tier that its use is billed in.
    pub tier: Option<String>,
    /// Whose it is; the caller's where nobody is named.
    pub owner: Option<String>,
}

impl App {
    /// Makes a resource. Nobody else has it until it is shared or given to a team.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was made then.
    pub async fn create_resource(&self, caller: &Caller, new: ResourceToMake) -> Result<ResourceView, Problem> {
        let title = one_line("title", &new.title, TITLE_LENGTH_MAX)?;
        let tier = new.tier.as_deref().map(|tier| one_line("tier", tier, TITLE_LENGTH_MAX)).transpose()?;
        let (owner, kind) = (self.owner(caller, new.owner.as_deref()).await?, new.kind);
        let id = ResourceId::from_random(self.random()?);
        let made = NewResource { id, kind, title, tier, owner: Some(owner) };
        let command = |_: &_| Ok(Command::RegisterResource(made.clone()));
        self.change(caller, Operation::CreateResource { kind, owner }, command, Along::default()).await?;
        self.resource_as_changed(caller, id).await
    }

    /// Whose a thing is: the member who is named, the caller, or the person for whom the caller acts.
    async fn owner(&self, caller: &Caller, named: Option<&str>) -> Result<PersonId, Problem> {
        match (named, caller.actor.subject, caller.actor.acting_for) {
            (Some(name), ..) => self.member_in(caller, "owner", name).await,
            (None, Subject::Member(me), _) => Ok(me),
            (None, _, Some(person)) => Ok(person),
            (None, ..) => Err(Problem::invalid("owner", "name the member whose it is to be")),
        }
    }
}
