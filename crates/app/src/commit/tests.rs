//! A permit commits what was asked and nothing else, whatever mistake a use case makes.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::AgentEdit;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{
    AccountId, AgentId, ClientId, GroupId, IntegrationId, InvitationId, KeyId, OrgId, PersonId, RegistrationId,
    RequestId, ResourceId, SessionId, TeamId,
};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Slug, ToolClass};
use domain::invitation::{Inviter, NewInvitation, Offer, OfferedGrant};
use domain::key::{KeyKind, KeyScope};
use domain::member::MemberDetail;
use domain::object::{DataName, DataVerb, Field, Object};
use domain::organization::{InvitedAddress, Organization, SettingChange, Stamp};
use domain::permission::{Permission, PermissionSet};
use domain::request::{NewRequest, Wanted};
use domain::resource::{Features, NewResource, ResourceEdit, ResourceKind, ResourceVerb, Shared};
use domain::role::{Role, RoleId, RoleLevel};
use domain::time::Timestamp;
use verdict::{Action, Actor, Gift, Operation, Permit, Question, Remedy, Snapshot, Subject, Verdict};

use super::covers::covers;
use super::{Part, fold, folded};
use crate::requests::{erased, may_end_requests};

const NOW: Timestamp = Timestamp(0);
/// What is asked of whoever accepts an invitation, as every organization here has it.
const AS_SET: Option<InvitedAddress> = Some(InvitedAddress::Proven);

fn org(number: u8) -> OrgId {
    OrgId::from_random([number; 20])
}

/// Person 0 is the owner, 1 and 2 are members.
fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

/// Keys 0, 1 and 2 are personal keys of these, 3 is a workspace key, 9 is not there yet.
fn key(number: u8) -> KeyId {
    KeyId::from_random([number; 20])
}

fn integration(number: u8) -> IntegrationId {
    IntegrationId::from_random([number; 20])
}

fn team(number: u8) -> TeamId {
    TeamId::from_random([number; 20])
}

fn agent(number: u8) -> AgentId {
    AgentId::from_random([number; 20])
}

fn resource(number: u8) -> ResourceId {
    ResourceId::from_random([number; 20])
}

fn request(number: u8) -> RequestId {
    RequestId::from_random([number; 20])
}

fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

fn connected(number: u8) -> Event {
    Event::IntegrationConnected(Box::new(Integration {
        id: integration(number),
        slug: Slug::parse(&format!("s{number}")).unwrap(),
        title: "Title".to_owned(),
        purpose: String::new(),
        url: "https://one.example/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: BTreeMap::new(),
        found: BTreeMap::new(),
    }))
}

fn key_created(number: u8, kind: KeyKind) -> Event {
    Event::KeyCreated { key: key(number), kind, digest: "0".repeat(64), hint: String::new(), expires_at: None }
}

fn acme() -> Organization {
    let preset = crate::presets::named("pipeworks").unwrap();
    let mut events =
        vec![Event::OrganizationCreated { name: "Acme".to_owned(), preset: preset.name, settings: preset.settings }];
    events.extend(preset.roles.into_iter().map(Event::RoleDefined));
    for (number, held) in [(0, "owner"), (1, "member"), (2, "member")] {
        events.push(Event::MemberAdded { person: person(number), role: role(held) });
        events.push(key_created(number, KeyKind::Personal { holder: person(number) }));
    }
    events.push(key_created(3, KeyKind::Workspace { scope: KeyScope::Granted, role: None }));
    events.extend([connected(0), connected(1)]);
    events.extend(["lead", "spare"].map(|name| Event::RoleDefined(defined(name))));
    for number in [0, 1] {
        let (sponsor, expires_at) = (person(0), None);
        events.push(Event::TeamCreated { team: team(number), title: format!("Team {number}") });
        events.push(Event::AgentCreated {
            agent: agent(number),
            title: "Bot".to_owned(),
            sponsor,
            role: None,
            expires_at,
        });
        events.push(registered(number));
        events.push(opened(number, Grantee::Member(person(number)), None));
    }
    let (from, to, own_role) = (person(0), person(1), role("member"));
    events.push(Event::OwnershipOffered { from, to, own_role, expires_at: Timestamp(1) });
    events.extend([0, 1].map(sent));
    let mut state = Organization::new();
    for event in &events {
        let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() };
        state.apply(&stamp, event);
    }
    state
}

/// A role of the organization's own; `lead` is one in teams.
fn defined(name: &str) -> Role {
    let level = if name == "lead" { RoleLevel::Team } else { RoleLevel::Organization };
    let member = crate::presets::named("pipeworks").unwrap().roles.pop().unwrap();
    Role { id: role(name), title: name.to_owned(), level, locked: false, ..member }
}

fn invitation(number: u8) -> InvitationId {
    InvitationId::from_random([number; 20])
}

/// Invitation 0 offers what newcomers get, 1 a place in team 1 and integration 1 besides.
fn offer(number: u8) -> &'static Offer {
    static OFFERS: std::sync::OnceLock<[Offer; 2]> = std::sync::OnceLock::new();
    let offers = OFFERS.get_or_init(|| {
        let given = OfferedGrant { profile: Profile::ReadOnly, tools_off: [].into(), expires_at: None };
        let (teams, grants) = ([(team(1), Some(role("lead")))].into(), [(integration(1), given)].into());
        [Offer::default(), Offer { role: Some(role("member")), members_only: false, teams, grants }]
    });
    &offers[usize::from(number)]
}

/// The owner, as who invites.
fn owner() -> Inviter {
    Inviter { subject: Grantee::Member(person(0)), acting_for: None }
}

fn sent(number: u8) -> Event {
    let (offer, digest) = (offer(number.min(1)).clone(), Some("0".repeat(64)));
    let new = NewInvitation {
        id: invitation(number),
        inviter: owner(),
        offer,
        digest,
        expires_at: Timestamp(1_000),
        asks: AS_SET,
    };
    Event::InvitationSent(Box::new(new))
}

