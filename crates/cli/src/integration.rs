//! `wardroom integration`: the tool servers that the organization connected, named by their short name or id.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::account;
use crate::change::{self, Approval};
use crate::credential::Credential;
use crate::failure::Failure;
use crate::field::{is_true, items, names, text, text_if_any};
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
    /// All that you may see
    List,
    /// Connect an MCP server, by its URL or by a template of the operator's, and read its tools
    Connect(Connection),
    /// The programs that the operator lets organizations use as MCP servers
    Templates,
    /// One integration
    Show {
        /// Short name or id
        integration: String,
    },
    /// Change title, purpose or credential
    Edit(Edit),
    /// Stop every call to it until it is resumed
    Pause {
        /// Short name or id
        integration: String,
    },
    /// Let calls pass again
    Resume {
        /// Short name or id
        integration: String,
    },
    /// Look at its tools again: what it changed is held back until somebody approves it
    Refresh {
        /// Short name or id
        integration: String,
    },
    /// What it lists otherwise than it was approved
    Changes {
        /// Short name or id
        integration: String,
    },
    /// Approve tools that are held back, as they are shown
    Approve(Approval),
    /// Remove it, with everything that was granted on it
    Disconnect {
        /// Short name or id
        integration: String,
    },
    /// Its tools with their class
    Tools {
        /// Short name or id
        integration: String,
        /// Only those whose class nobody has confirmed
        #[arg(long)]
        unsure: bool,
        /// What speaks for their class as well
        #[arg(long)]
        why: bool,
    },
    /// The accounts that are connected at it by signing in there: all where you may change it, else your own
    Accounts {
        /// Short name or id
        integration: String,
    },
    /// Disconnect an account; when this is done no call goes out with it
    DisconnectAccount {
        /// Short name or id
        integration: String,
        /// The account's id, as `wardroom integration accounts` shows it
        account: String,
    },
}

#[derive(Args)]
struct Connection {
    /// Where the MCP server is
    #[arg(value_name = "MCP_URL", required_unless_present = "template")]
    address: Option<String>,
    /// The operator's template by which the MCP server is run, as `wardroom integration templates` shows it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["address", "bearer", "header", "sign_in", "client_credentials"])]
    template: Option<String>,
    /// Its name for people
    #[arg(long)]
    title: String,
    /// Its short name; made from the title where it is not given
    #[arg(long)]
    slug: Option<String>,
    /// What it is for, in one line
    #[arg(long)]
    purpose: Option<String>,
    #[command(flatten)]
    credential: Credential,
}

#[derive(Args)]
struct Edit {
    /// Short name or id
    integration: String,
    /// A new name for people
    #[arg(long)]
    title: Option<String>,
    /// What it is for, in one line
    #[arg(long)]
    purpose: Option<String>,
    #[command(flatten)]
    credential: Credential,
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => {
            let found = org.list(&["integrations"], &[])?;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Connect(connection) => connect(connection, &org, terminal),
        Verb::Templates => {
            let found = org.list(&["integration-templates"], &[])?;
            terminal.answer(&found, lay_out_templates)
        }
        Verb::Show { integration } => {
            let found = org.get(&["integrations", integration], &[])?;
            terminal.answer(&found, lay_out)
        }
        Verb::Edit(edit) => apply_edit(edit, &org, terminal),
        Verb::Pause { integration } => {
            let changed = org.patch(&["integrations", integration], &json!({"paused": true}))?;
            terminal.answer(&changed, |_| format!("{integration} is paused: every call to it is denied\n"))
        }
        Verb::Resume { integration } => {
            let changed = org.patch(&["integrations", integration], &json!({"paused": false}))?;
            terminal.answer(&changed, |_| format!("{integration} is open again\n"))
        }
        Verb::Refresh { integration } => change::refresh(integration, &org, terminal),
        Verb::Changes { integration } => change::list(integration, &org, terminal),
        Verb::Approve(approval) => change::approve(approval, &org, terminal),
        Verb::Disconnect { integration } => {
            let question = format!("disconnect {integration}? Everything granted on it ends at once.");
            terminal.confirm(&question)?;
            let ended = org.delete(&["integrations", integration])?;
            terminal.answer(&ended, |_| format!("disconnected {integration}\n"))
        }
        Verb::Tools { integration, unsure, why } => tools(integration, (*unsure, *why), &org, terminal),
        Verb::Accounts { integration } => account::list(integration, &org, terminal),
        Verb::DisconnectAccount { integration, account } => account::disconnect((integration, account), &org, terminal),
    }
}

