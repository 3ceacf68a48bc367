//! A company of each preset: two people of every role, teams, one integration, resources of every kind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::event::Event;
use domain::id::{IntegrationId, KeyId, OrgId, PersonId, ResourceId, TeamId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, Slug, ToolClass};
use domain::key::KeyKind;
use domain::organization::{GrantsTo, Organization, Stamp};
use domain::preset::Preset;
use domain::resource::{NewResource, ResourceKind};
use domain::role::{Role, RoleId, RoleLevel};
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject};

pub(crate) const NOW: Timestamp = Timestamp(0);

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn presets() -> Vec<Preset> {
    let files = std::fs::read_dir(root().join("presets")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files.iter().map(|file| toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()).collect()
}

pub(crate) fn person(number: usize) -> PersonId {
    PersonId::from_random([number as u8; 20])
}

/// A personal key of a person.
pub(crate) fn key_of(number: usize) -> KeyId {
    KeyId::from_random([number as u8; 20])
}

pub(crate) fn integration() -> IntegrationId {
    IntegrationId::from_random([1; 20])
}

/// The team that everybody is in, and the one that nobody is in.
pub(crate) const THEIRS: u8 = 0;
pub(crate) const OTHER: u8 = 1;

pub(crate) fn team(number: u8) -> TeamId {
    TeamId::from_random([number; 20])
}

/// Whose a resource is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    /// One's own.
    Own,
    /// The team's that one is in.
    Teams,
    /// Somebody else's.
    Others,
}

/// The people of a role in the organization, as numbers: the one who asks, and another.
pub(crate) struct Company {
    pub(crate) preset: Preset,
    pub(crate) state: Organization,
    pub(crate) snapshot: Snapshot,
}

impl Company {
    pub(crate) fn of(preset: &Preset) -> Company {
        let mut state = Organization::new();
        let mut events = vec![Event::OrganizationCreated {
            name: "Acme".to_owned(),
            preset: preset.name.clone(),
            settings: preset.settings.clone(),
        }];
        events.extend(preset.roles.iter().cloned().map(Event::RoleDefined));
        let in_teams = roles_of(preset, RoleLevel::Team).len();
        let in_organization = roles_of(preset, RoleLevel::Organization);
        let default = preset.settings.join_default_role;
        let held = in_organization.iter().flat_map(|role| [role.id, role.id]);
        let held = held.chain(std::iter::repeat_n(default, in_teams * 2));
        for (number, role) in held.enumerate() {
            events.push(Event::MemberAdded { person: person(number), role });
            events.push(Event::KeyCreated {
                key: key_of(number),
                kind: KeyKind::Personal { holder: person(number) },
                digest: "0".repeat(64),
                hint: String::new(),
                expires_at: None,
            });
        }
        events.extend(connected());
        events.iter().for_each(|event| happens(&mut state, event));
        teams(preset, &mut state);
        resources(&mut state);
        Company { preset: preset.clone(), snapshot: compiled(&state), state }
    }

    pub(crate) fn roles(&self) -> Vec<&Role> {
        roles_of(&self.preset, RoleLevel::Organization)
    }

    pub(crate) fn team_roles(&self) -> Vec<&Role> {
        roles_of(&self.preset, RoleLevel::Team)
    }

    /// Somebody with this role, as a number; the next number has it too. In a team where it is a role for teams.
    pub(crate) fn with(&self, role: &str) -> usize {
        let all: Vec<_> = self.roles().into_iter().chain(self.team_roles()).collect();
        all.iter().position(|known| known.id.as_str() == role).unwrap_or_else(|| panic!("there is no role {role}")) * 2
    }

    pub(crate) fn may(&self, who: usize, operation: Operation<'_>) -> bool {
        may(&self.snapshot, person(who), Action::Operate(operation))
    }

    pub(crate) fn role(&self, name: &str) -> &RoleId {
        &self.preset.roles.iter().find(|role| role.id.as_str() == name).unwrap().id
    }

