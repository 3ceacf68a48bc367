//! `wardroom agent`: AI agents with an identity of their own, and for whom they may act.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, text, time};
use crate::instant::{self, Sense};
use crate::member::show_access;
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
    /// All agents
    List,
    /// Make an agent; make a key for it with `wardroom key create --agent`
    Create(Creation),
    /// One agent, what it was given and for whom it may act
    Show {
        /// The agent's id
        agent: String,
    },
    /// What it can use and manage when it acts for nobody, and by what
    Access {
        /// The agent's id
        agent: String,
        /// As it was at this time (2026-05-01T00:00:00Z), or after the change of this number
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Change its name or who answers for it
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["title", "sponsor"])))]
    Edit {
        /// The agent's id
        agent: String,
        /// Its new name
        #[arg(long)]
        title: Option<String>,
        /// The member who answers for it, by e-mail or id
        #[arg(long, value_name = "MEMBER")]
        sponsor: Option<String>,
    },
    /// Give it another role
    Role {
        /// The agent's id
        agent: String,
        /// The role's id, as `wardroom role list` shows it; without it the agent has none
        role: Option<String>,
    },
    /// Stop everything it does, at once, until it is resumed
    Suspend {
        /// The agent's id
        agent: String,
    },
    /// Let a suspended agent work again
    Resume {
        /// The agent's id
        agent: String,
    },
    /// End an agent for good, with its keys and everything that it was given
    Delete {
        /// The agent's id
        agent: String,
    },
    /// Let an agent act for you: it may do then what both of you may
    Delegate {
        /// The agent's id
        agent: String,
        /// When it ends: 2026-12-31, 2026-12-31T18:00:00Z, or a length such as 6w, 30d, 12h
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Let an agent act for somebody no longer; its keys for that end
    EndDelegation {
        /// The agent's id
        agent: String,
        /// For whom, by e-mail or id; without it, for you
        #[arg(default_value = "me")]
        member: String,
    },
}

#[derive(Args)]
struct Creation {
    /// The agent's name
    title: String,
    /// Its role; without one it has only what it is given
    #[arg(long)]
    role: Option<String>,
    /// The member who answers for it, by e-mail or id; without it, you
    #[arg(long, value_name = "MEMBER")]
    sponsor: Option<String>,
    /// When it ends: 2026-12-31, 2026-12-31T18:00:00Z, or a length such as 6w, 30d, 12h
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Creation {
    fn body(&self, terminal: &Terminal<'_>) -> Result<Value, Failure> {
        let mut body = Map::from_iter([("title".to_owned(), json!(self.title))]);
        body.extend(self.role.as_ref().map(|role| ("role".to_owned(), json!(role))));
        body.extend(self.sponsor.as_ref().map(|sponsor| ("sponsor".to_owned(), json!(sponsor))));
        body.extend(ends_at(self.until.as_deref(), terminal)?);
        Ok(Value::Object(body))
    }
}

/// When something ends by itself, as a field of a body.
pub(crate) fn ends_at(until: Option<&str>, terminal: &Terminal<'_>) -> Result<Option<(String, Value)>, Failure> {
    let Some(until) = until else { return Ok(None) };
    let instant = instant::read(until, Sense::Until, (terminal.surroundings.clock)()).map_err(Failure::Usage)?;
    Ok(Some(("expires_at".to_owned(), json!(instant))))
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.list(&["agents"], &[])?, lay_out_list),
        Verb::Create(creation) => {
            let made = org.post(&["agents"], &creation.body(terminal)?)?;
            terminal.answer(&made, |made| format!("made the agent {} ({})\n", text(made, "/title"), text(made, "/id")))
        }
        Verb::Show { agent } => terminal.answer(&org.get(&["agents", agent], &[])?, lay_out),
        Verb::Access { agent, at } => show_access(&["agents", agent, "access"], at.as_ref(), &org, terminal),
        Verb::Edit { agent, title, sponsor } => {
            let mut body = Map::new();
            body.extend(title.as_ref().map(|title| ("title".to_owned(), json!(title))));
            body.extend(sponsor.as_ref().map(|sponsor| ("sponsor".to_owned(), json!(sponsor))));
            terminal.answer(&org.patch(&["agents", agent], &Value::Object(body))?, lay_out)
        }
        Verb::Role { agent, role } => {
            let changed = org.patch(&["agents", agent], &json!({ "role": role }))?;
            terminal
                .answer(&changed, |agent| format!("{} has the role {}\n", text(agent, "/title"), text(agent, "/role")))
        }
        Verb::Suspend { agent } => {
            let changed = org.patch(&["agents", agent], &json!({ "suspended": true }))?;
            terminal.answer(&changed, |agent| format!("suspended {}\n", text(agent, "/title")))
        }
        Verb::Resume { agent } => {
            let changed = org.patch(&["agents", agent], &json!({ "suspended": false }))?;
            terminal.answer(&changed, |agent| format!("{} is {}\n", text(agent, "/title"), text(agent, "/state")))
        }
        Verb::Delete { agent } => {
            terminal.confirm(&format!("delete {agent}? Its keys end at once, and what it was given with them."))?;
            let ended = org.delete(&["agents", agent])?;
            terminal.answer(&ended, |_| format!("deleted {agent}\n"))
        }
        Verb::Delegate { agent, until } => {
            let body = Value::Object(ends_at(until.as_deref(), terminal)?.into_iter().collect());
            let set = org.put(&["agents", agent, "delegations", "me"], &body)?;
            terminal.answer(&set, |set| {
                let until = time(set, "/expires_at");
                let end = if until == "-" { String::new() } else { format!(" until {until}") };
                format!("{agent} may act for you{end}\n")
            })
        }
        Verb::EndDelegation { agent, member } => {
            let ended = org.delete(&["agents", agent, "delegations", member])?;
            terminal.answer(&ended, |_| format!("{agent} no longer acts for {member}\n"))
        }
    }
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["ID", "TITLE", "ROLE", "STATE", "SPONSOR", "UNTIL"]);
    for agent in items(found) {
        table.row([
            text(agent, "/id"),
            text(agent, "/title"),
            text(agent, "/role"),
            text(agent, "/state"),
            text(agent, "/sponsor/name"),
            time(agent, "/expires_at"),
        ]);
    }
    table.to_string()
}

