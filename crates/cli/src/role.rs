//! `wardroom role`: the roles of the organization, who has them, and how they came to be what they are.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{is_true, items, names, text, text_if_any, time};
use crate::server::{Door, Organization};
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
    /// All roles, how many have each, and whom each is typical for
    List,
    /// One role: what it holds, and to whom it may be given
    Show {
        /// The role's id
        role: String,
    },
    /// Everything that a role can hold
    Permissions,
    /// Make a role
    Create {
        /// Its name
        title: String,
        /// Its id; without it, made from the name
        #[arg(long)]
        id: Option<String>,
        /// Where it holds
        #[arg(long, default_value = "organization", value_parser = ["organization", "team"])]
        level: String,
        #[command(flatten)]
        change: Change,
    },
    /// Make a role as a copy of another
    Clone {
        /// The id of the role to copy
        role: String,
        /// The name of the copy
        title: String,
        /// Its id; without it, made from the name
        #[arg(long)]
        id: Option<String>,
    },
    /// Change a role, for everyone who has it
    Edit {
        /// The role's id
        role: String,
        /// Another name
        #[arg(long)]
        title: Option<String>,
        /// Permissions that it no longer holds
        #[arg(long, value_name = "PERMISSION", num_args = 1.., action = clap::ArgAction::Append)]
        revoke: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    /// End a role: its members get the default role, its keys and agents stop
    Delete {
        /// The role's id
        role: String,
        /// The default role from now on; needed to delete the present one
        #[arg(long, value_name = "ROLE")]
        default: Option<String>,
    },
    /// Who has a role
    Holders {
        /// The role's id
        role: String,
    },
    /// What happened to a role
    History {
        /// The role's id
        role: String,
    },
}

/// What is said about a role.
#[derive(Args)]
struct Change {
    /// Permissions that it holds: `project.edit`, `project.edit:own`, or a whole group such as `settings.*`
    #[arg(long, value_name = "PERMISSION", num_args = 1.., action = clap::ArgAction::Append)]
    allow: Vec<String>,
    /// All that it may do with a kind of resource, such as `project=view_only`
    #[arg(long = "access", value_name = "KIND=LEVEL", value_parser = read_level, num_args = 1.., action = clap::ArgAction::Append)]
    levels: Vec<(String, String)>,
    /// Who typically has it
    #[arg(long, value_name = "TEXT")]
    typical_for: Option<String>,
    /// What to know about it
    #[arg(long, value_name = "TEXT")]
    guide: Option<String>,
    /// To whom it may be given, and to nobody else
    #[arg(long, value_name = "KIND", num_args = 1.., value_parser = ["members", "keys", "agents"])]
    assignable_to: Vec<String>,
}

fn read_level(text: &str) -> Result<(String, String), String> {
    let (kind, level) = text.split_once('=').ok_or("write KIND=LEVEL, such as project=view_only")?;
    Ok((kind.to_owned(), level.to_owned()))
}

