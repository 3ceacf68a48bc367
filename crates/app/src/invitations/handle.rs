//! Change an invitation that is open, send it again, agree to it, take it back.

use std::sync::Arc;

use domain::command::Command;
use domain::event::Event;
use domain::id::InvitationId;
use domain::invitation::{Closing, Invitation, Offer, changed_since, needs_no_approval};
use domain::organization::Organization;
use identity::digest::hexadecimal as hex;
use journal::Fact;
use verdict::{Operation, Sponsored};

use super::send::{NewLink, role_named};
use super::{InvitationView, OfferedIntegration, OfferedTeam, SentInvitation, invitation_id, inviter_of, revision};
use crate::change::Along;
use crate::directory::person_name;
use crate::requests::checked;
use crate::{App, Caller, Problem};

/// What is to change about an invitation; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct InvitationChange {
    /// Another role; `Some(None)` for that of newcomers.
    pub role: Option<Option<String>>,
    /// Other teams, instead of those that it offers.
    pub teams: Option<Vec<OfferedTeam>>,
    /// Other integrations, instead of those that it offers.
    pub integrations: Option<Vec<OfferedIntegration>>,
    /// Another name for whom it is for.
    pub name: Option<String>,
    /// Something else to say to them.
    pub note: Option<String>,
}

impl App {
    /// Lets an invitation offer something else, in the caller's name from then on: the link stays good, but where it has to
    /// be approved.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it, [`Problem::Denied`] where they may not offer so much.
    pub async fn edit_invitation(
        &self,
        caller: &Caller,
        invitation: &str,
        change: InvitationChange,
    ) -> Result<InvitationView, Problem> {
        let known = self.seen_invitation(caller, invitation).await?;
        let (org, id, before) = (caller.live.org(), known.id, &known.offer);
        let role = match &change.role {
            Some(role) => role_named("role", role.as_deref())?,
            None => before.role,
        };
        let teams = match &change.teams {
            Some(teams) => self.teams_offered(caller, teams).await?,
            None => before.teams.clone(),
        };
        let grants = match &change.integrations {
            Some(integrations) => self.grants_offered(caller, integrations).await?,
            None => before.grants.clone(),
        };
        let offer = Offer { role, members_only: before.members_only, teams, grants };
        let mut facts = Vec::new();
        if let Some(mut row) = self.inner.journal.invitees(org, vec![id]).await?.pop() {
            let written = row.clone();
            if let Some(name) = &change.name {
                row.name = Some(person_name(name)?);
            }
            if let Some(note) = &change.note {
                row.note = checked("note", Some(note))?;
            }
            facts.extend((row != written).then(|| Fact::Invitee(Box::new(row))));
        }
        let command = |state: &Organization| {
            if state.invitations.get(&id).is_some_and(|now| now.offer != *before) {
                return Err(Problem::Unavailable {
                    message: "others are changing this invitation; try again".to_owned(),
                });
            }
            let awaits = caller.live.snapshot().awaits_approval(&caller.actor, &offer, self.now());
            let (inviter, offer) = (inviter_of(caller), Box::new(offer.clone()));
            Ok(Command::EditInvitation { invitation: id, inviter, offer, awaits })
        };
        let operation = Operation::EditInvitation { invitation: id, offer: &offer };
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.invitation_view(caller, id).await
    }

    /// Gives an invitation another link, in the caller's name; the link before opens nothing any more.
    ///
    /// # Errors
    /// As [`App::send_invitation`].
    pub async fn resend_invitation(&self, caller: &Caller, invitation: &str) -> Result<SentInvitation, Problem> {
        let id = invitation_id(invitation)?;
        let link = self.new_invitation_link(caller)?;
        let facts = self.facts_of_link(caller, id, &link).await?;
        let command = |state: &Organization| {
            self.can_be_accepted(state.settings.invite_address)?;
            let known = state.invitations.get(&id).ok_or_else(|| Problem::missing("invitation"))?;
            Ok(Command::ResendInvitation {
                invitation: id,
                inviter: inviter_of(caller),
                awaits: caller.live.snapshot().awaits_approval(&caller.actor, &known.offer, self.now()),
                digest: hex(&link.digest),
                expires_at: link.expires_at,
            })
        };
        let operation = Operation::ResendInvitation { invitation: id };
        let events = self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.mail_was_posted();
        debug_assert!(events.iter().all(|event| matches!(event, Event::InvitationResent { .. })));
        let invitation = self.invitation_view(caller, id).await?;
        Ok(SentInvitation { invitation, token: Some(link.token) })
    }

