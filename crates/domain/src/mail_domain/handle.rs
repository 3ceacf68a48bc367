//! What may happen to a mail domain, and to a request to join by one.

use crate::event::Event;
use crate::id::{MailDomainId, PersonId};
use crate::invitation::{Offer, gives};
use crate::mail_domain::{JoinMode, JoinRequest, MailDomain, MailDomainName, Opening};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::RoleId;
use crate::time::Timestamp;

/// How long a request to join waits, in milliseconds: 30 days.
pub const ASKED_LASTS_MS: i64 = 30 * 86_400_000;
/// Mail domains that one organization claims.
const CLAIMED_MAX: usize = 50;
/// Requests to join that an organization keeps, declined ones included.
const REQUESTS_MAX: usize = 500;

/// The organization says that a domain is its own. Nobody else is kept from saying so by that.
pub(crate) fn claim(
    state: &Organization,
    domain: MailDomainId,
    name: MailDomainName,
    token: String,
) -> Result<Vec<Event>, Refusal> {
    if state.mail_domains.contains_key(&domain) || state.mail_domain_named(name.as_str()).is_some() {
        let message = "this organization has claimed this mail domain already; its record stands in the list";
        return Err(Refusal::field("exists", "name", message));
    }
    if state.mail_domains.len() >= CLAIMED_MAX {
        let message =
            format!("an organization claims at most {CLAIMED_MAX} mail domains; remove one that is not needed");
        return Err(Refusal::rule("too-many-domains", message));
    }
    Ok(vec![Event::MailDomainClaimed { domain, name, token }])
}

/// It was shown that the organization has the domain in its hands.
pub(crate) fn verify(state: &Organization, domain: MailDomainId) -> Result<Vec<Event>, Refusal> {
    let known = mail_domain(state, domain)?;
    if known.verified_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::MailDomainVerified { domain }])
}

/// It was shown that it has not any more.
pub(crate) fn lapse(state: &Organization, domain: MailDomainId) -> Result<Vec<Event>, Refusal> {
    let known = mail_domain(state, domain)?;
    if known.verified_at.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::MailDomainLapsed { domain }])
}

/// A verified domain is open to people in another way, or is not.
pub(crate) fn open(
    state: &Organization,
    domain: MailDomainId,
    opening: Option<Opening>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = mail_domain(state, domain)?;
    if known.opening == opening {
        return Ok(Vec::new());
    }
    if let Some(opening) = &opening {
        if known.verified_at.is_none() {
            let message = "this mail domain is not verified; publish its record and verify it first";
            return Err(Refusal::rule("domain-not-verified", message));
        }
        fits(state, opening, now)?;
    }
    Ok(vec![Event::MailDomainChanged { domain, opening: opening.map(Box::new) }])
}

/// The organization says no longer that the domain is its own.
pub(crate) fn remove(state: &Organization, domain: MailDomainId) -> Result<Vec<Event>, Refusal> {
    mail_domain(state, domain)?;
    Ok(vec![Event::MailDomainRemoved { domain }])
}

/// Somebody with an address at a domain asks to join.
pub(crate) fn ask(
    state: &Organization,
    (domain, person): (MailDomainId, PersonId),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = mail_domain(state, domain)?;
    if !known.open().is_some_and(|opening| opening.mode.may_ask()) {
        return Err(no_longer_open());
    }
    if let Some(member) = state.member(person) {
        let message = match member.is_active() {
            true => "you are a member already",
            false => "you are a member already and suspended; somebody who may restore you has to do so",
        };
        return Err(Refusal::rule("already-member", message));
    }
    match state.join_requests.get(&person).filter(|request| now < request.until) {
        Some(JoinRequest { declined: true, .. }) => {
            let message = "this was declined; ask somebody of the organization to invite you";
            return Err(Refusal::rule("join-declined", message));
        }
        Some(_) => return Ok(Vec::new()),
        None => {}
    }
    if state.join_requests.values().filter(|request| now < request.until).count() >= REQUESTS_MAX {
        let message = "too many people wait for an answer already; ask somebody of the organization to invite you";
        return Err(Refusal::rule("too-many-requests", message));
    }
    let until = Timestamp(now.0.saturating_add(ASKED_LASTS_MS));
    Ok(vec![Event::JoinRequested { domain, person, until }])
}