/// What whoever accepts an invitation gets.
fn joined(number: u8, person: PersonId) -> Vec<Event> {
    let accepted = Event::InvitationAccepted { invitation: invitation(number), person, inviter: Some(owner()) };
    let mut events = vec![accepted, Event::MemberAdded { person, role: role("member") }];
    if number == 1 {
        let (grantee, integration) = (Grantee::Member(person), integration(1));
        let (profile, tools_off, expires_at) = (Profile::ReadOnly, BTreeSet::new(), None);
        events.push(Event::TeamMemberSet { team: team(1), person, role: role("lead") });
        events.push(Event::GrantSet { grantee, integration, profile, tools_off, expires_at });
    }
    events
}

fn registered(number: u8) -> Event {
    let (kind, title) = (ResourceKind::Project, "Plan".to_owned());
    let new = NewResource { id: resource(number), kind, title, tier: None, owner: Some(person(0)) };
    Event::ResourceRegistered(Box::new(new))
}

/// What an operation may lead to; everything else must be refused under its permit.
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
fn meant(operation: Operation<'_>) -> Vec<Event> {
    match operation {
        Operation::EditOrganization { .. } => vec![
            Event::OrganizationRenamed { name: "Other".to_owned() },
            Event::SettingChanged(SettingChange::OwnersMax(Some(2))),
        ],
        Operation::ConfirmReview => vec![Event::AccessReviewed { of_seq: 1 }],
        Operation::DeleteOrganization => vec![Event::OrganizationDeletionSet { deletes_at: Timestamp(1) }],
        Operation::RestoreOrganization => vec![Event::OrganizationRestored],
        Operation::AddMember { .. } => vec![Event::MemberAdded { person: person(7), role: role("member") }],
        Operation::ChangeRole { member, .. } => {
            vec![Event::MemberRoleChanged { person: member, from: role("member"), to: role("admin") }]
        }
        Operation::GiveRole { member, .. } => vec![
            Event::MemberRoleGiven { person: member, role: role("spare"), expires_at: None },
            Event::MemberRoleTaken { person: member, role: role("spare") },
        ],
        Operation::EndSessions { member } => vec![
            Event::SessionsEnded { person: member },
            Event::SessionEnded { person: member, session: SessionId::from_random([1; 20]), until: Timestamp(9) },
            Event::ClientDisconnected { client: ClientId::from_random([1; 20]), person: member },
        ],
        Operation::ConnectClient => vec![
            Event::ClientConnected {
                client: ClientId::from_random([1; 20]),
                person: person(0),
                profile: Profile::Full,
            },
            Event::ClientDisconnected { client: ClientId::from_random([1; 20]), person: person(0) },
        ],
        // That they end is told of in `accounts_end_by_whose_they_are_and_by_who_changes_the_integration`.
        Operation::ConnectAccount { integration } => {
            let (account, person) = (AccountId::from_random([1; 20]), Some(person(0)));
            vec![Event::AccountConnected { account, integration, person }]
        }
        Operation::RegisterClients => {
            let registration = RegistrationId::from_random([1; 20]);
            vec![
                Event::ClientRegistered { registration },
                Event::ClientUnregistered { registration },
                Event::ClientDisconnected { client: ClientId::from_random([2; 20]), person: person(9) },
            ]
        }
        Operation::RemoveMember { member } | Operation::SuspendMember { member } => {
            vec![Event::MemberRemoved { person: member }, Event::MemberSuspended { person: member }]
        }
        Operation::TransferOwnership { to } => {
            let (from, own_role) = (person(0), role("member"));
            vec![Event::OwnershipOffered { from, to, own_role, expires_at: NOW }]
        }
        Operation::AcceptOwnership => vec![Event::OwnershipAccepted { from: person(0), to: person(1) }],
        Operation::EndOwnershipOffer => vec![Event::OwnershipWithdrawn { from: person(0), to: person(1) }],
        Operation::RestoreMember { member } => vec![Event::MemberRestored { person: member }],
        Operation::EditMember { member, .. } => {
            vec![Event::MemberEdited { person: member, details: [MemberDetail::Name].into() }]
        }
        Operation::ConnectIntegration => {
            vec![connected(7), Event::ToolsApproved { integration: integration(7), tools: Vec::new() }]
        }
        Operation::EditIntegration { integration } => vec![
            Event::AccountConnected { account: AccountId::from_random([1; 20]), integration, person: None },
            Event::AccountDisconnected { account: AccountId::from_random([1; 20]), integration, person: None },
            Event::IntegrationEdited { integration, edit: IntegrationEdit::default() },
            Event::ToolsApproved { integration, tools: Vec::new() },
        ],
        Operation::DisconnectIntegration { integration } => vec![Event::IntegrationDisconnected { integration }],
        Operation::ReviewTool { integration } => vec![
            Event::ToolClassified { integration, tool: "get".to_owned(), class: ToolClass::Read },
            Event::ToolSwitched { integration, tool: "get".to_owned(), off: true },
        ],
        Operation::Assign { grantee, integration, .. } => vec![
            Event::GrantSet { grantee, integration, profile: Profile::Full, tools_off: [].into(), expires_at: None },
            Event::GrantLent {
                grantee,
                integration,
                profile: Profile::Full,
                tools_off: [].into(),
                expires_at: Timestamp(1),
            },
            Event::GrantRemoved { grantee, integration },
        ],
        Operation::CreatePersonalKey { holder } => vec![key_created(9, KeyKind::Personal { holder })],
        Operation::CreateWorkspaceKey { .. } => {
            vec![key_created(9, KeyKind::Workspace { scope: KeyScope::All, role: None })]
        }
        Operation::RotateKey { key } => vec![Event::KeyRotated { key, digest: "1".repeat(64), hint: String::new() }],
        Operation::RevokeKey { key } => vec![Event::KeyRevoked { key }],
        Operation::SetKeyRole { key, .. } => vec![Event::KeyRoleChanged { key, role: None }],
        Operation::CreateRole { .. } => vec![Event::RoleDefined(defined("new"))],
        Operation::EditRole { role, .. } => vec![Event::RoleDefined(defined(role.as_str()))],
        Operation::DeleteRole { role: gone, .. } => {
            vec![Event::RoleDeleted { role: *gone, moved_to: role("member") }]
        }
        Operation::CreateTeam => vec![Event::TeamCreated { team: team(7), title: "New".to_owned() }],
        Operation::EditTeam { team } => {
            vec![Event::TeamRenamed { team, title: "Other".to_owned() }, Event::TeamDeleted { team }]
        }
        Operation::SetTeamMember { team, member: person, .. } => {
            vec![Event::TeamMemberSet { team, person, role: role("lead") }]
        }
        Operation::RemoveTeamMember { team, member: person } => vec![Event::TeamMemberRemoved { team, person }],
        Operation::AssignResource { team, resource } => {
            vec![Event::ResourceAssigned { resource, team }, Event::ResourceUnassigned { resource, team }]
        }
        Operation::CreateAgent { .. } => vec![Event::AgentCreated {
            agent: agent(7),
            title: "New".to_owned(),
            sponsor: person(0),
            role: None,
            expires_at: None,
        }],
        Operation::EditAgent { agent } | Operation::ResumeAgent { agent } => {
            vec![Event::AgentEdited { agent, edit: AgentEdit::default() }, Event::AgentDeleted { agent }]
        }
        Operation::SetAgentRole { agent, .. } => vec![Event::AgentRoleChanged { agent, role: None }],
        Operation::CreateAgentKey { agent } => vec![key_created(9, KeyKind::Agent { agent, acting_for: None })],
        Operation::Delegate { agent, person } => vec![Event::DelegationSet { agent, person, expires_at: None }],
        Operation::EndDelegation { agent, person } => vec![Event::DelegationRemoved { agent, person }],
        Operation::CreateResource { .. } => vec![registered(7)],
        Operation::Resource { verb: ResourceVerb::Edit, resource } => {
            vec![Event::ResourceEdited { resource, edit: ResourceEdit::default() }]
        }
        Operation::Resource { verb: ResourceVerb::Delete, resource } => {
            vec![
                Event::ResourceDeleted { resource },
                Event::ResourceRestored { resource },
                Event::ResourceHandedOver { resource, owner: person(1) },
            ]
        }
        Operation::Resource { verb: ResourceVerb::Destroy, resource } => vec![Event::ResourceDestroyed { resource }],
        Operation::Resource { verb: ResourceVerb::Share, resource } => {
            let (with, level) = (Grantee::Member(person(1)), Shared::View);
            vec![
                Event::ResourceShared { resource, with, level, expires_at: None },
                Event::ResourceUnshared { resource, with },
            ]
        }
        Operation::Collect { artifact, collection } => {
            vec![Event::ArtifactCollected { artifact, collection }, Event::ArtifactUncollected { artifact, collection }]
        }
        Operation::ConfigureKind { kind } => {
            vec![Event::KindConfigured { kind, settings: Features::default() }]
        }
        Operation::EditDataModel { .. } => {
            let name = DataName::parse("people").unwrap();
            let object = Object { name: name.clone(), title: "People".to_owned(), fields: BTreeMap::new() };
            vec![Event::ObjectDefined(Box::new(object)), Event::ObjectRemoved { object: name }]
        }
        Operation::RequestAccess { requester, acting_for } => {
            let mut events = vec![opened(7, requester.grantee(), acting_for)];
            if requester == Subject::Member(person(0)) {
                events.push(Event::RequestWithdrawn { request: request(0) });
            }
            events
        }
        Operation::DecideRequest { request, .. } => {
            vec![Event::RequestGranted { request, until: None, changes: vec![1] }, Event::RequestRefused { request }]
        }
        Operation::SendInvitation { .. } => vec![sent(7)],
        Operation::EditInvitation { invitation, .. } => {
            let (inviter, offer) = (owner(), Box::new(Offer::default()));
            vec![Event::InvitationEdited { invitation, inviter, offer, awaits: false, asks: AS_SET }]
        }
        Operation::ResendInvitation { invitation } => {
            let (inviter, digest, expires_at) = (owner(), "1".repeat(64), Timestamp(2_000));
            vec![Event::InvitationResent { invitation, inviter, digest, expires_at, asks: AS_SET }]
        }
        Operation::ApproveInvitation { invitation } => {
            vec![Event::InvitationApproved {
                invitation,
                digest: "1".repeat(64),
                expires_at: Timestamp(2_000),
                asks: AS_SET,
            }]
        }
        Operation::RevokeInvitation { invitation } => vec![Event::InvitationRevoked { invitation }],
        // What whoever accepts gets is looked at in a test of its own: somebody is taken in in the same way by hand.
        Operation::AcceptInvitation { invitation, .. } => {
            vec![Event::InvitationAccepted { invitation, person: person(8), inviter: Some(owner()) }]
        }
        _ => Vec::new(),
    }
}

