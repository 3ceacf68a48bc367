//! The second opinion: the rules of access, said as plainly as possible over the plain state. Slow on purpose, and
//! written from the rules, not from the engine.

use domain::grant::{Grant, Grantee};
use domain::id::{IntegrationId, KeyId, PersonId};
use domain::integration::{Integration, ToolClass};
use domain::key::{Key, KeyKind, KeyScope};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Actor, Operation, Subject, Verdict};

/// An answer as far as it can be seen from outside: whether, the code of why, and whether the thing is hidden.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    pub(crate) code: &'static str,
    pub(crate) hidden: bool,
}

impl From<&Verdict> for Answer {
    fn from(verdict: &Verdict) -> Answer {
        match verdict {
            Verdict::Allowed(permit) => yes(permit.basis().code()),
            Verdict::Denied(denial) => Answer { allowed: false, code: denial.reason.code(), hidden: denial.hidden },
        }
    }
}

fn yes(code: &'static str) -> Answer {
    Answer { allowed: true, code, hidden: false }
}

fn no(code: &'static str) -> Answer {
    Answer { allowed: false, code, hidden: false }
}

fn hide(answer: Answer) -> Answer {
    Answer { hidden: !answer.allowed, ..answer }
}

/// One organization, looked at directly, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Naive<'o> {
    pub(crate) state: &'o Organization,
    pub(crate) now: Timestamp,
}

