//! Hand an organization over.

use domain::command::Command;
use domain::refusal::Refusal;
use domain::role::RoleId;
use verdict::{Operation, Subject};

use crate::change::Along;
use crate::keys::KeysToRotate;
use crate::members::ChangedRole;
use crate::{App, Caller, Problem};

impl App {
    /// Hands the top role to another member, who has it from the next question on, and takes another role oneself.
    /// Somebody holds it at every moment.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller does not hold the top role, [`Problem::Refused`] where the other one holds
    /// it already, or the caller would keep it.
    pub async fn transfer_ownership(&self, caller: &Caller, to: &str, own_role: &str) -> Result<ChangedRole, Problem> {
        let to = self.member_in(caller, "to", to).await?;
        let own_role = RoleId::parse(own_role).map_err(|error| Problem::invalid("own_role", error.to_string()))?;
        let from = match caller.actor.subject {
            Subject::Member(person) => Some(person),
            Subject::Key(_) | Subject::Agent(_) => None,
        };
        let command = |_: &_| {
            let from =
                from.ok_or_else(|| Refusal::rule("not-the-owner", "only a person can hand the top role over"))?;
            Ok(Command::TransferOwnership { from, to, own_role })
        };
        let operation = Operation::TransferOwnership { to };
        let events = self.change(caller, operation, command, Along::default()).await?;
        let heir = self.changed_role(caller, to, &events).await?;
        // Who has less now is the one who handed it over.
        let known = match from {
            Some(from) => self.keys_not_to_be_issued_by(caller, from).await?,
            None => KeysToRotate::default(),
        };
        Ok(ChangedRole { known, ..heir })
    }
}
