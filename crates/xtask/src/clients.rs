//! The tests with real, unmodified MCP clients: installing them below `target/clients/`, and running them.
//!
//! Nothing is installed outside the repository, and nothing is skipped in silence: where Python or Node are
//! missing, that is a failure that says what to install. The tests themselves are `tests/clients/run.py`; it finds
//! the executable in `WARDROOM_BIN`, the installed npm packages in `WARDROOM_CLIENTS_NPM`, and the client of the Rust world,
//! which is built and not installed, in `WARDROOM_CLIENTS_RMCP`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Fault, built, cargo, output_of, program, root, run as run_to_end};
use crate::tally::Tally;

const PYTHON_MINOR_MIN: u32 = 11;
const NODE_MAJOR_MIN: u32 = 20;

/// Runs them against an executable, which is built when everything else is there.
pub(crate) fn run(wardroom: impl FnOnce() -> Result<PathBuf, Fault>) -> Result<Tally, Fault> {
    let tests = root().join("tests/clients");
    let script = tests.join("run.py");
    if !script.is_file() {
        println!("clients: there is no tests/clients/run.py, so no client is tested");
        return Ok(Tally::default());
    }
    require_tools()?;
    let installed = root().join("target/clients");
    let python = install_python(&tests, &installed)?;
    let npm = install_npm(&tests, installed.join("npm"))?;
    let rmcp = build_rmcp(&tests, &installed.join("rmcp"))?;
    let wardroom = wardroom()?;

    let mut command = program(python);
    command.arg(&script).env("WARDROOM_BIN", wardroom).env("PYTHONUNBUFFERED", "1");
    command.env("WARDROOM_CLIENTS_NPM", npm).env("WARDROOM_CLIENTS_RMCP", rmcp);
    Tally::of_run(&mut command, "clients", "tests/clients/run.py")
}

/// Names everything that is missing at once.
fn require_tools() -> Result<(), Fault> {
    let missing: Vec<String> = [
        missing_tool("python3", &[3, PYTHON_MINOR_MIN], "Python 3.11 or newer, with its venv module"),
        missing_tool("node", &[NODE_MAJOR_MIN], "Node.js 20 or newer"),
        missing_tool("npm", &[1], "npm, which comes with Node.js"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join("; ");
    Err(Fault::Said(format!("the tests with real clients need {missing}. `--without-clients` leaves these tests out")))
}

pub(crate) fn missing_tool(name: &str, version_min: &[u32], wanted: &str) -> Option<String> {
    let Ok(output) = output_of(program(name).arg("--version")) else { return Some(format!("{wanted} (none found)")) };
    let found = String::from_utf8_lossy(&output).trim().to_owned();
    if version_of(&found).as_slice() < version_min { Some(format!("{wanted} (found {found})")) } else { None }
}

/// The numbers of `Python 3.11.7` or `v20.20.2`.
fn version_of(text: &str) -> Vec<u32> {
    let numbers = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    numbers.split('.').map_while(|number| number.parse().ok()).collect()
}

/// A virtual environment with what `requirements.txt` names; gives its interpreter.
fn install_python(tests: &Path, installed: &Path) -> Result<PathBuf, Fault> {
    let venv = installed.join("python");
    let python = venv.join("bin/python");
    let wanted = tests.join("requirements.txt");
    if is_installed(&wanted, &venv)? {
        return Ok(python);
    }
    println!("clients: installing the Python clients into {}", venv.display());
    run_to_end(program("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let mut pip = program(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    run_to_end(&mut pip)?;
    mark_installed(&wanted, &venv)?;
    Ok(python)
}

/// The npm packages exactly as the lock file has them; gives the folder that holds `node_modules`.
pub(crate) fn install_npm(list: &Path, folder: PathBuf) -> Result<PathBuf, Fault> {
    let wanted = list.join("package-lock.json");
    if is_installed(&wanted, &folder)? {
        return Ok(folder);
    }
    println!("installing npm packages into {}", folder.display());
    fs::create_dir_all(&folder).map_err(|fault| unusable(&folder, &fault))?;
    for name in ["package.json", "package-lock.json"] {
        let from = list.join(name);
        fs::copy(&from, folder.join(name)).map_err(|fault| unusable(&from, &fault))?;
    }
    run_to_end(program("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder))?;
    mark_installed(&wanted, &folder)?;
    Ok(folder)
}

/// What drives `rmcp`; gives its executable.
fn build_rmcp(tests: &Path, folder: &Path) -> Result<PathBuf, Fault> {
    build_apart(&tests.join("rmcp"), folder, "drive-rmcp")
        .map_err(|fault| Fault::Said(format!("{fault}. `--without-clients` leaves these tests out")))
}

/// A cargo project apart from the product, built into a folder of its own, so that nothing of the product is built anew for it;
/// gives its executable.
pub(crate) fn build_apart(project: &Path, folder: &Path, name: &str) -> Result<PathBuf, Fault> {
    if !folder.exists() {
        println!("building {name} into {}, which takes a minute", folder.display());
    }
    let mut command = cargo(&["build", "--quiet", "--locked", "--message-format=json-render-diagnostics"]);
    command.arg("--manifest-path").arg(project.join("Cargo.toml")).arg("--target-dir").arg(folder);
    built(command, name).map_err(|fault| {
        let why = "it is built from the packages of crates.io, as locked";
        Fault::Said(format!("{name} could not be built: {fault}; {why}"))
    })
}

/// The list that was installed last lies beside what was installed; when it is as wanted, nothing is to be done.
fn is_installed(wanted: &Path, folder: &Path) -> Result<bool, Fault> {
    let wanted = fs::read(wanted).map_err(|fault| unusable(wanted, &fault))?;
    Ok(fs::read(folder.join("installed.list")).is_ok_and(|list| list == wanted))
}

fn mark_installed(wanted: &Path, folder: &Path) -> Result<(), Fault> {
    fs::copy(wanted, folder.join("installed.list")).map_err(|fault| unusable(wanted, &fault))?;
    Ok(())
}

pub(crate) fn unusable(path: &Path, fault: &std::io::Error) -> Fault {
    Fault::Said(format!("{} cannot be used: {fault}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(version_of("Python 3.9.18").as_slice() < [3, 11].as_slice());
        assert!(version_of("Python 3.11.7").as_slice() >= [3, 11].as_slice());
        assert!(version_of("v20.20.2").as_slice() >= [20].as_slice());
        assert!(version_of("v8.0.0").as_slice() < [20].as_slice());
        assert!(version_of("nonsense").as_slice() < [1].as_slice());
    }

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let missing = missing_tool("wardroom-no-such-tool", &[1], "the tool");
        assert_eq!(missing.as_deref(), Some("the tool (none found)"));
    }
}
