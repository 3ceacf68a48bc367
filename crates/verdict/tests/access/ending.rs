//! While an organization ends: who is let in by what, and what a session does that is not fresh. Who may do what then is
//! asked of everybody in tests/oracle.

use domain::event::Event;
use domain::id::SessionId;
use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::{
    Action, Actor, Credential, NotAdmitted, Operation, Question, Reason, SessionProof, Snapshot, Subject, Verdict,
};

use crate::company::{Company, NOW, compiled, happens, may, person, presets};

const END: Timestamp = Timestamp(1_000_000_000);

fn session(number: usize) -> Credential {
    let session = SessionId::from_random([number as u8; 20]);
    let (begun_at, ends_at) = (Timestamp(-10), Timestamp(i64::MAX));
    let by_passkey = false;
    Credential::Session(SessionProof {
        session,
        person: person(number),
        begun_at,
        proven_at: begun_at,
        ends_at,
        by_passkey,
    })
}

fn asked(snapshot: &Snapshot, actor: Actor, operation: Operation<'_>, now: Timestamp) -> Result<(), Reason> {
    match snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now }) {
        Verdict::Allowed(_) => Ok(()),
        Verdict::Denied(denial) => Err(denial.reason),
    }
}

/// Those who may end the company, and those who may not.
fn sides(company: &Company) -> (Vec<usize>, Vec<usize>) {
    let uses = Operation::Use { permission: Permission::OrganizationDelete };
    (0..company.state.members.len()).partition(|number| company.may(*number, uses))
}

#[test]
fn where_tools_are_used_nobody_is_let_in_while_it_ends_and_elsewhere_those_who_may_restore_it_look() {
    for preset in presets() {
        let mut company = Company::of(&preset);
        let (may_end, others) = sides(&company);
        assert!(!may_end.is_empty() && !others.is_empty());
        happens(&mut company.state, &Event::OrganizationDeletionSet { deletes_at: END });
        let ending = compiled(&company.state);
        for number in 0..company.state.members.len() {
            assert!(company.snapshot.admit_to_tools(session(number), NOW).is_ok());
            assert_eq!(ending.admit_to_tools(session(number), NOW), Err(NotAdmitted::Ending));
            let actor = company.snapshot.admit(session(number), NOW).unwrap();
            let (admitted, expected) = match may_end.contains(&number) {
                true => (Ok(actor), Ok(())),
                false => (Err(NotAdmitted::Ending), Err(Reason::OrganizationEnding)),
            };
            assert_eq!(ending.admit(session(number), NOW), admitted, "{} {number}", preset.name);
            for actor in [actor, Actor { credential: None, ..actor }] {
                assert_eq!(asked(&ending, actor, Operation::ViewOrganization, NOW), expected);
                assert_eq!(asked(&ending, actor, Operation::RestoreOrganization, NOW), expected);
                assert_eq!(asked(&ending, actor, Operation::CreateTeam, NOW), Err(Reason::OrganizationEnding));
            }
            // From its day on there is none.
            assert_eq!(ending.admit(session(number), END), Err(NotAdmitted::NotAMember));
            assert_eq!(ending.admit_to_tools(session(number), END), Err(NotAdmitted::NotAMember));
            assert!(!may(&ending, person(number), Action::Operate(Operation::CreateTeam)));
        }
        // Whoever is denied is told whom to ask, and that are those who could.
        let denied = Actor::about(Subject::Member(person(others[0])));
        let action = Action::Operate(Operation::ViewOrganization);
        let Verdict::Denied(denial) = ending.evaluate(&Question { actor: &denied, action, now: NOW }) else {
            panic!("they may not")
        };
        let told = ending.explain_denial(denial, action);
        assert_eq!(told.code, "organization-ending");
        assert!(!told.ask.is_empty() && told.ask.iter().all(|who| may_end.iter().any(|n| person(*n) == *who)));
    }
}

#[test]
fn whoever_is_suspended_restores_nothing_whatever_their_role() {
    let mut company = Company::of(&presets()[0]);
    let (may_end, _) = sides(&company);
    let suspended = may_end[0];
    happens(&mut company.state, &Event::MemberSuspended { person: person(suspended) });
    happens(&mut company.state, &Event::OrganizationDeletionSet { deletes_at: END });
    let ending = compiled(&company.state);
    assert_eq!(ending.admit(session(suspended), NOW), Err(NotAdmitted::MemberSuspended));
    let about = Actor::about(Subject::Member(person(suspended)));
    assert_eq!(asked(&ending, about, Operation::RestoreOrganization, NOW), Err(Reason::MemberSuspended));
}

#[test]
fn a_session_deletes_only_soon_after_signing_in_and_restores_at_any_time() {
    let mut company = Company::of(&presets()[0]);
    let owner = sides(&company).0[0];
    let actor = company.snapshot.admit(session(owner), NOW).unwrap();
    let (soon, later) = (Timestamp(600_000 - 10), Timestamp(600_000 - 9));
    let delete = |now| asked(&company.snapshot, actor, Operation::DeleteOrganization, now);
    assert_eq!((delete(soon), delete(later)), (Ok(()), Err(Reason::SignInAgain)));
    let by_key = Actor::about(Subject::Member(person(owner)));
    assert_eq!(asked(&company.snapshot, by_key, Operation::DeleteOrganization, later), Ok(()));
    happens(&mut company.state, &Event::OrganizationDeletionSet { deletes_at: END });
    let ending = compiled(&company.state);
    assert_eq!(asked(&ending, actor, Operation::RestoreOrganization, later), Ok(()));
    assert_eq!(asked(&ending, actor, Operation::RestoreOrganization, END), Err(Reason::NotAMember));
}
