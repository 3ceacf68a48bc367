//! `wardroom key`: personal, workspace and agents' keys. A secret is shown once, when it is made.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::agent::ends_at;
use crate::failure::Failure;
use crate::field::{items, names, plain, text, text_if_any, time};
use crate::member::show_access;
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
    /// All keys that you may see, without their secrets
    List,
    /// Make a key; its secret is shown once
    Create(Creation),
    /// One key, without its secret
    Show {
        /// The key's id
        key: String,
    },
    /// What can be used and managed with a key, and by what
    Access {
        /// The key's id
        key: String,
        /// As it was at this time (2026-05-01T00:00:00Z), or after the change of this number
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Replace a key's secret: the old one ends at once, the new one is shown once
    Rotate {
        /// The key's id
        key: String,
    },
    /// Give a workspace key another role
    Role {
        /// The key's id
        key: String,
        /// The role's id, as `wardroom role list` shows it; without it the key has none
        role: Option<String>,
    },
    /// End a key at once
    Revoke {
        /// The key's id
        key: String,
    },
}

#[derive(Args)]
struct Creation {
    /// What the key is for
    label: String,
    /// Make a workspace key, which belongs to nobody and outlives its maker; the default is a personal key
    #[arg(long)]
    workspace: bool,
    /// What a workspace key reaches: all, or only what is granted to it
    #[arg(long, value_parser = ["all", "granted"], requires = "workspace")]
    scope: Option<String>,
    /// A workspace key's role
    #[arg(long, requires = "workspace")]
    role: Option<String>,
    /// Whose personal key it shall be, by e-mail or id; without it, yours
    #[arg(long, value_name = "MEMBER", conflicts_with = "workspace")]
    holder: Option<String>,
    /// Make a key of this agent, by id
    #[arg(long, conflicts_with_all = ["workspace", "holder"])]
    agent: Option<String>,
    /// For whom the agent acts with it, by e-mail or id: they have to let it first, with `wardroom agent delegate`
    #[arg(long, value_name = "MEMBER", requires = "agent")]
    acting_for: Option<String>,
    /// When it ends: 2026-12-31, 2026-12-31T18:00:00Z, or a length such as 6w, 30d, 12h
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => {
            let found = org.list(&["keys"], &[])?;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Create(creation) => create(creation, &org, terminal),
        Verb::Show { key } => {
            let found = org.get(&["keys", key], &[])?;
            terminal.answer(&found, lay_out)
        }
        Verb::Access { key, at } => show_access(&["keys", key, "access"], at.as_ref(), &org, terminal),
        Verb::Rotate { key } => {
            terminal.confirm(&format!("rotate {key}? Whatever uses its old secret stops at once."))?;
            let mcp_url = text_if_any(&org.get(&[], &[])?, "/mcp_url");
            let rotated = org.post(&["keys", key, "rotate"], &json!({}))?;
            terminal.answer(&rotated, |rotated| {
                format!("rotated {key}\n{}", lay_out_secret(&text(rotated, "/secret"), mcp_url.as_deref()))
            })
        }
        Verb::Role { key, role } => {
            let changed = org.patch(&["keys", key], &json!({ "role": role }))?;
            terminal.answer(&changed, |key| format!("{} has the role {}\n", text(key, "/label"), text(key, "/role")))
        }
        Verb::Revoke { key } => {
            terminal.confirm(&format!("revoke {key}? Whatever uses it stops at once."))?;
            let ended = org.delete(&["keys", key])?;
            terminal.answer(&ended, |_| format!("revoked {key}\n"))
        }
    }
}

fn create(creation: &Creation, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let kind = match creation {
        Creation { workspace: true, .. } => "workspace",
        Creation { agent: Some(_), .. } => "agent",
        _ => "personal",
    };
    let mut body = Map::from_iter([("kind".to_owned(), json!(kind)), ("label".to_owned(), json!(creation.label))]);
    let named = [
        ("scope", &creation.scope),
        ("role", &creation.role),
        ("holder", &creation.holder),
        ("agent", &creation.agent),
        ("acting_for", &creation.acting_for),
    ];
    body.extend(named.into_iter().filter_map(|(name, given)| Some((name.to_owned(), json!(given.as_ref()?)))));
    body.extend(ends_at(creation.until.as_deref(), terminal)?);
    // Read first: once the secret is there, nothing may fail before it is shown.
    let mcp_url = text_if_any(&org.get(&[], &[])?, "/mcp_url");
    let created = org.post(&["keys"], &Value::Object(body))?;
    let is_answered_in_json = terminal.json;
    terminal.answer(&created, |created| {
        let made = format!("created the key \"{}\" ({})\n", plain(&creation.label), text(created, "/id"));
        format!("{made}{}", lay_out_secret(&text(created, "/secret"), mcp_url.as_deref()))
    })?;
    match text_if_any(&created, "/warning") {
        Some(warning) if !is_answered_in_json => terminal.note(&format!("\nwarning: {warning}")),
        _ => Ok(()),
    }
}

/// A new secret, and what to paste where.
pub(crate) fn lay_out_secret(secret: &str, mcp_url: Option<&str>) -> String {
    let mut told =
        format!("\n  {secret}\n\nThis is the only time the secret is shown. To use it, paste one of these:\n\n");
    if let Some(mcp_url) = mcp_url {
        let header = format!("Authorization: Bearer {secret}");
        told.push_str(&format!("  claude mcp add --transport http wardroom {mcp_url} --header \"{header}\"\n"));
        let entry = json!({"mcpServers": {"wardroom": {"url": mcp_url, "headers": {"Authorization": format!("Bearer {secret}")}}}});
        told.push_str(&format!("  {entry}\n"));
    }
    told.push_str(&format!("  export WARDROOM_KEY={secret}\n"));
    told
}

