//! Questions, and the words of their answers.

use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, PersonId};
use domain::integration::ToolClass;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::catalog::ToolIndex;
use crate::permit::Permit;

/// Who a verdict is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A person, as a member of the organization.
    Member(PersonId),
    /// A workspace key, which is nobody's.
    Key(KeyId),
}

impl Subject {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Subject::Member(person) => person.as_str(),
            Subject::Key(key) => key.as_str(),
        }
    }

    /// Reads the id of a person or a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Subject> {
        match Grantee::parse(text).ok()? {
            Grantee::Member(person) => Some(Subject::Member(person)),
            Grantee::Key(key) => Some(Subject::Key(key)),
        }
    }
}

/// The key that was presented. It must still be the key's present secret when the question is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Credential {
    /// The key's id.
    pub key: KeyId,
    /// The keyed hash of the secret that was presented.
    pub digest: [u8; 32],
}

/// Who asks, and with what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Actor {
    /// Who the verdict is about.
    pub subject: Subject,
    /// The key that was presented; none where somebody asks about another.
    pub credential: Option<Credential>,
}

impl Actor {
    /// The subject without a credential, for asking about somebody.
    #[must_use]
    pub fn about(subject: Subject) -> Actor {
        Actor { subject, credential: None }
    }
}

/// May this actor do this, now?
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Who asks.
    pub actor: &'q Actor,
    /// What they want to do.
    pub action: Action<'q>,
    /// The moment of asking.
    pub now: Timestamp,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub enum Action<'q> {
    /// Call a tool by the name it has at its integration.
    CallTool {
        /// The integration's slug.
        integration: &'q str,
        /// The tool's name there.
        tool: &'q str,
    },
    /// Call a tool by the name it has at the organization's one URL.
    CallExposed {
        /// That name.
        name: &'q str,
    },
    /// Do something to the organization itself.
    Operate(Operation<'q>),
}

/// Something done to the organization itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub enum Operation<'q> {
    /// See the organization's name, preset and settings.
    ViewOrganization,
    /// Change its name or settings; to give newcomers another role by default is to give that role.
    EditOrganization { default_role: Option<&'q RoleId> },
    /// See the members and their roles.
    ViewMembers,
    /// Take a person in with a role.
    AddMember { role: &'q RoleId },
    /// Give a member another role.
    ChangeRole { member: PersonId, role: &'q RoleId },
    /// End a membership.
    RemoveMember { member: PersonId },
    /// See the roles.
    ViewRoles,
    /// See one integration, and that it exists.
    ViewIntegration { integration: IntegrationId },
    /// Connect an integration.
    ConnectIntegration,
    /// Change, pause or refresh an integration.
    EditIntegration { integration: IntegrationId },
    /// End an integration.
    DisconnectIntegration { integration: IntegrationId },
    /// Decide a tool's class or switch it for everyone.
    ReviewTool { integration: IntegrationId },
    /// Give or take an integration.
    Assign { grantee: Grantee, integration: IntegrationId },
    /// Create a personal key for a person.
    CreatePersonalKey { holder: PersonId },
    /// Create a workspace key.
    CreateWorkspaceKey,
    /// See a key of the list.
    ViewKey { key: KeyId },
    /// Give a key a new secret.
    RotateKey { key: KeyId },
    /// End a key.
    RevokeKey { key: KeyId },
    /// See why somebody may or may not do something.
    Explain { subject: Subject },
    /// Read the record of somebody's calls and changes, or everyone's.
    ReadAudit { subject: Option<Subject> },
}

impl Operation<'_> {
    /// The word for it in records of attempts that were denied.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Operation::ViewOrganization => "organization.view",
            Operation::EditOrganization { .. } => "organization.edit",
            Operation::ViewMembers => "member.view",
            Operation::AddMember { .. } => "member.add",
            Operation::ChangeRole { .. } => "member.change_role",
            Operation::RemoveMember { .. } => "member.remove",
            Operation::ViewRoles => "role.view",
            Operation::ViewIntegration { .. } => "integration.view",
            Operation::ConnectIntegration => "integration.connect",
            Operation::EditIntegration { .. } => "integration.edit",
            Operation::DisconnectIntegration { .. } => "integration.disconnect",
            Operation::ReviewTool { .. } => "tool.review",
            Operation::Assign { .. } => "grant.assign",
            Operation::CreatePersonalKey { .. } => "key.create_personal",
            Operation::CreateWorkspaceKey => "key.create_workspace",
            Operation::ViewKey { .. } => "key.view",
            Operation::RotateKey { .. } => "key.rotate",
            Operation::RevokeKey { .. } => "key.revoke",
            Operation::Explain { .. } => "access.explain",
            Operation::ReadAudit { .. } => "audit.read",
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn only_looks(self) -> bool {
        matches!(
            self,
            Operation::ViewOrganization
                | Operation::ViewMembers
                | Operation::ViewRoles
                | Operation::ViewIntegration { .. }
                | Operation::ViewKey { .. }
                | Operation::Explain { .. }
                | Operation::ReadAudit { .. }
        )
    }
}

/// Allowed, with the permit that says so, or denied.
#[derive(Debug)]
pub enum Verdict {
    /// It may happen.
    Allowed(Permit),
    /// It may not.
    Denied(Denial),
}

impl Verdict {
    /// Whether it may happen.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Verdict::Allowed(_))
    }
}

