//! The AI clients that people have connected by signing in: seen, and disconnected; and those that are registered by hand, so that
//! people can connect them.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

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
    /// Register an AI client that cannot register itself, so that members can connect it; its secret is shown once
    Register {
        /// What people see that it is called
        name: String,
        /// Where it may have people sent back to; can be given more than once
        #[arg(long = "redirect", value_name = "URL", required = true)]
        redirects: Vec<String>,
        /// Give it a secret, by which it shows itself
        #[arg(long)]
        confidential: bool,
    },
    /// The AI clients that are registered by hand
    Registered,
    /// Remove one of them; what is connected by it is let in no more when this is done
    Unregister {
        /// Its identifier
        client_id: String,
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
        Verb::Register { name, redirects, confidential } => {
            let body = json!({ "name": name, "redirect_uris": redirects, "confidential": confidential });
            let done = org.post(&["registered-clients"], &body)?;
            terminal.answer(&done, lay_out_registration)
        }
        Verb::Registered => terminal.answer(&org.get(&["registered-clients"], &[])?, lay_out_registered),
        Verb::Unregister { client_id } => {
            let done = org.delete(&["registered-clients", client_id])?;
            terminal.answer(&done, |_| format!("{client_id} is known no longer\n"))
        }
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
    let mut table = Table::new(&["NAME", "SENT BACK TO", "FOR", "MAY", "CONNECTED", "LAST USED", "ENDS", "ID"]);
    for client in items(found) {
        table.row([
            text(client, "/name"),
            text(client, "/sent_back_to"),
            text(client, "/path"),
            text(client, "/profile"),
            time(client, "/connected_at"),
            time(client, "/used_at"),
            time(client, "/ends_at"),
            text(client, "/id"),
        ]);
    }
    table.to_string()
}

fn lay_out_registration(done: &Value) -> String {
    let secret = match text(done, "/client_secret") {
        secret if secret.is_empty() || secret == "-" => "it has no secret\n".to_owned(),
        secret => format!("client secret  {secret}   (shown this once)\n"),
    };
    format!("client id      {}\n{secret}", text(done, "/client_id"))
}

fn lay_out_registered(found: &Value) -> String {
    let mut table = Table::new(&["NAME", "SENT BACK TO", "SECRET", "REGISTERED", "CLIENT ID"]);
    for client in items(found) {
        let redirects = client["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str);
        table.row([
            text(client, "/name"),
            redirects.collect::<Vec<_>>().join(" "),
            if client["confidential"] == true { "yes" } else { "no" }.to_owned(),
            time(client, "/created_at"),
            text(client, "/client_id"),
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
            "profile": "read-only", "connected_at": "2026-11-22T09:30:00Z", "used_at": "2026-11-22T10:00:00Z", "ends_at": null });
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
        for part in ["Claude", "claude.ai", "cli_1", "MAY", "read-only", "LAST USED", "2026-11-22T10:00:00Z"] {
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

    #[test]
    fn a_client_is_registered_by_hand_its_secret_is_shown_and_it_is_removed() {
        let client = json!({ "client_id": "reg_1", "name": "Desk", "redirect_uris": ["https://a.example/cb"],
            "confidential": true, "created_at": "2026-11-22T09:30:00Z" });
        let mut made = client.clone();
        made["client_secret"] = json!("wrs_secret");
        let mut public = client.clone();
        public["client_secret"] = json!(null);
        let list = json!({ "items": [client], "next": null });
        let server = FakeServer::answering(vec![(201, made), (201, public), (200, list), (204, json!(null))]);
        let run = |more: &[&str]| {
            let done = outcome(&server, &[&["client"], more, &["--org", "north"]].concat());
            assert_eq!(done.code, 0, "{}", done.err);
            done.out
        };
        let redirects = ["--redirect", "https://a.example/cb", "--redirect", "http://localhost/cb"];
        let shown = run(&[&["register", "Desk", "--confidential"], &redirects[..]].concat());
        assert!(shown.contains("reg_1") && shown.contains("wrs_secret") && shown.contains("once"), "{shown}");
        assert!(run(&[&["register", "Desk"], &redirects[..2]].concat()).contains("it has no secret"));
        let shown = run(&["registered"]);
        assert!(shown.contains("reg_1") && shown.contains("https://a.example/cb"), "{shown}");
        assert!(run(&["unregister", "reg_1"]).contains("known no longer"));
        let both = json!({ "name": "Desk", "redirect_uris": [redirects[1], redirects[3]], "confidential": true });
        assert_eq!(server.request(0).json(), both);
        assert_eq!(server.request(3).path, "/api/v1/orgs/north/registered-clients/reg_1");
    }
}
