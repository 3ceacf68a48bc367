//! `wardroom directory`: the connections by which a company directory keeps the members up to date. A secret is shown once,
//! when it is made.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::field::{items, names, plain, text, time};
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
    /// The connections, without their secrets
    List,
    /// Connect a directory over SCIM; the secret is shown once
    Connect(Connection),
    /// Replace a connection's secret: the old one ends at once, the new one is shown once
    Rotate {
        /// The connection's id
        connection: String,
    },
    /// The groups that the directory keeps over a connection, and the teams that each gives
    Groups {
        /// The connection's id
        connection: String,
    },
    /// Say in which teams those in a directory's group are; without any, the group gives nothing
    Map {
        /// The connection's id
        connection: String,
        /// The group's id
        group: String,
        /// A team's id, and after = the role there; without a role, the one that newcomers to teams have
        #[arg(long = "team", value_name = "TEAM[=ROLE]", value_delimiter = ',')]
        teams: Vec<String>,
    },
    /// End a connection at once; the people whom it let in stay as they are
    End {
        /// The connection's id
        connection: String,
    },
}

#[derive(Args)]
struct Connection {
    /// What you call it
    label: String,
    /// The role of those whom it lets in; without it, the one that newcomers have now
    #[arg(long)]
    role: Option<String>,
    /// Roles that it looks after besides: it suspends nobody who has more than these and the other one
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    tends: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.get(&["directory"], &[])?, lay_out),
        Verb::Connect(connection) => connect(connection, &org, terminal),
        Verb::Rotate { connection } => {
            terminal.confirm(&format!("rotate {connection}? The directory stops until it has the new secret."))?;
            let rotated = org.post(&["directory", connection, "rotate"], &json!({}))?;
            terminal.answer(&rotated, |rotated| format!("rotated {connection}\n{}", lay_out_secret(rotated)))
        }
        Verb::Groups { connection } => {
            terminal.answer(&org.get(&["directory", connection, "groups"], &[])?, lay_out_groups)
        }
        Verb::Map { connection, group, teams } => {
            let mapped = org.put(&["directory", connection, "groups", group], &json!({ "teams": given(teams) }))?;
            terminal.answer(&mapped, |mapped| format!("{} gives {}\n", text(mapped, "/name"), lay_out_teams(mapped)))
        }
        Verb::End { connection } => {
            terminal.confirm(&format!("end {connection}? The directory changes nothing here any more."))?;
            let ended = org.delete(&["directory", connection])?;
            terminal.answer(&ended, |_| format!("ended {connection}\n"))
        }
    }
}

fn connect(new: &Connection, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let body = json!({ "label": new.label, "role": new.role, "tends": new.tends });
    let made = org.post(&["directory"], &body)?;
    terminal.answer(&made, |made| format!("connected {}\n{}", plain(&new.label), lay_out_secret(made)))
}

fn lay_out_secret(made: &Value) -> String {
    format!(
        "  id       {}\n  address  {}\n  secret   {}\nthe secret is shown this once: give both to the directory\n",
        text(made, "/id"),
        text(made, "/scim_url"),
        text(made, "/secret"),
    )
}

/// Teams and the roles there, as they are sent.
fn given(teams: &[String]) -> Value {
    let one = |team: &String| match team.split_once('=') {
        Some((team, role)) => (team.to_owned(), Value::from(role)),
        None => (team.clone(), Value::Null),
    };
    Value::Object(teams.iter().map(one).collect())
}

fn lay_out_teams(group: &Value) -> String {
    let teams = group["teams"].as_array().into_iter().flatten();
    let teams: Vec<String> =
        teams.map(|given| format!("{} ({})", text(given, "/title"), text(given, "/role"))).collect();
    if teams.is_empty() { "nothing".to_owned() } else { teams.join(", ") }
}

fn lay_out_groups(found: &Value) -> String {
    let mut table = Table::new(&["GROUP", "MEMBERS", "GIVES", "STANDS STILL", "ID"]);
    for one in items(found) {
        table.row([
            text(one, "/name"),
            text(one, "/members"),
            lay_out_teams(one),
            text(one, "/because"),
            text(one, "/id"),
        ]);
    }
    table.to_string()
}

