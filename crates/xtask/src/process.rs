//! Starting other programs from the root of the repository, and saying plainly what went wrong.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The executable of the product.
const WARDROOM: &str = "wardroom";

/// Why a command of `cargo xtask` failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Said in the words of this message.
    Said(String),
    /// The output says it already.
    Told,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Said(message) => f.write_str(message),
            Fault::Told => f.write_str("failed"),
        }
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A program that will be started in the root of the repository.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Cargo with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program("cargo");
    command.args(arguments);
    command
}

/// Runs it to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), Fault> {
    let status = command.status().map_err(|fault| not_started(command, &fault))?;
    if status.success() { Ok(()) } else { Err(Fault::Said(format!("{} ended with {status}", shown(command)))) }
}

/// Runs it to its end and gives what it printed to its standard output.
pub(crate) fn output_of(command: &mut Command) -> Result<Vec<u8>, Fault> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|fault| not_started(command, &fault))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Fault::Said(format!("{} ended with {}", shown(command), output.status)))
    }
}

/// Runs it to its end, hands on every line of its standard output as it comes, and tells whether it succeeded.
pub(crate) fn follow(command: &mut Command, mut each_line: impl FnMut(&str)) -> Result<bool, Fault> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|fault| not_started(command, &fault))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(|fault| not_started(command, &fault))? > 0 {
            each_line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
            line.clear();
        }
    }
    let status = child.wait().map_err(|fault| not_started(command, &fault))?;
    Ok(status.success())
}

/// Builds the executable and tells where it lies, asking cargo and not guessing at target folders.
pub(crate) fn build_wardroom(release: bool) -> Result<PathBuf, Fault> {
    let mut command = cargo(&["build", "--package", "server", "--bin", "wardroom"]);
    command.arg("--message-format=json-render-diagnostics");
    if release {
        command.arg("--release");
    }
    built(command, WARDROOM)
}

/// The executable as it is built for these tests, which were run before: nothing is compiled for it once more, with the
/// features that it has alone.
pub(crate) fn tested_wardroom(tests: &[&str]) -> Result<PathBuf, Fault> {
    let mut command = cargo(tests);
    command.args(["--no-run", "--message-format=json-render-diagnostics"]);
    built(command, WARDROOM)
}

/// Where the executable of this name lies that a build of cargo made, which says what it does in JSON.
pub(crate) fn built(mut command: Command, name: &str) -> Result<PathBuf, Fault> {
    let messages = output_of(&mut command)?;
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == name && message["profile"]["test"] == false)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| Fault::Said(format!("cargo built no executable called {name}")))
}

fn not_started(command: &Command, fault: &std::io::Error) -> Fault {
    let program = command.get_program().to_string_lossy();
    match fault.kind() {
        std::io::ErrorKind::NotFound => Fault::Said(format!("{program} was not found; install it or add it to PATH")),
        _ => Fault::Said(format!("{program} could not be run: {fault}")),
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
