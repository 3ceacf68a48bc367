//! `wardroom recover`: give a holder of an organization's top role a new key, and print it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use app::Quotas;
use clap::ArgMatches;

use crate::node::{application, only_the_time, runtime};
use crate::{Fault, data_folder};

/// What makes a folder a data folder.
const JOURNAL: &str = "journal.db";

pub(crate) fn run(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    let text = |name: &str| given.get_one::<String>(name).cloned();
    let data: PathBuf = given.get_one::<PathBuf>("data").cloned().unwrap_or_default();
    // Nothing is made here: a folder that is not there is a mistake.
    if !data.join(JOURNAL).is_file() {
        return Err(Fault(format!("{} is no data folder; give the one that the server serves", data.display())));
    }
    let (org, member) = (text("org").unwrap_or_default(), text("member"));
    let (recovered, name) = runtime()?.block_on(async {
        let journal = data_folder::open(&data)?;
        let key_file = text("master-key-file").map(PathBuf::from);
        let keyring = data_folder::master_keys(&data, key_file.as_deref(), false)?;
        let app = application(&journal, &keyring, only_the_time(), Quotas::default());
        let recovered = match app.check_master_keys().await {
            Ok(()) => app.recover(&org, member.as_deref()).await,
            Err(problem) => Err(problem),
        };
        let name = match &recovered {
            Ok(recovered) => app.names(recovered.org, &[recovered.holder]).await.pop().unwrap_or_default(),
            Err(_) => String::new(),
        };
        journal.close().await;
        recovered.map(|recovered| (recovered, name)).map_err(|problem| Fault(problem.to_string()))
    })?;
    let line = if given.get_flag("json") {
        serde_json::json!({
            "org": { "id": recovered.org.to_string() },
            "holder": { "id": recovered.holder.to_string(), "name": name },
            "key": recovered.key.reveal(),
        })
        .to_string()
    } else {
        format!("a new key of {name}, shown this once:\n\n    {}\n\nend those that were lost", recovered.key.reveal())
    };
    writeln!(out, "{line}").map_err(|error| Fault::of("writing", &error))?;
    Ok(ExitCode::SUCCESS)
}
