//! `cargo xtask bench`: the benchmarks, and the executable that they measure, built as they would run in earnest.

use crate::peer::install_cerbos;
use crate::process::{Fault, build_wardroom, cargo, run as run_to_end};

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let wardroom = build_wardroom(true)?;
    let mut command = cargo(&["run", "--release", "--quiet", "--package", "bench", "--", "--wardroom"]);
    command.arg(wardroom);
    if arguments.is_empty() || arguments.iter().any(|section| section == "authzen") {
        match install_cerbos() {
            Ok(installed) => _ = command.arg("--cerbos").arg(installed.program),
            Err(fault) => println!("bench: Cerbos is left out: {fault}"),
        }
    }
    run_to_end(command.args(arguments))
}
