//! The one function that answers, for every door.

use domain::grant::Grantee;
use domain::id::{KeyId, PersonId};
use domain::permission::{Permission, PermissionSet};
use domain::time::Timestamp;

use crate::catalog::{IntegrationEntry, ToolEntry, ToolIndex};
use crate::ceiling;
use crate::permit::{Act, Permit, Target};
use crate::question::{Action, Basis, Denial, Operation, Question, Reason, Subject, Verdict};
use crate::snapshot::{GrantEntry, Reach, Snapshot, SubjectEntry};

type Answer = Result<(Act, Basis), Denial>;

pub(crate) fn shown(reason: Reason) -> Denial {
    Denial { reason, hidden: false }
}

fn hidden(reason: Reason) -> Denial {
    Denial { reason, hidden: true }
}

impl Snapshot {
    /// Answers a question. The allow path of a call allocates nothing.
    #[must_use]
    pub fn evaluate(&self, question: &Question<'_>) -> Verdict {
        match self.answer(question) {
            Ok((act, basis)) => {
                Verdict::Allowed(Permit { org: self.org, seq: self.seq, actor: Some(*question.actor), act, basis })
            }
            Err(denial) => Verdict::Denied(denial),
        }
    }

    /// Whether the subject with this id may call this tool: the shortest way to the same answer, for callers
    /// that have text in hand and need no permit.
    #[must_use]
    pub fn may_call(&self, subject: &str, integration: &str, tool: &str, now: Timestamp) -> bool {
        let Some(named) = self.catalog.named(integration, tool) else { return false };
        let Some(had) = self.subjects.has(subject, named.integration) else { return false };
        // INVARIANT: held to `evaluate` by the tests in tests/oracle. Without a branch on the answer itself, which no
        // processor foresees: it would wait for memory each time instead of looking ahead.
        let at_most = had.most() >= named.needed;
        if at_most & had.is_limited() {
            return if had.ends() {
                self.subject_at(subject, now).is_ok_and(|entry| self.call(entry, Some(named.index), now).is_ok())
            } else {
                !self.subjects.is_off(had, named.index)
            };
        }
        at_most
    }

    fn answer(&self, question: &Question<'_>) -> Answer {
        let entry = self.present(question)?;
        match question.action {
            Action::CallTool { integration, tool } => self
                .call(entry, self.catalog.find(integration, tool), question.now)
                .map_err(|denial| self.unveil(entry, integration, denial, question.now)),
            Action::CallExposed { name } => self.call(entry, self.catalog.find_exposed(name), question.now),
            Action::Operate(operation) => match self.operate(entry, operation, question.now)? {
                (Act::Operate { permission, target }, basis) if operation.only_looks() => {
                    Ok((Act::Look { permission, target }, basis))
                }
                answer => Ok(answer),
            },
        }
    }

    /// The subject, if it is still one and its key still works.
    fn present(&self, question: &Question<'_>) -> Result<&SubjectEntry, Denial> {
        if let Some(credential) = question.actor.credential {
            let admitted = self.admit(credential, question.now).map_err(|_| shown(Reason::CredentialEnded))?;
            if admitted.subject != question.actor.subject {
                return Err(shown(Reason::CredentialEnded));
            }
        }
        self.subject_at(question.actor.subject.as_str(), question.now)
    }

    /// The subject with this id, if it is still one at this moment.
    pub(crate) fn subject_at(&self, id: &str, now: Timestamp) -> Result<&SubjectEntry, Denial> {
        let entry = self.subject(id).ok_or(shown(Reason::NotAMember))?;
        if now >= entry.ends_at { Err(shown(Reason::CredentialEnded)) } else { Ok(entry) }
    }

    fn call(&self, entry: &SubjectEntry, tool: Option<ToolIndex>, now: Timestamp) -> Answer {
        let Some((index, (tool, integration))) = tool.and_then(|index| Some((index, self.tool(index)?))) else {
            return Err(hidden(Reason::NoSuchTool));
        };
        let basis = self.reaches(entry, (tool.integration, integration), now)?;
        open(index, tool, integration, basis.grant())?;
        Ok((Act::Call { tool: index, integration: integration.id, class: tool.class }, basis.basis(entry)))
    }

