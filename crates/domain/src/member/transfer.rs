//! Handing over the top role in two steps: whoever holds it offers it, and the heir takes it.
//!
//! An offer gives nothing. It is open for a week, as long as both are who they were when it was made: with the first
//! change of either one's role, their suspension or removal it is gone. One is open at a time.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::PersonId;
use crate::key;
use crate::member::answers;
use crate::member::handle::{no_such_member, role_for_members};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::RoleId;
use crate::time::Timestamp;

/// How long an offer is open, in milliseconds: a week.
const OPEN_MS: i64 = 7 * 86_400_000;

/// The top role, offered to a member by whoever holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnershipOffer {
    /// Who offers it.
    pub from: PersonId,
    /// Who may take it.
    pub to: PersonId,
    /// The role that whoever offers it has then.
    pub own_role: RoleId,
    /// When it ends by itself. At this moment it is no longer open.
    pub expires_at: Timestamp,
    /// The role that the heir had when it was made.
    pub heir_role: RoleId,
}

impl OwnershipOffer {
    /// Whether it has not ended by itself.
    #[must_use]
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// The holder of the top role offers it to another member, and says which role they take instead.
pub(crate) fn offer(
    state: &Organization,
    (from, own_role): (PersonId, RoleId),
    to: PersonId,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    // What could not be taken at this moment is not offered.
    let handed = handed_over(state, (from, own_role), to)?;
    key::somebody_at_the_top_keeps_one(state, &handed, now)?;
    match open(state, now) {
        None => {}
        Some(known) if (known.from, known.to, known.own_role) == (from, to, own_role) => return Ok(Vec::new()),
        Some(_) => {
            let message = "the organization is offered to somebody already; end that offer first";
            return Err(Refusal::rule("offer-open", message));
        }
    }
    Ok(vec![Event::OwnershipOffered { from, to, own_role, expires_at: now.plus_ms(OPEN_MS) }])
}

/// The heir takes what is offered to them; somebody holds the top role at every moment.
pub(crate) fn accept(state: &Organization, heir: PersonId, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let known = open(state, now).filter(|known| known.to == heir).ok_or_else(no_such_offer)?;
    let handed = handed_over(state, (known.from, known.own_role), heir)?;
    let accepted = Event::OwnershipAccepted { from: known.from, to: heir };
    Ok(std::iter::once(accepted).chain(handed).collect())
}

/// The heir declines what is offered to them, or somebody at the top takes the offer back.
pub(crate) fn end_offer(state: &Organization, by: PersonId, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let OwnershipOffer { from, to, .. } = *open(state, now).ok_or_else(no_such_offer)?;
    Ok(vec![if by == to { Event::OwnershipDeclined { from, to } } else { Event::OwnershipWithdrawn { from, to } }])
}

fn no_such_offer() -> Refusal {
    Refusal::missing("offer", "there is no open offer of this organization (any more)")
}

fn open(state: &Organization, now: Timestamp) -> Option<&OwnershipOffer> {
    state.offer.as_ref().filter(|offer| offer.is_open_at(now))
}

/// The two changes of role, and the keys of the heir that end by them.
fn handed_over(
    state: &Organization,
    (from, own_role): (PersonId, RoleId),
    to: PersonId,
) -> Result<Vec<Event>, Refusal> {
    answers(state, "to", to)?;
    let (giver, heir) = (state.active_member(from), state.active_member(to));
    let (Some(giver), Some(heir)) = (giver, heir) else { return Err(no_such_member()) };
    let top = |role: &RoleId| state.roles.get(role).is_some_and(|role| role.top);
    if !top(&giver.role) {
        return Err(Refusal::rule("not-the-owner", "only somebody with the top role can hand it over"));
    }
    if from == to || top(&heir.role) {
        return Err(Refusal::field("owner-already", "to", "this person holds the top role already; name another"));
    }
    if role_for_members(state, &own_role)?.top {
        let message = "hand over and keep nothing: choose the role that you take instead; to have two, give the role";
        return Err(Refusal::field("default-role-too-high", "own_role", message));
    }
    let top_role = giver.role;
    let ended = state.roles.get(&top_role).map(|role| key::that_would_carry_too_much(state, (to, None), role));
    let handed = [
        Event::MemberRoleChanged { person: to, from: heir.role, to: top_role },
        Event::MemberRoleChanged { person: from, from: top_role, to: own_role },
    ];
    let ended = ended.into_iter().flatten().map(|key| Event::KeyRevoked { key });
    Ok(handed.into_iter().chain(ended).collect())
}

impl Organization {
    /// An offer is about two people as they were: when either has another role, is suspended or removed, it is gone.
    pub(crate) fn end_offer_of_others(&mut self) {
        let still = |offer: &OwnershipOffer| {
            let has = |person| self.active_member(person).map(|member| member.role);
            let top = has(offer.from).and_then(|role| self.roles.get(&role)).is_some_and(|role| role.top);
            top && has(offer.to) == Some(offer.heir_role)
        };
        if self.offer.as_ref().is_some_and(|offer| !still(offer)) {
            self.offer = None;
        }
    }
}