fn lay_out(agent: &Value) -> String {
    let mut told = facts(&[
        ("title", text(agent, "/title")),
        ("role", text(agent, "/role")),
        ("state", text(agent, "/state")),
        ("sponsor", text(agent, "/sponsor/name")),
        ("created", time(agent, "/created_at")),
        ("until", time(agent, "/expires_at")),
        ("id", text(agent, "/id")),
    ]);
    let list = |pointer: &str| agent.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut given = Table::new(&["INTEGRATION", "PROFILE", "UNTIL"]);
    for grant in list("/integrations") {
        given.row([text(&grant, "/integration"), text(&grant, "/profile"), time(&grant, "/expires_at")]);
    }
    let mut acts_for = Table::new(&["ACTS FOR", "UNTIL"]);
    for delegation in list("/acts_for") {
        acts_for.row([text(&delegation, "/name"), time(&delegation, "/expires_at")]);
    }
    told.push_str(&format!("\nintegrations\n{given}\ndelegations\n{acts_for}"));
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn an_agent_is_made_with_role_sponsor_and_end() {
        let server = FakeServer::answering(vec![(201, json!({"id": "agt_1", "title": "Scout"}))]);
        let line = ["agent", "create", "Scout", "--role", "service", "--sponsor", "ada@example.com", "--until", "6w"];
        let done = outcome(&server, &[&line[..], &["--org", "north"]].concat());
        assert_eq!((done.code, done.out.as_str()), (0, "made the agent Scout (agt_1)\n"), "{}", done.err);
        let expected = json!({"title": "Scout", "role": "service", "sponsor": "ada@example.com",
            "expires_at": "2027-01-03T12:00:00Z"});
        assert_eq!(server.request(0).json(), expected);
    }

    #[test]
    fn letting_an_agent_act_is_about_oneself_and_ending_it_about_anybody() {
        let server = FakeServer::answering(vec![(200, json!({"expires_at": null})), (204, Value::Null)]);
        let done = outcome(&server, &["agent", "delegate", "agt_1", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "agt_1 may act for you\n"), "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/agents/agt_1/delegations/me");
        let done = outcome(&server, &["agent", "end-delegation", "agt_1", "fay@example.com", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/agents/agt_1/delegations/fay%40example.com");
    }

    #[test]
    fn an_edit_of_nothing_names_everything_that_can_be_changed() {
        for (noun, other) in [("agent", "--sponsor"), ("resource", "--tier")] {
            let told = crate::command().try_get_matches_from(["wardroom", noun, "edit", "x"]).unwrap_err().to_string();
            assert!(told.contains("--title") && told.contains(other), "{told}");
            let line = ["wardroom", noun, "edit", "x", other, "y"];
            assert!(crate::command().try_get_matches_from(line).is_ok());
        }
    }

    #[test]
    fn an_agent_without_a_role_loses_it_by_null() {
        let server = FakeServer::answering(vec![(200, json!({"title": "Scout", "role": null}))]);
        let done = outcome(&server, &["agent", "role", "agt_1", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "Scout has the role -\n"), "{}", done.err);
        assert_eq!(server.request(0).json(), json!({"role": null}));
    }

    #[test]
    fn one_agent_shows_what_it_has_and_for_whom_it_acts() {
        let agent = json!({"title": "Scout", "state": "active",
            "integrations": [{"integration": "stripe", "profile": "read-only"}], "acts_for": [{"name": "Fay"}]});
        let told = lay_out(&agent);
        assert!(told.contains("stripe       read-only  -\n") && told.contains("Fay       -\n"), "{told}");
    }
}
