//! What may happen to an access request.

use crate::event::Event;
use crate::grant::Grantee;
use crate::id::RequestId;
use crate::key::{self, KeyKind};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::request::NewRequest;
use crate::time::Timestamp;

/// Requests that one may have open; an agent, for each person for whom it acts.
const OPEN_MAX: usize = 20;
/// For how long access may be wished for, in milliseconds: from a minute to a year and a day.
const WISHED_MS: std::ops::RangeInclusive<i64> = 60_000..=366 * 86_400_000;

/// Somebody asks. Where they have asked for the same already, that request stands.
pub(crate) fn open(state: &Organization, new: NewRequest) -> Result<Vec<Event>, Refusal> {
    is_here(state, &new)?;
    let theirs = state.requests_of(new.requester).filter(|request| request.is_open());
    let mut theirs = theirs.filter(|request| request.is_by(new.requester, new.acting_for));
    if theirs.clone().any(|request| request.asked.wanted == new.wanted) {
        return Ok(Vec::new());
    }
    if state.request(new.id).is_some() {
        return Err(Refusal::rule("exists", "a request with this id exists already"));
    }
    if theirs.nth(OPEN_MAX - 1).is_some() {
        let message =
            format!("{OPEN_MAX} requests wait for an answer already; withdraw one that is not needed any more");
        return Err(Refusal::rule("too-many-requests", message));
    }
    if new.wished_ms.is_some_and(|wished| !WISHED_MS.contains(&wished)) {
        return Err(Refusal::field("bad-length", "lasts_s", "ask for a minute at least and for 366 days at most"));
    }
    if !new.wanted.is_there(state) {
        return Err(Refusal::missing("resource", "there is no such thing here"));
    }
    Ok(vec![Event::RequestOpened(Box::new(new))])
}

/// Whoever asked takes it back.
pub(crate) fn withdraw(state: &Organization, request: RequestId) -> Result<Vec<Event>, Refusal> {
    waits(state, request)?;
    Ok(vec![Event::RequestWithdrawn { request }])
}

/// What was asked for was given: by these changes, until this moment or for good.
pub(crate) fn grant(
    state: &Organization,
    request: RequestId,
    until: Option<Timestamp>,
    changes: Vec<u64>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    waits(state, request)?;
    key::ends_later("until", until, now)?;
    let known = |pair: &[u64]| matches!(pair, [one, next] if one < next);
    let last = changes.last().copied().unwrap_or_default();
    if last == 0 || last > state.seq || !changes.windows(2).all(known) {
        return Err(Refusal::field("no-changes", "changes", "a request is granted by changes that have been made"));
    }
    Ok(vec![Event::RequestGranted { request, until, changes }])
}

/// What was asked for is not given.
pub(crate) fn refuse(state: &Organization, request: RequestId) -> Result<Vec<Event>, Refusal> {
    waits(state, request)?;
    Ok(vec![Event::RequestRefused { request }])
}

/// Nobody asks for what they may do already.
#[must_use]
pub fn already_allowed() -> Refusal {
    Refusal::rule("already-allowed", "this is allowed already; there is nothing to ask for")
}

/// Nobody is asked for what no small change would allow.
#[must_use]
pub fn nothing_would_help() -> Refusal {
    let message =
        "no small change would allow this, so nobody could grant it; speak with whoever runs the organization";
    Refusal::rule("nothing-would-help", message)
}

/// A change that has no end is not made for a time.
#[must_use]
pub fn cannot_end() -> Refusal {
    let message = "this change cannot end by itself; grant it for good (for_good, or --for-good on the terminal), choose \
        another change, or make it by hand";
    Refusal::field("cannot-end", "until", message)
}

/// Where several changes would do, one of them is chosen.
#[must_use]
pub fn one_of_several() -> Refusal {
    Refusal::field("choose-a-remedy", "remedy", "several changes would allow it; name the id of one of its remedies")
}

fn is_here(state: &Organization, new: &NewRequest) -> Result<(), Refusal> {
    let here = match new.requester {
        Grantee::Member(person) => state.member(person).is_some() && new.acting_for.is_none(),
        Grantee::Key(key) => {
            let kind = state.live_key(key).map(|key| &key.kind);
            matches!(kind, Some(KeyKind::Workspace { .. })) && new.acting_for.is_none()
        }
        Grantee::Agent(agent) => state
            .agents
            .get(&agent)
            .is_some_and(|agent| new.acting_for.is_none_or(|person| agent.delegations.contains_key(&person))),
        Grantee::Team(_) | Grantee::Role(_) => false,
    };
    if here { Ok(()) } else { Err(Refusal::missing("member", "whoever asks is not here")) }
}

fn waits(state: &Organization, request: RequestId) -> Result<(), Refusal> {
    let known = state.request(request);
    let known = known.ok_or_else(|| Refusal::missing("request", "there is no such request"))?;
    if known.is_open() {
        return Ok(());
    }
    let message = format!("this request was {} already; ask anew where it is still needed", known.state.as_str());
    Err(Refusal::rule("request-closed", message))
}