fn opened(number: u8, requester: Grantee, acting_for: Option<PersonId>) -> Event {
    let (id, wanted) = (request(number), Wanted::Use { permission: Permission::AuditRead });
    Event::RequestOpened(Box::new(NewRequest { id, requester, acting_for, wanted, wished_ms: None }))
}

#[expect(clippy::too_many_lines, reason = "one line for each operation")]
fn operations<'r>([member, lead, spare]: [&'r RoleId; 3], changes: &'r [Remedy]) -> Vec<Operation<'r>> {
    let mut all = vec![
        Operation::CreateRole { to: PermissionSet::EMPTY, data: None },
        Operation::EditRole { role: lead, to: PermissionSet::EMPTY, data: None },
        Operation::EditRole { role: spare, to: PermissionSet::EMPTY, data: None },
        Operation::DeleteRole { role: spare, moved_to: member },
        Operation::CreateTeam,
        Operation::CreateAgent { role: None },
        Operation::CreateResource { kind: ResourceKind::Project, owner: person(0) },
        Operation::EditDataModel { object: None, to: None },
        Operation::ConfigureKind { kind: ResourceKind::Grader },
        Operation::ConfigureKind { kind: ResourceKind::Project },
        Operation::SetKeyRole { key: key(3), role: None },
        Operation::ViewOrganization,
        Operation::EditOrganization { changes: &[] },
        Operation::ConfirmReview,
        Operation::DeleteOrganization,
        Operation::RestoreOrganization,
        Operation::ViewOwnershipOffer,
        Operation::AcceptOwnership,
        Operation::EndOwnershipOffer,
        Operation::ViewMembers,
        Operation::ViewRoles,
        Operation::AddMember { role: member },
        Operation::ConnectIntegration,
        Operation::CreateWorkspaceKey { role: None, scope: KeyScope::Granted },
        Operation::Explain { subject: Subject::Member(person(1)) },
        Operation::ReadAudit { subject: None },
    ];
    for number in [0, 1] {
        let (team, agent, resource) = (team(number), agent(number), resource(number));
        all.extend([
            Operation::ViewTeam { team },
            Operation::EditTeam { team },
            Operation::SetTeamMember { team, member: person(1), role: lead },
            Operation::SetTeamMember { team, member: person(2), role: lead },
            Operation::RemoveTeamMember { team, member: person(1) },
            Operation::AssignResource { team, resource },
            Operation::Assign { grantee: Grantee::Team(team), integration: integration(0), gift: None },
            Operation::EditAgent { agent },
            Operation::ResumeAgent { agent },
            Operation::SetAgentRole { agent, role: None },
            Operation::CreateAgentKey { agent },
            Operation::Delegate { agent, person: person(0) },
            Operation::EndDelegation { agent, person: person(0) },
            Operation::Assign { grantee: Grantee::Agent(agent), integration: integration(0), gift: None },
        ]);
        all.extend(ResourceVerb::ALL.map(|verb| Operation::Resource { verb, resource }));
        all.extend([0, 1].map(|other| Operation::Collect { artifact: resource, collection: self::resource(other) }));
    }
    all.push(Operation::Assign { grantee: Grantee::Role(*member), integration: integration(0), gift: None });
    all.extend([Operation::ConnectClient, Operation::RegisterClients]);
    for member_of in [1, 2] {
        let who = person(member_of);
        all.extend([
            Operation::ChangeRole { member: who, role: member },
            Operation::GiveRole { member: who, role: spare },
            Operation::RemoveMember { member: who },
            Operation::EndSessions { member: who },
            Operation::SuspendMember { member: who },
            Operation::RestoreMember { member: who },
            Operation::TransferOwnership { to: who },
            Operation::EditMember { member: who, seat: false },
            Operation::CreatePersonalKey { holder: who },
        ]);
    }
    for of in [integration(0), integration(1)] {
        all.extend([
            Operation::ViewIntegration { integration: of },
            Operation::EditIntegration { integration: of },
            Operation::ConnectAccount { integration: of },
            Operation::DisconnectIntegration { integration: of },
            Operation::ReviewTool { integration: of },
        ]);
        for grantee in [Grantee::Member(person(1)), Grantee::Member(person(2)), Grantee::Key(key(3))] {
            all.push(Operation::Assign { grantee, integration: of, gift: None });
        }
    }
    for requester in [0, 1].map(|number| Subject::Member(person(number))) {
        all.push(Operation::RequestAccess { requester, acting_for: None });
    }
    for number in [0, 1] {
        all.push(Operation::DecideRequest { request: request(number), by: changes });
    }
    all.push(Operation::SendInvitation { invitation: invitation(7), offer: offer(0) });
    for invitation in [0, 1].map(invitation) {
        all.extend([
            Operation::ViewInvitation { invitation },
            Operation::EditInvitation { invitation, offer: offer(0) },
            Operation::ResendInvitation { invitation },
            Operation::ApproveInvitation { invitation },
            Operation::RevokeInvitation { invitation },
            Operation::AcceptInvitation { invitation, joins: true },
        ]);
    }
    for of in [0, 1, 3].map(key) {
        all.extend([
            Operation::ViewKey { key: of },
            Operation::RotateKey { key: of },
            Operation::RevokeKey { key: of },
        ]);
    }
    all
}

