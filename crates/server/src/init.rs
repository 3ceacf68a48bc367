//! `wardroom init`: found an organization in a data folder and print its first owner's key and link to sign in.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use app::organizations::Founding;
use clap::ArgMatches;
use journal::StreamId;

use crate::node::{application, only_the_time, runtime};
use crate::recover::tell;
use crate::{Fault, data_folder, settings};

pub(crate) fn run(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    let text = |name: &str| given.get_one::<String>(name).cloned();
    let data: PathBuf = given.get_one::<PathBuf>("data").cloned().unwrap_or_default();
    let founding = Founding {
        name: text("org").unwrap_or_default(),
        slug: text("slug"),
        preset: text("preset"),
        owner_email: text("owner").unwrap_or_default(),
        owner_name: text("owner-name"),
    };
    let email = founding.owner_email.clone();
    let settings = settings::read(given, &data)?;
    let founded = runtime()?.block_on(async {
        let journal = data_folder::open(&data)?;
        let head = journal.head(StreamId::Directory).await.map_err(|error| Fault(error.to_string()))?;
        let keyring = data_folder::master_keys(&data, settings.master_key_file.as_deref(), head == 0)?;
        let app = application(&journal, &keyring, only_the_time(), settings.quotas());
        let founded = app.found_organization(founding).await.map_err(|problem| Fault(problem.to_string()));
        journal.close().await;
        founded
    })?;
    let (public_url, remark) = settings.reached_at();
    tell(remark);
    let link = format!("{public_url}/sign-in/link/{}", founded.link.reveal());
    let line = if given.get_flag("json") {
        serde_json::json!({
            "org": { "id": founded.org.to_string(), "slug": founded.slug.to_string(), "preset": founded.preset },
            "owner": { "id": founded.owner.to_string(), "email": email },
            "key": founded.key.reveal(),
            "link": link,
        })
        .to_string()
    } else {
        format!(
            "founded {} ({})\nthe key of {email}, shown this once:\n\n    {}\n\nserve it: wardroom serve --data {}\n\n\
             then {email} can sign in with this link, once, within a day:\n\n    {link}",
            founded.slug,
            founded.org,
            founded.key.reveal(),
            data.display()
        )
    };
    writeln!(out, "{line}").map_err(|error| Fault::of("writing", &error))?;
    Ok(ExitCode::SUCCESS)
}
