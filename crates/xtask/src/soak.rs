//! `cargo xtask soak`: the tests of the product and of its engine in their long form, whose figures are kept in
//! `docs/soak.md`.
//!
//! The tests read `WARDROOM_SOAK` and print their figures on lines with `soak: `.

use std::fs::OpenOptions;
use std::io::Write as _;

use crate::process::{Fault, cargo, follow, output_of, program, root};
use crate::tally::Tally;

const MARK: &str = "soak: ";
const PAGE: &str = "docs/soak.md";

/// The tests that have a long form: a package, and the one of its test programs that holds them.
const SUITES: [(&str, &str); 2] = [("verdict", "oracle"), ("server", "product")];

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let mut figures = Vec::new();
    let mut sum = Tally::default();
    for suite in SUITES {
        sum += soaked(suite, arguments, &mut figures)?;
    }
    if figures.is_empty() {
        return Err(Fault::Said(format!("no test printed a line with `{MARK}`, so there is nothing to keep ({sum})")));
    }
    append(&section(&stamp()?, sum, &figures))?;
    println!("appended to {PAGE}\n\n{sum}");
    if sum.failed == 0 { Ok(()) } else { Err(Fault::Told) }
}

/// Runs one suite to its end; what it printed as figures is added to those that there are.
fn soaked((package, test): (&str, &str), arguments: &[String], figures: &mut Vec<String>) -> Result<Tally, Fault> {
    let mut command = cargo(&["test", "--profile", "soak", "--package", package, "--test", test, "--", "--nocapture"]);
    // One test at a time: each wants the machine for itself, and its figures should mean something.
    command.arg("--test-threads=1").args(arguments).env("WARDROOM_SOAK", "1");
    let mut sum = Tally::default();
    let succeeded = follow(&mut command, |line| {
        println!("{line}");
        figures.extend(figure(line).map(str::to_owned));
        if let Some(tally) = Tally::of_test_binary(line) {
            sum += tally;
        }
    })?;
    Ok(sum.or_failed(succeeded))
}

/// The figure on a line. The test harness may have written the name of the test before it.
fn figure(line: &str) -> Option<&str> {
    line.find(MARK).and_then(|at| line.get(at + MARK.len()..)).map(str::trim)
}

fn section(stamp: &str, sum: Tally, figures: &[String]) -> String {
    let mut text = format!("\n## {stamp}\n\n{sum}\n\n");
    for figure in figures {
        text.push_str(&format!("- {figure}\n"));
    }
    text
}

/// When, of which commit, and on how many cores.
fn stamp() -> Result<String, Fault> {
    let said = |command: &mut std::process::Command| {
        output_of(command).map(|output| String::from_utf8_lossy(&output).trim().to_owned())
    };
    let day = said(program("date").args(["-u", "+%Y-%m-%d"]))?;
    let commit = said(program("git").args(["describe", "--always", "--dirty"])).unwrap_or_else(|_| "no commit".into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(format!("{day}, {commit}, {cores} cores"))
}

fn append(section: &str) -> Result<(), Fault> {
    let path = root().join(PAGE);
    let said = |fault: std::io::Error| Fault::Said(format!("{}: {fault}", path.display()));
    let is_new = !path.exists();
    let mut page = OpenOptions::new().create(true).append(true).open(&path).map_err(said)?;
    if is_new {
        page.write_all(b"# Soak runs\n\nAppended by `cargo xtask soak`, the newest last.\n").map_err(said)?;
    }
    page.write_all(section.as_bytes()).map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_behind_the_name_of_the_test() {
        assert_eq!(
            figure("test a_key_dies_at_once ... soak: 100000 requests, 0 late"),
            Some("100000 requests, 0 late")
        );
        assert_eq!(figure("soak: 3 rounds"), Some("3 rounds"));
        assert_eq!(figure("test soaked ... ok"), None);
    }

    #[test]
    fn a_section_holds_the_sum_and_every_figure() {
        let text = section("2026-01-02, abc, 2 cores", Tally { passed: 2, failed: 0 }, &["a".into(), "b".into()]);
        assert_eq!(text, "\n## 2026-01-02, abc, 2 cores\n\n2 passed, 0 failed\n\n- a\n- b\n");
    }
}
