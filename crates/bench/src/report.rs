//! What is printed: headings, lines and rows, to standard output.

use std::io::Write as _;

use crate::Fault;

/// Prints as it goes.
#[derive(Default)]
pub(crate) struct Report;

impl Report {
    pub(crate) fn heading(&mut self, text: &str) -> Result<(), Fault> {
        self.line(&format!("\n## {text}\n"))
    }

    pub(crate) fn line(&mut self, text: &str) -> Result<(), Fault> {
        writeln!(std::io::stdout(), "{text}").map_err(|error| Fault::of("printing", &error))
    }

    /// One row; the first column is wide.
    pub(crate) fn row(&mut self, columns: &[&str]) -> Result<(), Fault> {
        let (first, rest) = columns.split_first().unwrap_or((&"", &[]));
        let rest: String = rest.iter().map(|column| format!("  {column:<16}")).collect();
        self.line(format!("  {first:<52}{rest}").trim_end())
    }
}

/// A time in the unit that suits it.
pub(crate) fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1_000.0 => format!("{ns:.1} ns"),
        ns if ns < 1_000_000.0 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

/// How many times as long.
pub(crate) fn ratio(times: f64) -> String {
    if times < 10.0 { format!("{times:.2}×") } else { format!("{times:.0}×") }
}
