//! `wardroom request`: ask for access that was denied, and decide what others ask for.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::explain::Thing;
use crate::failure::Failure;
use crate::field::{is_true, items, names, plain, text, text_if_any, time};
use crate::instant::{self, Sense};
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
    /// Ask for something that is denied to you
    Open {
        #[command(flatten)]
        thing: Thing,
        /// What whoever decides should know
        #[arg(long)]
        note: Option<String>,
        /// For how long: 45m, 12h, 30d, 6w; without it, for good
        #[arg(long = "for", value_name = "LENGTH", value_parser = length)]
        lasts_s: Option<u32>,
    },
    /// List your requests, and those that you may decide
    List {
        /// Only those in this state: open, granted, refused, withdrawn or ended
        #[arg(long)]
        state: Option<String>,
        /// Only your own
        #[arg(long)]
        mine: bool,
    },
    /// Show one request, with the smallest changes that would satisfy it and what they would lead to
    Show {
        /// The request's id
        request: String,
    },
    /// Grant a request: the changes that satisfy it are made at once
    Grant {
        /// The request's id
        request: String,
        /// Which changes, by the id that `show` tells, where several would do
        #[arg(long, value_name = "ID")]
        remedy: Option<String>,
        /// For how long: 45m, 12h, 30d, 6w; for as long as was wished where nothing is said
        #[arg(long = "for", value_name = "LENGTH", value_parser = length, conflicts_with = "until")]
        lasts_s: Option<u32>,
        /// Until when: 2026-12-31, or 2026-12-31T18:00:00Z
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// For good, also where it was wished for a time
        #[arg(long, conflicts_with_all = ["lasts_s", "until"])]
        for_good: bool,
    },
    /// Refuse a request
    Refuse {
        /// The request's id
        request: String,
        /// Why, for whoever asked
        #[arg(long)]
        reason: String,
    },
    /// Take back a request of your own
    Withdraw {
        /// The request's id
        request: String,
    },
}

/// A length of time in seconds.
fn length(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no length of time; write it as 45m, 12h, 30d or 6w");
    let each = match text.chars().last().ok_or_else(wrong)? {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let count = text.get(..text.len() - 1).and_then(|count| count.parse::<u32>().ok());
    count.and_then(|count| count.checked_mul(each)).filter(|seconds| *seconds > 0).ok_or_else(wrong)
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::Open { thing, note, lasts_s } => {
            let mut body = thing.asked()?;
            given(&mut body, "note", note.as_deref().map(Value::from));
            given(&mut body, "lasts_s", lasts_s.map(Value::from));
            let opened = org.post(&["requests"], &Value::Object(body))?;
            terminal.answer(&opened, |opened| {
                let waits_for = names(opened, "/waits_for");
                let who = if waits_for.is_empty() { "whoever may grant it".to_owned() } else { waits_for };
                format!("asked: {} ({}); it waits for {who}\n", text(opened, "/says"), text(opened, "/id"))
            })
        }
        Verb::List { state, mine } => list(&org, state.as_deref(), *mine, terminal),
        Verb::Show { request } => {
            let shown = org.get(&["requests", request], &[])?;
            terminal.answer(&shown, lay_out)
        }
        Verb::Grant { request, remedy, lasts_s, until, for_good } => {
            let mut body = Map::new();
            given(&mut body, "remedy", remedy.as_deref().map(Value::from));
            given(&mut body, "lasts_s", lasts_s.map(Value::from));
            given(&mut body, "for_good", for_good.then(|| Value::from(true)));
            if let Some(until) = until {
                let now = (terminal.surroundings.clock)();
                let instant = instant::read(until, Sense::Until, now).map_err(Failure::Usage)?;
                body.insert("until".to_owned(), json!(instant));
            }
            let granted = org.post(&["requests", request, "grant"], &Value::Object(body))?;
            terminal.answer(&granted, |granted| {
                let until = text_if_any(granted, "/until").map(|until| format!(" until {until}"));
                format!("granted{}: {}\n", until.unwrap_or_default(), text(granted, "/says"))
            })
        }
        Verb::Refuse { request, reason } => {
            let refused = org.post(&["requests", request, "refuse"], &json!({ "reason": reason }))?;
            terminal.answer(&refused, |refused| format!("refused: {}\n", text(refused, "/says")))
        }
        Verb::Withdraw { request } => {
            let withdrawn = org.post(&["requests", request, "withdraw"], &json!({}))?;
            terminal.answer(&withdrawn, |withdrawn| format!("withdrawn: {}\n", text(withdrawn, "/says")))
        }
    }
}

fn given(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value);
    }
}

fn list(org: &Organization, state: Option<&str>, mine: bool, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut query = Vec::new();
    query.extend(state.map(|state| ("state", state.to_owned())));
    query.extend(mine.then(|| ("mine", "true".to_owned())));
    let found = org.list(&["requests"], &query)?;
    terminal.answer(&found, |found| {
        let mut table = Table::new(&["ID", "STATE", "WHO", "WHAT", "OPENED", "YOURS TO DECIDE"]);
        for request in items(found) {
            let decides = if is_true(request, "/may_decide") { "yes" } else { "" };
            table.row([
                text(request, "/id"),
                text(request, "/state"),
                text(request, "/requester/name"),
                text(request, "/says"),
                time(request, "/opened_at"),
                decides.to_owned(),
            ]);
        }
        if items(found).is_empty() { "no requests\n".to_owned() } else { table.to_string() }
    })
}

