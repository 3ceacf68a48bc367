//! `wardroom serve`: serve the organizations of a data folder until asked to stop.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use app::sign_in::RelyingParty;
use clap::ArgMatches;

use crate::node::{Node, asked_to_stop, listen, runtime};
use crate::{Fault, doors, settings, telemetry};

pub(crate) fn run(given: &ArgMatches) -> Result<ExitCode, Fault> {
    let data: PathBuf = given.get_one::<PathBuf>("data").cloned().unwrap_or_default();
    // A folder that is there and empty is a beginning; one that is not there is more likely a mistake.
    if !data.is_dir() {
        let data = data.display();
        return Err(Fault(format!(
            "there is nothing to serve in {data}, which is no folder; make it, and an organization is founded in a \
             browser, or found one with `wardroom init --data {data} …`"
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
        // What cannot be read is found out before anybody is told that it is served.
        let set_up = node.app.new_set_up().await.map_err(|problem| Fault(problem.to_string()))?;
        tracing::info!(%address, public_url = node.public_url, "serving");
        if RelyingParty::of(&node.public_url).is_none() {
            let url = &node.public_url;
            tracing::warn!(url, "there are no passkeys here: where an organization asks for one, keys alone open it");
        }
        for (door, place) in doors::DOORS {
            tracing::info!(door, place, "open");
        }
        let listening = match settings.public_url {
            Some(_) => format!(", listening on {address}"),
            None => String::new(),
        };
        let said = |line: String| writeln!(std::io::stdout(), "{line}").map_err(|error| Fault::of("writing", &error));
        said(format!("serving {}{listening}", node.public_url))?;
        // To whoever started it alone, and never into a log: with this, somebody becomes the first owner.
        if let Some(ticket) = set_up {
            said(format!("set up: {}/set-up/{}", node.public_url, ticket.reveal()))?;
        }
        node.serve(listener, asked_to_stop()).await
    })?;
    Ok(ExitCode::SUCCESS)
}
