//! One sample of every event in every version that was ever written, as bytes that must stay readable for ever.
//!
//! A sample is never changed: an event that gets a new form gets a new version, and a new file beside the old one.
//! `WARDROOM_GEN=1` writes the files that are missing and touches none that is there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::directory::DirectoryEvent;
use domain::event::{self, Event};
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Slug, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{RecordsSync, SettingChange, Settings};
use domain::permission::{Permission, PermissionSet};
use domain::role::{AssignableTo, Role, RoleId};
use domain::time::Timestamp;
use serde_json::Value;

const PERSON: [u8; 20] = [7; 20];
const INTEGRATION: [u8; 20] = [9; 20];
const KEY: [u8; 20] = [11; 20];

fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

/// A file's name without its ending, and the event that it holds. More than one sample where an event has several
/// forms.
fn samples() -> Vec<(&'static str, Event)> {
    let mut samples = samples_of_the_organization();
    samples.extend(samples_of_integrations());
    samples.extend(samples_of_grants_and_keys());
    samples
}

fn samples_of_the_organization() -> Vec<(&'static str, Event)> {
    let person = PersonId::from_random(PERSON);
    let settings = Settings {
        owners_max: Some(3),
        join_default_role: role("member"),
        join_default_profile: Profile::ReadOnly,
        keys_workspace_default_scope: KeyScope::All,
        records_sync: RecordsSync::Changes,
    };
    let any_number = Settings { owners_max: None, records_sync: RecordsSync::All, ..settings.clone() };
    let defined = Role {
        id: role("clerk"),
        title: "Clerk".to_owned(),
        typical_for: "people at the desk".to_owned(),
        permissions: [Permission::MemberView, Permission::GrantAssign].into_iter().collect::<PermissionSet>(),
        assignable_to: AssignableTo { members: true, keys: false, agents: true },
        locked: false,
        top: false,
    };
    let created = |settings| Event::OrganizationCreated {
        name: "Zürich \"Nord\" AG".to_owned(),
        preset: "pipeworks".to_owned(),
        settings,
    };
    let granted = SettingChange::KeysWorkspaceDefaultScope(KeyScope::Granted);
    vec![
        ("organization.created", created(settings)),
        ("organization.created-any-number-of-owners", created(any_number)),
        ("organization.renamed", Event::OrganizationRenamed { name: "Other".to_owned() }),
        ("setting.changed", Event::SettingChanged(SettingChange::OwnersMax(Some(2)))),
        ("setting.changed-owners-any", Event::SettingChanged(SettingChange::OwnersMax(None))),
        ("setting.changed-default-role", Event::SettingChanged(SettingChange::JoinDefaultRole(role("clerk")))),
        ("setting.changed-profile", Event::SettingChanged(SettingChange::JoinDefaultProfile(Profile::NoDelete))),
        ("setting.changed-key-scope", Event::SettingChanged(granted)),
        ("setting.changed-sync", Event::SettingChanged(SettingChange::RecordsSync(RecordsSync::All))),
        ("role.defined", Event::RoleDefined(defined)),
        ("member.added", Event::MemberAdded { person, role: role("member") }),
        ("member.role_changed", Event::MemberRoleChanged { person, from: role("member"), to: role("admin") }),
        ("member.removed", Event::MemberRemoved { person }),
    ]
}

fn samples_of_integrations() -> Vec<(&'static str, Event)> {
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
        }))
    };
    let header = CredentialKind::Header { name: "X-Api-Key".to_owned() };
    // Numbers of any size and unknown fields must come through to the last digit.
    let definition = r#"{"name":"create_refund","inputSchema":{"maximum":12345678901234567890.50},"x-new":null}"#;
    let tools = vec![
        DiscoveredTool {
            name: "create_refund".to_owned(),
            definition: definition.into(),
            class: ToolClass::Unclassified,
            suggested: ToolClass::Delete,
        },
        DiscoveredTool {
            name: "list_customers".to_owned(),
            definition: "{}".into(),
            class: ToolClass::Read,
            suggested: ToolClass::Read,
        },
    ];
    let edit = IntegrationEdit { paused: Some(true), credential: Some(CredentialKind::None), ..Default::default() };
    let tool = "create_refund".to_owned();
    vec![
        ("integration.connected", connected(CredentialKind::Bearer)),
        ("integration.connected-header", connected(header)),
        ("integration.edited", Event::IntegrationEdited { integration, edit }),
        ("integration.disconnected", Event::IntegrationDisconnected { integration }),
        ("tools.approved", Event::ToolsApproved { integration, tools }),
        ("tool.classified", Event::ToolClassified { integration, tool: tool.clone(), class: ToolClass::Write }),
        ("tool.switched", Event::ToolSwitched { integration, tool, off: true }),
    ]
}

