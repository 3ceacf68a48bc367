//! Everything that may be asked of an organization, and the one function that answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::account;
use crate::agent::{self, AgentEdit};
use crate::client;
use crate::event::Event;
use crate::grant::{self, Grantee, Profile};
use crate::group::{self, Except};
use crate::id::{
    AccountId, AgentId, ClientId, GroupId, IntegrationId, InvitationId, KeyId, MailDomainId, PersonId, RegistrationId,
    RequestId, ResourceId, SessionId, TeamId,
};
use crate::integration::{self, Integration, IntegrationEdit, Listed, ToolClass};
use crate::invitation::{self, Closing, Inviter, NewInvitation, Offer};
use crate::key::{self, KeyKind};
use crate::mail_domain::{self, MailDomainName, Opening};
use crate::member::{self, MemberDetail};
use crate::object::{self, DataName, Object};
use crate::organization::{self, Organization, SettingChange};
use crate::preset::Preset;
use crate::refusal::Refusal;
use crate::request::{self, NewRequest};
use crate::resource::{self, Ending, Features, NewResource, ResourceEdit, ResourceKind, Shared};
use crate::role::{self, NewRole, RoleEdit, RoleId};
use crate::team;
use crate::time::Timestamp;

/// Something asked of an organization. Ids and secrets' digests were made outside: nothing here is random.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the fields are named after what they hold, and documented at their types")]
pub enum Command {
    /// Begin, with this person in the preset's top role.
    CreateOrganization { name: String, preset: Box<Preset>, owner: PersonId },
    /// Change the name and settings, all or none.
    ChangeSettings { name: Option<String>, changes: Vec<SettingChange> },
    /// Confirm that who has what was reviewed, in the state after the change of this number.
    ConfirmReview { of_seq: u64 },
    /// Go by another preset: its settings, and its roles in the place of those that came with the present one, which
    /// are `seeded`; `moved` says for some of these which role their members get.
    ChangePreset { preset: Box<Preset>, seeded: BTreeSet<RoleId>, moved: BTreeMap<RoleId, RoleId> },
    /// Set the day on which the organization ends.
    DeleteOrganization,
    /// Take its end back.
    RestoreOrganization,
    /// Erase what is left of it, once its day has come.
    DestroyOrganization,
    /// Take a person in.
    AddMember { person: PersonId, role: RoleId },
    /// Take a person in and issue a first personal key, both or neither.
    AddMemberWithKey {
        person: PersonId,
        role: RoleId,
        key: KeyId,
        digest: String,
        hint: String,
        expires_at: Option<Timestamp>,
    },
    /// Give a member another role.
    ChangeMemberRole { person: PersonId, role: RoleId },
    /// Change what is kept about a member.
    EditMember { person: PersonId, details: BTreeSet<MemberDetail> },
    /// Give a member a role beside their own, or with another end.
    GiveMemberRole { person: PersonId, role: RoleId, expires_at: Option<Timestamp> },
    /// Take a role from a member that they have beside their own.
    TakeMemberRole { person: PersonId, role: RoleId },
    /// End a session of a member here, which would end by itself at `until`.
    EndSession { person: PersonId, session: SessionId, until: Timestamp },
    /// End all sessions of a member here.
    EndSessions { person: PersonId },
    /// Let a member do nothing until they are restored; whether a company directory says so.
    SuspendMember { person: PersonId, by_directory: bool },
    /// End a member's suspension.
    RestoreMember { person: PersonId },
    /// End a membership.
    RemoveMember { person: PersonId },
    /// Connect a client as a person, as far as a profile reaches; those of theirs that let nobody in any more end.
    ConnectClient { client: ClientId, person: PersonId, profile: Profile, over: BTreeSet<ClientId> },
    /// Let these clients of a person act as them no longer.
    DisconnectClients { person: PersonId, clients: BTreeSet<ClientId> },
    /// Connect an account at an integration's upstream, a person's or everybody's.
    ConnectAccount { account: AccountId, integration: IntegrationId, person: Option<PersonId> },
    /// Use an account no longer.
    DisconnectAccount { account: AccountId, integration: IntegrationId },
    /// Make a client known by hand, so that members can connect it.
    RegisterClient { registration: RegistrationId },
    /// Let such a client be known no longer; these are connected by it, and end.
    UnregisterClient { registration: RegistrationId, connected: BTreeSet<ClientId> },
    /// Connect an upstream with the tools it listed.
    ConnectIntegration { integration: Box<Integration>, listed: Listed },
    /// Change an integration.
    EditIntegration { integration: IntegrationId, edit: IntegrationEdit },
    /// Compare what the upstream lists with what is approved. Where nothing ever was, what it lists to somebody who signed in
    /// there is approved with the first look of a person at it.
    RefreshTools { integration: IntegrationId, listed: Listed, first: bool },
    /// Approve what an upstream lists otherwise, each tool as it was seen.
    ApproveTools { integration: IntegrationId, seen: BTreeMap<String, String> },
    /// End an integration.
    DisconnectIntegration { integration: IntegrationId },
    /// Decide a tool's class, or switch it off or on for everyone.
    ReviewTool { integration: IntegrationId, tool: String, class: Option<ToolClass>, off: Option<bool> },
    /// Give an integration, or give it in another measure.
    SetGrant {
        grantee: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Option<Timestamp>,
    },
    /// Take an integration away.
    RemoveGrant { grantee: Grantee, integration: IntegrationId },
    /// Give an integration for a time, beside what is given already.
    LendGrant {
        grantee: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Timestamp,
    },
    /// Create a key.
    CreateKey { key: KeyId, kind: KeyKind, digest: String, hint: String, expires_at: Option<Timestamp> },
    /// Create a personal key for somebody else, who has none.
    IssueKey { key: KeyId, holder: PersonId, digest: String, hint: String, expires_at: Option<Timestamp> },
    /// Give a key a new secret.
    RotateKey { key: KeyId, digest: String, hint: String },
    /// End a key.
    RevokeKey { key: KeyId },
    /// Give a workspace key another role, or none.
    SetKeyRole { key: KeyId, role: Option<RoleId> },
    /// Offer the top role to another member; whoever holds it takes the other one then.
    OfferOwnership { from: PersonId, to: PersonId, own_role: RoleId },
    /// Take the top role that is offered.
    AcceptOwnership { heir: PersonId },
    /// Decline the offer, as the heir, or take it back.
    EndOwnershipOffer { by: PersonId },
    /// Make a role.
    CreateRole(Box<NewRole>),
    /// Make a role as a copy of another.
    CloneRole { of: RoleId, id: RoleId, title: String },
    /// Change what a role is.
    EditRole { role: RoleId, edit: Box<RoleEdit> },
    /// End a role; `default` becomes the default role, which its members get.
    DeleteRole { role: RoleId, default: Option<RoleId> },
    /// Make a team.
    CreateTeam { team: TeamId, title: String },
    /// Rename a team.
    RenameTeam { team: TeamId, title: String },
    /// End a team.
    DeleteTeam { team: TeamId },
    /// Put a member into a team, or give them another role there.
    SetTeamMember { team: TeamId, person: PersonId, role: Option<RoleId> },
    /// Take a member out of a team.
    RemoveTeamMember { team: TeamId, person: PersonId },
    /// Have a group of a company directory, with nobody in it yet.
    CreateGroup { group: GroupId, connection: KeyId },
    /// Let people join and leave it; whether what it is called changes as well; and to whom nothing is given by it.
    ChangeGroup {
        group: GroupId,
        joined: BTreeSet<PersonId>,
        left: BTreeSet<PersonId>,
        edited: bool,
        except: Box<Except>,
    },
    /// Let it give these places in teams.
    MapGroup { group: GroupId, teams: BTreeMap<TeamId, RoleId>, except: Box<Except> },
    /// Drop it, and take away what it gave.
    DeleteGroup { group: GroupId, except: Box<Except> },
    /// Make an agent.
    CreateAgent {
        agent: AgentId,
        title: String,
        sponsor: PersonId,
        role: Option<RoleId>,
        expires_at: Option<Timestamp>,
    },
    /// Change an agent.
    EditAgent { agent: AgentId, edit: AgentEdit },
    /// Give an agent another role, or none.
    SetAgentRole { agent: AgentId, role: Option<RoleId> },
    /// End an agent.
    DeleteAgent { agent: AgentId },
    /// Let an agent act for a person.
    Delegate { agent: AgentId, person: PersonId, expires_at: Option<Timestamp> },
    /// Let it no longer.
    EndDelegation { agent: AgentId, person: PersonId },
    /// Make a resource.
    RegisterResource(NewResource),
    /// Change a resource.
    EditResource { resource: ResourceId, edit: ResourceEdit },
    /// Give a resource another owner.
    HandOverResource { resource: ResourceId, owner: PersonId },
    /// Share a resource with a member or an agent, or in another measure.
    ShareResource { resource: ResourceId, with: Grantee, level: Shared, expires_at: Option<Timestamp> },
    /// Share it no longer.
    UnshareResource { resource: ResourceId, with: Grantee },
    /// Give a resource to a team.
    AssignResource { resource: ResourceId, team: TeamId },
    /// Take it from a team.
    UnassignResource { resource: ResourceId, team: TeamId },
    /// Put an artifact into a collection.
    CollectArtifact { artifact: ResourceId, collection: ResourceId },
    /// Take it out again.
    UncollectArtifact { artifact: ResourceId, collection: ResourceId },
    /// Delete a resource, or destroy a deleted one.
    EndResource { resource: ResourceId, ending: Ending },
    /// Bring a deleted resource back.
    RestoreResource { resource: ResourceId },
    /// Change what holds for all resources of a kind.
    ConfigureKind { kind: ResourceKind, settings: Features },
    /// Govern an object, or change what it is.
    DefineObject(Box<Object>),
    /// Govern it no longer.
    RemoveObject { object: DataName },
    /// Ask for access.
    OpenRequest(NewRequest),
    /// Take back what one asked for.
    WithdrawRequest { request: RequestId },
    /// Say that a request is granted, by changes of these numbers that were made for it.
    GrantRequest { request: RequestId, until: Option<Timestamp>, changes: Vec<u64> },
    /// Refuse a request.
    RefuseRequest { request: RequestId },
    /// Invite somebody.
    SendInvitation(Box<NewInvitation>),
    /// Offer something else, in this inviter's name; whether that waits for approval.
    EditInvitation { invitation: InvitationId, inviter: Inviter, offer: Box<Offer>, awaits: bool },
    /// Give an invitation another link and end, in this inviter's name; whether that waits for approval.
    ResendInvitation { invitation: InvitationId, inviter: Inviter, awaits: bool, digest: String, expires_at: Timestamp },
    /// Agree to an invitation that waits for it, and give it a link.
    ApproveInvitation { invitation: InvitationId, digest: String, expires_at: Timestamp },
    /// Close an invitation that nobody accepts.
    CloseInvitation { invitation: InvitationId, how: Closing },
    /// Accept an invitation as this person.
    AcceptInvitation { invitation: InvitationId, person: PersonId },
    /// Say that a mail domain is the organization's own.
    ClaimMailDomain { domain: MailDomainId, name: MailDomainName, token: String },
    /// Say that its record was there.
    VerifyMailDomain { domain: MailDomainId },
    /// Say that its record is gone.
    LapseMailDomain { domain: MailDomainId },
    /// Open a mail domain to people in this way, or close it.
    OpenMailDomain { domain: MailDomainId, opening: Option<Box<Opening>> },
    /// Say no longer that a mail domain is the organization's own.
    RemoveMailDomain { domain: MailDomainId },
    /// Ask to join by a mail domain.
    AskToJoin { domain: MailDomainId, person: PersonId },
    /// Say no to whoever asks to join.
    DeclineJoin { person: PersonId },
    /// Say yes to whoever asks to join.
    ApproveJoin { person: PersonId },
    /// Join by a mail domain as this person.
    JoinByDomain { domain: MailDomainId, person: PersonId },
}

