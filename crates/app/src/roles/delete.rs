//! End a role.

use domain::command::Command;
use domain::organization::Organization;
use domain::role::{RoleId, RoleLevel};
use verdict::Operation;

use super::Holders;
use super::list::named;
use crate::{App, Caller, Problem};

/// What became of a role's holders.
#[derive(Clone, Debug)]
pub struct DeletedRole {
    /// The role that ended.
    pub role: RoleId,
    /// The one that its members have now.
    pub moved_to: RoleId,
    /// Who had it, as far as the caller sees them: members and places in teams have the other role now; keys and
    /// agents have none and do nothing until they are given one.
    pub holders: Holders,
}

impl App {
    /// Ends a role. Its members get the default role, in which a default may be chosen in the same step.
    ///
    /// # Errors
    /// [`Problem::Refused`] for the top role, a fixed one, and the default role where no other default is chosen.
    pub async fn delete_role(
        &self,
        caller: &Caller,
        role: &str,
        default: Option<&str>,
    ) -> Result<DeletedRole, Problem> {
        let role = named(role)?;
        let default = default.map(RoleId::parse).transpose();
        let default = default.map_err(|error| Problem::invalid("default_role", error.to_string()))?;
        let holders = {
            let (snapshot, state) = (caller.live.snapshot(), caller.live.state.lock().await);
            self.count_holders(caller, &snapshot, &state).take(role)
        };
        let planned = |state: &Organization| Ok((role, heir(state, role, default).unwrap_or(role)));
        let events = self
            .change_as_planned(
                caller,
                planned,
                |(role, moved_to): &(RoleId, RoleId)| Operation::DeleteRole { role, moved_to },
                |_| Command::DeleteRole { role, default },
            )
            .await?;
        let moved_to = events.iter().find_map(|event| match event {
            domain::event::Event::RoleDeleted { moved_to, .. } => Some(*moved_to),
            _ => None,
        });
        Ok(DeletedRole { role, moved_to: moved_to.unwrap_or(role), holders })
    }
}

/// The role that the members get: the chosen default, or the present one of the role's level.
fn heir(state: &Organization, role: RoleId, default: Option<RoleId>) -> Option<RoleId> {
    let present = match state.roles.get(&role)?.level {
        RoleLevel::Organization => Some(state.settings.join_default_role),
        RoleLevel::Team => state.settings.join_default_team_role,
    };
    default.or(present)
}
