//! Wardroom's engine as a contestant.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{KeyId, PersonId};
use domain::key::KeyKind;
use domain::organization::{GrantsTo, SettingChange, Stamp};
use domain::permission::Group;
use verdict::{Action, Actor, Credential, Question, Same, Snapshot, Subject};

use super::questions::Questions;
use crate::company::{Company, Member, NOW, role_named};
use crate::draw::Draw;
use crate::stopwatch::{Contestant, now, percentile};

/// Questions that are timed together: reading the clock then costs less than a nanosecond each.
const BATCH: usize = 32;
const BATCHES: usize = 2_048;
/// Members to whom each usual change is made.
const CHANGES: usize = 25;
/// People whose gains are told one by one, as in `crates/app/src/impact/mod.rs`.
const NAMED: usize = 200;

/// The company's compiled snapshot.
pub(crate) fn snapshot(company: &Company) -> Snapshot {
    Snapshot::compile(company.org, &company.state(), None)
}

/// Milliseconds that compiling all of it costs. The median.
pub(crate) fn compile_ms(company: &Company) -> f64 {
    let state = company.state();
    let compile = |_| {
        let began = now();
        std::hint::black_box(Snapshot::compile(company.org, &state, None));
        began.elapsed().as_secs_f64() * 1e3
    };
    percentile(&mut (0..5).map(compile).collect::<Vec<_>>(), 0.5)
}

/// Milliseconds from a changed state to its snapshot, by the kind of the change; the end of the snapshot is in it.
/// Medians over several members.
pub(crate) fn change_ms(snapshot: &Snapshot, company: &Company) -> Vec<(&'static str, f64)> {
    let mut taken: Vec<(&'static str, Vec<f64>)> = Vec::new();
    let (mut state, mut draw) = (company.state(), Draw::new(31));
    let mut before = None::<Snapshot>;
    for _ in 0..CHANGES {
        let member = &company.members[1 + draw.below(company.members.len() - 1)];
        for event in usual_changes(company, member, &mut draw) {
            state.apply(&Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() }, &event);
            let began = now();
            let events = std::slice::from_ref(&event);
            let same = Same { before: before.as_ref().unwrap_or(snapshot), events };
            before = Some(Snapshot::compile(company.org, &state, Some(same)));
            let took = began.elapsed().as_secs_f64() * 1e3;
            match taken.iter_mut().find(|(name, _)| *name == event.name()) {
                Some((_, times)) => times.push(took),
                None => taken.push((event.name(), vec![took])),
            }
        }
    }
    taken.into_iter().map(|(name, mut times)| (name, percentile(&mut times, 0.5))).collect()
}

/// What happens every day: somebody comes, is given something, has a key and another role, and goes.
fn usual_changes(company: &Company, member: &Member, draw: &mut Draw) -> Vec<Event> {
    let (person, grantee) = (PersonId::from_random(draw.bytes()), Grantee::Member(member.person));
    let (key, integration) = (KeyId::from_random(draw.bytes()), company.services[0].id);
    let (plain, admin) = (role_named("member"), role_named("admin"));
    let (kind, hint) = (KeyKind::Personal { holder: member.person }, String::new());
    let digest = "ab".repeat(32);
    let (profile, tools_off) = (Profile::ReadOnly, BTreeSet::new());
    vec![
        Event::GrantSet { grantee, integration, profile, tools_off, expires_at: None },
        Event::GrantRemoved { grantee, integration },
        Event::MemberAdded { person, role: plain },
        Event::MemberRoleChanged { person, from: plain, to: admin },
        Event::MemberRemoved { person },
        Event::KeyCreated { key, kind, digest, hint, expires_at: None },
        Event::KeyRevoked { key },
    ]
}

