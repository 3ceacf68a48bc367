//! Random commands, valid and invalid, drawn from small pools so that they meet each other's people and things.
//!
//! Here are people, integrations, grants, keys and settings; roles, teams, agents, resources and objects are in
//! `structure.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::id::{
    AccountId, AgentId, ClientId, GroupId, IntegrationId, KeyId, PersonId, RegistrationId, ResourceId, SessionId,
    TeamId,
};
use domain::integration::{
    CredentialKind, DefinitionHash, DiscoveredTool, Integration, IntegrationEdit, Listed, Slug, ToolClass, Whose,
};
use domain::key::{KeyKind, KeyScope};
use domain::member::MemberDetail;
use domain::organization::{
    GrantsTo, Invite, InvitedAddress, KeysWithoutRole, Label, PersonalKeys, Promote, RecordsSync, SecondFactor,
    SettingChange, ToolChanges,
};
use domain::preset::Preset;
use domain::resource::ResourceKind;
use domain::role::RoleId;
use domain::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{invitations, mail_domains, requests, structure};

const TOOLS: [&str; 5] = ["get", "list", "create", "delete", "sing"];

pub(crate) fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

pub(crate) fn integration(number: u8) -> IntegrationId {
    IntegrationId::from_random([number; 20])
}

pub(crate) fn key(number: u8) -> KeyId {
    KeyId::from_random([number; 20])
}

pub(crate) fn team(number: u8) -> TeamId {
    TeamId::from_random([number; 20])
}

pub(crate) fn agent(number: u8) -> AgentId {
    AgentId::from_random([number; 20])
}

pub(crate) fn group(number: u8) -> GroupId {
    GroupId::from_random([number; 20])
}

pub(crate) fn resource(number: u8) -> ResourceId {
    ResourceId::from_random([number; 20])
}

pub(crate) fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

fn preset(text: &str) -> Preset {
    toml::from_str(text).unwrap()
}

pub(crate) fn balanced() -> Preset {
    preset(include_str!("../../../../presets/balanced.toml"))
}

pub(crate) fn crm() -> Preset {
    preset(include_str!("../../../../presets/crm.toml"))
}

pub(crate) fn pipeai() -> Preset {
    preset(include_str!("../../../../presets/pipeai.toml"))
}

pub(crate) fn workjet() -> Preset {
    preset(include_str!("../../../../presets/workjet.toml"))
}

pub(crate) fn people() -> impl Strategy<Value = PersonId> {
    (0..4u8).prop_map(person)
}

fn integrations() -> impl Strategy<Value = IntegrationId> {
    (0..2u8).prop_map(integration)
}

pub(crate) fn keys() -> impl Strategy<Value = KeyId> {
    (0..6u8).prop_map(key)
}

pub(crate) fn teams() -> impl Strategy<Value = TeamId> {
    (0..2u8).prop_map(team)
}

pub(crate) fn agents() -> impl Strategy<Value = AgentId> {
    (0..2u8).prop_map(agent)
}

/// Roles of the preset, one for keys and agents alone, two that histories create and end, and one that never is.
pub(crate) fn roles() -> impl Strategy<Value = RoleId> {
    let known = vec!["owner", "admin", "member", "bot", "clerk", "team-member", "team-leader", "squad", "unheard-of"];
    select(known).prop_map(role)
}

fn tools_named() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set(select(&TOOLS[..]).prop_map(str::to_owned), 0..3)
}

pub(crate) fn moments() -> impl Strategy<Value = Option<Timestamp>> {
    proptest::option::of((0..200i64).prop_map(Timestamp))
}

pub(crate) fn texts() -> impl Strategy<Value = String> {
    select(vec!["Acme", "Another name", "", " blank at the end ", "two\nlines"]).prop_map(str::to_owned)
}

fn secrets() -> impl Strategy<Value = (String, String)> {
    (0..9u8).prop_map(|number| (format!("{number:064}"), format!("…{number}")))
}

