//! Who has seen a key's secret, and whether they could have given what the key carries.
//!
//! Whoever has a secret issued may keep it. A key that comes to carry more than they could have given would hand them
//! that authority; so such keys end, or their secret is replaced first.

use std::collections::BTreeSet;

use crate::grant::Grantee;
use crate::id::{KeyId, PersonId, TeamId};
use crate::key::{Key, KeyKind};
use crate::organization::Organization;
use crate::permission::{PermissionSet, Scope};
use crate::refusal::Refusal;
use crate::role::Role;

/// What somebody holds in the organization, or everything that they have the use of in one team. Whoever is suspended
/// holds nothing for as long, but keeps the secrets that they have seen.
fn authority(state: &Organization, person: PersonId, team: Option<TeamId>) -> Option<PermissionSet> {
    let held = state.active_member(person).and_then(|member| state.roles.get(&member.role))?.set();
    let Some(team) = team else { return Some(held) };
    let place = state.teams.get(&team).and_then(|team| team.members.get(&person));
    let there = place.and_then(|place| state.roles.get(&place.role)).map(Role::set).unwrap_or_default();
    let reaches = |scope| scope == Scope::All || scope == Scope::Team && place.is_some();
    let reaching = held.iter().filter(|(_, scope)| reaches(*scope)).map(|(permission, _)| permission);
    Some(reaching.chain(there.iter().map(|(permission, _)| permission)).collect())
}

/// Whether whoever is named as an issuer could have given what manages so much, in the organization or in one team.
fn could_give(state: &Organization, issuer: &str, team: Option<TeamId>, managed: PermissionSet) -> bool {
    match PersonId::parse(issuer) {
        Ok(issuer) => authority(state, issuer, team).is_some_and(|authority| managed.first_beyond(authority).is_none()),
        // A key or an agent saw the secret; who else has seen theirs is not known. Whoever founded the organization had
        // the data folder in hand.
        Err(_) => Grantee::parse(issuer).is_err(),
    }
}

/// Keys of a person that were issued by somebody who could not have given what the person's role manages, in the
/// organization or in a team, and keys made with such keys.
pub(crate) fn that_would_carry_too_much(
    state: &Organization,
    (person, team): (PersonId, Option<TeamId>),
    role: &Role,
) -> BTreeSet<KeyId> {
    let managed = role.set().management();
    let trusted = |issuer: &str| issuer == person.as_str() || could_give(state, issuer, team, managed);
    let live = || state.keys.values().filter(|key| key.revoked_at.is_none() && key.holder() == Some(person));
    let subject = |key: &Key| key.created_by.split('/').next().is_some_and(trusted);
    let mut ended: BTreeSet<KeyId> = live().filter(|key| !subject(key)).map(|key| key.id).collect();
    loop {
        let with = |key: &&Key| key.created_by.split('/').nth(1).and_then(|with| KeyId::parse(with).ok());
        let more: Vec<KeyId> = live()
            .filter(|key| !ended.contains(&key.id) && with(key).is_some_and(|with| ended.contains(&with)))
            .map(|key| key.id)
            .collect();
        if more.is_empty() {
            return ended;
        }
        ended.extend(more);
    }
}

