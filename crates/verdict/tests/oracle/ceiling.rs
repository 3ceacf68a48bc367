//! Random histories in which everybody does whatever the engine lets them, and nobody may end up with more than was
//! theirs to give, nor hit someone above them.

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::PersonId;
use domain::integration::{IntegrationEdit, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject};

use crate::cases;
use crate::naive::{Naive, manages};
use crate::world::{
    INTEGRATIONS, KEYS, PEOPLE, ROLES, TOOLS, World, grantee, integration, key, org, person, role, worlds,
};

const NOW: Timestamp = Timestamp(0);

/// What somebody tries.
#[derive(Clone, Debug)]
enum Attempt {
    AddMember(PersonId, RoleId),
    ChangeRole(PersonId, RoleId),
    RemoveMember(PersonId),
    SetGrant(Grantee, u8, Profile),
    RemoveGrant(Grantee, u8),
    CreatePersonalKey(PersonId),
    CreateWorkspaceKey(KeyScope),
    RevokeKey(u8),
    RotateKey(u8),
    Pause(u8),
    Review(u8, &'static str),
}

fn attempts() -> impl Strategy<Value = Attempt> {
    let people = || (0..PEOPLE).prop_map(person);
    let roles = || select(&ROLES[..5]).prop_map(role);
    let grantees = || (0..PEOPLE + KEYS).prop_map(grantee);
    prop_oneof![
        4 => (people(), roles()).prop_map(|(who, role)| Attempt::AddMember(who, role)),
        6 => (people(), roles()).prop_map(|(who, role)| Attempt::ChangeRole(who, role)),
        3 => people().prop_map(Attempt::RemoveMember),
        3 => (grantees(), 0..INTEGRATIONS, select(&Profile::ALL[..]))
            .prop_map(|(to, of, profile)| Attempt::SetGrant(to, of, profile)),
        2 => (grantees(), 0..INTEGRATIONS).prop_map(|(to, of)| Attempt::RemoveGrant(to, of)),
        2 => people().prop_map(Attempt::CreatePersonalKey),
        1 => select(vec![KeyScope::All, KeyScope::Granted]).prop_map(Attempt::CreateWorkspaceKey),
        2 => (0..KEYS).prop_map(Attempt::RevokeKey),
        2 => (0..KEYS).prop_map(Attempt::RotateKey),
        1 => (0..INTEGRATIONS).prop_map(Attempt::Pause),
        1 => (0..INTEGRATIONS, select(&TOOLS[..])).prop_map(|(of, tool)| Attempt::Review(of, tool)),
    ]
}

impl Attempt {
    /// The question to the engine.
    fn operation(&self) -> Operation<'_> {
        match self {
            Attempt::AddMember(_, role) => Operation::AddMember { role },
            Attempt::ChangeRole(member, role) => Operation::ChangeRole { member: *member, role },
            Attempt::RemoveMember(member) => Operation::RemoveMember { member: *member },
            Attempt::SetGrant(grantee, of, _) | Attempt::RemoveGrant(grantee, of) => {
                Operation::Assign { grantee: *grantee, integration: integration(*of) }
            }
            Attempt::CreatePersonalKey(holder) => Operation::CreatePersonalKey { holder: *holder },
            Attempt::CreateWorkspaceKey(_) => Operation::CreateWorkspaceKey,
            Attempt::RevokeKey(number) => Operation::RevokeKey { key: key(*number) },
            Attempt::RotateKey(number) => Operation::RotateKey { key: key(*number) },
            Attempt::Pause(of) => Operation::EditIntegration { integration: integration(*of) },
            Attempt::Review(of, _) => Operation::ReviewTool { integration: integration(*of) },
        }
    }

    /// The command that the engine's yes lets through. `fresh` names a key that never was.
    fn command(&self, fresh: u8) -> Command {
        let (digest, hint) = (format!("{fresh:02x}").repeat(32), String::new());
        let create = |kind| {
            let (digest, hint) = (digest.clone(), hint.clone());
            Command::CreateKey { key: key(fresh), kind, digest, hint, expires_at: None }
        };
        match self.clone() {
            Attempt::AddMember(person, role) => Command::AddMember { person, role },
            Attempt::ChangeRole(person, role) => Command::ChangeMemberRole { person, role },
            Attempt::RemoveMember(person) => Command::RemoveMember { person },
            Attempt::SetGrant(grantee, of, profile) => {
                let (integration, tools_off) = (integration(of), [].into());
                Command::SetGrant { grantee, integration, profile, tools_off, expires_at: None }
            }
            Attempt::RemoveGrant(grantee, of) => Command::RemoveGrant { grantee, integration: integration(of) },
            Attempt::CreatePersonalKey(holder) => create(KeyKind::Personal { holder }),
            Attempt::CreateWorkspaceKey(scope) => create(KeyKind::Workspace { scope }),
            Attempt::RevokeKey(number) => Command::RevokeKey { key: key(number) },
            Attempt::RotateKey(number) => Command::RotateKey { key: key(number), digest, hint },
            Attempt::Pause(of) => {
                let edit = IntegrationEdit { paused: Some(true), ..IntegrationEdit::default() };
                Command::EditIntegration { integration: integration(of), edit }
            }
            Attempt::Review(of, tool) => {
                let (integration, tool) = (integration(of), tool.to_owned());
                Command::ReviewTool { integration, tool, class: Some(ToolClass::Read), off: Some(true) }
            }
        }
    }
}

