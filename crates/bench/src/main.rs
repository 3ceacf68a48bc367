//! Measurements of Wardroom, side by side with others in one run. `cargo xtask bench` builds and starts this.
//!
//! Never part of the product, and never a test: a machine is noisy, so what counts is the ratio of two figures that
//! were taken in turns. `docs/benchmarks.md` holds the figures of one run and says how they were taken.
//!
//! Start reading at [`main`]; each section is a module.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "figures are rounded anyway, and a benchmark that is wrongly built should stop"
)]

mod company;
mod decisions;
mod draw;
mod report;
mod stopwatch;
mod tools;

use std::process::ExitCode;

use report::Report;

/// A section's name, and what prints it.
type Section = (&'static str, fn(&mut Report) -> Result<(), Fault>);

const SECTIONS: &[Section] = &[("decisions", decisions::run)];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut report = Report;
    let known = |name: &String| SECTIONS.iter().any(|(section, _)| section == name);
    let done = match wanted.iter().find(|name| !known(name)) {
        Some(stranger) => {
            let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
            Err(Fault(format!("there is no section {stranger}; there are {}", names.join(", "))))
        }
        None => SECTIONS
            .iter()
            .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name))
            .try_for_each(|(_, print)| print(&mut report)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = report.line(&format!("bench: {fault}"));
            ExitCode::FAILURE
        }
    }
}

/// Why something could not be measured.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) String);

impl Fault {
    pub(crate) fn of(doing: &str, error: &dyn std::fmt::Display) -> Fault {
        Fault(format!("{doing}: {error}"))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
