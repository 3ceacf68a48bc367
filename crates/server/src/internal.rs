//! What is generated from the executable's own definitions: the contract and the pages about settings.

use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::Fault;
use crate::settings::{DEFINITIONS, variable};

pub(crate) fn run(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    let text = match given.subcommand_name() {
        Some("openapi") => {
            let json = api::contract().to_pretty_json();
            json.map_err(|error| Fault::of("the contract cannot be written", &error))? + "\n"
        }
        Some("settings-reference") => reference(),
        Some("settings-sample") => sample(),
        _ => return Err(Fault("see `wardroom internal --help`".to_owned())),
    };
    out.write_all(text.as_bytes()).map_err(|error| Fault::of("writing", &error))?;
    Ok(ExitCode::SUCCESS)
}

fn reference() -> String {
    let mut page = String::from(
        "# Settings\n\nMade by `cargo xtask gen` from the definitions in `crates/server/src/settings.rs`.\n\n\
         A setting comes from its flag of `wardroom serve`, else from its environment variable, else from the settings\n\
         file (`--config FILE`, or `wardroom.toml` in the data folder), else it has its default. An unknown setting keeps\n\
         the server from starting.\n\n| setting | variable | default | what it is for |\n|---|---|---|---|\n",
    );
    for definition in DEFINITIONS {
        let default =
            if definition.default.is_empty() { "(none)".to_owned() } else { format!("`{}`", definition.default) };
        page += &format!(
            "| `{}` | `{}` | {default} | {} |\n",
            definition.name,
            variable(definition.name),
            definition.help.trim()
        );
    }
    page
}

fn sample() -> String {
    let mut page = String::from("# Settings of a Wardroom server; every line shows a default.\n");
    for definition in DEFINITIONS {
        page += &format!("\n# {}\n# {} = \"{}\"\n", definition.help.trim(), definition.name, definition.default);
    }
    page
}
