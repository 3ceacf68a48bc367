//! `wardroom integration refresh`, `changes` and `approve`: what a server lists otherwise than it was approved.

use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{text, text_if_any};
use crate::server::Organization;
use crate::terminal::Terminal;

/// Which changes to approve.
#[derive(clap::Args)]
pub(crate) struct Approval {
    /// Short name or id
    integration: String,
    /// The tools, by their name at the integration
    #[arg(required_unless_present = "all")]
    tools: Vec<String>,
    /// Everything that is held back now
    #[arg(long, conflicts_with = "tools")]
    all: bool,
    /// Only as it was seen before: the first digits, eight or more, of what was shown beside `seen`; of one tool
    #[arg(long, conflicts_with = "all", value_parser = seen_prefix)]
    seen: Option<String>,
}

fn seen_prefix(text: &str) -> Result<String, String> {
    let digits = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits || text == "gone" { Ok(text.to_ascii_lowercase()) } else { Err("give eight digits or more".to_owned()) }
}

/// Looks at the server again.
pub(crate) fn refresh(integration: &str, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let found = org.post(&["integrations", integration, "refresh"], &json!({}))?;
    terminal.answer(&found, |found| {
        format!("{integration}: {} tools\n{}", text(found, "/tool_count"), lay_out(integration, found))
    })
}

/// Shows what is not as it was approved.
pub(crate) fn list(integration: &str, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let found = org.get(&["integrations", integration], &[])?;
    let changes = json!({ "items": found.get("changes"), "tool_changes": found.get("tool_changes") });
    terminal.answer(&changes, |_| lay_out(integration, &found))
}

/// Approves changes after they were shown, each as it was shown.
pub(crate) fn approve(asked: &Approval, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let integration = &asked.integration;
    if asked.seen.is_some() && asked.tools.len() != 1 {
        return Err(Failure::Usage("--seen is of one tool; name that tool alone".to_owned()));
    }
    let found = org.get(&["integrations", integration], &[])?;
    let all: Vec<&Value> = changes(&found).collect();
    let mut chosen = Vec::new();
    if asked.all {
        chosen.extend(all.iter().filter(|change| change.get("seen").is_some()));
    }
    for tool in &asked.tools {
        let change = all.iter().find(|change| change.get("tool").and_then(Value::as_str) == Some(tool));
        chosen.push(change.ok_or_else(|| Failure::Usage(format!("nothing of {tool} is held back at {integration}")))?);
    }
    let mut seen = Map::new();
    for change in &chosen {
        let now = change.get("seen").and_then(Value::as_str).unwrap_or_default();
        if asked.seen.as_deref().is_some_and(|seen| !now.starts_with(seen)) {
            let changed = format!("{} has changed since you saw it; look at it again", text(change, "/tool"));
            return Err(Failure::Usage(changed));
        }
        seen.insert(change.get("tool").and_then(Value::as_str).unwrap_or_default().to_owned(), json!(now));
    }
    if seen.is_empty() {
        return terminal.answer(&found, |_| format!("{integration}: nothing is held back\n"));
    }
    if !terminal.json {
        let shown: String = chosen.iter().map(|change| one(change)).collect();
        terminal.note(shown.trim_end())?;
    }
    terminal.confirm(&format!("approve this of {integration}? It is offered at once."))?;
    let count = seen.len();
    let approved = org.post(&["integrations", integration, "approve"], &json!({ "tools": seen }))?;
    terminal.answer(&approved, |found| {
        format!("{integration}: approved {count}, {} held back\n", text(found, "/change_count"))
    })
}

fn changes(integration: &Value) -> impl Iterator<Item = &Value> {
    integration.get("changes").and_then(Value::as_array).into_iter().flatten()
}

/// Every change, and what to do about it.
pub(crate) fn lay_out(integration: &str, found: &Value) -> String {
    let told: String = changes(found).map(one).collect();
    if told.is_empty() {
        return "everything is as it was approved\n".to_owned();
    }
    format!("{told}approve with `wardroom integration approve {integration} TOOL`\n")
}

fn one(change: &Value) -> String {
    let mut told = format!("{}: {}\n", text(change, "/tool"), in_words(change));
    if let Some(why) = text_if_any(change, "/why") {
        told.push_str(&format!("  {why}\n"));
    }
    if let Some(seen) = text_if_any(change, "/seen") {
        told.push_str(&format!("  seen {}\n", &seen[..seen.len().min(16)]));
    }
    told
}

fn in_words(change: &Value) -> &'static str {
    match change.get("kind").and_then(Value::as_str) {
        Some("new") => "new; held back",
        Some("changed") => "changed since it was approved; held back",
        Some("unsound") => "must not be offered as its server defines it",
        Some("gone") => "not listed any more",
        _ => "not as it was approved",
    }
}
