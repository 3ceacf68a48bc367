//! `wardroom review`: that somebody went through who has what and found it right.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, text, text_if_any, time};
use crate::server::Door;
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
    /// The reviews that were confirmed, and when the next is due
    List,
    /// Confirm that you went through who has what (`wardroom report access`) and found it right
    Confirm {
        /// The number of the last change of the state that you reviewed; without it, the present one
        #[arg(long)]
        seq: Option<u64>,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List => terminal.answer(&org.get(&["reviews"], &[])?, lay_out),
        Verb::Confirm { seq } => {
            let body: Map<String, Value> = seq.iter().map(|seq| ("seq".to_owned(), json!(seq))).collect();
            let confirmed = org.post(&["reviews"], &Value::Object(body))?;
            terminal.answer(&confirmed, |review| {
                format!("confirmed for the state after change {}\n", text(review, "/of_seq"))
            })
        }
    }
}

fn lay_out(found: &Value) -> String {
    let mut table = Table::new(&["CONFIRMED", "BY", "OF CHANGE"]);
    for review in items(found) {
        table.row([time(review, "/at"), text(review, "/by/name"), text(review, "/of_seq")]);
    }
    match text_if_any(found, "/due_at") {
        Some(_) => format!("{table}\nnext due: {}\n", time(found, "/due_at")),
        None => format!("{table}\nnone is due: set review.every_days to be reminded\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_review_is_confirmed_of_a_state_and_listed_with_the_next_one() {
        let review =
            json!({"seq": 42, "at": "2026-11-22T09:30:00Z", "by": {"id": "per_1", "name": "Ada"}, "of_seq": 41});
        let list = json!({"items": [review], "next": null, "due_at": "2027-02-20T09:30:00Z"});
        let server = FakeServer::answering(vec![(201, review.clone()), (201, review), (200, list)]);
        let done = outcome(&server, &["review", "confirm", "--seq", "41", "--org", "north"]);
        assert_eq!(done.out, "confirmed for the state after change 41\n", "{}", done.err);
        assert_eq!(server.request(0).json(), json!({"seq": 41}));
        assert_eq!(outcome(&server, &["review", "confirm", "--org", "north"]).code, 0);
        assert_eq!(server.request(1).json(), json!({}));
        let done = outcome(&server, &["review", "list", "--org", "north"]);
        assert!(done.out.contains("Ada  41") && done.out.contains("next due: 2027-02-20T09:30:00Z"), "{}", done.out);
    }
}
