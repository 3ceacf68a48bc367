//! Under which permission each event may happen.

use crate::event::Event;
use crate::grant::Grantee;
use crate::key::KeyKind;
use crate::organization::SettingChange;
use crate::permission::Permission as P;

const CREATE_ANY: &[P] = &[
    P::ProjectCreate,
    P::DataSourceCreate,
    P::AgentConfigCreate,
    P::AutomationCreate,
    P::WorkflowCreate,
    P::SkillCreate,
    P::AssistantCreate,
    P::EngineCreate,
    P::GraderCreate,
    P::ArtifactCreate,
    P::CollectionCreate,
    P::MeetingCreate,
];
const EDIT_ANY: &[P] = &[
    P::ProjectEdit,
    P::DataSourceEdit,
    P::AgentConfigEdit,
    P::AutomationEdit,
    P::WorkflowEdit,
    P::SkillEdit,
    P::AssistantEdit,
    P::EngineEdit,
    P::GraderEdit,
    P::ArtifactEdit,
    P::CollectionEdit,
    P::MeetingEdit,
];
const DELETE_ANY: &[P] = &[
    P::ProjectDelete,
    P::DataSourceDelete,
    P::AgentConfigDelete,
    P::AutomationDelete,
    P::WorkflowDelete,
    P::SkillDelete,
    P::AssistantDelete,
    P::EngineDelete,
    P::GraderDelete,
    P::ArtifactDelete,
    P::CollectionDelete,
    P::MeetingDelete,
];
const DESTROY_ANY: &[P] = &[
    P::ProjectDestroy,
    P::DataSourceDestroy,
    P::AgentConfigDestroy,
    P::AutomationDestroy,
    P::WorkflowDestroy,
    P::SkillDestroy,
    P::AssistantDestroy,
    P::EngineDestroy,
    P::GraderDestroy,
    P::ArtifactDestroy,
    P::CollectionDestroy,
    P::MeetingDestroy,
];
const SHARE_ANY: &[P] = &[
    P::ProjectShare,
    P::DataSourceShare,
    P::AgentConfigShare,
    P::AutomationShare,
    P::WorkflowShare,
    P::SkillShare,
    P::AssistantShare,
    P::EngineShare,
    P::GraderShare,
    P::ArtifactShare,
    P::CollectionShare,
    P::MeetingShare,
];

/// Whoever could make the change by hand decides about it.
const DECIDE_ANY: &[P] = &[
    P::GrantAssign,
    P::TeamAssign,
    P::TeamMembers,
    P::TeamRoles,
    P::RoleAssign,
    P::KeyManageWorkspace,
    P::AgentManage,
    P::IntegrationEdit,
    P::ToolReview,
    P::KeyCreatePersonal,
    P::ProjectShare,
    P::DataSourceShare,
    P::AgentConfigShare,
    P::AutomationShare,
    P::WorkflowShare,
    P::SkillShare,
    P::AssistantShare,
    P::EngineShare,
    P::GraderShare,
    P::ArtifactShare,
    P::CollectionShare,
    P::MeetingShare,
];

impl Event {
    /// Whether a change of preset may lead to it. Only holders of the top role change the preset, and they may do all
    /// of this one by one.
    #[must_use]
    pub fn comes_of_a_preset(&self) -> bool {
        matches!(
            self,
            Event::PresetChanged { .. }
                | Event::SettingChanged(_)
                | Event::RoleDefined(_)
                | Event::RoleDeleted { .. }
                | Event::RoleWithdrawn { .. }
                | Event::MemberRoleChanged { .. }
                | Event::MemberRoleTaken { .. }
                | Event::TeamMemberSet { .. }
                | Event::KeyRevoked { .. }
        )
    }

