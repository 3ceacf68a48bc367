//! `wardroom serve`: serve the organizations of a data folder until asked to stop.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;

use crate::node::{Node, asked_to_stop, listen, runtime};
use crate::{Fault, doors, settings, telemetry};

pub(crate) fn run(given: &ArgMatches) -> Result<ExitCode, Fault> {
    let data: PathBuf = given.get_one::<PathBuf>("data").cloned().unwrap_or_default();
    if !data.join("journal.db").exists() {
        let data = data.display();
        return Err(Fault(format!(
            "there is nothing to serve in {data}; `wardroom init --data {data} …` founds an organization there"
        )));
    }
    let settings = settings::read(given, &data)?;
    if settings.listen.ip().is_unspecified() && settings.public_url.is_none() {
        return Err(Fault(format!(
            "listening on {} is for others to come: say with --public-url under which URL, such as https://gate.example.com",
            settings.listen
        )));
    }
    telemetry::start(&settings.log)?;
    runtime()?.block_on(async {
        let (listener, address) = listen(&settings).await?;
        let node = Node::open(&data, &settings, address).await?;
        tracing::info!(%address, public_url = node.public_url, "serving");
        for (door, place) in doors::DOORS {
            tracing::info!(door, place, "open");
        }
        let listening = match settings.public_url {
            Some(_) => format!(", listening on {address}"),
            None => String::new(),
        };
        writeln!(std::io::stdout(), "serving {}{listening}", node.public_url)
            .map_err(|error| Fault::of("writing", &error))?;
        node.serve(listener, asked_to_stop()).await
    })?;
    Ok(ExitCode::SUCCESS)
}
