//! Who has seen a key's secret, and whether they could have given what the key carries.
//!
//! Whoever has a secret issued may keep it. A key that comes to carry more than they could have given would hand them
//! that authority; so such keys end, or their secret is replaced first.

use std::collections::BTreeSet;

use crate::grant::Grantee;
use crate::id::{KeyId, PersonId};
use crate::key::{Key, KeyKind};
use crate::organization::Organization;
use crate::permission::PermissionSet;
use crate::refusal::Refusal;
use crate::role::Role;

/// Whether whoever is named as an issuer could have given what manages so much.
fn could_give(state: &Organization, issuer: &str, managed: PermissionSet) -> bool {
    match PersonId::parse(issuer) {
        Ok(issuer) => state
            .active_member(issuer)
            .and_then(|member| state.roles.get(&member.role))
            .is_some_and(|role| managed.first_beyond(role.set()).is_none()),
        // A key or an agent saw the secret; who else has seen theirs is not known. Whoever founded the organization had
        // the data folder in hand.
        Err(_) => Grantee::parse(issuer).is_err(),
    }
}

/// Keys of a person that were issued by somebody who could not have given what the person's role manages, and keys
/// made with such keys.
pub(crate) fn that_would_carry_too_much(state: &Organization, person: PersonId, role: &Role) -> BTreeSet<KeyId> {
    let managed = role.set().management();
    let trusted = |issuer: &str| issuer == person.as_str() || could_give(state, issuer, managed);
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
    let issuer = |key: &Key| key.issued_by.split('/').next().is_some_and(|issuer| could_give(state, issuer, managed));
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
}
