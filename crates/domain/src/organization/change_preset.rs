//! Going by another preset: its settings, and its roles in the place of those that came with the present one.
//!
//! The order of the events is what keeps the organization sound after each of them: roles are there before anybody gets
//! them, and are changed or ended only when nobody has them; somebody holds the top role at every moment.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Event;
use crate::id::{KeyId, PersonId};
use crate::key::{self, KeyKind};
use crate::organization::{KeysWithoutRole, Organization, Settings, Stamp};
use crate::preset::Preset;
use crate::refusal::Refusal;
use crate::role::{Role, RoleId, RoleLevel};
use crate::time::Timestamp;

/// What is asked for.
struct Change<'c> {
    state: &'c Organization,
    preset: &'c Preset,
    /// The roles that the preset's take the place of; all others are the organization's own, and stay.
    replaced: BTreeSet<RoleId>,
    /// Which roles the members of some of these get.
    moved: &'c BTreeMap<RoleId, RoleId>,
}

/// The organization goes by another preset.
pub(crate) fn change_preset(
    state: &Organization,
    preset: &Preset,
    (seeded, moved): (&BTreeSet<RoleId>, &BTreeMap<RoleId, RoleId>),
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    preset.check()?;
    let came_along = |role: &&Role| role.top || role.locked || seeded.contains(&role.id);
    let replaced = state.roles.values().filter(came_along).map(|role| role.id).collect();
    let change = Change { state, preset, replaced, moved };
    change.leaves_own_roles_alone()?;
    change.moves_are_possible()?;
    change.tops_fit()?;
    let mut events = change.events()?;
    let mut then = state.clone();
    for event in &events {
        let stamp = Stamp { seq: then.seq + 1, at: now, actor: String::new() };
        then.apply(&stamp, event);
    }
    keys_without_role_fit(state, &then)?;
    events.extend(keys_that_would_carry_too_much(state, &then, now).into_iter().map(|key| Event::KeyRevoked { key }));
    Ok(events)
}