/// What an approval names of a tool's definition of a version, or of its end.
fn seen(tool: &str, version: u8) -> String {
    if version == 2 {
        return "gone".to_owned();
    }
    DefinitionHash::of(&format!(r#"{{"name":"{tool}","version":{version}}}"#)).to_string()
}

fn discovered() -> impl Strategy<Value = Vec<DiscoveredTool>> {
    let tool = (select(&TOOLS[..]), select(&ToolClass::ALL[..]), 0..2u8).prop_map(|(name, class, version)| {
        let definition = format!(r#"{{"name":"{name}","version":{version}}}"#).into();
        DiscoveredTool { name: name.to_owned(), definition, class, suggested: class, evidence: Vec::new() }
    });
    proptest::collection::vec(tool, 0..5)
}

fn setting_changes() -> impl Strategy<Value = SettingChange> {
    use SettingChange as To;
    let invites = || select(vec![Invite::Managers, Invite::AnyMember, Invite::AnyMemberWithApproval]);
    let labels = (select(vec![Label::Member, Label::Team]), texts());
    prop_oneof![
        3 => proptest::option::of(0..4u32).prop_map(To::OwnersMax),
        1 => select(vec![Promote::Owner, Promote::OwnerOrAdmin, Promote::ByPermission]).prop_map(To::PromoteAdmin),
        1 => invites().prop_map(To::InviteOrganization),
        1 => invites().prop_map(To::InviteTeam),
        1 => select(vec![InvitedAddress::Proven, InvitedAddress::Any]).prop_map(To::InviteAddress),
        1 => (0..40u32).prop_map(To::InviteLastsDays),
        1 => (0..400u32).prop_map(To::OrganizationDeleteAfterDays),
        3 => roles().prop_map(To::JoinDefaultRole),
        3 => proptest::option::of(teams()).prop_map(To::JoinDefaultTeam),
        3 => proptest::option::of(roles()).prop_map(To::JoinDefaultTeamRole),
        1 => select(&Profile::ALL[..]).prop_map(To::JoinDefaultProfile),
        1 => select(vec![PersonalKeys::Everyone, PersonalKeys::Managers]).prop_map(To::KeysPersonal),
        1 => select(vec![KeysWithoutRole::DefaultRole, KeysWithoutRole::Deny]).prop_map(To::KeysWithoutRole),
        1 => select(vec![KeyScope::All, KeyScope::Granted]).prop_map(To::KeysWorkspaceDefaultScope),
        1 => any::<bool>().prop_map(To::ManagersImplicitAccess),
        1 => proptest::sample::subsequence(GrantsTo::ALL.to_vec(), 1..=3).prop_map(|to| To::GrantsTo(to.into_iter().collect())),
        1 => proptest::bool::weighted(0.8).prop_map(To::RolesCustom),
        3 => proptest::bool::weighted(0.8).prop_map(To::RolesExtraBindings),
        1 => select(ResourceKind::ALL).prop_map(|kind| To::ResourcesListed([kind].into())),
        1 => any::<bool>().prop_map(To::WorkflowsRunNeedsEdit),
        1 => any::<bool>().prop_map(To::FieldsWiden),
        1 => (0..4u32).prop_map(To::AdminsWarnBelow),
        1 => (0..4u32).prop_map(To::ReviewEveryDays),
        1 => labels.prop_map(|label| To::Labels([label].into())),
        1 => select(vec![RecordsSync::All, RecordsSync::Changes]).prop_map(To::RecordsSync),
        1 => any::<bool>().prop_map(To::RequestsAgentTool),
        1 => select(vec![SecondFactor::Off, SecondFactor::Managers, SecondFactor::Everyone])
            .prop_map(To::SignInSecondFactor),
        1 => select(vec![ToolChanges::Hold, ToolChanges::Take]).prop_map(To::ToolChanges),
    ]
}

fn kinds() -> impl Strategy<Value = KeyKind> {
    let scopes = select(vec![KeyScope::All, KeyScope::Granted]);
    prop_oneof![
        people().prop_map(|holder| KeyKind::Personal { holder }),
        (scopes, proptest::option::of(roles())).prop_map(|(scope, role)| KeyKind::Workspace { scope, role }),
        (agents(), proptest::option::of(people())).prop_map(|(agent, acting_for)| KeyKind::Agent { agent, acting_for }),
        (roles(), proptest::option::of(roles()))
            .prop_map(|(gives, tends)| KeyKind::Directory { gives, tends: tends.into_iter().collect() }),
    ]
}

pub(crate) fn grantees() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        people().prop_map(Grantee::Member),
        keys().prop_map(Grantee::Key),
        teams().prop_map(Grantee::Team),
        agents().prop_map(Grantee::Agent),
        roles().prop_map(Grantee::Role),
    ]
}

fn oauth(whose: Whose) -> CredentialKind {
    CredentialKind::OAuth { whose, client_id: None, scope: None }
}

fn edits() -> impl Strategy<Value = IntegrationEdit> {
    let credentials = select(vec![CredentialKind::None, CredentialKind::Bearer, oauth(Whose::Person)]);
    let texts = || proptest::option::of(texts());
    (texts(), texts(), any::<Option<bool>>(), proptest::option::of(credentials))
        .prop_map(|(title, purpose, paused, credential)| IntegrationEdit { title, purpose, paused, credential })
}

fn connections() -> impl Strategy<Value = Command> {
    (integrations(), select(vec!["stripe", "mail"]), texts(), discovered()).prop_map(|(id, slug, title, tools)| {
        let url = "http://127.0.0.1/mcp".to_owned();
        let whose = if slug == "mail" { Whose::Person } else { Whose::Organization };
        let (slug, purpose, credential) = (Slug::parse(slug).unwrap(), String::new(), oauth(whose));
        let bare = Integration {
            id,
            slug,
            title,
            purpose,
            url,
            credential,
            paused: false,
            tools: BTreeMap::new(),
            found: BTreeMap::new(),
        };
        Command::ConnectIntegration { integration: Box::new(bare), listed: tools.into() }
    })
}

/// A step of a history.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A command, whatever the state is.
    Ask(Command),
    /// The end of one of the things that are there, counted in a circle.
    End(usize),
}