impl Change {
    /// What is sent; the permissions under the name by which the request knows them.
    fn body(&self, permissions: &str) -> Map<String, Value> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        if !self.allow.is_empty() {
            put(permissions, json!(self.allow));
        }
        if !self.levels.is_empty() {
            put("levels", self.levels.iter().map(|(kind, level)| (kind.clone(), json!(level))).collect());
        }
        for (name, said) in [("typical_for", &self.typical_for), ("guide", &self.guide)] {
            if let Some(said) = said {
                put(name, json!(said));
            }
        }
        if !self.assignable_to.is_empty() {
            let to = |kind: &str| self.assignable_to.iter().any(|named| named == kind);
            put("assignable_to", json!({"members": to("members"), "keys": to("keys"), "agents": to("agents")}));
        }
        body
    }
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.list(&["roles"], &[])?, lay_out_list),
        Verb::Show { role } => terminal.answer(&org.get(&["roles", role], &[])?, lay_out),
        Verb::Permissions => terminal.answer(&org.list(&["permissions"], &[])?, lay_out_permissions),
        Verb::Create { title, id, level, change } => {
            let mut body = change.body("permissions");
            body.insert("title".to_owned(), json!(title));
            body.insert("level".to_owned(), json!(level));
            body.extend(id.iter().map(|id| ("id".to_owned(), json!(id))));
            let made = org.post(&["roles"], &Value::Object(body))?;
            terminal.answer(&made, |role| format!("made {} ({})\n", text(role, "/title"), text(role, "/id")))
        }
        Verb::Clone { role, title, id } => {
            let mut body = Map::from_iter([("title".to_owned(), json!(title))]);
            body.extend(id.iter().map(|id| ("id".to_owned(), json!(id))));
            let made = org.post(&["roles", role, "clone"], &Value::Object(body))?;
            terminal.answer(&made, |role| format!("made {} ({})\n", text(role, "/title"), text(role, "/id")))
        }
        Verb::Edit { role, title, revoke, change } => {
            let mut body = change.body("allow");
            body.extend(title.iter().map(|title| ("title".to_owned(), json!(title))));
            if !revoke.is_empty() {
                body.insert("revoke".to_owned(), json!(revoke));
            }
            if body.is_empty() {
                return Err(Failure::Usage(
                    "say what to change, such as --allow member.add or --title NAME".to_owned(),
                ));
            }
            let changed = org.patch(&["roles", role], &Value::Object(body))?;
            terminal.answer(&changed, lay_out)
        }
        Verb::Delete { role, default } => delete(role, default.as_deref(), &org, terminal),
        Verb::Holders { role } => terminal.answer(&org.list(&["roles", role, "holders"], &[])?, lay_out_holders),
        Verb::History { role } => terminal.answer(&org.list(&["roles", role, "history"], &[])?, lay_out_history),
    }
}

fn delete(role: &str, default: Option<&str>, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if !terminal.yes {
        let found = org.get(&["roles", role], &[])?;
        let title = text(&found, "/title");
        let then = match text(&found, "/level").as_str() {
            "team" => format!(
                "Places in teams that have it ({}) get the default role of teams.",
                text(&found, "/team_places")
            ),
            _ => format!(
                "Members who have it ({}) get the default role; keys and agents stop.",
                text(&found, "/members")
            ),
        };
        terminal.confirm(&format!("delete the role {title} of {}? {then}", org.slug()))?;
    }
    let query: Vec<(&str, String)> = default.map(|role| ("default_role", role.to_owned())).into_iter().collect();
    let ended = org.delete_with(&["roles", role], &query)?;
    terminal.answer(&ended, |ended| {
        let mut told = format!("deleted {}\n", text(ended, "/deleted"));
        told.push_str(&format!("  members who are {} now: {}\n", text(ended, "/moved_to"), text(ended, "/members")));
        for (at, who) in [("/keys", "keys"), ("/agents", "agents")] {
            if ended.pointer(at).and_then(Value::as_u64).is_some_and(|count| count > 0) {
                told.push_str(&format!("  {who} that stopped until they get a role: {}\n", text(ended, at)));
            }
        }
        told
    })
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["ROLE", "TITLE", "IN", "MEMBERS", "TYPICAL FOR"]);
    for role in items(found) {
        let members = if text(role, "/level") == "team" { "/team_places" } else { "/members" };
        table.row([
            text(role, "/id"),
            text(role, "/title"),
            text(role, "/level"),
            text(role, members),
            text(role, "/typical_for"),
        ]);
    }
    table.to_string()
}

fn lay_out(role: &Value) -> String {
    let to: Vec<&str> = ["members", "keys", "agents"]
        .into_iter()
        .filter(|kind| is_true(role, &format!("/assignable_to/{kind}")))
        .collect();
    let mut told = facts(&[
        ("role", text(role, "/id")),
        ("title", text(role, "/title")),
        ("typical for", text(role, "/typical_for")),
        ("holds in", text(role, "/level")),
        ("for newcomers", text(role, "/default")),
        ("fixed", text(role, "/locked")),
        ("given to", to.join(", ")),
        ("members", text(role, "/members")),
        ("permissions", names(role, "/permissions")),
    ]);
    if let Some(guide) = text_if_any(role, "/guide") {
        told.push_str(&format!("\n{guide}\n"));
    }
    told
}