fn permit(snapshot: &Snapshot, operation: Operation<'_>) -> Option<Permit> {
    let actor = Actor::about(Subject::Member(person(0)));
    match snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now: NOW }) {
        Verdict::Allowed(permit) => Some(permit),
        Verdict::Denied(_) => None,
    }
}

/// Acts on a thing that take the same authority, of which a permit does not tell which was asked.
fn same_authority(one: Operation<'_>, other: Operation<'_>) -> bool {
    let of_key = |operation| match operation {
        Operation::RotateKey { key } | Operation::RevokeKey { key } | Operation::SetKeyRole { key, .. } => Some(key),
        _ => None,
    };
    let of_agent = |operation| match operation {
        Operation::EditAgent { agent } | Operation::ResumeAgent { agent } | Operation::CreateAgentKey { agent } => {
            Some(agent)
        }
        _ => None,
    };
    let of_delegation = |operation| match operation {
        Operation::Delegate { agent, person } | Operation::EndDelegation { agent, person } => Some((agent, person)),
        _ => None,
    };
    let of_place = |operation| match operation {
        Operation::SetTeamMember { team, member, .. } | Operation::RemoveTeamMember { team, member } => {
            Some((team, member))
        }
        _ => None,
    };
    let of_role = |operation| match operation {
        Operation::EditRole { role, .. } | Operation::DeleteRole { role, .. } => Some(*role),
        _ => None,
    };
    let of_member = |operation| match operation {
        Operation::ChangeRole { member, .. } | Operation::GiveRole { member, .. } => Some(member),
        _ => None,
    };
    let of_leaver = |operation| match operation {
        Operation::RemoveMember { member } | Operation::SuspendMember { member } => Some(member),
        _ => None,
    };
    let of_invitation = |operation| match operation {
        Operation::EditInvitation { invitation, .. }
        | Operation::ResendInvitation { invitation }
        | Operation::ApproveInvitation { invitation }
        | Operation::RevokeInvitation { invitation } => Some(invitation),
        _ => None,
    };
    // Who may end the organization may take that back; where it ends, nothing else is covered.
    let of_the_end = |operation| matches!(operation, Operation::DeleteOrganization | Operation::RestoreOrganization);
    let same_key = of_key(one).is_some_and(|of| Some(of) == of_key(other) && of != key(1));
    same_key
        || of_the_end(one) && of_the_end(other)
        || of_agent(one).is_some_and(|of| Some(of) == of_agent(other))
        || of_delegation(one).is_some_and(|of| Some(of) == of_delegation(other))
        || of_place(one).is_some_and(|of| Some(of) == of_place(other))
        || of_role(one).is_some_and(|of| Some(of) == of_role(other))
        || of_invitation(one).is_some_and(|of| Some(of) == of_invitation(other))
        || of_member(one).is_some_and(|of| Some(of) == of_member(other))
        || of_leaver(one).is_some_and(|of| Some(of) == of_leaver(other))
}