/// Histories.
pub(crate) fn histories(steps: RangeInclusive<usize>) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![12 => commands().prop_map(Step::Ask), 2 => any::<usize>().prop_map(Step::End)];
    proptest::collection::vec(step, steps)
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        6 => of_people(),
        3 => of_integrations(),
        4 => of_grants_and_keys(),
        3 => structure::of_roles(),
        3 => structure::of_teams(),
        3 => structure::of_agents(),
        4 => structure::of_resources(),
        1 => structure::of_objects(),
        4 => requests::of_requests(),
        4 => invitations::of_invitations(),
        2 => mail_domains::of_mail_domains(),
        1 => of_registered_clients(),
    ]
}

fn of_registered_clients() -> impl Strategy<Value = Command> {
    (0..3u8, 0..3u8, any::<bool>()).prop_map(|(number, of, ends)| {
        let registration = RegistrationId::from_random([number; 20]);
        match ends {
            true => Command::UnregisterClient { registration, connected: [ClientId::from_random([of; 20])].into() },
            false => Command::RegisterClient { registration },
        }
    })
}

fn of_people() -> impl Strategy<Value = Command> {
    let preset = Box::new(balanced());
    let found = (texts(), people()).prop_map(move |(name, owner)| Command::CreateOrganization {
        name,
        preset: preset.clone(),
        owner,
    });
    let settings = (proptest::option::of(texts()), proptest::collection::vec(setting_changes(), 0..3));
    let with_key = (people(), roles(), keys(), secrets());
    let transfer = (people(), people(), roles());
    let details = proptest::collection::btree_set(select(vec![MemberDetail::Name, MemberDetail::Seat]), 0..=2);
    prop_oneof![
        1 => found,
        4 => settings.prop_map(|(name, changes)| Command::ChangeSettings { name, changes }),
        4 => (people(), roles()).prop_map(|(person, role)| Command::AddMember { person, role }),
        2 => with_key.prop_map(|(person, role, key, (digest, hint))| {
            Command::AddMemberWithKey { person, role, key, digest, hint, expires_at: None }
        }),
        4 => (people(), roles()).prop_map(|(person, role)| Command::ChangeMemberRole { person, role }),
        10 => transfer.prop_map(|(from, to, own_role)| Command::OfferOwnership { from, to, own_role }),
        9 => people().prop_map(|heir| Command::AcceptOwnership { heir }),
        32 => people().prop_map(|by| Command::EndOwnershipOffer { by }),
        1 => (0..60u64).prop_map(|of_seq| Command::ConfirmReview { of_seq }),
        5 => prop_oneof![
            3 => Just(Command::DeleteOrganization),
            3 => Just(Command::RestoreOrganization),
            1 => Just(Command::DestroyOrganization),
        ],
        1 => (people(), details).prop_map(|(person, details)| Command::EditMember { person, details }),
        3 => people().prop_map(|person| Command::RemoveMember { person }),
        1 => people().prop_map(|person| Command::EndSessions { person }),
        3 => (people(), select(&Profile::ALL[..]), 0..3u8, 0..3u8).prop_map(|(person, profile, number, over)| Command::ConnectClient {
            client: ClientId::from_random([number; 20]),
            person,
            profile,
            over: [ClientId::from_random([over; 20])].into(),
        }),
        6 => (people(), 0..3u8).prop_map(|(person, number)| Command::DisconnectClients {
            person,
            clients: [ClientId::from_random([number; 20])].into(),
        }),
        5 => (integrations(), proptest::option::of(people()), 0..2u8).prop_map(|(integration, person, number)| {
            Command::ConnectAccount { account: AccountId::from_random([number; 20]), integration, person }
        }),
        12 => (integrations(), 0..2u8).prop_map(|(integration, number)| Command::DisconnectAccount {
            account: AccountId::from_random([number; 20]),
            integration,
        }),
        1 => (people(), 0..9u8).prop_map(|(person, number)| Command::EndSession {
            person,
            session: SessionId::from_random([number; 20]),
            until: Timestamp(i64::MAX),
        }),
        6 => people().prop_map(|person| Command::SuspendMember { person, by_directory: false }),
        16 => people().prop_map(|person| Command::RestoreMember { person }),
        5 => (people(), roles(), moments()).prop_map(|(person, role, expires_at)| {
            Command::GiveMemberRole { person, role, expires_at }
        }),
        1 => (people(), roles()).prop_map(|(person, role)| Command::TakeMemberRole { person, role }),
        1 => preset_changes(),
    ]
}

