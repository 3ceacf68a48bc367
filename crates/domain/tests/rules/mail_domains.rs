//! Stories about mail domains: what is claimed, verified and opened, who joins by one, and who asks.

use domain::command::Command;
use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{MailDomainId, PersonId};
use domain::invitation::{Inviter, Offer};
use domain::mail_domain::{ASKED_LASTS_MS, JoinMode, MailDomainName, Opening};
use domain::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use crate::Walk;
use crate::commands::{person, role, team};
use crate::stories::{accept, company, refusal};

const MODES: [JoinMode; 3] = [JoinMode::Suggest, JoinMode::Request, JoinMode::Automatic];

fn domain(number: u8) -> MailDomainId {
    MailDomainId::from_random([number; 20])
}

fn claim(number: u8) -> Command {
    let name = MailDomainName::parse(&format!("corp{number}.example")).unwrap();
    Command::ClaimMailDomain { domain: domain(number), name, token: "0123456789".to_owned() }
}

fn opening(mode: JoinMode, role: Option<&str>) -> Opening {
    let by = Inviter { subject: Grantee::Member(person(0)), acting_for: None };
    Opening { by, mode, offer: Offer { role: role.map(crate::commands::role), ..Offer::default() } }
}

fn open(number: u8, mode: JoinMode, role: Option<&str>) -> Command {
    Command::OpenMailDomain { domain: domain(number), opening: Some(Box::new(opening(mode, role))) }
}

fn ask(who: u8) -> Command {
    Command::AskToJoin { domain: domain(0), person: person(who) }
}

fn join(who: u8) -> Command {
    Command::JoinByDomain { domain: domain(0), person: person(who) }
}

/// The company with a verified domain that is open in this way.
fn opened(mode: JoinMode, role: Option<&str>) -> Walk {
    let mut walk = company();
    accept(&mut walk, claim(0));
    accept(&mut walk, Command::VerifyMailDomain { domain: domain(0) });
    accept(&mut walk, open(0, mode, role));
    walk
}

/// What histories begin with: a domain by which people may ask.
pub(crate) fn beginnings() -> [Command; 3] {
    [claim(0), Command::VerifyMailDomain { domain: domain(0) }, open(0, JoinMode::Request, None)]
}

/// People of whom some are never taken in in another way.
fn strangers() -> impl Strategy<Value = PersonId> {
    (3..7u8).prop_map(person)
}

pub(crate) fn of_mail_domains() -> impl Strategy<Value = Command> {
    // Mostly the same one, so that something comes of it.
    let numbers = || select(vec![0u8, 0, 0, 0, 1]);
    let domains = move || numbers().prop_map(domain);
    let roles = select(vec![None, None, None, Some("member"), Some("admin"), Some("owner"), Some("team-member")]);
    let opening = (proptest::option::weighted(0.9, select(MODES.to_vec())), roles);
    prop_oneof![
        4 => numbers().prop_map(claim),
        5 => domains().prop_map(|domain| Command::VerifyMailDomain { domain }),
        1 => domains().prop_map(|domain| Command::LapseMailDomain { domain }),
        6 => (domains(), opening).prop_map(|(domain, (mode, role))| {
            let opening = mode.map(|mode| Box::new(self::opening(mode, role)));
            Command::OpenMailDomain { domain, opening }
        }),
        1 => domains().prop_map(|domain| Command::RemoveMailDomain { domain }),
        6 => (domains(), strangers()).prop_map(|(domain, person)| Command::AskToJoin { domain, person }),
        3 => strangers().prop_map(|person| Command::DeclineJoin { person }),
        4 => strangers().prop_map(|person| Command::ApproveJoin { person }),
        4 => (domains(), strangers()).prop_map(|(domain, person)| Command::JoinByDomain { domain, person }),
    ]
}

#[test]
fn a_domain_is_claimed_once_opened_when_it_is_verified_and_open_to_nobody_when_its_record_is_gone() {
    let mut walk = company();
    accept(&mut walk, claim(0));
    assert_eq!(refusal(&walk, claim(0)), "exists");
    assert_eq!(refusal(&walk, open(0, JoinMode::Suggest, None)), "domain-not-verified");
    assert_eq!(refusal(&walk, open(1, JoinMode::Suggest, None)), "not-found");
    accept(&mut walk, Command::VerifyMailDomain { domain: domain(0) });
    accept(&mut walk, open(0, JoinMode::Automatic, None));
    assert!(walk.state.mail_domain_named("corp0.example").unwrap().open().is_some());
    accept(&mut walk, Command::LapseMailDomain { domain: domain(0) });
    assert!(walk.state.mail_domain_named("corp0.example").unwrap().open().is_none());
    assert_eq!(refusal(&walk, join(2)), "not-found");
    // Verified again it is open as it was.
    accept(&mut walk, Command::VerifyMailDomain { domain: domain(0) });
    accept(&mut walk, join(2));
    accept(&mut walk, Command::RemoveMailDomain { domain: domain(0) });
    assert_eq!(refusal(&walk, join(3)), "not-found");
    assert!(walk.state.member(person(2)).is_some(), "who joined stays");
    accept(&mut walk, claim(0));
}

