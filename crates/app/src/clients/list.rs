//! The clients that people have connected, as they see them themselves, and as those do who end credentials of others.

use domain::grant::Profile;
use domain::id::{ClientId, OrgId, PersonId};
use domain::time::Timestamp;
use journal::ListedClientRow;
use verdict::Operation;

use super::audience::Audience;
use crate::sign_in::SignedIn;
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
    /// The integration for which alone it is connected: its title for whoever may know of it, or else its slug; none for all.
    pub integration: Option<String>,
    /// What it may do of what its person may.
    pub profile: Profile,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When it was let in last where tools are called, to the minute; none where it never was.
    pub used_at: Option<Timestamp>,
    /// When it ends unless it comes before; none where it has ended by itself already.
    pub ends_at: Option<Timestamp>,
}

/// The clients that somebody has connected to one organization.
#[derive(Clone, Debug)]
pub struct ClientsHere {
    /// The organization.
    pub org: OrgId,
    /// What it is called.
    pub organization: String,
    /// The clients, the newest first.
    pub clients: Vec<ConnectedClientView>,
}

impl App {
    /// The clients that somebody who is signed in has connected, by organization; those that have none, or that this session
    /// does not open, are left out.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn clients_everywhere(&self, signed_in: &SignedIn) -> Result<Vec<ClientsHere>, Problem> {
        let mut everywhere = Vec::new();
        for caller in self.callers_of(&signed_in.proof).await? {
            let clients = match self.own_clients(&caller).await {
                Ok(clients) => clients,
                Err(Problem::Denied { .. }) => continue,
                Err(problem) => return Err(problem),
            };
            let snapshot = caller.live.snapshot();
            let (org, organization) = (snapshot.org(), snapshot.name().to_owned());
            if !clients.is_empty() {
                everywhere.push(ClientsHere { org, organization, clients });
            }
        }
        Ok(everywhere)
    }

    /// The clients that the caller has connected here, the newest first.
    ///
    /// # Errors
    /// [`Problem::Denied`] for who is no person.
    pub async fn own_clients(&self, caller: &Caller) -> Result<Vec<ConnectedClientView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ConnectClient).await?;
        let person = caller.actor.subject.person().ok_or_else(|| Problem::missing("client"))?;
        self.clients_here(caller, person).await
    }

    /// One of the clients that the caller has connected here.
    ///
    /// # Errors
    /// [`Problem::Missing`] where they have no such client, whoever else has.
    pub async fn own_client(&self, caller: &Caller, client: &str) -> Result<ConnectedClientView, Problem> {
        let found = self.own_clients(caller).await?.into_iter().find(|view| view.id.as_str() == client);
        found.ok_or_else(|| Problem::missing("client"))
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
        let here = rows.into_iter().filter_map(|listed| {
            let connected = snapshot.client(listed.row.client).filter(|connected| connected.person == person)?;
            Some((listed, connected.profile))
        });
        let titled = |slug: String| {
            let known = snapshot.integration_by_slug(&slug).filter(|_| self.may_see_integration(caller, &slug));
            known.map_or(slug, |integration| integration.title.to_string())
        };
        let view = here.map(|(ListedClientRow { row, until, used_at }, profile)| ConnectedClientView {
            id: row.client,
            integration: Audience::at(&row.resource).and_then(|audience| audience.integration).map(titled),
            name: row.name,
            sent_back_to: row.sent_back_to,
            path: row.resource,
            profile,
            connected_at: row.connected_at,
            used_at,
            ends_at: Some(until).filter(|until| *until > now),
        });
        Ok(view.collect())
    }
}
