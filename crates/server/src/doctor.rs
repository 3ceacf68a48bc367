//! `wardroom doctor --data DIR`: what is wrong with the settings and files of a server, on its own machine.
//!
//! The other half of `wardroom doctor`, which examines the way to a server. This one opens no database and asks nobody but the mail server,
//! so that it can be run beside the server that it is about; give it the settings that the server is started with.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use app::ports::Clock as _;
use app::sign_in::RelyingParty;
use clap::ArgMatches;
use domain::time::Timestamp;

use crate::adapters::{MailWays, SystemClock, day};
use crate::node::{host_of, runtime};
use crate::settings::Settings;
use crate::{Fault, data_folder, settings};

/// How far a file may seem to come from the future, for file systems that keep coarse times.
const AHEAD_MAX_MS: i64 = 60_000;

/// How one thing was found: what, whether it is fine, and what is told of it.
type Finding = (&'static str, bool, String);

/// Ends with 0 where all is well and 1 where something is to be looked at.
pub(crate) fn run(given: &ArgMatches, out: &mut impl Write) -> Result<ExitCode, Fault> {
    let data: PathBuf = given.get_one::<PathBuf>("data").cloned().unwrap_or_default();
    let now = SystemClock.now();
    let mut findings = Vec::new();
    match settings::read(given, &data) {
        Ok(settings) => {
            findings.push(("settings", true, "they can be read and go together".to_owned()));
            findings.push(public_url(&settings));
            findings.extend(encryption(&settings, now));
            findings.push(master_keys(&data, &settings));
            findings.push(mail(&settings));
            findings.extend(templates(&settings));
        }
        Err(fault) => findings.push(("settings", false, fault.to_string())),
    }
    findings.extend(folder_and_clock(&data, now));
    let text = if given.get_flag("json") {
        let items = findings.iter();
        let items =
            items.map(|(subject, fine, told)| serde_json::json!({"subject": subject, "fine": fine, "told": told}));
        serde_json::json!({ "items": items.collect::<Vec<_>>() }).to_string()
    } else {
        let width = findings.iter().map(|(subject, ..)| subject.len()).max().unwrap_or_default();
        let line = |(subject, fine, told): &Finding| {
            format!("{:<4}  {subject:<width$}  {told}", if *fine { "ok" } else { "LOOK" })
        };
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    writeln!(out, "{text}").map_err(|error| Fault::of("writing", &error))?;
    Ok(if findings.iter().all(|(_, fine, _)| *fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn public_url(settings: &Settings) -> Finding {
    let (fine, told) = match (&settings.public_url, settings.reached_at()) {
        (None, (_, None)) => (true, "not set: the server is for this machine alone".to_owned()),
        (None, _) if settings.listen.ip().is_loopback() => (
            false,
            format!(
                "not set, and people sign in on this machine by localhost, 127.0.0.1 or [::1] alone, not {}",
                settings.listen.ip()
            ),
        ),
        (None, _) => (false, format!("not set, and {} is for others to come; set it", settings.listen)),
        (Some(url), (_, None)) if RelyingParty::of(url).is_none() => {
            (true, format!("{url}, under which there are no passkeys: it names an address, and they are for a name"))
        }
        (Some(url), (_, None)) => (true, url.clone()),
        (Some(url), _) => (false, format!("{url} lets keys travel readable for all, and nobody sign in; use https")),
    };
    ("public-url", fine, told)
}

fn encryption(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let public = settings.public_url.as_deref().unwrap_or_default();
    let Some(files) = settings.tls_files() else {
        let proxy = "not spoken here, but by a proxy in front";
        let told = match public.starts_with("https://") {
            true if settings.trusted_proxies == Default::default() => {
                format!("{proxy}; name it in trusted-proxies to see who asks, and not the proxy alone")
            }
            true => proxy.to_owned(),
            false => "not spoken here".to_owned(),
        };
        return vec![("tls", true, told)];
    };
    let pair = match files.read() {
        Ok(pair) => pair,
        Err(fault) => return vec![("tls", false, fault.to_string())],
    };
    let host = host_of(public);
    let remarks = pair.remarks(&host, now);
    if remarks.is_empty() {
        let until = pair.good().map_or_else(String::new, |(_, until)| format!(", until {}", day(until)));
        return vec![("tls", true, format!("the certificate is for {host}{until}"))];
    }
    remarks.into_iter().map(|remark| ("tls", false, remark)).collect()
}

/// Whether mail is taken by whoever is to take it. Nothing is sent.
fn mail(settings: &Settings) -> Finding {
    let server = match settings.mail() {
        Ok(Some(server)) => server,
        Ok(None) => {
            return ("mail", true, "not sent: mail-server is not set, so links are handed over by hand".to_owned());
        }
        Err(fault) => return ("mail", false, fault.to_string()),
    };
    let checked = MailWays::open(&server).and_then(|ways| Ok(runtime()?.block_on(ways.check())));
    let (fine, told) = match checked {
        Ok(Ok(())) => (true, format!("taken by {}, as from {}", server.way, server.from)),
        Ok(Err(fault)) => (false, format!("{} takes no mail: {fault}", server.way)),
        Err(fault) => (false, fault.to_string()),
    };
    ("mail", fine, told)
}

/// Which programs organizations may use, where there are any.
fn templates(settings: &Settings) -> Option<Finding> {
    settings.templates_file.as_ref()?;
    Some(match settings.templates() {
        Ok(read) => {
            let names: Vec<&str> = read.iter().map(|template| template.name.as_str()).collect();
            ("templates", true, format!("programs that organizations may use: {}", names.join(", ")))
        }
        Err(fault) => ("templates", false, fault.to_string()),
    })
}

fn master_keys(data: &Path, settings: &Settings) -> Finding {
    let read = data_folder::master_keys(data, settings.master_key_file.as_deref(), false);
    match read {
        Ok(_) => ("master keys", true, "they can be read".to_owned()),
        Err(fault) => ("master keys", false, fault.to_string()),
    }
}

/// Whether there is something to serve, and whether the clock has gone back since it was written.
fn folder_and_clock(data: &Path, now: Timestamp) -> Vec<Finding> {
    let written_ms = |name: &str| {
        let modified = std::fs::metadata(data.join(name)).and_then(|metadata| metadata.modified()).ok()?;
        let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    if written_ms("journal.db").is_none() {
        let data = data.display();
        let told =
            format!("there is nothing to serve in {data}; `wardroom init --data {data} …` founds an organization");
        return vec![("data folder", false, told)];
    }
    let files = ["journal.db", "journal.db-wal", "records.db", "records.db-wal"];
    let latest = files.into_iter().filter_map(written_ms).max().unwrap_or_default();
    let ahead_s = (latest - now.0) / 1_000;
    let clock = if latest > now.0 + AHEAD_MAX_MS {
        (false, format!("{ahead_s} s behind what was written last; set it, or ends come too late"))
    } else {
        (true, "not behind what was written last".to_owned())
    };
    vec![("data folder", true, format!("{} holds a journal", data.display())), ("clock", clock.0, clock.1)]
}
