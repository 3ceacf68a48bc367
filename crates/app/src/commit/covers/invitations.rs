//! The same for invitations: to handle one is one thing, and to have what it offers another.

use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{InvitationId, PersonId};
use domain::invitation::{Inviter, Offer};
use domain::organization::{Invite, InvitedAddress};
use domain::permission::Permission;
use verdict::Target;

use super::Asked;

pub(super) fn covers(asked: &Asked<'_>, event: &Event) -> bool {
    match asked.target {
        Target::Invitation(invitation) => handles(asked, event, invitation),
        Target::Joining(invitation) => joins(asked, event, invitation),
        _ => false,
    }
}

/// Who accepts an invitation by these events.
pub(super) fn joiner(invitation: InvitationId, events: &[Event]) -> Option<PersonId> {
    events.iter().find_map(|event| match event {
        Event::InvitationAccepted { invitation: of, person, .. } if *of == invitation => Some(*person),
        _ => None,
    })
}

/// What happens to the invitation itself: in the actor's own name, and with no link where somebody has to agree first.
fn handles(asked: &Asked<'_>, event: &Event, of: InvitationId) -> bool {
    let actor = asked.permit.actor();
    let own = |inviter: &Inviter| {
        actor.is_some_and(|actor| (actor.subject.grantee(), actor.acting_for) == (inviter.subject, inviter.acting_for))
    };
    let settings = &asked.state.settings;
    let waits = match asked.permission {
        Permission::MemberInvite => settings.invite_organization == Invite::AnyMemberWithApproval,
        Permission::TeamInvite => settings.invite_team == Invite::AnyMemberWithApproval,
        _ => false,
    };
    // What whoever invited was told about who may accept is what is kept.
    let told = |asks: &Option<InvitedAddress>| *asks == Some(settings.invite_address);
    match event {
        Event::InvitationSent(new) => {
            new.id == of && own(&new.inviter) && !(waits && new.digest.is_some()) && told(&new.asks)
        }
        Event::InvitationEdited { invitation, inviter, awaits, asks, .. } => {
            *invitation == of && own(inviter) && (*awaits || !waits) && told(asks)
        }
        Event::InvitationResent { invitation, inviter, asks, .. } => {
            let known = asked.state.invitations.get(&of);
            let agreed = known.is_some_and(|known| known.approved && known.inviter == *inviter);
            *invitation == of && own(inviter) && (agreed || !waits) && told(asks)
        }
        Event::InvitationApproved { invitation, asks, .. } => *invitation == of && !waits && told(asks),
        Event::InvitationRevoked { invitation } => *invitation == of,
        _ => false,
    }
}

/// What whoever accepts gets: what was offered, and what every newcomer has.
fn joins(asked: &Asked<'_>, event: &Event, of: InvitationId) -> bool {
    let Some(joiner) = joiner(of, asked.events) else { return false };
    let Some(known) = asked.state.invitations.get(&of).filter(|known| known.is_open()) else { return false };
    match event {
        Event::InvitationAccepted { invitation, person, inviter } => {
            (*invitation, *person, *inviter) == (of, joiner, Some(known.inviter))
        }
        event => is_given(asked, event, &known.offer, joiner),
    }
}

/// What somebody gets by an offer, and what every newcomer has.
pub(super) fn is_given(asked: &Asked<'_>, event: &Event, offer: &Offer, joiner: PersonId) -> bool {
    let state = asked.state;
    let is_new =
        asked.events.iter().any(|other| matches!(other, Event::MemberAdded { person, .. } if *person == joiner));
    match event {
        Event::MemberAdded { person, role } => {
            *person == joiner && *role == offer.role_in(state) && !offer.members_only
        }
        Event::TeamMemberSet { team, person, role } => {
            let settings = &state.settings;
            let of_newcomers = (settings.join_default_team, settings.join_default_team_role);
            *person == joiner
                && (offer.role_in_team(state, *team) == Some(*role)
                    || is_new && of_newcomers == (Some(*team), Some(*role)))
        }
        Event::GrantSet { grantee, integration, profile, tools_off, expires_at } => {
            let as_offered = offer.grants.get(integration).is_some_and(|offered| {
                (offered.profile, &offered.tools_off, offered.expires_at) == (*profile, tools_off, *expires_at)
            });
            is_new && *grantee == Grantee::Member(joiner) && as_offered
        }
        _ => false,
    }
}
