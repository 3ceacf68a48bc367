//! Of whose sessions a passkey is asked, and who may ask for it.

use domain::event::Event;
use domain::id::SessionId;
use domain::organization::{SecondFactor, SettingChange};
use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::{
    Action, Actor, Credential, NotAdmitted, Operation, Question, Reason, SessionProof, Snapshot, Subject, Verdict,
};

use crate::company::{Company, NOW, compiled, happens, key_of, person, presets};

pub(crate) fn session(number: usize, by_passkey: bool) -> Credential {
    let session = SessionId::from_random([number as u8; 20]);
    let (begun_at, ends_at) = (Timestamp(-10), Timestamp(i64::MAX));
    let person = person(number);
    Credential::Session(SessionProof { session, person, begun_at, proven_at: begun_at, ends_at, by_passkey })
}

fn asking(preset: usize, asked: SecondFactor) -> Company {
    let mut company = Company::of(&presets()[preset]);
    happens(&mut company.state, &Event::SettingChanged(SettingChange::SignInSecondFactor(asked)));
    company.snapshot = compiled(&company.state);
    company
}

fn answer(snapshot: &Snapshot, (number, by_passkey): (usize, bool), operation: Operation<'_>) -> Result<(), Reason> {
    let subject = Subject::Member(person(number));
    let actor = Actor { credential: Some(session(number, by_passkey)), ..Actor::about(subject) };
    match snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now: NOW }) {
        Verdict::Allowed(_) => Ok(()),
        Verdict::Denied(denial) => Err(denial.reason),
    }
}

/// Whether a role of theirs, also in a team, holds a permission that manages, looked up in the plain state.
fn manages(company: &Company, number: usize) -> bool {
    let member = &company.state.members[&person(number)];
    let in_teams = company.state.teams.values().filter_map(|team| team.members.get(&person(number)));
    let mut roles = in_teams.map(|place| place.role).chain([member.role]);
    roles.any(|role| {
        let role = &company.state.roles[&role];
        role.top || Permission::ALL.iter().any(|one| one.entry().manages && role.set().scope(*one).is_some())
    })
}

#[test]
fn without_a_passkey_a_session_opens_nothing_where_one_is_asked_of_its_person_and_with_one_everything_as_before() {
    let uses = Operation::Use { permission: Permission::OrganizationView };
    for preset in 0..presets().len() {
        for asked in [SecondFactor::Off, SecondFactor::Managers, SecondFactor::Everyone] {
            let company = asking(preset, asked);
            let mut closed = 0;
            for number in 0..company.state.members.len() {
                let is_asked = match asked {
                    SecondFactor::Off => false,
                    SecondFactor::Managers => manages(&company, number),
                    SecondFactor::Everyone => true,
                };
                closed += usize::from(is_asked);
                assert_eq!(company.snapshot.asks_person_for_passkey(person(number), NOW), is_asked, "{number}");
                let without = company.snapshot.admit(session(number, false), NOW).map(|_| ());
                let expected = if is_asked { Err(NotAdmitted::PasskeyNeeded) } else { Ok(()) };
                assert_eq!(without, expected, "{} {asked:?} {number}", company.preset.name);
                assert!(company.snapshot.admit(session(number, true), NOW).is_ok());
                let with = answer(&company.snapshot, (number, true), uses);
                let without = answer(&company.snapshot, (number, false), uses);
                assert_eq!(without, if is_asked { Err(Reason::PasskeyNeeded) } else { with });
            }
            let all = company.state.members.len();
            match asked {
                SecondFactor::Off => assert_eq!(closed, 0),
                SecondFactor::Managers => assert!(0 < closed && closed < all, "{}: {closed}", company.preset.name),
                SecondFactor::Everyone => assert_eq!(closed, all),
            }
        }
    }
}

#[test]
fn keys_are_not_asked_for_a_passkey() {
    let company = asking(0, SecondFactor::Everyone);
    for number in 0..company.state.members.len() {
        let key = Credential::Key { key: key_of(number), digest: [0; 32] };
        assert!(company.snapshot.admit(key, NOW).is_ok(), "{number}");
    }
}

#[test]
fn a_stranger_learns_nothing_of_what_is_asked_and_who_is_suspended_that_they_are() {
    let mut company = asking(0, SecondFactor::Everyone);
    assert_eq!(company.snapshot.admit(session(31, false), NOW), Err(NotAdmitted::NotAMember));
    assert!(!company.snapshot.asks_person_for_passkey(person(31), NOW));
    happens(&mut company.state, &Event::MemberSuspended { person: person(1) });
    company.snapshot = compiled(&company.state);
    for by_passkey in [false, true] {
        let refused = company.snapshot.admit(session(1, by_passkey), NOW);
        assert_eq!(refused, Err(NotAdmitted::MemberSuspended));
    }
}

#[test]
fn whoever_becomes_a_manager_is_asked_from_that_moment_on() {
    for preset in 0..presets().len() {
        let mut company = asking(preset, SecondFactor::Managers);
        let plain = (0..company.state.members.len()).find(|number| !manages(&company, *number)).expect("somebody");
        let high = company.state.roles.values().find(|role| role.top).unwrap().id;
        assert!(company.snapshot.admit(session(plain, false), NOW).is_ok());
        let from = company.state.members[&person(plain)].role;
        happens(&mut company.state, &Event::MemberRoleChanged { person: person(plain), from, to: high });
        company.snapshot = compiled(&company.state);
        assert_eq!(company.snapshot.admit(session(plain, false), NOW), Err(NotAdmitted::PasskeyNeeded));
    }
}

#[test]
fn nobody_asks_for_a_passkey_who_would_be_shut_out_by_it_and_who_may_not_is_denied_for_that() {
    let company = Company::of(&presets()[0]);
    let top = company.state.members.values().find(|member| company.state.roles[&member.role].top).unwrap().person;
    let top = (0..company.state.members.len()).find(|number| person(*number) == top).unwrap();
    let plain = (0..company.state.members.len()).find(|number| !manages(&company, *number)).unwrap();
    for (asked, alone) in [
        (SecondFactor::Off, Ok(())),
        (SecondFactor::Managers, Err(Reason::PasskeyNeeded)),
        (SecondFactor::Everyone, Err(Reason::PasskeyNeeded)),
    ] {
        let changes = [SettingChange::WorkflowsRunNeedsEdit(true), SettingChange::SignInSecondFactor(asked)];
        let edit = Operation::EditOrganization { changes: &changes };
        assert_eq!(answer(&company.snapshot, (top, false), edit), alone, "{asked:?}");
        assert_eq!(answer(&company.snapshot, (top, true), edit), Ok(()), "{asked:?}");
        // What they may not do at all they are not told that a passkey helps with.
        let denied = answer(&company.snapshot, (plain, false), edit).unwrap_err();
        assert_ne!(denied, Reason::PasskeyNeeded, "{asked:?}");
        assert_eq!(answer(&company.snapshot, (plain, true), edit), Err(denied));
        // It is grave in either direction.
        let subject = Subject::Member(person(top));
        let late = Actor { credential: Some(session(top, true)), ..Actor::about(subject) };
        let question = Question { actor: &late, action: Action::Operate(edit), now: Timestamp(600_001) };
        let Verdict::Denied(denial) = company.snapshot.evaluate(&question) else { panic!("{asked:?}") };
        assert_eq!(denial.reason, Reason::SignInAgain);
    }
}
