//! Everything that is asked about besides calls of tools: the organization itself, its people, roles and keys.
//!
//! Teams, resources and governed data are in files of their own.

use domain::grant::Grantee;
use domain::id::{IntegrationId, KeyId, PersonId};
use domain::key::KeyScope;
use domain::permission::{Permission, PermissionSet, Scope};
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::ceiling::{added, as_far_as_held, at_least_as_high, beyond};
use crate::data::Says;
use crate::evaluate::{Answer, hidden, holds, lacks, own, shown};
use crate::operation::Operation;
use crate::permit::{Act, Target};
use crate::question::{Denial, Reason, Subject};
use crate::requests::request_access;
use crate::snapshot::{RoleEntry, Snapshot, SubjectEntry};

impl Snapshot {
    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    pub(crate) fn operate(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        if let Some(tends) = &entry.tends {
            return self.operate_as_directory((entry, tends), operation, now);
        }
        let holds = |permission, target| holds(entry, permission, target);
        match operation {
            Operation::ViewOrganization => match holds(Permission::OrganizationView, Target::Organization) {
                // Who calls tools here may know where they are.
                Err(_) if !matches!(entry.subject, Subject::Member(_)) => {
                    own(Permission::OrganizationView, Target::Organization)
                }
                answer => answer,
            },
            // Settings are read by whoever changes them.
            Operation::ViewSettings => holds(Permission::OrganizationEdit, Target::Organization),
            Operation::EditOrganization { changes } => {
                let answer = holds(Permission::OrganizationEdit, Target::Organization)?;
                self.may_change_settings(entry, changes, now)?;
                Ok(answer)
            }
            Operation::TransferOwnership { to } => {
                let answer = holds(Permission::OrganizationTransfer, Target::Member(to))?;
                self.is_member(to, now)?;
                self.is_an_owner(entry)?;
                Ok(answer)
            }
            Operation::ViewOwnershipOffer | Operation::AcceptOwnership | Operation::EndOwnershipOffer => {
                self.touch_offer(entry, operation, now)
            }
            Operation::ChangePreset => {
                let answer = holds(Permission::OrganizationEdit, Target::Preset)?;
                self.is_an_owner(entry)?;
                Ok(answer)
            }
            Operation::DeleteOrganization | Operation::RestoreOrganization => {
                holds(Permission::OrganizationDelete, Target::Organization)
            }
            // To say that access is right one must see who has it.
            Operation::ConfirmReview => holds(Permission::AccessExplain, Target::Organization),
            Operation::ViewMembers => holds(Permission::MemberView, Target::Organization),
            Operation::AddMember { role } => {
                let answer = holds(Permission::MemberAdd, Target::Organization)?;
                self.may_let_in(entry, role)?;
                Ok(answer)
            }
            Operation::Invite { role } => self.invite(entry, role),
            Operation::ChangeRole { member, role } | Operation::GiveRole { member, role } => {
                let answer = holds(Permission::RoleAssign, Target::Member(member))?;
                self.not_above(entry, Subject::Member(member), now)?;
                self.may_give_role(entry, Some(role))?;
                Ok(answer)
            }
            Operation::EditMember { member, seat } => {
                let target = Target::Member(member);
                // One's own name is one's own; a seat is what the organization pays for.
                if entry.subject == Subject::Member(member) && !seat {
                    return own(Permission::MemberEdit, target);
                }
                // Names and seats give nothing and take nothing, so that nobody's authority is compared.
                let answer = holds(Permission::MemberEdit, target)?;
                self.is_member(member, now)?;
                Ok(answer)
            }
            Operation::TakeRole { member, .. } => {
                let answer = holds(Permission::RoleAssign, Target::Member(member))?;
                self.not_above(entry, Subject::Member(member), now)?;
                Ok(answer)
            }
            // A session is a credential as a key is; who is above one keeps theirs.
            Operation::ViewSessions { member } | Operation::EndSessions { member } => {
                let answer = holds(Permission::KeyIssue, Target::SessionsOf(member))?;
                self.not_above(entry, Subject::Member(member), now)?;
                Ok(answer)
            }
            // What acts as somebody gets no more than they have, and is theirs to have.
            Operation::ConnectClient => match entry.subject {
                Subject::Member(person) => own(Permission::OrganizationView, Target::ClientsOf(person)),
                Subject::Key(_) | Subject::Agent(_) => Err(hidden(Reason::NoSuchTarget)),
            },
            // Which clients are known is how people sign in to them. It connects none: each person is asked.
            Operation::RegisterClients => holds(Permission::SecurityEdit, Target::RegisteredClients),
            Operation::RemoveMember { member } | Operation::SuspendMember { member } => {
                let answer = holds(Permission::MemberRemove, Target::Member(member))?;
                self.not_above(entry, Subject::Member(member), now)?;
                Ok(answer)
            }
            Operation::RestoreMember { member } => self.restore(entry, member, now),
            Operation::ViewRoles => holds(Permission::RoleView, Target::Organization),
            Operation::CreateRole { to, data } => {
                let answer = holds(Permission::RoleEdit, Target::Organization)?;
                self.may_define(entry, to)?;
                self.may_open(entry, None, Says { set: to, data, top: false })?;
                Ok(answer)
            }
            Operation::EditRole { role, to, data } => {
                let answer = holds(Permission::RoleEdit, Target::Role(*role))?;
                let known = self.role_by_id(*role);
                let from = known.map_or(PermissionSet::EMPTY, |entry| entry.role.set());
                let far = |set| known.map_or(set, |known| as_far_as_held(&known.role, set));
                at_least_as_high(entry.permissions, far(from))?;
                self.may_define(entry, far(added(from, to)))?;
                let (now, top) = (known.map(RoleEntry::says), known.is_some_and(|known| known.role.top));
                let data = data.or(known.map(|known| &known.role.data));
                self.may_open(entry, now, Says { set: to, data, top })?;
                Ok(answer)
            }
            Operation::DeleteRole { role, moved_to } => {
                let answer = holds(Permission::RoleEdit, Target::Role(*role))?;
                if let Some(ended) = self.role_by_id(*role) {
                    at_least_as_high(entry.permissions, as_far_as_held(&ended.role, ended.set))?;
                }
                if let Some(heir) = self.role_by_id(*moved_to) {
                    self.may_give(entry, as_far_as_held(&heir.role, heir.set))?;
                    self.may_pass_on(entry, heir)?;
                }
                Ok(answer)
            }
            Operation::ViewTeams
            | Operation::ViewTeam { .. }
            | Operation::CreateTeam
            | Operation::EditTeam { .. }
            | Operation::SetTeamMember { .. }
            | Operation::RemoveTeamMember { .. }
            | Operation::InviteToTeam { .. }
            | Operation::AssignResource { .. } => self.operate_on_teams(entry, operation, now),
            Operation::ViewIntegration { integration } => self.view_integration(entry, integration, now),
            // An account gives no right: it is used where its person may call.
            Operation::ConnectAccount { integration } => match entry.subject {
                Subject::Member(person) => {
                    self.view_integration(entry, integration, now)?;
                    own(Permission::IntegrationView, Target::Account(person, integration))
                }
                Subject::Key(_) | Subject::Agent(_) => Err(hidden(Reason::NoSuchTarget)),
            },
            Operation::ConnectIntegration => holds(Permission::IntegrationConnect, Target::Organization),
            Operation::EditIntegration { integration } => {
                self.view_integration(entry, integration, now)?;
                holds(Permission::IntegrationEdit, Target::Integration(integration))
            }
            Operation::DisconnectIntegration { integration } => {
                self.view_integration(entry, integration, now)?;
                holds(Permission::IntegrationDisconnect, Target::Integration(integration))
            }
            Operation::ReviewTool { integration } => {
                self.view_integration(entry, integration, now)?;
                holds(Permission::ToolReview, Target::Integration(integration))
            }
            Operation::Assign { grantee, integration, gift } => {
                let answer = self.assign(entry, (grantee, integration), now)?;
                gift.map_or(Ok(()), |gift| self.may_give_of(entry, (grantee, integration), gift, now))?;
                Ok(answer)
            }
            Operation::CreatePersonalKey { .. }
            | Operation::CreateWorkspaceKey { .. }
            | Operation::SetKeyRole { .. }
            | Operation::CreateAgentKey { .. }
            | Operation::ConnectDirectory { .. }
            | Operation::ViewKey { .. }
            | Operation::RevokeKey { .. }
            | Operation::RotateKey { .. } => self.operate_on_keys(entry, operation, now),
            Operation::MapGroup { group, teams } => self.map_group(entry, (group, teams), now),
            Operation::CreateGroup { .. } | Operation::KeepGroup { .. } => Err(hidden(Reason::NoSuchTarget)),
            Operation::ViewAgents
            | Operation::CreateAgent { .. }
            | Operation::EditAgent { .. }
            | Operation::ResumeAgent { .. }
            | Operation::SetAgentRole { .. }
            | Operation::Delegate { .. }
            | Operation::EndDelegation { .. } => self.operate_on_agents(entry, operation, now),
            Operation::CreateResource { kind, owner } => self.create_resource(entry, kind, owner, now),
            Operation::Resource { verb, resource } => self.touch_resource(entry, verb, resource, now),
            Operation::Collect { artifact, collection } => self.collect(entry, (artifact, collection), now),
            Operation::ViewKind { kind } => self.view_kind(entry, kind),
            Operation::ConfigureKind { kind } => holds(Permission::ResourceConfigure, Target::Kind(kind)),
            Operation::ShareResource { resource, with, level, expires_at } => {
                self.share_resource(entry, (resource, with), (level, expires_at), now)
            }
            Operation::Data { verb, object } => self.touch_object(entry, verb, object),
            Operation::Field { verb, object, field } => self.touch_field(entry, verb, (object, field)),
            Operation::EditDataModel { object, to } => {
                let answer = holds(Permission::DataModelEdit, Target::DataModel)?;
                object.map_or(Ok(()), |object| self.may_lift(entry, object, to))?;
                Ok(answer)
            }
            Operation::Use { permission: Permission::UsageView } => {
                match holds(Permission::UsageView, Target::Organization) {
                    Err(_) if entry.permissions.scope(Permission::UsageView) == Some(Scope::Own) => {
                        own(Permission::UsageView, Target::Organization)
                    }
                    answer => answer,
                }
            }
            Operation::Use { permission } => holds(permission, Target::Organization),
            Operation::Explain { subject } | Operation::ReadAudit { subject: Some(subject) }
                if subject == entry.subject =>
            {
                own(Permission::OrganizationView, Target::Organization)
            }
            Operation::RequestAccess { requester, acting_for } => request_access(entry, (requester, acting_for)),
            Operation::DecideRequest { request, by } => self.decide_request(entry, (request, by), now),
            Operation::SendInvitation { .. }
            | Operation::ViewInvitation { .. }
            | Operation::EditInvitation { .. }
            | Operation::ResendInvitation { .. }
            | Operation::ApproveInvitation { .. }
            | Operation::RevokeInvitation { .. }
            | Operation::AcceptInvitation { .. } => self.operate_on_invitations(entry, operation),
            Operation::EditMailDomains
            | Operation::OpenMailDomain { .. }
            | Operation::JoinByDomain { .. }
            | Operation::ApproveJoin { .. }
            | Operation::DeclineJoin { .. } => self.operate_on_mail_domains(entry, operation, now),
            Operation::Explain { .. } => holds(Permission::AccessExplain, Target::Organization),
            Operation::ReadAudit { .. } => holds(Permission::AuditRead, Target::Organization),
        }
    }