fn lay_out_list(found: &Value) -> String {
    let mut table =
        Table::new(&["ID", "LABEL", "KIND", "OF", "ROLE", "SCOPE", "STATE", "ENDS IN", "UNTIL", "LAST USED"]);
    for key in items(found) {
        table.row([
            text(key, "/id"),
            text(key, "/label"),
            text(key, "/kind"),
            of(key),
            text(key, "/role"),
            text(key, "/scope"),
            text(key, "/state"),
            text(key, "/hint"),
            time(key, "/expires_at"),
            time(key, "/last_used/at"),
        ]);
    }
    table.to_string()
}

/// Whose it is: a person, or an agent.
fn of(key: &Value) -> String {
    text_if_any(key, "/holder/name").unwrap_or_else(|| text(key, "/agent/name"))
}

fn lay_out(key: &Value) -> String {
    let mut told = facts(&[
        ("label", text(key, "/label")),
        ("kind", text(key, "/kind")),
        ("of", of(key)),
        ("acts for", text(key, "/acting_for/name")),
        ("role", text(key, "/role")),
        ("scope", text(key, "/scope")),
        ("state", text(key, "/state")),
        ("  because", text(key, "/because")),
        ("secret ends in", text(key, "/hint")),
        ("created", time(key, "/created_at")),
        ("secret issued", time(key, "/issued_at")),
        ("until", time(key, "/expires_at")),
        ("last used", time(key, "/last_used/at")),
        ("  from", text(key, "/last_used/address")),
        ("  with", text(key, "/last_used/client")),
        ("id", text(key, "/id")),
    ]);
    let grants = key.pointer("/integrations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !grants.is_empty() {
        let mut table = Table::new(&["INTEGRATION", "PROFILE", "UNTIL", "SWITCHED OFF"]);
        for grant in grants {
            let off = names(grant, "/tools_off");
            let off = if off.is_empty() { "-".to_owned() } else { off };
            table.row([text(grant, "/integration"), text(grant, "/profile"), time(grant, "/expires_at"), off]);
        }
        told.push_str(&format!("\n{table}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_workspace_key_is_made_with_its_secret_shown_once_and_its_warning_on_stderr() {
        let made = json!({"id": "key_1", "secret": "wrw_abc", "warning": "personal keys are safer"});
        let server = FakeServer::answering(vec![(200, json!({"mcp_url": "http://h/o/north/mcp"})), (201, made)]);
        let line =
            ["key", "create", "Bot", "--workspace", "--scope", "granted", "--until", "2026-12-31", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        let expected =
            json!({"kind": "workspace", "label": "Bot", "scope": "granted", "expires_at": "2026-12-31T23:59:59Z"});
        assert_eq!(server.request(1).json(), expected);
        assert!(done.out.starts_with("created the key \"Bot\" (key_1)\n\n  wrw_abc\n"), "{}", done.out);
        assert!(done.out.contains("export WARDROOM_KEY=wrw_abc\n"), "{}", done.out);
        assert_eq!(done.err, "\nwarning: personal keys are safer\n");
    }

    #[test]
    fn an_agents_key_names_the_agent_and_for_whom_it_acts() {
        let made = json!({"id": "key_3", "secret": "wra_abc"});
        let server = FakeServer::answering(vec![(200, json!({"mcp_url": "http://h/o/north/mcp"})), (201, made)]);
        let line = ["key", "create", "Scout", "--agent", "agt_1", "--acting-for", "fay@example.com", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        let expected = json!({"kind": "agent", "label": "Scout", "agent": "agt_1", "acting_for": "fay@example.com"});
        assert_eq!(server.request(1).json(), expected);
    }

    #[test]
    fn a_key_that_cannot_be_shown_with_its_line_is_not_made() {
        let server = FakeServer::answering(vec![(500, json!({"title": "Broken"}))]);
        let done = outcome(&server, &["key", "create", "laptop", "--org", "north"]);
        assert_eq!((done.code, server.request_count()), (1, 1));
        assert_eq!(done.err, "failed: Broken\n");
    }

    #[test]
    fn revoking_is_one_request_with_yes() {
        let server = FakeServer::answering(vec![(204, Value::Null)]);
        let done = outcome(&server, &["key", "revoke", "key_1", "--yes", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "revoked key_1\n"));
        assert_eq!((server.request(0).method.as_str(), server.request_count()), ("DELETE", 1));
    }

    #[test]
    fn keys_are_listed_with_their_holder() {
        let keys = json!({"items": [
            {"id": "key_1", "label": "laptop", "kind": "personal", "holder": {"id": "m", "name": "Ada"}},
            {"id": "key_2", "label": "bot", "kind": "workspace", "holder": null, "scope": "all", "hint": "x9z",
                "role": "service", "state": "suspended"}]});
        let told = lay_out_list(&keys);
        assert!(told.contains("key_1  laptop  personal   Ada  -        -"), "{told}");
        assert!(told.contains("key_2  bot     workspace  -    service  all    suspended  x9z"), "{told}");
    }

    #[test]
    fn a_workspace_key_shows_what_it_was_given_and_when_it_was_used() {
        let key = json!({"id": "key_2", "label": "bot", "kind": "workspace", "scope": "granted",
            "last_used": {"at": "2026-11-22T09:30:00Z", "address": "127.0.0.1", "client": "curl/8"},
            "integrations": [{"integration": "stripe", "profile": "read-only", "tools_off": ["a", "b"]}]});
        let told = lay_out(&key);
        assert!(told.contains("last used       2026-11-22T09:30:00Z\n  from          127.0.0.1\n"), "{told}");
        assert!(told.contains("stripe       read-only  -      a, b\n"), "{told}");
    }
}
