//! Random organizations in every state that a history can leave them in. Built from events alone, so that they also
//! hold what today's commands would refuse.

use std::collections::BTreeMap;

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{AgentId, IntegrationId, InvitationId, KeyId, OrgId, PersonId, RequestId, ResourceId, TeamId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Slug, ToolClass, Whose};
use domain::invitation::{Inviter, NewInvitation, Offer};
use domain::key::{KeyKind, KeyScope};
use domain::object::DataName;
use domain::organization::{Invite, Organization, SettingChange, Stamp};
use domain::preset::Preset;
use domain::role::{RoleId, RoleLevel};
use domain::time::Timestamp;
use verdict::{Credential, Subject};

use crate::chance;
use crate::dice::Dice;

/// People that are asked about; the last was never a member.
pub(crate) const PEOPLE: u8 = 7;
/// Keys that are asked about; the last never was.
pub(crate) const KEYS: u8 = 10;
/// Integrations that are asked about; the last never was. So it is with everything below.
pub(crate) const INTEGRATIONS: u8 = 4;
pub(crate) const TEAMS: u8 = 4;
pub(crate) const AGENTS: u8 = 4;
pub(crate) const RESOURCES: u8 = 9;
pub(crate) const INVITATIONS: u8 = 5;
/// Moments that are asked about. Things end at multiples of fifty, so the moment of the end itself is among them.
pub(crate) const MOMENTS: [Timestamp; 4] = [Timestamp(0), Timestamp(50), Timestamp(75), Timestamp(1_000)];
/// Names that fit, that hold a blank, and that are too long to be exposed as they are.
pub(crate) const TOOLS: [&str; 5] = ["get", "list", "make it", "delete", LONG];
const LONG: &str = "a_name_that_is_far_too_long_to_be_taken_over_as_it_is_by_any_common_client";
/// Objects and fields; the last of each is never defined.
pub(crate) const OBJECTS: [&str; 3] = ["people", "deals", "ghosts"];
pub(crate) const FIELDS: [&str; 4] = ["name", "mail", "amount", "nothing"];

macro_rules! ids {
    ($($make:ident $of:ident)*) => {$(
        pub(crate) fn $make(number: u8) -> $of {
            // Two digits of base 32, so that a long history does not run out of names.
            let mut bytes = [number; 20];
            bytes[0] = number >> 5;
            $of::from_random(bytes)
        }
    )*};
}

ids! { person PersonId key KeyId integration IntegrationId team TeamId agent AgentId resource ResourceId request RequestId invitation InvitationId org OrgId }

pub(crate) fn role(name: &str) -> RoleId {
    RoleId::parse(name).unwrap()
}

pub(crate) fn data(name: &str) -> DataName {
    DataName::parse(name).unwrap()
}

pub(crate) fn slug(number: u8) -> String {
    format!("upstream-{number}")
}

pub(crate) fn subjects() -> impl Iterator<Item = Subject> {
    let people = (0..PEOPLE).map(|number| Subject::Member(person(number)));
    let keys = (0..KEYS).map(|number| Subject::Key(key(number)));
    people.chain(keys).chain((0..AGENTS).map(|number| Subject::Agent(agent(number))))
}

/// Every file of `presets/`, by name.
pub(crate) fn presets() -> &'static [Preset] {
    static PRESETS: std::sync::OnceLock<Vec<Preset>> = std::sync::OnceLock::new();
    PRESETS.get_or_init(|| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../presets");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        files.sort();
        files.iter().map(|file| toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()).collect()
    })
}

pub(crate) fn preset(name: &str) -> &'static Preset {
    presets().iter().find(|preset| preset.name == name).unwrap()
}

/// The keyed hash of a key's secret: of the first one, or of the one after a rotation.
pub(crate) fn digest(key: u8, rotated: bool) -> [u8; 32] {
    let mut digest = [key; 32];
    digest[0] = u8::from(rotated);
    digest
}

