//! What may happen to an invitation.

use crate::event::Event;
use crate::grant::{self, Grantee};
use crate::id::{InvitationId, PersonId};
use crate::invitation::{Closing, Invitation, InvitationState, Inviter, NewInvitation, Offer};
use crate::member;
use crate::organization::{Organization, Stamp};
use crate::refusal::Refusal;
use crate::team;
use crate::time::Timestamp;

/// Days for which an invitation is good at most.
pub const LASTS_DAYS_MAX: u32 = 30;
/// Invitations that an organization may have open.
const OPEN_MAX: usize = 2_000;
const DAY_MS: i64 = 86_400_000;

/// Somebody is invited.
pub(crate) fn send(state: &Organization, new: NewInvitation, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    if state.invitations.contains_key(&new.id) {
        return Err(Refusal::rule("exists", "an invitation with this id exists already"));
    }
    let open = state.invitations.values().filter(|known| known.is_open() && now < known.expires_at);
    if open.count() >= OPEN_MAX {
        let message = format!("{OPEN_MAX} invitations are open already; revoke those that are not needed any more");
        return Err(Refusal::rule("too-many-invitations", message));
    }
    lasts(new.expires_at, now)?;
    new.offer.fits(state, now)?;
    let asks = Some(state.settings.invite_address);
    Ok(vec![Event::InvitationSent(Box::new(NewInvitation { asks, ..new }))])
}

/// It offers something else, in the name of whoever changed it. Where that waits for approval, its link is void.
pub(crate) fn edit(
    state: &Organization,
    invitation: InvitationId,
    (inviter, awaits): (Inviter, bool),
    offer: Offer,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = open(state, invitation)?;
    if (known.inviter, &known.offer) == (inviter, &offer) {
        return Ok(Vec::new());
    }
    offer.fits(state, now)?;
    let asks = Some(state.settings.invite_address);
    Ok(vec![Event::InvitationEdited { invitation, inviter, offer: Box::new(offer), awaits, asks }])
}

/// It has another link and another end, and the link before opens nothing any more. It is theirs who send it again.
pub(crate) fn resend(
    state: &Organization,
    invitation: InvitationId,
    (inviter, awaits): (Inviter, bool),
    (digest, expires_at): (String, Timestamp),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = open(state, invitation)?;
    if awaits && !(known.approved && known.inviter == inviter) {
        return Err(awaits_approval());
    }
    lasts(expires_at, now)?;
    known.offer.fits(state, now)?;
    let asks = Some(state.settings.invite_address);
    Ok(vec![Event::InvitationResent { invitation, inviter, digest, expires_at, asks }])
}

/// Somebody who may add people agrees to what was offered, and it has a link from now on.
pub(crate) fn approve(
    state: &Organization,
    invitation: InvitationId,
    (digest, expires_at): (String, Timestamp),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = open(state, invitation)?;
    if known.approved && known.digest.is_some() {
        return Err(needs_no_approval());
    }
    lasts(expires_at, now)?;
    known.offer.fits(state, now)?;
    let asks = Some(state.settings.invite_address);
    Ok(vec![Event::InvitationApproved { invitation, digest, expires_at, asks }])
}

/// It is taken back or declined.
pub(crate) fn close(state: &Organization, invitation: InvitationId, how: Closing) -> Result<Vec<Event>, Refusal> {
    open(state, invitation)?;
    Ok(vec![match how {
        Closing::Revoke => Event::InvitationRevoked { invitation },
        Closing::Decline => Event::InvitationDeclined { invitation },
    }])
}

/// Somebody accepts: they join with what is offered, or are put into the teams where they are a member already.
pub(crate) fn accept(
    state: &Organization,
    invitation: InvitationId,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = open(state, invitation)?;
    if !known.holds_at(now) {
        return Err(Refusal::rule("invitation-ended", "this invitation has ended; ask for a new one"));
    }
    let offer = &known.offer;
    let joins = match state.member(person) {
        Some(member) if !member.is_active() => return Err(suspended()),
        member => member.is_none(),
    };
    if joins && offer.members_only {
        let message = "this invitation is for members of the organization; sign in as one to accept it";
        return Err(Refusal::rule("members-only", message));
    }
    if !joins && offer.teams.is_empty() {
        return Err(Refusal::rule("already-member", "this person is a member already"));
    }
    let given = gives(state, offer, (person, joins), now)?;
    let accepted = Event::InvitationAccepted { invitation, person, inviter: Some(known.inviter) };
    Ok(std::iter::once(accepted).chain(given).collect())
}

