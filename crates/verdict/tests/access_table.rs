//! Who may do what, as a page that a person can read: `docs/access-table.md`.
//!
//! Every cell is asked of the engine. The test fails when the page says something else than the engine does, so that
//! no change of rights goes by unseen; `WARDROOM_GEN=1 cargo test -p verdict --test access_table` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, Slug, ToolClass};
use domain::key::KeyKind;
use domain::organization::{Organization, Stamp};
use domain::permission::{Group, Permission};
use domain::preset::Preset;
use domain::role::Role;
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject};

const NOW: Timestamp = Timestamp(0);
const GROUPS: [(&str, Group); 3] =
    [("Settings", Group::Settings), ("Using tools", Group::Gateway), ("Audit", Group::Audit)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn presets() -> Vec<Preset> {
    let files = std::fs::read_dir(root().join("presets")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files.iter().map(|file| toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()).collect()
}

fn person(number: usize) -> PersonId {
    PersonId::from_random([number as u8; 20])
}

/// A personal key of a person.
fn key_of(number: usize) -> KeyId {
    KeyId::from_random([number as u8; 20])
}

fn integration() -> IntegrationId {
    IntegrationId::from_random([1; 20])
}

/// Two people of every role (person `2 n` and `2 n + 1` have role `n`) with a key each, and one integration with a
/// tool of every class.
fn company(preset: &Preset) -> Organization {
    let mut state = Organization::new();
    let mut events = vec![Event::OrganizationCreated {
        name: "Acme".to_owned(),
        preset: preset.name.clone(),
        settings: preset.settings.clone(),
    }];
    events.extend(preset.roles.iter().cloned().map(Event::RoleDefined));
    for (number, role) in (0..).zip(preset.roles.iter().flat_map(|role| [role, role])) {
        events.push(Event::MemberAdded { person: person(number), role: role.id.clone() });
        events.push(Event::KeyCreated {
            key: key_of(number),
            kind: KeyKind::Personal { holder: person(number) },
            digest: "0".repeat(64),
            hint: String::new(),
            expires_at: None,
        });
    }
    events.push(Event::IntegrationConnected(Box::new(Integration {
        id: integration(),
        slug: Slug::parse("crm").unwrap(),
        title: "CRM".to_owned(),
        purpose: String::new(),
        url: "https://crm.example/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: BTreeMap::new(),
    })));
    let tool = |class: ToolClass| DiscoveredTool {
        name: class.as_str().to_owned(),
        definition: "{}".into(),
        class,
        suggested: class,
    };
    events.push(Event::ToolsApproved { integration: integration(), tools: ToolClass::ALL.map(tool).into() });
    for event in events {
        happens(&mut state, &event);
    }
    state
}

fn happens(state: &mut Organization, event: &Event) {
    let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() };
    state.apply(&stamp, event);
}

fn may(snapshot: &Snapshot, person: PersonId, action: Action<'_>) -> &'static str {
    let actor = Actor::about(Subject::Member(person));
    if snapshot.evaluate(&Question { actor: &actor, action, now: NOW }).is_allowed() { "yes" } else { "–" }
}

fn row(page: &mut String, head: &str, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    write!(page, "| {head} |").unwrap();
    for cell in cells {
        write!(page, " {} |", cell.as_ref()).unwrap();
    }
    page.push('\n');
}

fn table(page: &mut String, corner: &str, heads: &[String]) {
    row(page, corner, heads);
    row(page, "---", heads.iter().map(|_| "---"));
}

fn permissions(page: &mut String, preset: &Preset) {
    page.push_str("\n### What each role may do\n\n");
    table(page, "permission", &preset.roles.iter().map(|role| role.title.clone()).collect::<Vec<_>>());
    for (title, group) in GROUPS {
        row(page, &format!("**{title}**"), preset.roles.iter().map(|_| ""));
        for permission in Permission::ALL.iter().filter(|permission| permission.entry().group == group) {
            let entry = permission.entry();
            let holds = |role: &Role| if role.permissions.holds(*permission) { "yes" } else { "–" };
            let head = format!("{} (`{}`): {}", entry.title, entry.id, entry.description.trim_end_matches('.'));
            row(page, &head, preset.roles.iter().map(holds));
        }
    }
}

/// What can be done to somebody, in words and as the engine is asked; `other` is whom it is done to.
fn acts(preset: &Preset, other: usize) -> Vec<(String, Operation<'_>)> {
    let member = person(other);
    let assign = Operation::Assign { grantee: Grantee::Member(member), integration: integration() };
    let key = key_of(other);
    let mut acts: Vec<(String, Operation<'_>)> = preset
        .roles
        .iter()
        .map(|role| (format!("give them the role {}", role.title), Operation::ChangeRole { member, role: &role.id }))
        .collect();
    acts.extend([
        ("remove them".to_owned(), Operation::RemoveMember { member }),
        ("give or take an integration".to_owned(), assign),
        ("create a personal key for them".to_owned(), Operation::CreatePersonalKey { holder: member }),
        ("see that a key of theirs exists".to_owned(), Operation::ViewKey { key }),
        ("end a key of theirs".to_owned(), Operation::RevokeKey { key }),
        ("give a key of theirs a new secret".to_owned(), Operation::RotateKey { key }),
        ("see why they may or may not".to_owned(), Operation::Explain { subject: Subject::Member(member) }),
        ("read the record of theirs".to_owned(), Operation::ReadAudit { subject: Some(Subject::Member(member)) }),
    ]);
    acts
}

fn on_whom(page: &mut String, preset: &Preset, snapshot: &Snapshot) {
    for (actor, role) in preset.roles.iter().enumerate() {
        let me = actor * 2;
        // The other person of each role, and oneself.
        let others: Vec<usize> = (0..preset.roles.len()).map(|role| role * 2 + 1).chain([me]).collect();
        writeln!(page, "\n### What {} may do to others\n", article(&role.title)).unwrap();
        let mut heads: Vec<String> = preset.roles.iter().map(|role| format!("to {}", article(&role.title))).collect();
        heads.push("to themselves".to_owned());
        table(page, "act", &heads);
        for (place, (words, _)) in acts(preset, me).into_iter().enumerate() {
            let cell = |other: &usize| may(snapshot, person(me), Action::Operate(acts(preset, *other)[place].1));
            row(page, &words, others.iter().map(cell));
        }
    }
}

fn newcomers(page: &mut String, preset: &Preset, snapshot: &Snapshot) {
    page.push_str("\n### Who may take a person in, and as what\n\n");
    let heads: Vec<String> = preset.roles.iter().map(|role| format!("as {}", role.title)).collect();
    table(page, "who", &heads);
    for (number, actor) in preset.roles.iter().enumerate() {
        let add =
            |role: &Role| may(snapshot, person(number * 2), Action::Operate(Operation::AddMember { role: &role.id }));
        row(page, &actor.title, preset.roles.iter().map(add));
    }
}

fn tools(page: &mut String, preset: &Preset, state: &Organization) {
    page.push_str("\n### Which tools may be called\n\n");
    page.push_str("By what was given of the integration. A tool that nobody has reviewed counts as deleting.\n\n");
    let heads: Vec<String> = ToolClass::ALL.iter().map(|class| format!("{} tools", class.as_str())).collect();
    table(page, "role, and what was given", &heads);
    let given: Vec<Option<Profile>> = [None].into_iter().chain(Profile::ALL.map(Some)).collect();
    for (number, role) in preset.roles.iter().enumerate() {
        for profile in &given {
            let mut state = state.clone();
            let grantee = Grantee::Member(person(number * 2));
            if let Some(profile) = *profile {
                let (integration, tools_off) = (integration(), [].into());
                happens(&mut state, &Event::GrantSet { grantee, integration, profile, tools_off, expires_at: None });
            }
            let snapshot = Snapshot::compile(OrgId::from_random([1; 20]), &state, None);
            let call = |class: &ToolClass| {
                may(&snapshot, person(number * 2), Action::CallTool { integration: "crm", tool: class.as_str() })
            };
            let given = profile.map_or("nothing", Profile::as_str);
            row(page, &format!("{}, {given}", role.title), ToolClass::ALL.iter().map(call));
        }
    }
}

fn article(title: &str) -> String {
    let title = title.to_lowercase();
    let vowel = title.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {title}", if vowel { "an" } else { "a" })
}

fn page() -> String {
    let mut page = "# Who may do what\n\n\
        Every cell below was asked of the engine that decides in the product. This page is written by a test and \
        compared by it on every run: it cannot be out of date, and a change of anybody's rights shows as a change of \
        this page.\n\n\
        \"Yes\" says that the role is enough. Rules of the organization come on top: the last person in the top role \
        can neither be removed nor given a smaller one.\n"
        .to_owned();
    for preset in presets() {
        let state = company(&preset);
        let snapshot = Snapshot::compile(OrgId::from_random([1; 20]), &state, None);
        writeln!(page, "\n## Preset {}: {}\n", preset.name, preset.description).unwrap();
        table(&mut page, "role", &["typical for".to_owned()]);
        preset.roles.iter().for_each(|role| row(&mut page, &role.title, [&role.typical_for]));
        permissions(&mut page, &preset);
        newcomers(&mut page, &preset, &snapshot);
        on_whom(&mut page, &preset, &snapshot);
        tools(&mut page, &preset, &state);
    }
    page
}

#[test]
fn the_page_of_who_may_do_what_says_what_the_engine_does() {
    let path = root().join("docs/access-table.md");
    let page = page();
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever changed a right on purpose asks for the page by this variable"
    )]
    if std::env::var_os("WARDROOM_GEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let first = committed.lines().zip(page.lines()).find(|(committed, now)| committed != now);
    assert!(
        committed == page,
        "docs/access-table.md says otherwise than the engine, first at {first:?}; where that is meant, run \
         `WARDROOM_GEN=1 cargo test -p verdict --test access_table` and commit the page"
    );
}

/// The promises of the preset, said by hand: a page that is generated proves nothing about what it should say.
#[test]
fn in_pipeworks_only_owners_promote_and_nobody_but_an_owner_touches_an_owner() {
    let preset = presets().into_iter().find(|preset| preset.name == "pipeworks").unwrap();
    let state = company(&preset);
    let snapshot = Snapshot::compile(OrgId::from_random([1; 20]), &state, None);
    let roles: BTreeMap<&str, usize> = preset.roles.iter().map(|role| role.id.as_str()).zip(0..).collect();
    let role = |name: &str| &preset.roles[roles[name]].id;
    let operate = |who: &str, operation| may(&snapshot, person(roles[who] * 2), Action::Operate(operation)) == "yes";
    let other = |name: &str| person(roles[name] * 2 + 1);

    for to in ["owner", "admin"] {
        let promote = Operation::ChangeRole { member: other("member"), role: role(to) };
        assert!(operate("owner", promote) && !operate("admin", promote) && !operate("member", promote), "{to}");
        let invite = Operation::AddMember { role: role(to) };
        assert!(operate("owner", invite) && !operate("admin", invite) && !operate("member", invite), "{to}");
    }
    let demote = Operation::ChangeRole { member: other("owner"), role: role("member") };
    let remove = Operation::RemoveMember { member: other("owner") };
    for on_owner in [demote, remove, Operation::CreatePersonalKey { holder: other("owner") }] {
        assert!(operate("owner", on_owner) && !operate("admin", on_owner) && !operate("member", on_owner));
    }
    assert!(operate("admin", Operation::RemoveMember { member: other("member") }));
    assert!(operate("admin", Operation::AddMember { role: role("member") }));
    assert!(operate("admin", Operation::CreateWorkspaceKey) && !operate("member", Operation::CreateWorkspaceKey));
    assert!(
        !operate("member", Operation::ConnectIntegration)
            && !operate("member", Operation::EditOrganization { default_role: None })
    );
    assert!(!operate("member", Operation::ViewIntegration { integration: integration() }));
    assert!(operate("member", Operation::CreatePersonalKey { holder: person(roles["member"] * 2) }));
}
