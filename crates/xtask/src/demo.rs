//! `cargo xtask demo`: builds Wardroom and becomes the demo.

use crate::process::{Fault, build_wardroom, program};

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let release = arguments.first().is_some_and(|argument| argument == "--release");
    let passed_on = arguments.get(usize::from(release)..).unwrap_or_default();
    println!("building Wardroom ({} profile)", if release { "release" } else { "dev" });
    let mut command = program(build_wardroom(release)?);
    // The demo is started where the person stands, so that a relative `--data` means what it says.
    if let Ok(here) = std::env::current_dir() {
        command.current_dir(here);
    }
    command.arg("demo").args(passed_on);
    become_it(command)
}

/// Replaces this process, so that signals and the exit code are the demo's own.
#[cfg(unix)]
fn become_it(mut command: std::process::Command) -> Result<(), Fault> {
    use std::os::unix::process::CommandExt as _;
    let fault = command.exec();
    Err(Fault::Said(format!("the demo could not be started: {fault}")))
}

#[cfg(not(unix))]
fn become_it(mut command: std::process::Command) -> Result<(), Fault> {
    crate::process::run(&mut command)
}
