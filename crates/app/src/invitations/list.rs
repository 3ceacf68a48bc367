//! See the invitations that one may handle, or made.

use std::collections::HashMap;
use std::sync::Arc;

use domain::grant::Grantee;
use domain::id::{InvitationId, PersonId, TeamId};
use domain::invitation::{Invitation, InvitationState, Inviter, OfferedGrant};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;
use journal::InviteeRow;
use verdict::{Operation, Snapshot, Sponsored};

use super::{InvitationView, invitation_id, is_mine, revision};
use crate::{App, Caller, Problem};

/// Where an invitation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Its link can be used.
    Open,
    /// Somebody who may add people has to agree first.
    AwaitsApproval,
    /// Its end has come.
    Expired,
    /// Its inviter could not offer so much any more, or what it offers is gone: whoever may sends it again.
    NeedsSponsor,
    /// Somebody accepted it.
    Accepted,
    /// Whoever had the link said no.
    Declined,
    /// It was taken back.
    Revoked,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 7] = [
        Status::Open,
        Status::AwaitsApproval,
        Status::Expired,
        Status::NeedsSponsor,
        Status::Accepted,
        Status::Declined,
        Status::Revoked,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::AwaitsApproval => "awaits_approval",
            Status::Expired => "expired",
            Status::NeedsSponsor => "needs_sponsor",
            Status::Accepted => "accepted",
            Status::Declined => "declined",
            Status::Revoked => "revoked",
        }
    }

    fn of(known: &Invitation, (state, snapshot): (&Organization, &Snapshot), now: Timestamp) -> Status {
        match known.state {
            InvitationState::Accepted { .. } => Status::Accepted,
            InvitationState::Declined { .. } => Status::Declined,
            InvitationState::Revoked { .. } => Status::Revoked,
            InvitationState::Open if now >= known.expires_at => Status::Expired,
            // What is to end before it is given is not given; that spoils nothing.
            InvitationState::Open if known.offer.fits(state, known.sent_at.min(now)).is_err() => Status::NeedsSponsor,
            InvitationState::Open => match snapshot.sponsored(known, now) {
                Sponsored::No => Status::NeedsSponsor,
                Sponsored::Yes if known.digest.is_some() => Status::Open,
                Sponsored::Yes | Sponsored::OnApproval => Status::AwaitsApproval,
            },
        }
    }
}

/// Which invitations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those of which nothing has become yet.
    Pending,
    /// Those whose end has not come besides.
    Waiting,
    /// Those that stand so.
    In(Status),
    /// All that are kept.
    All,
}

impl App {
    /// A page of the invitations that the caller made or may handle, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn list_invitations(
        &self,
        caller: &Caller,
        which: Which,
        after: Option<InvitationId>,
        limit: usize,
    ) -> Result<Vec<InvitationView>, Problem> {
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let found: Vec<Arc<Invitation>> = {
            let state = caller.live.state.lock().await;
            let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
            let page = state.invitations.range((from, std::ops::Bound::Unbounded)).map(|(_, known)| known);
            let wanted = |known: &&Arc<Invitation>| match which {
                Which::All => true,
                Which::Pending => known.is_open(),
                Which::Waiting => known.is_open() && now < known.expires_at,
                Which::In(status) => Status::of(known, (&state, &snapshot), now) == status,
            };
            page.filter(wanted)
                .filter(|known| self.sees_invitation(caller, &snapshot, known))
                .take(limit)
                .cloned()
                .collect()
        };
        self.invitation_views(caller, found).await
    }

    /// One invitation that the caller made or may handle, by id.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none such.
    pub async fn show_invitation(&self, caller: &Caller, invitation: &str) -> Result<InvitationView, Problem> {
        let id = invitation_id(invitation)?;
        let known = caller.live.state.lock().await.invitations.get(&id).cloned();
        let known = known.filter(|known| self.sees_invitation(caller, &caller.live.snapshot(), known));
        let views = self.invitation_views(caller, known.into_iter().collect()).await?;
        views.into_iter().next().ok_or_else(|| Problem::missing("invitation"))
    }

    /// What became of an invitation is for its inviter, and for those who add people.
    fn sees_invitation(&self, caller: &Caller, snapshot: &Snapshot, known: &Invitation) -> bool {
        let may = |operation| self.asked(snapshot, &caller.actor, operation).is_allowed();
        match known.is_open() {
            true => may(Operation::ViewInvitation { invitation: known.id }),
            false => is_mine(known.inviter, caller) || may(Operation::Use { permission: Permission::MemberAdd }),
        }
    }

    pub(super) async fn invitation_views(
        &self,
        caller: &Caller,
        found: Vec<Arc<Invitation>>,
    ) -> Result<Vec<InvitationView>, Problem> {
        let (org, snapshot) = (caller.live.org(), caller.live.snapshot());
        let ids = found.iter().map(|known| known.id).collect();
        let rows = self.inner.journal.invitees(org, ids).await?;
        let mut rows: HashMap<InvitationId, InviteeRow> = rows.into_iter().map(|row| (row.invitation, row)).collect();
        let people: Vec<PersonId> = found.iter().filter_map(|known| person_behind(known.inviter)).collect();
        let names = self.people(org, &people).await?;
        let state = caller.live.state.lock().await;
        let may = |operation| self.asked(&snapshot, &caller.actor, operation).is_allowed();
        let now = self.now();
        let view = |known: Arc<Invitation>| {
            let team = |(team, role): (&TeamId, &Option<RoleId>)| {
                let title = snapshot.team_title(*team).filter(|_| may(Operation::ViewTeam { team: *team }))?;
                Some((team.to_string(), title.to_owned(), role.map(|role| role.to_string())))
            };
            let integration = |(id, given): (&domain::id::IntegrationId, &OfferedGrant)| {
                let seen = may(Operation::ViewIntegration { integration: *id });
                let found = snapshot.integration(*id).filter(|_| seen)?;
                Some((found.slug.to_string(), given.clone()))
            };
            let row = rows.remove(&known.id);
            let (email, name, note, mail) = match row {
                Some(row) => (Some(row.email), row.name, row.note, row.mail),
                None => (None, None, None, None),
            };
            InvitationView {
                id: known.id,
                email,
                name,
                note,
                role: known.offer.role.map(|role| role.to_string()),
                gets: known.offer.role_in(&state).to_string(),
                members_only: known.offer.members_only,
                teams: known.offer.teams.iter().filter_map(team).collect(),
                integrations: known.offer.grants.iter().filter_map(integration).collect(),
                status: Status::of(&known, (&state, &snapshot), now),
                inviter: known.inviter.subject.to_string(),
                inviter_name: person_behind(known.inviter).and_then(|person| Some(names.get(&person)?.name.clone())),
                mine: is_mine(known.inviter, caller),
                revision: revision(&known),
                asks: known.asks_beside(state.settings.invite_address),
                sent_at: known.sent_at,
                expires_at: known.expires_at,
                accepted_by: match known.state {
                    InvitationState::Accepted { person, .. } => Some(person),
                    _ => None,
                },
                mail,
            }
        };
        Ok(found.into_iter().map(view).collect())
    }
}

/// The person who invited, or for whom an agent did.
pub(crate) fn person_behind(inviter: Inviter) -> Option<PersonId> {
    match inviter.subject {
        Grantee::Member(person) => Some(person),
        _ => inviter.acting_for,
    }
}