impl Naive<'_> {
    /// What a person's role holds; nothing for those who are no members.
    pub(crate) fn permissions(&self, person: PersonId) -> Vec<Permission> {
        let role = self.state.members.get(&person).filter(|member| member.is_active()).map(|member| &member.role);
        role.map_or_else(Vec::new, |role| self.permissions_of_role(role))
    }

    fn permissions_of_role(&self, role: &RoleId) -> Vec<Permission> {
        self.state.roles.get(role).map_or_else(Vec::new, |role| role.permissions.iter().collect())
    }

    fn holds(&self, subject: Subject, permission: Permission) -> bool {
        matches!(subject, Subject::Member(person) if self.permissions(person).contains(&permission))
    }

    /// Why somebody is not let in; nothing if they are.
    pub(crate) fn at_the_door(&self, actor: &Actor) -> Option<Answer> {
        if let Some(credential) = actor.credential {
            let ended = Some(no("credential-ended"));
            let Some(key) = self.state.keys.get(&credential.key) else { return ended };
            let digest: String = credential.digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let speaks_for = match key.kind {
                KeyKind::Personal { holder } => Subject::Member(holder),
                KeyKind::Workspace { .. } => Subject::Key(key.id),
            };
            if !self.works(key) || key.digest != digest || speaks_for != actor.subject {
                return ended;
            }
        }
        match actor.subject {
            Subject::Member(person) => {
                let active = self.state.members.get(&person).is_some_and(|member| member.removed_at.is_none());
                (!active).then_some(no("not-a-member"))
            }
            Subject::Key(key) => match self.state.keys.get(&key) {
                Some(Key { kind: KeyKind::Workspace { .. }, revoked_at: None, .. }) => {
                    (!self.works(&self.state.keys[&key])).then_some(no("credential-ended"))
                }
                _ => Some(no("not-a-member")),
            },
        }
    }

    fn works(&self, key: &Key) -> bool {
        key.revoked_at.is_none() && key.expires_at.is_none_or(|end| self.now < end)
    }

    /// May this actor call this tool?
    pub(crate) fn call(&self, actor: &Actor, slug: &str, tool: &str) -> Answer {
        if let Some(refused) = self.at_the_door(actor) {
            return refused;
        }
        let Some(integration) = self.state.integrations.values().find(|one| one.slug.as_str() == slug) else {
            return hide(no("no-such-tool"));
        };
        let (reach, grant) = self.reach(actor.subject, integration.id);
        let sees = reach.allowed || self.holds(actor.subject, Permission::IntegrationView);
        match integration.tools.get(tool) {
            None if sees => no("no-such-tool"),
            None => hide(no("no-such-tool")),
            Some(_) if !reach.allowed => reach,
            Some(_) if integration.paused => no("integration-paused"),
            Some(found) if found.off => no("tool-off-for-all"),
            Some(found) => match grant {
                Some(grant) if grant.tools_off.contains(tool) => no("tool-off"),
                Some(grant) if !lets_through(grant, found.class) => no("profile"),
                _ => reach,
            },
        }
    }

    /// Whether a subject has anything of an integration, why or why not, and the grant where it rests on one.
    fn reach(&self, subject: Subject, integration: IntegrationId) -> (Answer, Option<&Grant>) {
        if self.holds(subject, Permission::IntegrationUseAll) {
            return (yes("role"), None);
        }
        let grantee = match subject {
            Subject::Member(person) => Grantee::Member(person),
            Subject::Key(key) => Grantee::Key(key),
        };
        if let Subject::Key(key) = subject
            && self.state.keys[&key].kind == (KeyKind::Workspace { scope: KeyScope::All })
        {
            return (yes("key-scope"), None);
        }
        let open = |answer| if self.holds(subject, Permission::IntegrationView) { answer } else { hide(answer) };
        match self.state.grants.get(&grantee).and_then(|grants| grants.get(&integration)) {
            None => (open(no("not-assigned")), None),
            Some(grant) if grant.expires_at.is_some_and(|end| end <= self.now) => (open(no("grant-ended")), None),
            Some(grant) => (yes("grant"), Some(grant)),
        }
    }

    fn view(&self, subject: Subject, integration: IntegrationId) -> Answer {
        if !self.state.integrations.contains_key(&integration) {
            hide(no("no-such-target"))
        } else if self.holds(subject, Permission::IntegrationView) {
            yes("role")
        } else {
            self.reach(subject, integration).0
        }
    }

    /// May this actor do this to the organization?
    pub(crate) fn operate(&self, actor: &Actor, operation: Operation<'_>) -> Answer {
        if let Some(refused) = self.at_the_door(actor) {
            return refused;
        }
        match (actor.subject, operation) {
            // Everybody may ask about themselves.
            (me, Operation::Explain { subject } | Operation::ReadAudit { subject: Some(subject) }) if me == subject => {
                yes("own")
            }
            (me, Operation::ViewIntegration { integration }) => self.view(me, integration),
            (Subject::Key(_), Operation::ViewOrganization) => yes("own"),
            (Subject::Key(_), _) => no("workspace-key"),
            (
                Subject::Member(me),
                Operation::ViewKey { key } | Operation::RevokeKey { key } | Operation::RotateKey { key },
            ) => self.key(me, key, operation),
            (Subject::Member(me), operation) => self.operate_under(me, what_it_takes(me, operation)),
        }
    }

    fn operate_under(&self, me: PersonId, takes: Takes<'_>) -> Answer {
        let mine = self.permissions(me);
        if let Some(integration) = takes.sees {
            let view = self.view(Subject::Member(me), integration);
            if !view.allowed {
                return view;
            }
        }
        if !mine.contains(&takes.permission) {
            return no("lacks-permission");
        }
        if let Some(other) = takes.over {
            if !self.state.members.get(&other).is_some_and(|member| member.is_active()) {
                return hide(no("no-such-target"));
            }
            if manages(&self.permissions(other)).any(|permission| !mine.contains(&permission)) {
                return no("above-you");
            }
        }
        if let Some(role) = takes.gives {
            let given = self.permissions_of_role(role);
            let beyond = manages(&given).any(|permission| !mine.contains(&permission));
            if beyond || (manages(&given).count() > 0 && !mine.contains(&Permission::RolePromote)) {
                return no("beyond-your-own");
            }
        }
        yes("role")
    }

    /// One's own keys are one's own. Who issues keys sees those of others, ends them under the ceiling, and is never
    /// shown a new secret of one.
    fn key(&self, me: PersonId, key: KeyId, operation: Operation<'_>) -> Answer {
        let Some(key) = self.state.keys.get(&key).filter(|key| key.revoked_at.is_none()) else {
            return hide(no("no-such-target"));
        };
        let Some(holder) = key.holder() else {
            return hide(self.operate_under(me, Takes::only(Permission::KeyManageWorkspace)));
        };
        if holder == me {
            return yes("own");
        }
        let issues = self.operate_under(me, Takes::only(Permission::KeyIssue));
        match operation {
            _ if !issues.allowed => hide(issues),
            Operation::RotateKey { .. } => no("not-yours"),
            Operation::RevokeKey { .. } => {
                self.operate_under(me, Takes { over: Some(holder), ..Takes::only(Permission::KeyIssue) })
            }
            _ => issues,
        }
    }

    /// Whether an integration appears in anything that the actor is shown.
    pub(crate) fn sees(&self, actor: &Actor, integration: &Integration) -> bool {
        self.at_the_door(actor).is_none() && self.view(actor.subject, integration.id).allowed
    }
}