    /// Whether somebody may give a newcomer this role, and with it the place in the team of newcomers. Another role than
    /// that of newcomers is given by who assigns roles: else whoever adds people has it by a second account.
    pub(crate) fn may_let_in(&self, entry: &SubjectEntry, role: &RoleId) -> Result<(), Denial> {
        let settings = &self.settings;
        self.may_assign_role(entry, Some(role).filter(|role| **role != settings.join_default_role))?;
        self.may_give_role(entry, Some(role))?;
        let Some((team, role)) = settings.join_default_team.zip(settings.join_default_team_role) else { return Ok(()) };
        self.may_give_in_team(entry, team, self.set_of_role(role))
    }

    /// Who may give an integration away need not use it, and gives to nobody above them.
    fn assign(&self, entry: &SubjectEntry, (grantee, integration): (Grantee, IntegrationId), now: Timestamp) -> Answer {
        let target = Target::Grant(grantee, integration);
        match grantee {
            Grantee::Key(key) => {
                let answer = holds(entry, Permission::KeyManageWorkspace, target)?;
                self.not_above(entry, Subject::Key(key), now)?;
                Ok(answer)
            }
            Grantee::Member(member) => {
                let answer = holds(entry, Permission::GrantAssign, target)?;
                self.not_above(entry, Subject::Member(member), now)?;
                Ok(answer)
            }
            Grantee::Agent(agent) => {
                let answer = holds(entry, Permission::GrantAssign, target)?;
                self.not_above(entry, Subject::Agent(agent), now)?;
                Ok(answer)
            }
            Grantee::Role(role) => {
                let answer = holds(entry, Permission::GrantAssign, target)?;
                at_least_as_high(entry.permissions, self.set_of_role(role))?;
                Ok(answer)
            }
            Grantee::Team(team) => {
                let answer = self.in_team(entry, Permission::TeamAssign, team, target)?;
                // Who assigns in single teams must know of it, or it would be found out, and had, by guessing.
                if !entry.permissions.holds(Permission::TeamAssign) {
                    self.view_integration(entry, integration, now)?;
                }
                Ok(answer)
            }
        }
    }

