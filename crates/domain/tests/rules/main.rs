//! The rules of the domain, held over random histories: whatever is asked of an organization, in whatever order,
//! what must never happen does not happen, and the state is the fold of its events.
//!
//! Nothing here asks who may do it (that is `verdict`). Start reading at [`Walk::take`].

mod commands;
mod stories;

use std::collections::BTreeSet;

use domain::command::{self, Command};
use domain::event::{self, Event};
use domain::grant::Grantee;
use domain::integration::Slug;
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Organization, Stamp};
use domain::role::{AssignableTo, Role};
use domain::time::Timestamp;
use proptest::prelude::*;

use commands::{commands, person, pipeworks, role};

/// Random histories that one test walks, and commands of one history.
const HISTORIES: u32 = 120;
const HISTORIES_SOAK: u32 = 20_000;
const COMMANDS_MAX: usize = 60;

fn config() -> ProptestConfig {
    #[expect(clippy::disallowed_methods, reason = "the soak asks tests for more, and a test has no settings")]
    let soak = std::env::var_os("WARDROOM_SOAK").is_some();
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if soak { HISTORIES_SOAK } else { HISTORIES })
    }
}

/// An organization on its way through a history, with every event as the journal would keep it.
struct Walk {
    state: Organization,
    written: Vec<(Stamp, Vec<u8>)>,
    now: Timestamp,
}

impl Walk {
    /// Founded on the pipeworks preset by person 0, with one role more that is not for members.
    fn found() -> Walk {
        let mut walk = Walk { state: Organization::new(), written: Vec::new(), now: Timestamp(0) };
        let found =
            Command::CreateOrganization { name: "Acme".to_owned(), preset: Box::new(pipeworks()), owner: person(0) };
        let mut events = command::handle(&walk.state, found, walk.now).unwrap();
        let mut bot = pipeworks().roles.pop().unwrap();
        bot.id = role("bot");
        bot.assignable_to = AssignableTo { members: false, keys: true, agents: true };
        events.push(Event::RoleDefined(Role { title: "Bot".to_owned(), ..bot }));
        walk.write(&events);
        walk
    }

    fn write(&mut self, events: &[Event]) {
        for event in events {
            let stamp = Stamp { seq: self.state.seq + 1, at: self.now, actor: person(0).to_string() };
            self.state.apply(&stamp, event);
            self.written.push((stamp, event::encode(event).unwrap()));
        }
    }

    /// Gives one command; true where it was accepted. Refused commands say why, in words for a person.
    fn take(&mut self, command: Command) -> Result<bool, TestCaseError> {
        self.now = self.now.plus_ms(1);
        let before = self.state.clone();
        match command::handle(&self.state, command.clone(), self.now) {
            Ok(events) => {
                self.write(&events);
                self.check_that_nothing_is_said_for_nothing(&before, &command, &events)?;
                check_what_never_changes(&before, &self.state)?;
                check_that_the_state_is_sound(&self.state)?;
                Ok(true)
            }
            Err(refusal) => {
                prop_assert!(!refusal.code.is_empty() && !refusal.message.is_empty(), "{:?}", refusal);
                prop_assert!(!refusal.message.ends_with('.'), "{}", refusal.message);
                Ok(false)
            }
        }
    }

    /// Events come only from a command that changes something, and a command given again changes nothing more.
    fn check_that_nothing_is_said_for_nothing(
        &self,
        before: &Organization,
        command: &Command,
        events: &[Event],
    ) -> Result<(), TestCaseError> {
        let renews = match command {
            Command::RotateKey { .. } => true,
            Command::EditIntegration { edit, .. } => edit.credential.is_some(),
            _ => false,
        };
        let same = Organization { seq: before.seq, ..self.state.clone() } == *before;
        // Settings in one list may take each other back; what counts is where they end.
        let lists = matches!(command, Command::ChangeSettings { .. });
        prop_assert!(renews || lists || same == events.is_empty(), "{:?} led to {:?}", command, events);
        let again = command::handle(&self.state, command.clone(), self.now);
        prop_assert!(renews || lists || again.is_err() || again == Ok(Vec::new()), "{:?} again: {:?}", command, again);
        Ok(())
    }
}

