//! `wardroom integration refresh`, `changes` and `approve`: what a server lists otherwise than it was approved.

use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{names, plain, text, text_if_any};
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
        // What was not shown is not approved along.
        let can_be = |change: &&&Value| change.get("seen").is_some() && change.get("differences").is_some();
        chosen.extend(all.iter().filter(can_be));
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
    let told = match found.get("tool_changes").and_then(Value::as_str) {
        Some("take") => {
            format!("{told}note: changes are taken over without anybody's approval (integrations.tool_changes)\n")
        }
        _ => told,
    };
    if changes(found).next().is_none() {
        return format!("everything is as it was approved\n{told}");
    }
    format!("{told}approve with `wardroom integration approve {integration} TOOL`\n")
}

/// A change with its differences: what was taken away in `[-…-]`, what came in in `{+…+}`.
fn one(change: &Value) -> String {
    let tool = text_if_any(change, "/shown").unwrap_or_else(|| text(change, "/tool"));
    let mut told = format!("{tool}: {}\n", in_words(change));
    if let Some(why) = text_if_any(change, "/why") {
        told.push_str(&format!("  {why}\n"));
    }
    if let Some(class) = text_if_any(change, "/class") {
        let why = evidence(change);
        told.push_str(&format!("  class: {class}{}\n", if why.is_empty() { why } else { format!(" ({why})") }));
    }
    let unseen = names(change, "/unseen");
    if !unseen.is_empty() {
        told.push_str(&format!("  caution: it holds characters that do not show: {unseen}\n"));
    }
    match change.get("differences").and_then(Value::as_array) {
        Some(parts) => told.extend(parts.iter().map(part)),
        None => told.push_str("  too much to show at once: decide about the others first\n"),
    }
    if let Some(seen) = text_if_any(change, "/seen") {
        told.push_str(&format!("  seen: {}\n", seen.get(..16).unwrap_or(&seen)));
    }
    told
}

fn part(part: &Value) -> String {
    let pieces = part.get("pieces").and_then(Value::as_array).into_iter().flatten();
    let piece = |piece: &Value| {
        let (told, kind) = (lines(piece), piece.get("kind").and_then(Value::as_str));
        match kind {
            Some("removed") => format!("[-{told}-]"),
            Some("added") => format!("{{+{told}+}}"),
            _ => told,
        }
    };
    let told: String = pieces.map(piece).collect();
    format!("  {}: {}\n", text(part, "/part"), told.replace('\n', "\n    "))
}

/// The text of a piece; its lines stay lines.
fn lines(piece: &Value) -> String {
    let text = piece.get("text").and_then(Value::as_str).unwrap_or_default();
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// What speaks for a class, and for which.
pub(crate) fn evidence(of: &Value) -> String {
    let clues = of.get("evidence").and_then(Value::as_array).into_iter().flatten();
    let clue = |clue: &Value| format!("{} {}: {}", text(clue, "/from"), text(clue, "/words"), text(clue, "/says"));
    clues.map(clue).collect::<Vec<_>>().join("; ")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    fn found() -> Value {
        let piece = |kind: &str, text: &str| json!({ "kind": kind, "text": text });
        let pieces = [piece("same", "Lists "), piece("removed", "mails"), piece("added", "all\\u{202e}\nmails")];
        json!({ "slug": "mail", "tool_count": 2, "tool_changes": "hold", "changes": [
            { "tool": "list", "kind": "changed", "seen": "0123456789abcdef0123", "class": "read", "unseen": ["\\u{202e}"],
              "evidence": [{ "from": "name", "says": "read", "words": "list" }],
              "differences": [{ "part": "description", "pieces": pieces }] },
            { "tool": "pay", "kind": "new", "seen": "fedcba98", "class": "write", "evidence": [], "unseen": [] },
            { "tool": "odd", "kind": "unsound", "why": "Region is wanted twice", "unseen": [], "differences": [] },
            { "tool": "old", "kind": "gone", "seen": "gone", "unseen": [], "differences": [] },
        ] })
    }

    #[test]
    fn a_refresh_shows_each_change_word_by_word_and_what_does_not_show_in_it() {
        let server = FakeServer::answering(vec![(200, found())]);
        let done = outcome(&server, &["integration", "refresh", "mail", "--org", "north"]);
        let expected = "mail: 2 tools\n\
             list: changed since it was approved; held back\n\
             \x20 class: read (name list: read)\n\
             \x20 caution: it holds characters that do not show: \\u{202e}\n\
             \x20 description: Lists [-mails-]{+all\\u{202e}\n\
             \x20   mails+}\n\
             \x20 seen: 0123456789abcdef\n\
             pay: new; held back\n\
             \x20 class: write\n\
             \x20 too much to show at once: decide about the others first\n\
             \x20 seen: fedcba98\n\
             odd: must not be offered as its server defines it\n\
             \x20 Region is wanted twice\n\
             old: not listed any more\n\
             \x20 seen: gone\n\
             approve with `wardroom integration approve mail TOOL`\n";
        assert_eq!((done.code, done.out.as_str()), (0, expected), "{}", done.err);
    }

    #[test]
    fn what_is_approved_is_named_as_it_was_shown_and_nothing_that_was_not_shown_goes_along() {
        let approved = json!({ "change_count": 1 });
        let server =
            FakeServer::answering(vec![(200, found()), (200, approved.clone()), (200, found()), (200, approved)]);
        let done = outcome(&server, &["integration", "approve", "mail", "--all", "--yes", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "mail: approved 2, 1 held back\n"), "{}", done.err);
        assert!(done.err.contains("[-mails-]"), "{}", done.err);
        let seen = json!({ "tools": { "list": "0123456789abcdef0123", "old": "gone" } });
        assert_eq!(server.request(1).json(), seen);
        let line = ["integration", "approve", "mail", "list", "--seen", "01234567", "--yes", "--org", "north"];
        assert_eq!(outcome(&server, &line).code, 0);
        assert_eq!(server.request(3).json(), json!({ "tools": { "list": "0123456789abcdef0123" } }));
    }

    #[test]
    fn what_changed_since_it_was_seen_or_is_not_there_is_not_approved() {
        for line in [&["list", "--seen", "fedcba98"][..], &["other"], &["list", "old", "--seen", "01234567"]] {
            let server = FakeServer::answering(vec![(200, found())]);
            let line = [&["integration", "approve", "mail", "--yes", "--org", "north"], line].concat();
            let done = outcome(&server, &line);
            assert_eq!(done.code, 2, "{line:?} {}", done.err);
            assert!(server.request_count() < 2);
        }
    }
}
