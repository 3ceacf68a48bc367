//! How long a decision takes, next to Cedar and casbin on equal questions.
//!
//! Every question is drawn before anything is timed. All engines must give the same answers, or nothing is timed.
//! Start reading at [`run`].

mod casbin;
mod cedar;
mod cedar_paper;
mod floor;
mod ours;
mod paper;
mod questions;

use crate::company::{Company, Giving, Size};
use crate::report::{Report, ratio, time};
use crate::stopwatch::{Contestant, Timing, race};
use crate::{Fault, Options};
use verdict::Snapshot;

use paper::Shape;
use questions::Questions;

/// Rounds whose median counts.
const ROUNDS: usize = 7;
/// Questions drawn for each company.
const QUESTIONS: usize = 1 << 14;
/// Questions that all engines answer before any is timed.
const COMPARED: usize = 2_000;
/// Of those, how many an engine answers that needs milliseconds for each.
const COMPARED_SLOW: usize = 100;

/// Rules beyond which the others are left out: they would need a tenth of a second for each question.
const RULES_OF_OTHERS_MAX: usize = 5_000;

/// Prints the section on decisions.
pub(crate) fn run(report: &mut Report, _: &Options) -> Result<(), Fault> {
    at_full_size(report)?;
    as_in_the_paper(report)?;
    with_role_rules(report)
}

/// 10,000 members × 200 integrations × 10,000 tools.
fn at_full_size(report: &mut Report) -> Result<(), Fault> {
    let size = Size { members: 10_000, integrations: 200, tools_each: 50, giving: Giving::Scattered };
    let company = Company::of(size, "https://upstream.example/mcp");
    let questions = Questions::draw(&company, QUESTIONS);
    let snapshot = ours::snapshot(&company);
    let cedar = cedar::Cedar::from_entities(&company, &questions)?;
    let floor = floor::Floor::new(&company, &snapshot);
    let contestants = [
        ours::may_call(&snapshot, &questions),
        ours::evaluate(&snapshot, &company, &questions),
        ours::evaluate_with_key(&snapshot, &company, &questions),
        ours::one_by_one(&snapshot, &questions),
        cedar.contestant("Cedar, rights in entities"),
        floor.contestant(&questions),
    ];
    let allowed = compare(&contestants, COMPARED)?;
    report.heading("Decisions: 10,000 members × 200 integrations × 10,000 tools")?;
    report.line(&format!(
        "{} grants, {:.0} % of the questions allowed; times per question",
        company.grants(),
        allowed * 100.0
    ))?;
    let timings = race(&contestants, QUESTIONS, ROUNDS);
    table(report, &contestants, &timings)?;
    let (impact_ms, gain) = ours::impact_ms(&snapshot, &company);
    report.line(&format!("impact of a change by which {gain} people gain: {impact_ms:.0} ms"))?;
    compiling(report, &snapshot, &company)?;
    let size = Size { members: 100_000, ..size };
    let company = Company::of(size, "https://upstream.example/mcp");
    compiling(report, &ours::snapshot(&company), &company)
}

/// From state to snapshot: all of it, and after each of the usual changes.
fn compiling(report: &mut Report, snapshot: &Snapshot, company: &Company) -> Result<(), Fault> {
    let many = company.members.len();
    report.line(&format!("compiling the snapshot of {many} members: {:.1} ms", ours::compile_ms(company)))?;
    for (change, ms) in ours::change_ms(snapshot, company) {
        report.row(&[&format!("{many} members, after {change}"), &format!("{ms:.2} ms")])?;
    }
    Ok(())
}

