//! Questions, and the words of their answers.

use domain::grant::{Grantee, Profile};
use domain::id::{AgentId, KeyId, PersonId, TeamId};
use domain::integration::ToolClass;
use domain::object::DataVerb;
use domain::permission::{Permission, Scope};
use domain::resource::Shared;
use domain::time::Timestamp;

use crate::catalog::ToolIndex;
use crate::credential::Credential;
use crate::operation::Operation;
use crate::permit::Permit;

/// Who a verdict is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A person, as a member of the organization.
    Member(PersonId),
    /// A workspace key, which is nobody's.
    Key(KeyId),
    /// An AI agent with an identity of its own.
    Agent(AgentId),
}

impl Subject {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Subject::Member(person) => person.as_str(),
            Subject::Key(key) => key.as_str(),
            Subject::Agent(agent) => agent.as_str(),
        }
    }

    /// Reads the id of a person, a key or an agent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Subject> {
        match Grantee::parse(text).ok()? {
            Grantee::Member(person) => Some(Subject::Member(person)),
            Grantee::Key(key) => Some(Subject::Key(key)),
            Grantee::Agent(agent) => Some(Subject::Agent(agent)),
            Grantee::Team(_) | Grantee::Role(_) => None,
        }
    }

    /// The person that it is, where it is one.
    #[must_use]
    pub fn person(self) -> Option<PersonId> {
        match self {
            Subject::Member(person) => Some(person),
            Subject::Key(_) | Subject::Agent(_) => None,
        }
    }

    /// The subject as somebody to whom something can be given.
    #[must_use]
    pub fn grantee(self) -> Grantee {
        match self {
            Subject::Member(person) => Grantee::Member(person),
            Subject::Key(key) => Grantee::Key(key),
            Subject::Agent(agent) => Grantee::Agent(agent),
        }
    }
}

/// Who asks, and with what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Actor {
    /// Who the verdict is about.
    pub subject: Subject,
    /// For whom an agent acts: it may do then what both may.
    pub acting_for: Option<PersonId>,
    /// What was presented; none where somebody asks about another.
    pub credential: Option<Credential>,
}

impl Actor {
    /// The subject without a credential, for asking about somebody.
    #[must_use]
    pub fn about(subject: Subject) -> Actor {
        Actor { subject, acting_for: None, credential: None }
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
    /// Read what an integration has besides its tools: its resources and its prompts.
    Use {
        /// The integration's slug.
        integration: &'q str,
    },
    /// Do something to the organization itself.
    Operate(Operation<'q>),
}

/// Allowed, with the permit that says so, or denied.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "the allow path allocates nothing")]
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

/// To whom a grant was given that a subject has something by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Via {
    /// To the subject.
    Own,
    /// To a team of theirs.
    Team(TeamId),
    /// To everyone with their role.
    Role,
    /// To everyone with a role that they have beside their own.
    ExtraRole(RoleIndex),
}

/// A role, in the snapshot that gave the answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RoleIndex(pub(crate) u32);

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
        /// To whom it was given.
        via: Via,
    },
    /// The workspace key reaches every integration.
    KeyScope,
    /// It is the subject's own.
    Own,
    /// The subject's role in a team holds this permission.
    TeamRole {
        /// The team.
        team: TeamId,
        /// The permission.
        permission: Permission,
    },
    /// A team of the subject has it.
    Team {
        /// The team.
        team: TeamId,
        /// The permission of the subject's role in the organization that reaches what their teams have.
        permission: Permission,
    },
    /// It is shared with the subject.
    Share {
        /// The event that shared it.
        since_seq: u64,
        /// In which measure.
        level: Shared,
    },
    /// A setting gives it to every member.
    Setting(&'static str),
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
            Basis::TeamRole { .. } => "team-role",
            Basis::Team { .. } => "team",
            Basis::Share { .. } => "share",
            Basis::Setting(_) => "setting",
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
    /// Whose rights do not reach so far.
    pub whose: Whose,
}

/// Whose rights an answer is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The subject's.
    Subject,
    /// The person's for whom an agent acts.
    Principal(PersonId),
}