fn lay_out(found: &Value) -> String {
    let mut table = Table::new(&["LABEL", "STATE", "GIVES", "TENDS", "LAST USED", "ID"]);
    for one in items(found) {
        table.row([
            text(one, "/label"),
            text(one, "/state"),
            text(one, "/role"),
            names(one, "/tends"),
            time(one, "/used_at"),
            text(one, "/id"),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn connections_are_made_seen_renewed_and_ended() {
        let made = json!({ "id": "key_1", "secret": "wrd_secret", "scim_url": "https://gate/scim/v2/north" });
        let one = json!({ "id": "key_1", "label": "Okta", "state": "active", "role": "member", "tends": ["admin"],
            "hint": "cret", "scim_url": "https://gate/scim/v2/north", "used_at": null });
        let server = FakeServer::answering(vec![
            (201, made.clone()),
            (200, json!({ "items": [one], "next": null })),
            (200, made),
            (204, json!(null)),
        ]);
        let run = |line: &[&str]| {
            let line = [&["directory", "--org", "north", "--yes"], line].concat();
            let done = outcome(&server, &line);
            assert_eq!(done.code, 0, "{}", done.err);
            done.out
        };
        let connected = run(&["connect", "Okta", "--role", "member", "--tends", "admin,clerk"]);
        assert!(connected.contains("wrd_secret") && connected.contains("https://gate/scim/v2/north"), "{connected}");
        let listed = run(&["list"]);
        assert!(listed.contains("Okta") && listed.contains("admin") && !listed.contains("secret"), "{listed}");
        assert!(run(&["rotate", "key_1"]).contains("wrd_secret"));
        assert!(run(&["end", "key_1"]).contains("ended key_1"));
        assert_eq!(server.request(0).json(), json!({ "label": "Okta", "role": "member", "tends": ["admin", "clerk"] }));
        let asked = [0, 1, 2, 3].map(|at| server.request(at)).map(|request| (request.method, request.path));
        let path = "/api/v1/orgs/north/directory";
        let expected = [
            ("POST", path.to_owned()),
            ("GET", path.to_owned()),
            ("POST", format!("{path}/key_1/rotate")),
            ("DELETE", format!("{path}/key_1")),
        ];
        assert_eq!(asked, expected.map(|(method, path)| (method.to_owned(), path)));
    }

    #[test]
    fn what_groups_give_is_seen_and_said() {
        let one = json!({ "id": "grp_1", "name": "Engineers", "external_id": null, "members": 7,
            "teams": [{ "team": "tea_1", "title": "Engines", "role": "team-user" }] });
        let nothing = json!({ "id": "grp_1", "name": "Engineers", "external_id": null, "members": 7, "teams": [] });
        let server = FakeServer::answering(vec![
            (200, json!({ "items": [one.clone()], "next": null })),
            (200, one),
            (200, nothing),
        ]);
        let run = |line: &[&str]| {
            let line = [&["directory", "--org", "north"], line].concat();
            let done = outcome(&server, &line);
            assert_eq!(done.code, 0, "{}", done.err);
            done.out
        };
        let listed = run(&["groups", "key_1"]);
        assert!(
            listed.contains("Engineers") && listed.contains("Engines (team-user)") && listed.contains('7'),
            "{listed}"
        );
        assert!(run(&["map", "key_1", "grp_1", "--team", "tea_1=team-user,tea_2"]).contains("Engines (team-user)"));
        assert!(run(&["map", "key_1", "grp_1"]).contains("gives nothing"));
        assert_eq!(server.request(1).json(), json!({ "teams": { "tea_1": "team-user", "tea_2": null } }));
        assert_eq!(server.request(2).json(), json!({ "teams": {} }));
        let asked = server.request(1);
        assert_eq!(
            (asked.method, asked.path),
            ("PUT".into(), "/api/v1/orgs/north/directory/key_1/groups/grp_1".into())
        );
    }
}
