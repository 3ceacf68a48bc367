//! How events about accounts change the state.

use crate::account::Account;
use crate::event::Event;
use crate::id::AccountId;
use crate::organization::{Organization, Stamp};

impl Organization {
    pub(crate) fn apply_to_accounts(&mut self, stamp: &Stamp, event: &Event) {
        match event {
            Event::AccountConnected { account, integration, person } => {
                let (integration, person) = (*integration, *person);
                let connected = Account { id: *account, integration, person, connected_at: stamp.at };
                self.accounts.insert(*account, connected);
            }
            Event::AccountDisconnected { account, .. } => drop(self.accounts.remove(account)),
            _ => {}
        }
    }

    /// The accounts that are connected no longer once this has happened, so that what is sealed of them can go, too.
    pub fn accounts_ended_by(&self, event: &Event) -> Vec<AccountId> {
        let is_one = matches!(
            event,
            Event::AccountDisconnected { .. }
                | Event::MemberRemoved { .. }
                | Event::IntegrationDisconnected { .. }
                | Event::IntegrationEdited { .. }
                | Event::OrganizationDestroyed
        );
        // Asked about every event that is written, of which few are any of these.
        if !is_one {
            return Vec::new();
        }
        let ends = |account: &&Account| match event {
            Event::AccountDisconnected { account: of, .. } => account.id == *of,
            Event::MemberRemoved { person } => account.person == Some(*person),
            Event::IntegrationDisconnected { integration } => account.integration == *integration,
            // They were for another way of showing oneself, or for another server to sign in at.
            Event::IntegrationEdited { integration, edit } => {
                account.integration == *integration && edit.credential.is_some()
            }
            Event::OrganizationDestroyed => true,
            _ => false,
        };
        self.accounts.values().filter(ends).map(|account| account.id).collect()
    }
}
