//! The samples: one of every event, and more where an event has several forms.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::AgentEdit;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{
    AccountId, AgentId, ClientId, GroupId, IntegrationId, InvitationId, KeyId, MailDomainId, PersonId, RegistrationId,
    RequestId, ResourceId, SessionId, TeamId,
};
use domain::integration::{
    Clue, ClueFrom, CredentialKind, DefinitionHash, DiscoveredTool, Found, Integration, IntegrationEdit, Slug,
    ToolClass, Whose,
};
use domain::invitation::{Inviter, NewInvitation, Offer, OfferedGrant};
use domain::key::{KeyKind, KeyScope};
use domain::mail_domain::{JoinMode, MailDomainName, Opening};
use domain::member::MemberDetail;
use domain::object::{DataName, DataRules, DataVerb, Field, FieldRule, Object, ObjectRule, Rule};
use domain::organization::{
    GrantsTo, Invite, InvitedAddress, KeysWithoutRole, Label, PersonalKeys, Promote, RecordsSync, SecondFactor,
    SettingChange, Settings, ToolChanges,
};
use domain::permission::{Holding, Permission, PermissionSet};
use domain::request::{NewRequest, Wanted};
use domain::resource::{Features, NewResource, ResourceEdit, ResourceKind, ResourceVerb, Shared};
use domain::role::{AssignableTo, Role, RoleId, RoleLevel};
use domain::time::Timestamp;

pub(crate) const PERSON: [u8; 20] = [7; 20];
pub(crate) const KEY: [u8; 20] = [11; 20];
const INTEGRATION: [u8; 20] = [9; 20];
const TEAM: [u8; 20] = [12; 20];
const AGENT: [u8; 20] = [13; 20];
const GROUP: [u8; 20] = [17; 20];
const RESOURCE: [u8; 20] = [14; 20];
const REQUEST: [u8; 20] = [15; 20];
const SESSION: [u8; 20] = [16; 20];
const INVITATION: [u8; 20] = [16; 20];
const END: Option<Timestamp> = Some(Timestamp(1_795_000_000_123));

