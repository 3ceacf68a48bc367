//! A permit commits what was asked and nothing else, whatever mistake a use case makes.

use std::collections::BTreeMap;

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::{CredentialKind, Integration, IntegrationEdit, Slug, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Organization, SettingChange, Stamp};
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Permit, Question, Snapshot, Subject, Verdict};

use super::covers;

const NOW: Timestamp = Timestamp(0);

fn org(number: u8) -> OrgId {
    OrgId::from_random([number; 20])
}

/// Person 0 is the owner, 1 and 2 are members.
fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

/// Keys 0, 1 and 2 are personal keys of these, 3 is a workspace key, 9 is not there yet.
fn key(number: u8) -> KeyId {
    KeyId::from_random([number; 20])
}

fn integration(number: u8) -> IntegrationId {
    IntegrationId::from_random([number; 20])
}

fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

fn connected(number: u8) -> Event {
    Event::IntegrationConnected(Box::new(Integration {
        id: integration(number),
        slug: Slug::parse(&format!("s{number}")).unwrap(),
        title: "Title".to_owned(),
        purpose: String::new(),
        url: "https://one.example/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: BTreeMap::new(),
    }))
}

fn key_created(number: u8, kind: KeyKind) -> Event {
    Event::KeyCreated { key: key(number), kind, digest: "0".repeat(64), hint: String::new(), expires_at: None }
}

fn acme() -> Organization {
    let preset = crate::presets::named("pipeworks").unwrap();
    let mut events =
        vec![Event::OrganizationCreated { name: "Acme".to_owned(), preset: preset.name, settings: preset.settings }];
    events.extend(preset.roles.into_iter().map(Event::RoleDefined));
    for (number, held) in [(0, "owner"), (1, "member"), (2, "member")] {
        events.push(Event::MemberAdded { person: person(number), role: role(held) });
        events.push(key_created(number, KeyKind::Personal { holder: person(number) }));
    }
    events.push(key_created(3, KeyKind::Workspace { scope: KeyScope::Granted }));
    events.extend([connected(0), connected(1)]);
    let mut state = Organization::new();
    for event in &events {
        let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() };
        state.apply(&stamp, event);
    }
    state
}

/// What an operation may lead to; everything else must be refused under its permit.
fn meant(operation: Operation<'_>) -> Vec<Event> {
    match operation {
        Operation::EditOrganization { .. } => vec![
            Event::OrganizationRenamed { name: "Other".to_owned() },
            Event::SettingChanged(SettingChange::OwnersMax(Some(2))),
        ],
        Operation::AddMember { .. } => vec![Event::MemberAdded { person: person(7), role: role("member") }],
        Operation::ChangeRole { member, .. } => {
            vec![Event::MemberRoleChanged { person: member, from: role("member"), to: role("admin") }]
        }
        Operation::RemoveMember { member } => vec![Event::MemberRemoved { person: member }],
        Operation::ConnectIntegration => {
            vec![connected(7), Event::ToolsApproved { integration: integration(7), tools: Vec::new() }]
        }
        Operation::EditIntegration { integration } => vec![
            Event::IntegrationEdited { integration, edit: IntegrationEdit::default() },
            Event::ToolsApproved { integration, tools: Vec::new() },
        ],
        Operation::DisconnectIntegration { integration } => vec![Event::IntegrationDisconnected { integration }],
        Operation::ReviewTool { integration } => vec![
            Event::ToolClassified { integration, tool: "get".to_owned(), class: ToolClass::Read },
            Event::ToolSwitched { integration, tool: "get".to_owned(), off: true },
        ],
        Operation::Assign { grantee, integration } => vec![
            Event::GrantSet { grantee, integration, profile: Profile::Full, tools_off: [].into(), expires_at: None },
            Event::GrantRemoved { grantee, integration },
        ],
        Operation::CreatePersonalKey { holder } => vec![key_created(9, KeyKind::Personal { holder })],
        Operation::CreateWorkspaceKey => vec![key_created(9, KeyKind::Workspace { scope: KeyScope::All })],
        Operation::RotateKey { key } => vec![Event::KeyRotated { key, digest: "1".repeat(64), hint: String::new() }],
        Operation::RevokeKey { key } => vec![Event::KeyRevoked { key }],
        _ => Vec::new(),
    }
}

