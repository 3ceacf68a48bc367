//! Ends that a change sets or moves. What a change does is worked out for one moment; that something of it is for a time,
//! or ends at another time than before, is read from the states on both sides.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{AgentId, IntegrationId, KeyId, PersonId, ResourceId};
use domain::organization::{Organization, SettingChange};
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::Subject;

/// Something that ends by itself from then on, or did before.
#[derive(Clone, Debug)]
pub struct EndImpact {
    /// To whom it is given, or what itself ends, in words.
    pub whose: String,
    /// What it is, in words.
    pub what: String,
    /// When it ends from then on; none where it does not.
    pub until: Option<Timestamp>,
    /// When it ended before, none where it did not; left out where it was not there before, or where the caller may not
    /// know.
    pub before: Option<Option<Timestamp>>,
}

/// Something that can be given for a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Given {
    Role(PersonId, RoleId),
    Grant(Grantee, IntegrationId),
    Loan(Grantee, IntegrationId, Timestamp),
    Share(ResourceId, Grantee),
    Delegation(AgentId, PersonId),
    Agent(AgentId),
    Key(KeyId),
}

/// Something whose end a change sets or moves, or whose place something else takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct MovedEnd {
    pub(super) given: Given,
    pub(super) until: Option<Timestamp>,
    /// How it was before, where it was there.
    pub(super) before: Option<Option<Timestamp>>,
    /// Whether it is there no longer: it ends with the change.
    pub(super) is_over: bool,
    /// Whether something that would have ended is over with it, so that its own end is news however it was before.
    takes_a_place: bool,
}

impl MovedEnd {
    /// Whether that can be told without saying how it was before.
    pub(super) fn moves(&self) -> bool {
        match self.before {
            _ if self.takes_a_place => true,
            Some(before) => before != self.until,
            None => self.until.is_some(),
        }
    }
}

/// Everything that the events give and that is there after them, with its end before and after.
pub(super) fn between(
    [before, after]: [&Organization; 2],
    events: &[Event],
    now: Timestamp,
) -> impl Iterator<Item = MovedEnd> {
    let mut given: BTreeSet<Given> = events.iter().filter_map(given_by).collect();
    given.extend(roles_that_may_stay([before, after], events));
    let over = loans_that_end([before, after], events, now);
    let replaced: BTreeSet<Given> = over.iter().filter_map(|loan| loan.given.in_its_place()).collect();
    let stays = given.into_iter().filter_map(move |given| {
        let (until, takes_a_place) = (given.end(after, now)?, replaced.contains(&given));
        Some(MovedEnd { given, until, before: given.end(before, now), is_over: false, takes_a_place })
    });
    stays.chain(over)
}

/// What was lent, and ends because something else is given in its place or nothing any more.
fn loans_that_end([before, after]: [&Organization; 2], events: &[Event], now: Timestamp) -> Vec<MovedEnd> {
    let given: BTreeSet<(Grantee, IntegrationId)> = events
        .iter()
        .filter_map(|event| match event {
            Event::GrantSet { grantee, integration, .. } | Event::GrantRemoved { grantee, integration } => {
                Some((*grantee, *integration))
            }
            _ => None,
        })
        .collect();
    let mut over = Vec::new();
    for (grantee, integration) in given {
        let ends = before.loans(grantee, integration).iter().filter_map(|loan| loan.expires_at);
        let lent = ends.map(|end| Given::Loan(grantee, integration, end));
        for loan in lent.filter(|loan| loan.end(after, now).is_none()) {
            let Some(end) = loan.end(before, now) else { continue };
            let (until, before) = (Some(now), Some(end));
            over.push(MovedEnd { given: loan, until, before, is_over: true, takes_a_place: false });
        }
    }
    over
}

fn given_by(event: &Event) -> Option<Given> {
    Some(match event {
        Event::MemberRoleGiven { person, role, .. } => Given::Role(*person, *role),
        Event::GrantSet { grantee, integration, .. } => Given::Grant(*grantee, *integration),
        Event::GrantLent { grantee, integration, expires_at, .. } => Given::Loan(*grantee, *integration, *expires_at),
        Event::ResourceShared { resource, with, .. } => Given::Share(*resource, *with),
        Event::DelegationSet { agent, person, .. } => Given::Delegation(*agent, *person),
        Event::AgentCreated { agent, .. } | Event::AgentEdited { agent, .. } => Given::Agent(*agent),
        Event::KeyCreated { key, .. } => Given::Key(*key),
        _ => return None,
    })
}

