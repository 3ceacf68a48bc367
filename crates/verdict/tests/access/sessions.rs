//! A session speaks for the person who signed in, as long as it lasts, where they are a member, and for nobody else.

use domain::event::Event;
use domain::id::SessionId;
use domain::organization::{Promote, SettingChange};
use domain::permission::Permission;
use domain::time::Timestamp;
use verdict::{
    Action, Actor, Credential, NotAdmitted, Operation, Question, Reason, SessionProof, Snapshot, Subject, Verdict,
};

use crate::company::{Company, NOW, compiled, happens, person, presets};

fn proof(number: usize) -> SessionProof {
    let session = SessionId::from_random([number as u8; 20]);
    SessionProof { session, person: person(number), begun_at: Timestamp(-10), ends_at: Timestamp(10) }
}

fn session(number: usize) -> Credential {
    Credential::Session(proof(number))
}

fn asked(snapshot: &Snapshot, actor: Actor, permission: Permission) -> Result<(), Reason> {
    let action = Action::Operate(Operation::Use { permission });
    match snapshot.evaluate(&Question { actor: &actor, action, now: NOW }) {
        Verdict::Allowed(_) => Ok(()),
        Verdict::Denied(denial) => Err(denial.reason),
    }
}

#[test]
fn whoever_signed_in_may_what_they_may_and_nothing_else() {
    for preset in presets() {
        let company = Company::of(&preset);
        for number in 0..company.state.members.len() {
            let subject = Subject::Member(person(number));
            let actor = company.snapshot.admit(session(number), NOW).unwrap();
            assert_eq!(actor, Actor { credential: Some(session(number)), ..Actor::about(subject) });
            for permission in Permission::ALL {
                let by_session = asked(&company.snapshot, actor, *permission);
                assert_eq!(by_session, asked(&company.snapshot, Actor::about(subject), *permission), "{permission:?}");
            }
        }
    }
}

#[test]
fn a_session_lets_nobody_in_after_its_end_nor_where_they_are_no_member_any_more() {
    let mut company = Company::of(&presets()[0]);
    let admit = |company: &Company, number, now| company.snapshot.admit(session(number), Timestamp(now)).map(|_| ());
    assert_eq!((admit(&company, 1, 9), admit(&company, 1, 10)), (Ok(()), Err(NotAdmitted::SessionEnded)));
    assert_eq!(admit(&company, 31, 0), Err(NotAdmitted::NotAMember));
    happens(&mut company.state, &Event::MemberRemoved { person: person(1) });
    company.snapshot = compiled(&company.state);
    assert_eq!(admit(&company, 1, 0), Err(NotAdmitted::NotAMember));
    let of_a_leaver = Actor { credential: Some(session(1)), ..Actor::about(Subject::Member(person(1))) };
    assert_eq!(asked(&company.snapshot, of_a_leaver, Permission::OrganizationView), Err(Reason::NotAMember));
}

#[test]
fn whoever_comes_back_signs_in_anew() {
    let mut company = Company::of(&presets()[0]);
    let role = company.state.members[&person(1)].role;
    let back = [Event::MemberRemoved { person: person(1) }, Event::MemberAdded { person: person(1), role }];
    back.iter().for_each(|event| happens(&mut company.state, event));
    company.snapshot = compiled(&company.state);
    let admit = |begun_at| {
        let proof = SessionProof { begun_at, ..proof(1) };
        company.snapshot.admit(Credential::Session(proof), NOW).map(|_| ())
    };
    assert_eq!(admit(NOW), Err(NotAdmitted::SessionEnded), "it began before the removal");
    assert_eq!(admit(Timestamp(NOW.0 + 1)), Ok(()));
}

