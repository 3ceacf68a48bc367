//! `wardroom role`: the roles that a member can have.

use clap::{Args, Subcommand};
use serde_json::Value;

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
    /// All roles, and whom each is typical for
    List,
    /// One role and its permissions
    Show {
        /// The role's id
        role: String,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => {
            let found = org.list(&["roles"], &[])?;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Show { role } => {
            let found = org.get(&["roles", role], &[])?;
            terminal.answer(&found, lay_out)
        }
    }
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["ROLE", "TITLE", "MEMBERS", "TYPICAL FOR"]);
    for role in items(found) {
        table.row([text(role, "/id"), text(role, "/title"), text(role, "/members"), text(role, "/typical_for")]);
    }
    table.to_string()
}

fn lay_out(role: &Value) -> String {
    facts(&[
        ("role", text(role, "/id")),
        ("title", text(role, "/title")),
        ("typical for", text(role, "/typical_for")),
        ("members", text(role, "/members")),
        ("permissions", names(role, "/permissions")),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_are_listed_with_whom_they_are_typical_for() {
        let found =
            json!({"items": [{"id": "admin", "title": "Admin", "typical_for": "department heads", "members": 2}]});
        assert_eq!(
            lay_out_list(&found),
            "ROLE   TITLE  MEMBERS  TYPICAL FOR\nadmin  Admin  2        department heads\n"
        );
    }

    #[test]
    fn a_role_shows_its_permissions() {
        let role = json!({"id": "admin", "title": "Admin", "permissions": ["member.add", {"id": "member.remove"}]});
        assert!(lay_out(&role).contains("permissions  member.add, member.remove\n"), "{}", lay_out(&role));
    }
}