fn lay_out_permissions(found: &Value) -> String {
    let mut table = Table::new(&["PERMISSION", "GROUP", "SCOPES", "MANAGES", "MEANS"]);
    for permission in items(found) {
        table.row([
            text(permission, "/id"),
            text(permission, "/group"),
            names(permission, "/scopes"),
            text(permission, "/manages"),
            text(permission, "/description"),
        ]);
    }
    table.to_string()
}

fn lay_out_holders(found: &Value) -> String {
    let mut table = Table::new(&["NAME", "KIND", "TEAM", "ID"]);
    for holder in items(found) {
        table.row([text(holder, "/name"), text(holder, "/kind"), text(holder, "/team/title"), text(holder, "/id")]);
    }
    table.to_string()
}

fn lay_out_history(found: &Value) -> String {
    let mut table = Table::new(&["WHEN", "WHO", "WHAT", "ADDED", "REMOVED", "ALSO"]);
    for entry in items(found) {
        let moved = text_if_any(entry, "/moved_to").map(|role| format!("members have {role}"));
        let also = [names(entry, "/fields"), names(entry, "/objects"), moved.unwrap_or_default()];
        let also: Vec<String> = also.into_iter().filter(|part| !part.is_empty()).collect();
        table.row([
            time(entry, "/at"),
            text(entry, "/actor/name"),
            text(entry, "/what"),
            names(entry, "/added"),
            names(entry, "/removed"),
            also.join(", "),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn roles_are_listed_with_whom_they_are_typical_for() {
        let role = json!({"id": "admin", "title": "Admin", "typical_for": "department heads", "members": 2,
            "level": "organization"});
        assert_eq!(
            lay_out_list(&json!({"items": [role]})),
            "ROLE   TITLE  IN            MEMBERS  TYPICAL FOR\nadmin  Admin  organization  2        department heads\n"
        );
    }

    #[test]
    fn a_role_shows_its_permissions_and_to_whom_it_is_given() {
        let role = json!({"id": "admin", "title": "Admin", "permissions": ["member.add", "member.remove"],
            "assignable_to": {"members": true, "keys": false, "agents": true}});
        let told = lay_out(&role);
        assert!(told.contains("permissions    member.add, member.remove\n"), "{told}");
        assert!(told.contains("given to       members, agents\n"), "{told}");
    }

    #[test]
    fn an_edit_sends_what_is_allowed_revoked_and_levelled() {
        let server = FakeServer::answering(vec![(200, json!({"id": "clerk"}))]);
        let line = [
            "role",
            "edit",
            "clerk",
            "--allow",
            "email.send",
            "member.view",
            "--revoke",
            "csv.export",
            "--access",
            "project=view_only",
            "--assignable-to",
            "members",
            "keys",
            "--org",
            "north",
        ];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/roles/clerk");
        let expected = json!({"allow": ["email.send", "member.view"], "revoke": ["csv.export"],
            "levels": {"project": "view_only"}, "assignable_to": {"members": true, "keys": true, "agents": false}});
        assert_eq!(server.request(0).json(), expected);
    }

    #[test]
    fn a_role_is_deleted_only_after_a_yes_and_with_the_chosen_default() {
        let server = FakeServer::answering(vec![(200, json!({"title": "Clerk", "members": 3}))]);
        let done = outcome(&server, &["role", "delete", "clerk", "--org", "north"]);
        assert_eq!((done.code, server.request_count()), (2, 1), "{}", done.err);
        assert!(done.err.contains("(3)"), "{}", done.err);
        let ended = json!({"deleted": "clerk", "moved_to": "guest", "members": 3, "keys": 1, "agents": 0});
        let server = FakeServer::answering(vec![(200, ended)]);
        let done = outcome(&server, &["role", "delete", "clerk", "--default", "guest", "--yes", "--org", "north"]);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/roles/clerk?default_role=guest");
        assert!(done.out.contains("keys that stopped until they get a role: 1\n"), "{}", done.out);
    }

    #[test]
    fn an_edit_that_says_nothing_is_not_sent() {
        let server = FakeServer::answering(vec![]);
        assert_eq!(outcome(&server, &["role", "edit", "clerk", "--org", "north"]).code, 2);
        assert_eq!(server.request_count(), 0);
    }
}