/// A file's name without its ending, and the event that it holds.
type Sample = (&'static str, Event);

fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

fn name(name: &str) -> DataName {
    DataName::parse(name).unwrap()
}

/// Events in the form in which they are written today.
pub(crate) fn samples() -> Vec<Sample> {
    let groups = [
        samples_of_the_organization(),
        samples_of_settings(),
        samples_of_roles(),
        samples_of_integrations(),
        samples_of_grants_and_keys(),
        samples_of_teams_and_agents(),
        samples_of_resources_and_objects(),
        samples_of_requests(),
        samples_of_invitations(),
        samples_of_mail_domains(),
    ];
    groups.into_iter().flatten().collect()
}

/// Events in a form that is written no longer, and what they mean.
pub(crate) fn earlier() -> Vec<Sample> {
    let settings = Settings {
        owners_max: Some(3),
        join_default_role: role("member"),
        join_default_profile: Profile::ReadOnly,
        keys_workspace_default_scope: KeyScope::All,
        records_sync: RecordsSync::Changes,
        ..Settings::default()
    };
    let any_number = Settings { owners_max: None, records_sync: RecordsSync::All, ..settings.clone() };
    vec![
        // Of the time when there were five settings; the others are as they were before they could be set.
        ("organization.created", created(settings)),
        ("organization.created-any-number-of-owners", created(any_number)),
        // Of the time before access was reviewed, agents could be given a tool to ask with, and it could be set what teams
        // are given without a right to share.
        (
            "organization.created-all-settings",
            created(Settings {
                requests_agent_tool: false,
                teams_assign_listed: BTreeSet::new(),
                ..before_extra_roles()
            }),
        ),
        // Of the time when what servers changed was taken over.
        (
            "organization.created-with-second-factor",
            created(Settings { review_every_days: 30, ..before_tool_changes() }),
        ),
        // Of the time before a passkey could be asked of people.
        ("organization.created-with-an-end", created(Settings { review_every_days: 30, ..before_second_factor() })),
        // Of the time before an organization could be deleted.
        ("organization.created-with-invitations", created(Settings { review_every_days: 30, ..before_deletion() })),
        // Of the time before invitations.
        ("organization.created-all-24-settings", created(Settings { review_every_days: 30, ..before_invitations() })),
        // Of the time when a client reached as far as its person.
        (
            "client.connected",
            Event::ClientConnected {
                client: ClientId::from_random(SESSION),
                person: PersonId::from_random(PERSON),
                profile: Profile::Full,
            },
        ),
        // Of the time before roles beside one's own.
        ("organization.created-every-setting", created(Settings { review_every_days: 30, ..before_extra_roles() })),
    ]
}

fn created(settings: Settings) -> Event {
    Event::OrganizationCreated { name: "Zürich \"Nord\" AG".to_owned(), preset: "pipeworks".to_owned(), settings }
}

fn before_extra_roles() -> Settings {
    Settings { roles_extra_bindings: false, ..before_invitations() }
}

fn before_invitations() -> Settings {
    Settings { invite_address: InvitedAddress::Proven, invite_lasts_days: 7, ..before_deletion() }
}

fn before_deletion() -> Settings {
    Settings { delete_after_days: 30, ..before_second_factor() }
}

fn before_second_factor() -> Settings {
    Settings { sign_in_second_factor: SecondFactor::Off, ..before_tool_changes() }
}

fn before_tool_changes() -> Settings {
    Settings { tool_changes: ToolChanges::Hold, ..all_settings() }
}

fn all_settings() -> Settings {
    Settings {
        owners_max: Some(1),
        promote_admin: Promote::OwnerOrAdmin,
        invite_organization: Invite::AnyMember,
        invite_team: Invite::AnyMemberWithApproval,
        invite_address: InvitedAddress::Any,
        invite_lasts_days: 14,
        join_default_role: role("user"),
        join_default_team: Some(TeamId::from_random(TEAM)),
        join_default_team_role: Some(role("team-user")),
        join_default_profile: Profile::NoDelete,
        keys_personal: PersonalKeys::Managers,
        keys_without_role: KeysWithoutRole::Deny,
        keys_workspace_default_scope: KeyScope::Granted,
        managers_implicit_access: false,
        grants_to: BTreeSet::from([GrantsTo::Person, GrantsTo::Team]),
        roles_custom: true,
        roles_extra_bindings: true,
        resources_listed: BTreeSet::from([ResourceKind::Grader, ResourceKind::DataSource]),
        teams_assign_listed: BTreeSet::from([ResourceKind::Grader]),
        workflows_run_needs_edit: true,
        fields_widen: true,
        admins_warn_below: 3,
        review_every_days: 90,
        delete_after_days: 14,
        labels: BTreeMap::from([(Label::Member, "user".to_owned()), (Label::WorkspaceKey, "API key".to_owned())]),
        records_sync: RecordsSync::All,
        requests_agent_tool: true,
        sign_in_second_factor: SecondFactor::Managers,
        tool_changes: ToolChanges::Take,
    }
}

fn samples_of_the_organization() -> Vec<Sample> {
    let person = PersonId::from_random(PERSON);
    let heir = PersonId::from_random([8; 20]);
    vec![
        ("organization.created-with-tool-changes", created(Settings { review_every_days: 30, ..all_settings() })),
        ("access.reviewed", Event::AccessReviewed { of_seq: 41 }),
        ("organization.deletion_set", Event::OrganizationDeletionSet { deletes_at: Timestamp(1_700_000_000_000) }),
        ("organization.restored", Event::OrganizationRestored),
        ("organization.destroyed", Event::OrganizationDestroyed),
        ("organization.renamed", Event::OrganizationRenamed { name: "Other".to_owned() }),
        ("member.added", Event::MemberAdded { person, role: role("member") }),
        ("member.role_changed", Event::MemberRoleChanged { person, from: role("member"), to: role("admin") }),
        ("member.edited", Event::MemberEdited { person, details: [MemberDetail::Name, MemberDetail::Seat].into() }),
        ("member.role_given", Event::MemberRoleGiven { person, role: role("auditor"), expires_at: END }),
        ("member.role_given-no-end", Event::MemberRoleGiven { person, role: role("auditor"), expires_at: None }),
        (
            "session.ended",
            Event::SessionEnded { person, session: SessionId::from_random(SESSION), until: Timestamp(1) },
        ),
        ("sessions.ended", Event::SessionsEnded { person }),
        (
            "client.connected-as-far-as",
            Event::ClientConnected { client: ClientId::from_random(SESSION), person, profile: Profile::ReadOnly },
        ),
        ("client.disconnected", Event::ClientDisconnected { client: ClientId::from_random(SESSION), person }),
        ("client.registered", Event::ClientRegistered { registration: RegistrationId::from_random(SESSION) }),
        ("client.unregistered", Event::ClientUnregistered { registration: RegistrationId::from_random(SESSION) }),
        ("member.role_taken", Event::MemberRoleTaken { person, role: role("auditor") }),
        ("organization.preset_changed", Event::PresetChanged { preset: "workjet".to_owned() }),
        ("role.withdrawn", Event::RoleWithdrawn { role: role("clerk") }),
        (
            "ownership.offered",
            Event::OwnershipOffered {
                from: person,
                to: heir,
                own_role: role("admin"),
                expires_at: Timestamp(1_700_000_000_000),
            },
        ),
        ("ownership.accepted", Event::OwnershipAccepted { from: person, to: heir }),
        ("ownership.declined", Event::OwnershipDeclined { from: person, to: heir }),
        ("ownership.withdrawn", Event::OwnershipWithdrawn { from: person, to: heir }),
        ("member.edited-directory", Event::MemberEdited { person, details: [MemberDetail::Directory].into() }),
        ("member.suspended", Event::MemberSuspended { person }),
        ("member.restored", Event::MemberRestored { person }),
        ("member.removed", Event::MemberRemoved { person }),
    ]
}

fn samples_of_settings() -> Vec<Sample> {
    use SettingChange as To;
    let team = TeamId::from_random(TEAM);
    let changes = [
        ("setting.changed", To::OwnersMax(Some(2))),
        ("setting.changed-owners-any", To::OwnersMax(None)),
        ("setting.changed-promote-owner", To::PromoteAdmin(Promote::Owner)),
        ("setting.changed-promote-either", To::PromoteAdmin(Promote::OwnerOrAdmin)),
        ("setting.changed-promote-permission", To::PromoteAdmin(Promote::ByPermission)),
        ("setting.changed-invite", To::InviteOrganization(Invite::Managers)),
        ("setting.changed-invite-any", To::InviteOrganization(Invite::AnyMember)),
        ("setting.changed-invite-team", To::InviteTeam(Invite::AnyMemberWithApproval)),
        ("setting.changed-invite-team-permission", To::InviteTeam(Invite::ByPermission)),
        ("setting.changed-invite-address", To::InviteAddress(InvitedAddress::Any)),
        ("setting.changed-invite-address-proven", To::InviteAddress(InvitedAddress::Proven)),
        ("setting.changed-invite-days", To::InviteLastsDays(14)),
        ("setting.changed-delete-after", To::OrganizationDeleteAfterDays(14)),
        ("setting.changed-default-role", To::JoinDefaultRole(role("clerk"))),
        ("setting.changed-default-team", To::JoinDefaultTeam(Some(team))),
        ("setting.changed-no-default-team", To::JoinDefaultTeam(None)),
        ("setting.changed-default-team-role", To::JoinDefaultTeamRole(Some(role("team-user")))),
        ("setting.changed-no-default-team-role", To::JoinDefaultTeamRole(None)),
        ("setting.changed-profile", To::JoinDefaultProfile(Profile::NoDelete)),
        ("setting.changed-keys-everyone", To::KeysPersonal(PersonalKeys::Everyone)),
        ("setting.changed-keys-managers", To::KeysPersonal(PersonalKeys::Managers)),
        ("setting.changed-keys-permission", To::KeysPersonal(PersonalKeys::ByPermission)),
        ("setting.changed-roleless-default", To::KeysWithoutRole(KeysWithoutRole::DefaultRole)),
        ("setting.changed-roleless-tools", To::KeysWithoutRole(KeysWithoutRole::ToolsOnly)),
        ("setting.changed-roleless-deny", To::KeysWithoutRole(KeysWithoutRole::Deny)),
        ("setting.changed-key-scope", To::KeysWorkspaceDefaultScope(KeyScope::Granted)),
        ("setting.changed-implicit", To::ManagersImplicitAccess(false)),
        ("setting.changed-grants-to", To::GrantsTo(BTreeSet::from(GrantsTo::ALL))),
        ("setting.changed-grants-to-nobody", To::GrantsTo(BTreeSet::new())),
        ("setting.changed-custom-roles", To::RolesCustom(true)),
        ("setting.changed-assign-listed", To::TeamsAssignListed([ResourceKind::Grader].into())),
        ("setting.changed-extra-roles", To::RolesExtraBindings(true)),
        ("setting.changed-listed", To::ResourcesListed(ResourceKind::ALL.iter().copied().collect())),
        ("setting.changed-workflows", To::WorkflowsRunNeedsEdit(true)),
        ("setting.changed-fields", To::FieldsWiden(true)),
        ("setting.changed-admins", To::AdminsWarnBelow(0)),
        ("setting.changed-review", To::ReviewEveryDays(30)),
        ("setting.changed-labels", To::Labels(BTreeMap::from([(Label::Organization, "workspace".to_owned())]))),
        ("setting.changed-sync", To::RecordsSync(RecordsSync::All)),
        ("setting.changed-agent-tool", To::RequestsAgentTool(true)),
        ("setting.changed-second-factor", To::SignInSecondFactor(SecondFactor::Managers)),
        ("setting.changed-second-factor-everyone", To::SignInSecondFactor(SecondFactor::Everyone)),
        ("setting.changed-second-factor-off", To::SignInSecondFactor(SecondFactor::Off)),
        ("setting.changed-tool-changes", To::ToolChanges(ToolChanges::Take)),
        ("setting.changed-tool-changes-held", To::ToolChanges(ToolChanges::Hold)),
    ];
    changes.map(|(name, change)| (name, Event::SettingChanged(change))).into()
}

fn samples_of_roles() -> Vec<Sample> {
    let defined = Role {
        id: role("clerk"),
        title: "Clerk".to_owned(),
        typical_for: "people at the desk".to_owned(),
        guide: String::new(),
        level: RoleLevel::Organization,
        permissions: Holding::from(
            [Permission::MemberView, Permission::GrantAssign].into_iter().collect::<PermissionSet>(),
        ),
        data: DataRules::default(),
        assignable_to: AssignableTo { members: true, keys: false, agents: true },
        locked: false,
        top: false,
    };
    let words = ["actions.*", "resources.*", "project.edit:own", "grader.use:team", "usage.view:own", "data.see"];
    let address = FieldRule { see: Rule::Deny, edit: Rule::Inherit };
    let email = FieldRule { see: Rule::Allow, edit: Rule::Deny };
    let people = ObjectRule {
        edit: Rule::Allow,
        fields: BTreeMap::from([(name("address"), address), (name("email"), email)]),
        ..ObjectRule::default()
    };
    let every_verb = ObjectRule {
        see: Rule::Allow,
        create: Rule::Deny,
        edit: Rule::Allow,
        delete: Rule::Allow,
        destroy: Rule::Deny,
        fields: BTreeMap::new(),
    };
    let hidden = ObjectRule { see: Rule::Deny, ..ObjectRule::default() };
    let objects =
        BTreeMap::from([(name("people"), people), (name("companies"), every_verb), (name("opportunities"), hidden)]);
    let permissions = Holding::parse(words).unwrap();
    let with_rules = Role {
        guide: "Reads.\nMind the \"addresses\".".to_owned(),
        permissions,
        data: DataRules { objects },
        ..defined.clone()
    };
    let in_teams = Role { level: RoleLevel::Team, locked: true, ..defined.clone() };
    vec![
        ("role.defined", Event::RoleDefined(defined)),
        ("role.defined-scopes-groups-and-data-rules", Event::RoleDefined(with_rules)),
        ("role.defined-in-teams", Event::RoleDefined(in_teams)),
        ("role.deleted", Event::RoleDeleted { role: role("clerk"), moved_to: role("member") }),
    ]
}

fn samples_of_integrations() -> Vec<Sample> {
    let integration = IntegrationId::from_random(INTEGRATION);
    let connected = |credential| {
        Event::IntegrationConnected(Box::new(Integration {
            id: integration,
            slug: Slug::parse("stripe").unwrap(),
            title: "Stripe".to_owned(),
            purpose: "payments".to_owned(),
            url: "https://stripe.example/mcp".to_owned(),
            credential,
            paused: false,
            tools: [].into(),
            found: [].into(),
        }))
    };
    let header = CredentialKind::Header { name: "X-Api-Key".to_owned() };
    let application = CredentialKind::ClientCredentials { client_id: "w".to_owned(), scope: None };
    let oauth = CredentialKind::OAuth { whose: Whose::Person, client_id: None, scope: Some("mail.read".to_owned()) };
    let (account, person) = (AccountId::from_random([18; 20]), Some(PersonId::from_random(PERSON)));
    // Numbers of any size and unknown fields must come through to the last digit.
    let definition = r#"{"name":"create_refund","inputSchema":{"maximum":12345678901234567890.50},"x-new":null}"#;
    let tools = vec![
        DiscoveredTool {
            name: "create_refund".to_owned(),
            definition: definition.into(),
            class: ToolClass::Unclassified,
            suggested: ToolClass::Delete,
            evidence: Vec::new(),
        },
        DiscoveredTool {
            name: "list_customers".to_owned(),
            definition: "{}".into(),
            class: ToolClass::Read,
            suggested: ToolClass::Read,
            evidence: Vec::new(),
        },
    ];
    let edit = IntegrationEdit { paused: Some(true), credential: Some(CredentialKind::None), ..Default::default() };
    let tool = "create_refund".to_owned();
    let clues =
        [ClueFrom::Annotation, ClueFrom::Name, ClueFrom::Description, ClueFrom::Schema].into_iter().zip(ToolClass::ALL);
    let evidence = clues.map(|(from, says)| Clue { from, says, words: "refund".to_owned() }).collect();
    let found = [
        ("create_refund", Found::Definition(DiscoveredTool { evidence, ..tools[0].clone() })),
        ("list_customers", Found::Gone),
        ("pay\u{202e}", Found::Unsound { why: "Region is wanted twice".to_owned() }),
    ];
    let found = found.map(|(name, found)| (name.to_owned(), found)).into();
    let hash = DefinitionHash::of(definition).to_string();
    let seen = [("create_refund", hash), ("list_customers", "gone".to_owned())];
    let seen = seen.map(|(name, seen)| (name.to_owned(), seen)).into();
    vec![
        ("integration.connected", connected(CredentialKind::Bearer)),
        ("integration.connected-header", connected(header)),
        ("integration.connected-environment", connected(CredentialKind::Environment)),
        ("integration.connected-client-credentials", connected(application)),
        ("integration.connected-oauth", connected(oauth)),
        ("account.connected", Event::AccountConnected { account, integration, person: None }),
        ("account.connected-own", Event::AccountConnected { account, integration, person }),
        ("account.disconnected", Event::AccountDisconnected { account, integration, person }),
        ("integration.edited", Event::IntegrationEdited { integration, edit }),
        ("integration.disconnected", Event::IntegrationDisconnected { integration }),
        ("tools.found", Event::ToolsFound { integration, found }),
        ("tools.accepted", Event::ToolsAccepted { integration, seen }),
        ("tools.approved", Event::ToolsApproved { integration, tools }),
        ("tool.classified", Event::ToolClassified { integration, tool: tool.clone(), class: ToolClass::Write }),
        ("tool.switched", Event::ToolSwitched { integration, tool, off: true }),
    ]
}

fn samples_of_grants_and_keys() -> Vec<Sample> {
    let (person, key, agent) = (PersonId::from_random(PERSON), KeyId::from_random(KEY), AgentId::from_random(AGENT));
    let integration = IntegrationId::from_random(INTEGRATION);
    let set = |grantee, profile, tools_off: &[&str], expires_at| Event::GrantSet {
        grantee,
        integration,
        profile,
        tools_off: tools_off.iter().map(|tool| (*tool).to_owned()).collect(),
        expires_at,
    };
    let lent = Event::GrantLent {
        grantee: Grantee::Member(person),
        integration,
        profile: Profile::Full,
        tools_off: BTreeSet::from(["create_refund".to_owned()]),
        expires_at: Timestamp(1_795_000_000_123),
    };
    let full = |grantee| set(grantee, Profile::Full, &[], None);
    let created = |kind, expires_at| Event::KeyCreated {
        key,
        kind,
        digest: "0123456789abcdef".repeat(4),
        hint: "x7Qz".to_owned(),
        expires_at,
    };
    let with_role = KeyKind::Workspace { scope: KeyScope::All, role: Some(role("service")) };
    let directory = |tends: &[&str]| KeyKind::Directory {
        gives: role("member"),
        tends: tends.iter().map(|name| role(name)).collect(),
    };
    let rotated = Event::KeyRotated { key, digest: "fedcba9876543210".repeat(4), hint: "aB3d".to_owned() };
    vec![
        ("grant.set", set(Grantee::Member(person), Profile::NoDelete, &["create_refund"], END)),
        ("grant.set-key", full(Grantee::Key(key))),
        ("grant.set-team", full(Grantee::Team(TeamId::from_random(TEAM)))),
        ("grant.set-agent", full(Grantee::Agent(agent))),
        ("grant.set-role", full(Grantee::Role(role("clerk")))),
        ("grant.lent", lent),
        ("grant.removed", Event::GrantRemoved { grantee: Grantee::Member(person), integration }),
        ("key.created", created(KeyKind::Personal { holder: person }, None)),
        ("key.created-workspace", created(KeyKind::Workspace { scope: KeyScope::Granted, role: None }, END)),
        ("key.created-workspace-role", created(with_role, None)),
        ("key.created-agent", created(KeyKind::Agent { agent, acting_for: None }, None)),
        ("key.created-agent-for-person", created(KeyKind::Agent { agent, acting_for: Some(person) }, END)),
        ("key.created-directory", created(directory(&[]), None)),
        ("key.created-directory-tends", created(directory(&["admin", "clerk"]), END)),
        ("key.rotated", rotated),
        ("key.revoked", Event::KeyRevoked { key }),
        ("key.role_changed", Event::KeyRoleChanged { key, role: Some(role("service")) }),
        ("key.role_changed-none", Event::KeyRoleChanged { key, role: None }),
    ]
}

fn samples_of_teams_and_agents() -> Vec<Sample> {
    let (team, agent) = (TeamId::from_random(TEAM), AgentId::from_random(AGENT));
    let sponsor = PersonId::from_random(PERSON);
    let (person, other) = (sponsor, PersonId::from_random(KEY));
    let (group, connection) = (GroupId::from_random(GROUP), KeyId::from_random(KEY));
    let title = || "Support".to_owned();
    let edit = AgentEdit { title: Some(title()), sponsor: Some(sponsor), suspended: Some(true) };
    let resumed = AgentEdit { suspended: Some(false), ..AgentEdit::default() };
    let clerk = Some(role("clerk"));
    vec![
        ("team.created", Event::TeamCreated { team, title: title() }),
        ("team.renamed", Event::TeamRenamed { team, title: "Hilfe & Rat".to_owned() }),
        ("team.deleted", Event::TeamDeleted { team }),
        ("team.member_set", Event::TeamMemberSet { team, person, role: role("team-leader") }),
        ("team.member_removed", Event::TeamMemberRemoved { team, person }),
        ("team.member_placed", Event::TeamMemberPlaced { team, person, role: role("team-member"), connection }),
        ("group.created", Event::GroupCreated { group, connection }),
        ("group.edited", Event::GroupEdited { group }),
        ("group.members_changed", Event::GroupMembersChanged { group, joined: [person].into(), left: [other].into() }),
        ("group.mapped", Event::GroupMapped { group, teams: [(team, role("team-member"))].into() }),
        ("group.mapped-nothing", Event::GroupMapped { group, teams: BTreeMap::new() }),
        ("group.deleted", Event::GroupDeleted { group }),
        ("agent.created", Event::AgentCreated { agent, title: title(), sponsor, role: clerk, expires_at: END }),
        ("agent.created-no-role", Event::AgentCreated { agent, title: title(), sponsor, role: None, expires_at: None }),
        ("agent.edited", Event::AgentEdited { agent, edit }),
        ("agent.edited-resumed", Event::AgentEdited { agent, edit: resumed }),
        ("agent.role_changed", Event::AgentRoleChanged { agent, role: clerk }),
        ("agent.role_changed-none", Event::AgentRoleChanged { agent, role: None }),
        ("agent.deleted", Event::AgentDeleted { agent }),
        ("delegation.set", Event::DelegationSet { agent, person, expires_at: END }),
        ("delegation.set-no-end", Event::DelegationSet { agent, person, expires_at: None }),
        ("delegation.removed", Event::DelegationRemoved { agent, person }),
    ]
}

fn samples_of_resources_and_objects() -> Vec<Sample> {
    let (resource, team) = (ResourceId::from_random(RESOURCE), TeamId::from_random(TEAM));
    let (owner, agent) = (PersonId::from_random(PERSON), AgentId::from_random(AGENT));
    let settings = r#"{"strict":true,"levels":[1,2.50],"rubric":{"name":"Größe","of":null}}"#;
    let settings: serde_json::Map<String, serde_json::Value> = serde_json::from_str(settings).unwrap();
    let collection = ResourceId::from_random(AGENT);
    let essays = || "Essays".to_owned();
    let gold = Some("gold".to_owned());
    let new = |kind, tier, owner| NewResource { id: resource, kind, title: essays(), tier, owner };
    let edit = ResourceEdit { title: Some("Essays 2".to_owned()), tier: gold.clone() };
    let (by_person, by_agent) = (Grantee::Member(owner), Grantee::Agent(agent));
    let shared = |with, level, expires_at| Event::ResourceShared { resource, with, level, expires_at };
    let registered = |new| Event::ResourceRegistered(Box::new(new));
    let field = |title: &str| Field { title: title.to_owned() };
    let fields = BTreeMap::from([(name("email"), field("E-mail")), (name("street_2"), field("Street (2)"))]);
    let people = Object { name: name("people"), title: "People".to_owned(), fields };
    vec![
        ("resource.registered", registered(new(ResourceKind::Grader, gold, Some(owner)))),
        ("resource.registered-no-owner", registered(new(ResourceKind::DataSource, None, None))),
        ("resource.edited", Event::ResourceEdited { resource, edit }),
        ("resource.handed_over", Event::ResourceHandedOver { resource, owner }),
        ("resource.shared", shared(by_person, Shared::View, END)),
        ("resource.shared-agent", shared(by_agent, Shared::Use, None)),
        ("resource.shared-edit", shared(by_person, Shared::Edit, None)),
        ("resource.unshared", Event::ResourceUnshared { resource, with: by_agent }),
        ("resource.assigned", Event::ResourceAssigned { resource, team }),
        ("resource.unassigned", Event::ResourceUnassigned { resource, team }),
        ("artifact.collected", Event::ArtifactCollected { artifact: resource, collection }),
        ("artifact.uncollected", Event::ArtifactUncollected { artifact: resource, collection }),
        ("resource.deleted", Event::ResourceDeleted { resource }),
        ("resource.restored", Event::ResourceRestored { resource }),
        ("resource.destroyed", Event::ResourceDestroyed { resource }),
        ("kind.configured", Event::KindConfigured { kind: ResourceKind::Grader, settings: Features(settings) }),
        ("object.defined", Event::ObjectDefined(Box::new(people))),
        ("object.removed", Event::ObjectRemoved { object: name("people") }),
    ]
}

fn samples_of_requests() -> Vec<Sample> {
    let request = RequestId::from_random(REQUEST);
    let (person, agent) = (PersonId::from_random(PERSON), AgentId::from_random(AGENT));
    let (integration, resource) = (IntegrationId::from_random(INTEGRATION), ResourceId::from_random(RESOURCE));
    let (team, key) = (TeamId::from_random(TEAM), KeyId::from_random(KEY));
    let people = name("people");
    let asks_for = |wanted| {
        let (id, requester) = (request, Grantee::Member(person));
        Event::RequestOpened(Box::new(NewRequest { id, requester, acting_for: None, wanted, wished_ms: None }))
    };
    let call = Wanted::CallTool { integration, tool: "create_refund".to_owned() };
    let for_a_person = Event::RequestOpened(Box::new(NewRequest {
        id: request,
        requester: Grantee::Agent(agent),
        acting_for: Some(person),
        wanted: call.clone(),
        wished_ms: Some(3_600_000),
    }));
    let field = Wanted::Field { verb: DataVerb::Edit, object: people.clone(), field: name("email") };
    let granted = |until, changes: &[u64]| Event::RequestGranted { request, until, changes: changes.to_vec() };
    vec![
        ("request.opened", asks_for(call)),
        ("request.opened-agent-for-person", for_a_person),
        ("request.opened-permission", asks_for(Wanted::Use { permission: Permission::MemberView })),
        ("request.opened-view-integration", asks_for(Wanted::ViewIntegration { integration })),
        ("request.opened-edit-integration", asks_for(Wanted::EditIntegration { integration })),
        ("request.opened-disconnect-integration", asks_for(Wanted::DisconnectIntegration { integration })),
        ("request.opened-review-tools", asks_for(Wanted::ReviewTools { integration })),
        ("request.opened-resource", asks_for(Wanted::Resource { verb: ResourceVerb::Edit, resource })),
        ("request.opened-make", asks_for(Wanted::MakeResource { kind: ResourceKind::DataSource })),
        ("request.opened-data", asks_for(Wanted::Data { verb: DataVerb::See, object: people })),
        ("request.opened-field", asks_for(field)),
        ("request.opened-remove-member", asks_for(Wanted::RemoveMember { person })),
        ("request.opened-change-role", asks_for(Wanted::ChangeRole { person, role: role("clerk") })),
        ("request.opened-view-team", asks_for(Wanted::ViewTeam { team })),
        ("request.opened-edit-team", asks_for(Wanted::EditTeam { team })),
        ("request.opened-invite-to-team", asks_for(Wanted::InviteToTeam { team })),
        ("request.opened-view-key", asks_for(Wanted::ViewKey { key })),
        ("request.opened-rotate-key", asks_for(Wanted::RotateKey { key })),
        ("request.opened-revoke-key", asks_for(Wanted::RevokeKey { key })),
        ("request.opened-edit-agent", asks_for(Wanted::EditAgent { agent })),
        ("request.withdrawn", Event::RequestWithdrawn { request }),
        ("request.granted", granted(END, &[41, 42])),
        ("request.granted-for-good", granted(None, &[41])),
        ("request.refused", Event::RequestRefused { request }),
    ]
}

fn samples_of_invitations() -> Vec<Sample> {
    let invitation = InvitationId::from_random(INVITATION);
    let (person, agent) = (PersonId::from_random(PERSON), AgentId::from_random(AGENT));
    let (team, integration) = (TeamId::from_random(TEAM), IntegrationId::from_random(INTEGRATION));
    let (digest, expires_at) = ("ab".repeat(32), Timestamp(1_795_000_000_123));
    let inviter = Inviter { subject: Grantee::Member(person), acting_for: None };
    let for_a_person = Inviter { subject: Grantee::Agent(agent), acting_for: Some(person) };
    let given = OfferedGrant { profile: Profile::NoDelete, tools_off: ["pay".to_owned()].into(), expires_at: END };
    let offer = Offer {
        role: Some(role("member")),
        members_only: false,
        teams: [(team, Some(role("team-user")))].into(),
        grants: [(integration, given)].into(),
    };
    let to_a_team = Offer { members_only: true, teams: [(team, None)].into(), ..Offer::default() };
    let sent_asking = |inviter, offer: &Offer, digest: Option<&str>, asks| {
        let (offer, digest) = (offer.clone(), digest.map(str::to_owned));
        Event::InvitationSent(Box::new(NewInvitation { id: invitation, inviter, offer, digest, expires_at, asks }))
    };
    let sent = |inviter, offer: &Offer, digest: Option<&str>| sent_asking(inviter, offer, digest, None);
    let edited = |inviter, offer: &Offer, awaits, asks| {
        let offer = Box::new(offer.clone());
        Event::InvitationEdited { invitation, inviter, offer, awaits, asks }
    };
    let approved = |asks| {
        let digest = digest.clone();
        Event::InvitationApproved { invitation, digest, expires_at, asks }
    };
    let resent = |asks| {
        let digest = digest.clone();
        Event::InvitationResent { invitation, inviter, digest, expires_at, asks }
    };
    let (proven, any) = (Some(InvitedAddress::Proven), Some(InvitedAddress::Any));
    vec![
        ("invitation.sent", sent(inviter, &offer, Some(&digest))),
        ("invitation.sent-nothing-said", sent(inviter, &Offer::default(), Some(&digest))),
        ("invitation.sent-to-a-team-waiting", sent(for_a_person, &to_a_team, None)),
        ("invitation.sent-asking", sent_asking(inviter, &Offer::default(), Some(&digest), proven)),
        ("invitation.approved", approved(None)),
        ("invitation.approved-asking", approved(proven)),
        ("invitation.edited", edited(inviter, &to_a_team, false, None)),
        ("invitation.edited-waiting", edited(for_a_person, &offer, true, None)),
        ("invitation.edited-asking", edited(inviter, &to_a_team, false, proven)),
        ("invitation.resent", resent(None)),
        ("invitation.resent-asking", resent(any)),
        ("invitation.revoked", Event::InvitationRevoked { invitation }),
        ("invitation.declined", Event::InvitationDeclined { invitation }),
        ("invitation.accepted", Event::InvitationAccepted { invitation, person, inviter: None }),
        (
            "invitation.accepted-by-invitation-of",
            Event::InvitationAccepted { invitation, person, inviter: Some(for_a_person) },
        ),
    ]
}

fn samples_of_mail_domains() -> Vec<Sample> {
    let (domain, person) = (MailDomainId::from_random([17; 20]), PersonId::from_random(PERSON));
    let (team, agent) = (TeamId::from_random(TEAM), AgentId::from_random(AGENT));
    let name = MailDomainName::parse("corp.example").unwrap();
    let by = Inviter { subject: Grantee::Member(person), acting_for: None };
    let for_a_person = Inviter { subject: Grantee::Agent(agent), acting_for: Some(person) };
    let changed = |opening: Option<Opening>| Event::MailDomainChanged { domain, opening: opening.map(Box::new) };
    let teams = [(team, Some(role("team-user")))].into();
    let offer = Offer { role: Some(role("member")), teams, ..Offer::default() };
    let until = Timestamp(1_795_000_000_123);
    vec![
        ("mail_domain.claimed", Event::MailDomainClaimed { domain, name, token: "0123456789abcdefghjk".to_owned() }),
        ("mail_domain.verified", Event::MailDomainVerified { domain }),
        ("mail_domain.lapsed", Event::MailDomainLapsed { domain }),
        ("mail_domain.changed", changed(Some(Opening { by, mode: JoinMode::Automatic, offer }))),
        (
            "mail_domain.changed-nothing-said",
            changed(Some(Opening { by: for_a_person, mode: JoinMode::Request, offer: Offer::default() })),
        ),
        (
            "mail_domain.changed-suggest",
            changed(Some(Opening { by, mode: JoinMode::Suggest, offer: Offer::default() })),
        ),
        ("mail_domain.changed-off", changed(None)),
        ("mail_domain.removed", Event::MailDomainRemoved { domain }),
        ("join.requested", Event::JoinRequested { domain, person, until }),
        ("join.declined", Event::JoinDeclined { domain, person }),
        ("join.approved", Event::JoinApproved { domain, person }),
        ("join.by_domain", Event::JoinedByDomain { domain, person }),
    ]
}