/// Answers a command with the events it leads to, none where everything is so already.
///
/// # Errors
/// A [`Refusal`] where a rule of the domain is broken; nothing has happened then.
pub fn handle(state: &Organization, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let events = events_of(state, command, now)?;
    key::somebody_at_the_top_keeps_one(state, &events, now)?;
    Ok(events)
}

#[expect(clippy::too_many_lines, reason = "one arm for each command")]
fn events_of(state: &Organization, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::CreateOrganization { name, preset, owner } => organization::create(state, &name, &preset, owner),
        Command::ChangeSettings { name, changes } => organization::change_settings(state, name, changes, now),
        Command::ConfirmReview { of_seq } => organization::confirm_review(state, of_seq),
        Command::ChangePreset { preset, seeded, moved } => {
            organization::change_preset(state, &preset, (&seeded, &moved), now)
        }
        Command::DeleteOrganization => organization::set_deletion(state, now),
        Command::RestoreOrganization => organization::restore(state, now),
        Command::DestroyOrganization => organization::destroy(state, now),
        Command::AddMember { person, role } => member::add(state, person, role),
        Command::AddMemberWithKey { person, role, key, digest, hint, expires_at } => {
            member::add_with_key(state, (person, role, key), (digest, hint), expires_at, now)
        }
        Command::ChangeMemberRole { person, role } => member::change_role(state, person, role),
        Command::EditMember { person, details } => member::edit(state, person, details),
        Command::GiveMemberRole { person, role, expires_at } => {
            member::give_role(state, (person, role), expires_at, now)
        }
        Command::TakeMemberRole { person, role } => member::take_role(state, person, role),
        Command::EndSession { person, session, until } => member::end_session(state, (person, session), until, now),
        Command::EndSessions { person } => member::end_sessions(state, person, now),
        Command::SuspendMember { person, by_directory } => member::suspend(state, person, by_directory),
        Command::RestoreMember { person } => member::restore(state, person),
        Command::RemoveMember { person } => member::remove(state, person),
        Command::ConnectClient { client, person, profile, over } => {
            client::connect(state, (client, person), profile, &over)
        }
        Command::DisconnectClients { person, clients } => Ok(client::disconnect(state, person, &clients)),
        Command::ConnectAccount { account, integration, person } => {
            account::connect(state, account, (integration, person))
        }
        Command::DisconnectAccount { account, integration } => Ok(account::disconnect(state, account, integration)),
        Command::RegisterClient { registration } => client::register(state, registration),
        Command::UnregisterClient { registration, connected } => client::unregister(state, registration, &connected),
        Command::ConnectIntegration { integration, listed } => integration::connect(state, &integration, listed),
        Command::EditIntegration { integration, edit } => integration::edit(state, integration, edit),
        Command::RefreshTools { integration, listed, first } => integration::refresh(state, integration, listed, first),
        Command::ApproveTools { integration, seen } => integration::approve(state, integration, &seen),
        Command::DisconnectIntegration { integration } => integration::disconnect(state, integration),
        Command::ReviewTool { integration, tool, class, off } => {
            integration::review_tool(state, (integration, &tool), class, off)
        }
        Command::SetGrant { grantee, integration, profile, tools_off, expires_at } => {
            grant::set(state, (grantee, integration), (profile, tools_off), expires_at, now)
        }
        Command::RemoveGrant { grantee, integration } => grant::remove(state, grantee, integration, now),
        Command::LendGrant { grantee, integration, profile, tools_off, expires_at } => {
            grant::lend(state, (grantee, integration), (profile, tools_off), expires_at, now)
        }
        Command::CreateKey { key, kind, digest, hint, expires_at } => {
            key::create(state, (key, kind), (digest, hint), expires_at, now)
        }
        Command::IssueKey { key, holder, digest, hint, expires_at } => {
            key::issue(state, (key, holder), (digest, hint), expires_at, now)
        }
        Command::RotateKey { key, digest, hint } => key::rotate(state, key, (digest, hint), now),
        Command::RevokeKey { key } => key::revoke(state, key),
        Command::SetKeyRole { key, role } => key::set_role(state, key, role),
        Command::OfferOwnership { from, to, own_role } => member::offer(state, (from, own_role), to, now),
        Command::AcceptOwnership { heir } => member::accept(state, heir, now),
        Command::EndOwnershipOffer { by } => member::end_offer(state, by, now),
        Command::CreateRole(new) => role::create(state, *new),
        Command::CloneRole { of, id, title } => role::clone(state, of, (id, title)),
        Command::EditRole { role, edit } => role::edit(state, role, *edit, now),
        Command::DeleteRole { role, default } => role::delete(state, role, default, now),
        Command::CreateTeam { team, title } => team::create(state, team, title),
        Command::RenameTeam { team, title } => team::rename(state, team, title),
        Command::DeleteTeam { team } => team::delete(state, team),
        Command::SetTeamMember { team, person, role } => team::set_member(state, team, person, role),
        Command::RemoveTeamMember { team, person } => team::remove_member(state, team, person),
        Command::CreateGroup { group, connection } => group::create(state, group, connection),
        Command::ChangeGroup { group, joined, left, edited, except } => {
            group::change(state, group, (joined, left), edited, &except)
        }
        Command::MapGroup { group, teams, except } => group::map(state, group, teams, &except),
        Command::DeleteGroup { group, except } => group::delete(state, group, &except),
        Command::CreateAgent { agent, title, sponsor, role, expires_at } => {
            agent::create(state, (agent, title), (sponsor, role), expires_at, now)
        }
        Command::EditAgent { agent, edit } => agent::edit(state, agent, edit),
        Command::SetAgentRole { agent, role } => agent::set_role(state, agent, role),
        Command::DeleteAgent { agent } => agent::delete(state, agent),
        Command::Delegate { agent, person, expires_at } => agent::delegate(state, (agent, person), expires_at, now),
        Command::EndDelegation { agent, person } => agent::end_delegation(state, agent, person),
        Command::RegisterResource(new) => resource::register(state, new),
        Command::EditResource { resource, edit } => resource::edit(state, resource, edit),
        Command::HandOverResource { resource, owner } => resource::hand_over(state, resource, owner),
        Command::ShareResource { resource, with, level, expires_at } => {
            resource::share(state, (resource, with), level, expires_at, now)
        }
        Command::UnshareResource { resource, with } => resource::unshare(state, resource, with),
        Command::AssignResource { resource, team } => resource::assign(state, resource, team),
        Command::UnassignResource { resource, team } => resource::unassign(state, resource, team),
        Command::CollectArtifact { artifact, collection } => resource::collect(state, artifact, collection),
        Command::UncollectArtifact { artifact, collection } => resource::uncollect(state, artifact, collection),
        Command::EndResource { resource, ending } => resource::end(state, resource, ending),
        Command::RestoreResource { resource } => resource::restore(state, resource),
        Command::ConfigureKind { kind, settings } => resource::configure(state, kind, settings),
        Command::DefineObject(object) => object::define(state, *object),
        Command::RemoveObject { object } => object::remove(state, &object),
        Command::OpenRequest(new) => request::open(state, new),
        Command::WithdrawRequest { request } => request::withdraw(state, request),
        Command::GrantRequest { request, until, changes } => request::grant(state, request, until, changes, now),
        Command::RefuseRequest { request } => request::refuse(state, request),
        Command::SendInvitation(new) => invitation::send(state, *new, now),
        Command::EditInvitation { invitation, inviter, offer, awaits } => {
            invitation::edit(state, invitation, (inviter, awaits), *offer, now)
        }
        Command::ResendInvitation { invitation, inviter, awaits, digest, expires_at } => {
            invitation::resend(state, invitation, (inviter, awaits), (digest, expires_at), now)
        }
        Command::ApproveInvitation { invitation, digest, expires_at } => {
            invitation::approve(state, invitation, (digest, expires_at), now)
        }
        Command::CloseInvitation { invitation, how } => invitation::close(state, invitation, how),
        Command::AcceptInvitation { invitation, person } => invitation::accept(state, invitation, person, now),
        Command::ClaimMailDomain { domain, name, token } => mail_domain::claim(state, domain, name, token),
        Command::VerifyMailDomain { domain } => mail_domain::verify(state, domain),
        Command::LapseMailDomain { domain } => mail_domain::lapse(state, domain),
        Command::OpenMailDomain { domain, opening } => {
            mail_domain::open(state, domain, opening.map(|opening| *opening), now)
        }
        Command::RemoveMailDomain { domain } => mail_domain::remove(state, domain),
        Command::AskToJoin { domain, person } => mail_domain::ask(state, (domain, person), now),
        Command::DeclineJoin { person } => mail_domain::decline(state, person, now),
        Command::ApproveJoin { person } => mail_domain::approve(state, person, now),
        Command::JoinByDomain { domain, person } => mail_domain::join(state, (domain, person), now),
    }
}