/// The shapes of the three workloads of Cedar's paper: few policies, rights held in groups, fifty of everything.
fn as_in_the_paper(report: &mut Report) -> Result<(), Fault> {
    report.heading("Decisions: the shapes of the workloads of Cedar's paper (50 people, 50 groups, 50 things)")?;
    type Made = fn(&Shape, &Questions) -> Result<cedar::Cedar, Fault>;
    let shapes: [(&str, Shape, Made); 3] = [
        ("gdrive", Shape::gdrive(), cedar_paper::gdrive),
        ("github", Shape::github(), cedar_paper::github),
        ("tinytodo", Shape::tinytodo(), cedar_paper::tinytodo),
    ];
    for (name, shape, cedar) in &shapes {
        let questions = Questions::draw(&shape.company, QUESTIONS);
        let snapshot = ours::snapshot(&shape.company);
        let cedar = cedar(shape, &questions)?;
        let contestants = [
            ours::may_call(&snapshot, &questions),
            ours::evaluate(&snapshot, &shape.company, &questions),
            cedar.contestant("Cedar"),
        ];
        let allowed = compare(&contestants, COMPARED)?;
        report.line(&format!("{name}, {:.0} % allowed:", allowed * 100.0))?;
        let timings = race(&contestants, QUESTIONS, ROUNDS);
        table(report, &contestants, &timings)?;
    }
    Ok(())
}

/// The same organization of 1,000 people with ever more rules of the form "this job comes with that integration".
fn with_role_rules(report: &mut Report) -> Result<(), Fault> {
    report.heading("Decisions: role rules, 1,000 members × 200 integrations × 10,000 tools")?;
    let of = |(jobs, integrations)| {
        let giving = Giving::ByJob { jobs, integrations };
        let size = Size { members: 1_000, integrations: 200, tools_each: 50, giving };
        let company = Company::of(size, "https://upstream.example/mcp");
        let questions = Questions::draw(&company, QUESTIONS);
        (jobs * integrations, ours::snapshot(&company), company, questions)
    };
    let sizes = [(10, 5), (25, 20), (50, 100), (250, 200)].map(of);
    for (rules, snapshot, company, questions) in sizes.iter().filter(|(rules, ..)| *rules <= RULES_OF_OTHERS_MAX) {
        let cedar = cedar::Cedar::from_job_rules(company, questions, *rules)?;
        let casbin = casbin::Casbin::new(company, questions)?;
        let ours = ours::may_call(snapshot, questions);
        let contestants = [ours, cedar.contestant("Cedar, one permit a rule"), casbin.contestant()];
        let slow = *rules > 500;
        let allowed = compare(&contestants, if slow { COMPARED_SLOW } else { COMPARED })?;
        report.line(&format!("{rules} rules, {:.0} % allowed:", allowed * 100.0))?;
        let timings = race(&contestants, QUESTIONS, if slow { 3 } else { ROUNDS });
        table(report, &contestants, &timings)?;
    }
    let contestants = sizes.each_ref().map(|(rules, snapshot, _, questions)| Contestant {
        name: format!("Wardroom, {rules} rules"),
        ..ours::may_call(snapshot, questions)
    });
    report.line("growth with the number of rules:")?;
    let timings = race(&contestants, QUESTIONS, ROUNDS);
    table(report, &contestants, &timings)
}

/// Has everyone answer the same questions one by one. Gives the part that was allowed.
fn compare(contestants: &[Contestant<'_>], many: usize) -> Result<f64, Fault> {
    let mut allowed = 0;
    for question in 0..many {
        let mut answers =
            contestants.iter().map(|contestant| ((contestant.answer)(question..question + 1), contestant));
        let Some((first, _)) = answers.next() else { return Ok(0.0) };
        if let Some((_, other)) = answers.find(|(answer, _)| *answer != first) {
            return Err(Fault(format!("{} answers question {question} differently; nothing was timed", other.name)));
        }
        allowed += first;
    }
    Ok(allowed as f64 / many as f64)
}

fn table(report: &mut Report, contestants: &[Contestant<'_>], timings: &[Timing]) -> Result<(), Fault> {
    let first = timings.first().copied();
    for (contestant, timing) in contestants.iter().zip(timings) {
        let times = first.map_or(1.0, |first| timing.p50_ns / first.p50_ns);
        report.row(&[
            &contestant.name,
            &format!("p50 {}", time(timing.p50_ns)),
            &format!("p99 {}", time(timing.p99_ns)),
            &ratio(times),
            &format!("batches of {}", contestant.batch),
        ])?;
    }
    Ok(())
}