    /// The permissions any one of which must have been asked for before this may happen; an event of which the
    /// list is empty belongs to the founding of an organization alone.
    #[must_use]
    pub fn permissions(&self) -> &'static [P] {
        match self {
            Event::OrganizationCreated { .. } => &[],
            Event::OrganizationRenamed { .. } => &[P::OrganizationEdit],
            // A default goes with the role that it was.
            Event::SettingChanged(SettingChange::JoinDefaultRole(_) | SettingChange::JoinDefaultTeamRole(_)) => {
                &[P::OrganizationEdit, P::RoleEdit]
            }
            Event::SettingChanged(_) => &[P::OrganizationEdit],
            Event::PresetChanged { .. } => &[P::OrganizationEdit],
            Event::AccessReviewed { .. } => &[P::AccessExplain],
            Event::RoleDefined(_) | Event::RoleDeleted { .. } | Event::RoleWithdrawn { .. } => &[P::RoleEdit],
            Event::MemberAdded { .. } => &[P::MemberAdd],
            Event::MemberRoleChanged { .. } => &[P::RoleAssign, P::OrganizationTransfer],
            Event::MemberEdited { .. } => &[P::MemberEdit],
            Event::MemberRoleGiven { .. } | Event::MemberRoleTaken { .. } => &[P::RoleAssign],
            Event::MemberRemoved { .. } => &[P::MemberRemove],
            Event::IntegrationConnected(_) => &[P::IntegrationConnect],
            Event::IntegrationEdited { .. } => &[P::IntegrationEdit],
            Event::IntegrationDisconnected { .. } => &[P::IntegrationDisconnect],
            Event::ToolsApproved { .. } => &[P::IntegrationConnect, P::IntegrationEdit],
            Event::ToolClassified { .. } | Event::ToolSwitched { .. } => &[P::ToolReview],
            Event::GrantSet { grantee, .. }
            | Event::GrantRemoved { grantee, .. }
            | Event::GrantLent { grantee, .. } => match grantee {
                Grantee::Key(_) => &[P::KeyManageWorkspace],
                Grantee::Team(_) => &[P::TeamAssign],
                Grantee::Member(_) | Grantee::Agent(_) | Grantee::Role(_) => &[P::GrantAssign],
            },
            Event::KeyCreated { kind: KeyKind::Workspace { .. }, .. } => &[P::KeyManageWorkspace],
            Event::KeyCreated { kind: KeyKind::Agent { .. }, .. } => &[P::AgentManage],
            Event::KeyCreated { .. } => &[P::KeyCreatePersonal, P::KeyIssue, P::MemberAdd],
            // Who issues keys to others may end theirs, and never learns a secret that they keep using.
            Event::KeyRotated { .. } => &[P::KeyCreatePersonal, P::KeyManageWorkspace, P::AgentManage],
            // Where somebody rises, keys of theirs end that others have seen.
            Event::KeyRevoked { .. } => &[
                P::KeyCreatePersonal,
                P::KeyIssue,
                P::KeyManageWorkspace,
                P::AgentManage,
                P::RoleAssign,
                P::RoleEdit,
                P::TeamMembers,
                P::TeamRoles,
                P::OrganizationTransfer,
                P::OrganizationEdit,
            ],
            Event::KeyRoleChanged { .. } => &[P::KeyManageWorkspace],
            Event::TeamCreated { .. } => &[P::TeamCreate],
            Event::TeamRenamed { .. } | Event::TeamDeleted { .. } => &[P::TeamEdit],
            // Newcomers join the team that is meant for them.
            Event::TeamMemberSet { .. } => &[P::TeamMembers, P::TeamRoles, P::MemberAdd],
            Event::TeamMemberRemoved { .. } => &[P::TeamMembers],
            Event::AgentCreated { .. } | Event::AgentEdited { .. } | Event::AgentDeleted { .. } => &[P::AgentManage],
            Event::AgentRoleChanged { .. } => &[P::RoleAssign],
            // To let somebody act in one's place is one's own to decide, and anybody's with power over agents to end.
            Event::DelegationSet { .. } => &[P::KeyCreatePersonal],
            Event::DelegationRemoved { .. } => &[P::KeyCreatePersonal, P::AgentManage],
            Event::ResourceRegistered(_) => CREATE_ANY,
            Event::ResourceEdited { .. } => EDIT_ANY,
            Event::ResourceShared { .. } | Event::ResourceUnshared { .. } => SHARE_ANY,
            Event::ResourceAssigned { .. } | Event::ResourceUnassigned { .. } => &[P::TeamAssign],
            Event::ArtifactCollected { .. } | Event::ArtifactUncollected { .. } => &[P::ArtifactCollect],
            // Who decides whose it is decides whether it stays.
            Event::ResourceDeleted { .. } | Event::ResourceRestored { .. } | Event::ResourceHandedOver { .. } => {
                DELETE_ANY
            }
            Event::ResourceDestroyed { .. } => DESTROY_ANY,
            Event::KindConfigured { .. } => &[P::ResourceConfigure],
            Event::ObjectDefined(_) | Event::ObjectRemoved { .. } => &[P::DataModelEdit],
            // Whoever is here may ask, and take back what they asked.
            Event::RequestOpened(_) | Event::RequestWithdrawn { .. } => &[P::OrganizationView],
            Event::RequestGranted { .. } | Event::RequestRefused { .. } => DECIDE_ANY,
        }
    }
}
