//! Suspend a member, and restore them.

use domain::command::Command;
use domain::organization::Organization;
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Suspends a member. When this returns, no key or session of theirs opens anything here, no agent that they answer
    /// for does anything, none acts for them, and no call of theirs goes out. Everything is kept for when they are
    /// restored.
    ///
    /// # Errors
    /// [`Problem::Denied`] for someone above the caller, [`Problem::Refused`] for the last holder of the top role.
    pub async fn suspend_member(&self, caller: &Caller, member: &str) -> Result<MemberView, Problem> {
        let person = self.member_named(caller, member).await?;
        let command = |_: &Organization| Ok(Command::SuspendMember { person, by_directory: false });
        self.change(caller, Operation::SuspendMember { member: person }, command, Along::default()).await?;
        self.show_member(caller, person.as_str()).await
    }

    /// Restores a suspended member, who has from then on what they had, and what was given to them meanwhile.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller could not give their roles, [`Problem::Refused`] where they hold the top
    /// role and the organization has no room for them.
    pub async fn restore_member(&self, caller: &Caller, member: &str) -> Result<MemberView, Problem> {
        let person = self.member_named(caller, member).await?;
        let command = |_: &Organization| Ok(Command::RestoreMember { person });
        self.change(caller, Operation::RestoreMember { member: person }, command, Along::default()).await?;
        self.show_member(caller, person.as_str()).await
    }
}
