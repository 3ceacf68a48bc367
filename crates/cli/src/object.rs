//! `wardroom object`: governed objects and fields, and what roles may do with them.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, names, text};
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
    /// The objects that you may see
    List,
    /// One object and its fields, with what you may do
    Show {
        /// The object's short name
        object: String,
    },
    /// Define an object, or replace its definition
    Define {
        /// The object's short name
        object: String,
        /// Its name for people
        #[arg(long)]
        title: String,
        /// A field as NAME or NAME=TITLE; fields that are not named are governed no longer
        #[arg(long = "field", value_name = "FIELD", action = clap::ArgAction::Append)]
        fields: Vec<String>,
    },
    /// End the governing of an object, and with it what roles say about it
    Remove {
        /// The object's short name
        object: String,
    },
    /// What a role may do with every object and field, and where that is said
    Role {
        /// The role's id, as `wardroom role list` shows it
        role: String,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.list(&["objects"], &[])?, lay_out_list),
        Verb::Show { object } => terminal.answer(&org.get(&["objects", object], &[])?, lay_out),
        Verb::Define { object, title, fields } => {
            let named = |field: &String| {
                let (name, title) = field.split_once('=').unwrap_or((field, field));
                (name.to_owned(), json!(title))
            };
            let fields: Map<String, Value> = fields.iter().map(named).collect();
            let defined = org.put(&["objects", object], &json!({ "title": title, "fields": fields }))?;
            terminal.answer(&defined, lay_out)
        }
        Verb::Remove { object } => {
            terminal.confirm(&format!("remove {object}? What roles say about it is gone with it."))?;
            let ended = org.delete(&["objects", object])?;
            terminal.answer(&ended, |_| format!("removed {object}\n"))
        }
        Verb::Role { role } => terminal.answer(&org.get(&["roles", role, "data"], &[])?, lay_out_role),
    }
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["OBJECT", "TITLE", "YOU MAY"]);
    for object in items(found) {
        let may = names(object, "/may");
        table.row([text(object, "/name"), text(object, "/title"), if may.is_empty() { "-".to_owned() } else { may }]);
    }
    table.to_string()
}

fn lay_out(object: &Value) -> String {
    let mut table = Table::new(&["FIELD", "TITLE", "SEE", "EDIT"]);
    for field in object.pointer("/fields").and_then(Value::as_array).into_iter().flatten() {
        table.row([text(field, "/name"), text(field, "/title"), text(field, "/see"), text(field, "/edit")]);
    }
    let about = facts(&[
        ("object", text(object, "/name")),
        ("title", text(object, "/title")),
        ("you may", names(object, "/may")),
    ]);
    format!("{about}\n{table}")
}

/// One verb of a role as a cell: yes or no, and where that was said where it is an exception.
fn cell(thing: &Value, verb: &str) -> String {
    let allowed = text(thing, &format!("/verbs/{verb}/allowed"));
    match text(thing, &format!("/verbs/{verb}/from")).as_str() {
        "-" | "all_objects" => allowed,
        level => format!("{allowed} ({level})"),
    }
}

fn lay_out_role(found: &Value) -> String {
    let mut table = Table::new(&["OBJECT", "SEE", "CREATE", "EDIT", "DELETE", "DESTROY"]);
    let baseline = |verb: &str| text(found, &format!("/all_objects/{verb}"));
    let verbs = ["see", "create", "edit", "delete", "destroy"];
    let [see, create, edit, delete, destroy] = verbs.map(baseline);
    table.row(["all objects".to_owned(), see, create, edit, delete, destroy]);
    for object in found.pointer("/objects").and_then(Value::as_array).into_iter().flatten() {
        let [see, create, edit, delete, destroy] = verbs.map(|verb| cell(object, verb));
        table.row([text(object, "/name"), see, create, edit, delete, destroy]);
        for field in object.pointer("/fields").and_then(Value::as_array).into_iter().flatten() {
            let (see, edit, none) = (cell(field, "see"), cell(field, "edit"), || "-".to_owned());
            table.row([format!("  .{}", text(field, "/name")), see, none(), edit, none(), none()]);
        }
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn an_object_is_defined_with_its_fields() {
        let server = FakeServer::answering(vec![(200, json!({"name": "people", "title": "People"}))]);
        let line = ["object", "define", "people", "--title", "People", "--field", "email=E-mail", "--field", "age"];
        let done = outcome(&server, &[&line[..], &["--org", "north"]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(server.request(0).method, "PUT");
        let expected = json!({"title": "People", "fields": {"email": "E-mail", "age": "age"}});
        assert_eq!(server.request(0).json(), expected);
    }

    #[test]
    fn what_a_role_may_names_the_level_of_every_exception() {
        let rule = |allowed: bool, from: &str| json!({"allowed": allowed, "from": from, "said": "inherit"});
        let see = rule(true, "all_objects");
        let found = json!({"all_objects": {"see": true, "create": false, "edit": false, "delete": false, "destroy": false},
            "objects": [{"name": "people", "verbs": {"see": see, "edit": rule(true, "object")},
                "fields": [{"name": "email", "verbs": {"see": see, "edit": rule(false, "field")}}]}]});
        let told = lay_out_role(&found);
        assert!(told.contains("all objects  yes  no"), "{told}");
        assert!(told.contains("people       yes  -       yes (object)"), "{told}");
        assert!(told.contains("  .email     yes  -       no (field)"), "{told}");
    }
}