pub(crate) fn hexadecimal(digest: [u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Both secrets that a key may have had, and one that it never had.
pub(crate) fn credentials(number: u8) -> [Credential; 3] {
    [digest(number, false), digest(number, true), [0xee; 32]].map(|digest| Credential::Key { key: key(number), digest })
}

/// An organization.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) state: Organization,
}

impl World {
    /// An organization of a preset in which person 0 holds the top role.
    pub(crate) fn founded(preset: &Preset) -> World {
        let mut world = World { state: Organization::new() };
        let (name, settings) = ("Acme".to_owned(), preset.settings.clone());
        world.happens(Event::OrganizationCreated { name, preset: preset.name.clone(), settings });
        preset.roles.iter().cloned().for_each(|role| world.happens(Event::RoleDefined(role)));
        let top = preset.roles.iter().find(|role| role.top).unwrap().id;
        world.happens(Event::MemberAdded { person: person(0), role: top });
        world
    }

    pub(crate) fn happens(&mut self, event: Event) {
        self.happens_by(Subject::Member(person(0)), event);
    }

    pub(crate) fn happens_by(&mut self, actor: Subject, event: Event) {
        let stamp = Stamp { seq: self.state.seq + 1, at: Timestamp(0), actor: actor.as_str().to_owned() };
        self.state.apply(&stamp, &event);
    }

    /// A random organization.
    pub(crate) fn random(seed: u64) -> World {
        let dice = &mut Dice(seed);
        let mut world = World::founded(dice.pick(&presets().iter().collect::<Vec<_>>()));
        world.objects(dice);
        world.roles(dice);
        world.people(dice);
        world.teams(dice);
        if dice.percent(70) {
            world.happens_all(chance::settings(dice, &world.state.clone()));
        }
        if dice.percent(50) {
            world.happens(Event::SettingChanged(SettingChange::RolesExtraBindings(true)));
        }
        if dice.percent(30) {
            world.happens(Event::SettingChanged(SettingChange::InviteTeam(Invite::AnyMember)));
        }
        (0..INTEGRATIONS - 1).for_each(|number| world.integration(dice, number));
        world.agents(dice);
        (0..KEYS - 1).for_each(|number| world.key(dice, number));
        (0..RESOURCES - 1).for_each(|number| world.resource(dice, number));
        let many = dice.below(24);
        (0..many).for_each(|_| world.grant(dice));
        world.ends(dice);
        (0..INVITATIONS - 1).for_each(|number| world.invitation(dice, number));
        world
    }

    /// An invitation by anybody, to anything, in every state that it can be in.
    fn invitation(&mut self, dice: &mut Dice, number: u8) {
        let subject = dice.pick(&subjects().collect::<Vec<_>>()).grantee();
        let agent = matches!(subject, Grantee::Agent(_));
        let acting_for = (agent && dice.percent(50)).then(|| person(dice.below(PEOPLE)));
        let inviter = Inviter { subject, acting_for };
        let (id, offer) = (invitation(number), chance::offer(dice, self));
        let digest = dice.percent(70).then(|| hexadecimal([number; 32]));
        let new = NewInvitation { id, inviter, offer, digest, expires_at: Timestamp(50), asks: None };
        self.happens(Event::InvitationSent(Box::new(new)));
        match dice.below(10) {
            0 | 1 => {
                let digest = hexadecimal([number + 100; 32]);
                self.happens(Event::InvitationApproved {
                    invitation: id,
                    digest,
                    expires_at: Timestamp(100),
                    asks: None,
                });
            }
            2 => self.happens(Event::InvitationRevoked { invitation: id }),
            _ => {}
        }
    }

    /// The same where somebody has to agree to what plain members offer, and where each of them offers something.
    pub(crate) fn where_somebody_has_to_agree(mut self) -> World {
        self.happens(Event::SettingChanged(SettingChange::InviteOrganization(Invite::AnyMemberWithApproval)));
        for number in 0..INVITATIONS - 1 {
            let inviter = Inviter { subject: Grantee::Member(person(number + 1)), acting_for: None };
            let (id, offer, digest) = (invitation(number), Offer::default(), None);
            let new = NewInvitation { id, inviter, offer, digest, expires_at: Timestamp(50), asks: None };
            self.happens(Event::InvitationSent(Box::new(new)));
        }
        self
    }

    pub(crate) fn happens_all(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.happens(event));
    }

    /// The roles that there are, and one that there is not.
    pub(crate) fn role_ids(&self) -> Vec<RoleId> {
        self.state.roles.keys().copied().chain([role("unheard-of")]).collect()
    }

    pub(crate) fn grantees(&self) -> Vec<Grantee> {
        let subjects = subjects().map(Subject::grantee);
        let teams = (0..TEAMS).map(|number| Grantee::Team(team(number)));
        subjects.chain(teams).chain(self.role_ids().into_iter().map(Grantee::Role)).collect()
    }

    fn objects(&mut self, dice: &mut Dice) {
        for name in &OBJECTS[..2] {
            if dice.percent(85) {
                let fields = dice.some(80, &FIELDS[..3]);
                self.happens(Event::ObjectDefined(Box::new(chance::object(name, &fields))));
            }
        }
    }

    fn roles(&mut self, dice: &mut Dice) {
        for (name, team) in [("random-1", false), ("random-2", false), ("random-3", false), ("team-1", true)] {
            if dice.percent(80) {
                let made = chance::role(dice, name, team);
                self.happens(Event::RoleDefined(made));
            }
        }
    }

    fn people(&mut self, dice: &mut Dice) {
        let roles = self.roles_of_level(false);
        for number in 1..PEOPLE - 1 {
            if dice.percent(90) {
                self.happens(Event::MemberAdded { person: person(number), role: dice.pick(&roles) });
            }
        }
        let beside: Vec<_> = roles.into_iter().filter(|role| !self.state.roles[role].top).collect();
        for person in (0..PEOPLE - 1).map(person) {
            for role in dice.some(15, &beside) {
                if self.state.active_member(person).is_some_and(|member| member.role != role) {
                    let expires_at = chance::end(dice);
                    self.happens(Event::MemberRoleGiven { person, role, expires_at });
                }
            }
        }
    }

    pub(crate) fn roles_of_level(&self, team: bool) -> Vec<RoleId> {
        let level = if team { RoleLevel::Team } else { RoleLevel::Organization };
        self.state.roles.values().filter(|role| role.level == level).map(|role| role.id).collect()
    }

    fn teams(&mut self, dice: &mut Dice) {
        let roles = self.roles_of_level(true);
        for number in 0..TEAMS - 1 {
            self.happens(Event::TeamCreated { team: team(number), title: format!("Team {number}") });
            for member in 0..PEOPLE - 1 {
                let member = person(member);
                if !roles.is_empty() && self.state.active_member(member).is_some() && dice.percent(40) {
                    let role = dice.pick(&roles);
                    self.happens(Event::TeamMemberSet { team: team(number), person: member, role });
                }
            }
        }
    }

    fn integration(&mut self, dice: &mut Dice, number: u8) {
        let tools: BTreeMap<&str, _> = dice
            .some(60, &TOOLS)
            .into_iter()
            .map(|name| (name, (dice.pick(&ToolClass::ALL), dice.percent(50), dice.percent(20))))
            .collect();
        let paused = dice.percent(15);
        self.happens_all(connected(number, paused, &tools));
        if dice.percent(40) {
            let found = dice.some(40, &TOOLS).into_iter().map(|name| (name.to_owned(), chance::found(dice, name)));
            self.happens(Event::ToolsFound { integration: integration(number), found: found.collect() });
        }
        if dice.percent(10) {
            let seen = dice.some(40, &TOOLS).into_iter().map(|name| (name.to_owned(), String::new()));
            self.happens(Event::ToolsAccepted { integration: integration(number), seen: seen.collect() });
        }
    }

    fn agents(&mut self, dice: &mut Dice) {
        for number in 0..AGENTS - 1 {
            let role = dice.maybe(70, |dice| dice.pick(&self.roles_of_level(false)));
            let (sponsor, expires_at) = (person(dice.below(PEOPLE - 1)), chance::end(dice));
            if self.state.active_member(sponsor).is_none() {
                continue;
            }
            let title = format!("Agent {number}");
            self.happens(Event::AgentCreated { agent: agent(number), title, sponsor, role, expires_at });
            for who in (0..PEOPLE - 1).map(person) {
                if self.state.active_member(who).is_some() && dice.percent(50) {
                    let expires_at = chance::end(dice);
                    self.happens(Event::DelegationSet { agent: agent(number), person: who, expires_at });
                }
            }
        }
    }

    fn key(&mut self, dice: &mut Dice, number: u8) {
        let kind = match dice.below(3) {
            0 => KeyKind::Personal { holder: person(dice.below(PEOPLE - 1)) },
            1 => {
                let scope = dice.pick(&[KeyScope::All, KeyScope::Granted, KeyScope::Granted]);
                KeyKind::Workspace { scope, role: dice.maybe(60, |dice| dice.pick(&self.roles_of_level(false))) }
            }
            _ => KeyKind::Agent {
                agent: agent(dice.below(AGENTS - 1)),
                acting_for: dice.maybe(60, |dice| person(dice.below(PEOPLE - 1))),
            },
        };
        let there = match kind {
            KeyKind::Personal { holder } => self.state.active_member(holder).is_some(),
            KeyKind::Workspace { .. } | KeyKind::Directory { .. } => true,
            KeyKind::Agent { agent, acting_for } => {
                let known = self.state.agents.get(&agent);
                known.is_some_and(|known| acting_for.is_none_or(|person| known.delegations.contains_key(&person)))
            }
        };
        if there {
            let (expires_at, digest) = (chance::end(dice), hexadecimal(digest(number, false)));
            self.happens(Event::KeyCreated { key: key(number), kind, digest, hint: String::new(), expires_at });
        }
    }

    fn resource(&mut self, dice: &mut Dice, number: u8) {
        let id = resource(number);
        let owner = dice.maybe(85, |dice| person(dice.below(PEOPLE - 1)));
        let owner = owner.filter(|owner| self.state.active_member(*owner).is_some());
        self.happens(Event::ResourceRegistered(Box::new(chance::new_resource(dice, id, owner))));
        for team in (0..TEAMS - 1).map(team) {
            if dice.percent(35) {
                self.happens(Event::ResourceAssigned { resource: id, team });
            }
        }
        for number in 0..PEOPLE - 1 + AGENTS - 1 {
            let with = match number.checked_sub(PEOPLE - 1) {
                Some(number) => Grantee::Agent(agent(number)),
                None => Grantee::Member(person(number)),
            };
            if self.is_there(with) && dice.percent(20) {
                let (level, expires_at) = (chance::shared(dice), chance::end(dice));
                self.happens(Event::ResourceShared { resource: id, with, level, expires_at });
            }
        }
        if dice.percent(15) {
            self.happens(Event::ResourceDeleted { resource: id });
        }
    }

    fn grant(&mut self, dice: &mut Dice) {
        let (grantee, of) = (dice.pick(&self.grantees()), integration(dice.below(INTEGRATIONS - 1)));
        if self.is_there(grantee) && self.state.integrations.contains_key(&of) {
            let (profile, tools_off) = (dice.pick(&Profile::ALL), chance::tools_off(dice));
            let expires_at = chance::end(dice);
            let lent = expires_at.filter(|_| dice.percent(50));
            self.happens(match lent {
                Some(expires_at) => Event::GrantLent { grantee, integration: of, profile, tools_off, expires_at },
                None => Event::GrantSet { grantee, integration: of, profile, tools_off, expires_at },
            });
        }
    }

    fn is_there(&self, grantee: Grantee) -> bool {
        match grantee {
            Grantee::Member(person) => self.state.active_member(person).is_some(),
            Grantee::Key(key) => {
                self.state.live_key(key).is_some_and(|key| matches!(key.kind, KeyKind::Workspace { .. }))
            }
            Grantee::Team(team) => self.state.teams.contains_key(&team),
            Grantee::Agent(agent) => self.state.agents.contains_key(&agent),
            Grantee::Role(role) => self.state.roles.contains_key(&role),
        }
    }

    /// What became of some of it.
    fn ends(&mut self, dice: &mut Dice) {
        for number in 0..KEYS - 1 {
            let (key, hint) = (key(number), String::new());
            if self.state.keys.contains_key(&key) && dice.percent(30) {
                self.happens(Event::KeyRotated { key, digest: hexadecimal(digest(number, true)), hint });
            }
            if self.state.keys.contains_key(&key) && dice.percent(12) {
                self.happens(Event::KeyRevoked { key });
            }
        }
        for agent in (0..AGENTS - 1).map(agent) {
            if dice.percent(15) {
                let edit = domain::agent::AgentEdit { suspended: Some(true), ..Default::default() };
                self.happens(Event::AgentEdited { agent, edit });
            }
            if dice.percent(5) {
                self.happens(Event::AgentDeleted { agent });
            }
        }
        // Offered to somebody by somebody, as a world of events alone may have it.
        if dice.percent(60) {
            let (from, to) = (person(dice.below(2)), person(dice.below(PEOPLE - 1)));
            let own_role = domain::role::RoleId::parse("member").unwrap();
            let expires_at = dice.pick(&MOMENTS);
            self.happens(Event::OwnershipOffered { from, to, own_role, expires_at });
        }
        for person in (1..PEOPLE - 1).map(person) {
            if self.state.active_member(person).is_some() && dice.percent(10) {
                self.happens(Event::MemberRemoved { person });
            } else if self.state.active_member(person).is_some() && dice.percent(10) {
                self.happens(Event::MemberSuspended { person });
            }
        }
        if dice.percent(10) {
            self.happens(Event::TeamDeleted { team: team(dice.below(TEAMS - 1)) });
        }
        if dice.percent(25) {
            let roles: Vec<_> = self.state.roles.values().filter(|role| !role.top).collect();
            let (role, settings) = (dice.pick(&roles), &self.state.settings);
            let moved_to = match role.level {
                RoleLevel::Organization => Some(settings.join_default_role),
                RoleLevel::Team => settings.join_default_team_role,
            };
            let role = role.id;
            if let Some(moved_to) = moved_to.filter(|heir| *heir != role && self.state.roles.contains_key(heir)) {
                self.happens(Event::RoleDeleted { role, moved_to });
            }
        }
        if dice.percent(10) {
            self.happens(Event::ObjectRemoved { object: data(OBJECTS[0]) });
        }
    }
}

