//! Wardroom's engine as a contestant.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::organization::{GrantsTo, SettingChange, Stamp};
use domain::permission::Group;
use domain::role::RoleId;
use verdict::{Action, Actor, Credential, Question, Same, Snapshot, Subject};

use super::questions::Questions;
use crate::company::{Company, NOW};
use crate::stopwatch::{Contestant, now, percentile};

/// Questions that are timed together: reading the clock then costs less than a nanosecond each.
const BATCH: usize = 32;
const BATCHES: usize = 2_048;

/// The company's compiled snapshot.
pub(crate) fn snapshot(company: &Company) -> Snapshot {
    Snapshot::compile(company.org, &company.state(), None)
}

/// Milliseconds that compiling costs: all of it, and a change of people, which shares tools and resources. Medians.
pub(crate) fn compile_ms(snapshot: &Snapshot, company: &Company) -> (f64, f64) {
    let state = company.state();
    let of = |same: Option<Same<'_>>| {
        let compile = |_| {
            let began = now();
            std::hint::black_box(Snapshot::compile(company.org, &state, same));
            began.elapsed().as_secs_f64() * 1e3
        };
        percentile(&mut (0..5).map(compile).collect::<Vec<_>>(), 0.5)
    };
    (of(None), of(Some(Same { before: snapshot, tools: true, resources: true })))
}

/// Milliseconds until the impact of a change is told that touches everybody: every member's role holds more from now
/// on, and one integration is given to all of them. With how many gain by it.
pub(crate) fn impact_ms(snapshot: &Snapshot, company: &Company) -> (f64, usize) {
    let before = company.state();
    let member = RoleId::parse("member").expect("the role's name is well formed");
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
        let same = Same { before: snapshot, tools: true, resources: true };
        let after = Snapshot::compile(company.org, &state, Some(same));
        let gains = snapshot.difference(&after, NOW).len();
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
            let credential = Some(Credential { key: member.key, digest: member.digest });
            let actor = Actor { credential, ..Actor::about(Subject::Member(member.person)) };
            let action = Action::CallTool { integration: text.integration, tool: text.tool };
            snapshot.evaluate(&Question { actor: &actor, action, now: NOW }).is_allowed()
        });
        allowed.count()
    };
    let name = "Wardroom, evaluate with the key checked".to_owned();
    Contestant { name, batch: BATCH, batches: BATCHES, answer: Box::new(answer) }
}
