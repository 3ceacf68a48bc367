//! `wardroom audit`: what happened, to look at, to search, to follow and to take away.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::field::{items, plain, text, text_if_any, time};
use crate::instant::{self, Sense};
use crate::server::{Door, Organization};
use crate::table::Table;
use crate::terminal::Terminal;

/// How long `tail` waits before it looks again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// `tail` looks at most this many pages back each time, and says when that was not enough.
const TAIL_PAGES_MAX: usize = 50;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The newest entries, and then each new one as it comes
    Tail {
        #[command(flatten)]
        filter: Filter,
        /// How many entries to begin with
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
        lines: u16,
    },
    /// Entries that fit, the newest first
    Search {
        #[command(flatten)]
        filter: Filter,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Every entry that fits as one line of JSON each, the newest first
    Export {
        #[command(flatten)]
        filter: Filter,
    },
}

#[derive(Args)]
struct Filter {
    /// calls of tools, or changes of who may do what
    #[arg(long, default_value = "calls", value_parser = ["calls", "changes"])]
    kind: String,
    /// Who it was about, by e-mail or id
    #[arg(long, value_name = "MEMBER")]
    member: Option<String>,
    /// The key, session or AI client it was made with, by id
    #[arg(long)]
    key: Option<String>,
    /// The integration, by short name or id
    #[arg(long)]
    integration: Option<String>,
    /// The tool's name
    #[arg(long)]
    tool: Option<String>,
    /// The tool's class
    #[arg(long, value_parser = ["read", "write", "delete", "unclassified"])]
    class: Option<String>,
    /// What was decided
    #[arg(long, value_parser = ["allowed", "denied", "malformed", "limited"])]
    decision: Option<String>,
    /// How it ended
    #[arg(long, value_parser = ["succeeded", "tool_error", "failed", "cancelled", "cut", "unknown"])]
    status: Option<String>,
    /// From then on: 2026-11-22, 2026-11-22T09:00:00Z, or a length such as 2h, 7d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Up to then: 2026-11-22, 2026-11-22T09:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

type Query = Vec<(&'static str, String)>;

impl Filter {
    fn query(&self, terminal: &Terminal<'_>) -> Result<Query, Failure> {
        let now = (terminal.surroundings.clock)();
        let instant = |text: &Option<String>, sense| -> Result<Option<String>, Failure> {
            text.as_ref().map(|text| instant::read(text, sense, now)).transpose().map_err(Failure::Usage)
        };
        let parts = [
            ("subject", self.member.clone()),
            ("credential", self.key.clone()),
            ("integration", self.integration.clone()),
            ("tool", self.tool.clone()),
            ("class", self.class.clone()),
            ("decision", self.decision.clone()),
            ("status", self.status.clone()),
            ("since", instant(&self.since, Sense::Since)?),
            ("until", instant(&self.until, Sense::Until)?),
        ];
        let given = parts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        Ok([("kind", self.kind.clone())].into_iter().chain(given).collect())
    }
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::Tail { filter, lines } => tail(filter.query(terminal)?, *lines, &org, terminal),
        Verb::Search { filter, limit } => search(&filter.query(terminal)?, *limit as usize, &org, terminal),
        Verb::Export { filter } => export(&filter.query(terminal)?, &org, terminal),
    }
}

fn search(query: &Query, limit: usize, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut found: Vec<Value> = Vec::new();
    let mut query = query.clone();
    query.push(("limit", limit.min(200).to_string()));
    let next = org.each_page(&["audit"], &query, usize::MAX, &mut |items| {
        found.extend(items.iter().take(limit - found.len()).cloned());
        Ok(found.len() < limit)
    })?;
    let has_more = next.is_some();
    terminal.answer(&json!({"items": found, "next": next}), |found| {
        let mut table = Table::new(&HEADERS);
        items(found).iter().for_each(|item| table.row(row(item)));
        table.to_string()
    })?;
    if has_more && !terminal.json {
        terminal.note("there are more; raise --limit, or take all of them with `wardroom audit export`")?;
    }
    Ok(())
}

fn export(query: &Query, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    org.each_page(&["audit"], query, usize::MAX, &mut |items| {
        items.iter().try_for_each(|item| writeln!(terminal.out, "{item}"))?;
        Ok(true)
    })?;
    terminal.out.flush()?;
    Ok(())
}

fn tail(query: Query, lines: u16, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut first = query.clone();
    first.push(("limit", lines.to_string()));
    let begun = org.get(&["audit"], &first)?;
    let mut seen_seq = print_older_first(items(&begun), 0, terminal)?;
    let mut is_away = false;
    while (terminal.surroundings.pause)(LOOK_AGAIN_AFTER) {
        match read_newer(&query, seen_seq, org, terminal) {
            Ok(newer) => {
                seen_seq = print_older_first(&newer, seen_seq, terminal)?;
                is_away = false;
            }
            // A server that restarts is no reason to stop following it.
            Err(Failure::Unreached(sentence)) => {
                if !is_away {
                    terminal.note(&format!("not reached, trying on: {}", plain(&sentence)))?;
                }
                is_away = true;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// What came after `seen_seq`, the newest first.
fn read_newer(
    query: &Query,
    seen_seq: u64,
    org: &Organization,
    terminal: &mut Terminal<'_>,
) -> Result<Vec<Value>, Failure> {
    let mut newer: Vec<Value> = Vec::new();
    let mut reached_seen = false;
    let next = org.each_page(&["audit"], query, TAIL_PAGES_MAX, &mut |items| {
        let fresh = items.iter().take_while(|item| seq(item) > seen_seq);
        let before = newer.len();
        newer.extend(fresh.cloned());
        reached_seen = newer.len() - before < items.len();
        Ok(!reached_seen)
    })?;
    if next.is_some() && !reached_seen {
        terminal.note("more came than is shown here; `wardroom audit export` has all of it")?;
    }
    Ok(newer)
}

/// Prints a page the old way round, and gives the highest number seen.
fn print_older_first(newest_first: &[Value], seen_seq: u64, terminal: &mut Terminal<'_>) -> Result<u64, Failure> {
    for item in newest_first.iter().rev() {
        terminal.answer(item, |item| {
            let mut line = Table::continuing(&HEADERS, &WIDTHS);
            line.row(row(item));
            line.to_string()
        })?;
    }
    Ok(newest_first.iter().map(seq).fold(seen_seq, u64::max))
}

fn seq(item: &Value) -> u64 {
    item.pointer("/seq").and_then(Value::as_u64).unwrap_or(0)
}

const HEADERS: [&str; 6] = ["SEQ", "AT", "WHO", "WHAT", "ANSWER", "OUTCOME"];
const WIDTHS: [usize; 6] = [6, 20, 20, 36, 9, 0];

fn row(item: &Value) -> [String; 6] {
    let (number, at) = (text(item, "/seq"), time(item, "/at"));
    if text(item, "/kind") == "change" {
        let who = text_if_any(item, "/actor/name").unwrap_or_else(|| text(item, "/actor/id"));
        let data = match (text_if_any(item, "/invited_by/name"), text_if_any(item, "/client/name")) {
            (Some(inviter), _) => format!("invited by {inviter} {}", text(item, "/data")),
            (None, Some(client)) => format!("{client} {}", text(item, "/data")),
            (None, None) => text(item, "/data"),
        };
        return [number, at, who, text(item, "/type"), "done".to_owned(), data];
    }
    let who = text_if_any(item, "/subject/name")
        .or_else(|| text_if_any(item, "/credential/label"))
        .unwrap_or_else(|| text(item, "/subject/id"));
    let what = match (text_if_any(item, "/integration"), text_if_any(item, "/tool")) {
        (Some(integration), Some(tool)) => format!("{integration}/{tool}"),
        // A tool that the caller was not shown has no integration here.
        (_, Some(tool)) => tool,
        (_, None) => text(item, "/method"),
    };
    let answer = text(item, "/decision");
    let outcome = match (item.pointer("/outcome/latency_us").and_then(Value::as_u64), answer.as_str()) {
        (_, "denied" | "malformed" | "limited") => text(item, "/reason"),
        (Some(latency_us), _) => {
            format!("{} in {}.{} ms", text(item, "/outcome/status"), latency_us / 1000, latency_us % 1000 / 100)
        }
        (None, _) => text_if_any(item, "/outcome/status").unwrap_or_else(|| "open".to_owned()),
    };
    [number, at, who, what, answer, outcome]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome, outcome_in, quiet_surroundings};

    fn call(seq: u64) -> Value {
        json!({"kind": "call", "seq": seq, "at": "2026-11-22T09:30:00.5Z", "subject": {"id": "m", "name": "Fay"},
            "method": "tools/call", "integration": "stripe", "tool": "get_balance", "decision": "allowed",
            "outcome": {"status": "succeeded", "latency_us": 12345}})
    }

    #[test]
    fn a_search_sends_its_filters_and_says_when_there_is_more() {
        let mut denied = call(2);
        denied["decision"] = json!("denied");
        denied["reason"] = json!("tool-off");
        let server = FakeServer::answering(vec![(200, json!({"items": [denied, call(1)], "next": "n"}))]);
        let line = [
            "audit",
            "search",
            "--member",
            "fay@example.com",
            "--decision",
            "denied",
            "--since",
            "2h",
            "--limit",
            "2",
            "--org",
            "north",
        ];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(
            server.request(0).path,
            "/api/v1/orgs/north/audit?kind=calls&subject=fay%40example.com&decision=denied\
             &since=2026-11-22T10%3A00%3A00Z&limit=2"
        );
        assert_eq!(
            done.out,
            "SEQ  AT                    WHO  WHAT                ANSWER   OUTCOME\n\
             2    2026-11-22T09:30:00Z  Fay  stripe/get_balance  denied   tool-off\n\
             1    2026-11-22T09:30:00Z  Fay  stripe/get_balance  allowed  succeeded in 12.3 ms\n"
        );
        assert!(done.err.contains("there are more"), "{}", done.err);
    }

    #[test]
    fn an_export_is_one_json_document_a_line_to_the_last_page() {
        let pages = vec![
            (200, json!({"items": [call(3), call(2)], "next": "n"})),
            (200, json!({"items": [call(1)], "next": null})),
        ];
        let server = FakeServer::answering(pages);
        let done = outcome(&server, &["audit", "export", "--org", "north"]);
        let seqs: Vec<u64> = done.out.lines().map(|line| seq(&serde_json::from_str(line).expect("JSON"))).collect();
        assert_eq!((done.code, seqs), (0, vec![3, 2, 1]));
    }

    #[test]
    fn a_tail_prints_old_to_new_and_then_only_what_is_new() {
        let pages = vec![
            (200, json!({"items": [call(2), call(1)], "next": "n"})),
            (200, json!({"items": [call(5), call(4)], "next": "n"})),
            (200, json!({"items": [call(3), call(2)], "next": "m"})),
        ];
        let server = FakeServer::answering(pages);
        let mut surroundings = quiet_surroundings();
        let mut looks = 0;
        surroundings.pause = Box::new(move |_| {
            looks += 1;
            looks == 1
        });
        let done = outcome_in(&server, &["audit", "tail", "--org", "north", "--json"], surroundings);
        let seqs: Vec<u64> = done.out.lines().map(|line| seq(&serde_json::from_str(line).expect("JSON"))).collect();
        assert_eq!((done.code, seqs), (0, vec![1, 2, 3, 4, 5]), "{}", done.err);
        assert_eq!(done.err, "");
    }

    #[test]
    fn a_tool_without_an_integration_and_a_call_without_a_tool_are_still_named() {
        let mut unknown = call(1);
        unknown["integration"] = Value::Null;
        assert_eq!(row(&unknown)[3], "get_balance");
        unknown["tool"] = Value::Null;
        assert_eq!(row(&unknown)[3], "tools/call");
    }

    #[test]
    fn a_call_that_is_not_over_is_open() {
        let mut running = call(1);
        running["outcome"] = Value::Null;
        assert_eq!(row(&running)[4..], ["allowed", "open"]);
    }

    #[test]
    fn a_change_names_who_did_what() {
        let change = json!({"kind": "change", "seq": 7, "at": "2026-11-22T09:30:00Z", "actor": {"id": "m", "name": "Ada"},
            "type": "member_removed", "data": {"member": "mem_2"}});
        assert_eq!(row(&change)[2..], ["Ada", "member_removed", "done", "{\"member\":\"mem_2\"}"]);
        let joined = json!({"kind": "change", "seq": 8, "at": "2026-11-22T09:30:00Z", "actor": {"id": "p", "name": "Ann"},
            "invited_by": {"id": "m", "name": "Ada"}, "type": "invitation.accepted", "data": {"person": "p"}});
        assert_eq!(row(&joined)[2..5], ["Ann", "invitation.accepted", "done"]);
        assert_eq!(row(&joined)[5], "invited by Ada {\"person\":\"p\"}");
        let connected = json!({"kind": "change", "seq": 9, "at": "2026-11-22T09:30:00Z", "actor": {"id": "p", "name": "Ann"},
            "client": {"id": "cli_1", "name": "Claude"}, "type": "client.connected", "data": {"client": "cli_1"}});
        assert_eq!(row(&connected)[5], "Claude {\"client\":\"cli_1\"}");
    }
}
