//! Building one test binary of the copy, and running single tests of it, with an end to every wait.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::catalogue::Binary;
use super::tree::Tree;
use crate::process::Fault;

/// The longest of the tests takes a minute on a slow machine; a mutant that waits for what never comes takes longer.
const RUN_MAX: Duration = Duration::from_secs(180);
/// What a run of several tests may take besides, each.
const RUN_MAX_EACH: Duration = Duration::from_secs(30);

/// Characters that are told of a complaint.
const COMPLAINT_MAX: usize = 200;

/// How a test ended that was run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Passed,
    /// With the place and the first words of its complaint.
    Failed(String),
}

/// Why a mutant cannot be judged.
pub(super) enum Unusable {
    DoesNotCompile(String),
    DoesNotEnd,
}

/// Builds a test binary and gives its path.
///
/// # Errors
/// In the outer result where cargo cannot be started, in the inner one where it does not compile.
pub(super) fn build(tree: &mut Tree, binary: &Binary) -> Result<Result<PathBuf, Unusable>, Fault> {
    if let Some(path) = tree.built(binary) {
        return Ok(Ok(path));
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(tree.root()).args(["test", "--no-run", "--message-format=json-render-diagnostics", "--package"]);
    cargo.arg(&binary.package);
    match &binary.target {
        Some(target) => cargo.args(["--test", target]),
        None => cargo.arg("--lib"),
    };
    // Little is written for a debugger that never comes, and of a crate only what changed is built anew.
    cargo.env("CARGO_TARGET_DIR", tree.target()).env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1");
    let output = cargo.output().map_err(|fault| Fault::Said(format!("cargo could not be run: {fault}")))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let why = told.lines().find(|line| line.starts_with("error")).unwrap_or("cargo did not say why").to_owned();
        return Ok(Err(Unusable::DoesNotCompile(why)));
    }
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let built = messages
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["profile"]["test"] == serde_json::Value::Bool(true))
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    let path = built.ok_or_else(|| Fault::Said(format!("cargo built no tests of {}", binary.package)))?;
    tree.note_built(binary, path.clone());
    Ok(Ok(path))
}

/// Runs the tests with these names and tells how each ended that was run.
pub(super) fn run(
    tree: &Tree,
    binary: &Binary,
    (path, names): (&PathBuf, &[&str]),
) -> Result<Result<BTreeMap<String, Ending>, Unusable>, Fault> {
    let said = |fault: std::io::Error| Fault::Said(format!("{}: {fault}", path.display()));
    let mut command = Command::new(path);
    command.current_dir(tree.root().join("crates").join(&binary.package)).args(names);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(said)?;
    let (sender, receiver) = sync_channel(1);
    if let Some(mut stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut told = Vec::new();
            let read = stdout.read_to_end(&mut told);
            // Nobody listens any more where it took too long.
            _ = sender.send(read.map(|_| told));
        });
    }
    let most = u32::try_from(names.len()).map_or(Duration::MAX, |tests| RUN_MAX + RUN_MAX_EACH * tests);
    let Ok(told) = receiver.recv_timeout(most) else {
        child.kill().map_err(said)?;
        child.wait().map_err(said)?;
        return Ok(Err(Unusable::DoesNotEnd));
    };
    child.wait().map_err(said)?;
    let told = String::from_utf8_lossy(&told.map_err(said)?).into_owned();
    Ok(Ok(endings(&told, names)))
}

/// How each test ended, from what a test binary prints.
fn endings(told: &str, names: &[&str]) -> BTreeMap<String, Ending> {
    let of = |line: &str| {
        let (path, ending) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let name = names.iter().find(|name| path.rsplit("::").next() == Some(**name))?;
        let ending = match ending {
            "ok" => Ending::Passed,
            "FAILED" => Ending::Failed(complaint(told, path)),
            _ => return None,
        };
        Some(((*name).to_owned(), ending))
    };
    told.lines().filter_map(of).collect()
}

/// Where a test complained, and the beginning of what it said.
fn complaint(told: &str, path: &str) -> String {
    let section = told.split(&format!("---- {path} stdout ----\n")).nth(1).unwrap_or_default();
    let mut after = section.split(" panicked at ").skip(1).flat_map(|rest| rest.lines().take(2));
    let (place, words) = (after.next().unwrap_or_default(), after.next().unwrap_or_default());
    format!("{} {words}", place.trim_end_matches(':')).trim().chars().take(COMPLAINT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "running 2 tests\n\
        test rows::keys::everyone_has_one ... FAILED\n\
        test rows::everyone_has_one_more ... ok\n\n\
        failures:\n\n\
        ---- rows::keys::everyone_has_one stdout ----\n\n\
        thread 'rows::keys::everyone_has_one' (1) panicked at crates/server/tests/product/rows.rs:30:9:\n\
        make a key: 403\nnote: run with `RUST_BACKTRACE=1`\n";

    #[test]
    fn only_the_named_tests_count_and_a_failure_tells_its_place_and_first_words() {
        let found = endings(TOLD, &["everyone_has_one"]);
        let failed = Ending::Failed("crates/server/tests/product/rows.rs:30:9 make a key: 403".to_owned());
        assert_eq!(found, [("everyone_has_one".to_owned(), failed)].into());
        assert_eq!(endings(TOLD, &["everyone_has_one_more"])["everyone_has_one_more"], Ending::Passed);
    }

    #[test]
    fn a_test_that_did_not_run_has_no_ending() {
        assert!(endings(TOLD, &["nobody_has_one"]).is_empty());
        assert!(endings("test a::nobody_has_one ... ignored", &["nobody_has_one"]).is_empty());
    }
}