fn connect(connection: &Connection, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut body = Map::new();
    body.insert("title".to_owned(), json!(connection.title));
    let named = connection.template.as_ref().map(|template| format!("stdio:{template}"));
    body.insert("url".to_owned(), json!(named.or_else(|| connection.address.clone())));
    insert_text(&mut body, "slug", connection.slug.as_deref());
    insert_text(&mut body, "purpose", connection.purpose.as_deref());
    let is_template = connection.template.is_some();
    if let Some(credential) = connection.credential.read(is_template, terminal)? {
        body.insert("credential".to_owned(), credential);
    }
    let connected = org.post(&["integrations"], &Value::Object(body))?;
    terminal.answer(&connected, |found| {
        let mut told = format!("connected {} as {}\n", text(found, "/title"), text(found, "/slug"));
        if let Some(whose) = connection.credential.sign_in() {
            return told + &account::next_step(whose, found, (connection.credential.names_client(), org));
        }
        let tools = found.pointer("/tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        told.push_str(&format!("{}\n\n{}", count_tools(found), lay_out_tools(tools, false) + &not_offered(found)));
        told
    })
}

fn apply_edit(edit: &Edit, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut body = Map::new();
    insert_text(&mut body, "title", edit.title.as_deref());
    insert_text(&mut body, "purpose", edit.purpose.as_deref());
    if let Some(credential) = edit.credential.read(false, terminal)? {
        body.insert("credential".to_owned(), credential);
    }
    if body.is_empty() {
        return Err(Failure::Usage("say what to change: --title, --purpose or a credential".to_owned()));
    }
    let changed = org.patch(&["integrations", &edit.integration], &Value::Object(body))?;
    terminal.answer(&changed, |found| {
        let by_hand = edit.credential.names_client();
        let next = edit.credential.sign_in().map(|whose| account::next_step(whose, found, (by_hand, org)));
        format!("changed {}\n{}", edit.integration, next.unwrap_or_default())
    })
}

fn tools(
    integration: &str,
    (unsure, why): (bool, bool),
    org: &Organization,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let mut found = org.list(&["integrations", integration, "tools"], &[])?;
    if unsure && let Some(items) = found.get_mut("items").and_then(Value::as_array_mut) {
        items.retain(|tool| is_true(tool, "/needs_review"));
    }
    terminal.answer(&found, |found| lay_out_tools(items(found), why) + &not_offered(found))
}

/// Tools that are not offered, since nobody approved them or they must not be.
fn not_offered(found: &Value) -> String {
    let changes = found.get("changes").and_then(Value::as_array).into_iter().flatten();
    let line = |change: &Value| match change.get("kind").and_then(Value::as_str) {
        Some("new") => Some(format!("not offered: {} is new\n", name_of(change, "/tool"))),
        Some("unsound") => Some(format!("not offered: {}: {}\n", name_of(change, "/tool"), text(change, "/why"))),
        _ => None,
    };
    changes.filter_map(line).collect()
}

/// The name of a tool as it can be shown.
fn name_of(tool: &Value, pointer: &str) -> String {
    text_if_any(tool, "/shown").unwrap_or_else(|| text(tool, pointer))
}

fn insert_text(body: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), json!(value));
    }
}

