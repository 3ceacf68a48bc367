//! Give a member another role.

use domain::command::Command;
use domain::role::RoleId;
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Gives a member another role; the next question about them is answered from it.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not give or take such a role, [`Problem::Refused`] where nobody
    /// would be left in the top role.
    pub async fn change_member_role(&self, caller: &Caller, member: &str, role: &str) -> Result<MemberView, Problem> {
        let person = self.member_named(caller, member).await?;
        let role = RoleId::parse(role).map_err(|error| Problem::invalid("role", error.to_string()))?;
        let operation = Operation::ChangeRole { member: person, role: &role };
        let command = |_: &_| Ok(Command::ChangeMemberRole { person, role: role.clone() });
        self.change(caller, operation, command, Along::default()).await?;
        self.show_member(caller, person.as_str()).await
    }
}
