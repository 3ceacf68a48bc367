//! Give a member another role.

use domain::command::Command;
use domain::event::Event;
use domain::id::PersonId;
use domain::role::RoleId;
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::keys::KeysToRotate;
use crate::{App, Caller, Problem};

/// A member after a change of role.
#[derive(Clone, Debug)]
pub struct ChangedRole {
    /// The member.
    pub member: MemberView,
    /// Keys of theirs that ended, because whoever issued them could not have given such a role and may still have
    /// their secrets. Issue a new one, or let the person make one.
    pub keys_ended: usize,
    /// Keys of programs whose secrets were issued by whoever has less now, and could not be issued by them any more:
    /// rotate them.
    pub known: KeysToRotate,
}

impl App {
    /// Gives a member another role; the next question about them is answered from it.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not give or take such a role, [`Problem::Refused`] where nobody
    /// would be left in the top role.
    pub async fn change_member_role(&self, caller: &Caller, member: &str, role: &str) -> Result<ChangedRole, Problem> {
        let person = self.member_named(caller, member).await?;
        let role = RoleId::parse(role).map_err(|error| Problem::invalid("role", error.to_string()))?;
        let operation = Operation::ChangeRole { member: person, role: &role };
        let command = |_: &_| Ok(Command::ChangeMemberRole { person, role });
        let events = self.change(caller, operation, command, Along::default()).await?;
        self.changed_role(caller, person, &events).await
    }

    /// The member after a change of what they hold, and what it came to.
    pub(crate) async fn changed_role(
        &self,
        caller: &Caller,
        person: PersonId,
        events: &[Event],
    ) -> Result<ChangedRole, Problem> {
        let keys_ended = events.iter().filter(|event| matches!(event, Event::KeyRevoked { .. })).count();
        let member = caller.live.state.lock().await.members.get(&person).cloned();
        let member = self.member_views(caller, member.into_iter().collect()).await?.pop();
        let known = self.keys_not_to_be_issued_by(caller, person).await?;
        Ok(ChangedRole { member: member.ok_or_else(|| Problem::missing("member"))?, keys_ended, known })
    }
}
