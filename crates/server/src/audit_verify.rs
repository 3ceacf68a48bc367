//! `wardroom audit verify`: walk the chains of a data folder and name the first broken row of each.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::Fault;

pub(crate) fn run(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    let data: PathBuf = given.get_one::<PathBuf>("data").cloned().unwrap_or_default();
    let found = journal::verify(&data).map_err(|error| Fault(error.to_string()))?;
    let sound = found.first_bad.is_empty();
    let text = if given.get_flag("json") {
        let bad = found.first_bad.iter().map(|row| {
            serde_json::json!({ "file": row.file.to_string(), "chain": row.stream, "seq": row.seq, "what": row.what })
        });
        serde_json::json!({
            "sound": sound, "streams": found.streams, "events": found.events, "records": found.records,
            "broken": bad.collect::<Vec<_>>(),
        })
        .to_string()
    } else if sound {
        format!("sound: {} streams, {} events, {} records", found.streams, found.events, found.records)
    } else {
        let lines = found
            .first_bad
            .iter()
            .map(|row| format!("broken: {} chain {} row {}: {}", row.file, row.stream, row.seq, row.what));
        lines.collect::<Vec<_>>().join("\n")
    };
    writeln!(out, "{text}").map_err(|error| Fault::of("writing", &error))?;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
