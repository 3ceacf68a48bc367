//! `wardroom explain` and `wardroom who-can`: why, why not, since when, and who else.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{is_true, items, names, text, text_if_any};
use crate::server::Door;
use crate::table::Table;
use crate::terminal::Terminal;

#[derive(Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    door: Door,
    #[command(flatten)]
    thing: Thing,
    /// Who is asked about: a member by e-mail or id, a workspace key or an agent by id; without it, you
    #[arg(long = "as", visible_alias = "member", value_name = "SUBJECT")]
    subject: Option<String>,
    /// The member for whom an agent acts
    #[arg(long, value_name = "MEMBER")]
    acting_for: Option<String>,
    /// As it was at this time (2026-05-01T00:00:00Z), or after the change of this number
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Try out what smallest changes would allow it
    #[arg(long)]
    remedies: bool,
    /// Since when, and whose change it was
    #[arg(long, conflicts_with_all = ["at", "acting_for", "remedies"])]
    history: bool,
}

#[derive(Args)]
pub(crate) struct WhoCan {
    #[command(flatten)]
    door: Door,
    #[command(flatten)]
    thing: Thing,
    /// As it was at this time, or after the change of this number
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// What is asked about.
#[derive(Args)]
pub(crate) struct Thing {
    /// What is to be done: call, view, edit, see, a permission such as member.add …
    #[arg(required_unless_present = "tool")]
    action: Option<String>,
    /// What it is to be done with, as TYPE:ID: tool:stripe/create_refund, integration:stripe, project:res_…,
    /// object:people, field:people/email, member:EMAIL, team:ID, organization
    #[arg(required_unless_present = "tool")]
    resource: Option<String>,
    /// A tool, as INTEGRATION/TOOL; the same as: call tool:INTEGRATION/TOOL
    #[arg(long, conflicts_with_all = ["action", "resource"])]
    tool: Option<String>,
    /// The role that is to be given, where the action is change_role
    #[arg(long)]
    role: Option<String>,
}

impl Thing {
    pub(crate) fn asked(&self) -> Result<Map<String, Value>, Failure> {
        let resource = match (&self.tool, &self.resource) {
            (Some(tool), _) => format!("tool:{tool}"),
            (None, resource) => resource.clone().unwrap_or_default(),
        };
        let action = if self.tool.is_some() { "call" } else { self.action.as_deref().unwrap_or_default() };
        // The organization is one, and what is to be made has no id yet.
        if !resource.contains(':') && resource != "organization" && action != "create" {
            return Err(Failure::Usage(format!(
                "say of what type {resource} is, as TYPE:ID: integration:{resource}, tool:{resource}, member:{resource} \u{2026}"
            )));
        }
        let (kind, id) = resource.split_once(':').unwrap_or((&resource, ""));
        let mut asked = Map::new();
        asked.insert("action".to_owned(), json!(action));
        asked.insert("resource".to_owned(), json!({"type": kind, "id": id}));
        if let Some(role) = &self.role {
            asked.insert("role".to_owned(), json!(role));
        }
        Ok(asked)
    }
}

/// Ends with 0 whatever the answer is, since the question was answered.
pub(crate) fn explain(arguments: &Explain, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    let mut asked = arguments.thing.asked()?;
    let options = [("subject", &arguments.subject), ("acting_for", &arguments.acting_for), ("at", &arguments.at)];
    for (name, value) in options {
        if let Some(value) = value {
            asked.insert(name.to_owned(), json!(value));
        }
    }
    if arguments.history {
        let told = org.post(&["explain", "history"], &Value::Object(asked))?;
        return terminal.answer(&told, lay_out_history);
    }
    if arguments.remedies {
        asked.insert("remedies".to_owned(), json!(true));
    }
    let told = org.post(&["explain"], &Value::Object(asked))?;
    terminal.answer(&told, lay_out)
}

/// Lists everybody who may.
pub(crate) fn who_can(arguments: &WhoCan, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    let mut asked = arguments.thing.asked()?;
    if let Some(at) = &arguments.at {
        asked.insert("at".to_owned(), json!(at));
    }
    asked.insert("limit".to_owned(), json!(1000));
    let mut everybody = Vec::new();
    loop {
        let page = org.post(&["who-can"], &Value::Object(asked.clone()))?;
        everybody.extend(items(&page).iter().cloned());
        match text_if_any(&page, "/next") {
            Some(next) => asked.insert("cursor".to_owned(), json!(next)),
            None => break,
        };
    }
    let all = json!({"items": everybody, "next": null});
    terminal.answer(&all, |all| {
        let mut table = Table::new(&["NAME", "ID"]);
        for one in items(all) {
            table.row([text(one, "/name"), text(one, "/id")]);
        }
        if items(all).is_empty() { "nobody may\n".to_owned() } else { table.to_string() }
    })
}

fn lay_out(told: &Value) -> String {
    let word = if is_true(told, "/allowed") { "allowed" } else { "denied" };
    let mut out = format!("{word}: {}\n", text(told, "/because"));
    for link in told.pointer("/chain").and_then(Value::as_array).into_iter().flatten() {
        out.push_str(&format!("  - {}\n", link.as_str().unwrap_or_default()));
    }
    if let Some(remedy) = text_if_any(told, "/remedy") {
        out.push_str(&format!("  what helps: {remedy}\n"));
    }
    let asked = names(told, "/ask");
    if !asked.is_empty() {
        out.push_str(&format!("  who can help: {asked}\n"));
    }
    for set in told.pointer("/remedies").and_then(Value::as_array).into_iter().flatten() {
        let changes: Vec<&str> = set.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        out.push_str(&format!("  would allow it: {}\n", changes.join(", and ")));
    }
    out
}

fn lay_out_history(told: &Value) -> String {
    let mut table = Table::new(&["SINCE", "CHANGE", "BY", "THEN", "BECAUSE"]);
    for turn in items(told) {
        let change = match (turn["seq"].as_u64(), text_if_any(turn, "/change")) {
            (Some(seq), Some(change)) => format!("{seq} {change}"),
            _ => "ended by itself".to_owned(),
        };
        let then = if is_true(turn, "/allowed") { "allowed" } else { "denied" };
        let by = text_if_any(turn, "/actor").unwrap_or_default();
        table.row([text(turn, "/at"), change, by, then.to_owned(), text(turn, "/because")]);
    }
    match told["complete"] == json!(false) {
        true => format!("{table}older changes were not looked at\n"),
        false => table.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_question_names_the_thing_by_type_and_id_and_is_answered_link_by_link() {
        let answer = json!({"allowed": false, "because": "your role does not hold it", "chain": ["a member with the role Member"],
            "remedies": [["give the role Editor"], ["share Plan to use"]], "ask": ["Ada"]});
        let server = FakeServer::answering(vec![(200, answer)]);
        let line = [
            "explain",
            "edit",
            "project:res_1",
            "--as",
            "fay@example.com",
            "--remedies",
            "--at",
            "41",
            "--org",
            "north",
        ];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(
            done.out,
            "denied: your role does not hold it\n  - a member with the role Member\n  who can help: Ada\n  \
             would allow it: give the role Editor\n  would allow it: share Plan to use\n"
        );
        let asked = json!({"action": "edit", "resource": {"type": "project", "id": "res_1"},
            "subject": "fay@example.com", "at": "41", "remedies": true});
        assert_eq!((server.request(0).path.as_str(), server.request(0).json()), ("/api/v1/orgs/north/explain", asked));
    }

    #[test]
    fn a_tool_can_be_named_shortly_and_a_history_is_a_table() {
        let turn = json!({"seq": 7, "at": "2026-01-01T00:00:00Z", "change": "grant.set", "actor": "per_1", "allowed": true,
            "because": "Stripe is assigned"});
        let server = FakeServer::answering(vec![(200, json!({"items": [turn]}))]);
        let done = outcome(&server, &["explain", "--tool", "stripe/list", "--history", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.contains("7 grant.set") && done.out.contains("allowed"), "{}", done.out);
        assert_eq!(server.request(0).json()["resource"], json!({"type": "tool", "id": "stripe/list"}));
    }

    #[test]
    fn a_thing_without_its_type_is_not_sent_and_the_answer_says_how_it_is_written() {
        let server = FakeServer::answering(Vec::new());
        let done = outcome(&server, &["explain", "view", "stripe", "--org", "north"]);
        assert_eq!(done.code, 2);
        assert!(done.err.contains("TYPE:ID") && done.err.contains("integration:stripe"), "{}", done.err);
    }

    #[test]
    fn who_can_follows_the_pages_to_the_end() {
        let one = json!({"items": [{"id": "per_1", "name": "Ada"}], "total": 2, "next": "per_1"});
        let two = json!({"items": [{"id": "per_2", "name": "Ben"}], "total": 2, "next": null});
        let server = FakeServer::answering(vec![(200, one), (200, two)]);
        let done = outcome(&server, &["who-can", "member.add", "organization", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.contains("Ada") && done.out.contains("Ben"), "{}", done.out);
        assert_eq!(server.request(1).json()["cursor"], json!("per_1"));
    }
}
