//! Share a resource with members and agents, and give it to teams.

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::TeamId;
use domain::resource::{ResourceVerb, Shared};
use domain::time::Timestamp;
use verdict::Operation;

use super::ResourceView;
use super::edit::resource_id;
use crate::agents::agent_id;
use crate::change::Along;
use crate::{App, Caller, Problem};

/// In which measure a resource is shared.
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    /// What they may do with it.
    pub level: Shared,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl App {
    /// Shares a resource with a member (by e-mail address or id) or an agent (by id), or in another measure.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of the resource.
    pub async fn share_resource(
        &self,
        caller: &Caller,
        (resource, with): (&str, &str),
        sharing: Sharing,
    ) -> Result<ResourceView, Problem> {
        let id = resource_id(resource)?;
        let with = self.shared_with(caller, with).await?;
        let Sharing { level, expires_at } = sharing;
        let operation = Operation::ShareResource { resource: id, with, level, expires_at };
        let command = |_: &_| Ok(Command::ShareResource { resource: id, with, level, expires_at });
        self.change(caller, operation, command, Along::default()).await?;
        self.resource_as_changed(caller, id).await
    }

    /// Shares a resource with somebody no longer.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of the resource, or it was not shared.
    pub async fn unshare_resource(&self, caller: &Caller, (resource, with): (&str, &str)) -> Result<(), Problem> {
        let id = resource_id(resource)?;
        let operation = Operation::Resource { verb: ResourceVerb::Share, resource: id };
        let with = self.shared_with(caller, with).await?;
        let command = |_: &_| Ok(Command::UnshareResource { resource: id, with });
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// Gives a resource to a team: its members may do from then on what their roles say.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of resource or team.
    pub async fn assign_resource(&self, caller: &Caller, (resource, team): (&str, &str)) -> Result<(), Problem> {
        let (resource, team) = (resource_id(resource)?, self.team_of_assignment(caller, team).await?);
        let command = |_: &_| Ok(Command::AssignResource { resource, team });
        let operation = Operation::AssignResource { team, resource };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// Takes a resource from a team; its members lose at once what they had through it.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of resource or team.
    pub async fn unassign_resource(&self, caller: &Caller, (resource, team): (&str, &str)) -> Result<(), Problem> {
        let (resource, team) = (resource_id(resource)?, self.team_of_assignment(caller, team).await?);
        let command = |_: &_| Ok(Command::UnassignResource { resource, team });
        let operation = Operation::AssignResource { team, resource };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    async fn shared_with(&self, caller: &Caller, name: &str) -> Result<Grantee, Problem> {
        match agent_id(name) {
            Ok(agent) => Ok(Grantee::Agent(agent)),
            Err(_) => self.member_named(caller, name).await.map(Grantee::Member),
        }
    }

    /// A team that the caller sees. One that they do not is told apart neither from one that is not there nor from a
    /// resource that is not.
    async fn team_of_assignment(&self, caller: &Caller, name: &str) -> Result<TeamId, Problem> {
        self.team_named(caller, name).await.map_err(|problem| match problem {
            Problem::Missing { .. } => Problem::missing("resource or team"),
            problem => problem,
        })
    }
}
