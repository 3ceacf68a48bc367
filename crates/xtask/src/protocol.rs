//! The official conformance suite's scenarios for MCP servers, through the product: the suite is installed and the server behind
//! the product built below `target/conformance/`. What runs them is `tests/conformance/run.mjs`.

use std::path::PathBuf;

use crate::browser::node;
use crate::clients::{build_apart, install_npm, missing_tool};
use crate::process::{Fault, program, root};
use crate::tally::Tally;

/// Runs them against an executable, which is built when everything else is there.
pub(crate) fn run(wardroom: impl FnOnce() -> Result<PathBuf, Fault>) -> Result<Tally, Fault> {
    let (tests, installed) = (root().join("tests/conformance"), root().join("target/conformance"));
    let missing = |tool: &str| {
        Fault::Said(format!("the conformance suite needs {tool}. `--without-conformance` leaves these tests out"))
    };
    if let Some(npm) = missing_tool("npm", &[1], "npm, which comes with Node.js") {
        return Err(missing(&npm));
    }
    let npm = install_npm(&tests, installed.join("npm"))?;
    let node = node(&npm).map_err(|node| missing(&node))?;
    let fixture = build_apart(&tests.join("fixture"), &installed.join("fixture"), "conformance-fixture")
        .map_err(|fault| Fault::Said(format!("{fault}. `--without-conformance` leaves these tests out")))?;
    let wardroom = wardroom()?;
    let mut command = program(node);
    command.arg(tests.join("run.mjs")).env("WARDROOM_BIN", wardroom);
    command.env("WARDROOM_CONFORMANCE_NPM", npm).env("WARDROOM_CONFORMANCE_FIXTURE", fixture);
    Tally::of_run(&mut command, "conformance", "tests/conformance/run.mjs")
}
