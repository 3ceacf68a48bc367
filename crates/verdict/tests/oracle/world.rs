//! Random organizations: people with built-in and random roles, integrations, grants, keys, in every state that a
//! history can leave them in. Built from events alone, so that they also hold what today's commands would refuse.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Slug, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Organization, Stamp};
use domain::permission::{Permission, PermissionSet};
use domain::preset::Preset;
use domain::role::{AssignableTo, Role, RoleId};
use domain::time::Timestamp;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use verdict::{Credential, Subject};

/// People that are asked about; the last was never a member.
pub(crate) const PEOPLE: u8 = 6;
/// Keys that are asked about; the last never was.
pub(crate) const KEYS: u8 = 7;
/// Integrations that are asked about; the last never was.
pub(crate) const INTEGRATIONS: u8 = 4;
pub(crate) const ROLES: [&str; 6] = ["owner", "admin", "member", "random-1", "random-2", "unheard-of"];
/// Moments that are asked about. Things end at multiples of fifty, so the moment of the end itself is among them.
pub(crate) const MOMENTS: [Timestamp; 4] = [Timestamp(0), Timestamp(50), Timestamp(75), Timestamp(1_000)];
/// Names that fit, that hold a blank, and that are too long to be exposed as they are.
pub(crate) const TOOLS: [&str; 5] = ["get", "list", "make it", "delete", LONG];
const LONG: &str = "a_name_that_is_far_too_long_to_be_taken_over_as_it_is_by_any_common_client";

pub(crate) fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

pub(crate) fn key(number: u8) -> KeyId {
    KeyId::from_random([number; 20])
}

pub(crate) fn integration(number: u8) -> IntegrationId {
    IntegrationId::from_random([number; 20])
}

pub(crate) fn org(number: u8) -> OrgId {
    OrgId::from_random([number; 20])
}

pub(crate) fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

pub(crate) fn slug(number: u8) -> String {
    format!("upstream-{number}")
}

pub(crate) fn subjects() -> impl Iterator<Item = Subject> {
    (0..PEOPLE).map(|number| Subject::Member(person(number))).chain((0..KEYS).map(|number| Subject::Key(key(number))))
}

pub(crate) fn grantee(number: u8) -> Grantee {
    if number < PEOPLE { Grantee::Member(person(number)) } else { Grantee::Key(key(number - PEOPLE)) }
}

pub(crate) fn pipeworks() -> Preset {
    toml::from_str(include_str!("../../../../presets/pipeworks.toml")).unwrap()
}

/// The keyed hash of a key's secret: of the first one, or of the one after a rotation.
pub(crate) fn digest(key: u8, rotated: bool) -> [u8; 32] {
    let mut digest = [key; 32];
    digest[0] = u8::from(rotated);
    digest
}

fn hexadecimal(digest: [u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Both secrets that a key may have had, and one that it never had.
pub(crate) fn credentials(number: u8) -> [Credential; 3] {
    [digest(number, false), digest(number, true), [0xee; 32]].map(|digest| Credential { key: key(number), digest })
}

/// An organization and the number of its last event.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) state: Organization,
}

impl World {
    /// An organization of the pipeworks preset in which person 0 is the owner.
    pub(crate) fn founded() -> World {
        let mut world = World { state: Organization::new() };
        let preset = pipeworks();
        let (name, settings) = ("Acme".to_owned(), preset.settings.clone());
        world.happens(Event::OrganizationCreated { name, preset: preset.name, settings });
        preset.roles.into_iter().for_each(|role| world.happens(Event::RoleDefined(role)));
        world.happens(Event::MemberAdded { person: person(0), role: role("owner") });
        world
    }

    pub(crate) fn happens(&mut self, event: Event) {
        self.happens_by(person(0), event);
    }

    pub(crate) fn happens_by(&mut self, actor: PersonId, event: Event) {
        let stamp = Stamp { seq: self.state.seq + 1, at: Timestamp(0), actor: actor.to_string() };
        self.state.apply(&stamp, &event);
    }

    /// Gives what there is to whom there is, and leaves the rest out.
    fn give(&mut self, grants: Vec<Event>) {
        for event in grants {
            let Event::GrantSet { grantee, integration, .. } = &event else { continue };
            let there = match grantee {
                Grantee::Member(person) => self.state.active_member(*person).is_some(),
                Grantee::Key(key) => self.state.live_key(*key).is_some_and(|key| key.holder().is_none()),
            };
            if there && self.state.integrations.contains_key(integration) {
                self.happens(event);
            }
        }
    }

    /// A role that holds exactly these permissions.
    pub(crate) fn define_role(&mut self, name: &str, permissions: PermissionSet) {
        self.happens(Event::RoleDefined(Role {
            id: role(name),
            title: name.to_owned(),
            typical_for: String::new(),
            permissions,
            assignable_to: AssignableTo { members: true, keys: false, agents: false },
            locked: false,
            top: false,
        }));
    }
}

pub(crate) fn permission_sets() -> impl Strategy<Value = PermissionSet> {
    let picked = btree_set(select(Permission::ALL), 0..Permission::ALL.len());
    picked.prop_map(|picked| picked.into_iter().collect())
}

fn ends() -> impl Strategy<Value = Option<Timestamp>> {
    option::weighted(0.4, select(vec![Timestamp(50), Timestamp(100)]))
}

pub(crate) fn tools_off() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(select(&TOOLS[..]).prop_map(str::to_owned), 0..3)
}

