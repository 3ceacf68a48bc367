//! `wardroom demo`: a company, its integrations and a node, all in one process.
//!
//! The company is made through the management API by a client, as a user's own script would make it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use app::organizations::Founding;
use clap::ArgMatches;
use demo::{COMPANY, Door, Integrations, SeededCompany};

use crate::node::{Node, application, asked_to_stop, host_of, listen, only_the_time, runtime};
use crate::settings::Settings;
use crate::{Fault, data_folder, settings, telemetry};

/// Names of this machine that lead nowhere else.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

pub(crate) fn run(given: &ArgMatches) -> Result<ExitCode, Fault> {
    let data = match given.get_one::<PathBuf>("data") {
        Some(data) => data.clone(),
        None => fresh_folder()?,
    };
    let mut settings = settings::read(given, &data)?;
    if settings.tls_files().is_some() {
        return Err(Fault("the demo is served without TLS; leave tls-cert-file and tls-key-file out".to_owned()));
    }
    if settings.log == "info" {
        // The demo prints a page for a person; its log would stand in the middle of it.
        "warn".clone_into(&mut settings.log);
    }
    // The look-alike integrations are on this machine and speak without encryption.
    settings.plain_http_hosts.push("127.0.0.1".to_owned());
    telemetry::start(&settings.log)?;
    runtime()?.block_on(serve(&data, &settings))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(data: &Path, settings: &Settings) -> Result<(), Fault> {
    let (listener, address) = listen(settings).await?;
    let known = demo::read_demo_file(data).map_err(|error| Fault(error.to_string()))?;
    let owner_key = match &known {
        Some(_) => None,
        None => Some(found(data, settings).await?),
    };
    let options = demo::Options { file: Some(data.join("integrations.json")), ..demo::Options::default() };
    let integrations = demo::serve_integrations(options).await.map_err(|error| Fault(error.to_string()))?;
    let mut node = Node::open(data, settings, address).await?;
    let url = node.public_url.clone();
    // Whoever comes from elsewhere shows a key: nobody but who sits here chooses whom to be.
    let is_here = address.ip().is_loopback() && LOOPBACK.contains(&host_of(&url).as_str());
    if is_here {
        node.cast = cast();
    }
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(node.serve(listener, async move {
        tokio::select! {
            () = asked_to_stop() => {}
            _ = stopped => {}
        }
    }));
    let company = match (known, owner_key) {
        (Some(company), _) => Ok(company),
        (None, Some(key)) => seeded(url, key, &integrations, data).await,
        (None, None) => Err(Fault("the demo's owner is missing; start on a fresh folder".to_owned())),
    };
    match company {
        Ok(company) => print(&company, is_here, data)?,
        Err(fault) => {
            drop(stop);
            let _ = serving.await;
            return Err(fault);
        }
    }
    let served = serving.await.map_err(|error| Fault::of("the demo broke", &error))?;
    drop(stop);
    integrations.shutdown().await;
    served
}

/// The people of the company, for the page on which a visitor chooses whom to be.
fn cast() -> Vec<api::Part> {
    let part = |person: &demo::Person| api::Part {
        name: person.name.to_owned(),
        email: person.email.to_owned(),
        title: person.title.to_owned(),
    };
    COMPANY.people.iter().map(part).collect()
}

/// Founds the demo's organization, as `wardroom init` does, and gives the owner's key.
async fn found(data: &Path, settings: &Settings) -> Result<String, Fault> {
    let journal = data_folder::open(data)?;
    let result = async {
        let keyring = data_folder::master_keys(data, settings.master_key_file.as_deref(), true)?;
        let app = application(&journal, &keyring, only_the_time(), settings.quotas());
        let owner = &COMPANY.people[0];
        let founding = Founding {
            name: COMPANY.name.to_owned(),
            slug: Some(COMPANY.slug.to_owned()),
            preset: Some("pipeworks".to_owned()),
            owner_email: owner.email.to_owned(),
            owner_name: Some(owner.name.to_owned()),
        };
        let founded = app.found_organization(founding).await;
        founded.map(|founded| founded.key.reveal().to_owned()).map_err(|problem| {
            Fault(format!("{problem}. the demo wants a fresh folder, and {} was used before", data.display()))
        })
    };
    let key = result.await;
    journal.close().await;
    key
}

async fn seeded(
    base_url: String,
    owner_key: String,
    integrations: &Integrations,
    data: &Path,
) -> Result<SeededCompany, Fault> {
    let (list, stats) = (integrations.list.clone(), integrations.stats.clone());
    let door = Door { base_url, org: COMPANY.slug.to_owned(), owner_key };
    let seeding = tokio::task::spawn_blocking(move || demo::seed(&door, &list, &stats));
    let company = seeding.await.map_err(|error| Fault::of("the demo broke", &error))?;
    let company = company.map_err(|error| Fault(error.to_string()))?;
    demo::write_demo_file(data, &company).map_err(|error| Fault(error.to_string()))?;
    Ok(company)
}

fn print(company: &SeededCompany, choose: bool, data: &Path) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    demo::print_company(&mut out, company, choose)
        .and_then(|()| {
            writeln!(out, "\nthe same for programs: {}\nctrl-c ends the demo", data.join("demo.json").display())
        })
        .and_then(|()| out.flush())
        .map_err(|error| Fault::of("writing", &error))
}

/// A new folder below the system's temporary one.
fn fresh_folder() -> Result<PathBuf, Fault> {
    let base = std::env::temp_dir();
    let found = (1u32..10_000)
        .map(|number| base.join(format!("wardroom-demo-{number}")))
        .find(|path| std::fs::create_dir(path).is_ok());
    found.ok_or_else(|| Fault(format!("no folder can be made below {}; give one with --data", base.display())))
}
