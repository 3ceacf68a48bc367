//! Invite somebody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::Profile;
use domain::id::{IntegrationId, InvitationId, PersonId, TeamId};
use domain::invitation::{Invitation, NewInvitation, Offer, OfferedGrant, already_invited, nobody_could_accept};
use domain::organization::{InvitedAddress, Organization, Stamp};
use domain::refusal::Refusal;
use domain::role::RoleId;
use domain::time::Timestamp;
use identity::digest::hexadecimal as hex;
use identity::token::{IssuedToken, Purpose, TokenForm};
use journal::{Fact, InviteeRow};
use verdict::Operation;

use super::{SentInvitation, inviter_of};
use crate::change::Along;
use crate::directory::{email, person_name};
use crate::impact::Impact;
use crate::requests::checked;
use crate::{App, Caller, Problem};

const DAY_MS: i64 = 86_400_000;
/// Invitations that somebody may have open who could not add people by hand.
const OPEN_OF_ONE_MAX: usize = 100;

/// Who is to be invited, and to what.
#[derive(Clone, Debug, Default)]
pub struct InvitationToSend {
    /// Their address.
    pub email: String,
    /// Their name, where it is known.
    pub name: Option<String>,
    /// What to say to them.
    pub note: Option<String>,
    /// Their role; that of newcomers where none is given.
    pub role: Option<String>,
    /// Whether they are a member already, and are invited to teams alone.
    pub members_only: bool,
    /// The teams that they join.
    pub teams: Vec<OfferedTeam>,
    /// The integrations that they are given.
    pub integrations: Vec<OfferedIntegration>,
}

/// A place in a team.
#[derive(Clone, Debug)]
pub struct OfferedTeam {
    /// The team, by id or title.
    pub team: String,
    /// The role there; that of newcomers to teams where none is given.
    pub role: Option<String>,
}

/// An integration, and in which measure.
#[derive(Clone, Debug)]
pub struct OfferedIntegration {
    /// Which, by slug or id.
    pub integration: String,
    /// The tool profile; the organization's default where none is given.
    pub profile: Option<Profile>,
    /// Single tools switched off.
    pub tools_off: BTreeSet<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A link that is to be given out, and until when it is good.
pub(super) struct NewLink {
    pub(super) token: IssuedToken,
    pub(super) digest: [u8; 32],
    pub(super) expires_at: Timestamp,
}

impl App {
    /// Invites somebody. The link is told this once; there is none where somebody has to agree first.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not offer so much, [`Problem::Refused`] where nobody could accept it, or
    /// an invitation to the address is open already.
    pub async fn send_invitation(&self, caller: &Caller, new: InvitationToSend) -> Result<SentInvitation, Problem> {
        let (address, org) = (email(&new.email)?, caller.live.org());
        let name = new.name.as_deref().map(person_name).transpose()?;
        let note = checked("note", new.note.as_deref())?;
        let role = role_named("role", new.role.as_deref())?;
        let teams = self.teams_offered(caller, &new.teams).await?;
        let grants = self.grants_offered(caller, &new.integrations).await?;
        let offer = Offer { role, members_only: new.members_only, teams, grants };
        let invitation = InvitationId::from_random(self.random()?);
        // Whoever may not invite so much is told that first, and nothing about who is here.
        let operation = Operation::SendInvitation { invitation, offer: &offer };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        // INVARIANT: of requests that come at once one invites an address; held by
        // `a_table_that_is_sent_again_while_it_is_still_read_invites_nobody_twice`.
        let _inviting = caller.live.inviting.lock().await;
        self.is_invited_once(caller, &address, &offer).await?;

        let link = self.new_invitation_link(caller)?;
        let row = InviteeRow { org, invitation, email: address, name, note, mail: None };
        if caller.mode.preview {
            let (inviter, digest, expires_at) = (inviter_of(caller), Some(hex(&link.digest)), link.expires_at);
            let new = NewInvitation { id: invitation, inviter, offer, digest, expires_at, asks: None };
            return Err(Problem::Previewed(Box::new(self.impact_of_accepting(caller, new, &row).await?)));
        }
        let waits = caller.live.snapshot().awaits_approval(&caller.actor, &offer, self.now());
        let mail = if waits { None } else { self.mailed(caller, &row, &link).await? };
        let is_mailed = mail.is_some();
        let facts = vec![Fact::Invitee(Box::new(row)), Fact::InvitationDigest { digest: link.digest, org, invitation }];
        let facts = facts.into_iter().chain(mail).collect();
        let command = |state: &Organization| {
            self.can_be_accepted(state.settings.invite_address)?;
            self.has_room_for_another(caller, state)?;
            let awaits = caller.live.snapshot().awaits_approval(&caller.actor, &offer, self.now());
            // No mail goes out before somebody's word where one is needed now.
            if awaits && is_mailed {
                let message = "others are changing this organization; try again".to_owned();
                return Err(Problem::Unavailable { message });
            }
            Ok(Command::SendInvitation(Box::new(NewInvitation {
                id: invitation,
                inviter: inviter_of(caller),
                offer: offer.clone(),
                digest: (!awaits).then(|| hex(&link.digest)),
                expires_at: link.expires_at,
                asks: None,
            })))
        };
        let events = self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.mail_was_posted();
        let has_link = events.iter().any(|event| matches!(event, Event::InvitationSent(new) if new.digest.is_some()));
        let invitation = self.invitation_view(caller, invitation).await?;
        Ok(SentInvitation { invitation, token: Some(link.token).filter(|_| has_link) })
    }

