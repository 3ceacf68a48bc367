//! What can be asked about besides calls of tools.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::{Grantee, Profile};
use domain::id::{
    AgentId, GroupId, IntegrationId, InvitationId, KeyId, MailDomainId, PersonId, RequestId, ResourceId, TeamId,
};
use domain::invitation::Offer;
use domain::key::KeyScope;
use domain::object::{DataName, DataRules, DataVerb, Object};
use domain::organization::SettingChange;
use domain::permission::{Permission, PermissionSet};
use domain::resource::{ResourceKind, ResourceVerb, Shared};
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::question::Subject;
use crate::remedy::Remedy;

/// In which measure an integration is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gift<'q> {
    /// The tool profile.
    pub profile: Profile,
    /// Single tools switched off.
    pub tools_off: &'q BTreeSet<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Something done to the organization itself, or to what it governs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub enum Operation<'q> {
    /// See the organization's name and preset, and the settings that are for everybody.
    ViewOrganization,
    /// See all its settings, also those that say nothing about what one may do oneself.
    ViewSettings,
    /// Change its name, or these settings. A setting that gives a role, or that says who gives authority, is changed
    /// only by who could give that.
    EditOrganization { changes: &'q [SettingChange] },
    /// Confirm that who has what was reviewed.
    ConfirmReview,
    /// Set the day on which the organization ends.
    DeleteOrganization,
    /// Take the end of the organization back.
    RestoreOrganization,
    /// See the members and their roles.
    ViewMembers,
    /// Take a person in with a role.
    AddMember { role: &'q RoleId },
    /// Give a member another role.
    ChangeRole { member: PersonId, role: &'q RoleId },
    /// Change what is kept about a member: the name and, where so said, the seat. Never the role.
    EditMember { member: PersonId, seat: bool },
    /// Give a member a role beside their own, or with another end.
    GiveRole { member: PersonId, role: &'q RoleId },
    /// Take such a role away.
    TakeRole { member: PersonId, role: &'q RoleId },
    /// Go by another preset, which only holders of the top role do: it decides about everybody at once.
    ChangePreset,
    /// See the sessions in which a member comes here, and the clients that they have connected.
    ViewSessions { member: PersonId },
    /// End one of them here, or all.
    EndSessions { member: PersonId },
    /// Connect a client that acts as oneself, see those that one has connected, and disconnect them.
    ConnectClient,
    /// Make clients known by hand, so that members can connect them, and let them be known no longer.
    RegisterClients,
    /// Let a member do nothing until they are restored.
    SuspendMember { member: PersonId },
    /// End a member's suspension: to whoever has them, their roles are given once more.
    RestoreMember { member: PersonId },
    /// End a membership.
    RemoveMember { member: PersonId },
    /// See the roles.
    ViewRoles,
    /// Make a role that comes to these permissions, and to these exceptions for objects and fields where it has any.
    CreateRole { to: PermissionSet, data: Option<&'q DataRules> },
    /// Change a role, so that it comes to these permissions, and to these exceptions where they change.
    EditRole { role: &'q RoleId, to: PermissionSet, data: Option<&'q DataRules> },
    /// End a role; its members get the other one.
    DeleteRole { role: &'q RoleId, moved_to: &'q RoleId },
    /// Offer the top role to another member.
    TransferOwnership { to: PersonId },
    /// See the open offer of the top role.
    ViewOwnershipOffer,
    /// Take the top role that is offered to one.
    AcceptOwnership,
    /// Decline what is offered to one, or take the offer back.
    EndOwnershipOffer,
    /// Invite somebody to the organization; none for the role that newcomers get.
    Invite { role: Option<&'q RoleId> },
    /// See the teams that one may see.
    ViewTeams,
    /// See one team.
    ViewTeam { team: TeamId },
    /// Make a team.
    CreateTeam,
    /// Rename or end a team.
    EditTeam { team: TeamId },
    /// Put a member into a team, or give them another role there.
    SetTeamMember { team: TeamId, member: PersonId, role: &'q RoleId },
    /// Take somebody out of a team.
    RemoveTeamMember { team: TeamId, member: PersonId },
    /// Invite somebody to a team.
    InviteToTeam { team: TeamId },
    /// Give a resource to a team, or take it away.
    AssignResource { team: TeamId, resource: ResourceId },
    /// See one integration, and that it exists.
    ViewIntegration { integration: IntegrationId },
    /// Connect an integration.
    ConnectIntegration,
    /// Connect one's own account at an integration's upstream, see it, and use it no longer.
    ConnectAccount { integration: IntegrationId },
    /// Change, pause or refresh an integration.
    EditIntegration { integration: IntegrationId },
    /// End an integration.
    DisconnectIntegration { integration: IntegrationId },
    /// Decide a tool's class or switch it for everyone.
    ReviewTool { integration: IntegrationId },
    /// Give an integration in this measure, or take it away where none is said.
    Assign { grantee: Grantee, integration: IntegrationId, gift: Option<Gift<'q>> },
    /// Create a personal key for a person.
    CreatePersonalKey { holder: PersonId },
    /// Create a workspace key.
    CreateWorkspaceKey { role: Option<&'q RoleId>, scope: KeyScope },
    /// Connect a company directory, which gives one role and looks after others besides.
    ConnectDirectory { gives: &'q RoleId, tends: &'q BTreeSet<RoleId> },
    /// Have a new group of a company directory, as the directory's connection.
    CreateGroup { group: GroupId },
    /// Rename such a group, drop it, or let people leave it; where `adds`, let people join it.
    KeepGroup { group: GroupId, adds: bool },
    /// Say which places in teams such a group gives.
    MapGroup { group: GroupId, teams: &'q BTreeMap<TeamId, RoleId> },
    /// Give a workspace key another role, or none.
    SetKeyRole { key: KeyId, role: Option<&'q RoleId> },
    /// See the agents.
    ViewAgents,
    /// Make an agent.
    CreateAgent { role: Option<&'q RoleId> },
    /// Change or end an agent.
    EditAgent { agent: AgentId },
    /// Change an agent so that one that stands still may work again.
    ResumeAgent { agent: AgentId },
    /// Give an agent another role, or none.
    SetAgentRole { agent: AgentId, role: Option<&'q RoleId> },
    /// Create a key of an agent.
    CreateAgentKey { agent: AgentId },
    /// Let an agent act for a person, who decides that alone.
    Delegate { agent: AgentId, person: PersonId },
    /// Let it no longer.
    EndDelegation { agent: AgentId, person: PersonId },
    /// Make a resource; for whom is said where it is somebody else.
    CreateResource { kind: ResourceKind, owner: PersonId },
    /// Do something with a resource.
    Resource { verb: ResourceVerb, resource: ResourceId },
    /// Put an artifact into a collection, or take it out.
    Collect { artifact: ResourceId, collection: ResourceId },
    /// Read what holds for all resources of a kind.
    ViewKind { kind: ResourceKind },
    /// Change what holds for all resources of a kind.
    ConfigureKind { kind: ResourceKind },
    /// Share a resource with somebody to this level, until this end.
    ShareResource { resource: ResourceId, with: Grantee, level: Shared, expires_at: Option<Timestamp> },
    /// Do something with the records of an object.
    Data { verb: DataVerb, object: &'q DataName },
    /// See or change the value of a field.
    Field { verb: DataVerb, object: &'q DataName, field: &'q DataName },
    /// Change what objects and fields there are: which object, and what it comes to; none where it is governed no longer.
    /// What roles are denied about what goes is lifted with it.
    EditDataModel { object: Option<&'q DataName>, to: Option<&'q Object> },
    /// Use what a permission gives for the organization as a whole.
    Use { permission: Permission },
    /// See a key of the list.
    ViewKey { key: KeyId },
    /// Give a key a new secret.
    RotateKey { key: KeyId },
    /// End a key.
    RevokeKey { key: KeyId },
    /// Ask for access, or take back what one asked for: a subject itself, or the person for whom it acted.
    RequestAccess { requester: Subject, acting_for: Option<PersonId> },
    /// Grant or refuse an access request that these changes would satisfy: whoever could make them by hand.
    DecideRequest { request: RequestId, by: &'q [Remedy] },
    /// Send somebody a new invitation.
    SendInvitation { invitation: InvitationId, offer: &'q Offer },
    /// See an open invitation.
    ViewInvitation { invitation: InvitationId },
    /// Let an invitation offer this, in one's own name.
    EditInvitation { invitation: InvitationId, offer: &'q Offer },
    /// Send an invitation again, in one's own name.
    ResendInvitation { invitation: InvitationId },
    /// Agree to an invitation that waits for it.
    ApproveInvitation { invitation: InvitationId },
    /// Take an invitation back.
    RevokeInvitation { invitation: InvitationId },
    /// Let somebody have what an invitation offers, asked about its inviter; whether they become a member by it.
    AcceptInvitation { invitation: InvitationId, joins: bool },
    /// Claim mail domains, verify, close and remove them.
    EditMailDomains,
    /// Open a mail domain to people, who get this.
    OpenMailDomain { domain: MailDomainId, offer: &'q Offer },
    /// Let somebody in who signed in with an address at a mail domain, asked about whoever opened it.
    JoinByDomain { domain: MailDomainId },
    /// Say yes to whoever asks to join.
    ApproveJoin { person: PersonId },
    /// Say no to whoever asks to join.
    DeclineJoin { person: PersonId },
    /// See why somebody may or may not do something.
    Explain { subject: Subject },
    /// Read the record of somebody's calls and changes, or everyone's.
    ReadAudit { subject: Option<Subject> },
}

impl Operation<'_> {
    /// The word for it in records of attempts that were denied.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    pub fn code(self) -> &'static str {
        match self {
            Operation::ViewOrganization => "organization.view",
            Operation::ViewSettings => "settings.view",
            Operation::EditOrganization { .. } => "organization.edit",
            Operation::ConfirmReview => "access.review",
            Operation::DeleteOrganization => "organization.delete",
            Operation::RestoreOrganization => "organization.restore",
            Operation::ViewMembers => "member.view",
            Operation::AddMember { .. } => "member.add",
            Operation::ChangeRole { .. } => "member.change_role",
            Operation::EditMember { .. } => "member.edit",
            Operation::GiveRole { .. } => "member.give_role",
            Operation::TakeRole { .. } => "member.take_role",
            Operation::ViewSessions { .. } => "member.view_sessions",
            Operation::EndSessions { .. } => "member.end_sessions",
            Operation::ConnectClient => "client.connect",
            Operation::RegisterClients => "client.register",
            Operation::ChangePreset => "organization.change_preset",
            Operation::SuspendMember { .. } => "member.suspend",
            Operation::RestoreMember { .. } => "member.restore",
            Operation::RemoveMember { .. } => "member.remove",
            Operation::ViewRoles => "role.view",
            Operation::CreateRole { .. } => "role.create",
            Operation::EditRole { .. } => "role.edit",
            Operation::DeleteRole { .. } => "role.delete",
            Operation::TransferOwnership { .. } => "organization.transfer",
            Operation::ViewOwnershipOffer => "offer.view",
            Operation::AcceptOwnership => "offer.accept",
            Operation::EndOwnershipOffer => "offer.end",
            Operation::Invite { .. } => "member.invite",
            Operation::ViewTeams | Operation::ViewTeam { .. } => "team.view",
            Operation::CreateTeam => "team.create",
            Operation::EditTeam { .. } => "team.edit",
            Operation::SetTeamMember { .. } => "team.set_member",
            Operation::RemoveTeamMember { .. } => "team.remove_member",
            Operation::InviteToTeam { .. } => "team.invite",
            Operation::AssignResource { .. } => "team.assign",
            Operation::ViewIntegration { .. } => "integration.view",
            Operation::ConnectAccount { .. } => "account.connect",
            Operation::ConnectIntegration => "integration.connect",
            Operation::EditIntegration { .. } => "integration.edit",
            Operation::DisconnectIntegration { .. } => "integration.disconnect",
            Operation::ReviewTool { .. } => "tool.review",
            Operation::Assign { .. } => "grant.assign",
            Operation::CreatePersonalKey { .. } => "key.create_personal",
            Operation::CreateWorkspaceKey { .. } => "key.create_workspace",
            Operation::ConnectDirectory { .. } => "directory.connect",
            Operation::CreateGroup { .. } | Operation::KeepGroup { .. } => "group.keep",
            Operation::MapGroup { .. } => "group.map",
            Operation::SetKeyRole { .. } => "key.set_role",
            Operation::ViewAgents => "agent.view",
            Operation::CreateAgent { .. } => "agent.create",
            Operation::EditAgent { .. } => "agent.edit",
            Operation::ResumeAgent { .. } => "agent.resume",
            Operation::SetAgentRole { .. } => "agent.set_role",
            Operation::CreateAgentKey { .. } => "key.create_agent",
            Operation::Delegate { .. } => "delegation.set",
            Operation::EndDelegation { .. } => "delegation.remove",
            Operation::CreateResource { kind, .. } => kind.permission(ResourceVerb::Create).entry().id,
            Operation::Resource { verb, .. } => verb.as_str(),
            Operation::Collect { .. } => "artifact.collect",
            Operation::ViewKind { .. } => "kind.view",
            Operation::ConfigureKind { .. } => "resource.configure",
            Operation::ShareResource { .. } => ResourceVerb::Share.as_str(),
            Operation::Data { verb, .. } => verb.permission().entry().id,
            Operation::Field { .. } => "data.field",
            Operation::EditDataModel { .. } => "data_model.edit",
            Operation::Use { permission } => permission.entry().id,
            Operation::ViewKey { .. } => "key.view",
            Operation::RotateKey { .. } => "key.rotate",
            Operation::RevokeKey { .. } => "key.revoke",
            Operation::RequestAccess { .. } => "request.open",
            Operation::DecideRequest { .. } => "request.decide",
            Operation::SendInvitation { .. } => "invitation.send",
            Operation::ViewInvitation { .. } => "invitation.view",
            Operation::EditInvitation { .. } => "invitation.edit",
            Operation::ResendInvitation { .. } => "invitation.resend",
            Operation::ApproveInvitation { .. } => "invitation.approve",
            Operation::RevokeInvitation { .. } => "invitation.revoke",
            Operation::AcceptInvitation { .. } => "invitation.accept",
            Operation::EditMailDomains => "mail_domain.edit",
            Operation::OpenMailDomain { .. } => "mail_domain.open",
            Operation::JoinByDomain { .. } => "mail_domain.join",
            Operation::ApproveJoin { .. } => "join.approve",
            Operation::DeclineJoin { .. } => "join.decline",
            Operation::Explain { .. } => "access.explain",
            Operation::ReadAudit { .. } => "audit.read",
        }
    }

    /// Whether it is left, while the organization ends, to those who may end it: they look at what ends, and take it back.
    pub(crate) fn is_left_at_the_end(self) -> bool {
        matches!(
            self,
            Operation::RestoreOrganization
                | Operation::ViewOrganization
                | Operation::ViewSettings
                | Operation::ViewMembers
                | Operation::ViewRoles
                | Operation::ViewTeams
                | Operation::ViewTeam { .. }
                | Operation::ViewAgents
                | Operation::ViewKey { .. }
                | Operation::Explain { .. }
                | Operation::ReadAudit { .. }
                // Advice, which says that it ends.
                | Operation::Use { permission: Permission::AccessExplain }
        )
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn only_looks(self) -> bool {
        matches!(
            self,
            Operation::ViewOrganization
                | Operation::ViewOwnershipOffer
                | Operation::ViewSettings
                | Operation::ViewMembers
                | Operation::ViewRoles
                | Operation::ViewTeams
                | Operation::ViewTeam { .. }
                | Operation::ViewAgents
                | Operation::ViewSessions { .. }
                | Operation::ViewIntegration { .. }
                | Operation::Resource { verb: ResourceVerb::View, .. }
                | Operation::ViewKind { .. }
                | Operation::Data { .. }
                | Operation::Field { .. }
                | Operation::Use { .. }
                | Operation::Invite { .. }
                | Operation::InviteToTeam { .. }
                | Operation::ViewInvitation { .. }
                | Operation::ViewKey { .. }
                | Operation::Explain { .. }
                | Operation::ReadAudit { .. }
        )
    }
}