#[test]
fn accounts_end_by_whose_they_are_and_by_who_changes_the_integration() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let of = |number| integration(number);
    let ended = |at, whose: Option<u8>| {
        let (account, person) = (AccountId::from_random([1; 20]), whose.map(person));
        Event::AccountDisconnected { account, integration: at, person }
    };
    let own = permit(&snapshot, Operation::ConnectAccount { integration: of(0) }).unwrap();
    let everybodys = permit(&snapshot, Operation::EditIntegration { integration: of(0) }).unwrap();
    for (event, by_own, by_everybodys) in [
        (ended(of(0), Some(0)), true, true),
        (ended(of(0), Some(1)), false, true),
        (ended(of(0), None), false, true),
        (ended(of(1), Some(0)), false, false),
        (ended(of(1), None), false, false),
    ] {
        let covered = |permit| covers(permit, org(1), &state, &event, std::slice::from_ref(&event));
        assert_eq!((covered(&own), covered(&everybodys)), (by_own, by_everybodys), "{event:?}");
    }
}

#[test]
fn a_permit_covers_what_was_asked_and_nothing_else() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let roles = ["member", "lead", "spare"].map(role);
    let changes = [Remedy::Resume { integration: integration(0) }];
    let all = operations(roles.each_ref(), &changes);
    let mut covered = 0;
    for asked in &all {
        let Some(permit) = permit(&snapshot, *asked) else { continue };
        for other in &all {
            let expected = asked == other || same_authority(*asked, *other);
            let events = meant(*other);
            for event in &events {
                let found = covers(&permit, org(1), &state, event, &events);
                assert_eq!(found, expected, "asked {asked:?}, to commit {event:?}");
                covered += usize::from(found);
            }
        }
    }
    assert!(covered > 100, "{covered}");
}

#[test]
fn who_takes_an_offer_changes_both_roles_with_it_and_nothing_without_it() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let actor = Actor::about(Subject::Member(person(1)));
    let asked = |operation| match snapshot.evaluate(&Question {
        actor: &actor,
        action: Action::Operate(operation),
        now: NOW,
    }) {
        Verdict::Allowed(permit) => permit,
        Verdict::Denied(denial) => panic!("{denial:?}"),
    };
    let (owner, member) = (role("owner"), role("member"));
    let taken = [
        Event::OwnershipAccepted { from: person(0), to: person(1) },
        Event::MemberRoleChanged { person: person(1), from: member, to: owner },
        Event::MemberRoleChanged { person: person(0), from: owner, to: member },
        Event::KeyRevoked { key: key(1) },
    ];
    let permit = asked(Operation::AcceptOwnership);
    for event in &taken {
        assert!(covers(&permit, org(1), &state, event, &taken), "{event:?}");
        let alone = std::slice::from_ref(event);
        let is_offers = matches!(event, Event::OwnershipAccepted { .. });
        assert_eq!(covers(&permit, org(1), &state, event, alone), is_offers, "{event:?}");
    }
    let others = [
        Event::OwnershipWithdrawn { from: person(0), to: person(1) },
        Event::OwnershipAccepted { from: person(0), to: person(2) },
        Event::MemberRoleChanged { person: person(2), from: member, to: owner },
        Event::KeyRevoked { key: key(2) },
        Event::MemberRemoved { person: person(0) },
    ];
    for event in &others {
        let events: Vec<Event> = taken.iter().chain([event]).cloned().collect();
        assert!(!covers(&permit, org(1), &state, event, &events), "{event:?}");
    }
    let declined = Event::OwnershipDeclined { from: person(0), to: person(1) };
    let permit = asked(Operation::EndOwnershipOffer);
    assert!(covers(&permit, org(1), &state, &declined, std::slice::from_ref(&declined)));
}

#[test]
fn what_comes_of_another_preset_is_covered_by_the_permit_for_that_and_nothing_else_is() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let (member, lead) = (role("member"), role("lead"));
    let comes = [
        Event::PresetChanged { preset: "workjet".to_owned() },
        Event::SettingChanged(SettingChange::OwnersMax(Some(2))),
        Event::RoleDefined(defined("other")),
        Event::RoleDeleted { role: member, moved_to: role("spare") },
        Event::RoleWithdrawn { role: member },
        Event::MemberRoleChanged { person: person(1), from: member, to: role("spare") },
        Event::MemberRoleTaken { person: person(1), role: role("spare") },
        Event::TeamMemberSet { team: team(0), person: person(1), role: lead },
        Event::KeyRevoked { key: key(1) },
    ];
    let others = operations([&member, &lead, &role("spare")], &[]).into_iter().flat_map(meant).collect::<Vec<_>>();
    let asked = permit(&snapshot, Operation::ChangePreset).unwrap();
    for event in &comes {
        assert!(covers(&asked, org(1), &state, event, &comes), "{event:?}");
    }
    for event in others.iter().filter(|event| !event.comes_of_a_preset()) {
        assert!(!covers(&asked, org(1), &state, event, &others), "{event:?}");
    }
    let settings = permit(&snapshot, Operation::EditOrganization { changes: &[] }).unwrap();
    for event in comes.iter().filter(|event| !matches!(event, Event::SettingChanged(_) | Event::PresetChanged { .. })) {
        assert!(!covers(&settings, org(1), &state, event, &comes), "{event:?}");
    }
}

#[test]
fn a_permit_is_void_in_another_organization_and_after_another_change() {
    let mut state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let asked = Operation::RemoveMember { member: person(1) };
    let permit = permit(&snapshot, asked).unwrap();
    let event = Event::MemberRemoved { person: person(1) };
    let alone = std::slice::from_ref(&event);
    assert!(covers(&permit, org(1), &state, &event, alone));
    assert!(!covers(&permit, org(2), &state, &event, alone));
    state.seq += 1;
    assert!(!covers(&permit, org(1), &state, &event, alone));
}

