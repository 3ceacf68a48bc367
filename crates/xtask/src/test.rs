//! `cargo xtask test`: everything that is tested, and as last line the sum.

use crate::process::{Fault, build_wardroom, cargo, follow, tested_wardroom};
use crate::tally::Tally;
use crate::{browser, clients, refuse_unknown};

const WITHOUT_CLIENTS: &str = "--without-clients";
const ONLY_CLIENTS: &str = "--only-clients";
const WITHOUT_BROWSER: &str = "--without-browser";
const ONLY_BROWSER: &str = "--only-browser";
/// The benchmarks pull in the engines that they compare with: long to build, and nothing to test.
const WORKSPACE_TESTS: [&str; 4] = ["test", "--workspace", "--exclude", "bench"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    refuse_unknown(arguments, &[WITHOUT_CLIENTS, ONLY_CLIENTS, WITHOUT_BROWSER, ONLY_BROWSER])?;
    let given = |option: &str| arguments.iter().any(|argument| argument == option);
    let (clients_alone, browser_alone) = (given(ONLY_CLIENTS), given(ONLY_BROWSER));
    let alone = clients_alone || browser_alone;
    if alone && arguments.len() > 1 {
        return Err(Fault::Said(format!("{ONLY_CLIENTS} and {ONLY_BROWSER} stand alone; give no other with them")));
    }
    let mut sum = Tally::default();
    if !alone {
        sum += counted(workspace_tests());
    }
    let wardroom = || if alone { build_wardroom(false) } else { tested_wardroom(&WORKSPACE_TESTS) };
    if !browser_alone && !given(WITHOUT_CLIENTS) {
        sum += counted(clients::run(wardroom));
    }
    if !clients_alone && !given(WITHOUT_BROWSER) {
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