fn samples_of_grants_and_keys() -> Vec<(&'static str, Event)> {
    let (person, key) = (PersonId::from_random(PERSON), KeyId::from_random(KEY));
    let integration = IntegrationId::from_random(INTEGRATION);
    let end = Some(Timestamp(1_795_000_000_123));
    let set = |grantee, profile, tools_off: &[&str], expires_at| Event::GrantSet {
        grantee,
        integration,
        profile,
        tools_off: tools_off.iter().map(|tool| (*tool).to_owned()).collect(),
        expires_at,
    };
    let created = |kind, expires_at| Event::KeyCreated {
        key,
        kind,
        digest: "0123456789abcdef".repeat(4),
        hint: "x7Qz".to_owned(),
        expires_at,
    };
    let rotated = Event::KeyRotated { key, digest: "fedcba9876543210".repeat(4), hint: "aB3d".to_owned() };
    vec![
        ("grant.set", set(Grantee::Member(person), Profile::NoDelete, &["create_refund"], end)),
        ("grant.set-key", set(Grantee::Key(key), Profile::Full, &[], None)),
        ("grant.removed", Event::GrantRemoved { grantee: Grantee::Member(person), integration }),
        ("key.created", created(KeyKind::Personal { holder: person }, None)),
        ("key.created-workspace", created(KeyKind::Workspace { scope: KeyScope::Granted }, end)),
        ("key.rotated", rotated),
        ("key.revoked", Event::KeyRevoked { key }),
    ]
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The bytes of a sample. Missing ones are written only when asked for, and the test fails without them.
fn golden(name: &str, written_today: &[u8]) -> Vec<u8> {
    let path = folder().join(format!("{name}.v1.json"));
    #[expect(clippy::disallowed_methods, reason = "whoever adds an event asks for its file by this variable")]
    let generate = std::env::var_os("WARDROOM_GEN").is_some();
    if generate && !path.exists() {
        std::fs::write(&path, written_today).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing: run with WARDROOM_GEN=1", path.display()))
}

#[test]
fn every_event_ever_written_is_read_back_and_written_the_same() {
    for (name, sample) in samples() {
        let encoded = event::encode(&sample).unwrap();
        let bytes = golden(name, &encoded);
        let (expected, found) = (String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&encoded));
        assert_eq!(expected, found, "{name} is written in another way than it was: give it a new version");
        assert_eq!(event::decode(&bytes).unwrap(), sample, "{name} is read back as something else");
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["type"], sample.name(), "{name} calls itself otherwise");
        assert_eq!(json["v"], Value::from(1), "{name}");
    }
}

#[test]
fn every_directory_event_is_written_as_it_was() {
    let events = [
        ("directory.person.registered", DirectoryEvent::PersonRegistered { person: PersonId::from_random(PERSON) }),
        ("directory.organization.registered", DirectoryEvent::OrganizationRegistered { org: OrgId::from_random(KEY) }),
    ];
    for (name, sample) in &events {
        let encoded = sample.encode().unwrap();
        assert_eq!(golden(name, &encoded), encoded, "{name}");
    }
    let unheard_of = serde_json::from_str::<DirectoryEvent>(r#"{"type":"unheard-of","data":{}}"#);
    let known = names_in(&unheard_of.unwrap_err().to_string());
    let sampled: BTreeSet<String> =
        events.iter().map(|(name, _)| name.trim_start_matches("directory.").to_owned()).collect();
    assert_eq!(known, sampled, "a directory event without a sample");
}

#[test]
fn every_type_of_event_has_a_sample_and_every_file_is_one() {
    // The reader itself lists what it knows when it is given something that it does not know.
    let unheard_of = event::decode(br#"{"v":1,"type":"unheard-of","data":{}}"#).unwrap_err();
    let known = names_in(&unheard_of.reason);
    let sampled: BTreeSet<String> = samples().iter().map(|(_, event)| event.name().to_owned()).collect();
    assert!(known.len() >= 18, "{known:?}");
    assert_eq!(known, sampled, "an event without a sample");

    let names: BTreeSet<String> = samples().iter().map(|(name, _)| format!("{name}.v1.json")).collect();
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let stray: Vec<String> = files.filter(|file| !names.contains(file) && !file.starts_with("directory.")).collect();
    assert_eq!(stray, Vec::<String>::new(), "files that no test reads");
}

/// The names in backquotes, apart from the one that was not known.
fn names_in(message: &str) -> BTreeSet<String> {
    message.split('`').skip(1).step_by(2).filter(|name| *name != "unheard-of").map(str::to_owned).collect()
}

#[test]
fn damaged_unknown_and_newer_events_are_refused() {
    let written = event::encode(&samples()[0].1).unwrap();
    assert!(event::decode(&written[..written.len() - 1]).is_err());
    let text = String::from_utf8(written).unwrap();
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"v\":1,", ""),
        ("\"v\":1", "\"v\":\"1\""),
        ("organization.created", "organization.ended"),
        ("\"preset\":", "\"reset\":"),
        ("\"name\":", "\"surplus\":0,\"name\":"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from} is not in the sample");
        assert!(event::decode(changed.as_bytes()).is_err(), "{changed}");
    }
}

#[test]
fn whoever_an_event_names_is_named_by_an_opaque_id() {
    fn look(at: &Value, field: &str) {
        match at {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| look(value, name)),
            Value::Array(items) => items.iter().for_each(|item| look(item, field)),
            Value::String(text) => match field {
                "person" | "holder" => assert!(PersonId::parse(text).is_ok(), "{field}: {text}"),
                "grantee" => assert!(Grantee::parse(text).is_ok(), "{field}: {text}"),
                "email" | "e_mail" | "address" | "label" | "actor" => panic!("an event holds a field named {field}"),
                _ => assert!(!text.contains('@'), "{field}: {text}"),
            },
            _ => {}
        }
    }
    for (_, sample) in samples() {
        look(&serde_json::from_slice(&event::encode(&sample).unwrap()).unwrap(), "");
    }
}
