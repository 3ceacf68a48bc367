//! Wardroom's engine as a contestant.

use verdict::{Action, Actor, Credential, Question, Snapshot, Subject};

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

/// Milliseconds that a change of people costs before it is in force: a new snapshot that shares the tools. The median
/// of a few.
pub(crate) fn recompile_ms(snapshot: &Snapshot, company: &Company) -> f64 {
    let state = company.state();
    let compile = |_| {
        let began = now();
        std::hint::black_box(Snapshot::compile(company.org, &state, Some(snapshot)));
        began.elapsed().as_secs_f64() * 1e3
    };
    percentile(&mut (0..9).map(compile).collect::<Vec<_>>(), 0.5)
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
            let actor = Actor { subject: Subject::Member(member.person), credential };
            let action = Action::CallTool { integration: text.integration, tool: text.tool };
            snapshot.evaluate(&Question { actor: &actor, action, now: NOW }).is_allowed()
        });
        allowed.count()
    };
    let name = "Wardroom, evaluate with the key checked".to_owned();
    Contestant { name, batch: BATCH, batches: BATCHES, answer: Box::new(answer) }
}