/// The roles beside people's own that become their own, by a change of role or because the role is deleted that they had; and
/// all of them where they may begin to count.
fn roles_that_may_stay(states: [&Organization; 2], events: &[Event]) -> BTreeSet<Given> {
    let owned = |event: &Event| matches!(event, Event::MemberRoleChanged { .. } | Event::RoleDeleted { .. });
    let counts = |event: &Event| matches!(event, Event::SettingChanged(SettingChange::RolesExtraBindings(true)));
    let (owned, counts) = (events.iter().any(owned), events.iter().any(counts));
    let mut found = BTreeSet::new();
    for member in states.into_iter().filter(|_| owned || counts).flat_map(|state| state.members.values()) {
        let beside = member.extra_roles.keys().map(|role| Given::Role(member.person, *role));
        found.extend(beside.filter(|given| counts || given.is_own_role(states[1])));
    }
    found
}

impl Given {
    /// Whether it is a role that somebody has as their own.
    pub(super) fn is_own_role(self, state: &Organization) -> bool {
        matches!(self, Given::Role(person, role) if state.member(person).is_some_and(|own| own.role == role))
    }

    /// Whether it may be told of to somebody who does not see the members: a role of theirs, or of whom they name. Other roles
    /// beside people's own come along with settings and with roles that are deleted.
    pub(super) fn may_be_told_of(self, to: Subject, events: &[Event]) -> bool {
        let Given::Role(holder, _) = self else { return true };
        let names = |event: &Event| match event {
            Event::MemberRoleGiven { person, .. } | Event::MemberRoleChanged { person, .. } => *person == holder,
            _ => false,
        };
        to == Subject::Member(holder) || events.iter().any(names)
    }

    /// When it ends; none where it is not there, has ended or does not count.
    fn end(self, state: &Organization, now: Timestamp) -> Option<Option<Timestamp>> {
        let end = match self {
            Given::Role(..) if self.is_own_role(state) => None,
            Given::Role(..) if !state.settings.roles_extra_bindings => return None,
            Given::Role(person, role) => state.member(person)?.extra_roles.get(&role)?.expires_at,
            Given::Grant(grantee, integration) => state.grant(grantee, integration)?.expires_at,
            Given::Loan(grantee, integration, end) => {
                let loans = state.loans(grantee, integration);
                loans.iter().find(|loan| loan.expires_at == Some(end))?.expires_at
            }
            Given::Share(resource, with) => state.resources.get(&resource)?.shares.get(&with)?.expires_at,
            Given::Delegation(agent, person) => state.agents.get(&agent)?.delegations.get(&person)?.expires_at,
            Given::Agent(agent) => state.agents.get(&agent)?.expires_at,
            Given::Key(key) => state.live_key(key)?.expires_at,
        };
        end.is_none_or(|end| now < end).then_some(end)
    }

    /// What is given in the place of what was lent.
    fn in_its_place(self) -> Option<Given> {
        match self {
            Given::Loan(grantee, integration, _) => Some(Given::Grant(grantee, integration)),
            _ => None,
        }
    }

    /// The people who are named when this is told.
    pub(super) fn people(self) -> Option<PersonId> {
        match self {
            Given::Role(person, _)
            | Given::Delegation(_, person)
            | Given::Grant(Grantee::Member(person), _)
            | Given::Loan(Grantee::Member(person), ..)
            | Given::Share(_, Grantee::Member(person)) => Some(person),
            _ => None,
        }
    }

    /// Whether a key is named when this is told.
    pub(super) fn names_a_key(self) -> bool {
        matches!(
            self,
            Given::Key(_)
                | Given::Grant(Grantee::Key(_), _)
                | Given::Loan(Grantee::Key(_), ..)
                | Given::Share(_, Grantee::Key(_))
        )
    }
}

impl EndImpact {
    /// It in a sentence.
    pub(super) fn sentence(&self) -> String {
        let end = match (self.until, self.before) {
            (Some(until), None) => format!("ends at {}", written(until)),
            (Some(until), Some(None)) => format!("ends at {}; before, it had no end", written(until)),
            (Some(until), Some(Some(before))) => {
                format!("ends at {}, and no longer at {}", written(until), written(before))
            }
            (None, Some(Some(before))) => format!("has no end any more; before, it ended at {}", written(before)),
            (None, _) => "has no end".to_owned(),
        };
        format!("{}: {} {end}", self.whose, self.what)
    }
}

fn written(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{moment:.3}")
}