    /// A resource as somebody stands to it.
    pub(crate) fn resource(&self, who: usize, kind: ResourceKind, whose: Whose) -> ResourceId {
        match whose {
            Whose::Own => resource(kind, who),
            Whose::Teams => resource(kind, TEAMS),
            Whose::Others => resource(kind, OTHERS),
        }
    }

    /// The same company after something more.
    pub(crate) fn after(&self, event: &Event) -> Company {
        let mut state = self.state.clone();
        happens(&mut state, event);
        Company { preset: self.preset.clone(), snapshot: compiled(&state), state }
    }
}

/// Numbers of the resources that are nobody's own of those who ask.
const TEAMS: usize = 30;
const OTHERS: usize = 31;

fn resource(kind: ResourceKind, number: usize) -> ResourceId {
    let mut bytes = [kind as u8; 20];
    bytes[0] = number as u8;
    ResourceId::from_random(bytes)
}

pub(crate) fn roles_of(preset: &Preset, level: RoleLevel) -> Vec<&Role> {
    preset.roles.iter().filter(|role| role.level == level).collect()
}

pub(crate) fn compiled(state: &Organization) -> Snapshot {
    Snapshot::compile(OrgId::from_random([1; 20]), state, None)
}

pub(crate) fn happens(state: &mut Organization, event: &Event) {
    let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() };
    state.apply(&stamp, event);
}

pub(crate) fn may(snapshot: &Snapshot, person: PersonId, action: Action<'_>) -> bool {
    let actor = Actor::about(Subject::Member(person));
    snapshot.evaluate(&Question { actor: &actor, action, now: NOW }).is_allowed()
}

fn connected() -> [Event; 2] {
    let tool = |class: ToolClass| DiscoveredTool {
        name: class.as_str().to_owned(),
        definition: "{}".into(),
        class,
        suggested: class,
        evidence: Vec::new(),
    };
    let bare = Integration {
        id: integration(),
        slug: Slug::parse("crm").unwrap(),
        title: "CRM".to_owned(),
        purpose: String::new(),
        url: "https://crm.example/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: BTreeMap::new(),
        found: BTreeMap::new(),
    };
    let tools = ToolClass::ALL.map(tool).into();
    [Event::IntegrationConnected(Box::new(bare)), Event::ToolsApproved { integration: integration(), tools }]
}

/// One team with a person of every role in the organization, all with the smallest role in teams, and two people of
/// every role in teams; and a team with nobody. Only where the preset has teams.
fn teams(preset: &Preset, state: &mut Organization) {
    let roles = roles_of(preset, RoleLevel::Team);
    let Some(smallest) = preset.settings.join_default_team_role else { return };
    for number in [THEIRS, OTHER] {
        happens(state, &Event::TeamCreated { team: team(number), title: format!("Team {number}") });
    }
    let askers = roles_of(preset, RoleLevel::Organization).len();
    for number in 0..askers {
        let person = person(number * 2);
        happens(state, &Event::TeamMemberSet { team: team(THEIRS), person, role: smallest });
    }
    for (number, role) in roles.iter().flat_map(|role| [role, role]).enumerate() {
        let person = person(askers * 2 + number);
        happens(state, &Event::TeamMemberSet { team: team(THEIRS), person, role: role.id });
    }
}

/// Everybody has one of every kind, the team has one, and somebody has one that nobody else has anything to do with.
fn resources(state: &mut Organization) {
    let people = state.members.len();
    for kind in ResourceKind::ALL.iter().copied() {
        for number in (0..people).chain([TEAMS, OTHERS]) {
            let owner = (number < people).then(|| person(number));
            let id = resource(kind, number);
            let title = format!("{} {number}", kind.title());
            let new = NewResource { id, kind, title, tier: None, owner };
            happens(state, &Event::ResourceRegistered(Box::new(new)));
        }
        if state.teams.contains_key(&team(THEIRS)) && state.settings.grants_to.contains(&GrantsTo::Team) {
            happens(state, &Event::ResourceAssigned { resource: resource(kind, TEAMS), team: team(THEIRS) });
        }
    }
}
