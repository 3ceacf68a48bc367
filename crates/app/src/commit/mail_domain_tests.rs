//! The same for mail domains: to open one, to let somebody in by it, to ask and to lapse are each a permit of their own.

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{MailDomainId, OrgId, PersonId};
use domain::invitation::{Inviter, Offer};
use domain::mail_domain::{JoinMode, MailDomainName, Opening};
use domain::organization::{Organization, Stamp};
use domain::preset::Preset;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Permit, Question, Snapshot, Subject, Verdict};

use super::covers::covers;

const NOW: Timestamp = Timestamp(1_000);

fn org() -> OrgId {
    OrgId::from_random([1; 20])
}

fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

fn domain(number: u8) -> MailDomainId {
    MailDomainId::from_random([number; 20])
}

fn opening(number: u8) -> Box<Opening> {
    let by = Inviter { subject: Grantee::Member(person(number)), acting_for: None };
    Box::new(Opening { by, mode: JoinMode::Automatic, offer: Offer::default() })
}

fn company() -> Organization {
    let mut state = Organization::new();
    let preset: Preset = toml::from_str(include_str!("../../../../presets/balanced.toml")).unwrap();
    let name = |number| MailDomainName::parse(&format!("corp{number}.example")).unwrap();
    let claim = |number| Command::ClaimMailDomain { domain: domain(number), name: name(number), token: String::new() };
    let open = |number| Command::OpenMailDomain { domain: domain(number), opening: Some(opening(0)) };
    let steps = [
        Command::CreateOrganization { name: "Acme".to_owned(), preset: Box::new(preset), owner: person(0) },
        claim(0),
        claim(1),
        Command::VerifyMailDomain { domain: domain(0) },
        Command::VerifyMailDomain { domain: domain(1) },
        open(0),
        open(1),
        Command::AskToJoin { domain: domain(0), person: person(5) },
        Command::AskToJoin { domain: domain(1), person: person(6) },
    ];
    for step in steps {
        for event in command::handle(&state, step, NOW).unwrap() {
            let stamp = Stamp { seq: state.seq + 1, at: NOW, actor: person(0).to_string() };
            state.apply(&stamp, &event);
        }
    }
    state
}

fn permit(state: &Organization, operation: Operation<'_>) -> Permit {
    let (snapshot, actor) = (Snapshot::compile(org(), state, None), Actor::about(Subject::Member(person(0))));
    match snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now: NOW }) {
        Verdict::Allowed(permit) => permit,
        Verdict::Denied(denial) => panic!("{denial:?}"),
    }
}

/// Everything that has to do with mail domains and joining, in every direction.
fn all() -> Vec<Event> {
    let member = RoleId::parse("member").unwrap();
    let admin = RoleId::parse("admin").unwrap();
    let mut all = Vec::new();
    for number in [0, 1] {
        let domain = domain(number);
        all.extend([
            Event::MailDomainVerified { domain },
            Event::MailDomainRemoved { domain },
            Event::MailDomainLapsed { domain },
            Event::MailDomainChanged { domain, opening: None },
            Event::MailDomainChanged { domain, opening: Some(opening(0)) },
            Event::MailDomainChanged { domain, opening: Some(opening(3)) },
        ]);
        for who in [5, 6].map(person) {
            all.extend([
                Event::JoinRequested { domain, person: who, until: Timestamp(9_000) },
                Event::JoinDeclined { domain, person: who },
                Event::JoinApproved { domain, person: who },
                Event::JoinedByDomain { domain, person: who },
            ]);
        }
    }
    for who in [5, 6].map(person) {
        all.extend([member, admin].map(|role| Event::MemberAdded { person: who, role }));
    }
    all
}

#[track_caller]
fn covers_exactly(state: &Organization, permit: &Permit, expected: &[Event]) {
    for event in all() {
        let mut events = expected.to_vec();
        events.push(event.clone());
        let covered = covers(permit, org(), state, &event, &events);
        assert_eq!(covered, expected.contains(&event), "{permit:?}: {event:?}");
    }
}

#[test]
fn what_is_done_about_mail_domains_and_who_joins_by_one_is_covered_by_its_own_permit_alone() {
    let state = company();
    let (domain, who, member) = (domain(0), person(5), RoleId::parse("member").unwrap());
    let offer = Offer::default();
    let added = Event::MemberAdded { person: who, role: member };
    let edits: Vec<Event> = all()
        .into_iter()
        .filter(|event| {
            let closes = matches!(event, Event::MailDomainChanged { opening: None, .. });
            closes || matches!(event, Event::MailDomainVerified { .. } | Event::MailDomainRemoved { .. })
        })
        .collect();
    covers_exactly(&state, &permit(&state, Operation::EditMailDomains), &edits);
    // In one's own name alone.
    let opens = permit(&state, Operation::OpenMailDomain { domain, offer: &offer });
    covers_exactly(&state, &opens, &[Event::MailDomainChanged { domain, opening: Some(opening(0)) }]);
    let joins = permit(&state, Operation::JoinByDomain { domain });
    covers_exactly(&state, &joins, &[Event::JoinedByDomain { domain, person: who }, added.clone()]);
    let approves = permit(&state, Operation::ApproveJoin { person: who });
    covers_exactly(&state, &approves, &[Event::JoinApproved { domain, person: who }, added.clone()]);
    let declines = permit(&state, Operation::DeclineJoin { person: who });
    covers_exactly(&state, &declines, &[Event::JoinDeclined { domain, person: who }]);
    let lapses = Permit::for_a_lapsed_mail_domain(org(), state.seq, domain);
    covers_exactly(&state, &lapses, &[Event::MailDomainLapsed { domain }]);
    // To ask with another domain is to ask as well; it is for that person alone, and nothing else.
    let asks = Permit::for_asking_to_join(org(), state.seq, who);
    let asked: Vec<Event> = [0, 1]
        .map(self::domain)
        .map(|domain| Event::JoinRequested { domain, person: who, until: Timestamp(9_000) })
        .to_vec();
    covers_exactly(&state, &asks, &asked);
    // Without anybody who joins nobody is taken in.
    assert!(!covers(&joins, org(), &state, &added, std::slice::from_ref(&added)));
}
