//! Everything that can happen to an organization, and how it is written in the journal.
//!
//! An event is stored as JSON: its type, its version and its data. Old versions are brought up to date on
//! reading ([`decode`]) and never rewritten. `tests/golden/` keeps a sample of every version ever written.

mod codec;
mod permissions;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::agent::AgentEdit;
use crate::grant::{Grantee, Profile};
use crate::id::{
    AccountId, AgentId, ClientId, GroupId, IntegrationId, InvitationId, KeyId, MailDomainId, PersonId, RegistrationId,
    RequestId, ResourceId, SessionId, TeamId,
};
use crate::integration::{DiscoveredTool, Found, Integration, IntegrationEdit, ToolClass};
use crate::invitation::{Inviter, NewInvitation, Offer};
use crate::key::KeyKind;
use crate::mail_domain::{MailDomainName, Opening};
use crate::member::MemberDetail;
use crate::object::{DataName, Object};
use crate::organization::{InvitedAddress, SettingChange, Settings};
use crate::request::NewRequest;
use crate::resource::{Features, NewResource, ResourceEdit, ResourceKind, Shared};
use crate::role::{Role, RoleId};
use crate::time::Timestamp;

pub use codec::{UnreadableEvent, decode, encode};
pub(crate) use codec::{decode_versioned, encode_versioned};