pub(crate) fn manages(permissions: &[Permission]) -> impl Iterator<Item = Permission> {
    permissions.iter().copied().filter(|permission| permission.entry().manages)
}

fn lets_through(grant: &Grant, class: ToolClass) -> bool {
    matches!(
        (grant.profile.as_str(), class.as_str()),
        ("full", _) | ("no-delete", "read" | "write") | ("read-only", "read")
    )
}

/// What an operation takes: a permission, authority over somebody, the right to give a role, and to know of an
/// integration.
struct Takes<'q> {
    permission: Permission,
    over: Option<PersonId>,
    gives: Option<&'q RoleId>,
    sees: Option<IntegrationId>,
}

impl Takes<'_> {
    fn only(permission: Permission) -> Self {
        Takes { permission, over: None, gives: None, sees: None }
    }
}

fn what_it_takes(me: PersonId, operation: Operation<'_>) -> Takes<'_> {
    use Permission as P;
    let of = |permission, integration| Takes { sees: Some(integration), ..Takes::only(permission) };
    let over = |permission, person| Takes { over: Some(person), ..Takes::only(permission) };
    match operation {
        Operation::ViewOrganization => Takes::only(P::OrganizationView),
        Operation::EditOrganization { default_role } => {
            Takes { gives: default_role, ..Takes::only(P::OrganizationEdit) }
        }
        Operation::ViewMembers => Takes::only(P::MemberView),
        Operation::AddMember { role } => Takes { gives: Some(role), ..Takes::only(P::MemberAdd) },
        Operation::ChangeRole { member, role } => Takes { gives: Some(role), ..over(P::RoleAssign, member) },
        Operation::RemoveMember { member } => over(P::MemberRemove, member),
        Operation::ViewRoles => Takes::only(P::RoleView),
        Operation::ViewIntegration { integration } => of(P::IntegrationView, integration),
        Operation::ConnectIntegration => Takes::only(P::IntegrationConnect),
        Operation::EditIntegration { integration } => of(P::IntegrationEdit, integration),
        Operation::DisconnectIntegration { integration } => of(P::IntegrationDisconnect, integration),
        Operation::ReviewTool { integration } => of(P::ToolReview, integration),
        Operation::Assign { grantee: Grantee::Key(_), .. } => Takes::only(P::KeyManageWorkspace),
        Operation::Assign { grantee: Grantee::Member(person), .. } => over(P::GrantAssign, person),
        Operation::CreatePersonalKey { holder } if holder == me => Takes::only(P::KeyCreatePersonal),
        Operation::CreatePersonalKey { holder } => over(P::KeyIssue, holder),
        Operation::CreateWorkspaceKey => Takes::only(P::KeyManageWorkspace),
        Operation::ViewKey { .. } | Operation::RevokeKey { .. } | Operation::RotateKey { .. } => {
            Takes::only(P::KeyManageWorkspace)
        }
        Operation::Explain { .. } => Takes::only(P::AccessExplain),
        Operation::ReadAudit { .. } => Takes::only(P::AuditRead),
    }
}