    /// What would come of it once it is accepted by somebody who is new here; by a member, where it is for members.
    async fn impact_of_accepting(
        &self,
        caller: &Caller,
        new: NewInvitation,
        row: &InviteeRow,
    ) -> Result<Impact, Problem> {
        let alone = self.preview_in_turn(caller)?;
        let state = caller.live.state.lock().await.clone();
        self.can_be_accepted(state.settings.invite_address)?;
        let (id, now, is_for_members) = (new.id, self.now(), new.offer.members_only);
        let mut events = command::handle(&state, Command::SendInvitation(Box::new(new)), now)?;
        let mut then = state.clone();
        for event in &events {
            then.apply(&Stamp { seq: then.seq + 1, at: now, actor: caller.stamp() }, event);
        }
        let mut facts = Vec::new();
        if !is_for_members {
            let person = PersonId::from_random(self.random()?);
            events.extend(command::handle(&then, Command::AcceptInvitation { invitation: id, person }, now)?);
            let (org, email) = (row.org, row.email.clone());
            facts.push(Fact::Called { org, person, name: row.name.clone().unwrap_or(email.clone()), email });
        }
        self.impact_of((caller, &alone), &caller.live.snapshot(), state, (events, &facts)).await
    }

    /// A link that is good for as long as the organization has it.
    pub(super) fn new_invitation_link(&self, caller: &Caller) -> Result<NewLink, Problem> {
        let token = self.new_token(TokenForm::Invitation)?;
        let digest = self.inner.sign_in.digester().digest(Purpose::Invitation, &token.presented());
        let days = caller.live.snapshot().settings().invite_lasts_days;
        let expires_at = Timestamp(self.now().0.saturating_add(i64::from(days).saturating_mul(DAY_MS)));
        Ok(NewLink { token, digest, expires_at })
    }

    /// Whether whoever accepts could show what is asked of them.
    pub(super) fn can_be_accepted(&self, asked: InvitedAddress) -> Result<(), Problem> {
        let proven = asked == InvitedAddress::Proven;
        if proven && !self.shows_addresses() { Err(nobody_could_accept().into()) } else { Ok(()) }
    }

