//! See which accounts are connected, and which connections have ended.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::Account;
use domain::id::{AccountId, IntegrationId, OrgId, PersonId};
use domain::integration::{CredentialKind, Whose};
use domain::organization::Organization;
use domain::time::Timestamp;
use verdict::Operation;

use super::connect::operation;
use crate::{App, Caller, Live, Problem};

/// A connected account, for whoever may know of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// Whose it is; none for everybody's.
    pub person: Option<PersonId>,
    /// What that person is called, where the caller sees who is here.
    pub person_name: Option<String>,
    /// Since when it is connected.
    pub connected_at: Timestamp,
    /// The host at which its person signed in.
    pub signed_in_at: String,
    /// What it was let do, in the words of its authorization server.
    pub scope: Option<String>,
    /// Whether it works.
    pub state: AccountState,
}

/// Whether a connection works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccountState {
    /// As far as is known.
    Works,
    /// Something is wrong, and calls are tried all the same.
    Troubled {
        /// Since when.
        since: Timestamp,
        /// What.
        why: String,
    },
    /// It has ended; somebody has to connect anew.
    Ended {
        /// When.
        since: Timestamp,
        /// Why.
        why: String,
    },
}

impl App {
    /// The accounts that are connected at an integration's upstream: all, for who changes the integration; their own otherwise.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such integration that the caller may know of.
    pub async fn accounts_at(&self, caller: &Caller, name: &str) -> Result<Vec<AccountView>, Problem> {
        let id = self.integration_named(caller, name)?;
        let (snapshot, org) = (caller.live.snapshot(), caller.live.org());
        let all = self.asked(&snapshot, &caller.actor, Operation::EditIntegration { integration: id }).is_allowed();
        if !all {
            let _permit = self.permit(&snapshot, &caller.actor, operation(Whose::Person, id)).await?;
        }
        let own = caller.actor.subject.person();
        let seen = snapshot.accounts_at(id).filter(|(person, _)| all || person.is_some() && *person == own);
        let mut views = Vec::new();
        for (_, account) in seen.collect::<Vec<_>>() {
            views.extend(self.account_view(org, account, &caller.live).await?);
        }
        let people: Vec<PersonId> = views.iter().filter_map(|view| view.person).collect();
        let told = self.whom_to_name((&snapshot, &caller.actor), &people);
        let names: BTreeMap<PersonId, String> = told.iter().copied().zip(self.names(org, &told).await).collect();
        for view in &mut views {
            view.person_name = view.person.and_then(|person| names.get(&person).cloned());
        }
        Ok(views)
    }

    /// The integrations that everybody uses with one account, where none is connected or its connection has ended.
    pub(crate) async fn without_account(
        &self,
        org: OrgId,
        state: &Organization,
    ) -> Result<BTreeSet<IntegrationId>, Problem> {
        let is_shared = |credential: &CredentialKind| {
            matches!(credential, CredentialKind::OAuth { whose: Whose::Organization, .. })
        };
        let shared = state.integrations.values().filter(|known| is_shared(&known.credential) && !known.paused);
        let mut found = BTreeSet::new();
        for integration in shared.map(|known| known.id) {
            let here = |account: &&Account| (account.integration, account.person) == (integration, None);
            let kept = match state.accounts.values().find(here) {
                Some(account) => self.kept(org, account.id).await?,
                None => None,
            };
            if kept.is_none_or(|kept| kept.trouble.is_some_and(|trouble| trouble.ended)) {
                found.insert(integration);
            }
        }
        Ok(found)
    }

    pub(crate) async fn account_view(
        &self,
        org: OrgId,
        account: AccountId,
        live: &Live,
    ) -> Result<Option<AccountView>, Problem> {
        let known = live.state.lock().await.accounts.get(&account).cloned();
        let (Some(known), Some(kept)) = (known, self.kept(org, account).await?) else { return Ok(None) };
        let state = match kept.trouble {
            None => AccountState::Works,
            Some(trouble) if trouble.ended => AccountState::Ended { since: trouble.since, why: trouble.why },
            Some(trouble) => AccountState::Troubled { since: trouble.since, why: trouble.why },
        };
        Ok(Some(AccountView {
            id: account,
            person: known.person,
            person_name: None,
            connected_at: known.connected_at,
            signed_in_at: identity::upstream::host(&kept.at.server.issuer).unwrap_or_default().to_owned(),
            scope: kept.scope,
            state,
        }))
    }
}
