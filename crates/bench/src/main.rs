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

mod authzen;
mod company;
mod data;
mod decisions;
mod draw;
mod footprint;
mod gateway;
mod hop;
mod process;
mod report;
mod stopwatch;
mod tools;
mod upstream;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use report::Report;

/// A section's name, and what prints it.
type Section = (&'static str, fn(&mut Report, &Options) -> Result<(), Fault>);

const SECTIONS: &[Section] =
    &[("decisions", decisions::run), ("server", footprint::run), ("gateway", gateway::run), ("authzen", authzen::run)];

/// What was asked for: `[--wardroom FILE] [--cerbos FILE] [SECTION …]`.
#[derive(Default)]
pub(crate) struct Options {
    wardroom: Option<PathBuf>,
    /// The executable that AuthZEN is compared with; without it, that comparison is left out.
    pub(crate) cerbos: Option<PathBuf>,
    sections: Vec<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Options, Fault> {
        let mut options = Options::default();
        while let Some(word) = words.next() {
            if word == "--wardroom" || word == "--cerbos" {
                let file = words.next().ok_or_else(|| Fault(format!("{word} needs the executable's path")))?;
                let place = if word == "--cerbos" { &mut options.cerbos } else { &mut options.wardroom };
                *place = Some(file.into());
            } else if SECTIONS.iter().any(|(name, _)| *name == word) {
                options.sections.push(word);
            } else {
                let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
                return Err(Fault(format!("there is no section {word}; there are {}", names.join(", "))));
            }
        }
        Ok(options)
    }

    /// The executable that is measured.
    pub(crate) fn wardroom(&self) -> Result<&Path, Fault> {
        let missing = || Fault("name the executable with --wardroom FILE; `cargo xtask bench` does".to_owned());
        self.wardroom.as_deref().ok_or_else(missing)
    }

    fn wants(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.iter().any(|wanted| wanted == section)
    }
}

fn main() -> ExitCode {
    let mut report = Report;
    let done = Options::read(std::env::args().skip(1)).and_then(|options| {
        let wanted = SECTIONS.iter().filter(|(name, _)| options.wants(name));
        wanted.map(|(_, print)| print).try_for_each(|print| print(&mut report, &options))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = report.line(&format!("bench: {fault}"));
            ExitCode::FAILURE
        }
    }
}

/// A runtime for one thing to be waited for, on this thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Fault::of("starting the runtime", &error))
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
