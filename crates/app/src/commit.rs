//! The one way into an organization's journal.

use std::sync::Arc;

use domain::event::{self, Event};
use domain::id::OrgId;
use domain::key::{Key, KeyKind};
use domain::organization::{Organization, SettingChange, Stamp};
use domain::permission::Permission;
use domain::time::Timestamp;
use journal::{Append, AppendError, Fact};
use tokio::sync::OwnedMutexGuard;
use verdict::{Act, Permit, Subject, Target};

use crate::live::{Live, save_sometimes};
use crate::requests::erased;
use crate::{App, Problem};

/// Events and the permit under which they happen.
pub(crate) struct Part {
    /// Given for the state as it is after the parts before it.
    pub(crate) permit: Permit,
    pub(crate) events: Vec<Event>,
}

/// Parts to be committed one after the other, all or none.
pub(crate) struct Commit {
    pub(crate) parts: Vec<Part>,
    pub(crate) actor: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) directory: Option<Box<Append>>,
}

/// Why nothing was committed.
pub(crate) enum CommitFault {
    /// Another writer came first; what was to go along is given back.
    Conflict { facts: Vec<Fact>, directory: Option<Box<Append>> },
    /// Anything else.
    Problem(Problem),
}

impl App {
    /// Appends the events, folds them into the state and puts the new snapshot into force, in this order; when it
    /// returns, every later question is answered from the new state. The work goes on to its end even when the
    /// caller stops waiting, so that memory never falls behind the disk.
    pub(crate) async fn commit(
        &self,
        live: Arc<Live>,
        state: OwnedMutexGuard<Organization>,
        commit: Commit,
    ) -> Result<Vec<Event>, CommitFault> {
        let app = self.clone();
        let task = tokio::spawn(async move { app.commit_to_the_end(&live, state, commit).await });
        task.await.unwrap_or_else(|error| Err(CommitFault::Problem(Problem::broken(&error))))
    }

    async fn commit_to_the_end(
        &self,
        live: &Live,
        mut state: OwnedMutexGuard<Organization>,
        commit: Commit,
    ) -> Result<Vec<Event>, CommitFault> {
        let Commit { parts, actor, facts, directory } = commit;
        let (at, expected, stream) = (self.now(), state.seq, live.org().into());
        // One part, which is nearly every change, is folded in place once it is on disk.
        let then = match parts.as_slice() {
            [only] => is_covered(live.org(), &state, only).map(|()| None),
            several => folded(live.org(), &state, several, (at, &actor)).map(Some),
        };
        let then = then.map_err(CommitFault::Problem)?;
        let events: Vec<Event> = parts.into_iter().flat_map(|part| part.events).collect();
        self.inner.quotas.let_in(&state, &events).map_err(|refusal| CommitFault::Problem(refusal.into()))?;
        let bodies = events.iter().map(event::encode).collect::<Result<Vec<_>, _>>();
        let bodies = bodies.map_err(|error| CommitFault::Problem(error.into()))?;
        let again = (facts.clone(), directory.clone());
        // Whichever way somebody goes, what was written in their requests goes with them.
        let facts = facts.into_iter().chain(erased(live.org(), &state, &events)).collect();
        let append = Append { stream, expected, at, actor: actor.clone(), events: bodies, facts };
        match self.inner.journal.append(std::iter::once(append).chain(directory.map(|append| *append)).collect()).await
        {
            Ok(_) => {}
            Err(AppendError::Conflict { .. }) => {
                return Err(CommitFault::Conflict { facts: again.0, directory: again.1 });
            }
            Err(error) => return Err(CommitFault::Problem(append_problem(error))),
        }
        match then {
            Some(then) => *state = then,
            None => fold(&mut state, &events, (at, &actor)),
        }
        live.publish(&state, Some(&events));
        save_sometimes(&self.inner.journal, live.org(), &state, events.len() as u64);
        Ok(events)
    }
}

/// The state that the parts lead to.
///
/// # Errors
/// Where a permit does not cover its events in the state as it is after the parts before it.
fn folded(org: OrgId, state: &Organization, parts: &[Part], stamp: (Timestamp, &str)) -> Result<Organization, Problem> {
    let mut then = state.clone();
    for part in parts {
        is_covered(org, &then, part)?;
        fold(&mut then, &part.events, stamp);
    }
    Ok(then)
}

fn fold(state: &mut Organization, events: &[Event], (at, actor): (Timestamp, &str)) {
    for event in events {
        let stamp = Stamp { seq: state.seq + 1, at, actor: actor.to_owned() };
        state.apply(&stamp, event);
    }
}

