//! The sessions in which a member comes to the organization: seen, and ended there.

use clap::Args;
use serde_json::Value;

use crate::failure::Failure;
use crate::field::{items, text, time};
use crate::server::Organization;
use crate::table::Table;
use crate::terminal::Terminal;

#[derive(Args)]
pub(crate) struct OfMember {
    /// E-mail or id
    member: String,
    /// End the session of this id, in this organization
    #[arg(long, value_name = "ID", conflicts_with = "end_all")]
    end: Option<String>,
    /// End all of them, in this organization
    #[arg(long)]
    end_all: bool,
}

pub(crate) fn of_member(asked: &OfMember, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let member = asked.member.as_str();
    if let Some(session) = &asked.end {
        let ended = org.delete(&["members", member, "sessions", session])?;
        return terminal.answer(&ended, |_| format!("{member} is signed out here in this session\n"));
    }
    if asked.end_all {
        terminal.confirm(&format!("sign {member} out of {} everywhere? They can sign in anew.", org.slug()))?;
        let ended = org.delete(&["members", member, "sessions"])?;
        return terminal.answer(&ended, |_| format!("{member} is signed out here in all sessions\n"));
    }
    terminal.answer(&org.get(&["members", member, "sessions"], &[])?, lay_out)
}

fn lay_out(found: &Value) -> String {
    let mut table = Table::new(&["BEGAN", "LAST USED", "ENDS", "BY", "PASSKEY", "ID"]);
    for session in items(found) {
        table.row([
            time(session, "/begun_at"),
            time(session, "/used_at"),
            time(session, "/ends_at"),
            text(session, "/way"),
            // An older server says nothing about it.
            session["by_passkey"].as_bool().map_or("-", |shown| if shown { "yes" } else { "no" }).to_owned(),
            text(session, "/id"),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn sessions_are_shown_and_ended_one_by_one_or_all() {
        let session = json!({ "id": "ses_1", "begun_at": "2026-11-22T09:30:00Z", "used_at": "2026-11-22T10:00:00Z",
            "ends_at": "2026-12-22T09:30:00Z", "way": "link", "by_passkey": true, "client": null });
        let server = FakeServer::answering(vec![
            (200, json!({ "items": [session], "next": null })),
            (204, json!(null)),
            (204, json!(null)),
        ]);
        let run = |more: &[&str]| {
            let line = [&["member", "sessions", "ada@example.com", "--org", "north", "--yes"], more].concat();
            let done = outcome(&server, &line);
            assert_eq!(done.code, 0, "{}", done.err);
            done.out
        };
        let shown = run(&[]);
        let row: Vec<&str> = shown.lines().last().unwrap_or_default().split_whitespace().collect();
        assert!(row.ends_with(&["link", "yes", "ses_1"]), "{shown}");
        assert!(run(&["--end", "ses_1"]).contains("in this session"));
        assert!(run(&["--end-all"]).contains("in all sessions"));
        let path = "/api/v1/orgs/north/members/ada%40example.com/sessions";
        let asked = [0, 1, 2].map(|at| server.request(at)).map(|request| (request.method, request.path));
        let expected = [("GET", path.to_owned()), ("DELETE", format!("{path}/ses_1")), ("DELETE", path.to_owned())];
        assert_eq!(asked, expected.map(|(method, path)| (method.to_owned(), path)));
    }
}