fn check_that_the_state_is_sound(state: &Organization) -> Result<(), TestCaseError> {
    let owners = state.top_role_holders().count();
    prop_assert!(owners > 0, "nobody holds the top role");
    prop_assert!(state.settings.owners_max.is_none_or(|most| owners <= most as usize), "{} owners", owners);
    let default = state.roles.get(&state.settings.join_default_role);
    prop_assert!(default.is_some_and(|role| !role.top && role.assignable_to.members), "{:?}", default);
    for member in state.members.values() {
        let given = state.roles.get(&member.role);
        prop_assert!(given.is_some_and(|role| role.assignable_to.members), "{:?}", member);
        prop_assert_eq!(member.is_active(), member.removed_at.is_none());
    }
    let slugs: BTreeSet<&Slug> = state.integrations.values().map(|integration| &integration.slug).collect();
    prop_assert_eq!(slugs.len(), state.integrations.len(), "two integrations of one slug");
    for (id, withdrawn) in &state.withdrawn {
        let integration = state.integrations.get(id);
        let listed = |name| integration.is_none_or(|integration| integration.tools.contains_key(name));
        prop_assert!(!withdrawn.keys().any(listed), "a tool of {} is listed and withdrawn", id);
    }
    for (grantee, grants) in &state.grants {
        prop_assert!(!grants.is_empty());
        prop_assert!(grants.keys().all(|id| state.integrations.contains_key(id)), "a grant of a missing integration");
        match grantee {
            Grantee::Member(person) => prop_assert!(state.active_member(*person).is_some(), "{} is gone", person),
            Grantee::Key(key) => {
                let kind = state.live_key(*key).map(|key| &key.kind);
                prop_assert_eq!(kind, Some(&KeyKind::Workspace { scope: KeyScope::Granted }), "{}", key);
            }
        }
    }
    for key in state.keys.values().filter(|key| key.revoked_at.is_none()) {
        let holder_is_here = key.holder().is_none_or(|holder| state.active_member(holder).is_some());
        prop_assert!(holder_is_here, "{} outlived the membership of its holder", key.id);
    }
    Ok(())
}

/// Ended keys stay ended, narrowed keys stay narrow, and a key never becomes another's.
fn check_what_never_changes(before: &Organization, after: &Organization) -> Result<(), TestCaseError> {
    for old in before.keys.values() {
        let new = after.keys.get(&old.id);
        let Some(new) = new else { return Err(TestCaseError::fail(format!("{} was forgotten", old.id))) };
        prop_assert_eq!(old.holder(), new.holder());
        prop_assert_eq!((&old.created_by, old.created_at), (&new.created_by, new.created_at));
        prop_assert!(old.revoked_at.is_none() || new.revoked_at == old.revoked_at, "{} lives again", old.id);
        let narrow = KeyKind::Workspace { scope: KeyScope::Granted };
        prop_assert!(old.kind != narrow || new.kind == narrow, "{} became wide again", old.id);
    }
    let forgotten = before.members.keys().find(|person| !after.members.contains_key(*person));
    prop_assert!(forgotten.is_none(), "{:?} was forgotten", forgotten);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// Every invariant of the state, after every command.
    #[test]
    fn some_active_person_always_holds_the_top_role(
        history in proptest::collection::vec(commands(), 1..COMMANDS_MAX)
    ) {
        let mut walk = Walk::found();
        for command in history {
            walk.take(command)?;
        }
    }

    #[test]
    fn the_state_is_the_fold_of_its_events_and_survives_being_saved(
        history in proptest::collection::vec(commands(), 1..COMMANDS_MAX)
    ) {
        let mut walk = Walk::found();
        for command in history {
            walk.take(command)?;
        }
        let mut folded = Organization::new();
        for (stamp, body) in &walk.written {
            folded.apply(stamp, &event::decode(body).unwrap());
        }
        prop_assert_eq!(&folded, &walk.state);
        let saved = serde_json::to_vec(&walk.state).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Organization>(&saved).unwrap(), walk.state);
    }
}

#[test]
fn random_histories_reach_every_kind_of_event() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..300 {
        let mut walk = Walk::found();
        let history = proptest::collection::vec(commands(), COMMANDS_MAX).new_tree(&mut runner).unwrap().current();
        for command in history {
            walk.take(command).unwrap();
        }
        seen.extend(walk.written.iter().map(|(_, body)| event::decode(body).unwrap().name()));
    }
    assert_eq!(seen.len(), 18, "{seen:?}");
}