fn lay_out(shown: &Value) -> String {
    let optional = |name, pointer: &str| Some((name, text_if_any(shown, pointer)?));
    let mut rows =
        vec![("id", text(shown, "/id")), ("what", text(shown, "/says")), ("who", text(shown, "/requester/name"))];
    rows.extend(optional("for", "/acting_for/name"));
    rows.push(("state", text(shown, "/state")));
    rows.push(("opened", time(shown, "/opened_at")));
    rows.extend(optional("note", "/note"));
    rows.extend(shown["lasts_s"].as_u64().map(|seconds| ("wished for", format!("{} minutes", seconds / 60))));
    rows.extend(optional("decided by", "/decided_by"));
    rows.extend(optional("until", "/until"));
    rows.extend(optional("reason", "/reason"));
    let waits_for = names(shown, "/waits_for");
    rows.extend((!waits_for.is_empty()).then_some(("waits for", waits_for)));
    rows.extend(shown["seq"].as_u64().map(|seq| ("as of change", format!("{seq} (decide it with --if-at {seq})"))));
    let mut out = facts(&rows);
    if is_true(shown, "/allowed") {
        out.push_str("it is allowed by now\n");
    }
    let lines = |value: &Value, name: &str| -> Vec<String> {
        let lines = value[name].as_array().into_iter().flatten();
        lines.map(|line| plain(line.as_str().unwrap_or_default())).collect()
    };
    for remedy in shown["remedies"].as_array().into_iter().flatten() {
        let for_good = if is_true(remedy, "/may_end") { "" } else { " (only for good)" };
        out.push_str(&format!("would allow it: {}{for_good}\n", lines(remedy, "says").join(", and ")));
        if is_true(remedy, "/may_make") {
            out.push_str(&format!("  yours to make: --remedy {}\n", text(remedy, "/id")));
        }
        for line in lines(remedy, "impact") {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn what_was_denied_is_asked_for_in_the_words_of_the_question() {
        let opened = json!({"id": "req_1", "says": "call create_refund of Stripe", "waits_for": ["Ada", "Ben"]});
        let server = FakeServer::answering(vec![(201, opened)]);
        let line =
            ["request", "open", "call", "tool:stripe/create_refund", "--for", "1h", "--note", "a customer waits"];
        let done = outcome(&server, &[&line[..], &["--org", "north"]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(done.out, "asked: call create_refund of Stripe (req_1); it waits for Ada, Ben\n");
        let asked = json!({"action": "call", "resource": {"type": "tool", "id": "stripe/create_refund"},
            "note": "a customer waits", "lasts_s": 3600});
        assert_eq!((server.request(0).path.as_str(), server.request(0).json()), ("/api/v1/orgs/north/requests", asked));
    }

    #[test]
    fn a_request_is_shown_with_what_would_satisfy_it_and_decided_by_that_name() {
        let shown = json!({"id": "req_1", "state": "open", "says": "call create_refund of Stripe", "note": "urgent",
            "requester": {"id": "per_1", "name": "Fay"}, "opened_at": "2026-01-01T00:00:00Z", "waits_for": [],
            "lasts_s": 3600, "allowed": false, "remedies": [{"id": "a1", "says": ["assign Stripe", "resume Stripe"],
            "may_make": true, "may_end": false, "impact": ["Fay: gains 1 tool of stripe"]}], "seq": 41});
        let granted = json!({"says": "call create_refund of Stripe", "until": "2026-01-01T01:00:00Z"});
        let server = FakeServer::answering(vec![
            (200, shown),
            (200, granted),
            (200, json!({"says": "it"})),
            (200, json!({"says": "it"})),
        ]);
        let done = outcome(&server, &["request", "show", "req_1", "--org", "north"]);
        for part in [
            "req_1",
            "--if-at 41",
            "urgent",
            "60 minutes",
            "assign Stripe, and resume Stripe (only for good)",
            "--remedy a1",
            "Fay: gains",
        ] {
            assert!(done.out.contains(part), "{part} in {}", done.out);
        }
        let line = ["request", "grant", "req_1", "--remedy", "a1", "--for", "1h", "--if-at", "41", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.out.contains("granted until 2026-01-01T01:00:00Z")), (0, true), "{}", done.err);
        assert_eq!(server.request(1).json(), json!({"remedy": "a1", "lasts_s": 3600}));
        assert_eq!(server.request(1).header("if-match"), Some("\"41\""));
        let done = outcome(&server, &["request", "grant", "req_1", "--for-good", "--org", "north"]);
        assert_eq!((done.code, server.request(2).json()), (0, json!({"for_good": true})), "{}", done.err);
        let done = outcome(&server, &["request", "refuse", "req_1", "--reason", "not this week", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "refused: it\n"), "{}", done.err);
        assert_eq!(server.request(3).json(), json!({"reason": "not this week"}));
    }

    #[test]
    fn a_length_that_is_none_is_refused_before_anything_is_sent() {
        for wrong in ["1", "h", "0h", "1y", "99999999w"] {
            let line = ["wardroom", "request", "grant", "req_1", "--for", wrong];
            assert!(crate::command().try_get_matches_from(line).is_err(), "{wrong}");
        }
        assert_eq!((length("45m"), length("2w")), (Ok(2_700), Ok(1_209_600)));
    }
}
