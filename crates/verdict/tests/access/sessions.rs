//! A session speaks for the person who signed in, as long as it lasts, where they are a member, and for nobody else.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{InvitationId, MailDomainId, SessionId};
use domain::invitation::{Inviter, NewInvitation, Offer};
use domain::organization::{InvitedAddress, Promote, SettingChange};
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{
    Action, Actor, Credential, NotAdmitted, Operation, Question, Reason, SessionProof, Snapshot, Subject, Verdict,
};

use crate::company::{Company, NOW, compiled, happens, person, presets};

fn proof(number: usize) -> SessionProof {
    let session = SessionId::from_random([number as u8; 20]);
    SessionProof {
        session,
        person: person(number),
        begun_at: Timestamp(-10),
        proven_at: Timestamp(-10),
        ends_at: Timestamp(10),
        by_passkey: false,
    }
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
fn what_is_offered_is_taken_and_who_manages_is_restored_or_invited_in_a_session_only_soon_after_signing_in() {
    const SOON: i64 = 600_000;
    let balanced = presets().into_iter().find(|preset| preset.name == "balanced").unwrap();
    let mut company = Company::of(&balanced);
    let manages = |id: &RoleId| !company.state.roles[id].set().management().is_empty();
    let mut people: Vec<_> = company.state.members.values().map(|member| (member.person, member.role)).collect();
    people.sort_by_key(|(_, role)| !company.state.roles[role].top);
    let (top, _) = people[0];
    let (heir, high) =
        people.iter().copied().find(|(_, role)| manages(role) && !company.state.roles[role].top).unwrap();
    let (plain, low) = people.iter().copied().find(|(_, role)| !manages(role)).unwrap();
    let another = people.iter().copied().find(|(person, role)| *role == high && *person != heir).unwrap().0;
    let offered = |number: u8, role| {
        let inviter = Inviter { subject: Grantee::Member(top), acting_for: None };
        let offer = Offer { role: Some(role), ..Offer::default() };
        let digest = Some(number.to_string().repeat(64));
        let id = InvitationId::from_random([number; 20]);
        NewInvitation { id, inviter, offer, digest, expires_at: Timestamp(i64::MAX), asks: None }
    };
    for event in [
        Event::OwnershipOffered { from: top, to: heir, own_role: high, expires_at: Timestamp(i64::MAX) },
        Event::MemberSuspended { person: another },
        Event::MemberSuspended { person: plain },
        Event::InvitationSent(Box::new(offered(1, high))),
        Event::InvitationSent(Box::new(offered(2, low))),
    ] {
        happens(&mut company.state, &event);
    }
    company.snapshot = compiled(&company.state);
    let answer = |who, in_session: bool, operation, now| {
        let proof = SessionProof {
            person: who,
            begun_at: Timestamp(50),
            proven_at: Timestamp(0),
            ends_at: Timestamp(i64::MAX),
            ..proof(0)
        };
        let credential = in_session.then_some(Credential::Session(proof));
        let actor = Actor { credential, ..Actor::about(Subject::Member(who)) };
        let action = Action::Operate(operation);
        match company.snapshot.evaluate(&Question { actor: &actor, action, now: Timestamp(now) }) {
            Verdict::Allowed(_) => Ok(()),
            Verdict::Denied(denial) => Err(denial.reason),
        }
    };
    let [of_high, of_low] = [1, 2].map(|number| InvitationId::from_random([number; 20]));
    let (great, small) = (offered(1, high).offer, offered(2, low).offer);
    let send = |invitation, offer| Operation::SendInvitation { invitation, offer };
    let edit = |invitation, offer| Operation::EditInvitation { invitation, offer };
    let address = [SettingChange::InviteAddress(InvitedAddress::Any)];
    for (who, operation, is_grave) in [
        (heir, Operation::AcceptOwnership, true),
        (heir, Operation::EndOwnershipOffer, false),
        (top, Operation::RestoreMember { member: another }, true),
        (top, Operation::RestoreMember { member: plain }, false),
        (top, Operation::EditOrganization { changes: &address }, true),
        (top, send(InvitationId::from_random([3; 20]), &great), true),
        (top, send(InvitationId::from_random([3; 20]), &small), false),
        (top, edit(of_low, &great), true),
        (top, edit(of_high, &small), false),
        (top, Operation::ResendInvitation { invitation: of_high }, true),
        (top, Operation::ResendInvitation { invitation: of_low }, false),
        (top, Operation::ApproveInvitation { invitation: of_high }, true),
        (top, Operation::ApproveInvitation { invitation: of_low }, false),
        (top, Operation::RevokeInvitation { invitation: of_high }, false),
    ] {
        assert_eq!(answer(who, false, operation, SOON + 1), Ok(()), "{operation:?}");
        assert_eq!(answer(who, true, operation, SOON), Ok(()), "{operation:?}");
        let late = if is_grave { Err(Reason::SignInAgain) } else { Ok(()) };
        assert_eq!(answer(who, true, operation, SOON + 1), late, "{operation:?}");
    }
}

#[test]
fn what_gives_authority_is_done_in_a_session_only_soon_after_signing_in() {
    const SOON: i64 = 600_000;
    for preset in presets() {
        let company = Company::of(&preset);
        let top = company.state.members.values().find(|member| company.state.roles[&member.role].top).unwrap();
        let other = company.state.members.values().find(|member| member.role != top.role).unwrap();
        let plain = company.state.roles.values().find(|role| role.set().management().is_empty());
        let proof = SessionProof {
            person: top.person,
            begun_at: Timestamp(50),
            proven_at: Timestamp(0),
            ends_at: Timestamp(i64::MAX),
            ..proof(0)
        };
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
            Operation::ConnectDirectory { gives: &other.role, tends: &BTreeSet::new() },
            Operation::OpenMailDomain { domain: MailDomainId::from_random([1; 20]), offer: &Offer::default() },
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
