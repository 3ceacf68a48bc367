//! `wardroom doctor`: what is wrong between here and the server, in one screen.

use std::net::IpAddr;

use clap::Args;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::field::{items, text, text_if_any};
use crate::server::{Door, Server};
use crate::table::Table;
use crate::terminal::Terminal;

/// A clock that is off by more makes expiry dates and records confusing.
const CLOCK_OFF_SECONDS_MAX: i64 = 60;
/// Things that a line of advice names.
const NAMED_MAX: usize = 5;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
}

/// How one thing was found.
struct Finding {
    subject: &'static str,
    /// Not true means that something is to be done.
    is_fine: bool,
    told: String,
}

impl Finding {
    fn new(subject: &'static str, is_fine: bool, told: impl Into<String>) -> Finding {
        Finding { subject, is_fine, told: told.into() }
    }
}

/// Ends with 0 where all is well between here and the server, 1 where something is not, 3 where there is no server.
/// Advice about the organization is added where the key may have it, and does not count.
pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let server = arguments.door.server(terminal)?;
    let health = server.get_outside("/healthz")?;
    let now = (terminal.surroundings.clock)();
    let findings = [
        Finding::new("server", true, format!("{} answers", server.base())),
        examine_address(server.base()),
        examine_readiness(&server)?,
        examine_clock(health.date.as_deref(), now),
        examine_version(&server)?,
        examine_key(&server)?,
    ];
    let advice = advice(arguments, terminal);
    let all = json!({"items": findings.iter().map(as_json).collect::<Vec<_>>(), "advice": advice});
    terminal.answer(&all, |all| {
        let mut table = Table::continuing(&["", "", ""], &[0, 0, 0]);
        for finding in &findings {
            let mark = if finding.is_fine { "ok" } else { "LOOK" };
            table.row([mark.to_owned(), finding.subject.to_owned(), finding.told.clone()]);
        }
        format!("{table}{}", lay_out_advice(&all["advice"]))
    })?;
    if findings.iter().all(|finding| finding.is_fine) { Ok(()) } else { Err(Failure::AnsweredNo) }
}