    /// Whether the subject has anything of an integration, and by what.
    pub(crate) fn reaches<'s>(
        &'s self,
        entry: &'s SubjectEntry,
        (place, _): (u32, &IntegrationEntry),
        now: Timestamp,
    ) -> Result<ReachedBy<'s>, Denial> {
        let Reach::Granted(grants) = &entry.reach else { return Ok(ReachedBy::Everything) };
        let sees_all = entry.permissions.holds(Permission::IntegrationView);
        let grant = grants
            .binary_search_by_key(&place, |grant| grant.integration)
            .ok()
            .and_then(|at| grants.get(at))
            .ok_or(Denial { reason: Reason::NotAssigned, hidden: !sees_all })?;
        if now >= grant.ends_at {
            return Err(Denial { reason: Reason::GrantEnded, hidden: !sees_all });
        }
        Ok(ReachedBy::Grant(grant))
    }

    /// A tool that does not exist may be named as missing to someone who sees its integration.
    fn unveil(&self, entry: &SubjectEntry, integration: &str, denial: Denial, now: Timestamp) -> Denial {
        let visible = self.catalog.integration_by_slug(integration).is_some_and(|found| {
            entry.permissions.holds(Permission::IntegrationView) || self.reaches(entry, found, now).is_ok()
        });
        Denial { hidden: denial.hidden && !visible, ..denial }
    }

    fn operate(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        let Subject::Member(me) = entry.subject else {
            return self.operate_as_key(entry, operation, now);
        };
        let holds = |permission, target| holds(entry, permission, target);
        match operation {
            Operation::ViewOrganization => holds(Permission::OrganizationView, Target::Organization),
            Operation::EditOrganization { default_role } => {
                let answer = holds(Permission::OrganizationEdit, Target::Organization)?;
                if let Some(role) = default_role {
                    ceiling::may_give(entry.permissions, self.permissions_of_role(role))?;
                }
                Ok(answer)
            }
            Operation::ViewMembers => holds(Permission::MemberView, Target::Organization),
            Operation::ViewRoles => holds(Permission::RoleView, Target::Organization),
            Operation::AddMember { role } => {
                let answer = holds(Permission::MemberAdd, Target::Organization)?;
                ceiling::may_give(entry.permissions, self.permissions_of_role(role))?;
                Ok(answer)
            }
            Operation::ChangeRole { member, role } => {
                let answer = holds(Permission::RoleAssign, Target::Member(member))?;
                self.not_above(entry, member)?;
                ceiling::may_give(entry.permissions, self.permissions_of_role(role))?;
                Ok(answer)
            }
            Operation::RemoveMember { member } => {
                let answer = holds(Permission::MemberRemove, Target::Member(member))?;
                self.not_above(entry, member)?;
                Ok(answer)
            }
            Operation::ViewIntegration { integration } => self.view_integration(entry, integration, now),
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
            Operation::Assign { grantee: Grantee::Key(key), integration } => {
                holds(Permission::KeyManageWorkspace, Target::Grant(Grantee::Key(key), integration))
            }
            Operation::Assign { grantee: Grantee::Member(member), integration } => {
                let answer = holds(Permission::GrantAssign, Target::Grant(Grantee::Member(member), integration))?;
                self.not_above(entry, member)?;
                Ok(answer)
            }
            Operation::CreatePersonalKey { holder } if holder == me => {
                holds(Permission::KeyCreatePersonal, Target::Member(holder))
            }
            Operation::CreatePersonalKey { holder } => {
                let answer = holds(Permission::KeyIssue, Target::Member(holder))?;
                self.not_above(entry, holder)?;
                Ok(answer)
            }
            Operation::CreateWorkspaceKey => holds(Permission::KeyManageWorkspace, Target::Organization),
            Operation::ViewKey { key } | Operation::RevokeKey { key } | Operation::RotateKey { key } => {
                self.touch_key(entry, (me, key), operation)
            }
            Operation::Explain { subject } | Operation::ReadAudit { subject: Some(subject) }
                if subject == entry.subject =>
            {
                own(Permission::OrganizationView, Target::Member(me))
            }
            Operation::Explain { .. } => holds(Permission::AccessExplain, Target::Organization),
            Operation::ReadAudit { .. } => holds(Permission::AuditRead, Target::Organization),
        }
    }

    /// A workspace key runs tools; of the organization it sees what it needs for that, and itself.
    fn operate_as_key(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        match operation {
            Operation::ViewOrganization => own(Permission::OrganizationView, Target::Organization),
            Operation::ViewIntegration { integration } => self.view_integration(entry, integration, now),
            Operation::Explain { subject } | Operation::ReadAudit { subject: Some(subject) }
                if subject == entry.subject =>
            {
                own(Permission::OrganizationView, Target::Organization)
            }
            _ => Err(shown(Reason::KeysManageNothing)),
        }
    }

    fn view_integration(&self, entry: &SubjectEntry, id: domain::id::IntegrationId, now: Timestamp) -> Answer {
        let target = Target::Integration(id);
        let found = self.catalog.integration_by_id(id).ok_or(hidden(Reason::NoSuchTarget))?;
        if entry.permissions.holds(Permission::IntegrationView) {
            return holds(entry, Permission::IntegrationView, target);
        }
        let reached = self.reaches(entry, found, now)?;
        Ok((Act::Operate { permission: Permission::IntegrationView, target }, reached.basis(entry)))
    }

    /// One's own keys are one's own. Another's may be seen by whoever issues keys, ended with at least that
    /// person's authority, and given a new secret by nobody else. Workspace keys belong to whoever may manage them.
    fn touch_key(&self, entry: &SubjectEntry, (me, key): (PersonId, KeyId), operation: Operation<'_>) -> Answer {
        let target = Target::Key(key);
        let or_hidden = |denial| Denial { hidden: true, ..denial };
        match self.key(key).map(|key| key.subject) {
            None => Err(hidden(Reason::NoSuchTarget)),
            Some(Subject::Key(_)) => holds(entry, Permission::KeyManageWorkspace, target).map_err(or_hidden),
            Some(Subject::Member(holder)) if holder == me => own(Permission::KeyCreatePersonal, target),
            Some(Subject::Member(holder)) => {
                let answer = holds(entry, Permission::KeyIssue, target).map_err(or_hidden)?;
                match operation {
                    Operation::RotateKey { .. } => return Err(shown(Reason::NotYours)),
                    Operation::RevokeKey { .. } => self.not_above(entry, holder)?,
                    _ => {}
                }
                Ok(answer)
            }
        }
    }

    fn not_above(&self, entry: &SubjectEntry, other: PersonId) -> Result<(), Denial> {
        let other = self.subject(other.as_str()).ok_or(hidden(Reason::NoSuchTarget))?;
        ceiling::at_least_as_high(entry.permissions, other.permissions)
    }

    fn permissions_of_role(&self, role: &domain::role::RoleId) -> PermissionSet {
        self.role_named(role).map_or(PermissionSet::EMPTY, |role| role.permissions)
    }
}

