//! The clients that people have connected, as they see them themselves, and as those do who end credentials of others.

use domain::id::{ClientId, PersonId};
use domain::time::Timestamp;
use verdict::Operation;

use crate::{App, Caller, Problem};

/// A connected client, as its person sees it.
#[derive(Clone, Debug)]
pub struct ConnectedClientView {
    /// Its id.
    pub id: ClientId,
    /// What it called itself.
    pub name: String,
    /// Where its person was sent back to: a host, or the scheme of an application.
    pub sent_back_to: String,
    /// The path for which it is connected.
    pub path: String,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When it ends unless it comes before; none where it has ended by itself already.
    pub ends_at: Option<Timestamp>,
}

impl App {
    /// The clients that the caller has connected here, the newest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] for who is no person.
    pub async fn own_clients(&self, caller: &Caller) -> Result<Vec<ConnectedClientView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ConnectClient).await?;
        let person = caller.actor.subject.person().ok_or_else(|| Problem::missing("client"))?;
        self.clients_here(caller, person).await
    }

    /// The clients that a member has connected here, the newest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] without `key.issue`, or about somebody above the caller.
    pub async fn member_clients(&self, caller: &Caller, member: &str) -> Result<Vec<ConnectedClientView>, Problem> {
        let member = self.member_named(caller, member).await?;
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewSessions { member }).await?;
        self.clients_here(caller, member).await
    }

    async fn clients_here(&self, caller: &Caller, person: PersonId) -> Result<Vec<ConnectedClientView>, Problem> {
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let rows = self.inner.journal.clients_of(caller.live.org(), person).await?;
        let here = rows.into_iter().filter(|(row, _)| snapshot.client(row.client) == Some(person));
        let view = here.map(|(row, until)| ConnectedClientView {
            id: row.client,
            name: row.name,
            sent_back_to: row.sent_back_to,
            path: row.resource,
            connected_at: row.connected_at,
            ends_at: Some(until).filter(|until| *until > now),
        });
        Ok(view.collect())
    }
}
