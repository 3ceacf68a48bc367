//! The catalogue of permissions: what a role can hold.
//!
//! A flat table on purpose. To add one, see `docs/guides/adding-a-permission.md`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a permission stands in lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Running the organization: members, roles, teams, integrations, keys.
    Settings,
    /// Things done in general, such as sending e-mail.
    Actions,
    /// Projects, graders, workflows and whatever else people make and share.
    Resources,
    /// The records of governed objects.
    Data,
    /// Using what the gateway offers.
    Gateway,
    /// Plan, credits, invoices and usage.
    Billing,
    /// Reading what happened.
    Audit,
}

impl Group {
    /// Every group, in the order of the catalogue.
    pub const ALL: [Group; 7] =
        [Group::Settings, Group::Actions, Group::Resources, Group::Data, Group::Gateway, Group::Billing, Group::Audit];

    /// The group's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Group::Settings => "settings",
            Group::Actions => "actions",
            Group::Resources => "resources",
            Group::Data => "data",
            Group::Gateway => "gateway",
            Group::Billing => "billing",
            Group::Audit => "audit",
        }
    }
}

/// How far a permission reaches. A wider scope includes the narrower ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What is one's own.
    Own,
    /// What one's teams have, and what is one's own.
    Team,
    /// Everything.
    All,
}

impl Scope {
    /// The scope's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Own => "own",
            Scope::Team => "team",
            Scope::All => "all",
        }
    }

    /// Reads a scope's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Scope> {
        [Scope::Own, Scope::Team, Scope::All].into_iter().find(|scope| scope.as_str() == text)
    }
}

const WHOLE: &[Scope] = &[Scope::All];
const TEAM: &[Scope] = &[Scope::Team, Scope::All];
const ANY: &[Scope] = &[Scope::Own, Scope::Team, Scope::All];
const OWN_OR_ALL: &[Scope] = &[Scope::Own, Scope::All];

/// What the catalogue says about one permission.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stable name, `noun.verb`.
    pub id: &'static str,
    /// A few words for a list.
    pub title: &'static str,
    /// One line for a person who decides whether to give it.
    pub description: &'static str,
    /// Where it stands in lists.
    pub group: Group,
    /// Whether it gives power over other people or over the organization. Such a permission may be given
    /// only by someone who holds it, and counts when two people's authority is compared.
    pub manages: bool,
    /// The scopes in which it can be held, the narrowest first; only [`Scope::All`] where it knows none.
    pub scopes: &'static [Scope],
    /// What else a role must hold, as far as this, for it to make sense.
    pub depends_on: &'static [Permission],
}

macro_rules! catalogue {
    ($($variant:ident $id:literal $group:ident $manages:literal $scopes:ident [$($needed:ident)*]
       $title:literal $description:literal;)*) => {
        /// One permission of the catalogue.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Permission { $(#[doc = $description] $variant,)* }

        impl Permission {
            /// Every permission, in the order of the catalogue.
            pub const ALL: &'static [Permission] = &[$(Permission::$variant,)*];

            /// What the catalogue says about it.
            #[must_use]
            pub const fn entry(self) -> Entry {
                match self {
                    $(Permission::$variant => Entry {
                        id: $id,
                        title: $title,
                        description: $description,
                        group: Group::$group,
                        manages: $manages,
                        scopes: $scopes,
                        depends_on: &[$(Permission::$needed,)*],
                    },)*
                }
            }

            /// Reads a permission's stable name.
            #[must_use]
            pub fn parse(id: &str) -> Option<Permission> {
                match id { $($id => Some(Permission::$variant),)* _ => None }
            }
        }
    };
}