fn connections() -> impl Strategy<Value = Vec<Event>> {
    let tool = (select(&TOOLS[..]), select(&ToolClass::ALL[..]), any::<bool>(), proptest::bool::weighted(0.2));
    let connection = (proptest::bool::weighted(0.15), vec(tool, 0..6));
    vec(connection, 0..usize::from(INTEGRATIONS)).prop_map(|connections| {
        (0..).zip(connections).flat_map(|(number, (paused, tools))| connected(number, paused, tools)).collect()
    })
}

fn connected(number: u8, paused: bool, tools: Vec<(&'static str, ToolClass, bool, bool)>) -> Vec<Event> {
    let id = integration(number);
    let bare = Integration {
        id,
        slug: Slug::parse(&slug(number)).unwrap(),
        title: format!("Upstream {number}"),
        purpose: String::new(),
        url: "https://upstream.example/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: BTreeMap::new(),
    };
    let tools: BTreeMap<_, _> =
        tools.into_iter().map(|(name, class, reviewed, off)| (name, (class, reviewed, off))).collect();
    let discovered = tools.iter().map(|(name, (class, reviewed, _))| DiscoveredTool {
        name: (*name).to_owned(),
        definition: format!(r#"{{"name":"{name}"}}"#).into(),
        class: if *reviewed { ToolClass::Unclassified } else { *class },
        suggested: *class,
    });
    let mut events = vec![Event::IntegrationConnected(Box::new(bare))];
    events.push(Event::ToolsApproved { integration: id, tools: discovered.collect() });
    for (tool, (class, reviewed, off)) in tools {
        let tool = tool.to_owned();
        if reviewed {
            events.push(Event::ToolClassified { integration: id, tool: tool.clone(), class });
        }
        if off {
            events.push(Event::ToolSwitched { integration: id, tool, off });
        }
    }
    if paused {
        let edit = IntegrationEdit { paused: Some(true), ..IntegrationEdit::default() };
        events.push(Event::IntegrationEdited { integration: id, edit });
    }
    events
}

/// Keys that were created, and what became of them.
fn keys() -> impl Strategy<Value = (Vec<Event>, Vec<Event>)> {
    let kind = prop_oneof![
        (0..PEOPLE - 1).prop_map(|holder| KeyKind::Personal { holder: person(holder) }),
        select(vec![KeyScope::All, KeyScope::Granted]).prop_map(|scope| KeyKind::Workspace { scope }),
    ];
    let one = (kind, ends(), proptest::bool::weighted(0.3), proptest::bool::weighted(0.15));
    vec(one, 0..usize::from(KEYS)).prop_map(|keys| {
        let (mut begin, mut end) = (Vec::new(), Vec::new());
        for (number, (kind, expires_at, rotated, revoked)) in (0..).zip(keys) {
            let (key, hint) = (key(number), String::new());
            let digest = |rotated| hexadecimal(digest(number, rotated));
            begin.push(Event::KeyCreated { key, kind, digest: digest(false), hint: hint.clone(), expires_at });
            end.extend(rotated.then(|| Event::KeyRotated { key, digest: digest(true), hint }));
            end.extend(revoked.then_some(Event::KeyRevoked { key }));
        }
        (begin, end)
    })
}

fn grants(integrations: u8, most: usize) -> impl Strategy<Value = Vec<Event>> {
    let grant = (0..PEOPLE + KEYS - 1, 0..integrations, select(&Profile::ALL[..]), tools_off(), ends());
    vec(grant, 0..most).prop_map(|grants| {
        let set = |(to, of, profile, tools_off, expires_at)| Event::GrantSet {
            grantee: grantee(to),
            integration: integration(of),
            profile,
            tools_off,
            expires_at,
        };
        grants.into_iter().map(set).collect()
    })
}

/// A random organization.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let members =
        vec((option::weighted(0.9, select(&ROLES[..5])), proptest::bool::weighted(0.1)), usize::from(PEOPLE) - 1);
    (permission_sets(), permission_sets(), members, connections(), keys(), grants(INTEGRATIONS - 1, 16)).prop_map(
        |(first, second, members, connections, (keys, keys_end), grants)| {
            let mut world = World::founded();
            world.define_role("random-1", first);
            world.define_role("random-2", second);
            let here: Vec<_> =
                (0..).zip(members).filter_map(|(at, (held, left))| Some((person(at), held?, left))).collect();
            for (person, held, _) in &here {
                world.happens(Event::MemberAdded { person: *person, role: role(held) });
            }
            for event in connections.into_iter().chain(keys) {
                world.happens(event);
            }
            world.give(grants);
            keys_end.into_iter().for_each(|event| world.happens(event));
            for (person, ..) in here.iter().filter(|(.., left)| *left) {
                world.happens(Event::MemberRemoved { person: *person });
            }
            world
        },
    )
}

/// Integrations of a wide organization: more than fit into one word of anything.
pub(crate) const WIDE: u8 = 70;

/// Members with much and with little, workspace keys, and many integrations.
pub(crate) fn wide_worlds() -> impl Strategy<Value = World> {
    (keys(), grants(WIDE, 200)).prop_map(|((keys, keys_end), grants)| {
        let mut world = World::founded();
        for number in 1..PEOPLE - 1 {
            world.happens(Event::MemberAdded { person: person(number), role: role("member") });
        }
        for number in 0..WIDE {
            let tools = [("get", ToolClass::Read, false, false), ("delete", ToolClass::Delete, false, number % 9 == 0)];
            connected(number, number % 7 == 0, tools.into()).into_iter().for_each(|event| world.happens(event));
        }
        keys.into_iter().for_each(|event| world.happens(event));
        world.give(grants);
        keys_end.into_iter().for_each(|event| world.happens(event));
        world
    })
}