/// What an allowed verdict rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// The subject's role holds this permission.
    Role(Permission),
    /// The integration was given to the subject.
    Grant {
        /// The event that gave it.
        since_seq: u64,
        /// In which measure.
        profile: Profile,
    },
    /// The workspace key reaches every integration.
    KeyScope,
    /// It is the subject's own.
    Own,
}

impl Basis {
    /// The stable code that stands in records.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Basis::Role(_) => "role",
            Basis::Grant { .. } => "grant",
            Basis::KeyScope => "key-scope",
            Basis::Own => "own",
        }
    }
}

/// A denial: why, and whether the caller may learn that the thing exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// Whether the thing is hidden from the subject: then the answer must be the one for a thing that does not
    /// exist.
    pub hidden: bool,
}

/// Why something is denied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The subject is no member and no key of this organization (any more).
    NotAMember,
    /// The key was revoked, rotated or has expired.
    CredentialEnded,
    /// There is no such tool.
    NoSuchTool,
    /// There is no such thing to act on.
    NoSuchTarget,
    /// The integration was not given to the subject.
    NotAssigned,
    /// The grant had an end, which has come.
    GrantEnded,
    /// The integration is paused for everyone.
    Paused,
    /// The tool is switched off for everyone.
    OffForAll(ToolIndex),
    /// The tool is switched off for this subject.
    OffHere(ToolIndex),
    /// The profile does not reach tools of this class.
    Profile {
        /// The tool asked for.
        tool: ToolIndex,
        /// The subject's profile.
        profile: Profile,
        /// The tool's class.
        class: ToolClass,
    },
    /// The role lacks a permission.
    Lacks(Permission),
    /// The other one has authority that the subject lacks.
    Above(Permission),
    /// The role to be given manages others with a permission that the subject lacks.
    BeyondOwn(Permission),
    /// It is another person's own, and nobody else's to change.
    NotYours,
    /// A workspace key runs tools and manages nothing.
    KeysManageNothing,
}

impl Reason {
    /// The stable code that stands in records and problem documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotAMember => "not-a-member",
            Reason::CredentialEnded => "credential-ended",
            Reason::NoSuchTool => "no-such-tool",
            Reason::NoSuchTarget => "no-such-target",
            Reason::NotAssigned => "not-assigned",
            Reason::GrantEnded => "grant-ended",
            Reason::Paused => "integration-paused",
            Reason::OffForAll(_) => "tool-off-for-all",
            Reason::OffHere(_) => "tool-off",
            Reason::Profile { .. } => "profile",
            Reason::Lacks(_) => "lacks-permission",
            Reason::Above(_) => "above-you",
            Reason::BeyondOwn(_) => "beyond-your-own",
            Reason::NotYours => "not-yours",
            Reason::KeysManageNothing => "workspace-key",
        }
    }
}