impl Change<'_> {
    fn of_preset(&self, id: RoleId) -> Option<&Role> {
        self.preset.roles.iter().find(|role| role.id == id)
    }

    fn leaves_own_roles_alone(&self) -> Result<(), Refusal> {
        let taken = |message: String| Err(Refusal::field("taken", "preset", message));
        for role in &self.preset.roles {
            let same_title = |other: &&Role| other.title.to_lowercase() == role.title.to_lowercase();
            let mut own = self.state.roles.values().filter(|own| !self.replaced.contains(&own.id));
            if self.state.roles.contains_key(&role.id) && !self.replaced.contains(&role.id) {
                return taken(format!(
                    "{} brings a role {id}, and there is one of your own; clone yours under another name, give that to \
                     its members, and delete {id} first",
                    self.preset.name,
                    id = role.id
                ));
            }
            if let Some(own) = own.find(same_title) {
                return taken(format!(
                    "{} brings a role called {}, as your role {} is; rename yours first",
                    self.preset.name, role.title, own.id
                ));
            }
            if self.state.roles.get(&role.id).is_some_and(|present| present.level != role.level) {
                return taken(format!("the role {} holds elsewhere in {}; delete it first", role.id, self.preset.name));
            }
        }
        Ok(())
    }

    /// Whoever is moved by the caller gets a role that is there afterwards, for members, on the same level, and never
    /// the top role: that goes to who has it now.
    fn moves_are_possible(&self) -> Result<(), Refusal> {
        for (from, to) in self.moved {
            let wrong = |message: String| Err(Refusal::field("role-not-moved", "roles", message));
            let Some(present) = self.state.roles.get(from).filter(|_| self.replaced.contains(from)) else {
                return wrong(format!("{from} is no role of the present preset; only members of those are moved"));
            };
            if present.top {
                return wrong(format!("holders of {from} get the top role of {}; leave them out", self.preset.name));
            }
            let own = self.state.roles.get(to).filter(|_| !self.replaced.contains(to));
            match self.of_preset(*to).or(own) {
                Some(target) if target.top => {
                    return wrong(format!("{to} is the top role, which {from} does not lead to; choose another"));
                }
                Some(target) if target.level == present.level && target.assignable_to.members => {}
                Some(_) => return wrong(format!("members with the role {from} cannot have {to}; choose another")),
                None => return wrong(format!("there will be no role {to}; choose one of {}", self.names())),
            }
        }
        Ok(())
    }

    fn names(&self) -> String {
        self.preset.roles.iter().map(|role| role.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn tops_fit(&self) -> Result<(), Refusal> {
        let holders = self.state.top_role_holders().count();
        match self.preset.settings.owners_max {
            Some(most) if holders > most as usize => Err(Refusal::field(
                "too-many-owners",
                "preset",
                format!(
                    "{holders} people hold the top role, and {} allows {most}; give the others another role first",
                    self.preset.name
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The role that members with a replaced one have afterwards.
    fn heir(&self, role: &Role) -> Option<RoleId> {
        if role.top {
            return Some(self.preset.top_role());
        }
        let same = self.of_preset(role.id).filter(|same| !same.top && same.assignable_to.members);
        let default = match role.level {
            RoleLevel::Organization => Some(self.preset.settings.join_default_role),
            RoleLevel::Team => self.preset.settings.join_default_team_role,
        };
        self.moved.get(&role.id).copied().or(same.map(|same| same.id)).or(default)
    }

    /// The replaced role that somebody has, and its heir.
    fn led_on(&self, role: RoleId) -> Option<(&Role, Option<RoleId>)> {
        let present = self.state.roles.get(&role).filter(|_| self.replaced.contains(&role))?;
        Some((present, self.heir(present)))
    }

    fn events(&self) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        if self.state.preset != self.preset.name {
            events.push(Event::PresetChanged { preset: self.preset.name.clone() });
        }
        let new = self.preset.roles.iter().filter(|role| !self.state.roles.contains_key(&role.id));
        events.extend(new.cloned().map(Event::RoleDefined));
        events.extend(self.withdrawn().map(|role| Event::RoleWithdrawn { role }));
        events.extend(self.members_move(false));
        events.extend(self.places_move()?);
        let (top, others): (Vec<_>, Vec<_>) =
            self.preset.roles.iter().filter(|role| self.differs(role)).partition(|role| role.top);
        events.extend(top.into_iter().cloned().map(Event::RoleDefined));
        events.extend(self.members_move(true));
        events.extend(others.into_iter().cloned().map(Event::RoleDefined));
        events.extend(self.state.settings.changes_to(&self.settings()).into_iter().map(Event::SettingChanged));
        let moved_to = self.preset.settings.join_default_role;
        let ended = self.replaced.iter().filter(|role| self.of_preset(**role).is_none());
        events.extend(ended.map(|role| Event::RoleDeleted { role: *role, moved_to }));
        Ok(events)
    }

    /// Whether a role of the preset is there, and is another one.
    fn differs(&self, role: &Role) -> bool {
        self.state.roles.get(&role.id).is_some_and(|present| present != role)
    }

    /// Of the team that newcomers join no preset knows.
    fn settings(&self) -> Settings {
        Settings { join_default_team: self.state.settings.join_default_team, ..self.preset.settings.clone() }
    }

    /// Roles that mean something else from then on, and that keys or agents have: also those of the organization's own,
    /// where what roles state comes to count or ceases to.
    fn withdrawn(&self) -> impl Iterator<Item = RoleId> {
        let implicit = self.state.settings.managers_implicit_access != self.preset.settings.managers_implicit_access;
        let own = self.state.roles.values().filter(move |role| implicit && !self.replaced.contains(&role.id));
        let changed = self.preset.roles.iter().filter(move |role| implicit || self.differs(role)).chain(own);
        let with_keys = self.state.keys.values().filter(|key| key.revoked_at.is_none()).filter_map(key::Key::role);
        let with_agents = self.state.agents.values().filter_map(|agent| agent.role);
        let held: BTreeSet<RoleId> = with_keys.chain(with_agents).collect();
        changed.map(|role| role.id).filter(move |role| held.contains(role))
    }

    /// Members who get another role: holders of the top role, or all others. Nobody has the preset's top role beside
    /// their own.
    fn members_move(&self, top: bool) -> Vec<Event> {
        let mut events = Vec::new();
        for member in self.state.members.values().filter(|member| member.is_here()) {
            let person = member.person;
            if let Some((present, Some(to))) = self.led_on(member.role)
                && present.top == top
                && to != member.role
            {
                events.push(Event::MemberRoleChanged { person, from: member.role, to });
            }
            let role = self.preset.top_role();
            if !top && member.extra_roles.contains_key(&role) {
                events.push(Event::MemberRoleTaken { person, role });
            }
        }
        events
    }

    fn places_move(&self) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        for team in self.state.teams.values() {
            for (person, place) in &team.members {
                let Some((present, heir)) = self.led_on(place.role) else { continue };
                let Some(role) = heir else {
                    let message = format!(
                        "{} has no role for teams, and people have the role {}; say which role of yours they get, or end \
                         the teams first",
                        self.preset.name, present.id
                    );
                    return Err(Refusal::field("no-role-for-teams", "roles", message));
                };
                if role != present.id {
                    let (team, person) = (team.id, *person);
                    events.push(match place.connection {
                        None => Event::TeamMemberSet { team, person, role },
                        Some(connection) => Event::TeamMemberPlaced { team, person, role, connection },
                    });
                }
            }
        }
        Ok(events)
    }
}

/// Workspace keys without a role may come to have one.
fn keys_without_role_fit(before: &Organization, then: &Organization) -> Result<(), Refusal> {
    let settings = &then.settings;
    if settings.keys_without_role != KeysWithoutRole::DefaultRole || *settings == before.settings {
        return Ok(());
    }
    let without = then.keys.values().filter(|key| matches!(key.kind, KeyKind::Workspace { role: None, .. }));
    let role = then.roles.get(&settings.join_default_role);
    role.map_or(Ok(()), |role| key::secrets_are_known_high_enough(then, without, role))
}

/// Personal keys that end because their holders come to manage more than whoever issued them may give.
fn keys_that_would_carry_too_much(before: &Organization, then: &Organization, now: Timestamp) -> BTreeSet<KeyId> {
    let held = |state: &Organization, person: PersonId| {
        let roles = state.roles_of(person, now).filter_map(|role| state.roles.get(&role)).map(Role::set);
        roles.fold(Default::default(), crate::permission::PermissionSet::union)
    };
    let mut ended = BTreeSet::new();
    for person in then.members.keys().copied() {
        let had = held(before, person);
        let rises = |role: &&Role| role.set().management().first_beyond(had).is_some();
        let roles = then.roles_of(person, now).filter_map(|role| then.roles.get(&role)).filter(rises);
        ended.extend(roles.flat_map(|role| key::that_would_carry_too_much(then, (person, None), role)));
    }
    for team in then.teams.values() {
        let had = |person| {
            let place = before.teams.get(&team.id).and_then(|team| team.members.get(person));
            place.and_then(|place| before.roles.get(&place.role)).map(Role::set).unwrap_or_default()
        };
        for (person, place) in &team.members {
            let role = then.roles.get(&place.role);
            let role = role.filter(|role| role.set().management().first_beyond(had(person)).is_some());
            ended.extend(
                role.map(|role| key::that_would_carry_too_much(then, (*person, Some(team.id)), role))
                    .into_iter()
                    .flatten(),
            );
        }
    }
    ended
}