#[rustfmt::skip]
catalogue! {
    OrganizationView "organization.view" Settings false WHOLE [] "See the organization" "See the organization's name and labels.";
    OrganizationEdit "organization.edit" Settings true WHOLE [OrganizationView] "Change settings" "Change the organization's name and settings.";
    OrganizationDelete "organization.delete" Settings true WHOLE [OrganizationView] "Delete the organization" "End the organization for everyone.";
    OrganizationTransfer "organization.transfer" Settings true WHOLE [OrganizationView] "Transfer ownership" "Hand the organization over to another member.";
    MemberView "member.view" Settings false WHOLE [] "See members" "See the list of members and their roles.";
    MemberInvite "member.invite" Settings false WHOLE [MemberView] "Invite members" "Invite people to the organization with its default role.";
    MemberAdd "member.add" Settings true WHOLE [MemberView] "Add members" "Add people to the organization.";
    MemberEdit "member.edit" Settings true WHOLE [MemberView] "Change members' details" "Change a member's name and seat; never the role.";
    MemberRemove "member.remove" Settings true WHOLE [MemberView] "Remove members" "Remove people from the organization; everything of theirs ends at once.";
    RoleView "role.view" Settings false WHOLE [] "See roles" "See the roles and what they hold.";
    RoleEdit "role.edit" Settings true WHOLE [RoleView] "Change roles" "Create, change and delete roles.";
    RoleAssign "role.assign" Settings true WHOLE [MemberView RoleView] "Assign roles" "Change the role of a member, key or agent.";
    RolePromote "role.promote" Settings true WHOLE [RoleAssign] "Promote" "Give a role that manages others, such as admin or owner.";
    TeamView "team.view" Settings false TEAM [] "See teams" "See teams, their members and what they have.";
    TeamCreate "team.create" Settings true WHOLE [TeamView] "Create teams" "Create teams.";
    TeamEdit "team.edit" Settings true TEAM [TeamView] "Change teams" "Rename and delete teams.";
    TeamMembers "team.members" Settings true TEAM [TeamView] "Manage team members" "Add people of the organization to a team and remove them from it.";
    TeamRoles "team.roles" Settings true TEAM [TeamView] "Manage team roles" "Change the role that somebody has in a team.";
    TeamAssign "team.assign" Settings true TEAM [TeamView] "Assign to teams" "Give integrations and resources to a team, and take them away.";
    TeamInvite "team.invite" Settings false TEAM [TeamView] "Invite to teams" "Invite people to a team.";
    IntegrationView "integration.view" Settings false WHOLE [] "See all integrations" "See every integration, also those one may not use.";
    IntegrationConnect "integration.connect" Settings true WHOLE [IntegrationView] "Connect integrations" "Connect a new integration.";
    IntegrationEdit "integration.edit" Settings true WHOLE [IntegrationView] "Change integrations" "Rename, pause, refresh and re-credential integrations.";
    IntegrationDisconnect "integration.disconnect" Settings true WHOLE [IntegrationView] "Disconnect integrations" "Disconnect an integration for everyone.";
    ToolReview "tool.review" Settings true WHOLE [IntegrationView] "Review tools" "Decide a tool's class, approve what its server changed, and switch a tool off for everyone.";
    GrantAssign "grant.assign" Settings true WHOLE [IntegrationView MemberView] "Assign integrations" "Give and take integrations and tool profiles.";
    KeyIssue "key.issue" Settings true WHOLE [MemberView] "Issue others' keys" "Issue a first personal key to a member, revoke members' personal keys, and end their sessions in the organization.";
    KeyManageWorkspace "key.manage_workspace" Settings true WHOLE [] "Manage workspace keys" "Create, narrow, rotate and revoke workspace keys.";
    AgentView "agent.view" Settings false WHOLE [] "See agents" "See the identities of AI agents and what they may do.";
    AgentManage "agent.manage" Settings true WHOLE [AgentView] "Manage agents" "Create, change, suspend and delete AI agents, and issue their keys.";
    ResourceConfigure "resource.configure" Settings true WHOLE [] "Change feature settings" "Change the settings that hold for all resources of a kind, such as all graders.";
    DataModelEdit "data_model.edit" Settings true WHOLE [] "Change the data model" "Create, change and remove objects and fields.";
    SecurityEdit "security.edit" Settings true WHOLE [OrganizationView] "Change security settings" "Change sign-in, sessions and other security settings.";
    GatewayRoute "gateway.route" Settings true WHOLE [] "Configure routing" "Configure which models and upstreams the gateway uses.";
    DlpEdit "dlp.edit" Settings true WHOLE [] "Manage data-loss prevention" "Change what is redacted, blocked or warned about.";
    ChatUse "chat.use" Actions false WHOLE [] "Chat" "Talk to models.";
    EmailSend "email.send" Actions false WHOLE [] "Send e-mail" "Send e-mail from the product.";
    CsvImport "csv.import" Actions false WHOLE [] "Import CSV" "Import rows from CSV files.";
    CsvExport "csv.export" Actions false WHOLE [] "Export CSV" "Export rows as CSV files.";
    FileUpload "file.upload" Actions false WHOLE [] "Upload files" "Upload files.";
    FileDownload "file.download" Actions false WHOLE [] "Download files" "Download files.";
    HttpRequest "http.request" Actions false WHOLE [] "Send HTTP requests" "Let automations send HTTP requests.";
    CodeRun "code.run" Actions false WHOLE [] "Run code" "Run code in the interpreter.";
    ProjectView "project.view" Resources false ANY [] "See projects" "See projects, whatever is in them included.";
    ProjectCreate "project.create" Resources false WHOLE [ProjectView] "Create projects" "Create projects of one's own.";
    ProjectEdit "project.edit" Resources false ANY [ProjectView] "Change projects" "Change projects and their settings.";
    ProjectDelete "project.delete" Resources false ANY [ProjectView] "Delete projects" "Delete projects, and restore them.";
    ProjectDestroy "project.destroy" Resources false ANY [ProjectDelete] "Destroy projects" "Delete projects for good.";
    ProjectUse "project.use" Resources false ANY [ProjectView] "Work in projects" "Work in projects.";
    ProjectShare "project.share" Resources false ANY [ProjectView] "Share projects" "Share projects with members and teams.";
    DataSourceView "data_source.view" Resources false ANY [] "See data sources" "See data sources, whatever is in them included.";
    DataSourceCreate "data_source.create" Resources false WHOLE [DataSourceView] "Create data sources" "Create data sources of one's own.";
    DataSourceEdit "data_source.edit" Resources false ANY [DataSourceView] "Change data sources" "Change data sources and their settings.";
    DataSourceDelete "data_source.delete" Resources false ANY [DataSourceView] "Delete data sources" "Delete data sources, and restore them.";
    DataSourceDestroy "data_source.destroy" Resources false ANY [DataSourceDelete] "Destroy data sources" "Delete data sources for good.";
    DataSourceUse "data_source.use" Resources false ANY [DataSourceView] "Use data sources" "Use data sources.";
    DataSourceShare "data_source.share" Resources false ANY [DataSourceView] "Share data sources" "Share data sources with members and teams.";
    AgentConfigView "agent_config.view" Resources false ANY [] "See agent configurations" "See agent configurations, whatever is in them included.";
    AgentConfigCreate "agent_config.create" Resources false WHOLE [AgentConfigView] "Create agent configurations" "Create agent configurations of one's own.";
    AgentConfigEdit "agent_config.edit" Resources false ANY [AgentConfigView] "Change agent configurations" "Change agent configurations and their settings.";
    AgentConfigDelete "agent_config.delete" Resources false ANY [AgentConfigView] "Delete agent configurations" "Delete agent configurations, and restore them.";
    AgentConfigDestroy "agent_config.destroy" Resources false ANY [AgentConfigDelete] "Destroy agent configurations" "Delete agent configurations for good.";
    AgentConfigUse "agent_config.use" Resources false ANY [AgentConfigView] "Run agent configurations" "Run agent configurations.";
    AgentConfigShare "agent_config.share" Resources false ANY [AgentConfigView] "Share agent configurations" "Share agent configurations with members and teams.";
    AutomationView "automation.view" Resources false ANY [] "See automations" "See automations, whatever is in them included.";
    AutomationCreate "automation.create" Resources false WHOLE [AutomationView] "Create automations" "Create automations of one's own.";
    AutomationEdit "automation.edit" Resources false ANY [AutomationView] "Change automations" "Change automations and their settings.";
    AutomationDelete "automation.delete" Resources false ANY [AutomationView] "Delete automations" "Delete automations, and restore them.";
    AutomationDestroy "automation.destroy" Resources false ANY [AutomationDelete] "Destroy automations" "Delete automations for good.";
    AutomationUse "automation.use" Resources false ANY [AutomationView] "Run automations" "Run automations.";
    AutomationShare "automation.share" Resources false ANY [AutomationView] "Share automations" "Share automations with members and teams.";
    WorkflowView "workflow.view" Settings false ANY [] "See workflows" "See workflows, whatever is in them included.";
    WorkflowCreate "workflow.create" Settings false WHOLE [WorkflowView] "Create workflows" "Create workflows of one's own.";
    WorkflowEdit "workflow.edit" Settings false ANY [WorkflowView] "Change workflows" "Change workflows and their settings.";
    WorkflowDelete "workflow.delete" Settings false ANY [WorkflowView] "Delete workflows" "Delete workflows, and restore them.";
    WorkflowDestroy "workflow.destroy" Settings false ANY [WorkflowDelete] "Destroy workflows" "Delete workflows for good.";
    WorkflowUse "workflow.use" Settings false ANY [WorkflowView] "Run workflows" "Run workflows.";
    WorkflowShare "workflow.share" Settings false ANY [WorkflowView] "Share workflows" "Share workflows with members and teams.";
    SkillView "skill.view" Resources false ANY [] "See skills" "See skills, whatever is in them included.";
    SkillCreate "skill.create" Resources false WHOLE [SkillView] "Create skills" "Create skills of one's own.";
    SkillEdit "skill.edit" Resources false ANY [SkillView] "Change skills" "Change skills and their settings.";
    SkillDelete "skill.delete" Resources false ANY [SkillView] "Delete skills" "Delete skills, and restore them.";
    SkillDestroy "skill.destroy" Resources false ANY [SkillDelete] "Destroy skills" "Delete skills for good.";
    SkillUse "skill.use" Resources false ANY [SkillView] "Run skills" "Run skills.";
    SkillShare "skill.share" Resources false ANY [SkillView] "Share skills" "Share skills with members and teams.";
    AssistantView "assistant.view" Resources false ANY [] "See assistants" "See assistants, whatever is in them included.";
    AssistantCreate "assistant.create" Resources false WHOLE [AssistantView] "Create assistants" "Create assistants of one's own.";
    AssistantEdit "assistant.edit" Resources false ANY [AssistantView] "Change assistants" "Change assistants and their settings.";
    AssistantDelete "assistant.delete" Resources false ANY [AssistantView] "Delete assistants" "Delete assistants, and restore them.";
    AssistantDestroy "assistant.destroy" Resources false ANY [AssistantDelete] "Destroy assistants" "Delete assistants for good.";
    AssistantUse "assistant.use" Resources false ANY [AssistantView] "Use assistants" "Use assistants.";
    AssistantShare "assistant.share" Resources false ANY [AssistantView] "Share assistants" "Share assistants with members and teams.";
    EngineView "engine.view" Resources false ANY [] "See engines" "See engines, whatever is in them included.";
    EngineCreate "engine.create" Resources false WHOLE [EngineView] "Create engines" "Create engines of one's own.";
    EngineEdit "engine.edit" Resources false ANY [EngineView] "Change engines" "Change engines and their settings.";
    EngineDelete "engine.delete" Resources false ANY [EngineView] "Delete engines" "Delete engines, and restore them.";
    EngineDestroy "engine.destroy" Resources false ANY [EngineDelete] "Destroy engines" "Delete engines for good.";
    EngineUse "engine.use" Resources false ANY [EngineView] "Use engines" "Use engines.";
    EngineShare "engine.share" Resources false ANY [EngineView] "Share engines" "Share engines with members and teams.";
    GraderView "grader.view" Resources false ANY [] "See graders" "See graders, whatever is in them included.";
    GraderCreate "grader.create" Resources false WHOLE [GraderView] "Create graders" "Create graders of one's own.";
    GraderEdit "grader.edit" Resources false ANY [GraderView] "Change graders" "Change graders and their settings.";
    GraderDelete "grader.delete" Resources false ANY [GraderView] "Delete graders" "Delete graders, and restore them.";
    GraderDestroy "grader.destroy" Resources false ANY [GraderDelete] "Destroy graders" "Delete graders for good.";
    GraderUse "grader.use" Resources false ANY [GraderView] "Use graders" "Use graders.";
    GraderShare "grader.share" Resources false ANY [GraderView] "Share graders" "Share graders with members and teams.";
    ArtifactView "artifact.view" Resources false ANY [] "See artifacts" "See artifacts, whatever is in them included.";
    ArtifactCreate "artifact.create" Resources false WHOLE [ArtifactView] "Create artifacts" "Create artifacts of one's own.";
    ArtifactEdit "artifact.edit" Resources false ANY [ArtifactView] "Change artifacts" "Change artifacts and their settings.";
    ArtifactDelete "artifact.delete" Resources false ANY [ArtifactView] "Delete artifacts" "Delete artifacts, and restore them.";
    ArtifactDestroy "artifact.destroy" Resources false ANY [ArtifactDelete] "Destroy artifacts" "Delete artifacts for good.";
    ArtifactUse "artifact.use" Resources false ANY [ArtifactView] "Use artifacts" "Use artifacts.";
    ArtifactShare "artifact.share" Resources false ANY [ArtifactView] "Share artifacts" "Share artifacts with members and teams.";
    CollectionView "collection.view" Resources false ANY [] "See collections" "See collections, whatever is in them included.";
    CollectionCreate "collection.create" Resources false WHOLE [CollectionView] "Create collections" "Create collections of one's own.";
    CollectionEdit "collection.edit" Resources false ANY [CollectionView] "Change collections" "Change collections and their settings.";
    CollectionDelete "collection.delete" Resources false ANY [CollectionView] "Delete collections" "Delete collections, and restore them.";
    CollectionDestroy "collection.destroy" Resources false ANY [CollectionDelete] "Destroy collections" "Delete collections for good.";
    CollectionUse "collection.use" Resources false ANY [CollectionView] "Use collections" "Use collections.";
    CollectionShare "collection.share" Resources false ANY [CollectionView] "Share collections" "Share collections with members and teams.";
    MeetingView "meeting.view" Resources false ANY [] "See meetings" "See meetings, whatever is in them included.";
    MeetingCreate "meeting.create" Resources false WHOLE [MeetingView] "Create meetings" "Create meetings of one's own.";
    MeetingEdit "meeting.edit" Resources false ANY [MeetingView] "Change meetings" "Change meetings and their settings.";
    MeetingDelete "meeting.delete" Resources false ANY [MeetingView] "Delete meetings" "Delete meetings, and restore them.";
    MeetingDestroy "meeting.destroy" Resources false ANY [MeetingDelete] "Destroy meetings" "Delete meetings for good.";
    MeetingUse "meeting.use" Resources false ANY [MeetingView] "Join meetings" "Join meetings.";
    MeetingShare "meeting.share" Resources false ANY [MeetingView] "Share meetings" "Share meetings with members and teams.";
    ArtifactCollect "artifact.collect" Resources false ANY [ArtifactView] "Put artifacts into collections" "Assign artifacts to collections.";
    DataSee "data.see" Data false WHOLE [] "See records" "See the records of every object.";
    DataCreate "data.create" Data false WHOLE [DataSee] "Create records" "Create records of every object.";
    DataEdit "data.edit" Data false WHOLE [DataSee] "Change records" "Change the records of every object.";
    DataDelete "data.delete" Data false WHOLE [DataSee] "Delete records" "Delete the records of every object, and restore them.";
    DataDestroy "data.destroy" Data false WHOLE [DataDelete] "Destroy records" "Delete the records of every object for good.";
    KeyCreatePersonal "key.create_personal" Settings false WHOLE [] "Create own keys" "Create, rotate and revoke one's own personal keys.";
    IntegrationUseAll "integration.use_all" Gateway false WHOLE [] "Use all integrations" "Use every tool of every integration, also of those connected later.";
    ModelUse "model.use" Gateway false WHOLE [] "Use models" "Use the models behind the gateway.";
    BillingView "billing.view" Billing false WHOLE [] "See the plan" "See the subscription, the seats and the credits.";
    BillingEdit "billing.edit" Billing true WHOLE [BillingView] "Change the plan" "Change the subscription plan and the way of paying.";
    CreditsBuy "credits.buy" Billing true WHOLE [BillingView] "Buy credits" "Buy additional credits.";
    InvoiceView "invoice.view" Billing false WHOLE [] "See invoices" "See and download invoices.";
    UsageView "usage.view" Billing false OWN_OR_ALL [] "See usage" "See what was used and what it cost.";
    AccessExplain "access.explain" Audit false WHOLE [] "Explain access" "See why another person may or may not do something.";
    AuditRead "audit.read" Audit false WHOLE [] "Read the audit log" "Read everyone's record of calls and changes; one's own is always visible to oneself.";
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().id)
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().id)
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Permission::parse(&id).ok_or_else(|| serde::de::Error::custom(format!("there is no permission named {id}")))
    }
}