// rows: WJ-7
#[test]
fn nobody_comes_to_manage_by_signing_in() {
    let mut walk = opened(JoinMode::Automatic, None);
    assert_eq!(refusal(&walk, open(0, JoinMode::Automatic, Some("admin"))), "role-manages");
    assert_eq!(refusal(&walk, open(0, JoinMode::Automatic, Some("owner"))), "top-role");
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Sales".to_owned() });
    let mut in_team = opening(JoinMode::Automatic, None);
    in_team.offer.teams = [(team(0), Some(role("team-leader")))].into();
    let in_team = Command::OpenMailDomain { domain: domain(0), opening: Some(Box::new(in_team)) };
    assert_eq!(refusal(&walk, in_team), "role-manages");
    // Whom a person lets in may get it.
    accept(&mut walk, open(0, JoinMode::Request, Some("admin")));
    assert_eq!(refusal(&walk, join(2)), "not-found", "that is no way to join by oneself");
    // Also where the role came to manage after the domain was opened.
    accept(&mut walk, open(0, JoinMode::Automatic, Some("member")));
    let mut mightier = walk.state.roles[&role("member")].clone();
    mightier.permissions = walk.state.roles[&role("admin")].permissions.clone();
    walk.write(&[Event::RoleDefined(mightier)]);
    assert_eq!(refusal(&walk, join(2)), "role-manages");
}

// rows: WJ-7
#[test]
fn who_was_here_before_joins_by_nobodys_word_but_a_persons() {
    let mut walk = opened(JoinMode::Automatic, None);
    accept(&mut walk, join(2));
    assert_eq!(walk.state.members[&person(2)].role, role("member"));
    assert_eq!(refusal(&walk, join(2)), "was-here");
    accept(&mut walk, Command::RemoveMember { person: person(2) });
    assert_eq!(refusal(&walk, join(2)), "was-here");
    accept(&mut walk, Command::SuspendMember { person: person(1), by_directory: false });
    assert_eq!(refusal(&walk, join(1)), "was-here");
    assert_eq!(refusal(&walk, ask(1)), "already-member");
    accept(&mut walk, ask(2));
    accept(&mut walk, Command::ApproveJoin { person: person(2) });
    assert!(walk.state.active_member(person(2)).is_some());
}

#[test]
fn a_request_to_join_waits_once_until_its_end_and_a_declined_one_is_remembered_until_then() {
    let mut walk = opened(JoinMode::Request, None);
    assert_eq!(refusal(&walk, Command::ApproveJoin { person: person(2) }), "not-found");
    accept(&mut walk, ask(2));
    let open = |walk: &Walk| walk.state.open_join_request(person(2), walk.now).is_some();
    assert!(open(&walk));
    accept(&mut walk, Command::DeclineJoin { person: person(2) });
    assert!(!open(&walk));
    for again in [ask(2), Command::ApproveJoin { person: person(2) }, Command::DeclineJoin { person: person(2) }] {
        assert!(["join-declined", "not-found"].contains(&refusal(&walk, again)));
    }
    walk.now = Timestamp(walk.now.0 + ASKED_LASTS_MS);
    accept(&mut walk, ask(2));
    // Whoever is taken in in another way asks no longer, and a domain that is closed to it has nobody waiting.
    accept(&mut walk, Command::AddMember { person: person(2), role: role("member") });
    assert!(walk.state.join_requests.is_empty());
    accept(&mut walk, ask(3));
    accept(&mut walk, self::open(0, JoinMode::Suggest, None));
    assert!(walk.state.join_requests.is_empty());
    assert_eq!(refusal(&walk, ask(3)), "not-found");
}

#[test]
fn requests_to_join_and_claims_have_an_end_to_their_number() {
    let mut walk = opened(JoinMode::Request, None);
    let until = Timestamp(walk.now.0 + ASKED_LASTS_MS);
    let asker = |number: u16| {
        let mut bytes = [9; 20];
        (bytes[0], bytes[1]) = ((number >> 5) as u8, (number & 31) as u8);
        PersonId::from_random(bytes)
    };
    let asked = |number| Event::JoinRequested { domain: domain(0), person: asker(number), until };
    walk.write(&(0..500).map(asked).collect::<Vec<_>>());
    assert_eq!(walk.state.join_requests.len(), 500);
    assert_eq!(refusal(&walk, ask(2)), "too-many-requests");
    walk.now = until;
    accept(&mut walk, ask(2));
    assert_eq!(walk.state.join_requests.len(), 1, "who waited to the end is forgotten");
    let another = |number: u8| {
        let mut bytes = [8; 20];
        (bytes[0], bytes[1]) = (number >> 5, number & 31);
        let name = MailDomainName::parse(&format!("d{number}.example")).unwrap();
        Command::ClaimMailDomain { domain: MailDomainId::from_random(bytes), name, token: String::new() }
    };
    (1..50).for_each(|number| accept(&mut walk, another(number)));
    assert_eq!(refusal(&walk, another(50)), "too-many-domains");
}

#[test]
fn what_a_domain_gives_follows_the_roles_and_teams_that_end() {
    let mut walk = opened(JoinMode::Request, None);
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Sales".to_owned() });
    let mut wanted = opening(JoinMode::Request, Some("admin"));
    wanted.offer.teams = [(team(0), None)].into();
    accept(&mut walk, Command::OpenMailDomain { domain: domain(0), opening: Some(Box::new(wanted)) });
    walk.write(&[Event::RoleDeleted { role: role("admin"), moved_to: role("member") }]);
    accept(&mut walk, Command::DeleteTeam { team: team(0) });
    let known = walk.state.mail_domain_named("corp0.example").unwrap();
    let offer = &known.open().unwrap().offer;
    assert_eq!((offer.role, offer.teams.len()), (Some(role("member")), 0));
}