#[test]
fn a_founding_permit_is_void_once_there_is_an_organization_and_a_call_permit_commits_nothing() {
    let founding = Permit::for_founding_an_organization(org(1));
    let event = Event::MemberAdded { person: person(0), role: role("owner") };
    let alone = std::slice::from_ref(&event);
    assert!(covers(&founding, org(1), &Organization::new(), &event, alone));
    assert!(!covers(&founding, org(2), &Organization::new(), &event, alone));
    assert!(!covers(&founding, org(1), &acme(), &event, alone));
}

#[test]
fn to_an_organization_that_ends_nothing_happens_but_that_it_is_restored() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let roles = ["member", "lead", "spare"].map(role);
    let changes = [Remedy::Resume { integration: integration(0) }];
    let all = operations(roles.each_ref(), &changes);
    // At the same number, so that nothing but the end makes these permits void.
    let ending = Organization { deletes_at: Some(Timestamp(1)), ..state.clone() };
    let operates = all.iter().filter_map(|asked| permit(&snapshot, *asked)).collect::<Vec<_>>();
    let others = [
        Permit::for_declining_an_invitation(org(1), state.seq, invitation(0)),
        Permit::for_recovering_the_top_role(org(1), state.seq, person(0)),
        Permit::for_erasing_an_ended_organization(org(1), state.seq),
    ];
    let declined = Event::InvitationDeclined { invitation: invitation(0) };
    let own_key = key_created(9, KeyKind::Personal { holder: person(0) });
    let more = [declined.clone(), own_key.clone(), Event::OrganizationDestroyed];
    let events: Vec<Event> = all.iter().flat_map(|asked| meant(*asked)).chain(more).collect();
    for event in &events {
        let alone = std::slice::from_ref(event);
        for permit in &operates {
            let found = covers(permit, org(1), &ending, event, alone);
            assert!(!found || *event == Event::OrganizationRestored, "{:?}: {event:?}", permit.act());
        }
        let [decline, recover, erase] = others.each_ref().map(|permit| covers(permit, org(1), &ending, event, alone));
        assert!(!decline, "{event:?}");
        assert_eq!(recover, *event == own_key, "{event:?}");
        assert_eq!(erase, *event == Event::OrganizationDestroyed, "{event:?}");
    }
    let restored = [Event::OrganizationRestored];
    let restores = permit(&snapshot, Operation::RestoreOrganization).unwrap();
    assert!(covers(&restores, org(1), &ending, &restored[0], &restored));
    let alone = std::slice::from_ref(&declined);
    assert!(covers(&others[0], org(1), &state, &declined, alone), "as long as it does not end");
    let destroyed = [Event::OrganizationDestroyed];
    assert!(!covers(&others[2], org(1), &state, &destroyed[0], &destroyed), "nothing is erased that does not end");
}

#[test]
fn a_first_key_goes_with_its_own_newcomer_only() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let member = role("member");
    let permit = permit(&snapshot, Operation::AddMember { role: &member }).unwrap();
    let added = Event::MemberAdded { person: person(7), role: member };
    let with = |holder| vec![added.clone(), key_created(9, KeyKind::Personal { holder })];
    let events = with(person(7));
    assert!(events.iter().all(|event| covers(&permit, org(1), &state, event, &events)));
    let events = with(person(1));
    assert!(!events.iter().all(|event| covers(&permit, org(1), &state, event, &events)));
}

#[test]
fn each_part_of_a_change_needs_a_permit_of_its_own_for_the_state_that_the_parts_before_it_lead_to() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let removed = |number| Event::MemberRemoved { person: person(number) };
    let asked =
        |snapshot: &Snapshot, number| permit(snapshot, Operation::RemoveMember { member: person(number) }).unwrap();
    let first = || Part { permit: asked(&snapshot, 1), events: vec![removed(1)] };
    let stamp = (NOW, "operator");
    let mut after = state.clone();
    fold(&mut after, &first().events, stamp);
    let later = Snapshot::compile(org(1), &after, None);

    let sound = [first(), Part { permit: asked(&later, 2), events: vec![removed(2)] }];
    let then = folded(org(1), &state, &sound, stamp).unwrap();
    assert_eq!((then.seq, then.active_member(person(2))), (state.seq + 2, None));

    let asked_too_early = Part { permit: asked(&snapshot, 2), events: vec![removed(2)] };
    assert!(folded(org(1), &state, &[first(), asked_too_early], stamp).is_err());
    let asked_as_something_else = Part { permit: asked(&later, 2), events: vec![removed(0)] };
    assert!(folded(org(1), &state, &[first(), asked_as_something_else], stamp).is_err());
    let under_the_first = Part { permit: asked(&snapshot, 1), events: vec![removed(1), removed(2)] };
    assert!(folded(org(1), &state, &[under_the_first], stamp).is_err());
}

#[test]
fn what_grants_a_request_and_the_decision_are_one_commit_or_none() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let (grantee, integration) = (Grantee::Member(person(1)), integration(0));
    let lent = Event::GrantLent {
        grantee,
        integration,
        profile: Profile::Full,
        tools_off: [].into(),
        expires_at: Timestamp(50),
    };
    let by =
        [Remedy::Grant { to: grantee, integration, profile: Profile::Full, tools_off: [].into(), expires_at: None }];
    let decide = Operation::DecideRequest { request: request(1), by: &by };
    let granted =
        |change| Event::RequestGranted { request: request(1), until: Some(Timestamp(50)), changes: vec![change] };
    let gift = || {
        let off = BTreeSet::new();
        let gift = Some(Gift { profile: Profile::Full, tools_off: &off, expires_at: Some(Timestamp(50)) });
        let permit = permit(&snapshot, Operation::Assign { grantee, integration, gift }).unwrap();
        Part { permit, events: vec![lent.clone()] }
    };
    let mut after = state.clone();
    fold(&mut after, std::slice::from_ref(&lent), (NOW, "operator"));
    let later = Snapshot::compile(org(1), &after, None);
    let decision = || Part { permit: permit(&later, decide).unwrap(), events: vec![granted(after.seq)] };
    let both = folded(org(1), &state, &[gift(), decision()], (NOW, "operator")).unwrap();
    assert!(!both.request(request(1)).unwrap().is_open() && both.loans(grantee, integration).len() == 1);
    // The decision alone rests on a state that was never reached, and the domain knows no change to name.
    assert!(folded(org(1), &state, &[decision()], (NOW, "operator")).is_err());
    let alone = domain::command::Command::GrantRequest { request: request(1), until: None, changes: vec![after.seq] };
    assert_eq!(domain::command::handle(&state, alone, NOW).unwrap_err().code, "no-changes");
    // And the right to decide gives nothing by itself.
    let smuggled = Part { permit: permit(&snapshot, decide).unwrap(), events: vec![lent, granted(state.seq + 1)] };
    assert!(folded(org(1), &state, &[smuggled], (NOW, "operator")).is_err());
}

