//! `cargo xtask bench`: the benchmarks, and the executable that they measure, built as they would run in earnest.

use crate::process::{Fault, build_wardroom, cargo, run as run_to_end};

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let wardroom = build_wardroom(true)?;
    let mut command = cargo(&["run", "--release", "--quiet", "--package", "bench", "--", "--wardroom"]);
    run_to_end(command.arg(wardroom).args(arguments))
}
