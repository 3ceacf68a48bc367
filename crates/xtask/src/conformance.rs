//! `cargo xtask authzen`: does a server speak AuthZEN 1.0?

use std::fs;

use xtask::authzen::{Cast, Level, examine};

use crate::process::Fault;

const ARGUMENTS: [&str; 3] = ["--url", "--key", "--cast"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let [mut url, mut key, mut cast] = [None, None, None];
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let place = match name.as_str() {
            "--url" => &mut url,
            "--key" => &mut key,
            "--cast" => &mut cast,
            _ => return Err(Fault::Said(format!("{name} is not known here; there is {}", ARGUMENTS.join(", ")))),
        };
        *place = Some(arguments.next().ok_or_else(|| Fault::Said(format!("{name} needs a value")))?);
    }
    let url = url.ok_or_else(|| Fault::Said("say which server: --url https://pdp.example.com".to_owned()))?;
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
