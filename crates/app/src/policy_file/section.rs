//! Which sections a document has, and what one must be allowed to see to read or write each.
//!
//! A section is the whole truth, so half of one would be a lie: whoever may not see all of it gets none of it, and
//! compares nothing with it.

use domain::organization::Organization;
use domain::permission::Permission;
use verdict::{Operation, Snapshot};

use super::Document;
use crate::{App, Caller, Problem};

/// Everything about every resource: that it is there, whose it is, which teams have it, and who it is shared with.
/// What is deleted is seen by whoever may restore it.
const RESOURCES_SEEN_WITH: &[Permission] = &[
    Permission::MemberView,
    Permission::TeamView,
    Permission::AgentView,
    Permission::ProjectView,
    Permission::ProjectDelete,
    Permission::DataSourceView,
    Permission::DataSourceDelete,
    Permission::AgentConfigView,
    Permission::AgentConfigDelete,
    Permission::AutomationView,
    Permission::AutomationDelete,
    Permission::WorkflowView,
    Permission::WorkflowDelete,
    Permission::SkillView,
    Permission::SkillDelete,
    Permission::AssistantView,
    Permission::AssistantDelete,
    Permission::EngineView,
    Permission::EngineDelete,
    Permission::GraderView,
    Permission::GraderDelete,
    Permission::ArtifactView,
    Permission::ArtifactDelete,
    Permission::CollectionView,
    Permission::CollectionDelete,
    Permission::MeetingView,
    Permission::MeetingDelete,
];

/// A section of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Section {
    Name,
    Settings,
    Objects,
    Roles,
    Members,
    ExtraRoles,
    Teams,
    Agents,
    Keys,
    Resources,
    Integrations,
    GrantsToMembers,
    GrantsToTeams,
    GrantsToRoles,
    GrantsToAgents,
    GrantsToKeys,
}

impl Section {
    pub(super) const ALL: [Section; 16] = [
        Section::Name,
        Section::Settings,
        Section::Objects,
        Section::Roles,
        Section::Members,
        Section::ExtraRoles,
        Section::Teams,
        Section::Agents,
        Section::Keys,
        Section::Resources,
        Section::Integrations,
        Section::GrantsToMembers,
        Section::GrantsToTeams,
        Section::GrantsToRoles,
        Section::GrantsToAgents,
        Section::GrantsToKeys,
    ];

    /// The keys that lead to it in the document.
    pub(super) fn place(self) -> &'static [&'static str] {
        match self {
            Section::Name => &["name"],
            Section::Settings => &["settings"],
            Section::Objects => &["objects"],
            Section::Roles => &["roles"],
            Section::Members => &["members"],
            Section::ExtraRoles => &["extra_roles"],
            Section::Teams => &["teams"],
            Section::Agents => &["agents"],
            Section::Keys => &["keys"],
            Section::Resources => &["resources"],
            Section::Integrations => &["integrations"],
            Section::GrantsToMembers => &["grants", "members"],
            Section::GrantsToTeams => &["grants", "teams"],
            Section::GrantsToRoles => &["grants", "roles"],
            Section::GrantsToAgents => &["grants", "agents"],
            Section::GrantsToKeys => &["grants", "keys"],
        }
    }

    /// All that one must hold for the whole organization.
    fn seen_with(self) -> &'static [Permission] {
        match self {
            Section::Name => &[Permission::OrganizationView],
            Section::Settings => &[Permission::OrganizationEdit],
            Section::Objects => &[Permission::DataModelEdit],
            Section::Roles => &[Permission::RoleView],
            Section::Members | Section::ExtraRoles => &[Permission::MemberView],
            Section::Teams => &[Permission::TeamView, Permission::MemberView],
            Section::Agents => &[Permission::AgentView, Permission::MemberView],
            Section::Keys => &[Permission::KeyManageWorkspace],
            Section::Resources => RESOURCES_SEEN_WITH,
            Section::Integrations => &[Permission::IntegrationView],
            Section::GrantsToMembers => &[Permission::MemberView, Permission::IntegrationView],
            Section::GrantsToTeams => &[Permission::TeamView, Permission::IntegrationView],
            Section::GrantsToRoles => &[Permission::RoleView, Permission::IntegrationView],
            Section::GrantsToAgents => &[Permission::AgentView, Permission::IntegrationView],
            Section::GrantsToKeys => &[Permission::KeyManageWorkspace, Permission::IntegrationView],
        }
    }

    /// Whether the document has it.
    fn is_in(self, document: &Document) -> bool {
        let grants = document.grants.as_ref();
        match self {
            Section::Name => document.name.is_some(),
            Section::Settings => document.settings.is_some(),
            Section::Objects => document.objects.is_some(),
            Section::Roles => document.roles.is_some(),
            Section::Members => document.members.is_some(),
            Section::ExtraRoles => document.extra_roles.is_some(),
            Section::Teams => document.teams.is_some(),
            Section::Agents => document.agents.is_some(),
            Section::Keys => document.keys.is_some(),
            Section::Resources => document.resources.is_some(),
            Section::Integrations => document.integrations.is_some(),
            Section::GrantsToMembers => grants.is_some_and(|grants| grants.members.is_some()),
            Section::GrantsToTeams => grants.is_some_and(|grants| grants.teams.is_some()),
            Section::GrantsToRoles => grants.is_some_and(|grants| grants.roles.is_some()),
            Section::GrantsToAgents => grants.is_some_and(|grants| grants.agents.is_some()),
            Section::GrantsToKeys => grants.is_some_and(|grants| grants.keys.is_some()),
        }
    }
}

impl App {
    /// Whether the caller sees all of a section.
    pub(super) fn sees(
        &self,
        caller: &Caller,
        (snapshot, state): (&Snapshot, &Organization),
        section: Section,
    ) -> bool {
        let used = |permission: &Permission| Operation::Use { permission: *permission };
        if section == Section::Roles && !self.sees_all_rules(caller, snapshot, state) {
            return false;
        }
        section.seen_with().iter().all(|permission| self.asked(snapshot, &caller.actor, used(permission)).is_allowed())
    }

    /// Whether the caller may know of every object and field about which a role says something.
    fn sees_all_rules(&self, caller: &Caller, snapshot: &Snapshot, state: &Organization) -> bool {
        state.roles.values().all(|role| self.told_rules(caller, snapshot, &role.data) == role.data)
    }

    /// Whether the caller sees the names of all teams.
    pub(super) fn sees_all_teams(&self, caller: &Caller, snapshot: &Snapshot) -> bool {
        let used = Operation::Use { permission: Permission::TeamView };
        self.asked(snapshot, &caller.actor, used).is_allowed()
    }

    /// Denies a document of which the caller does not see every section in whole.
    pub(super) async fn sees_all_of(&self, caller: &Caller, document: &Document) -> Result<(), Problem> {
        let snapshot = caller.live.snapshot();
        let sees_all_rules = {
            let state = caller.live.state.lock().await;
            self.sees_all_rules(caller, &snapshot, &state)
        };
        for section in Section::ALL.into_iter().filter(|section| section.is_in(document)) {
            let rules = (section == Section::Roles && !sees_all_rules).then_some(&Permission::DataModelEdit);
            for permission in section.seen_with().iter().chain(rules) {
                let asked = self.permit(&snapshot, &caller.actor, Operation::Use { permission: *permission }).await;
                asked.map(drop).map_err(|problem| problem.in_step(section.place()))?;
            }
        }
        Ok(())
    }
}
