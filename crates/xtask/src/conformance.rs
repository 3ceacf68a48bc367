//! `cargo xtask authzen`: does a server speak AuthZEN 1.0? Any server by its address, or Cerbos, which is installed and
//! started for it.

use std::fs;

use xtask::authzen::{Cast, Level, Report, examine};
use xtask::cerbos::Cerbos;

use crate::peer::install_cerbos;
use crate::process::{Fault, root};

const ARGUMENTS: [&str; 3] = ["--url", "--key", "--cast"];
const CERBOS: &str = "--cerbos";
/// What Cerbos is told of the scenario, below the root of the repository.
const POLICIES: &str = "crates/xtask/cerbos";

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    if arguments.iter().any(|argument| argument == CERBOS) {
        return cerbos(arguments);
    }
    let [mut url, mut key, mut cast] = [None, None, None];
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let place = match name.as_str() {
            "--url" => &mut url,
            "--key" => &mut key,
            "--cast" => &mut cast,
            _ => {
                return Err(Fault::Said(format!(
                    "{name} is not known here; there is {}, {CERBOS}",
                    ARGUMENTS.join(", ")
                )));
            }
        };
        *place = Some(arguments.next().ok_or_else(|| Fault::Said(format!("{name} needs a value")))?);
    }
    let missing = || Fault::Said(format!("say which server: --url https://pdp.example.com, or {CERBOS}"));
    let url = url.ok_or_else(missing)?;
    let cast = match cast {
        None => Cast::of_the_scenario(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|fault| Fault::Said(format!("{path}: {fault}")))?;
            let value = serde_json::from_str(&text).map_err(|fault| Fault::Said(format!("{path}: {fault}")))?;
            Cast::read(value).map_err(|fault| Fault::Said(format!("{path}: {fault}")))?
        }
    };
    let report = examine(url, key.map(String::as_str), &cast).map_err(Fault::Said)?;
    println!("{report}");
    if Level::ALL.into_iter().all(|level| report.passes(level)) { Ok(()) } else { Err(Fault::Told) }
}

/// Examines Cerbos. What it does not pass is told and is no failure of ours; that it could not be examined is one.
fn cerbos(arguments: &[String]) -> Result<(), Fault> {
    if arguments.len() > 1 {
        return Err(Fault::Said(format!("{CERBOS} starts its own server, and goes with nothing else")));
    }
    let installed = install_cerbos()?;
    let policies = root().join(POLICIES);
    let mut server = Cerbos::start(&installed.program, &policies).map_err(Fault::Said)?;
    server.wait_until_ready().map_err(Fault::Said)?;
    let report = examine(&format!("http://{}", server.address()), None, &Cast::of_the_scenario());
    let report = understood(report.map_err(Fault::Said)?)?;
    println!("Cerbos {}, with the policies of {POLICIES}\n\n{report}", installed.version);
    Ok(())
}

/// Where not even the first question of all is answered with a yes, the policies did not arrive, and the report is not
/// about Cerbos.
fn understood(report: Report) -> Result<Report, Fault> {
    if report.cases.iter().any(|case| case.section == "2.2.1" && case.fault.is_none()) {
        return Ok(report);
    }
    Err(Fault::Said(format!("Cerbos does not answer as {POLICIES} says, so this is no examination of it\n\n{report}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        run(&words).expect_err("it is refused").to_string()
    }

    #[test]
    fn cerbos_is_examined_alone() {
        assert!(refused(&["--cerbos", "--url", "http://127.0.0.1:9"]).contains("goes with nothing else"));
        assert!(refused(&["--cerbos", "--cerbos"]).contains("goes with nothing else"));
        assert!(refused(&["--key", "k"]).contains("--cerbos"), "it is named where no server is");
    }

    #[test]
    fn a_report_of_a_server_without_the_policies_is_no_examination() {
        assert!(understood(Report::default()).is_err_and(|fault| fault.to_string().contains(POLICIES)));
    }
}