/// Why something is denied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The subject is no member and no key of this organization (any more).
    NotAMember,
    /// The key was revoked, rotated or has expired, or the session has ended.
    CredentialEnded,
    /// It may be done, but only soon after signing in.
    SignInAgain,
    /// It may be done, but only where a passkey was shown in the session.
    PasskeyNeeded,
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
    /// The tool's server defines it otherwise than it was approved.
    HeldBack(ToolIndex),
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
    /// The person may, but has let their client do less.
    ClientProfile {
        /// What they let it do.
        profile: Profile,
        /// The class of what it wants to do.
        class: ToolClass,
    },
    /// The role lacks a permission.
    Lacks(Permission),
    /// The other one has authority that the subject lacks.
    Above(Permission),
    /// A permission is to be given, by a role, a setting or a secret, that the giver lacks or has less far.
    BeyondOwn(Permission),
    /// A permission is to be given for good that the giver has until this moment alone.
    OwnUntil(Permission, Timestamp),
    /// More of something is to be given than the giver has of it, or for longer: of an integration, a resource, or of
    /// records and fields.
    BeyondReach,
    /// It is another person's own, and nobody else's to change.
    NotYours,
    /// A workspace key runs tools and manages nothing.
    KeysManageNothing,
    /// A key without a role does nothing here.
    KeyWithoutRole,
    /// The key or agent does nothing until somebody with the right has looked at it.
    Suspended,
    /// The person's membership is suspended.
    MemberSuspended,
    /// The person who answers for the agent is suspended.
    SponsorSuspended,
    /// The day is set on which the organization ends.
    OrganizationEnding,
    /// The holder of the key may not have keys (any more).
    MayNotHaveKeys,
    /// The person does not let the agent act for them (any more).
    NoDelegation,
    /// The permission is held, but not so far.
    OutOfScope(Permission, Scope),
    /// Only a holder of the top role may give this role.
    OnlyOwners,
    /// The object's records are not seen or not touched in this way.
    ObjectRule(DataVerb),
    /// The field's value is not seen or not changed.
    FieldRule(DataVerb),
    /// Only members of the team, and those who manage it, may.
    NotInTeam,
    /// Members below those who add people invite with the default role alone.
    OnlyDefaultRole,
    /// Somebody who may add people has to agree first.
    NeedsApproval,
    /// A directory connection keeps the members up to date, and does nothing else.
    DirectoryOnly,
    /// A person suspended them, and a directory connection restores only whom one suspended.
    SuspendedByHand,
    /// Whoever mapped a directory group could not do so any more.
    MapperBelow,
    /// A directory group would give a place that manages more than its connection looks after.
    AboveConnection(Permission),
    /// Whoever had a directory connection's secret made could not make it any more.
    MakerBelow,
}

impl Reason {
    /// The stable code that stands in records and problem documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotAMember => "not-a-member",
            Reason::CredentialEnded => "credential-ended",
            Reason::SignInAgain => "sign-in-again",
            Reason::PasskeyNeeded => "passkey-needed",
            Reason::NoSuchTool => "no-such-tool",
            Reason::NoSuchTarget => "no-such-target",
            Reason::NotAssigned => "not-assigned",
            Reason::GrantEnded => "grant-ended",
            Reason::Paused => "integration-paused",
            Reason::OffForAll(_) => "tool-off-for-all",
            Reason::HeldBack(_) => "tool-held-back",
            Reason::OffHere(_) => "tool-off",
            Reason::Profile { .. } => "profile",
            Reason::ClientProfile { .. } => "client-profile",
            Reason::Lacks(_) => "lacks-permission",
            Reason::Above(_) => "above-you",
            Reason::BeyondOwn(_) | Reason::OwnUntil(..) => "beyond-your-own",
            Reason::BeyondReach => "beyond-your-reach",
            Reason::NotYours => "not-yours",
            Reason::KeysManageNothing => "workspace-key",
            Reason::KeyWithoutRole => "key-without-role",
            Reason::Suspended => "suspended",
            Reason::MemberSuspended => "member-suspended",
            Reason::SponsorSuspended => "sponsor-suspended",
            Reason::OrganizationEnding => "organization-ending",
            Reason::MayNotHaveKeys => "keys-suspended",
            Reason::NoDelegation => "no-delegation",
            Reason::OutOfScope(..) => "out-of-scope",
            Reason::OnlyOwners => "only-owners",
            Reason::ObjectRule(_) => "object-rule",
            Reason::FieldRule(_) => "field-rule",
            Reason::NotInTeam => "not-in-team",
            Reason::OnlyDefaultRole => "only-default-role",
            Reason::NeedsApproval => "needs-approval",
            Reason::DirectoryOnly => "directory-connection",
            Reason::SuspendedByHand => "suspended-by-hand",
            Reason::MapperBelow => "mapper-below",
            Reason::AboveConnection(_) => "above-connection",
            Reason::MakerBelow => "maker-below",
        }
    }
}
