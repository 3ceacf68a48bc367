//! Whether a permit covers what is about to be written: the last look before an event is appended.

mod groups;
mod invitations;
mod mail_domains;

use domain::event::Event;
use domain::id::{KeyId, OrgId, PersonId};
use domain::key::{Key, KeyKind};
use domain::member::Member;
use domain::organization::{Organization, SettingChange};
use domain::permission::Permission;
use verdict::{Act, Permit, Subject, Target};

/// What is asked about: the permit's permission and target, and what happens at the same time in that state.
#[derive(Clone, Copy)]
struct Asked<'c> {
    permit: &'c Permit,
    permission: Permission,
    target: Target,
    state: &'c Organization,
    events: &'c [Event],
}

/// Whether a permit covers an event: the same organization and state, one of the event's permissions, and the
/// same target.
pub(super) fn covers(permit: &Permit, org: OrgId, state: &Organization, event: &Event, events: &[Event]) -> bool {
    if permit.org() != org || permit.seq() != state.seq {
        return false;
    }
    // INVARIANT: to an organization that ends nothing happens but that it is restored or erased, or that whoever is to
    // restore it is given a key; held by `to_an_organization_that_ends_nothing_happens_but_that_it_is_restored`.
    let ends = state.deletes_at.is_some();
    let (permission, target) = match permit.act() {
        Act::Call { .. } | Act::Use { .. } | Act::Look { .. } => return false,
        Act::Found => return !state.is_created(),
        Act::Erase => return ends && matches!(event, Event::OrganizationDestroyed),
        Act::Decline { invitation } => {
            return !ends && matches!(event, Event::InvitationDeclined { invitation: of } if *of == invitation);
        }
        Act::AskToJoin { person } => {
            return !ends && matches!(event, Event::JoinRequested { person: of, .. } if *of == person);
        }
        Act::Lapse { domain } => {
            return !ends && matches!(event, Event::MailDomainLapsed { domain: of } if *of == domain);
        }
        Act::HangUp { client } => {
            return matches!(event, Event::ClientDisconnected { client: of, .. } if *of == client);
        }
        Act::Recover { holder } => {
            let created =
                matches!(event, Event::KeyCreated { kind: KeyKind::Personal { holder: of }, .. } if *of == holder);
            return created && state.top_role_holders().any(|top| top == holder);
        }
        Act::Operate { .. } if ends && !matches!(event, Event::OrganizationRestored) => return false,
        Act::Operate { permission, target } => (permission, target),
    };
    // Only a holder of the top role is given such a permit, who may do all that comes of it one by one.
    if target == Target::Preset {
        return permission == Permission::OrganizationEdit && event.comes_of_a_preset();
    }
    let asked = Asked { permit, permission, target, state, events };
    event.may_happen_under(permission)
        && match event {
            Event::KeyRevoked { key } => ends_a_key(&asked, *key),
            _ => {
                covers_people(&asked, event)
                    || covers_things(&asked, event)
                    || invitations::covers(&asked, event)
                    || mail_domains::covers(&asked, event)
                    || groups::covers(&asked, event)
            }
        }
}

/// What happens to people, and to others with them.
fn covers_people(asked: &Asked<'_>, event: &Event) -> bool {
    let Asked { permit, permission, target, state, events } = *asked;
    let joins =
        |who: &PersonId| events.iter().any(|other| matches!(other, Event::MemberAdded { person, .. } if person == who));
    match (event, target) {
        // Who may only invite takes nobody in by hand.
        (Event::MemberAdded { .. }, Target::Organization) => permission == Permission::MemberAdd,
        // The team of newcomers, for somebody who is taken in at the same time.
        (Event::TeamMemberSet { team, person, role }, Target::Organization) => {
            let settings = &state.settings;
            (settings.join_default_team, settings.join_default_team_role) == (Some(*team), Some(*role)) && joins(person)
        }
        // The first key of somebody who is taken in at the same time.
        (Event::KeyCreated { kind: KeyKind::Personal { holder }, .. }, Target::Organization) => joins(holder),
        (Event::KeyCreated { kind: KeyKind::Personal { holder }, .. }, Target::Member(member)) => *holder == member,
        (
            Event::SessionEnded { person, .. }
            | Event::SessionsEnded { person }
            | Event::ClientDisconnected { person, .. },
            Target::SessionsOf(member),
        ) => *person == member,
        (
            Event::ClientConnected { person, .. } | Event::ClientDisconnected { person, .. },
            Target::ClientsOf(member),
        ) => *person == member,
        (Event::ClientRegistered { .. } | Event::ClientUnregistered { .. }, Target::RegisteredClients) => true,
        // Of whoever it is: what is connected by a client that is known no longer.
        (Event::ClientDisconnected { .. }, Target::RegisteredClients) => {
            events.iter().any(|other| matches!(other, Event::ClientUnregistered { .. }))
        }
        (
            Event::MemberRemoved { person } | Event::MemberSuspended { person } | Event::MemberEdited { person, .. },
            Target::Member(member),
        ) => *person == member,
        // Takes more than to suspend them did.
        (Event::MemberRestored { person }, Target::Suspended(member)) => *person == member,
        (Event::MemberRoleChanged { person, .. }, Target::Member(member)) => {
            *person == member && permission == Permission::RoleAssign
        }
        (Event::OwnershipOffered { from, to, .. }, Target::Member(member)) => {
            *to == member && permit.actor().is_some_and(|actor| actor.subject == Subject::Member(*from))
        }
        (
            Event::OwnershipAccepted { from, to }
            | Event::OwnershipDeclined { from, to }
            | Event::OwnershipWithdrawn { from, to },
            Target::Offer(giver, heir),
        ) => {
            // To take is the heir's alone.
            let is_heir = permit.actor().is_some_and(|actor| actor.subject == Subject::Member(heir));
            (*from, *to) == (giver, heir) && is_heir != matches!(event, Event::OwnershipWithdrawn { .. })
        }
        // Both take another role as the offer is taken.
        (Event::MemberRoleChanged { person, .. }, Target::Offer(giver, heir)) => {
            [giver, heir].contains(person) && is_taken(events)
        }
        (Event::MemberRoleGiven { person, .. } | Event::MemberRoleTaken { person, .. }, Target::Member(member)) => {
            *person == member
        }
        _ => false,
    }
}

