//! `cargo xtask bench`: the benchmarks, built as they would run in earnest.

use crate::process::{Fault, cargo, run as run_to_end};

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    run_to_end(cargo(&["run", "--release", "--quiet", "--package", "bench", "--"]).args(arguments))
}