    pub(crate) async fn teams_offered(
        &self,
        caller: &Caller,
        teams: &[OfferedTeam],
    ) -> Result<BTreeMap<TeamId, Option<RoleId>>, Problem> {
        let mut offered = BTreeMap::new();
        for wanted in teams {
            let team = self.team_named(caller, &wanted.team).await.map_err(|problem| problem.named_in("teams"))?;
            offered.insert(team, role_named("teams.role", wanted.role.as_deref())?);
        }
        Ok(offered)
    }

    pub(super) async fn grants_offered(
        &self,
        caller: &Caller,
        integrations: &[OfferedIntegration],
    ) -> Result<BTreeMap<IntegrationId, OfferedGrant>, Problem> {
        let (mut offered, snapshot) = (BTreeMap::new(), caller.live.snapshot());
        let default = snapshot.settings().join_default_profile;
        for wanted in integrations {
            let missing = || Problem::missing("integrations");
            let id = self.integration_named(caller, &wanted.integration).map_err(|_| missing())?;
            // Whoever may not know of the integration learns nothing from trying to give it.
            let view = Operation::ViewIntegration { integration: id };
            if !self.asked(&snapshot, &caller.actor, view).is_allowed() {
                return Err(missing());
            }
            let profile = wanted.profile.unwrap_or(default);
            let (tools_off, expires_at) = (wanted.tools_off.clone(), wanted.expires_at);
            offered.insert(id, OfferedGrant { profile, tools_off, expires_at });
        }
        Ok(offered)
    }

    /// Refuses to invite who is here, or is invited, already; as far as the caller may know of it.
    async fn is_invited_once(&self, caller: &Caller, address: &str, offer: &Offer) -> Result<(), Problem> {
        let org = caller.live.org();
        let mut known = self.inner.journal.called_at(org, address).await?;
        known.extend(self.person(address).await?);
        let invited = self.inner.journal.invitations_to(org, address).await?;
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let state = caller.live.state.lock().await;
        let is_here = known.into_iter().any(|person| state.member(person).is_some());
        let may = |operation| self.asked(&snapshot, &caller.actor, operation).is_allowed();
        if is_here && offer.teams.is_empty() && may(Operation::ViewMembers) {
            let message = "this person is a member already; give them what they need by hand";
            return Err(Refusal::field("already-member", "email", message).into());
        }
        let open = |invitation: &InvitationId| {
            let known = state.invitations.get(invitation);
            known.is_some_and(|known| known.is_open() && now < known.expires_at)
                && may(Operation::ViewInvitation { invitation: *invitation })
        };
        if invited.iter().any(open) { Err(already_invited().into()) } else { Ok(()) }
    }

    /// Refuses one more invitation of somebody who could not add people by hand and has many open: nobody takes the places of
    /// all others.
    fn has_room_for_another(&self, caller: &Caller, state: &Organization) -> Result<(), Problem> {
        let snapshot = caller.live.snapshot();
        let by_hand = Operation::AddMember { role: &state.settings.join_default_role };
        if self.asked(&snapshot, &caller.actor, by_hand).is_allowed() {
            return Ok(());
        }
        let (inviter, now) = (inviter_of(caller), self.now());
        let theirs = |known: &&Arc<Invitation>| known.inviter == inviter && known.is_open() && now < known.expires_at;
        if state.invitations.values().filter(theirs).count() < OPEN_OF_ONE_MAX {
            return Ok(());
        }
        let message = format!(
            "{OPEN_OF_ONE_MAX} invitations of yours are open already; revoke those that are not needed any more, or ask \
             somebody who may add people to invite"
        );
        Err(Refusal::rule("too-many-invitations", message).into())
    }
}

pub(crate) fn role_named(field: &'static str, role: Option<&str>) -> Result<Option<RoleId>, Problem> {
    role.map(|role| RoleId::parse(role).map_err(|error| Problem::invalid(field, error.to_string()))).transpose()
}
