//! `cargo xtask test`: everything that is tested, and as last line the sum.

use crate::process::{Fault, build_wardroom, cargo, follow, tested_wardroom};
use crate::tally::Tally;
use crate::{accounts, browser, clients, protocol, refuse_unknown};

const WITHOUT_CLIENTS: &str = "--without-clients";
const ONLY_CLIENTS: &str = "--only-clients";
const WITHOUT_BROWSER: &str = "--without-browser";
const ONLY_BROWSER: &str = "--only-browser";
const WITHOUT_ACCOUNTS: &str = "--without-accounts";
const ONLY_ACCOUNTS: &str = "--only-accounts";
const WITHOUT_CONFORMANCE: &str = "--without-conformance";
const ONLY_CONFORMANCE: &str = "--only-conformance";
/// The benchmarks pull in the engines that they compare with: long to build, and nothing to test.
const WORKSPACE_TESTS: [&str; 4] = ["test", "--workspace", "--exclude", "bench"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let only = [ONLY_CLIENTS, ONLY_BROWSER, ONLY_ACCOUNTS, ONLY_CONFORMANCE];
    let without = [WITHOUT_CLIENTS, WITHOUT_BROWSER, WITHOUT_ACCOUNTS, WITHOUT_CONFORMANCE];
    refuse_unknown(arguments, &[only, without].concat())?;
    let given = |option: &str| arguments.iter().any(|argument| argument == option);
    let alone = only.into_iter().find(|option| given(option));
    if alone.is_some() && arguments.len() > 1 {
        return Err(Fault::Said(format!("{} stand alone; give no other with one of them", only.join(", "))));
    }
    let wants = |only: &str, without: &str| alone.map_or(!given(without), |alone| alone == only);
    let mut sum = Tally::default();
    if alone.is_none() {
        sum += counted(workspace_tests());
    }
    let wardroom = || if alone.is_some() { build_wardroom(false) } else { tested_wardroom(&WORKSPACE_TESTS) };
    if wants(ONLY_CLIENTS, WITHOUT_CLIENTS) {
        sum += counted(clients::run(wardroom));
    }
    if wants(ONLY_ACCOUNTS, WITHOUT_ACCOUNTS) {
        sum += counted(accounts::run(wardroom));
    }
    if wants(ONLY_CONFORMANCE, WITHOUT_CONFORMANCE) {
        sum += counted(protocol::run(wardroom));
    }
    if wants(ONLY_BROWSER, WITHOUT_BROWSER) {
        sum += counted(browser::run(wardroom));
    }
    println!("\n{sum}");
    if sum.failed == 0 && sum.passed > 0 { Ok(()) } else { Err(Fault::Told) }
}

/// A part that could not even be run is one failure, and the other parts are run all the same.
fn counted(part: Result<Tally, Fault>) -> Tally {
    part.unwrap_or_else(|fault| {
        eprintln!("cargo xtask test: {fault}");
        Tally { passed: 0, failed: 1 }
    })
}

fn workspace_tests() -> Result<Tally, Fault> {
    let mut command = cargo(&WORKSPACE_TESTS);
    command.arg("--no-fail-fast");
    let mut sum = Tally::default();
    let succeeded = follow(&mut command, |line| {
        println!("{line}");
        if let Some(tally) = Tally::of_test_binary(line) {
            sum += tally;
        }
    })?;
    Ok(sum.or_failed(succeeded))
}
