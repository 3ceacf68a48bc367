//! The end of a connected client: by its person, by whoever ends credentials of others, or by a token of its own. When it is
//! acknowledged the client is let in no more, and what it has open is cut.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::command::{self, Command};
use domain::id::{ClientId, OrgId, PersonId};
use journal::Fact;
use verdict::{Operation, Permit};

use super::BY_TOKEN;
use crate::change::{ATTEMPTS_MAX, Along};
use crate::commit::{Commit, CommitFault, Part};
use crate::{App, Caller, Problem};

impl App {
    /// Disconnects a client that the caller has connected.
    ///
    /// # Errors
    /// [`Problem::Missing`] where they have no such client, whoever else has.
    pub async fn disconnect_own_client(&self, caller: &Caller, client: &str) -> Result<(), Problem> {
        let person = caller.actor.subject.person().ok_or_else(|| Problem::missing("client"))?;
        self.disconnect(caller, person, Some(client), Operation::ConnectClient).await
    }

    /// Disconnects a client that a member has connected, or all of theirs.
    ///
    /// # Errors
    /// [`Problem::Denied`] without `key.issue`, or about somebody above the caller; [`Problem::Missing`] where there is no such
    /// client.
    pub async fn disconnect_member_client(
        &self,
        caller: &Caller,
        member: &str,
        client: Option<&str>,
    ) -> Result<(), Problem> {
        let person = self.member_named(caller, member).await?;
        self.disconnect(caller, person, client, Operation::EndSessions { member: person }).await
    }

    async fn disconnect(
        &self,
        caller: &Caller,
        person: PersonId,
        client: Option<&str>,
        operation: Operation<'_>,
    ) -> Result<(), Problem> {
        // Whoever may end none learns of none.
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        let theirs: BTreeSet<ClientId> = {
            let state = caller.live.state.lock().await;
            state.clients.values().filter(|known| known.person == person).map(|known| known.id).collect()
        };
        let clients = match client {
            None => theirs,
            Some(client) => {
                let named = ClientId::parse(client).ok().filter(|client| theirs.contains(client));
                [named.ok_or_else(|| Problem::missing("client"))?].into()
            }
        };
        let facts = clients.iter().map(|client| Fact::DropClient { client: *client }).collect();
        let command = |_: &_| Ok(Command::DisconnectClients { person, clients: clients.clone() });
        self.change(caller, operation, command, Along { facts, ..Along::default() }).await.map(|_| ())
    }

    /// Disconnects the client whose token somebody has shown.
    pub(super) async fn disconnect_by_token(&self, org: OrgId, client: ClientId) -> Result<(), Problem> {
        let live = self.live(org).await?;
        for _ in 0..ATTEMPTS_MAX {
            let mut state = Arc::clone(&live.state).lock_owned().await;
            let Some(person) = state.clients.get(&client).map(|known| known.person) else { return Ok(()) };
            let command = Command::DisconnectClients { person, clients: [client].into() };
            let events = command::handle(&state, command, self.now())?;
            let permit = Permit::for_disconnecting_a_client(org, state.seq, client);
            let (parts, facts) = (vec![Part { permit, events }], vec![Fact::DropClient { client }]);
            let actor = format!("{BY_TOKEN}/{client}");
            let commit = Commit { parts, actor, facts, directory: None, until: None };
            match self.commit(Arc::clone(&live), state, commit).await {
                Ok(_) => return Ok(()),
                Err(CommitFault::Problem(problem)) => return Err(problem),
                Err(CommitFault::Late) => break,
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&live.state).lock_owned().await;
                    live.catch_up(&self.inner.journal, &mut state).await?;
                }
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }
}