    pub(crate) fn view_integration(&self, entry: &SubjectEntry, id: IntegrationId, now: Timestamp) -> Answer {
        let target = Target::Integration(id);
        let found = self.catalog.integration_by_id(id).ok_or(hidden(Reason::NoSuchTarget))?;
        if entry.permissions.holds(Permission::IntegrationView) {
            return holds(entry, Permission::IntegrationView, target);
        }
        let reached = self.reaches(entry, found, now)?;
        Ok((Act::Operate { permission: Permission::IntegrationView, target }, reached.basis(entry, now)))
    }

    fn operate_on_keys(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        match operation {
            Operation::CreatePersonalKey { holder } if Subject::Member(holder) == entry.subject => {
                match self.may_have_keys(entry) {
                    Ok(()) => own(Permission::KeyCreatePersonal, Target::Member(holder)),
                    Err(permission) => Err(shown(lacks(entry, permission))),
                }
            }
            Operation::CreatePersonalKey { holder } => {
                let answer = holds(entry, Permission::KeyIssue, Target::Member(holder))?;
                self.not_above(entry, Subject::Member(holder), now)?;
                self.may_see_secret(entry, Subject::Member(holder), now)?;
                Ok(answer)
            }
            Operation::CreateWorkspaceKey { role, scope } => {
                let answer = holds(entry, Permission::KeyManageWorkspace, Target::Organization)?;
                self.may_give_role_to_key(entry, role)?;
                if scope == KeyScope::All {
                    self.uses_everything(entry)?
                }
                Ok(answer)
            }
            Operation::SetKeyRole { key, role } => {
                let answer = holds(entry, Permission::KeyManageWorkspace, Target::Key(key))?;
                self.not_above(entry, Subject::Key(key), now)?;
                self.may_give_role_to_key(entry, role)?;
                Ok(answer)
            }
            Operation::CreateAgentKey { agent } => {
                let answer = holds(entry, Permission::AgentManage, Target::Agent(agent))?;
                self.not_above(entry, Subject::Agent(agent), now)?;
                self.may_see_secret(entry, Subject::Agent(agent), now)?;
                Ok(answer)
            }
            Operation::ConnectDirectory { gives, tends } => {
                self.connect_directory(entry, (gives, tends), Target::Organization)
            }
            Operation::ViewKey { key } | Operation::RevokeKey { key } | Operation::RotateKey { key } => {
                self.touch_key(entry, key, (operation, now))
            }
            _ => Err(shown(Reason::NoSuchTarget)),
        }
    }