/// Somebody who may add people says no.
pub(crate) fn decline(state: &Organization, person: PersonId, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let request = state.open_join_request(person, now).ok_or_else(no_request)?;
    Ok(vec![Event::JoinDeclined { domain: request.domain, person }])
}

/// Somebody who may add people says yes: they join with what the domain gives.
pub(crate) fn approve(state: &Organization, person: PersonId, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let domain = state.open_join_request(person, now).ok_or_else(no_request)?.domain;
    let opening = mail_domain(state, domain)?.open().ok_or_else(no_longer_open)?;
    let given = joins(state, &opening.offer, person, now)?;
    Ok(std::iter::once(Event::JoinApproved { domain, person }).chain(given).collect())
}

/// Somebody who has signed in with a provider that vouches for them joins. Whoever was here before does not come back by
/// themselves.
pub(crate) fn join(
    state: &Organization,
    (domain, person): (MailDomainId, PersonId),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let opening = mail_domain(state, domain)?.open().filter(|opening| opening.mode == JoinMode::Automatic);
    let opening = opening.ok_or_else(no_longer_open)?;
    if state.members.contains_key(&person) {
        return Err(Refusal::rule("was-here", "whoever was a member before comes back by somebody's word alone"));
    }
    if state.join_requests.get(&person).is_some_and(|request| request.declined && now < request.until) {
        return Err(Refusal::rule("join-declined", "whom somebody declined does not join by themselves"));
    }
    manages_nothing(state, &opening.offer)?;
    let given = joins(state, &opening.offer, person, now)?;
    Ok(std::iter::once(Event::JoinedByDomain { domain, person }).chain(given).collect())
}

fn joins(state: &Organization, offer: &Offer, person: PersonId, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    if state.member(person).is_some() {
        let message = "this person is a member already; where they are suspended, restore them instead";
        return Err(Refusal::rule("already-member", message));
    }
    gives(state, offer, (person, true), now)
}

/// A domain that is not open any more, and one that never was, are told apart by nobody who asks to join.
#[must_use]
pub fn no_longer_open() -> Refusal {
    Refusal::missing("offer", "there is no such offer; sign in again to see what there is")
}

fn fits(state: &Organization, opening: &Opening, now: Timestamp) -> Result<(), Refusal> {
    let offer = &opening.offer;
    if offer.members_only || !offer.grants.is_empty() {
        let message = "who joins by a mail domain gets a role and places in teams, and nothing else";
        return Err(Refusal::field("too-much-offered", "mode", message));
    }
    offer.fits(state, now)?;
    if opening.mode == JoinMode::Automatic { manages_nothing(state, offer) } else { Ok(()) }
}

// INVARIANT: nobody comes to manage anything by signing in alone; held by `nobody_comes_to_manage_by_signing_in`.
fn manages_nothing(state: &Organization, offer: &Offer) -> Result<(), Refusal> {
    let settings = &state.settings;
    let newcomers = settings.join_default_team.and(settings.join_default_team_role);
    let mut in_teams = offer.teams.keys().filter_map(|team| offer.role_in_team(state, *team)).chain(newcomers);
    let manages =
        |role: &RoleId| state.roles.get(role).is_some_and(|role| role.top || !role.set().management().is_empty());
    let message = |role: RoleId| {
        format!(
            "the role {role} gives power over others, which nobody gets by signing in alone; choose another role, or the \
             mode request"
        )
    };
    let role = offer.role_in(state);
    if manages(&role) {
        return Err(Refusal::field("role-manages", "role", message(role)));
    }
    match in_teams.find(manages) {
        Some(role) => Err(Refusal::field("role-manages", "teams", message(role))),
        None => Ok(()),
    }
}

fn mail_domain(state: &Organization, domain: MailDomainId) -> Result<&MailDomain, Refusal> {
    let known = state.mail_domains.get(&domain).map(AsRef::as_ref);
    known.ok_or_else(|| Refusal::missing("mail domain", "there is no such mail domain"))
}

fn no_request() -> Refusal {
    Refusal::missing("join request", "there is no such request, or it was decided or has ended")
}