fn operations(member: &RoleId) -> Vec<Operation<'_>> {
    let mut all = vec![
        Operation::ViewOrganization,
        Operation::EditOrganization { default_role: None },
        Operation::ViewMembers,
        Operation::ViewRoles,
        Operation::AddMember { role: member },
        Operation::ConnectIntegration,
        Operation::CreateWorkspaceKey,
        Operation::Explain { subject: Subject::Member(person(1)) },
        Operation::ReadAudit { subject: None },
    ];
    for member_of in [1, 2] {
        let who = person(member_of);
        all.extend([
            Operation::ChangeRole { member: who, role: member },
            Operation::RemoveMember { member: who },
            Operation::CreatePersonalKey { holder: who },
        ]);
    }
    for of in [integration(0), integration(1)] {
        all.extend([
            Operation::ViewIntegration { integration: of },
            Operation::EditIntegration { integration: of },
            Operation::DisconnectIntegration { integration: of },
            Operation::ReviewTool { integration: of },
        ]);
        for grantee in [Grantee::Member(person(1)), Grantee::Member(person(2)), Grantee::Key(key(3))] {
            all.push(Operation::Assign { grantee, integration: of });
        }
    }
    for of in [0, 1, 3].map(key) {
        all.extend([
            Operation::ViewKey { key: of },
            Operation::RotateKey { key: of },
            Operation::RevokeKey { key: of },
        ]);
    }
    all
}

fn permit(snapshot: &Snapshot, operation: Operation<'_>) -> Option<Permit> {
    let actor = Actor::about(Subject::Member(person(0)));
    match snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now: NOW }) {
        Verdict::Allowed(permit) => Some(permit),
        Verdict::Denied(_) => None,
    }
}

/// Two acts on a thing that take the same authority, of which a permit does not tell which was asked.
fn same_authority(one: Operation<'_>, other: Operation<'_>) -> bool {
    match (one, other) {
        (Operation::RotateKey { key: one }, Operation::RevokeKey { key: other })
        | (Operation::RevokeKey { key: one }, Operation::RotateKey { key: other }) => one == other && one != key(1),
        _ => false,
    }
}

#[test]
fn a_permit_covers_what_was_asked_and_nothing_else() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let member = role("member");
    let all = operations(&member);
    let mut covered = 0;
    for asked in &all {
        let Some(permit) = permit(&snapshot, *asked) else { continue };
        for other in &all {
            let expected = asked == other || same_authority(*asked, *other);
            let events = meant(*other);
            for event in &events {
                let found = covers(&permit, org(1), &state, event, &events);
                assert_eq!(found, expected, "asked {asked:?}, to commit {event:?}");
                covered += usize::from(found);
            }
        }
    }
    assert!(covered > 30, "{covered}");
}

#[test]
fn a_permit_is_void_in_another_organization_and_after_another_change() {
    let mut state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let asked = Operation::RemoveMember { member: person(1) };
    let permit = permit(&snapshot, asked).unwrap();
    let event = Event::MemberRemoved { person: person(1) };
    let alone = std::slice::from_ref(&event);
    assert!(covers(&permit, org(1), &state, &event, alone));
    assert!(!covers(&permit, org(2), &state, &event, alone));
    state.seq += 1;
    assert!(!covers(&permit, org(1), &state, &event, alone));
}

#[test]
fn a_founding_permit_is_void_once_there_is_an_organization_and_a_call_permit_commits_nothing() {
    let founding = Permit::for_founding_an_organization(org(1));
    let event = Event::MemberAdded { person: person(0), role: role("owner") };
    let alone = std::slice::from_ref(&event);
    assert!(covers(&founding, org(1), &Organization::new(), &event, alone));
    assert!(!covers(&founding, org(2), &Organization::new(), &event, alone));
    assert!(!covers(&founding, org(1), &acme(), &event, alone));
}

#[test]
fn a_first_key_goes_with_its_own_newcomer_only() {
    let state = acme();
    let snapshot = Snapshot::compile(org(1), &state, None);
    let member = role("member");
    let permit = permit(&snapshot, Operation::AddMember { role: &member }).unwrap();
    let added = Event::MemberAdded { person: person(7), role: member.clone() };
    let with = |holder| vec![added.clone(), key_created(9, KeyKind::Personal { holder })];
    let events = with(person(7));
    assert!(events.iter().all(|event| covers(&permit, org(1), &state, event, &events)));
    let events = with(person(1));
    assert!(!events.iter().all(|event| covers(&permit, org(1), &state, event, &events)));
}
