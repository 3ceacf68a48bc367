//! `wardroom team`: teams, who is in them in which role, and what they have.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::field::{is_true, items, text};
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
    /// The teams that you may see
    List,
    /// One team: who is in it, what it has
    Show {
        /// Title or id
        team: String,
    },
    /// Everyone in a team
    Members {
        /// Title or id
        team: String,
    },
    /// Make a team
    Create {
        /// Its name
        title: String,
    },
    /// Give a team another name
    Rename {
        /// Title or id
        team: String,
        /// The new name
        title: String,
    },
    /// End a team: what people had through it they lose at once
    Delete {
        /// Title or id
        team: String,
    },
    /// Put a member into a team, or give them another role in it
    Set {
        /// Title or id
        team: String,
        /// E-mail or id
        member: String,
        /// A role in teams; without it the one that they have, or the default
        #[arg(long)]
        role: Option<String>,
    },
    /// Hand over the lead of a team: the other one gets the leader's role, and the leader another one
    Lead {
        /// Title or id
        team: String,
        /// E-mail or id of the member who leads it then
        member: String,
        /// Who led it until now: without it you where you do, or the only leader
        #[arg(long, value_name = "MEMBER")]
        from: Option<String>,
        /// The role in teams that they have then; without it the default
        #[arg(long, value_name = "ROLE")]
        own_role: Option<String>,
    },
    /// Take a member out of a team
    Remove {
        /// Title or id
        team: String,
        /// E-mail or id
        member: String,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.list(&["teams"], &[])?, lay_out_list),
        Verb::Show { team } => terminal.answer(&org.get(&["teams", team], &[])?, lay_out),
        Verb::Members { team } => {
            terminal.answer(&org.list(&["teams", team, "members"], &[])?, |found| lay_out_members(items(found)))
        }
        Verb::Create { title } => {
            let made = org.post(&["teams"], &json!({"title": title}))?;
            terminal.answer(&made, |team| format!("made {} ({})\n", text(team, "/title"), text(team, "/id")))
        }
        Verb::Lead { team, member, from, own_role } => {
            let body = json!({"to": member, "from": from, "own_role": own_role});
            let leader = org.post(&["teams", team, "leader"], &body)?;
            terminal.answer(&leader, |leader| format!("{} leads {team} now\n", text(leader, "/name")))
        }
        Verb::Rename { team, title } => {
            let changed = org.patch(&["teams", team], &json!({"title": title}))?;
            terminal.answer(&changed, |team| format!("it is {} now\n", text(team, "/title")))
        }
        Verb::Delete { team } => {
            terminal.confirm(&format!(
                "delete the team {team} of {}? What people have through it they lose at once.",
                org.slug()
            ))?;
            terminal.answer(&org.delete(&["teams", team])?, |_| format!("deleted {team}\n"))
        }
        Verb::Set { team, member, role } => {
            let body = role.as_ref().map_or_else(|| json!({}), |role| json!({"role": role}));
            let place = org.put(&["teams", team, "members", member], &body)?;
            terminal.answer(&place, |place| format!("{} is {} in {team}\n", text(place, "/name"), text(place, "/role")))
        }
        Verb::Remove { team, member } => {
            let gone = org.delete(&["teams", team, "members", member])?;
            terminal.answer(&gone, |_| format!("{member} is no longer in {team}\n"))
        }
    }
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["TEAM", "MEMBERS", "YOU", "NOTE", "ID"]);
    for team in items(found) {
        table.row([
            text(team, "/title"),
            text(team, "/member_count"),
            text(team, "/your_role"),
            note(team),
            text(team, "/id"),
        ]);
    }
    table.to_string()
}

fn note(team: &Value) -> String {
    if is_true(team, "/leaderless") { "nobody leads it".to_owned() } else { String::new() }
}

fn lay_out(team: &Value) -> String {
    let entries = |at: &str| team.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut told = facts(&[
        ("team", text(team, "/title")),
        ("id", text(team, "/id")),
        ("members", text(team, "/member_count")),
        ("you", text(team, "/your_role")),
    ]);
    if is_true(team, "/leaderless") {
        told.push_str("nobody in it may decide who is in it; `wardroom team set` makes somebody leader\n");
    }
    told.push_str(&format!("\n{}", lay_out_members(&entries("/members"))));
    let mut table = Table::new(&["HAS", "KIND", "MEASURE"]);
    for grant in entries("/integrations") {
        table.row([text(&grant, "/integration"), "integration".to_owned(), text(&grant, "/profile")]);
    }
    for resource in entries("/resources") {
        table.row([text(&resource, "/title"), text(&resource, "/kind"), String::new()]);
    }
    told.push_str(&format!("\n{table}"));
    told
}

fn lay_out_members(members: &[Value]) -> String {
    let mut table = Table::new(&["MEMBER", "ROLE", "ID"]);
    for member in members {
        table.row([text(member, "/name"), text(member, "/role_title"), text(member, "/id")]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_team_that_nobody_leads_is_pointed_out() {
        let team = json!({"id": "tea_1", "title": "Essays", "member_count": 2, "leaderless": true, "your_role": null});
        let server = FakeServer::answering(vec![(200, json!({"items": [team], "next": null}))]);
        let done = outcome(&server, &["team", "list", "--org", "north"]);
        assert_eq!(
            done.out,
            "TEAM    MEMBERS  YOU  NOTE             ID\nEssays  2        -    nobody leads it  tea_1\n"
        );
    }

    #[test]
    fn a_member_is_put_into_a_team_with_and_without_a_role() {
        let place = json!({"name": "Ada", "role": "team-leader"});
        let server = FakeServer::answering(vec![(200, place.clone()), (200, place)]);
        let line = ["team", "set", "Essays", "ada@example.com", "--role", "team-leader", "--org", "north"];
        assert_eq!(outcome(&server, &line).out, "Ada is team-leader in Essays\n");
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/teams/Essays/members/ada%40example.com");
        assert_eq!(server.request(0).json(), json!({"role": "team-leader"}));
        assert_eq!(outcome(&server, &["team", "set", "Essays", "ada@example.com", "--org", "north"]).code, 0);
        assert_eq!(server.request(1).json(), json!({}));
    }

    #[test]
    fn the_lead_of_a_team_is_handed_over_in_one_request() {
        let server = FakeServer::answering(vec![(200, json!({"name": "Kim", "role": "team-leader"}))]);
        let line = ["team", "lead", "Essays", "kim@example.com", "--own-role", "team-user", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.out.as_str()), (0, "Kim leads Essays now\n"), "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/teams/Essays/leader");
        assert_eq!(server.request(0).json(), json!({"to": "kim@example.com", "from": null, "own_role": "team-user"}));
    }

    #[test]
    fn a_team_is_deleted_only_after_a_yes() {
        let server = FakeServer::answering(vec![(204, Value::Null)]);
        assert_eq!(outcome(&server, &["team", "delete", "Essays", "--org", "north"]).code, 2);
        assert_eq!(server.request_count(), 0);
        assert_eq!(outcome(&server, &["team", "delete", "Essays", "--yes", "--org", "north"]).code, 0);
    }
}