/// What the server would look at in the organization; nothing where the key may not be told, or opens several.
fn advice(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Vec<Value> {
    let told = arguments.door.organization(terminal).and_then(|org| org.get(&["advice"], &[]));
    told.map(|told| items(&told).to_vec()).unwrap_or_default()
}

fn lay_out_advice(advice: &Value) -> String {
    let mut lines = String::new();
    for one in advice.as_array().into_iter().flatten() {
        let mark = if text(one, "/weight") == "act" { "ACT" } else { "consider" };
        lines.push_str(&format!("\n{mark}: {}\n", text(one, "/message")));
        let about: Vec<String> =
            one.pointer("/about").and_then(Value::as_array).into_iter().flatten().map(called).collect();
        let more =
            one.pointer("/count").and_then(Value::as_u64).unwrap_or_default() as usize - about.len().min(NAMED_MAX);
        let first = about.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        if !first.is_empty() {
            let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
            lines.push_str(&format!("  {first}{rest}\n"));
        }
        lines.push_str(&format!("  what helps: {}\n", text(one, "/remedy")));
    }
    lines
}

fn called(about: &Value) -> String {
    text_if_any(about, "/name").filter(|name| !name.is_empty()).unwrap_or_else(|| text(about, "/id"))
}

fn as_json(finding: &Finding) -> Value {
    json!({"subject": finding.subject, "fine": finding.is_fine, "told": finding.told})
}

/// A key in the clear is fine on this machine and nowhere else.
fn examine_address(base: &str) -> Finding {
    let Some(rest) = base.strip_prefix("http://") else {
        return Finding::new("encryption", true, "the way to the server is encrypted");
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_loopback = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_here = host == "localhost" || is_loopback;
    let told = if is_here {
        "not encrypted, and it stays on this machine"
    } else {
        "your key travels readable for all; use https"
    };
    Finding::new("encryption", is_here, told)
}

fn examine_readiness(server: &Server) -> Result<Finding, Failure> {
    match server.get_outside("/readyz") {
        Ok(_) => Ok(Finding::new("readiness", true, "it takes requests")),
        Err(failure) => Ok(Finding::new("readiness", false, format!("it takes no requests: {}", sentence(failure)?))),
    }
}

fn examine_clock(date: Option<&str>, now: Timestamp) -> Finding {
    let Some(theirs) = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()) else {
        return Finding::new("clock", true, "the server does not tell its time");
    };
    let off_seconds = theirs.as_second() - now.as_second();
    let told = match off_seconds {
        -1..=1 => "the server and this machine agree".to_owned(),
        ..-1 => format!("the server is {} s behind this machine", -off_seconds),
        _ => format!("the server is {off_seconds} s ahead of this machine"),
    };
    Finding::new("clock", off_seconds.abs() <= CLOCK_OFF_SECONDS_MAX, told)
}

fn examine_version(server: &Server) -> Result<Finding, Failure> {
    let ours = env!("CARGO_PKG_VERSION");
    match server.get_outside("/api/openapi.json") {
        Ok(contract) => {
            let theirs = text(&contract.body, "/info/version");
            let told = if theirs == ours {
                format!("both are {ours}")
            } else {
                format!("this is {ours}, the server {theirs}")
            };
            Ok(Finding::new("version", theirs == ours, told))
        }
        Err(failure) => Ok(Finding::new("version", false, sentence(failure)?)),
    }
}

fn examine_key(server: &Server) -> Result<Finding, Failure> {
    match server.get(&["orgs"], &[]) {
        Ok(found) => {
            let slugs: Vec<String> = items(&found.body).iter().map(|org| text(org, "/slug")).collect();
            let told = if slugs.is_empty() {
                "it opens no organization".to_owned()
            } else {
                format!("it opens {}", slugs.join(", "))
            };
            Ok(Finding::new("key", !slugs.is_empty(), told))
        }
        Err(failure) => Ok(Finding::new("key", false, sentence(failure)?)),
    }
}

/// What the server said; a server that went away in the middle is a failure of its own.
fn sentence(failure: Failure) -> Result<String, Failure> {
    match failure {
        Failure::Refused { status, problem } => Ok(text_if_any(&problem, "/detail")
            .or_else(|| text_if_any(&problem, "/title"))
            .unwrap_or_else(|| format!("the server answered {status}"))),
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    fn contract(version: &str) -> Value {
        json!({"openapi": "3.1.0", "info": {"version": version}})
    }

    #[test]
    fn all_well_is_said_line_by_line_and_ends_with_0() {
        let server = FakeServer::answering(vec![
            (200, json!("ok\n")),
            (200, json!("ready\n")),
            (200, contract(env!("CARGO_PKG_VERSION"))),
            (200, json!({"items": [{"slug": "north"}], "next": null})),
            (
                200,
                json!({"items": [{"weight": "act", "message": "keys that never end", "remedy": "rotate them", "count": 7,
                "about": (1..=7).map(|number| json!({"id": format!("key_{number}"), "name": ""})).collect::<Vec<_>>()}]}),
            ),
        ]);
        let done = outcome(&server, &["doctor", "--org", "north"]);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        assert!(done.out.contains("ok  clock       the server and this machine agree\n"), "{}", done.out);
        assert!(done.out.contains("ok  key         it opens north\n"), "{}", done.out);
        let advice =
            "\nACT: keys that never end\n  key_1, key_2, key_3, key_4, key_5 and 2 more\n  what helps: rotate them\n";
        assert!(done.out.ends_with(advice), "{}", done.out);
    }

    #[test]
    fn a_bad_key_and_an_other_version_are_named_and_end_with_1() {
        let server = FakeServer::answering(vec![
            (200, json!({})),
            (503, json!("the journal is full")),
            (200, contract("0.0.1")),
            (401, json!({"detail": "this key was revoked"})),
            (401, json!({"detail": "this key was revoked"})),
        ]);
        let done = outcome(&server, &["doctor"]);
        assert_eq!(done.code, 1, "{}", done.err);
        assert!(done.out.contains("LOOK  readiness   it takes no requests: the journal is full\n"), "{}", done.out);
        assert!(done.out.contains("LOOK  key         this key was revoked\n"), "{}", done.out);
    }

    #[test]
    fn a_clock_that_is_far_off_is_named() {
        let now = "2026-11-22T12:05:00Z".parse().expect("an instant");
        let found = examine_clock(Some("Sun, 22 Nov 2026 12:00:00 GMT"), now);
        assert_eq!((found.is_fine, found.told.as_str()), (false, "the server is 300 s behind this machine"));
    }

    #[test]
    fn a_key_in_the_clear_is_fine_only_on_this_machine() {
        assert!(examine_address("http://127.0.0.1:7700").is_fine);
        assert!(examine_address("http://[::1]:7700").is_fine);
        assert!(!examine_address("http://wardroom.example").is_fine);
        assert!(!examine_address("http://127.0.0.1.example").is_fine);
    }
}