fn count_tools(integration: &Value) -> String {
    let unsure = match text_if_any(integration, "/needs_review").as_deref() {
        None | Some("0") => String::new(),
        Some(count) => format!(", {count} of an unsure class, which count as delete until confirmed"),
    };
    format!("{} tools{unsure}", text(integration, "/tool_count"))
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["INTEGRATION", "TITLE", "TOOLS", "UNSURE", "CHANGED", "STATE", "PURPOSE"]);
    for integration in items(found) {
        table.row([
            text(integration, "/slug"),
            text(integration, "/title"),
            text(integration, "/tool_count"),
            text(integration, "/needs_review"),
            text(integration, "/change_count"),
            state(integration),
            text(integration, "/purpose"),
        ]);
    }
    table.to_string()
}

fn lay_out_templates(found: &Value) -> String {
    let mut table = Table::new(&["TEMPLATE", "SECRET", "PURPOSE"]);
    for template in items(found) {
        let secret = if is_true(template, "/takes_secret") { "yes" } else { "-" };
        table.row([text(template, "/name"), secret.to_owned(), text(template, "/purpose")]);
    }
    table.to_string()
}

fn lay_out(integration: &Value) -> String {
    let mut told = vec![
        ("integration", text(integration, "/slug")),
        ("title", text(integration, "/title")),
        ("purpose", text(integration, "/purpose")),
        ("address", text(integration, "/url")),
        ("state", state(integration)),
        ("tools", count_tools(integration)),
        ("changed since approved", text(integration, "/change_count")),
        ("changes are", text(integration, "/tool_changes").replace("hold", "held back").replace("take", "taken over")),
        ("id", text(integration, "/id")),
    ];
    if let Some(address) = text_if_any(integration, "/redirect_uri") {
        told.insert(4, ("redirect address", address));
    }
    facts(&told)
}

fn state(integration: &Value) -> String {
    if is_true(integration, "/paused") { "paused" } else { "open" }.to_owned()
}

