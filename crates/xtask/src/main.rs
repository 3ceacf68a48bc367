//! `cargo xtask`: the one front door of commands for people who work on Wardroom.
//!
//! Automation only: it starts cargo, the built executable and the test clients, and examines servers from outside. It
//! holds no logic of the product and writes nothing outside the repository.
//!
//! Start reading at [`COMMANDS`]; each command has its own module.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks by printing")]

mod accounts;
mod bench;
mod browser;
mod check;
mod clients;
mod conformance;
mod demo;
mod generate;
mod mutants;
mod peer;
mod process;
mod protocol;
mod requirements;
mod soak;
mod tally;
mod test;

use std::process::ExitCode;

use process::Fault;

/// One command of `cargo xtask`.
struct XtaskCommand {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), Fault>,
}

const COMMANDS: &[XtaskCommand] = &[
    XtaskCommand {
        name: "demo",
        arguments: "[--release] [arguments of `wardroom demo`]",
        help: "build Wardroom (dev profile: quick to build, slower to run) and start the demo company",
        run: demo::run,
    },
    XtaskCommand {
        name: "test",
        arguments: "[--without-PART]… | --only-PART, where PART is clients, accounts, conformance or browser",
        help: "run every test, then the real MCP clients, a real browser and the other parts against the built executable",
        run: test::run,
    },
    XtaskCommand {
        name: "check",
        arguments: "",
        help: "formatting, lints and documentation, all warnings refused, and `gen --check`",
        run: check::run,
    },
    XtaskCommand {
        name: "gen",
        arguments: "[--check]",
        help: "write the generated files anew; with --check only say which are out of date",
        run: generate::run,
    },
    XtaskCommand {
        name: "bench",
        arguments: "[arguments of the benchmarks]",
        help: "build the benchmarks in release mode and run them",
        run: bench::run,
    },
    XtaskCommand {
        name: "soak",
        arguments: "[name of a test]",
        help: "run the long form of the product's tests, optimized, appending the figures to docs/soak.md",
        run: soak::run,
    },
    XtaskCommand {
        name: "mutants",
        arguments: "[--row ROW]… [--from NAME] [--list]",
        help: "break the rules of the product one by one in a copy, and say which tests see it",
        run: mutants::run,
    },
    XtaskCommand {
        name: "authzen",
        arguments: "--url URL [--key KEY] [--cast FILE] | --cerbos",
        help: "ask any server the questions of the AuthZEN certification scenario; a cast names who plays which part; \
               with --cerbos install and start that one, and ask it",
        run: conformance::run,
    },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next().filter(|name| !matches!(name.as_str(), "help" | "--help" | "-h")) else {
        println!("{}", overview());
        return ExitCode::SUCCESS;
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("there is no command {name}\n\n{}", overview());
        return ExitCode::from(2);
    };
    let arguments: Vec<String> = arguments.collect();
    match (command.run)(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault::Told) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("cargo xtask {name}: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn overview() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND\n");
    for XtaskCommand { name, arguments, help, .. } in COMMANDS {
        text.push_str(&format!("\n  {}\n      {help}\n", format!("{name} {arguments}").trim_end()));
    }
    text
}

/// Refuses what a command does not know.
fn refuse_unknown(arguments: &[String], known: &[&str]) -> Result<(), Fault> {
    match arguments.iter().find(|argument| !known.contains(&argument.as_str())) {
        None => Ok(()),
        Some(unknown) if known.is_empty() => Err(Fault::Said(format!("{unknown}: this command takes no arguments"))),
        Some(unknown) => Err(Fault::Said(format!("{unknown} is not known here; there is {}", known.join(", ")))),
    }
}
