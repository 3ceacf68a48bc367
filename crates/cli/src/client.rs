//! The AI clients that people have connected by signing in: seen, and disconnected.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::failure::Failure;
use crate::field::{items, text, time};
use crate::server::{Door, Organization};
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
    /// The AI clients that are connected: your own, or a member's
    List {
        /// Of this member, by e-mail or id
        #[arg(long, value_name = "MEMBER")]
        of: Option<String>,
    },
    /// Disconnect an AI client; when this is done it is let in no more
    Disconnect {
        /// Its id
        #[arg(required_unless_present = "all")]
        client: Option<String>,
        /// Of this member, by e-mail or id
        #[arg(long, value_name = "MEMBER")]
        of: Option<String>,
        /// All that this member has connected
        #[arg(long, requires = "of", conflicts_with = "client")]
        all: bool,
    },
}

pub(crate) fn run(asked: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = asked.door.organization(terminal)?;
    match &asked.verb {
        Verb::List { of } => {
            let found = match of {
                None => org.get(&["clients"], &[])?,
                Some(member) => org.get(&["members", member, "clients"], &[])?,
            };
            terminal.answer(&found, lay_out)
        }
        Verb::Disconnect { client, of, .. } => disconnect(&org, (client.as_deref(), of.as_deref()), terminal),
    }
}

fn disconnect(
    org: &Organization,
    (client, of): (Option<&str>, Option<&str>),
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    match (client, of) {
        (Some(client), None) => {
            let done = org.delete(&["clients", client])?;
            terminal.answer(&done, |_| format!("{client} is disconnected\n"))
        }
        (Some(client), Some(member)) => {
            let done = org.delete(&["members", member, "clients", client])?;
            terminal.answer(&done, |_| format!("{client} of {member} is disconnected\n"))
        }
        (None, member) => {
            let member = member.unwrap_or_default();
            let question = format!("disconnect every AI client of {member}? They can connect them anew.");
            terminal.confirm(&question)?;
            let done = org.delete(&["members", member, "clients"])?;
            terminal.answer(&done, |_| format!("every AI client of {member} is disconnected\n"))
        }
    }
}

fn lay_out(found: &Value) -> String {
    let mut table = Table::new(&["NAME", "SENT BACK TO", "FOR", "CONNECTED", "LAST USED", "ENDS", "ID"]);
    for client in items(found) {
        table.row([
            text(client, "/name"),
            text(client, "/sent_back_to"),
            text(client, "/path"),
            time(client, "/connected_at"),
            time(client, "/used_at"),
            time(client, "/ends_at"),
            text(client, "/id"),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn clients_are_shown_and_disconnected_ones_own_and_a_members() {
        let client = json!({ "id": "cli_1", "name": "Claude", "sent_back_to": "claude.ai", "path": "/o/north/mcp",
            "connected_at": "2026-11-22T09:30:00Z", "used_at": "2026-11-22T10:00:00Z", "ends_at": null });
        let list = json!({ "items": [client], "next": null });
        let gone = || (204, json!(null));
        let server = FakeServer::answering(vec![(200, list.clone()), (200, list), gone(), gone(), gone()]);
        let run = |more: &[&str]| {
            let line = [&["client"], more, &["--org", "north", "--yes"]].concat();
            let done = outcome(&server, &line);
            assert_eq!(done.code, 0, "{}", done.err);
            done.out
        };
        let shown = run(&["list"]);
        for part in ["Claude", "claude.ai", "cli_1", "LAST USED", "2026-11-22T10:00:00Z"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        run(&["list", "--of", "ada@example.com"]);
        assert!(run(&["disconnect", "cli_1"]).contains("is disconnected"));
        run(&["disconnect", "cli_1", "--of", "ada@example.com"]);
        run(&["disconnect", "--all", "--of", "ada@example.com"]);
        let own = "/api/v1/orgs/north/clients".to_owned();
        let ada = "/api/v1/orgs/north/members/ada%40example.com/clients".to_owned();
        let expected = [
            ("GET", own.clone()),
            ("GET", ada.clone()),
            ("DELETE", format!("{own}/cli_1")),
            ("DELETE", format!("{ada}/cli_1")),
            ("DELETE", ada),
        ];
        for (at, (method, path)) in expected.into_iter().enumerate() {
            let request = server.request(at);
            assert_eq!((request.method.as_str(), request.path), (method, path));
        }
    }
}
