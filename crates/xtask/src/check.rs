//! `cargo xtask check`: what is said about the code without running its tests.

use crate::generate;
use crate::process::{Fault, cargo, run as run_to_end};
use crate::refuse_unknown;

/// A project of its own, apart from the product (`tests/clients/README.md`).
const RMCP: [&str; 2] = ["--manifest-path", "tests/clients/rmcp/Cargo.toml"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    refuse_unknown(arguments, &[])?;
    // Every step is taken, so that one run shows everything that is to be mended.
    let steps: [(&str, Result<(), Fault>); 6] = [
        ("formatting", run_to_end(&mut cargo(&["fmt", "--all", "--check"]))),
        ("formatting of what drives rmcp", run_to_end(cargo(&["fmt", "--check"]).args(RMCP))),
        (
            "lints",
            run_to_end(&mut cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])),
        ),
        (
            "lints of what drives rmcp",
            run_to_end(
                cargo(&["clippy", "--quiet", "--locked", "--target-dir", "target/clients/rmcp"])
                    .args(RMCP)
                    .args(["--", "-D", "warnings"]),
            ),
        ),
        (
            "documentation",
            run_to_end(
                cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"])
                    .env("RUSTDOCFLAGS", "-D warnings"),
            ),
        ),
        ("generated files", generate::run(&["--check".to_owned()])),
    ];
    let mut all = Ok(());
    for (name, result) in steps {
        match result {
            Ok(()) => println!("{name}: as it should be"),
            Err(fault) => {
                println!("{name}: {fault}");
                all = Err(Fault::Told);
            }
        }
    }
    all
}