/// Refuses to let a role reach keys whose secret was issued by somebody who could not have given what it manages. Such
/// keys serve programs: they are not ended behind somebody's back, but get a new secret first.
pub(crate) fn secrets_are_known_high_enough<'k>(
    state: &Organization,
    keys: impl Iterator<Item = &'k Key>,
    role: &Role,
) -> Result<(), Refusal> {
    let managed = role.set().management();
    let issuer =
        |key: &Key| key.issued_by.split('/').next().is_some_and(|issuer| could_give(state, issuer, None, managed));
    let shared = |key: &&Key| key.revoked_at.is_none() && !matches!(key.kind, KeyKind::Personal { .. });
    match keys.filter(shared).find(|key| !managed.is_empty() && !issuer(key)) {
        None => Ok(()),
        Some(key) => Err(Refusal::rule(
            "secret-known-below",
            format!(
                "the secret of {} was issued by somebody who may not manage as much; rotate that key first",
                key.id
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{self, Command};
    use crate::event::Event;
    use crate::organization::Stamp;
    use crate::permission::Holding;
    use crate::preset::Preset;
    use crate::role::{AssignableTo, NewRole, RoleEdit, RoleId, RoleLevel};
    use crate::time::Timestamp;

    fn person(number: u8) -> PersonId {
        PersonId::from_random([number; 20])
    }

    fn role(name: &str) -> RoleId {
        RoleId::parse(name).unwrap()
    }

    fn holding(words: &[&str]) -> RoleEdit {
        let assignable_to = Some(AssignableTo { members: true, keys: true, agents: true });
        RoleEdit { permissions: Some(Holding::parse(words).unwrap()), assignable_to, ..RoleEdit::default() }
    }

    struct World(Organization);

    impl World {
        /// Owner 0; person 1 keeps the workspace keys and no more.
        fn new() -> World {
            let preset: Preset = toml::from_str(include_str!("../../../../presets/crm.toml")).unwrap();
            let mut world = World(Organization::new());
            let found =
                Command::CreateOrganization { name: "Acme".to_owned(), preset: Box::new(preset), owner: person(0) };
            world.give(0, found).unwrap();
            for (name, words) in
                [("keeper", &["key.manage_workspace"][..]), ("bot", &[]), ("mighty", &["member.view", "member.remove"])]
            {
                let new = NewRole {
                    id: role(name),
                    title: name.to_owned(),
                    level: RoleLevel::Organization,
                    edit: holding(words),
                };
                world.give(0, Command::CreateRole(Box::new(new))).unwrap();
            }
            world.give(0, Command::AddMember { person: person(1), role: role("keeper") }).unwrap();
            world
        }

        fn give(&mut self, by: u8, command: Command) -> Result<Vec<Event>, &'static str> {
            let events = command::handle(&self.0, command, Timestamp(1)).map_err(|refusal| refusal.code)?;
            for event in &events {
                let stamp = Stamp { seq: self.0.seq + 1, at: Timestamp(1), actor: person(by).to_string() };
                self.0.apply(&stamp, event);
            }
            Ok(events)
        }

        fn key(&mut self, by: u8, kind: KeyKind) -> KeyId {
            let key = KeyId::from_random([self.0.seq as u8; 20]);
            let (digest, hint) = ("0".repeat(64), "0000".to_owned());
            self.give(by, Command::CreateKey { key, kind, digest, hint, expires_at: None }).unwrap();
            key
        }
    }

    fn workspace(role: RoleId) -> KeyKind {
        KeyKind::Workspace { scope: crate::key::KeyScope::Granted, role: Some(role) }
    }

    #[test]
    fn a_key_gets_no_role_that_manages_more_than_who_has_seen_its_secret() {
        let mut world = World::new();
        let key = world.key(1, workspace(role("bot")));
        let raise = Command::SetKeyRole { key, role: Some(role("mighty")) };
        assert_eq!(world.give(0, raise.clone()), Err("secret-known-below"));
        let rotate = Command::RotateKey { key, digest: "1".repeat(64), hint: "1111".to_owned() };
        world.give(0, rotate).unwrap();
        assert_eq!(world.give(0, raise).map(|events| events.len()), Ok(1));
    }

    #[test]
    fn a_role_comes_to_manage_more_only_when_its_keys_were_issued_by_those_who_may() {
        let mut world = World::new();
        let key = world.key(1, workspace(role("bot")));
        let more =
            |id: &str| Command::EditRole { role: role(id), edit: Box::new(holding(&["member.view", "member.remove"])) };
        assert_eq!(world.give(0, more("bot")), Err("secret-known-below"));
        world.give(0, Command::RevokeKey { key }).unwrap();
        world.give(0, more("bot")).unwrap();
        // Personal keys that somebody lower issued end with it, as when their holder rises.
        world.give(0, Command::AddMember { person: person(2), role: role("keeper") }).unwrap();
        let personal = world.key(1, KeyKind::Personal { holder: person(2) });
        let own = world.key(2, KeyKind::Personal { holder: person(2) });
        let edit = Command::EditRole {
            role: role("keeper"),
            edit: Box::new(holding(&["key.manage_workspace", "member.view", "member.remove"])),
        };
        let events = world.give(0, edit).unwrap();
        assert!(events.contains(&Event::KeyRevoked { key: personal }), "{events:?}");
        assert!(!events.contains(&Event::KeyRevoked { key: own }), "{events:?}");
    }

    #[test]
    fn keys_that_somebody_lower_has_seen_reach_no_mightier_role_by_the_end_of_another() {
        let mut world = World::new();
        let shared = world.key(1, KeyKind::Workspace { scope: crate::key::KeyScope::Granted, role: None });
        world.give(0, Command::AddMember { person: person(2), role: role("bot") }).unwrap();
        let issued = world.key(1, KeyKind::Personal { holder: person(2) });
        // The default goes to the heir, and with it what keys without a role have.
        let delete = |id: &str| Command::DeleteRole { role: role(id), default: Some(role("mighty")) };
        assert_eq!(world.give(0, delete("bot")), Err("secret-known-below"));
        world.give(0, Command::RevokeKey { key: shared }).unwrap();
        let events = world.give(0, delete("bot")).unwrap();
        assert!(events.contains(&Event::KeyRevoked { key: issued }), "{events:?}");
    }

    #[test]
    fn a_key_that_loses_its_role_comes_to_no_mightier_default() {
        let mut world = World::new();
        let change = crate::organization::SettingChange::JoinDefaultRole(role("mighty"));
        world.give(0, Command::ChangeSettings { name: None, changes: vec![change] }).unwrap();
        let key = world.key(1, workspace(role("bot")));
        assert_eq!(world.give(0, Command::SetKeyRole { key, role: None }), Err("secret-known-below"));
    }

    #[test]
    fn keys_that_somebody_lower_has_seen_end_when_their_holder_comes_to_lead_a_team() {
        let mut world = World::new();
        for (name, words) in [("mate", &["team.view:team"][..]), ("lead", &["team.view:team", "team.members:team"])] {
            let new = NewRole { id: role(name), title: name.to_owned(), level: RoleLevel::Team, edit: holding(words) };
            world.give(0, Command::CreateRole(Box::new(new))).unwrap();
        }
        let team = TeamId::from_random([7; 20]);
        world.give(0, Command::CreateTeam { team, title: "Team".to_owned() }).unwrap();
        for number in [2, 3] {
            world.give(0, Command::AddMember { person: person(number), role: role("member") }).unwrap();
        }
        let by = |world: &mut World, issuer, holder| world.key(issuer, KeyKind::Personal { holder: person(holder) });
        let (low, high, other) = (by(&mut world, 1, 2), by(&mut world, 0, 2), by(&mut world, 1, 3));
        let place =
            |number, name: &str| Command::SetTeamMember { team, person: person(number), role: Some(role(name)) };
        assert_eq!(world.give(0, place(2, "mate")).map(|events| events.len()), Ok(1));
        assert_eq!(world.give(0, place(3, "mate")).map(|events| events.len()), Ok(1));
        let events = world.give(0, place(2, "lead")).unwrap();
        assert!(events.contains(&Event::KeyRevoked { key: low }), "{events:?}");
        assert!(!events.contains(&Event::KeyRevoked { key: high }), "{events:?}");
        // So it is when the role that they have comes to lead.
        let edit = Box::new(holding(&["team.view:team", "team.members:team"]));
        let events = world.give(0, Command::EditRole { role: role("mate"), edit }).unwrap();
        assert!(events.contains(&Event::KeyRevoked { key: other }), "{events:?}");
    }
}