/// Another request of person 1's: of a random byte, five bits stand in an id.
fn asks(number: u8, wanted: Wanted) -> [Event; 2] {
    let mut random = [31; 20];
    (random[0], random[1]) = (number / 32, number % 32);
    let (id, requester) = (RequestId::from_random(random), Grantee::Member(person(1)));
    let new = NewRequest { id, requester, acting_for: None, wanted, wished_ms: None };
    [Event::RequestOpened(Box::new(new)), Event::RequestWithdrawn { request: id }]
}

/// Acme, where person 1 has as many closed requests as are kept, and asks for one of each more; agent 0 asks for person 2.
fn asking() -> Organization {
    let (object, field) = (DataName::parse("salaries").unwrap(), DataName::parse("amount").unwrap());
    let fields = [(field.clone(), Field { title: "Amount".to_owned() })].into();
    let mut events = vec![
        Event::ObjectDefined(Box::new(Object { name: object.clone(), title: "Salaries".to_owned(), fields })),
        Event::ToolsApproved {
            integration: integration(0),
            tools: vec![DiscoveredTool {
                name: "get".to_owned(),
                definition: "{}".into(),
                class: ToolClass::Read,
                suggested: ToolClass::Read,
                evidence: Vec::new(),
            }],
        },
        Event::DelegationSet { agent: agent(0), person: person(2), expires_at: None },
        key_created(4, KeyKind::Agent { agent: agent(0), acting_for: Some(person(2)) }),
    ];
    events.extend((0..20).flat_map(|number| asks(number, Wanted::Use { permission: Permission::AuditRead })));
    let (integration, verb) = (integration(0), DataVerb::See);
    let wanted = [
        Wanted::CallTool { integration, tool: "get".to_owned() },
        Wanted::EditIntegration { integration },
        Wanted::Resource { verb: ResourceVerb::Edit, resource: resource(0) },
        Wanted::Data { verb, object: object.clone() },
        Wanted::Field { verb, object, field },
        Wanted::RemoveMember { person: person(2) },
        Wanted::ChangeRole { person: person(1), role: role("spare") },
        Wanted::ViewTeam { team: team(0) },
        Wanted::RotateKey { key: key(0) },
        Wanted::ViewKey { key: key(4) },
        Wanted::EditAgent { agent: agent(0) },
    ];
    events.extend((20..).zip(wanted).map(|(number, wanted)| asks(number, wanted)).map(|[opened, _]| opened));
    events.push(opened(7, Grantee::Agent(agent(0)), Some(person(2))));
    let mut state = acme();
    fold(&mut state, &events, (NOW, "operator"));
    state
}

#[test]
fn what_is_erased_with_requests_is_never_missed_and_nothing_else_is_folded_ahead() {
    let state = asking();
    let object = |name: &str| DataName::parse(name).unwrap();
    let defined_as = |name: &str| {
        let defined = Object { name: object(name), title: "Salaries".to_owned(), fields: [].into() };
        Event::ObjectDefined(Box::new(defined))
    };
    let listed = |number| Event::ToolsApproved { integration: integration(number), tools: Vec::new() };
    let refused = |number| Event::RequestRefused { request: request(number) };
    let moved_to = role("member");
    let touching = [
        Event::IntegrationDisconnected { integration: integration(0) },
        listed(0),
        Event::ResourceDestroyed { resource: resource(0) },
        defined_as("salaries"),
        Event::ObjectRemoved { object: object("salaries") },
        Event::MemberRemoved { person: person(1) },
        Event::MemberRemoved { person: person(2) },
        Event::MemberRemoved { person: person(0) },
        Event::RoleDeleted { role: role("spare"), moved_to },
        Event::TeamDeleted { team: team(0) },
        Event::KeyRevoked { key: key(0) },
        Event::KeyRevoked { key: key(4) },
        Event::AgentDeleted { agent: agent(0) },
        Event::DelegationRemoved { agent: agent(0), person: person(2) },
        refused(1),
    ];
    for event in touching {
        let mut then = state.clone();
        fold(&mut then, std::slice::from_ref(&event), (NOW, "operator"));
        assert!(!erased(org(1), [&state, &then], std::slice::from_ref(&event)).is_empty(), "{event:?} ends nothing");
        assert!(may_end_requests(&state, &event), "{event:?}");
    }
    let others = [
        Event::IntegrationDisconnected { integration: integration(1) },
        listed(1),
        Event::ResourceDestroyed { resource: resource(1) },
        defined_as("wages"),
        Event::ObjectRemoved { object: object("wages") },
        Event::RoleDeleted { role: role("lead"), moved_to },
        Event::TeamDeleted { team: team(1) },
        Event::KeyRevoked { key: key(1) },
        Event::KeyRevoked { key: key(3) },
        refused(0),
        Event::MemberRoleChanged { person: person(1), from: moved_to, to: role("admin") },
    ];
    for event in others {
        assert!(!may_end_requests(&state, &event), "{event:?}");
    }
}

#[test]
fn an_invitation_keeps_what_its_inviter_was_told_about_who_may_accept_and_nothing_else() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let permit = permit(&snapshot, Operation::ResendInvitation { invitation: invitation(0) }).unwrap();
    let resent = |asks| {
        let (inviter, digest, expires_at) = (owner(), "1".repeat(64), Timestamp(2_000));
        Event::InvitationResent { invitation: invitation(0), inviter, digest, expires_at, asks }
    };
    let covered = [AS_SET, Some(InvitedAddress::Any), None].map(|asks| {
        let event = resent(asks);
        covers(&permit, org(1), &state, &event, std::slice::from_ref(&event))
    });
    assert_eq!(covered, [true, false, false]);
}

