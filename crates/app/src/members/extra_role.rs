//! Give a member a role beside their own, and take it away.

use domain::command::Command;
use domain::id::PersonId;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::Operation;

use super::ChangedRole;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Gives a member a role beside their own, or gives it another end. Their rights are the union of all of them, from
    /// the next question on.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not give such a role, [`Problem::Refused`] where the organization has no
    /// such roles, or this one cannot be held so.
    pub async fn give_member_role(
        &self,
        caller: &Caller,
        (member, role): (&str, &str),
        expires_at: Option<Timestamp>,
    ) -> Result<ChangedRole, Problem> {
        let (person, role) = self.both_of(caller, member, role).await?;
        let operation = Operation::GiveRole { member: person, role: &role };
        let command = |_: &_| Ok(Command::GiveMemberRole { person, role, expires_at });
        let events = self.change(caller, operation, command, Along::default()).await?;
        self.changed_role(caller, person, &events).await
    }

    /// Takes from a member a role that they have beside their own.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the member is above the caller, [`Problem::Missing`] where they have no such role.
    pub async fn take_member_role(
        &self,
        caller: &Caller,
        (member, role): (&str, &str),
    ) -> Result<ChangedRole, Problem> {
        let (person, role) = self.both_of(caller, member, role).await?;
        let operation = Operation::TakeRole { member: person, role: &role };
        let command = |_: &_| Ok(Command::TakeMemberRole { person, role });
        let events = self.change(caller, operation, command, Along::default()).await?;
        self.changed_role(caller, person, &events).await
    }

    async fn both_of(&self, caller: &Caller, member: &str, role: &str) -> Result<(PersonId, RoleId), Problem> {
        let person = self.member_named(caller, member).await?;
        let role = RoleId::parse(role).map_err(|error| Problem::invalid("role", error.to_string()))?;
        Ok((person, role))
    }
}