/// What somebody gets by an offer, who joins or is here already.
pub(crate) fn gives(
    state: &Organization,
    offer: &Offer,
    (person, joins): (PersonId, bool),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let mut trial = Trial { then: state.clone(), events: Vec::new(), now };
    if joins {
        offer.role_fits(state)?;
        trial.add(|then| member::add(then, person, offer.role_in(then)))?;
    }
    for (team, role) in &offer.teams {
        // Whoever is in a team already stays in it as what they are; what is offered wins over what newcomers get.
        if !state.team(*team)?.members.contains_key(&person) {
            trial.add(|then| team::set_member(then, *team, person, *role))?;
        }
    }
    // What was to have ended by now is not given; the rest is.
    let lasting = offer.grants.iter().filter(|(_, given)| joins && given.expires_at.is_none_or(|end| now < end));
    for (integration, given) in lasting {
        let what = (given.profile, given.tools_off.clone());
        let grant = (Grantee::Member(person), *integration);
        trial.add(|then| grant::set(then, grant, what, given.expires_at, now))?;
    }
    Ok(trial.events)
}

/// Several steps of which each is about the state that the ones before it lead to.
struct Trial {
    then: Organization,
    events: Vec<Event>,
    now: Timestamp,
}

impl Trial {
    fn add(&mut self, step: impl FnOnce(&Organization) -> Result<Vec<Event>, Refusal>) -> Result<(), Refusal> {
        for event in step(&self.then)? {
            let stamp = Stamp { seq: self.then.seq + 1, at: self.now, actor: String::new() };
            self.then.apply(&stamp, &event);
            self.events.push(event);
        }
        Ok(())
    }
}

/// Nobody is invited whose acceptance could not be believed.
#[must_use]
pub fn nobody_could_accept() -> Refusal {
    let message = "nobody could accept this: whoever accepts has to show that the address is theirs, and there is no way to \
        do so here; let the one who runs Wardroom set one up (sign-in with a provider, or e-mail), or set invite.address \
        to any, so that whoever has the link may accept";
    Refusal::rule("nobody-could-accept", message)
}

/// Nobody accepts for somebody else, where whose the address is has to be shown.
#[must_use]
pub fn address_not_shown() -> Refusal {
    let message = "sign in in a way that shows that the invited address is yours, then open this link again";
    Refusal::rule("address-not-shown", message)
}

/// Nobody joins by a link alone under an address that is somebody's.
#[must_use]
pub fn address_taken() -> Refusal {
    let message = "somebody of this address is here already: sign in with it, then open this link again";
    Refusal::rule("already-member", message)
}

/// What waits for nobody is approved by nobody.
#[must_use]
pub fn needs_no_approval() -> Refusal {
    Refusal::rule("needs-no-approval", "this invitation waits for nobody's word; there is nothing to approve")
}

/// What somebody agrees to is what they looked at.
#[must_use]
pub fn changed_since() -> Refusal {
    let message =
        "this invitation was changed since you looked at it; look at it again, and approve what it offers now";
    Refusal::rule("changed-since", message)
}

/// Nobody is invited twice at once.
#[must_use]
pub fn already_invited() -> Refusal {
    let message = "an invitation to this address is open; edit it, send it again, or revoke it first";
    Refusal::field("already-invited", "email", message)
}

/// No invitation ends a suspension.
fn suspended() -> Refusal {
    let message = "this person is a member already and suspended; somebody who may restore them has to do so first";
    Refusal::rule("member-suspended", message)
}

fn awaits_approval() -> Refusal {
    let message = "this invitation waits for somebody who may add people to agree; it has a link from then on";
    Refusal::rule("awaits-approval", message)
}

fn lasts(expires_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if expires_at <= now || expires_at.0.saturating_sub(now.0) > i64::from(LASTS_DAYS_MAX) * DAY_MS {
        let message = format!("an invitation is good for 1 to {LASTS_DAYS_MAX} days");
        return Err(Refusal::field("bad-length", "expires_at", message));
    }
    Ok(())
}

fn open(state: &Organization, invitation: InvitationId) -> Result<&Invitation, Refusal> {
    let known = state.invitations.get(&invitation);
    let known = known.ok_or_else(|| Refusal::missing("invitation", "there is no such invitation"))?;
    let was = match known.state {
        InvitationState::Open => return Ok(known),
        InvitationState::Accepted { .. } => "accepted",
        InvitationState::Declined { .. } => "declined",
        InvitationState::Revoked { .. } => "revoked",
    };
    let message = format!("this invitation was {was} already; send another one where it is needed");
    Err(Refusal::rule("invitation-closed", message))
}
