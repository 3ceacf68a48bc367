//! Counting what passed and what failed, from the lines that test programs print.

use std::fmt;
use std::ops::AddAssign;
use std::process::Command;

use crate::process::{Fault, follow};

/// Tests that passed and tests that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Reads the line on which a test binary of cargo sums up: `test result: ok. 3 passed; 0 failed; …`.
    pub(crate) fn of_test_binary(line: &str) -> Option<Tally> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut counts = counts.split("; ");
        Some(Tally { passed: count(counts.next()?, "passed")?, failed: count(counts.next()?, "failed")? })
    }

    /// Reads the line on which a script of tests sums up, such as `clients: 3 passed, 0 failed`.
    pub(crate) fn of_script(line: &str, name: &str) -> Option<Tally> {
        let (passed, failed) = line.strip_prefix(name)?.strip_prefix(": ")?.split_once(", ")?;
        Some(Tally { passed: count(passed, "passed")?, failed: count(failed, "failed")? })
    }

    /// Runs a script of tests, hands its lines on, and reads the one on which it sums up.
    pub(crate) fn of_run(command: &mut Command, name: &str, script: &str) -> Result<Tally, Fault> {
        let mut sum = None;
        let succeeded = follow(command, |line| {
            println!("{line}");
            sum = Tally::of_script(line, name).or(sum);
        })?;
        let missing = || Fault::Said(format!("{script} ended without its line `{name}: N passed, N failed`"));
        Ok(sum.ok_or_else(missing)?.or_failed(succeeded))
    }

    /// The same, where a program that failed without counting a failure (it did not build, or was killed) counts
    /// as one.
    pub(crate) fn or_failed(self, succeeded: bool) -> Tally {
        if succeeded || self.failed > 0 { self } else { Tally { failed: 1, ..self } }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn count(text: &str, noun: &str) -> Option<u64> {
    text.strip_suffix(noun)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_of_test_binaries_are_read() {
        let line = "test result: FAILED. 36 passed; 2 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.43s";
        assert_eq!(Tally::of_test_binary(line), Some(Tally { passed: 36, failed: 2 }));
        assert_eq!(Tally::of_test_binary("test result_is_kept ... ok"), None);
        assert_eq!(Tally::of_test_binary("  test result: ok. 1 passed; 0 failed"), None);
    }

    #[test]
    fn the_sum_of_a_script_is_read_and_nothing_like_it() {
        let of_clients = |line| Tally::of_script(line, "clients");
        assert_eq!(of_clients("clients: 7 passed, 1 failed"), Some(Tally { passed: 7, failed: 1 }));
        assert_eq!(of_clients("clients: some passed, 1 failed"), None);
        assert_eq!(of_clients("browser: 7 passed, 1 failed"), None);
        assert_eq!(of_clients("7 passed, 1 failed"), None);
    }

    #[test]
    fn a_program_that_dies_without_counting_is_a_failure() {
        let counted = Tally { passed: 3, failed: 0 };
        assert_eq!(counted.or_failed(true), counted);
        assert_eq!(counted.or_failed(false), Tally { passed: 3, failed: 1 });
        assert_eq!(Tally { passed: 3, failed: 2 }.or_failed(false), Tally { passed: 3, failed: 2 });
    }
}