// INVARIANT: every event is covered by the permit of its own part, given for the very state that the part is applied
// to; held by the tests beside this file.
fn is_covered(org: OrgId, state: &Organization, part: &Part) -> Result<(), Problem> {
    let Part { permit, events } = part;
    let Some(event) = events.iter().find(|event| !covers(permit, org, state, event, events)) else { return Ok(()) };
    tracing::error!(event = event.name(), act = ?permit.act(), "a permit does not cover an event");
    let message = "the change was refused because it goes beyond what was authorized".to_owned();
    Err(Problem::Unavailable { message })
}

fn append_problem(error: AppendError) -> Problem {
    match error {
        AppendError::Taken { what: "slug" } => Problem::invalid("slug", "this slug is taken; choose another"),
        AppendError::Taken { what: "e-mail" } => Problem::invalid("email", "this e-mail address is taken"),
        AppendError::TooLarge { .. } => Problem::invalid("body", error.to_string()),
        AppendError::Unavailable { .. } | AppendError::Conflict { .. } | AppendError::Taken { .. } => {
            Problem::broken(&error)
        }
    }
}

/// Whether a permit covers an event: the same organization and state, one of the event's permissions, and the
/// same target.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn covers(permit: &Permit, org: OrgId, state: &Organization, event: &Event, events: &[Event]) -> bool {
    if permit.org() != org || permit.seq() != state.seq {
        return false;
    }
    let (permission, target) = match permit.act() {
        Act::Call { .. } | Act::Look { .. } => return false,
        Act::Found => return !state.is_created(),
        Act::Recover { holder } => {
            let created =
                matches!(event, Event::KeyCreated { kind: KeyKind::Personal { holder: of }, .. } if *of == holder);
            return created && state.top_role_holders().any(|top| top == holder);
        }
        Act::Operate { permission, target } => (permission, target),
    };
    // Only a holder of the top role is given such a permit, who may do all that comes of it one by one.
    if target == Target::Preset {
        return permission == Permission::OrganizationEdit && event.comes_of_a_preset();
    }
    event.may_happen_under(permission) && match (event, target) {
        (Event::MemberAdded { .. }, Target::Organization) => true,
        // The team of newcomers, for somebody who is taken in at the same time.
        (Event::TeamMemberSet { team, person: joining, role }, Target::Organization) => {
            let settings = &state.settings;
            (settings.join_default_team, settings.join_default_team_role) == (Some(*team), Some(*role))
                && events.iter().any(|other| matches!(other, Event::MemberAdded { person, .. } if person == joining))
        }
        // The first key of somebody who is taken in at the same time.
        (Event::KeyCreated { kind: KeyKind::Personal { holder }, .. }, Target::Organization) => {
            events.iter().any(|other| matches!(other, Event::MemberAdded { person, .. } if person == holder))
        }
        (Event::KeyCreated { kind: KeyKind::Personal { holder }, .. }, Target::Member(member)) => *holder == member,
        (Event::KeyCreated { kind: KeyKind::Workspace { .. }, .. }, Target::Organization) => true,
        (Event::MemberRemoved { person } | Event::MemberEdited { person, .. }, Target::Member(member)) => {
            *person == member
        }
        // Who hands the organization over takes another role in the same step.
        (Event::MemberRoleChanged { person, .. }, Target::Member(member)) => {
            *person == member
                || permission == Permission::OrganizationTransfer
                    && permit.actor().is_some_and(|actor| actor.subject == Subject::Member(*person))
        }
        (Event::MemberRoleGiven { person, .. } | Event::MemberRoleTaken { person, .. }, Target::Member(member)) => {
            *person == member
        }
        (
            Event::GrantSet { grantee, integration, .. }
            | Event::GrantLent { grantee, integration, .. }
            | Event::GrantRemoved { grantee, integration },
            Target::Grant(to, of),
        ) => *grantee == to && *integration == of,
        (Event::KeyRotated { key, .. } | Event::KeyRevoked { key }, Target::Key(target)) => *key == target,
        // Keys that end because the role of their holders comes to carry too much.
        (Event::KeyRevoked { key }, Target::Role(target)) => {
            let holder = state.live_key(*key).and_then(Key::holder).and_then(|holder| state.active_member(holder));
            let place = |person| state.teams.values().filter_map(move |team| team.members.get(&person));
            let has =
                |holder: &domain::member::Member| holder.role == target || holder.extra_roles.contains_key(&target);
            holder.is_some_and(|holder| has(holder) || place(holder.person).any(|place| place.role == target))
                && events.iter().any(|other| match other {
                    Event::RoleDefined(role) => role.id == target,
                    Event::RoleDeleted { role, .. } => *role == target,
                    _ => false,
                })
        }
        // Keys that end because their holder's new place in a team would make them carry too much.
        (Event::KeyRevoked { key }, Target::TeamMember(of, member)) => state.live_key(*key).and_then(Key::holder)
            == Some(member)
            && events.iter().any(
                |other| matches!(other, Event::TeamMemberSet { team, person, .. } if (*team, *person) == (of, member)),
            ),
        // Keys that end because their holder's new role would make them carry too much.
        (Event::KeyRevoked { key }, Target::Member(member)) => {
            state.live_key(*key).and_then(Key::holder) == Some(member)
                && events.iter().any(|other| match other {
                    Event::MemberRoleChanged { person, .. } | Event::MemberRoleGiven { person, .. } => {
                        *person == member
                    }
                    _ => false,
                })
        }
        // Keys that end because roles beside their holders' own count again.
        (Event::KeyRevoked { key }, Target::Organization) => {
            let holder = state.live_key(*key).and_then(Key::holder).and_then(|holder| state.active_member(holder));
            let counts = SettingChange::RolesExtraBindings(true);
            holder.is_some_and(|holder| !holder.extra_roles.is_empty())
                && events.iter().any(|other| matches!(other, Event::SettingChanged(change) if *change == counts))
        }
        (Event::IntegrationConnected(_), Target::Organization) => true,
        // The first tools of an integration that is connected at the same time.
        (Event::ToolsApproved { integration, .. }, Target::Organization) => {
            events.iter().any(|other| matches!(other, Event::IntegrationConnected(new) if new.id == *integration))
        }
        (
            Event::IntegrationEdited { integration, .. }
            | Event::IntegrationDisconnected { integration }
            | Event::ToolsApproved { integration, .. }
            | Event::ToolClassified { integration, .. }
            | Event::ToolSwitched { integration, .. },
            Target::Integration(target),
        ) => *integration == target,
        (Event::AccessReviewed { .. }, Target::Organization) => true,
        (Event::OrganizationRenamed { .. } | Event::SettingChanged(_), Target::Organization) => true,
        // A role that is new, the role itself, and the default that goes with a deleted one.
        (Event::RoleDefined(role), Target::Organization) => !state.roles.contains_key(&role.id),
        (Event::RoleDefined(role), Target::Role(target)) => role.id == target,
        (Event::RoleDeleted { role, .. }, Target::Role(target)) => *role == target,
        (
            Event::SettingChanged(SettingChange::JoinDefaultRole(_) | SettingChange::JoinDefaultTeamRole(_)),
            Target::Role(target),
        ) => events.iter().any(|other| matches!(other, Event::RoleDeleted { role, .. } if *role == target)),
        (Event::KeyRoleChanged { key, .. }, Target::Key(target)) => *key == target,
        (
            Event::TeamCreated { .. } | Event::AgentCreated { .. } | Event::ResourceRegistered(_),
            Target::Organization,
        ) => true,
        (Event::TeamRenamed { team, .. } | Event::TeamDeleted { team }, Target::Team(target)) => *team == target,
        (
            Event::TeamMemberSet { team, person, .. } | Event::TeamMemberRemoved { team, person },
            Target::TeamMember(of, target),
        ) => *team == of && *person == target,
        (
            Event::AgentEdited { agent, .. }
            | Event::AgentRoleChanged { agent, .. }
            | Event::AgentDeleted { agent }
            | Event::KeyCreated { kind: KeyKind::Agent { agent, .. }, .. },
            Target::Agent(target),
        ) => *agent == target,
        (
            Event::DelegationSet { agent, person, .. } | Event::DelegationRemoved { agent, person },
            Target::Delegation(of, target),
        ) => *agent == of && *person == target,
        (
            Event::ResourceEdited { resource, .. }
            | Event::ResourceHandedOver { resource, .. }
            | Event::ResourceShared { resource, .. }
            | Event::ResourceUnshared { resource, .. }
            | Event::ResourceDeleted { resource }
            | Event::ResourceRestored { resource }
            | Event::ResourceDestroyed { resource },
            Target::Resource(target),
        ) => *resource == target,
        (
            Event::ResourceAssigned { resource, team } | Event::ResourceUnassigned { resource, team },
            Target::TeamResource(of, target),
        ) => *team == of && *resource == target,
        (
            Event::ArtifactCollected { artifact, collection } | Event::ArtifactUncollected { artifact, collection },
            Target::Collected(of, into),
        ) => *artifact == of && *collection == into,
        (Event::KindConfigured { kind, .. }, Target::Kind(target)) => *kind == target,
        (Event::ObjectDefined(_) | Event::ObjectRemoved { .. }, Target::DataModel) => {
            permission == Permission::DataModelEdit
        }
        (Event::RequestOpened(new), Target::RequestsOf(requester, acting_for)) => {
            (new.requester, new.acting_for) == (requester, acting_for)
        }
        (Event::RequestWithdrawn { request }, Target::RequestsOf(requester, acting_for)) => {
            state.request(*request).is_some_and(|request| request.is_by(requester, acting_for))
        }
        (Event::RequestGranted { request, .. } | Event::RequestRefused { request }, Target::Request(target)) => {
            *request == target
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
