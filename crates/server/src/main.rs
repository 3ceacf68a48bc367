//! The executable `wardroom`: wiring, and nothing that decides.
//!
//! `main` reads the command line and hands over: to the server (`serve`, `demo`), to what an operator does on
//! the data folder (`init`, `recover`, `link`, `audit_verify`, `doctor`), or to the command line client of the management API (crate `cli`).
//! This crate holds no rule of any kind.
//!
//! Start reading at `main`, then `node`, which puts the rooms together.

mod adapters;
mod audit_verify;
mod command_line;
mod data_folder;
mod demo;
mod doctor;
mod doors;
mod init;
mod internal;
mod node;
mod operations;
mod proxies;
mod recover;
mod serve;
mod settings;
mod telemetry;
mod tls;
mod workers;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = command_line::command().get_matches();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let done = match matches.subcommand() {
        Some(("serve", given)) => serve::run(given),
        Some(("demo", given)) => demo::run(given),
        Some(("init", given)) => init::run(given, &mut out),
        Some(("recover", given)) => recover::run(given, &mut out),
        Some(("link", given)) => recover::link(given, &mut out),
        Some(("doctor", given)) if given.contains_id("data") => doctor::run(given, &mut out),
        Some(("internal", given)) => internal::run(given, &mut out),
        Some(("audit", audit)) if audit.subcommand_name() == Some("verify") => {
            match audit.subcommand_matches("verify") {
                Some(given) => audit_verify::run(given, &mut out),
                None => Ok(ExitCode::FAILURE),
            }
        }
        _ => return cli::run(&matches, &mut out, &mut err),
    };
    done.unwrap_or_else(|fault| {
        // Nobody is left to tell when the place for errors is closed too.
        let _ = writeln!(err, "wardroom: {fault}");
        ExitCode::FAILURE
    })
}

/// Why the executable could not do what it was started for, for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(pub(crate) String);

impl Fault {
    /// Says what was being done when something broke.
    pub(crate) fn of(doing: &str, error: &dyn std::fmt::Display) -> Fault {
        Fault(format!("{doing}: {error}"))
    }
}