/// Something that happened to an organization and changed who may do what.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are named after what they hold, and documented at their types")]
pub enum Event {
    /// The organization began.
    #[serde(rename = "organization.created")]
    OrganizationCreated { name: String, preset: String, settings: Settings },
    /// It has another name.
    #[serde(rename = "organization.renamed")]
    OrganizationRenamed { name: String },
    /// It ends at this moment, unless it is restored before.
    #[serde(rename = "organization.deletion_set")]
    OrganizationDeletionSet { deletes_at: Timestamp },
    /// It does not end.
    #[serde(rename = "organization.restored")]
    OrganizationRestored,
    /// It has ended, and what named people in it was erased.
    #[serde(rename = "organization.destroyed")]
    OrganizationDestroyed,
    /// A setting has another value.
    #[serde(rename = "setting.changed")]
    SettingChanged(SettingChange),
    /// Somebody went through who has what, in the state after the change of this number, and found it right.
    #[serde(rename = "access.reviewed")]
    AccessReviewed { of_seq: u64 },
    /// It goes by another preset from now on; what that came to follows.
    #[serde(rename = "organization.preset_changed")]
    PresetChanged { preset: String },
    /// A role exists, or means something else from now on.
    #[serde(rename = "role.defined")]
    RoleDefined(Role),
    /// A role ended; its members have the other one, its keys and agents none.
    #[serde(rename = "role.deleted")]
    RoleDeleted { role: RoleId, moved_to: RoleId },
    /// Keys and agents that had a role have none, and do nothing until they are given one.
    #[serde(rename = "role.withdrawn")]
    RoleWithdrawn { role: RoleId },
    /// A person became a member.
    #[serde(rename = "member.added")]
    MemberAdded { person: PersonId, role: RoleId },
    /// A member has another role.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged { person: PersonId, from: RoleId, to: RoleId },
    /// Details of a member changed; to what, stands beside the stream.
    #[serde(rename = "member.edited")]
    MemberEdited { person: PersonId, details: BTreeSet<MemberDetail> },
    /// A member has a role beside their own, or has it with another end.
    #[serde(rename = "member.role_given")]
    MemberRoleGiven { person: PersonId, role: RoleId, expires_at: Option<Timestamp> },
    /// A member has a role beside their own no longer.
    #[serde(rename = "member.role_taken")]
    MemberRoleTaken { person: PersonId, role: RoleId },
    /// A member stands still, with everything of theirs, until they are restored.
    #[serde(rename = "member.suspended")]
    MemberSuspended { person: PersonId },
    /// A suspended member is here again with everything that they have.
    #[serde(rename = "member.restored")]
    MemberRestored { person: PersonId },
    /// The top role was offered to a member; whoever offers it takes another one then.
    #[serde(rename = "ownership.offered")]
    OwnershipOffered { from: PersonId, to: PersonId, own_role: RoleId, expires_at: Timestamp },
    /// The heir took it; the changes of role follow.
    #[serde(rename = "ownership.accepted")]
    OwnershipAccepted { from: PersonId, to: PersonId },
    /// The heir declined it.
    #[serde(rename = "ownership.declined")]
    OwnershipDeclined { from: PersonId, to: PersonId },
    /// The offer was taken back.
    #[serde(rename = "ownership.withdrawn")]
    OwnershipWithdrawn { from: PersonId, to: PersonId },
    /// A membership ended, and with it every grant and personal key of the person.
    #[serde(rename = "member.removed")]
    MemberRemoved { person: PersonId },
    /// A session of a member opens this organization no longer; it would have ended by itself at `until`.
    #[serde(rename = "session.ended")]
    SessionEnded { person: PersonId, session: SessionId, until: Timestamp },
    /// No session that a member has opens this organization any longer.
    #[serde(rename = "sessions.ended")]
    SessionsEnded { person: PersonId },
    /// A person let a client act as themselves, as far as a profile reaches. Of the time before there were such, it reached
    /// as far as they did themselves.
    #[serde(rename = "client.connected")]
    ClientConnected {
        client: ClientId,
        person: PersonId,
        #[serde(default = "of_before_profiles")]
        profile: Profile,
    },
    /// A client of a person lets nobody in any more.
    #[serde(rename = "client.disconnected")]
    ClientDisconnected { client: ClientId, person: PersonId },
    /// An account at an integration's upstream is used for a person's calls, or for everybody's.
    #[serde(rename = "account.connected")]
    AccountConnected { account: AccountId, integration: IntegrationId, person: Option<PersonId> },
    /// It is used no longer.
    #[serde(rename = "account.disconnected")]
    AccountDisconnected { account: AccountId, integration: IntegrationId, person: Option<PersonId> },
    /// A client was made known by hand, so that members can connect it.
    #[serde(rename = "client.registered")]
    ClientRegistered { registration: RegistrationId },
    /// A client that was made known by hand is known no longer.
    #[serde(rename = "client.unregistered")]
    ClientUnregistered { registration: RegistrationId },
    /// An upstream was connected, its tools follow.
    #[serde(rename = "integration.connected")]
    IntegrationConnected(Box<Integration>),
    /// Name, purpose, pause or credential of an integration changed.
    #[serde(rename = "integration.edited")]
    IntegrationEdited { integration: IntegrationId, edit: IntegrationEdit },
    /// An integration ended, and with it every grant of it.
    #[serde(rename = "integration.disconnected")]
    IntegrationDisconnected { integration: IntegrationId },
    /// These are the integration's tools from now on.
    #[serde(rename = "tools.approved")]
    ToolsApproved { integration: IntegrationId, tools: Vec<DiscoveredTool> },
    /// This is what the integration's upstream lists otherwise than it was approved, from now on.
    #[serde(rename = "tools.found")]
    ToolsFound { integration: IntegrationId, found: BTreeMap<String, Found> },
    /// A person approved what was found of these tools, each as they saw it.
    #[serde(rename = "tools.accepted")]
    ToolsAccepted { integration: IntegrationId, seen: BTreeMap<String, String> },
    /// A person decided a tool's class.
    #[serde(rename = "tool.classified")]
    ToolClassified { integration: IntegrationId, tool: String, class: ToolClass },
    /// A tool was switched off or on for everyone.
    #[serde(rename = "tool.switched")]
    ToolSwitched { integration: IntegrationId, tool: String, off: bool },
    /// An integration was given, or given in another measure.
    #[serde(rename = "grant.set")]
    GrantSet {
        grantee: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Option<Timestamp>,
    },
    /// An integration was taken away.
    #[serde(rename = "grant.removed")]
    GrantRemoved { grantee: Grantee, integration: IntegrationId },
    /// An integration was given for a time, beside what was given already.
    #[serde(rename = "grant.lent")]
    GrantLent {
        grantee: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Timestamp,
    },
    /// A key was created.
    #[serde(rename = "key.created")]
    KeyCreated { key: KeyId, kind: KeyKind, digest: String, hint: String, expires_at: Option<Timestamp> },
    /// A key has a new secret, the old one is void.
    #[serde(rename = "key.rotated")]
    KeyRotated { key: KeyId, digest: String, hint: String },
    /// A key ended.
    #[serde(rename = "key.revoked")]
    KeyRevoked { key: KeyId },
    /// A workspace key has another role, or none.
    #[serde(rename = "key.role_changed")]
    KeyRoleChanged { key: KeyId, role: Option<RoleId> },
    /// A team began.
    #[serde(rename = "team.created")]
    TeamCreated { team: TeamId, title: String },
    /// A team has another name.
    #[serde(rename = "team.renamed")]
    TeamRenamed { team: TeamId, title: String },
    /// A team ended, and with it everything that was given to it.
    #[serde(rename = "team.deleted")]
    TeamDeleted { team: TeamId },
    /// Somebody is in a team, in this role.
    #[serde(rename = "team.member_set")]
    TeamMemberSet { team: TeamId, person: PersonId, role: RoleId },
    /// Somebody left a team.
    #[serde(rename = "team.member_removed")]
    TeamMemberRemoved { team: TeamId, person: PersonId },
    /// Somebody is in a team, in this role, by the groups of a company directory.
    #[serde(rename = "team.member_placed")]
    TeamMemberPlaced { team: TeamId, person: PersonId, role: RoleId, connection: KeyId },
    /// A company directory has a group, with nobody in it yet. What it is called stands beside the stream.
    #[serde(rename = "group.created")]
    GroupCreated { group: GroupId, connection: KeyId },
    /// The directory calls the group something else.
    #[serde(rename = "group.edited")]
    GroupEdited { group: GroupId },
    /// People joined the group and left it; what they got and lost by it follows.
    #[serde(rename = "group.members_changed")]
    GroupMembersChanged { group: GroupId, joined: BTreeSet<PersonId>, left: BTreeSet<PersonId> },
    /// The group gives places in these teams from now on; what came of it follows.
    #[serde(rename = "group.mapped")]
    GroupMapped { group: GroupId, teams: BTreeMap<TeamId, RoleId> },
    /// The directory has the group no longer; what people lost by it came before.
    #[serde(rename = "group.deleted")]
    GroupDeleted { group: GroupId },
    /// An agent began.
    #[serde(rename = "agent.created")]
    AgentCreated {
        agent: AgentId,
        title: String,
        sponsor: PersonId,
        role: Option<RoleId>,
        expires_at: Option<Timestamp>,
    },
    /// Name, sponsor or suspension of an agent changed.
    #[serde(rename = "agent.edited")]
    AgentEdited { agent: AgentId, edit: AgentEdit },
    /// An agent has another role, or none.
    #[serde(rename = "agent.role_changed")]
    AgentRoleChanged { agent: AgentId, role: Option<RoleId> },
    /// An agent ended, and with it its keys and everything that was given to it.
    #[serde(rename = "agent.deleted")]
    AgentDeleted { agent: AgentId },
    /// A person lets an agent act for them.
    #[serde(rename = "delegation.set")]
    DelegationSet { agent: AgentId, person: PersonId, expires_at: Option<Timestamp> },
    /// An agent acts for a person no longer.
    #[serde(rename = "delegation.removed")]
    DelegationRemoved { agent: AgentId, person: PersonId },
    /// A resource was made.
    #[serde(rename = "resource.registered")]
    ResourceRegistered(Box<NewResource>),
    /// Name or tier of a resource changed.
    #[serde(rename = "resource.edited")]
    ResourceEdited { resource: ResourceId, edit: ResourceEdit },
    /// A resource has another owner.
    #[serde(rename = "resource.handed_over")]
    ResourceHandedOver { resource: ResourceId, owner: PersonId },
    /// A resource was shared with somebody, or in another measure.
    #[serde(rename = "resource.shared")]
    ResourceShared { resource: ResourceId, with: Grantee, level: Shared, expires_at: Option<Timestamp> },
    /// A resource is shared with somebody no longer.
    #[serde(rename = "resource.unshared")]
    ResourceUnshared { resource: ResourceId, with: Grantee },
    /// A team has a resource.
    #[serde(rename = "resource.assigned")]
    ResourceAssigned { resource: ResourceId, team: TeamId },
    /// A team has a resource no longer.
    #[serde(rename = "resource.unassigned")]
    ResourceUnassigned { resource: ResourceId, team: TeamId },
    /// An artifact is in a collection.
    #[serde(rename = "artifact.collected")]
    ArtifactCollected { artifact: ResourceId, collection: ResourceId },
    /// An artifact is in a collection no longer.
    #[serde(rename = "artifact.uncollected")]
    ArtifactUncollected { artifact: ResourceId, collection: ResourceId },
    /// A resource was deleted, and can be restored.
    #[serde(rename = "resource.deleted")]
    ResourceDeleted { resource: ResourceId },
    /// A deleted resource is back.
    #[serde(rename = "resource.restored")]
    ResourceRestored { resource: ResourceId },
    /// A resource is gone for good.
    #[serde(rename = "resource.destroyed")]
    ResourceDestroyed { resource: ResourceId },
    /// Something else holds for all resources of a kind.
    #[serde(rename = "kind.configured")]
    KindConfigured { kind: ResourceKind, settings: Features },
    /// An object is governed, or means something else from now on.
    #[serde(rename = "object.defined")]
    ObjectDefined(Box<Object>),
    /// An object is governed no longer.
    #[serde(rename = "object.removed")]
    ObjectRemoved { object: DataName },
    /// Somebody asked for access.
    #[serde(rename = "request.opened")]
    RequestOpened(Box<NewRequest>),
    /// They took it back.
    #[serde(rename = "request.withdrawn")]
    RequestWithdrawn { request: RequestId },
    /// They got what they asked for, by changes of these numbers.
    #[serde(rename = "request.granted")]
    RequestGranted { request: RequestId, until: Option<Timestamp>, changes: Vec<u64> },
    /// They did not.
    #[serde(rename = "request.refused")]
    RequestRefused { request: RequestId },
    /// Somebody was invited. For whom it is, stands beside the stream.
    #[serde(rename = "invitation.sent")]
    InvitationSent(Box<NewInvitation>),
    /// Somebody who may add people agreed, and the invitation has this link.
    #[serde(rename = "invitation.approved")]
    InvitationApproved {
        invitation: InvitationId,
        digest: String,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asks: Option<InvitedAddress>,
    },
    /// It offers something else, in this inviter's name. Where it waits for approval, its link is void.
    #[serde(rename = "invitation.edited")]
    InvitationEdited {
        invitation: InvitationId,
        inviter: Inviter,
        offer: Box<Offer>,
        awaits: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asks: Option<InvitedAddress>,
    },
    /// It has another link and end, in this inviter's name; the link before is void.
    #[serde(rename = "invitation.resent")]
    InvitationResent {
        invitation: InvitationId,
        inviter: Inviter,
        digest: String,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asks: Option<InvitedAddress>,
    },
    /// It was taken back.
    #[serde(rename = "invitation.revoked")]
    InvitationRevoked { invitation: InvitationId },
    /// Whoever had its link said no.
    #[serde(rename = "invitation.declined")]
    InvitationDeclined { invitation: InvitationId },
    /// Somebody accepted it; what they got follows.
    #[serde(rename = "invitation.accepted")]
    InvitationAccepted {
        invitation: InvitationId,
        person: PersonId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inviter: Option<Inviter>,
    },
    /// The organization says that a mail domain is its own, and is to show it by a record with this token.
    #[serde(rename = "mail_domain.claimed")]
    MailDomainClaimed { domain: MailDomainId, name: MailDomainName, token: String },
    /// The record was there.
    #[serde(rename = "mail_domain.verified")]
    MailDomainVerified { domain: MailDomainId },
    /// The record is gone, and the domain lets nobody in any more.
    #[serde(rename = "mail_domain.lapsed")]
    MailDomainLapsed { domain: MailDomainId },
    /// The domain is open to people in another way, or is off.
    #[serde(rename = "mail_domain.changed")]
    MailDomainChanged { domain: MailDomainId, opening: Option<Box<Opening>> },
    /// The organization says it no longer.
    #[serde(rename = "mail_domain.removed")]
    MailDomainRemoved { domain: MailDomainId },
    /// Somebody with an address at a domain asked to join.
    #[serde(rename = "join.requested")]
    JoinRequested { domain: MailDomainId, person: PersonId, until: Timestamp },
    /// Somebody who may add people said no.
    #[serde(rename = "join.declined")]
    JoinDeclined { domain: MailDomainId, person: PersonId },
    /// Somebody who may add people said yes; what they got follows.
    #[serde(rename = "join.approved")]
    JoinApproved { domain: MailDomainId, person: PersonId },
    /// Somebody joined by signing in with an address at a domain; what they got follows.
    #[serde(rename = "join.by_domain")]
    JoinedByDomain { domain: MailDomainId, person: PersonId },
}