/// Milliseconds until the impact of a change is told that touches everybody: every member's role holds more from now
/// on, and one integration is given to all of them. With how many gain by it.
pub(crate) fn impact_ms(snapshot: &Snapshot, company: &Company) -> (f64, usize) {
    let before = company.state();
    let member = role_named("member");
    let mut role = before.roles.get(&member).expect("the preset has it").clone();
    role.permissions.groups.insert(Group::Resources);
    let events = [
        Event::RoleDefined(role),
        Event::SettingChanged(SettingChange::GrantsTo(BTreeSet::from(GrantsTo::ALL))),
        Event::GrantSet {
            grantee: Grantee::Role(member),
            integration: company.services[0].id,
            profile: Profile::ReadOnly,
            tools_off: BTreeSet::new(),
            expires_at: None,
        },
    ];
    let tell = |_| {
        let began = now();
        let mut state = before.clone();
        for event in &events {
            state.apply(&Stamp { seq: state.seq + 1, at: NOW, actor: "operator".to_owned() }, event);
        }
        let same = Same { before: snapshot, events: &events };
        let after = Snapshot::compile(company.org, &state, Some(same));
        let mut comparison = snapshot.compare(&after, NOW, &|_, _| true);
        let changed = comparison.changed_subjects();
        // As many as the product names; the others are counted.
        for subject in changed.iter().take(NAMED) {
            std::hint::black_box(comparison.difference(*subject));
        }
        let gains = changed.len();
        (began.elapsed().as_secs_f64() * 1e3, gains)
    };
    let told: Vec<(f64, usize)> = (0..3).map(tell).collect();
    let gains = told.first().map_or(0, |(_, gains)| *gains);
    (percentile(&mut told.iter().map(|(ms, _)| *ms).collect::<Vec<_>>(), 0.5), gains)
}

/// The shortest way to a yes or no, from three strings.
pub(crate) fn may_call<'c>(snapshot: &'c Snapshot, questions: &'c Questions) -> Contestant<'c> {
    let answer = move |range: std::ops::Range<usize>| {
        let allowed =
            |text: &super::questions::Text<'_>| snapshot.may_call(text.subject, text.integration, text.tool, NOW);
        questions.texts(range).filter(allowed).count()
    };
    Contestant { name: "Wardroom, may_call".to_owned(), batch: BATCH, batches: BATCHES, answer: Box::new(answer) }
}

/// The same, each question timed alone: what reading the clock costs is in it.
pub(crate) fn one_by_one<'c>(snapshot: &'c Snapshot, questions: &'c Questions) -> Contestant<'c> {
    let name = "Wardroom, may_call, one by one, clock included".to_owned();
    Contestant { name, batch: 1, batches: BATCHES * 8, ..may_call(snapshot, questions) }
}

/// The whole answer with its permit or its reason, about a member named by a string.
pub(crate) fn evaluate<'c>(snapshot: &'c Snapshot, company: &'c Company, questions: &'c Questions) -> Contestant<'c> {
    let answer = move |range: std::ops::Range<usize>| {
        let asked = questions.asked[range.clone()].iter().zip(questions.texts(range));
        let allowed = asked.filter(|(asked, text)| {
            let actor = Actor::about(Subject::Member(company.members[asked.member].person));
            let action = Action::CallTool { integration: text.integration, tool: text.tool };
            snapshot.evaluate(&Question { actor: &actor, action, now: NOW }).is_allowed()
        });
        allowed.count()
    };
    let name = "Wardroom, evaluate".to_owned();
    Contestant { name, batch: BATCH, batches: BATCHES, answer: Box::new(answer) }
}

/// The whole answer, with the key that was presented checked, as the gateway asks.
pub(crate) fn evaluate_with_key<'c>(
    snapshot: &'c Snapshot,
    company: &'c Company,
    questions: &'c Questions,
) -> Contestant<'c> {
    let answer = move |range: std::ops::Range<usize>| {
        let asked = questions.asked[range.clone()].iter().zip(questions.texts(range));
        let allowed = asked.filter(|(asked, text)| {
            let member = &company.members[asked.member];
            let credential = Some(Credential::Key { key: member.key, digest: member.digest });
            let actor = Actor { credential, ..Actor::about(Subject::Member(member.person)) };
            let action = Action::CallTool { integration: text.integration, tool: text.tool };
            snapshot.evaluate(&Question { actor: &actor, action, now: NOW }).is_allowed()
        });
        allowed.count()
    };
    let name = "Wardroom, evaluate with the key checked".to_owned();
    Contestant { name, batch: BATCH, batches: BATCHES, answer: Box::new(answer) }
}
