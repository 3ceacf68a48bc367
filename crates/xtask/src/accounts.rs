//! The tests of accounts at upstreams: a real authorization server, protected MCP servers and the scenarios of the official
//! conformance suite, installed below `target/accounts/`. The tests themselves are `tests/accounts/run.mjs`.

use std::path::PathBuf;

use crate::browser::{copy_scripts, node};
use crate::clients::{install_npm, missing_tool};
use crate::process::{Fault, program, root};
use crate::tally::Tally;

/// Runs them against an executable, which is built when everything else is there.
pub(crate) fn run(wardroom: impl FnOnce() -> Result<PathBuf, Fault>) -> Result<Tally, Fault> {
    let (tests, installed) = (root().join("tests/accounts"), root().join("target/accounts"));
    let missing = |tool: &str| {
        Fault::Said(format!("the tests of accounts need {tool}. `--without-accounts` leaves these tests out"))
    };
    if let Some(npm) = missing_tool("npm", &[1], "npm, which comes with Node.js") {
        return Err(missing(&npm));
    }
    let npm = install_npm(&tests, installed.join("npm"))?;
    let node = node(&npm).map_err(|node| missing(&node))?;
    copy_scripts(&tests, &npm)?;
    let wardroom = wardroom()?;
    let mut command = program(node);
    command.arg(npm.join("run.mjs")).env("WARDROOM_BIN", wardroom);
    Tally::of_run(&mut command, "accounts", "tests/accounts/run.mjs")
}