/// By what a subject reaches an integration.
pub(crate) enum ReachedBy<'s> {
    Everything,
    Grant(&'s GrantEntry),
}

impl<'s> ReachedBy<'s> {
    pub(crate) fn grant(&self) -> Option<&'s GrantEntry> {
        match self {
            ReachedBy::Everything => None,
            ReachedBy::Grant(grant) => Some(grant),
        }
    }

    pub(crate) fn basis(&self, entry: &SubjectEntry) -> Basis {
        match (self, &entry.reach) {
            (ReachedBy::Grant(grant), _) => Basis::Grant { since_seq: grant.since_seq, profile: grant.profile },
            (ReachedBy::Everything, Reach::ByKeyScope) => Basis::KeyScope,
            (ReachedBy::Everything, _) => Basis::Role(Permission::IntegrationUseAll),
        }
    }
}

/// Whether a tool is open to someone who reaches its integration. The list and the call both ask here.
pub(crate) fn open(
    index: ToolIndex,
    tool: &ToolEntry,
    integration: &IntegrationEntry,
    grant: Option<&GrantEntry>,
) -> Result<(), Denial> {
    if integration.paused {
        return Err(shown(Reason::Paused));
    }
    if tool.off {
        return Err(shown(Reason::OffForAll(index)));
    }
    let Some(grant) = grant else { return Ok(()) };
    if grant.tools_off.binary_search(&index.0).is_ok() {
        return Err(shown(Reason::OffHere(index)));
    }
    if !grant.profile.admits(tool.class) {
        return Err(shown(Reason::Profile { tool: index, profile: grant.profile, class: tool.class }));
    }
    Ok(())
}

fn holds(entry: &SubjectEntry, permission: Permission, target: Target) -> Answer {
    if entry.permissions.holds(permission) {
        Ok((Act::Operate { permission, target }, Basis::Role(permission)))
    } else {
        Err(shown(Reason::Lacks(permission)))
    }
}

fn own(permission: Permission, target: Target) -> Answer {
    Ok((Act::Operate { permission, target }, Basis::Own))
}