/// Another preset, or the same again; of the roles that histories make none came with one.
fn preset_changes() -> impl Strategy<Value = Command> {
    let all = || [balanced(), crm(), pipeai(), workjet()];
    let seeded: BTreeSet<RoleId> = all().iter().flat_map(|preset| preset.roles.iter().map(|role| role.id)).collect();
    let moved = proptest::collection::btree_map(roles(), roles(), 0..2);
    (select(all().to_vec()), moved).prop_map(move |(preset, moved)| Command::ChangePreset {
        preset: Box::new(preset),
        seeded: seeded.clone(),
        moved,
    })
}

fn of_integrations() -> impl Strategy<Value = Command> {
    let tool = (integrations(), select(&TOOLS[..]), proptest::option::of(select(&ToolClass::ALL[..])));
    prop_oneof![
        3 => connections(),
        1 => (integrations(), edits()).prop_map(|(integration, edit)| Command::EditIntegration { integration, edit }),
        2 => (integrations(), discovered(), any::<[bool; 2]>()).prop_map(|(integration, tools, [first, sound])| {
            let unsound = (!sound).then(|| ("odd".to_owned(), "it is odd".to_owned())).into_iter().collect();
            Command::RefreshTools { integration, listed: Listed { tools, unsound }, first }
        }),
        2 => (integrations(), proptest::collection::vec((select(&TOOLS[..]), 0..3u8), 0..3)).prop_map(
            |(integration, tools)| {
                let seen = tools.into_iter().map(|(tool, version)| (tool.to_owned(), seen(tool, version)));
                Command::ApproveTools { integration, seen: seen.collect() }
            }
        ),
        1 => integrations().prop_map(|integration| Command::DisconnectIntegration { integration }),
        2 => (tool, any::<Option<bool>>()).prop_map(|((integration, tool, class), off)| {
            Command::ReviewTool { integration, tool: tool.to_owned(), class, off }
        }),
    ]
}

fn of_grants_and_keys() -> impl Strategy<Value = Command> {
    let given = (grantees(), integrations(), select(&Profile::ALL[..]), tools_named(), moments());
    prop_oneof![
        6 => given.prop_map(|(grantee, integration, profile, tools_off, expires_at)| {
            Command::SetGrant { grantee, integration, profile, tools_off, expires_at }
        }),
        3 => (grantees(), integrations()).prop_map(|(grantee, integration)| {
            Command::RemoveGrant { grantee, integration }
        }),
        4 => (keys(), kinds(), secrets(), moments()).prop_map(|(key, kind, (digest, hint), expires_at)| {
            Command::CreateKey { key, kind, digest, hint, expires_at }
        }),
        1 => (keys(), people(), secrets(), moments()).prop_map(|(key, holder, (digest, hint), expires_at)| {
            Command::IssueKey { key, holder, digest, hint, expires_at }
        }),
        2 => (keys(), secrets()).prop_map(|(key, (digest, hint))| Command::RotateKey { key, digest, hint }),
        2 => keys().prop_map(|key| Command::RevokeKey { key }),
        3 => (keys(), proptest::option::of(roles())).prop_map(|(key, role)| Command::SetKeyRole { key, role }),
    ]
}