    /// Agrees to an invitation that waits for it, as it was when the caller looked at it (`looked_at` is its revision then),
    /// and gives it a link.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller could not do by hand what it offers; [`Problem::Refused`] where it offers
    /// something else by now, or in another's name.
    pub async fn approve_invitation(
        &self,
        caller: &Caller,
        invitation: &str,
        looked_at: &str,
    ) -> Result<SentInvitation, Problem> {
        let id = invitation_id(invitation)?;
        let link = self.new_invitation_link(caller)?;
        let facts = self.facts_of_link(caller, id, &link).await?;
        let command = |state: &Organization| {
            let waits = |known: &Arc<Invitation>| {
                known.digest.is_none() || caller.live.snapshot().sponsored(known, self.now()) == Sponsored::OnApproval
            };
            let Some(known) = state.invitations.get(&id).filter(|known| waits(known)) else {
                return Err(needs_no_approval().into());
            };
            // INVARIANT: nobody agrees to what they did not see; held by
            // `whoever_approves_an_invitation_approves_what_they_looked_at`.
            if revision(known) != looked_at {
                return Err(changed_since().into());
            }
            self.can_be_accepted(known.asks_beside(state.settings.invite_address))?;
            let (digest, expires_at) = (hex(&link.digest), link.expires_at);
            Ok(Command::ApproveInvitation { invitation: id, digest, expires_at })
        };
        let operation = Operation::ApproveInvitation { invitation: id };
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.mail_was_posted();
        let invitation = self.invitation_view(caller, id).await?;
        Ok(SentInvitation { invitation, token: Some(link.token) })
    }

    /// A new link leads to an invitation, and is mailed where mail is sent here. Whoever may not know of it makes no mail.
    async fn facts_of_link(&self, caller: &Caller, id: InvitationId, link: &NewLink) -> Result<Vec<Fact>, Problem> {
        let org = caller.live.org();
        let mut facts = vec![Fact::InvitationDigest { digest: link.digest, org, invitation: id }];
        let view = Operation::ViewInvitation { invitation: id };
        if self.asked(&caller.live.snapshot(), &caller.actor, view).is_allowed()
            && let Some(row) = self.inner.journal.invitees(org, vec![id]).await?.pop()
        {
            facts.extend(self.mailed(caller, &row, link).await?);
        }
        Ok(facts)
    }

    /// Takes an invitation back: its link opens nothing from the moment of the answer on.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of it, [`Problem::Denied`] where it offers authority above
    /// theirs.
    pub async fn revoke_invitation(&self, caller: &Caller, invitation: &str) -> Result<(), Problem> {
        let id = invitation_id(invitation)?;
        let command = |_: &_| Ok(Command::CloseInvitation { invitation: id, how: Closing::Revoke });
        let operation = Operation::RevokeInvitation { invitation: id };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// An open invitation, where the caller may see it.
    async fn seen_invitation(&self, caller: &Caller, invitation: &str) -> Result<Invitation, Problem> {
        let id = invitation_id(invitation)?;
        let operation = Operation::ViewInvitation { invitation: id };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        let state = caller.live.state.lock().await;
        let known = state.invitations.get(&id).ok_or_else(|| Problem::missing("invitation"))?;
        Ok(Invitation::clone(known))
    }

    pub(super) async fn invitation_view(&self, caller: &Caller, id: InvitationId) -> Result<InvitationView, Problem> {
        let known = caller.live.state.lock().await.invitations.get(&id).cloned();
        let known = known.ok_or_else(|| Problem::missing("invitation"))?;
        let views = self.invitation_views(caller, vec![known]).await?;
        views.into_iter().next().ok_or_else(|| Problem::missing("invitation"))
    }
}
