//! The control door, from a terminal: commands over the HTTP contract of the management API.
//!
//! A command is an HTTP request that a user's own script could make with the same key, and a plain rendering of the
//! answer. This crate never depends on another crate of ours, never decides what anyone may do, and never takes a key
//! or another secret as an argument, since arguments show in process lists and shell histories.
//!
//! Start reading at [`Command`], the contents page: one module per noun. [`server`] speaks HTTP, [`terminal`] speaks
//! to the person, [`failure`] says what the exit codes mean.

mod audit;
mod check;
mod credential;
mod doctor;
mod failure;
mod field;
mod grant;
mod instant;
mod integration;
mod key;
mod member;
mod org;

mod role;
mod server;
mod table;
mod terminal;
mod tool;
mod tool_name;

#[cfg(test)]
mod fake_server;

use std::io::Write;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches, Subcommand};

use crate::failure::Failure;
use crate::terminal::{Surroundings, Terminal};

/// The commands that speak to a running server.
#[derive(Subcommand)]
enum Command {
    /// Show and change the organization
    Org(org::Arguments),
    /// The people of the organization
    Member(member::Arguments),
    /// The roles that a member can have
    Role(role::Arguments),
    /// The tool servers that the organization connected
    Integration(integration::Arguments),
    /// Single tools: their class, and switching them off for everyone
    Tool(tool::Arguments),
    /// Give an integration to a member or a key, or take it away
    Grant(grant::Arguments),
    /// Personal and workspace keys
    Key(key::Arguments),
    /// Ask whether a call would be allowed; ends with 1 where it would be denied
    Check(check::Arguments),
    /// Say why a call would be allowed or denied, and what the member was given there
    Explain(check::Arguments),
    /// What happened: calls and changes
    Audit(audit::Arguments),
    /// Say what is wrong between here and the server
    Doctor(doctor::Arguments),
}

/// The program `wardroom` with the commands of this crate, for the executable to add its own to: either beside them
/// (`.subcommand(...)`) or below one of them (`.mut_subcommand("audit", |audit| audit.subcommand(...))`).
#[must_use]
pub fn command() -> clap::Command {
    let program = clap::Command::new("wardroom")
        .about("The gate between people, AI agents and the tools they use")
        .subcommand_required(true)
        .arg_required_else_help(true);
    Command::augment_subcommands(program)
}

/// Runs the command that `matches`, parsed by [`command`], names: the answer goes to `out`, everything else to `err`.
///
/// Gives 0 where it was done, 1 where the server refused or denied it, 2 where it was asked wrongly, 3 where the
/// server was not reached.
pub fn run(matches: &ArgMatches, out: &mut impl Write, err: &mut impl Write) -> ExitCode {
    let mut surroundings = Surroundings::of_this_process();
    ExitCode::from(run_in(matches, &mut Terminal::new(out, err, &mut surroundings)))
}

/// The same in given surroundings, which is how the tests run it.
fn run_in(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> u8 {
    let done = match Command::from_arg_matches(matches) {
        Ok(command) => dispatch(&command, terminal),
        Err(fault) => Err(Failure::Usage(fault.to_string())),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            let code = failure.exit_code();
            // Nobody is left to tell when the place for errors is closed too.
            let _ = failure.tell(terminal);
            code
        }
    }
}

fn dispatch(command: &Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match command {
        Command::Org(arguments) => org::run(arguments, terminal),
        Command::Member(arguments) => member::run(arguments, terminal),
        Command::Role(arguments) => role::run(arguments, terminal),
        Command::Integration(arguments) => integration::run(arguments, terminal),
        Command::Tool(arguments) => tool::run(arguments, terminal),
        Command::Grant(arguments) => grant::run(arguments, terminal),
        Command::Key(arguments) => key::run(arguments, terminal),
        Command::Check(arguments) => check::check(arguments, terminal),
        Command::Explain(arguments) => check::explain(arguments, terminal),
        Command::Audit(arguments) => audit::run(arguments, terminal),
        Command::Doctor(arguments) => doctor::run(arguments, terminal),
    }
}
