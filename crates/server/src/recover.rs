//! `wardroom recover`: give a holder of an organization's top role a new key or a link to sign in, and print it, or sign
//! everybody out; and `wardroom link`: the link for anybody.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use app::{App, Problem, Quotas};
use clap::ArgMatches;

use crate::adapters::day;
use crate::node::{application, only_the_time, runtime};
use crate::{Fault, data_folder, settings};

/// What makes a folder a data folder.
const JOURNAL: &str = "journal.db";

pub(crate) fn run(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    if given.get_flag("end-sessions") {
        return end_sessions(given, out);
    }
    let (org, member) = (text(given, "org").unwrap_or_default(), text(given, "member"));
    if given.get_flag("link") {
        return link_for(given, out, async |app| {
            let recovered = app.recover_with_link(&org, member.as_deref()).await?;
            let name = app.names(recovered.org, &[recovered.holder]).await.pop().unwrap_or_default();
            Ok((name, recovered.link.reveal().to_owned()))
        });
    }
    let (recovered, name) = on_the_folder(given, async |app| {
        let recovered = app.recover(&org, member.as_deref()).await?;
        let name = app.names(recovered.org, &[recovered.holder]).await.pop().unwrap_or_default();
        Ok((recovered, name))
    })?;
    let line = if given.get_flag("json") {
        serde_json::json!({
            "org": { "id": recovered.org.to_string(), "ends_on": recovered.deletes_at.map(day) },
            "holder": { "id": recovered.holder.to_string(), "name": name },
            "key": recovered.key.reveal(),
        })
        .to_string()
    } else {
        let key = recovered.key.reveal();
        let told = format!("a new key of {name}, shown this once:\n\n    {key}\n\nend those that were lost");
        match recovered.deletes_at {
            None => told,
            Some(end) => format!(
                "{told}\n\n{org} was deleted and ends on {}; until then the key restores it: wardroom org restore",
                day(end)
            ),
        }
    };
    writeln!(out, "{line}").map_err(|error| Fault::of("writing", &error))?;
    Ok(ExitCode::SUCCESS)
}

/// What a copy of the data folder brought back, and nobody should have any more.
fn end_sessions(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    on_the_folder(given, async |app| app.sign_everybody_out().await)?;
    let line = match given.get_flag("json") {
        true => serde_json::json!({ "ended": true }).to_string(),
        false => "everybody is signed out, and no link that was made is good any more; keys stay".to_owned(),
    };
    writeln!(out, "{line}").map_err(|error| Fault::of("writing", &error))?;
    Ok(ExitCode::SUCCESS)
}

/// `wardroom link`.
pub(crate) fn link(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    let member = text(given, "member").unwrap_or_default();
    link_for(given, out, async |app| {
        let link = match given.get_flag("lost-passkeys") {
            true => app.make_recovery_link(&member).await?,
            false => app.make_link(&member).await?,
        };
        Ok((member.clone(), link.reveal().to_owned()))
    })
}

/// Makes a link, and prints whom it signs in and what it is.
fn link_for(
    given: &ArgMatches,
    out: &mut impl Write,
    make: impl AsyncFnOnce(&App) -> Result<(String, String), Problem>,
) -> Result<ExitCode, Fault> {
    let (name, token) = on_the_folder(given, make)?;
    let (public_url, remark) = settings::read(given, data(given))?.reached_at();
    tell(remark);
    let link = format!("{public_url}/sign-in/link/{token}");
    let line = match given.get_flag("json") {
        true => serde_json::json!({ "holder": { "name": name }, "link": link }).to_string(),
        false => format!("{name} signs in with this link, once, within a day:\n\n    {link}"),
    };
    writeln!(out, "{line}").map_err(|error| Fault::of("writing", &error))?;
    Ok(ExitCode::SUCCESS)
}

/// Does something with the application on a data folder that is there, with the master keys that it was sealed with.
fn on_the_folder<T>(given: &ArgMatches, act: impl AsyncFnOnce(&App) -> Result<T, Problem>) -> Result<T, Fault> {
    let data = data(given);
    // Nothing is made here: a folder that is not there is a mistake.
    if !data.join(JOURNAL).is_file() {
        return Err(Fault(format!("{} is no data folder; give the one that the server serves", data.display())));
    }
    let key_file = settings::read(given, data)?.master_key_file;
    runtime()?.block_on(async {
        let journal = data_folder::open(data)?;
        let keyring = data_folder::master_keys(data, key_file.as_deref(), false)?;
        let app = application(&journal, &keyring, only_the_time(), Quotas::default());
        let done = match app.check_master_keys().await {
            Ok(()) => act(&app).await,
            Err(problem) => Err(problem),
        };
        journal.close().await;
        done.map_err(|problem| Fault(problem.to_string()))
    })
}

/// Tells whoever runs the command something beside what it prints.
pub(crate) fn tell(remark: Option<String>) {
    if let Some(remark) = remark {
        // Nobody is there to hear it where the place for errors is closed.
        let _ = writeln!(std::io::stderr(), "wardroom: {remark}");
    }
}

fn text(given: &ArgMatches, name: &str) -> Option<String> {
    given.get_one::<String>(name).cloned()
}

fn data(given: &ArgMatches) -> &Path {
    given.get_one::<PathBuf>("data").map(PathBuf::as_path).unwrap_or(Path::new(""))
}
