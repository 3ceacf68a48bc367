//! `wardroom kind`: what holds for all resources of a kind, such as all graders.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, plain, text};
use crate::org::read_setting;
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
    /// The kinds that you work with or configure
    List,
    /// What holds for all resources of a kind
    Show {
        /// The kind, such as grader
        kind: String,
    },
    /// Change single settings of a kind, such as `strict=true` or `levels='[1, 2]'`; the others stay
    Set {
        /// The kind, such as grader
        kind: String,
        /// Settings
        #[arg(value_name = "SETTING=VALUE", value_parser = read_setting, required_unless_present = "unset")]
        settings: Vec<(String, Value)>,
        /// Settings that are to be gone
        #[arg(long, value_name = "SETTING")]
        unset: Vec<String>,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.get(&["kinds"], &[])?, lay_out_list),
        Verb::Show { kind } => terminal.answer(&org.get(&["kinds", kind], &[])?, lay_out),
        Verb::Set { kind, settings, unset } => {
            let present = org.get(&["kinds", kind], &[])?;
            // What somebody else changes in between is not overwritten.
            let org = org.tied_to(present["seq"].as_u64().unwrap_or_default());
            let present = present.pointer("/settings").and_then(Value::as_object).cloned().unwrap_or_default();
            let kept = present.into_iter().filter(|(name, _)| !unset.contains(name));
            let settings: Map<String, Value> = kept.chain(settings.iter().cloned()).collect();
            terminal.answer(&org.put(&["kinds", kind], &json!({ "settings": settings }))?, lay_out)
        }
    }
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["KIND", "TITLE", "SETTINGS", "YOU MAY CHANGE"]);
    for kind in items(found) {
        let settings = kind.pointer("/settings").and_then(Value::as_object).map_or(0, Map::len);
        table.row([text(kind, "/kind"), text(kind, "/title"), settings.to_string(), text(kind, "/may_change")]);
    }
    table.to_string()
}

fn lay_out(kind: &Value) -> String {
    let settings = kind.pointer("/settings").and_then(Value::as_object);
    let line = |(name, value): (&String, &Value)| format!("{} = {}\n", plain(name), plain(&value.to_string()));
    let told: String = settings.into_iter().flatten().map(line).collect();
    if told.is_empty() { format!("nothing is set for all of {}\n", text(kind, "/kind")) } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn single_settings_change_and_the_others_stay() {
        let kind =
            |settings: Value| (200, json!({"kind": "grader", "settings": settings, "may_change": true, "seq": 41}));
        let server = FakeServer::answering(vec![
            kind(json!({"strict": true, "old": 1, "kept": [1, 2]})),
            kind(json!({"kept": [1, 2], "strict": false})),
        ]);
        let line = ["kind", "set", "grader", "strict=false", "--unset", "old", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.out.as_str()), (0, "kept = [1,2]\nstrict = false\n"), "{}", done.err);
        assert_eq!(server.request(1).json(), json!({"settings": {"strict": false, "kept": [1, 2]}}));
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/kinds/grader");
        assert_eq!(server.request(1).header("if-match"), Some("\"41\""), "nobody else's change is overwritten");
        assert!(crate::command().try_get_matches_from(["wardroom", "kind", "set", "grader"]).is_err());
    }
}