    /// One's own keys are one's own. Another's may be seen by whoever issues keys, ended with at least that
    /// person's authority, and given a new secret by nobody else. Workspace keys and agents' keys belong to whoever
    /// may manage them; whoever gives one a new secret sees it, and so needs what it carries. The connection of a directory
    /// is for those who decide about security.
    fn touch_key(&self, entry: &SubjectEntry, key: KeyId, (operation, now): (Operation<'_>, Timestamp)) -> Answer {
        let target = Target::Key(key);
        let or_hidden = |denial| Denial { hidden: true, ..denial };
        let key = self.key(key).ok_or(hidden(Reason::NoSuchTarget))?;
        let of = key.subject;
        let manages = match of {
            Subject::Member(_) if of == entry.subject => return own(Permission::KeyCreatePersonal, target),
            Subject::Member(_) => Permission::KeyIssue,
            Subject::Key(_) if key.directory => Permission::SecurityEdit,
            Subject::Key(_) => Permission::KeyManageWorkspace,
            Subject::Agent(_) => Permission::AgentManage,
        };
        let answer = holds(entry, manages, target).map_err(or_hidden)?;
        match (operation, of) {
            (Operation::RotateKey { .. }, Subject::Member(_)) => return Err(shown(Reason::NotYours)),
            (Operation::RotateKey { .. }, _) if key.directory => return self.renew_directory(entry, of, target),
            (Operation::RevokeKey { .. }, _) => self.not_above(entry, of, now)?,
            (Operation::RotateKey { .. }, _) => {
                self.not_above(entry, of, now)?;
                if key.reaches_all {
                    self.uses_everything(entry)?;
                }
                self.may_see_secret(entry, of, now)?;
            }
            _ => {}
        }
        Ok(answer)
    }

    /// Whether somebody's roles hold the use of everything, also where nobody has what roles hold of it at present: what
    /// a key is made for outlives the setting, and a role that ends.
    fn uses_everything(&self, entry: &SubjectEntry) -> Result<(), Denial> {
        if self.stated(entry.lasting()).holds(Permission::IntegrationUseAll) {
            return Ok(());
        }
        let states = |stage: &SubjectEntry| self.stated(stage).holds(Permission::IntegrationUseAll);
        if states(entry) {
            return Err(shown(beyond(entry, Permission::IntegrationUseAll, states)));
        }
        Err(shown(lacks(entry, Permission::IntegrationUseAll)))
    }

    fn operate_on_agents(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        match operation {
            Operation::ViewAgents => holds(entry, Permission::AgentView, Target::Organization),
            Operation::CreateAgent { role } => {
                let answer = holds(entry, Permission::AgentManage, Target::Organization)?;
                self.may_assign_role(entry, role)?;
                Ok(answer)
            }
            Operation::EditAgent { agent } | Operation::ResumeAgent { agent } => {
                let answer = holds(entry, Permission::AgentManage, Target::Agent(agent))?;
                self.not_above(entry, Subject::Agent(agent), now)?;
                if matches!(operation, Operation::ResumeAgent { .. }) {
                    self.may_resume(entry, agent, now)?;
                }
                Ok(answer)
            }
            Operation::SetAgentRole { agent, role } => {
                let answer = holds(entry, Permission::RoleAssign, Target::Agent(agent))?;
                self.not_above(entry, Subject::Agent(agent), now)?;
                self.may_give_role(entry, role)?;
                Ok(answer)
            }
            Operation::Delegate { agent, person } => {
                if Subject::Member(person) != entry.subject {
                    return Err(shown(Reason::NotYours));
                }
                // Whoever was told which agent it is may let it act for them; the list of agents is another matter.
                self.agents.get(&agent).ok_or(hidden(Reason::NoSuchTarget))?;
                own(Permission::KeyCreatePersonal, Target::Delegation(agent, person))
            }
            Operation::EndDelegation { agent, person } => {
                let target = Target::Delegation(agent, person);
                if Subject::Member(person) != entry.subject {
                    let answer = holds(entry, Permission::AgentManage, target)?;
                    self.not_above(entry, Subject::Agent(agent), now)?;
                    return Ok(answer);
                }
                let sees = entry.permissions.holds(Permission::AgentView);
                let known = self.agents.get(&agent).filter(|agent| sees || agent.delegations.contains_key(&person));
                known.ok_or(hidden(Reason::NoSuchTarget))?;
                own(Permission::KeyCreatePersonal, target)
            }
            _ => Err(shown(Reason::NoSuchTarget)),
        }
    }

    /// Whether somebody may give a role, none included.
    pub(crate) fn may_give_role(&self, entry: &SubjectEntry, role: Option<&RoleId>) -> Result<(), Denial> {
        role.map_or(Ok(()), |role| self.may_give(entry, self.set_of_role(*role)))
    }

    /// Whether somebody has at least the authority of another: in the organization, and in every team that they are in.
    pub(crate) fn not_above(&self, entry: &SubjectEntry, other: Subject, now: Timestamp) -> Result<(), Denial> {
        let other = self.subject(other.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
        at_least_as_high(entry.permissions, other.permissions)?;
        let mut places = other.teams.iter();
        places.try_for_each(|(team, role)| {
            let there = self.role(*role).map_or(PermissionSet::EMPTY, |role| role.set);
            at_least_as_high(self.authority_in_team(entry, *team), there)
        })
    }

    pub(crate) fn is_an_owner(&self, entry: &SubjectEntry) -> Result<(), Denial> {
        if self.is_top(entry) { Ok(()) } else { Err(shown(Reason::OnlyOwners)) }
    }

    fn is_member(&self, person: PersonId, now: Timestamp) -> Result<(), Denial> {
        self.subject(person.as_str(), now).map(|_| ()).ok_or(hidden(Reason::NoSuchTarget))
    }
}
