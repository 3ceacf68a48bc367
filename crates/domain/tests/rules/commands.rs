//! Random commands, valid and invalid, drawn from small pools so that they meet each other's people and things.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, PersonId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Slug, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{RecordsSync, SettingChange};
use domain::preset::Preset;
use domain::role::RoleId;
use domain::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

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

pub(crate) fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

pub(crate) fn pipeworks() -> Preset {
    toml::from_str(include_str!("../../../../presets/pipeworks.toml")).unwrap()
}

fn people() -> impl Strategy<Value = PersonId> {
    (0..4u8).prop_map(person)
}

fn integrations() -> impl Strategy<Value = IntegrationId> {
    (0..2u8).prop_map(integration)
}

fn keys() -> impl Strategy<Value = KeyId> {
    (0..6u8).prop_map(key)
}

fn roles() -> impl Strategy<Value = RoleId> {
    select(vec!["owner", "admin", "member", "bot", "unheard-of"]).prop_map(role)
}

fn tools_named() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set(select(&TOOLS[..]).prop_map(str::to_owned), 0..3)
}

fn moments() -> impl Strategy<Value = Option<Timestamp>> {
    proptest::option::of((0..200i64).prop_map(Timestamp))
}

fn texts() -> impl Strategy<Value = String> {
    select(vec!["Acme", "Another name", "", " blank at the end ", "two\nlines"]).prop_map(str::to_owned)
}

fn secrets() -> impl Strategy<Value = (String, String)> {
    (0..9u8).prop_map(|number| (format!("{number:064}"), format!("…{number}")))
}

fn discovered() -> impl Strategy<Value = Vec<DiscoveredTool>> {
    let tool = (select(&TOOLS[..]), select(&ToolClass::ALL[..]), 0..2u8).prop_map(|(name, class, version)| {
        let definition = format!(r#"{{"name":"{name}","version":{version}}}"#).into();
        DiscoveredTool { name: name.to_owned(), definition, class, suggested: class }
    });
    proptest::collection::vec(tool, 0..5)
}

fn setting_changes() -> impl Strategy<Value = SettingChange> {
    prop_oneof![
        proptest::option::of(0..4u32).prop_map(SettingChange::OwnersMax),
        roles().prop_map(SettingChange::JoinDefaultRole),
        select(&Profile::ALL[..]).prop_map(SettingChange::JoinDefaultProfile),
        select(vec![KeyScope::All, KeyScope::Granted]).prop_map(SettingChange::KeysWorkspaceDefaultScope),
        select(vec![RecordsSync::All, RecordsSync::Changes]).prop_map(SettingChange::RecordsSync),
    ]
}

fn kinds() -> impl Strategy<Value = KeyKind> {
    prop_oneof![
        people().prop_map(|holder| KeyKind::Personal { holder }),
        select(vec![KeyScope::All, KeyScope::Granted]).prop_map(|scope| KeyKind::Workspace { scope }),
    ]
}

fn grantees() -> impl Strategy<Value = Grantee> {
    prop_oneof![people().prop_map(Grantee::Member), keys().prop_map(Grantee::Key)]
}

fn edits() -> impl Strategy<Value = IntegrationEdit> {
    let credentials = select(vec![CredentialKind::None, CredentialKind::Bearer]);
    let texts = || proptest::option::of(texts());
    (texts(), texts(), any::<Option<bool>>(), proptest::option::of(credentials))
        .prop_map(|(title, purpose, paused, credential)| IntegrationEdit { title, purpose, paused, credential })
}

fn connections() -> impl Strategy<Value = Command> {
    (integrations(), select(vec!["stripe", "mail"]), texts(), discovered()).prop_map(|(id, slug, title, tools)| {
        let url = "http://127.0.0.1/mcp".to_owned();
        let (slug, purpose, credential) = (Slug::parse(slug).unwrap(), String::new(), CredentialKind::None);
        let bare = Integration { id, slug, title, purpose, url, credential, paused: false, tools: BTreeMap::new() };
        Command::ConnectIntegration { integration: Box::new(bare), tools }
    })
}

pub(crate) fn commands() -> impl Strategy<Value = Command> {
    let preset = Box::new(pipeworks());
    let found = (texts(), people()).prop_map(move |(name, owner)| Command::CreateOrganization {
        name,
        preset: preset.clone(),
        owner,
    });
    let settings = (proptest::option::of(texts()), proptest::collection::vec(setting_changes(), 0..3));
    let given = (grantees(), integrations(), select(&Profile::ALL[..]), tools_named(), moments());
    let with_key = (people(), roles(), keys(), secrets());
    let tool = (integrations(), select(&TOOLS[..]), proptest::option::of(select(&ToolClass::ALL[..])));
    prop_oneof![
        1 => found,
        2 => settings.prop_map(|(name, changes)| Command::ChangeSettings { name, changes }),
        4 => (people(), roles()).prop_map(|(person, role)| Command::AddMember { person, role }),
        2 => with_key.prop_map(|(person, role, key, (digest, hint))| {
            Command::AddMemberWithKey { person, role, key, digest, hint }
        }),
        4 => (people(), roles()).prop_map(|(person, role)| Command::ChangeMemberRole { person, role }),
        3 => people().prop_map(|person| Command::RemoveMember { person }),
        3 => connections(),
        1 => (integrations(), edits()).prop_map(|(integration, edit)| Command::EditIntegration { integration, edit }),
        2 => (integrations(), discovered()).prop_map(|(integration, tools)| {
            Command::RefreshTools { integration, tools }
        }),
        1 => integrations().prop_map(|integration| Command::DisconnectIntegration { integration }),
        2 => (tool, any::<Option<bool>>()).prop_map(|((integration, tool, class), off)| {
            Command::ReviewTool { integration, tool: tool.to_owned(), class, off }
        }),
        6 => given.prop_map(|(grantee, integration, profile, tools_off, expires_at)| {
            Command::SetGrant { grantee, integration, profile, tools_off, expires_at }
        }),
        4 => (grantees(), integrations()).prop_map(|(grantee, integration)| {
            Command::RemoveGrant { grantee, integration }
        }),
        4 => (keys(), kinds(), secrets(), moments()).prop_map(|(key, kind, (digest, hint), expires_at)| {
            Command::CreateKey { key, kind, digest, hint, expires_at }
        }),
        2 => (keys(), secrets()).prop_map(|(key, (digest, hint))| Command::RotateKey { key, digest, hint }),
        4 => keys().prop_map(|key| Command::RevokeKey { key }),
    ]
}
