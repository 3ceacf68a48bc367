//! Who may leave by themselves: everybody, and nobody in their stead.

use domain::permission::Permission;
use verdict::{Action, Actor, Basis, Credential, Operation, Question, Reason, Subject, Verdict};

use crate::company::{Company, NOW, key_of, person, presets};
use crate::second_factor::session;

fn removes(company: &Company, actor: Actor, number: usize) -> Result<Basis, Reason> {
    let action = Action::Operate(Operation::RemoveMember { member: person(number) });
    match company.snapshot.evaluate(&Question { actor: &actor, action, now: NOW }) {
        Verdict::Allowed(permit) => Ok(permit.basis()),
        Verdict::Denied(denial) => Err(denial.reason),
    }
}

#[test]
fn everybody_may_leave_in_a_session_and_whoever_has_a_key_of_theirs_needs_the_right_to_remove_them() {
    for preset in presets() {
        let company = Company::of(&preset);
        let (mut low, mut high) = (0, 0);
        for number in 0..company.state.members.len() {
            let them = Actor::about(Subject::Member(person(number)));
            let by = |credential| Actor { credential: Some(credential), ..them };
            let in_session = removes(&company, by(session(number, false)), number);
            assert_eq!((in_session, removes(&company, them, number)), (Ok(Basis::Own), Ok(Basis::Own)), "{number}");
            let key = by(Credential::Key { key: key_of(number), digest: [0; 32] });
            match removes(&company, key, number) {
                Ok(basis) => {
                    assert_eq!(basis, Basis::Role(Permission::MemberRemove), "{}: {number}", preset.name);
                    high += 1;
                }
                Err(reason) => {
                    let lacks = [Reason::Lacks(Permission::MemberRemove), Reason::MayNotHaveKeys].contains(&reason);
                    assert!(lacks, "{}: {number} {reason:?}", preset.name);
                    low += 1;
                }
            }
            // It is about themselves alone.
            let another = (number + 1) % company.state.members.len();
            let basis = removes(&company, by(session(number, false)), another);
            assert_ne!(basis, Ok(Basis::Own), "{}: {number} removes {another}", preset.name);
        }
        assert!(low > 0 && high > 0, "{}", preset.name);
    }
}
