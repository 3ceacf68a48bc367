//! Mail domains: who opens one and lets people in, by the second opinion; and that none gives what whoever opened it could
//! not give.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{MailDomainId, PersonId};
use domain::invitation::{Inviter, Offer};
use domain::mail_domain::{JoinMode, MailDomainName, Opening};
use domain::organization::Organization;
use domain::role::RoleLevel;
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject};

use crate::chance;
use crate::dice::Dice;
use crate::escalations::{SCHEMER, SCHEMING, ask, company, made, only_the_owner};
use crate::naive::{Answer, Naive};
use crate::seeds;
use crate::world::{MOMENTS, PEOPLE, World, org, person, role, subjects};

const MODES: [JoinMode; 3] = [JoinMode::Suggest, JoinMode::Request, JoinMode::Automatic];
const DOMAINS: u8 = 3;

pub(crate) fn domain(number: u8) -> MailDomainId {
    MailDomainId::from_random([number; 20])
}

/// Something that people do about mail domains, as whoever tries it.
pub(crate) fn command(dice: &mut Dice, world: &World, me: PersonId) -> Command {
    let number = dice.below(DOMAINS);
    let (domain, person) = (domain(number), person(dice.below(PEOPLE)));
    match dice.below(9) {
        0 | 1 => {
            let name = MailDomainName::parse(&format!("d{number}.example")).unwrap();
            Command::ClaimMailDomain { domain, name, token: String::new() }
        }
        2 | 3 => Command::VerifyMailDomain { domain },
        4 | 5 => {
            let by = Inviter { subject: Grantee::Member(me), acting_for: None };
            let offer = if dice.percent(50) { Offer::default() } else { bare_offer(dice, world) };
            let opening = Opening { by, mode: dice.pick(&MODES), offer };
            Command::OpenMailDomain { domain, opening: Some(Box::new(opening)).filter(|_| dice.percent(90)) }
        }
        6 if dice.percent(30) => Command::RemoveMailDomain { domain },
        _ => Command::JoinByDomain { domain, person },
    }
}

/// What a domain can give: a role and teams.
fn bare_offer(dice: &mut Dice, world: &World) -> Offer {
    Offer { members_only: false, grants: BTreeMap::new(), ..chance::offer(dice, world) }
}

fn may(snapshot: &Snapshot, subject: Subject, operation: Operation<'_>) -> Answer {
    let actor = Actor::about(subject);
    let question = Question { actor: &actor, action: Action::Operate(operation), now: MOMENTS[0] };
    Answer::from(&snapshot.evaluate(&question))
}

/// The world with a domain that was opened by somebody, and with people who asked to join by it.
fn opened(world: &mut World, by: Subject, (mode, offer): (JoinMode, &Offer)) {
    let name = MailDomainName::parse("corp.example").unwrap();
    let by = Inviter { subject: by.grantee(), acting_for: None };
    let opening = Some(Box::new(Opening { by, mode, offer: offer.clone() }));
    let domain = domain(0);
    let asks = |person, until| Event::JoinRequested { domain, person, until };
    world.happens_all([
        Event::MailDomainClaimed { domain, name, token: String::new() },
        Event::MailDomainVerified { domain },
        Event::MailDomainChanged { domain, opening },
        asks(person(20), Timestamp(MOMENTS[0].0 + 1)),
        asks(person(21), Timestamp(MOMENTS[0].0 + 1)),
        asks(person(22), MOMENTS[0]),
        Event::JoinDeclined { domain, person: person(21) },
    ]);
}

fn questions(offer: &Offer) -> Vec<Operation<'_>> {
    let mut all = vec![Operation::EditMailDomains];
    for number in 0..2 {
        all.push(Operation::OpenMailDomain { domain: domain(number), offer });
        all.push(Operation::JoinByDomain { domain: domain(number) });
    }
    for person in [20, 21, 22, 23].map(person) {
        all.extend([Operation::ApproveJoin { person }, Operation::DeclineJoin { person }]);
    }
    all
}

