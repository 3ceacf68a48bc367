//! `cargo xtask bench`: the benchmarks, and the executable that they measure, built as they would run in earnest.
//!
//! Cerbos, which is asked the same questions, comes through npm as locked in `crates/bench/cerbos`, for Linux on x86-64,
//! and is put below `target/bench`.

use std::path::PathBuf;

use crate::clients::install_npm;
use crate::process::{Fault, build_wardroom, cargo, root, run as run_to_end};

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let wardroom = build_wardroom(true)?;
    let mut command = cargo(&["run", "--release", "--quiet", "--package", "bench", "--", "--wardroom"]);
    command.arg(wardroom);
    if arguments.is_empty() || arguments.iter().any(|section| section == "authzen") {
        match cerbos() {
            Ok(program) => _ = command.arg("--cerbos").arg(program),
            Err(fault) => println!("bench: Cerbos is left out: {fault}"),
        }
    }
    run_to_end(command.args(arguments))
}

/// Where the executable of Cerbos is: started by itself, since the way through Node.js would be measured along.
fn cerbos() -> Result<PathBuf, Fault> {
    let folder = install_npm(&root().join("crates/bench/cerbos"), root().join("target/bench/cerbos"))?;
    let program = folder.join("node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64");
    let missing = || Fault::Said(format!("{} was not installed", program.display()));
    if program.is_file() { Ok(program) } else { Err(missing()) }
}