/// The events that connect an integration with these tools: class, whether a person decided it, whether it is off.
pub(crate) fn connected(number: u8, paused: bool, tools: &BTreeMap<&str, (ToolClass, bool, bool)>) -> Vec<Event> {
    let id = integration(number);
    let discovered = tools.iter().map(|(name, (class, reviewed, _))| DiscoveredTool {
        name: (*name).to_owned(),
        definition: format!(r#"{{"name":"{name}"}}"#).into(),
        class: if *reviewed { ToolClass::Unclassified } else { *class },
        suggested: *class,
        evidence: Vec::new(),
    });
    let mut events = vec![Event::IntegrationConnected(Box::new(bare(number)))];
    events.push(Event::ToolsApproved { integration: id, tools: discovered.collect() });
    for (tool, (class, reviewed, off)) in tools {
        let tool = (*tool).to_owned();
        if *reviewed {
            events.push(Event::ToolClassified { integration: id, tool: tool.clone(), class: *class });
        }
        if *off {
            events.push(Event::ToolSwitched { integration: id, tool: tool.clone(), off: true });
        }
    }
    if paused {
        let edit = IntegrationEdit { paused: Some(true), ..IntegrationEdit::default() };
        events.push(Event::IntegrationEdited { integration: id, edit });
    }
    events
}

pub(crate) fn bare(number: u8) -> Integration {
    Integration {
        id: integration(number),
        slug: Slug::parse(&slug(number)).unwrap(),
        title: format!("Upstream {number}"),
        purpose: String::new(),
        url: "https://upstream.example/mcp".to_owned(),
        credential: match number % 3 {
            0 => CredentialKind::None,
            1 => CredentialKind::OAuth { whose: Whose::Person, client_id: None, scope: None },
            _ => CredentialKind::OAuth { whose: Whose::Organization, client_id: None, scope: None },
        },
        paused: false,
        tools: BTreeMap::new(),
        found: BTreeMap::new(),
    }
}

/// Integrations of a wide organization: more than fit into one word of anything.
pub(crate) const WIDE: u8 = 70;

/// Members, keys and agents with much and with little of many integrations.
pub(crate) fn wide(seed: u64) -> World {
    let dice = &mut Dice(seed);
    let mut world = World::random(seed);
    for number in INTEGRATIONS..WIDE {
        let tools = [
            ("get", (ToolClass::Read, false, false)),
            ("delete", (ToolClass::Delete, false, number.is_multiple_of(9))),
        ];
        world.happens_all(connected(number, number.is_multiple_of(7), &tools.into()));
    }
    for _ in 0..200 {
        let (grantee, of) = (dice.pick(&world.grantees()), integration(dice.below(WIDE)));
        if world.is_there(grantee) && world.state.integrations.contains_key(&of) {
            let (profile, tools_off) = (dice.pick(&Profile::ALL), chance::tools_off(dice));
            let expires_at = chance::end(dice);
            world.happens(Event::GrantSet { grantee, integration: of, profile, tools_off, expires_at });
        }
    }
    world
}