#[test]
fn the_session_of_somebody_who_is_suspended_opens_nothing_until_they_are_restored() {
    let mut company = Company::of(&presets()[0]);
    let admit = |company: &Company| company.snapshot.admit(session(1), NOW).map(|_| ());
    let of_them = Actor { credential: Some(session(1)), ..Actor::about(Subject::Member(person(1))) };
    let before = asked(&company.snapshot, of_them, Permission::OrganizationView);
    happens(&mut company.state, &Event::MemberSuspended { person: person(1) });
    company.snapshot = compiled(&company.state);
    assert_eq!(admit(&company), Err(NotAdmitted::MemberSuspended));
    assert_eq!(asked(&company.snapshot, of_them, Permission::OrganizationView), Err(Reason::MemberSuspended));
    happens(&mut company.state, &Event::MemberRestored { person: person(1) });
    company.snapshot = compiled(&company.state);
    assert_eq!((admit(&company), asked(&company.snapshot, of_them, Permission::OrganizationView)), (Ok(()), before));
}

#[test]
fn a_session_speaks_for_nobody_else_and_a_stream_is_looked_at_again_when_it_ends() {
    let company = Company::of(&presets()[0]);
    let of_another = Actor { credential: Some(session(1)), ..Actor::about(Subject::Member(person(0))) };
    assert_eq!(asked(&company.snapshot, of_another, Permission::OrganizationView), Err(Reason::CredentialEnded));
    let actor = company.snapshot.admit(session(0), NOW).unwrap();
    assert_eq!(company.snapshot.deadline(&actor, NOW), Some(Timestamp(10)));
}

#[test]
fn what_gives_authority_is_done_in_a_session_only_soon_after_signing_in() {
    const SOON: i64 = 600_000;
    for preset in presets() {
        let company = Company::of(&preset);
        let top = company.state.members.values().find(|member| company.state.roles[&member.role].top).unwrap();
        let other = company.state.members.values().find(|member| member.role != top.role).unwrap();
        let plain = company.state.roles.values().find(|role| role.set().management().is_empty());
        let proof =
            SessionProof { person: top.person, begun_at: Timestamp(0), ends_at: Timestamp(i64::MAX), ..proof(0) };
        let subject = Subject::Member(top.person);
        let by_session = Actor { credential: Some(Credential::Session(proof)), ..Actor::about(subject) };
        let answer = |actor: Actor, operation, now| {
            let action = Action::Operate(operation);
            match company.snapshot.evaluate(&Question { actor: &actor, action, now: Timestamp(now) }) {
                Verdict::Allowed(_) => Ok(()),
                Verdict::Denied(denial) => Err(denial.reason),
            }
        };
        let promotes = [SettingChange::PromoteAdmin(Promote::Owner)];
        let grave = [
            Operation::TransferOwnership { to: other.person },
            Operation::ChangePreset,
            Operation::EditOrganization { changes: &promotes },
            Operation::ChangeRole { member: other.person, role: &top.role },
            Operation::AddMember { role: &top.role },
        ];
        let mut asked = 0;
        for operation in grave {
            // What may not be done at all is denied for its own reason.
            let at_all = answer(Actor::about(subject), operation, 0);
            let late = at_all.and(Err(Reason::SignInAgain));
            assert_eq!(answer(by_session, operation, SOON), at_all, "{}: {operation:?}", preset.name);
            assert_eq!(answer(by_session, operation, SOON + 1), late, "{}: {operation:?}", preset.name);
            asked += usize::from(at_all.is_ok());
        }
        assert!(asked >= 3, "{}: hardly anything was to be denied", preset.name);
        let labels = [SettingChange::WorkflowsRunNeedsEdit(true)];
        let light = [
            Operation::EditOrganization { changes: &labels },
            Operation::EditOrganization { changes: &[] },
            Operation::RemoveMember { member: other.person },
        ];
        let light = light.into_iter().chain(plain.map(|plain| Operation::AddMember { role: &plain.id }));
        for operation in light {
            let at_all = answer(Actor::about(subject), operation, 0);
            assert_eq!(answer(by_session, operation, SOON + 1), at_all, "{}: {operation:?}", preset.name);
        }
    }
}
