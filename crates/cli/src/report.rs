//! `wardroom report`: who has access to what, for keeping and for reading against what people need.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::failure::Failure;
use crate::field::{items, text, text_if_any};
use crate::server::Door;
use crate::table::Table;
use crate::terminal::Terminal;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Everybody, people, keys and agents, with what they have of each integration
    Access,
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Verb::Access = arguments.verb;
    let report = arguments.door.organization(terminal)?.get(&["access-report"], &[])?;
    terminal.answer(&report, lay_out)
}

fn lay_out(report: &Value) -> String {
    let mut table = Table::new(&["NAME", "KIND", "ROLE", "INTEGRATION", "BY", "PROFILE", "TOOLS"]);
    for row in items(report) {
        let or_dash = |at: &str| text_if_any(row, at).unwrap_or_else(|| "-".to_owned());
        let by = match text_if_any(row, "/via") {
            Some(via) => format!("{} {via}", text(row, "/basis")),
            None => text(row, "/basis"),
        };
        let tools = row["tools"].as_u64().unwrap_or_default().to_string();
        table.row([
            text(row, "/name"),
            text(row, "/kind"),
            or_dash("/role"),
            or_dash("/integration"),
            by,
            or_dash("/profile"),
            tools,
        ]);
    }
    let (at, seq) = (text(report, "/at"), text(report, "/seq"));
    format!("{table}\nas of {at}, change {seq}; found right? `wardroom review confirm --seq {seq}`\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn the_report_is_a_table_of_everybody() {
        let row = json!({"subject": "per_1", "name": "Fay", "kind": "member", "role": "Member", "integration": "stripe",
            "basis": "grant", "via": "Finance", "profile": "no-delete", "tools": 41});
        let server =
            FakeServer::answering(vec![(200, json!({"at": "2026-01-01T00:00:00Z", "seq": 41, "items": [row]}))]);
        let done = outcome(&server, &["report", "access", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.contains("grant Finance") && done.out.contains("41"), "{}", done.out);
        assert!(done.out.contains("`wardroom review confirm --seq 41`"), "{}", done.out);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/access-report");
    }
}
