//! `wardroom org`: the organization and its settings.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, text};
use crate::server::Door;
use crate::table::{Table, facts};
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
    /// The organizations of this key
    List,
    /// Name, address for AI clients, settings, and who you are there
    Show,
    /// Change name or settings, such as `owners.max=3` or `join.default_role=member`; `null` clears one
    Set {
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// Settings
        #[arg(value_name = "SETTING=VALUE", value_parser = read_setting)]
        settings: Vec<(String, Value)>,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::List => {
            let found = arguments.door.server(terminal)?.get(&["orgs"], &[])?.body;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Show => {
            let found = arguments.door.organization(terminal)?.get(&[], &[])?;
            terminal.answer(&found, lay_out)
        }
        Verb::Set { name, settings } => {
            if name.is_none() && settings.is_empty() {
                return Err(Failure::Usage("say what to change: --name NAME, or SETTING=VALUE".to_owned()));
            }
            let mut body = Map::new();
            if let Some(name) = name {
                body.insert("name".to_owned(), json!(name));
            }
            if !settings.is_empty() {
                body.insert("settings".to_owned(), Value::Object(settings.iter().cloned().collect()));
            }
            let changed = arguments.door.organization(terminal)?.patch(&[], &Value::Object(body))?;
            terminal.answer(&changed, |_| "changed\n".to_owned())
        }
    }
}

/// A value is a number, `true`, `false` or `null` where it looks like one, and a text otherwise.
fn read_setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("a setting is written SETTING=VALUE, such as owners.max=3")?;
    let value = match serde_json::from_str(value) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))) => value,
        _ => Value::String(value.to_owned()),
    };
    Ok((name.to_owned(), value))
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["ORG", "NAME", "YOUR ROLE"]);
    for org in items(found) {
        table.row([text(org, "/slug"), text(org, "/name"), text(org, "/you/role")]);
    }
    table.to_string()
}

fn lay_out(org: &Value) -> String {
    let you = format!("{} ({})", text(org, "/you/name"), text(org, "/you/role"));
    let mut pairs = vec![
        ("name", text(org, "/name")),
        ("org", text(org, "/slug")),
        ("id", text(org, "/id")),
        ("preset", text(org, "/preset")),
        ("for clients", text(org, "/mcp_url")),
        ("you", you),
    ];
    let settings = org.pointer("/settings").and_then(Value::as_object);
    for (name, _) in settings.into_iter().flatten() {
        let value = text(&org["settings"], &format!("/{}", name.replace('~', "~0").replace('/', "~1")));
        pairs.push((name.as_str(), value));
    }
    facts(&pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn settings_are_sent_as_numbers_texts_and_null() {
        let server = FakeServer::answering(vec![(200, json!({"slug": "north"}))]);
        let done =
            outcome(&server, &["org", "set", "--org", "north", "owners.max=3", "join.default_role=member", "x=null"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let request = server.request(0);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("PATCH", "/api/v1/orgs/north"));
        let expected = json!({"settings": {"owners.max": 3, "join.default_role": "member", "x": null}});
        assert_eq!(request.json(), expected);
    }

    #[test]
    fn without_a_named_organization_the_only_one_of_the_key_is_meant() {
        let org = json!({
            "id": "org_1", "slug": "north", "name": "Northwind", "preset": "pipeworks", "settings": {"owners.max": null},
            "mcp_url": "http://h/o/north/mcp", "you": {"subject": "mem_1", "role": "owner", "name": "Ada Example"},
        });
        let server =
            FakeServer::answering(vec![(200, json!({"items": [{"slug": "north"}], "next": null})), (200, org)]);
        let done = outcome(&server, &["org", "show"]);
        assert_eq!((done.code, server.request(1).path.as_str()), (0, "/api/v1/orgs/north"));
        assert!(done.out.contains("for clients  http://h/o/north/mcp\n"), "{}", done.out);
        assert!(done.out.contains("owners.max   -\n"), "{}", done.out);
    }

    #[test]
    fn a_key_of_several_organizations_must_name_one() {
        let found = json!({"items": [{"slug": "north"}, {"slug": "south"}], "next": null});
        let server = FakeServer::answering(vec![(200, found)]);
        let done = outcome(&server, &["org", "show"]);
        assert_eq!(
            (done.code, done.err.as_str()),
            (2, "error: name the organization with --org: one of north, south\n")
        );
    }
}