#[test]
fn who_opens_a_mail_domain_and_lets_people_in_is_said_alike_by_the_second_opinion() {
    let mut codes = BTreeMap::<&str, u64>::new();
    for seed in seeds(60) {
        let (mut world, dice) = (World::random(seed), &mut Dice(seed));
        let offer = bare_offer(dice, &world);
        let everybody: Vec<Subject> = subjects().collect();
        opened(&mut world, dice.pick(&everybody), (dice.pick(&MODES), &offer));
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[0] };
        for me in everybody {
            for operation in questions(&offer) {
                let expected = naive.ask(&Actor::about(me), Action::Operate(operation));
                assert_eq!(may(&snapshot, me, operation), expected, "world {seed}, {me:?}: {operation:?}");
                *codes.entry(expected.code).or_default() += 1;
            }
        }
    }
    for code in ["role", "lacks-permission", "beyond-your-own", "no-such-target"] {
        assert!(codes.contains_key(code), "no question led to {code}: {codes:?}");
    }
}

// rows: WJ-7
#[test]
fn a_mail_domain_gives_nothing_that_whoever_opened_it_could_not_give() {
    let (mut opens, mut ends) = (0u32, 0u32);
    for seed in seeds(60) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let offer = bare_offer(dice, &world);
        for me in subjects() {
            let mut world = world.clone();
            opened(&mut world, me, (JoinMode::Automatic, &offer));
            let snapshot = Snapshot::compile(org(1), &world.state, None);
            let operation = Operation::OpenMailDomain { domain: domain(0), offer: &offer };
            let by_themselves = |state: &Organization| {
                let snapshot = Snapshot::compile(org(1), state, None);
                may(&snapshot, me, Operation::JoinByDomain { domain: domain(0) }).allowed
            };
            let opened = may(&snapshot, me, operation).allowed;
            assert_eq!(opened, by_themselves(&world.state), "world {seed}, {me:?}");
            if !opened {
                continue;
            }
            opens += 1;
            let role = offer.role_in(&world.state);
            assert!(may(&snapshot, me, Operation::AddMember { role: &role }).allowed, "world {seed}, {me:?}: {role}");
            let invite = Operation::SendInvitation { invitation: crate::world::invitation(0), offer: &offer };
            assert!(may(&snapshot, me, invite).allowed, "world {seed}, {me:?}: {offer:?}");
            // Lowered since, they let nobody in any more.
            let plain = world.state.roles.values().find(|role| role.permissions.set().management().is_empty());
            let plain = plain.filter(|role| role.level == RoleLevel::Organization).map(|role| role.id);
            if let (Subject::Member(person), Some(plain)) = (me, plain) {
                let from = world.state.members[&person].role;
                let beside: Vec<_> = world.state.members[&person].extra_roles.keys().copied().collect();
                world.happens_all(beside.into_iter().map(|role| Event::MemberRoleTaken { person, role }));
                world.happens(Event::MemberRoleChanged { person, from, to: plain });
                assert!(!by_themselves(&world.state), "world {seed}, {me:?} as {plain}");
                ends += 1;
            }
        }
    }
    assert!(opens > 20 && ends > 10, "{opens} could open it, and {ends} of them were lowered");
}

// rows: WJ-7
#[test]
fn nobody_lets_people_in_by_a_mail_domain_with_more_than_they_could_give() {
    let mut world = company();
    let more = [SCHEMING, &["security.edit"]].concat();
    world.happens(Event::RoleDefined(made("schemer", RoleLevel::Organization, &more)));
    let with = |name: &str| Offer { role: Some(role(name)), ..Offer::default() };
    let (mighty, plain, newcomers) = (with("mighty"), with("plain"), Offer::default());
    let open = |offer| Operation::OpenMailDomain { domain: domain(0), offer };
    only_the_owner(&world, open(&mighty), "beyond-your-own");
    assert!(ask(&world, person(SCHEMER), open(&plain)).allowed);
    // What newcomers get is given by it, said or not.
    world.happens(Event::SettingChanged(domain::organization::SettingChange::JoinDefaultRole(role("mighty"))));
    only_the_owner(&world, open(&newcomers), "beyond-your-own");
    // Somebody who asked gets it by nobody who could not give it.
    opened(&mut world, Subject::Member(person(0)), (JoinMode::Request, &mighty));
    only_the_owner(&world, Operation::ApproveJoin { person: person(20) }, "beyond-your-own");
    assert!(!ask(&world, person(SCHEMER), Operation::ApproveJoin { person: person(22) }).allowed, "it has ended");
}