#[test]
fn who_accepts_an_invitation_gets_what_it_offers_and_nobody_else_anything() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let accept = Operation::AcceptInvitation { invitation: invitation(1), joins: true };
    let permit = permit(&snapshot, accept).unwrap();
    let events = joined(1, person(8));
    assert!(events.iter().all(|event| covers(&permit, org(1), &state, event, &events)));
    let (grantee, other) = (Grantee::Member(person(8)), Grantee::Member(person(1)));
    let given = |grantee, of, profile| {
        let (integration, tools_off, expires_at) = (integration(of), BTreeSet::new(), None);
        Event::GrantSet { grantee, integration, profile, tools_off, expires_at }
    };
    let (lead, spare) = (role("lead"), role("spare"));
    for more in [
        Event::InvitationAccepted { invitation: invitation(0), person: person(8), inviter: Some(owner()) },
        Event::InvitationAccepted { invitation: invitation(1), person: person(8), inviter: None },
        Event::InvitationAccepted { invitation: invitation(1), person: person(9), inviter: Some(owner()) },
        Event::MemberAdded { person: person(9), role: role("member") },
        Event::MemberAdded { person: person(8), role: role("admin") },
        Event::TeamMemberSet { team: team(0), person: person(8), role: lead },
        Event::TeamMemberSet { team: team(1), person: person(8), role: spare },
        Event::TeamMemberSet { team: team(1), person: person(1), role: lead },
        given(grantee, 0, Profile::ReadOnly),
        given(grantee, 1, Profile::Full),
        given(other, 1, Profile::ReadOnly),
        Event::KeyRevoked { key: key(1) },
        key_created(9, KeyKind::Personal { holder: person(8) }),
    ] {
        let with: Vec<Event> = events.iter().cloned().chain([more.clone()]).collect();
        assert!(!covers(&permit, org(1), &state, &more, &with), "{more:?}");
    }
    // Without anybody who accepts, nobody is taken in.
    for event in &events[1..] {
        assert!(!covers(&permit, org(1), &state, event, &events[1..]), "{event:?}");
    }
    // Whoever says no says nothing else.
    let declines = Permit::for_declining_an_invitation(org(1), state.seq, invitation(1));
    let no = Event::InvitationDeclined { invitation: invitation(1) };
    assert!(covers(&declines, org(1), &state, &no, std::slice::from_ref(&no)));
    for event in [&Event::InvitationDeclined { invitation: invitation(0) }, &events[0], &events[1]] {
        assert!(!covers(&declines, org(1), &state, event, &events), "{event:?}");
    }
}

#[test]
fn a_permit_about_a_directory_group_covers_it_and_the_places_that_it_gives() {
    let mut state = acme();
    let (connection, id) = (key(20), |number: u8| GroupId::from_random([number; 20]));
    let (lead, spare) = (role("lead"), role("spare"));
    let kind = KeyKind::Directory { gives: role("member"), tends: [role("admin")].into() };
    let members_changed = |number: u8, joined: &[u8], left: &[u8]| Event::GroupMembersChanged {
        group: id(number),
        joined: joined.iter().map(|number| person(*number)).collect(),
        left: left.iter().map(|number| person(*number)).collect(),
    };
    let placed = |of: u8, who: u8, role: RoleId| Event::TeamMemberPlaced {
        team: team(of),
        person: person(who),
        role,
        connection,
    };
    let mapped =
        |number: u8, of: u8, role: RoleId| Event::GroupMapped { group: id(number), teams: [(team(of), role)].into() };
    let made = [
        key_created(20, kind),
        Event::GroupCreated { group: id(0), connection },
        Event::GroupCreated { group: id(1), connection },
        mapped(0, 0, spare),
        members_changed(0, &[2], &[]),
        placed(0, 2, spare),
    ];
    for event in &made {
        let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: person(0).to_string() };
        state.apply(&stamp, event);
    }
    let snapshot = Snapshot::compile(org(1), &state, None);
    let asked = |subject, operation| {
        let actor = Actor::about(subject);
        match snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now: NOW }) {
            Verdict::Allowed(permit) => permit,
            Verdict::Denied(denial) => panic!("{denial:?}"),
        }
    };
    let covered = |permit: &Permit, events: &[Event]| {
        events.iter().map(|event| covers(permit, org(1), &state, event, events)).collect::<Vec<bool>>()
    };
    let keeps = asked(Subject::Key(connection), Operation::KeepGroup { group: id(0), adds: true });
    let removed = |of: u8, who: u8| Event::TeamMemberRemoved { team: team(of), person: person(who) };
    assert_eq!(covered(&keeps, &[members_changed(0, &[1], &[]), placed(0, 1, spare)]), [true, true]);
    assert_eq!(covered(&keeps, &[members_changed(0, &[], &[2]), removed(0, 2)]), [true, true]);
    assert_eq!(
        covered(&keeps, &[Event::GroupEdited { group: id(0) }, Event::GroupDeleted { group: id(0) }]),
        [true; 2]
    );
    // Neither another group, nor what it does not give, nor to whom, nor what it did not give, nor the mapping.
    for event in [
        members_changed(1, &[1], &[]),
        Event::GroupDeleted { group: id(1) },
        Event::GroupCreated { group: id(0), connection },
        mapped(0, 0, spare),
        placed(0, 1, spare),
        placed(1, 2, spare),
        placed(0, 2, lead),
        Event::TeamMemberPlaced { team: team(0), person: person(2), role: spare, connection: key(1) },
        Event::TeamMemberSet { team: team(0), person: person(2), role: spare },
        removed(0, 1),
    ] {
        assert_eq!(covered(&keeps, std::slice::from_ref(&event)), [false], "{event:?}");
    }
    let teams = [(team(0), lead)].into();
    let maps = asked(Subject::Member(person(0)), Operation::MapGroup { group: id(0), teams: &teams });
    assert_eq!(covered(&maps, &[mapped(0, 0, lead), placed(0, 2, lead)]), [true, true]);
    for event in
        [mapped(1, 0, lead), members_changed(0, &[1], &[]), placed(0, 2, lead), Event::GroupDeleted { group: id(0) }]
    {
        assert_eq!(covered(&maps, std::slice::from_ref(&event)), [false], "{event:?}");
    }
}