fn lay_out_tools(tools: &[Value], why: bool) -> String {
    let mut table = Table::new(&["TOOL", "CLASS", "FROM", "UNSURE", "OFF", "CHANGE"]);
    let mut notes = String::new();
    for tool in tools {
        let mark = |pointer| if is_true(tool, pointer) { "yes" } else { "-" }.to_owned();
        let held = if is_true(tool, "/held_back") { ", held back" } else { "" };
        table.row([
            name_of(tool, "/name"),
            text(tool, "/class"),
            text(tool, "/class_source"),
            mark("/needs_review"),
            mark("/off"),
            text(tool, "/change") + held,
        ]);
        if why {
            notes.push_str(&format!("why: {}: {}\n", name_of(tool, "/name"), change::evidence(tool)));
        }
        let unseen = names(tool, "/unseen");
        if !unseen.is_empty() {
            let name = name_of(tool, "/name");
            notes.push_str(&format!("caution: {name} holds characters that do not show: {unseen}\n"));
        }
    }
    table.to_string() + &notes
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::fake_server::{FakeServer, outcome, outcome_in, quiet_surroundings};

    #[test]
    fn connecting_reads_the_secret_from_standard_input_and_shows_the_tools() {
        let connected = json!({"slug": "stripe", "title": "Stripe", "tool_count": 2, "needs_review": 1, "tools": [
            {"name": "get_balance", "class": "read", "class_source": "annotation", "needs_review": false, "off": false},
            {"name": "process", "class": "unclassified", "class_source": "none", "needs_review": true, "off": true}]});
        let server = FakeServer::answering(vec![(201, connected)]);
        let mut surroundings = quiet_surroundings();
        surroundings.input = Box::new(Cursor::new(b"s3cret\n".to_vec()));
        let line = ["integration", "connect", "http://u/mcp", "--title", "Stripe", "--bearer", "--org", "north"];
        let done = outcome_in(&server, &line, surroundings);
        assert_eq!(done.code, 0, "{}", done.err);
        let credential = json!({"kind": "bearer", "secret": "s3cret"});
        let expected = json!({"title": "Stripe", "url": "http://u/mcp", "credential": credential});
        assert_eq!(server.request(0).json(), expected);
        assert!(
            done.out.contains("2 tools, 1 of an unsure class, which count as delete until confirmed"),
            "{}",
            done.out
        );
        assert!(done.out.contains("process      unclassified  none        yes     yes  -\n"), "{}", done.out);
        assert!(!done.out.contains("s3cret"));
    }

    #[test]
    fn a_secret_from_the_environment_goes_into_the_named_header() {
        let server = FakeServer::answering(vec![(200, json!({}))]);
        let mut surroundings = quiet_surroundings();
        surroundings.environment = Box::new(|name| Some(format!("value of {name}")));
        let line = ["integration", "edit", "crm", "--header", "X-Key", "--secret-env", "CRM_KEY", "--org", "north"];
        assert_eq!(outcome_in(&server, &line, surroundings).code, 0);
        let credential = json!({"kind": "header", "name": "X-Key", "secret": "value of CRM_KEY"});
        assert_eq!(server.request(0).json(), json!({"credential": credential}));
    }

    /// The line, run with `s3cret` on standard input, and what it sent as credential.
    fn credential_sent(line: &[&str]) -> (Value, String, String) {
        let answer = json!({"slug": "crm", "title": "CRM", "tool_count": 0, "needs_review": 0, "tools": []});
        let server = FakeServer::answering(vec![(200, answer)]);
        let mut surroundings = quiet_surroundings();
        surroundings.input = Box::new(Cursor::new(b"s3cret\n".to_vec()));
        let line = [&["integration"], line, &["--org", "north"]].concat();
        let done = outcome_in(&server, &line, surroundings);
        assert_eq!(done.code, 0, "{}", done.err);
        (server.request(0).json()["credential"].clone(), done.out, server.url.clone())
    }

    #[test]
    fn connecting_by_signing_in_asks_for_no_secret_and_says_where_to_sign_in() {
        let line = ["connect", "http://u/mcp", "--title", "CRM", "--sign-in", "organization"];
        let (credential, told, url) = credential_sent(&line);
        assert_eq!(credential, json!({"kind": "oauth", "whose": "organization"}));
        assert_eq!(
            told,
            format!(
                "connected CRM as crm\nnext: open {url}/connect/north/crm and sign in there with the account for \
                 everybody; its tools are read with it\n"
            )
        );
    }

    #[test]
    fn a_client_for_signing_in_has_a_secret_only_where_one_is_named() {
        let own = ["edit", "crm", "--sign-in", "person", "--client-id", "wardroom", "--scope", "read write"];
        let (credential, told, url) = credential_sent(&own);
        let client = json!({"kind": "oauth", "whose": "person", "client_id": "wardroom", "scope": "read write"});
        assert_eq!(credential, client);
        assert!(told.starts_with("changed crm\nnext: everybody opens "), "{told}");
        assert!(told.contains(&format!("{url}/connect/north/crm ")), "{told}");
        let (credential, told, _) = credential_sent(&[&own[..], &["--secret-file", "-"]].concat());
        assert_eq!(credential["secret"], "s3cret");
        assert!(!told.contains("s3cret"), "{told}");
    }

    #[test]
    fn client_credentials_come_with_a_secret_from_standard_input() {
        let line = ["connect", "http://u/mcp", "--title", "CRM", "--client-credentials", "--client-id", "w"];
        let (credential, told, _) = credential_sent(&line);
        assert_eq!(credential, json!({"kind": "client_credentials", "client_id": "w", "secret": "s3cret"}));
        assert!(told.contains("0 tools") && !told.contains("s3cret"), "{told}");
    }

    #[test]
    fn a_template_is_connected_by_its_name_and_takes_a_secret_in_its_environment_alone() {
        let answer = json!({"slug": "git", "title": "Git", "tool_count": 0, "needs_review": 0, "tools": []});
        for (more, credential) in [
            (&[][..], Value::Null),
            (&["--environment"], json!({"kind": "environment", "secret": "s3cret"})),
            (&["--secret-file", "-"], json!({"kind": "environment", "secret": "s3cret"})),
        ] {
            let server = FakeServer::answering(vec![(201, answer.clone())]);
            let mut surroundings = quiet_surroundings();
            surroundings.input = Box::new(Cursor::new(b"s3cret\n".to_vec()));
            let line =
                [&["integration", "connect", "--template", "git", "--title", "Git", "--org", "north"], more].concat();
            assert_eq!(outcome_in(&server, &line, surroundings).code, 0);
            let sent = server.request(0).json();
            assert_eq!((&sent["url"], &sent["credential"]), (&json!("stdio:git"), &credential));
        }
        let is_taken = |more: &[&str]| {
            let line = [&["wardroom", "integration", "connect", "--title", "Git"], more].concat();
            crate::command().try_get_matches_from(line).is_ok()
        };
        assert!(is_taken(&["--template", "git"]) && is_taken(&["http://u/mcp"]));
        for refused in [&[][..], &["http://u/mcp", "--template", "git"], &["--template", "git", "--bearer"]] {
            assert!(!is_taken(refused), "{refused:?}");
        }
    }

    #[test]
    fn templates_are_listed_with_what_they_are_for() {
        let found = json!({"items": [{"name": "git", "purpose": "Repositories", "takes_secret": false}], "next": null});
        let server = FakeServer::answering(vec![(200, found)]);
        let done = outcome(&server, &["integration", "templates", "--org", "north"]);
        assert_eq!(done.out, "TEMPLATE  SECRET  PURPOSE\ngit       -       Repositories\n");
    }

    #[test]
    fn a_secret_for_signing_in_without_its_client_is_not_sent() {
        let server = FakeServer::answering(vec![]);
        let line = ["integration", "edit", "crm", "--sign-in", "person", "--secret-file", "-", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, server.request_count()), (2, 0));
        assert!(done.err.contains("--client-id"), "{}", done.err);
    }

    #[test]
    fn ways_to_be_let_in_exclude_each_other_and_a_client_needs_its_way() {
        let is_taken = |more: &[&str]| {
            let line = [&["wardroom", "integration", "edit", "crm"], more].concat();
            crate::command().try_get_matches_from(line).is_ok()
        };
        assert!(is_taken(&["--sign-in", "person"]) && is_taken(&["--client-credentials", "--client-id", "w"]));
        for refused in [
            &["--sign-in", "nobody"][..],
            &["--sign-in", "person", "--bearer"],
            &["--bearer", "--header", "X-Key"],
            &["--header", "X-Key", "--no-credential"],
            &["--no-credential", "--secret-env", "KEY"],
            &["--sign-in", "person", "--client-credentials", "--client-id", "w"],
            &["--client-credentials"],
            &["--client-id", "w"],
            &["--bearer", "--scope", "read"],
        ] {
            assert!(!is_taken(refused), "{refused:?}");
        }
    }

    #[test]
    fn disconnecting_without_anyone_to_ask_needs_yes() {
        let server = FakeServer::answering(vec![]);
        let done = outcome(&server, &["integration", "disconnect", "stripe", "--org", "north"]);
        assert_eq!((done.code, server.request_count()), (2, 0));
        assert!(done.err.contains("--yes"), "{}", done.err);
    }

    #[test]
    fn only_unsure_tools_are_listed_where_asked() {
        let tools =
            json!({"items": [{"name": "a", "needs_review": true}, {"name": "b", "needs_review": false}], "next": null});
        let server = FakeServer::answering(vec![(200, tools)]);
        let done = outcome(&server, &["integration", "tools", "stripe", "--unsure", "--org", "north"]);
        assert_eq!(done.out, "TOOL  CLASS  FROM  UNSURE  OFF  CHANGE\na     -      -     yes     -    -\n");
    }
}
