//! Disconnect an account: from then on no call goes out with it, and what is kept of it is given back and deleted.

use domain::command::Command;
use domain::id::AccountId;
use domain::integration::Whose;
use verdict::Operation;

use super::connect::operation;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Disconnects an account at an integration's upstream: one's own, or anybody's for who changes the integration. When
    /// this returns, no call goes out with it. The authorization server is told afterwards (RFC 7009).
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such account that the caller may know of.
    pub async fn disconnect_account(&self, caller: &Caller, name: &str, account: &str) -> Result<(), Problem> {
        let integration = self.integration_named(caller, name)?;
        let snapshot = caller.live.snapshot();
        let named = AccountId::parse(account).ok();
        let mut known = snapshot.accounts_at(integration);
        let known = known.find(|(_, account)| Some(*account) == named);
        let own = caller.actor.subject.person();
        let operation = match known {
            Some((person, _)) if person.is_some() && person == own => operation(Whose::Person, integration),
            _ => Operation::EditIntegration { integration },
        };
        let (_permit, Some((_, account))) = (self.permit(&snapshot, &caller.actor, operation).await?, known) else {
            return Err(Problem::missing("account"));
        };
        let command = |_: &_| Ok(Command::DisconnectAccount { account, integration });
        self.change(caller, operation, command, Along::default()).await?;
        Ok(())
    }
}