impl Event {
    /// The event's type as it stands in the journal.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub fn name(&self) -> &'static str {
        match self {
            Event::OrganizationCreated { .. } => "organization.created",
            Event::OrganizationRenamed { .. } => "organization.renamed",
            Event::OrganizationDeletionSet { .. } => "organization.deletion_set",
            Event::OrganizationRestored => "organization.restored",
            Event::OrganizationDestroyed => "organization.destroyed",
            Event::SettingChanged(_) => "setting.changed",
            Event::AccessReviewed { .. } => "access.reviewed",
            Event::PresetChanged { .. } => "organization.preset_changed",
            Event::RoleDefined(_) => "role.defined",
            Event::RoleDeleted { .. } => "role.deleted",
            Event::RoleWithdrawn { .. } => "role.withdrawn",
            Event::MemberAdded { .. } => "member.added",
            Event::MemberRoleChanged { .. } => "member.role_changed",
            Event::MemberEdited { .. } => "member.edited",
            Event::MemberRoleGiven { .. } => "member.role_given",
            Event::MemberRoleTaken { .. } => "member.role_taken",
            Event::SessionEnded { .. } => "session.ended",
            Event::SessionsEnded { .. } => "sessions.ended",
            Event::ClientConnected { .. } => "client.connected",
            Event::ClientDisconnected { .. } => "client.disconnected",
            Event::AccountConnected { .. } => "account.connected",
            Event::AccountDisconnected { .. } => "account.disconnected",
            Event::ClientRegistered { .. } => "client.registered",
            Event::ClientUnregistered { .. } => "client.unregistered",
            Event::MemberSuspended { .. } => "member.suspended",
            Event::MemberRestored { .. } => "member.restored",
            Event::OwnershipOffered { .. } => "ownership.offered",
            Event::OwnershipAccepted { .. } => "ownership.accepted",
            Event::OwnershipDeclined { .. } => "ownership.declined",
            Event::OwnershipWithdrawn { .. } => "ownership.withdrawn",
            Event::MemberRemoved { .. } => "member.removed",
            Event::IntegrationConnected(_) => "integration.connected",
            Event::IntegrationEdited { .. } => "integration.edited",
            Event::IntegrationDisconnected { .. } => "integration.disconnected",
            Event::ToolsApproved { .. } => "tools.approved",
            Event::ToolsFound { .. } => "tools.found",
            Event::ToolsAccepted { .. } => "tools.accepted",
            Event::ToolClassified { .. } => "tool.classified",
            Event::ToolSwitched { .. } => "tool.switched",
            Event::GrantSet { .. } => "grant.set",
            Event::GrantRemoved { .. } => "grant.removed",
            Event::GrantLent { .. } => "grant.lent",
            Event::KeyCreated { .. } => "key.created",
            Event::KeyRotated { .. } => "key.rotated",
            Event::KeyRevoked { .. } => "key.revoked",
            Event::KeyRoleChanged { .. } => "key.role_changed",
            Event::TeamCreated { .. } => "team.created",
            Event::TeamRenamed { .. } => "team.renamed",
            Event::TeamDeleted { .. } => "team.deleted",
            Event::TeamMemberSet { .. } => "team.member_set",
            Event::TeamMemberRemoved { .. } => "team.member_removed",
            Event::TeamMemberPlaced { .. } => "team.member_placed",
            Event::GroupCreated { .. } => "group.created",
            Event::GroupEdited { .. } => "group.edited",
            Event::GroupMembersChanged { .. } => "group.members_changed",
            Event::GroupMapped { .. } => "group.mapped",
            Event::GroupDeleted { .. } => "group.deleted",
            Event::AgentCreated { .. } => "agent.created",
            Event::AgentEdited { .. } => "agent.edited",
            Event::AgentRoleChanged { .. } => "agent.role_changed",
            Event::AgentDeleted { .. } => "agent.deleted",
            Event::DelegationSet { .. } => "delegation.set",
            Event::DelegationRemoved { .. } => "delegation.removed",
            Event::ResourceRegistered(_) => "resource.registered",
            Event::ResourceEdited { .. } => "resource.edited",
            Event::ResourceHandedOver { .. } => "resource.handed_over",
            Event::ResourceShared { .. } => "resource.shared",
            Event::ResourceUnshared { .. } => "resource.unshared",
            Event::ResourceAssigned { .. } => "resource.assigned",
            Event::ResourceUnassigned { .. } => "resource.unassigned",
            Event::ArtifactCollected { .. } => "artifact.collected",
            Event::ArtifactUncollected { .. } => "artifact.uncollected",
            Event::ResourceDeleted { .. } => "resource.deleted",
            Event::ResourceRestored { .. } => "resource.restored",
            Event::ResourceDestroyed { .. } => "resource.destroyed",
            Event::KindConfigured { .. } => "kind.configured",
            Event::ObjectDefined(_) => "object.defined",
            Event::ObjectRemoved { .. } => "object.removed",
            Event::RequestOpened(_) => "request.opened",
            Event::RequestWithdrawn { .. } => "request.withdrawn",
            Event::RequestGranted { .. } => "request.granted",
            Event::RequestRefused { .. } => "request.refused",
            Event::InvitationSent(_) => "invitation.sent",
            Event::InvitationApproved { .. } => "invitation.approved",
            Event::InvitationEdited { .. } => "invitation.edited",
            Event::InvitationResent { .. } => "invitation.resent",
            Event::InvitationRevoked { .. } => "invitation.revoked",
            Event::InvitationDeclined { .. } => "invitation.declined",
            Event::InvitationAccepted { .. } => "invitation.accepted",
            Event::MailDomainClaimed { .. } => "mail_domain.claimed",
            Event::MailDomainVerified { .. } => "mail_domain.verified",
            Event::MailDomainLapsed { .. } => "mail_domain.lapsed",
            Event::MailDomainChanged { .. } => "mail_domain.changed",
            Event::MailDomainRemoved { .. } => "mail_domain.removed",
            Event::JoinRequested { .. } => "join.requested",
            Event::JoinDeclined { .. } => "join.declined",
            Event::JoinApproved { .. } => "join.approved",
            Event::JoinedByDomain { .. } => "join.by_domain",
        }
    }

    /// Whether it changes resources, or who has them.
    #[must_use]
    pub fn changes_resources(&self) -> bool {
        matches!(
            self,
            Event::MemberRemoved { .. }
                | Event::TeamDeleted { .. }
                | Event::AgentDeleted { .. }
                | Event::ResourceRegistered(_)
                | Event::ResourceEdited { .. }
                | Event::ResourceHandedOver { .. }
                | Event::ResourceShared { .. }
                | Event::ResourceUnshared { .. }
                | Event::ResourceAssigned { .. }
                | Event::ResourceUnassigned { .. }
                | Event::ArtifactCollected { .. }
                | Event::ArtifactUncollected { .. }
                | Event::ResourceDeleted { .. }
                | Event::ResourceRestored { .. }
                | Event::ResourceDestroyed { .. }
        )
    }

    /// Whether it changes invitations, or what they offer.
    #[must_use]
    pub fn changes_invitations(&self) -> bool {
        matches!(
            self,
            Event::RoleDeleted { .. }
                | Event::TeamDeleted { .. }
                | Event::IntegrationDisconnected { .. }
                | Event::InvitationSent(_)
                | Event::InvitationApproved { .. }
                | Event::InvitationEdited { .. }
                | Event::InvitationResent { .. }
                | Event::InvitationRevoked { .. }
                | Event::InvitationDeclined { .. }
                | Event::InvitationAccepted { .. }
        )
    }

    /// Whether it changes mail domains, what they give, or who asks to join by them.
    #[must_use]
    pub fn changes_mail_domains(&self) -> bool {
        matches!(
            self,
            Event::RoleDeleted { .. }
                | Event::TeamDeleted { .. }
                | Event::MemberAdded { .. }
                | Event::MailDomainClaimed { .. }
                | Event::MailDomainVerified { .. }
                | Event::MailDomainLapsed { .. }
                | Event::MailDomainChanged { .. }
                | Event::MailDomainRemoved { .. }
                | Event::JoinRequested { .. }
                | Event::JoinDeclined { .. }
                | Event::JoinApproved { .. }
                | Event::JoinedByDomain { .. }
        )
    }

    /// Whether it changes directory groups, or what they give. Who is in one is read from the state.
    #[must_use]
    pub fn changes_groups(&self) -> bool {
        matches!(
            self,
            Event::RoleDeleted { .. }
                | Event::RoleWithdrawn { .. }
                | Event::KeyRevoked { .. }
                | Event::TeamDeleted { .. }
                | Event::GroupCreated { .. }
                | Event::GroupMapped { .. }
                | Event::GroupDeleted { .. }
        )
    }

    /// Whether it changes integrations or tools.
    #[must_use]
    pub fn changes_tools(&self) -> bool {
        matches!(
            self,
            Event::IntegrationConnected(_)
                | Event::IntegrationEdited { .. }
                | Event::IntegrationDisconnected { .. }
                | Event::ToolsApproved { .. }
                | Event::ToolsFound { .. }
                | Event::ToolsAccepted { .. }
                | Event::ToolClassified { .. }
                | Event::ToolSwitched { .. }
        )
    }
}

/// How far a client reached that was connected before that could be chosen.
fn of_before_profiles() -> Profile {
    Profile::Full
}