/// Authorizes, handles and folds one attempt, as the application does; the events where it was let through.
fn attempt(world: &mut World, snapshot: &Snapshot, me: PersonId, attempt: &Attempt, fresh: u8) -> Vec<Event> {
    let actor = Actor::about(Subject::Member(me));
    let question = Question { actor: &actor, action: Action::Operate(attempt.operation()), now: NOW };
    if !snapshot.evaluate(&question).is_allowed() {
        return Vec::new();
    }
    let events = command::handle(&world.state, attempt.command(fresh), NOW).unwrap_or_default();
    events.iter().for_each(|event| world.happens_by(me, event.clone()));
    events
}

/// Everything that a person has, as text: changed where anything of theirs is.
fn belongings(state: &Organization, person: PersonId) -> String {
    let keys: Vec<_> = state.keys.values().filter(|key| key.holder() == Some(person)).collect();
    format!("{:?} {:?} {keys:?}", state.members.get(&person), state.grants.get(&Grantee::Member(person)))
}

/// What one step of one person may have led to.
fn check_step(before: &Organization, after: &Organization, me: PersonId) -> Result<(), TestCaseError> {
    let (then, now) = (Naive { state: before, now: NOW }, Naive { state: after, now: NOW });
    let mine = then.permissions(me);
    for other in (0..PEOPLE).map(person) {
        let (had, has) = (then.permissions(other), now.permissions(other));
        let gained: Vec<Permission> = manages(&has).filter(|permission| !had.contains(permission)).collect();
        let beyond = gained.iter().find(|permission| !mine.contains(permission));
        prop_assert_eq!(beyond, None, "{} gave {} what was not theirs", me, other);
        prop_assert!(gained.is_empty() || mine.contains(&Permission::RolePromote), "{} promoted {}", me, other);
        if other != me && belongings(before, other) != belongings(after, other) {
            let above = manages(&had).find(|permission| !mine.contains(permission));
            prop_assert_eq!(above, None, "{} acted on {} above them", me, other);
        }
    }
    for (id, key) in after.keys.iter().filter(|(_, key)| key.holder().is_none()) {
        let given = |state: &Organization| state.grants.get(&Grantee::Key(*id)).cloned();
        let touched = before.keys.get(id) != Some(key) || given(before) != given(after);
        prop_assert!(!touched || mine.contains(&Permission::KeyManageWorkspace), "{} touched {}", me, id);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn whatever_people_may_do_nobody_gets_what_the_chain_of_givers_did_not_hold(
        mut world in worlds(), history in vec((0..PEOPLE, attempts()), 1..60)
    ) {
        let mut snapshot = Snapshot::compile(org(1), &world.state, None);
        for (fresh, (me, tried)) in (KEYS..).zip(history) {
            let before = world.state.clone();
            let events = attempt(&mut world, &snapshot, person(me), &tried, fresh);
            check_step(&before, &world.state, person(me))?;
            let full = Snapshot::compile(org(1), &world.state, None);
            if !events.iter().any(Event::changes_tools) {
                let shared = Snapshot::compile(org(1), &world.state, Some(&snapshot));
                prop_assert_eq!(format!("{shared:?}"), format!("{full:?}"), "after {:?}", tried);
            }
            snapshot = full;
        }
    }

    /// The preset as it comes: whatever admins and members do, the owners stay and nobody becomes one.
    #[test]
    fn without_the_owners_nobody_rises_and_no_owner_falls(
        history in vec((1..PEOPLE, attempts()), 1..80)
    ) {
        let mut world = World::founded();
        for (number, held) in [(1, "admin"), (2, "admin"), (3, "member"), (4, "member")] {
            world.happens(Event::MemberAdded { person: person(number), role: role(held) });
        }
        for (fresh, (me, tried)) in (KEYS..).zip(history) {
            let snapshot = Snapshot::compile(org(1), &world.state, None);
            attempt(&mut world, &snapshot, person(me), &tried, fresh);
            let held = |wanted: &str| world.state.members.values().filter(|member| {
                member.is_active() && member.role.as_str() == wanted
            }).map(|member| member.person).collect::<Vec<_>>();
            prop_assert_eq!(held("owner"), vec![person(0)]);
            prop_assert!(held("admin").iter().all(|admin| [person(1), person(2)].contains(admin)), "{:?}", tried);
        }
    }
}

#[test]
fn random_histories_let_a_fair_part_of_the_attempts_through() {
    use proptest::strategy::ValueTree;
    let runner = &mut proptest::test_runner::TestRunner::deterministic();
    let (mut tried, mut done) = (0, 0);
    for _ in 0..40 {
        let mut world = worlds().new_tree(runner).unwrap().current();
        let history = vec((0..PEOPLE, attempts()), 60).new_tree(runner).unwrap().current();
        for (fresh, (me, what)) in (KEYS..).zip(history) {
            let snapshot = Snapshot::compile(org(1), &world.state, None);
            tried += 1;
            done += usize::from(!attempt(&mut world, &snapshot, person(me), &what, fresh).is_empty());
        }
    }
    assert!(done * 20 > tried, "only {done} of {tried} attempts changed anything: the walk proves little");
}