fn is_taken(events: &[Event]) -> bool {
    events.iter().any(|other| matches!(other, Event::OwnershipAccepted { .. }))
}

/// The key itself, and keys that end because their holders come to have more than others may have seen.
fn ends_a_key(asked: &Asked<'_>, key: KeyId) -> bool {
    let Asked { target, state, events, .. } = *asked;
    let holder = || state.live_key(key).and_then(Key::holder);
    let member = || holder().and_then(|holder| state.member(holder));
    match target {
        Target::Key(target) => key == target,
        // Keys that end because the role of their holders comes to carry too much.
        Target::Role(target) => {
            let place = |person| state.teams.values().filter_map(move |team| team.members.get(&person));
            let has = |holder: &Member| holder.role == target || holder.extra_roles.contains_key(&target);
            member().is_some_and(|holder| has(holder) || place(holder.person).any(|place| place.role == target))
                && events.iter().any(|other| match other {
                    Event::RoleDefined(role) => role.id == target,
                    Event::RoleDeleted { role, .. } => *role == target,
                    _ => false,
                })
        }
        // Keys that end because their holder's new place in a team would make them carry too much.
        Target::TeamMember(of, member) => holder() == Some(member)
            && events.iter().any(
                |other| matches!(other, Event::TeamMemberSet { team, person, .. } if (*team, *person) == (of, member)),
            ),
        // The same for whom a directory group puts into a team.
        Target::Group(_) => holder().is_some_and(|holder| {
            events.iter().any(|other| matches!(other, Event::TeamMemberPlaced { person, .. } if *person == holder))
        }),
        // The same for who joins a team by an invitation.
        Target::Joining(invitation) => holder().is_some_and(|holder| {
            invitations::joiner(invitation, events) == Some(holder)
                && events.iter().any(|other| matches!(other, Event::TeamMemberSet { person, .. } if *person == holder))
        }),
        // Keys that end because their holder's new role would make them carry too much.
        Target::Member(member) => {
            holder() == Some(member)
                && events.iter().any(|other| match other {
                    Event::MemberRoleChanged { person, .. } | Event::MemberRoleGiven { person, .. } => {
                        *person == member
                    }
                    _ => false,
                })
        }
        // Keys of the heir that others may have seen.
        Target::Offer(_, heir) => holder() == Some(heir) && is_taken(events),
        // Keys that end because roles beside their holders' own count again.
        Target::Organization => {
            let counts = SettingChange::RolesExtraBindings(true);
            member().is_some_and(|holder| !holder.extra_roles.is_empty())
                && events.iter().any(|other| matches!(other, Event::SettingChanged(change) if *change == counts))
        }
        _ => false,
    }
}

/// What happens to everything else.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn covers_things(asked: &Asked<'_>, event: &Event) -> bool {
    let Asked { permission, target, state, events, .. } = *asked;
    match (event, target) {
        (
            Event::KeyCreated { kind: KeyKind::Workspace { .. } | KeyKind::Directory { .. }, .. },
            Target::Organization,
        ) => true,
        (
            Event::GrantSet { grantee, integration, .. }
            | Event::GrantLent { grantee, integration, .. }
            | Event::GrantRemoved { grantee, integration },
            Target::Grant(to, of),
        ) => *grantee == to && *integration == of,
        (Event::KeyRotated { key, .. }, Target::Key(target)) => *key == target,
        (Event::IntegrationConnected(_), Target::Organization) => true,
        // The first tools of an integration that is connected at the same time.
        (Event::ToolsApproved { integration, .. } | Event::ToolsFound { integration, .. }, Target::Organization) => {
            events.iter().any(|other| matches!(other, Event::IntegrationConnected(new) if new.id == *integration))
        }
        (
            Event::IntegrationEdited { integration, .. }
            | Event::IntegrationDisconnected { integration }
            | Event::ToolsApproved { integration, .. }
            | Event::ToolsFound { integration, .. }
            | Event::ToolsAccepted { integration, .. }
            | Event::ToolClassified { integration, .. }
            | Event::ToolSwitched { integration, .. },
            Target::Integration(target),
        ) => *integration == target,
        (
            Event::AccountConnected { integration, person, .. }
            | Event::AccountDisconnected { integration, person, .. },
            Target::Account(whose, at),
        ) => (*person, *integration) == (Some(whose), at),
        // Whoever changes an integration connects everybody's account there, and ends anybody's.
        (Event::AccountConnected { integration, person: None, .. }, Target::Integration(at)) => {
            *integration == at && permission == Permission::IntegrationEdit
        }
        (Event::AccountDisconnected { integration, .. }, Target::Integration(at)) => {
            *integration == at && permission == Permission::IntegrationEdit
        }
        (Event::AccessReviewed { .. }, Target::Organization) => true,
        (Event::OrganizationDeletionSet { .. } | Event::OrganizationRestored, Target::Organization) => true,
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
