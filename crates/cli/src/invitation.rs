//! `wardroom invite`: invitations, each a link for somebody that is good once.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, text, text_if_any, time};
use crate::server::{Door, Organization};
use crate::table::{Table, facts};
use crate::terminal::Terminal;

/// Bytes of a file of people.
const FILE_BYTES_MAX: u64 = 1 << 20;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Invite a person; the link is shown once
    Add(Addition),
    /// The invitations that you made or may handle
    List {
        /// pending, open, awaits_approval, expired, needs_sponsor, accepted, declined, revoked or all
        #[arg(long, default_value = "pending")]
        status: String,
    },
    /// One invitation
    Show {
        /// The invitation's id
        invitation: String,
    },
    /// Give an invitation another link and end; the link before opens nothing any more
    Resend {
        /// The invitation's id
        invitation: String,
    },
    /// Look at an invitation that waits for somebody to agree, and agree to it
    Approve {
        /// The invitation's id
        invitation: String,
    },
    /// Take an invitation back
    Revoke {
        /// The invitation's id
        invitation: String,
    },
    /// Invite everybody in a table (CSV) with the columns email, name, role, team and note; each row by itself
    Import {
        /// The file; - reads what is piped in
        file: PathBuf,
    },
}

#[derive(Args)]
struct Addition {
    /// The person's e-mail address
    email: String,
    /// The person's name
    #[arg(long)]
    name: Option<String>,
    /// The role; without it the organization's default
    #[arg(long)]
    role: Option<String>,
    /// A team that they join, by title or id; with a role there as TEAM=ROLE
    #[arg(long = "team", value_name = "TEAM[=ROLE]")]
    teams: Vec<String>,
    /// An integration that they are given; with a profile as INTEGRATION=PROFILE
    #[arg(long = "integration", value_name = "INTEGRATION[=PROFILE]")]
    integrations: Vec<String>,
    /// They are a member already, and are invited to teams alone
    #[arg(long, requires = "teams", conflicts_with_all = ["role", "integrations"])]
    member: bool,
    /// What to say to them
    #[arg(long)]
    note: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::Add(addition) => {
            let sent = org.post(&["invitations"], &addition.body())?;
            terminal.answer(&sent, |sent| format!("invited {}\n{}", text(sent, "/email"), link(sent)))
        }
        Verb::List { status } => {
            let found = org.list(&["invitations"], &[("status", status.clone())])?;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Show { invitation } => {
            let found = org.get(&["invitations", invitation], &[])?;
            terminal.answer(&found, lay_out)
        }
        Verb::Resend { invitation } => with_link(&org, (invitation, "resend"), &json!({}), terminal),
        Verb::Approve { invitation } => {
            let found = org.get(&["invitations", invitation], &[])?;
            terminal.confirm(&format!("{}approve this?", lay_out(&found)))?;
            let looked_at = json!({ "revision": text(&found, "/revision") });
            with_link(&org, (invitation, "approve"), &looked_at, terminal)
        }
        Verb::Revoke { invitation } => {
            let gone = org.delete(&["invitations", invitation])?;
            terminal.answer(&gone, |_| "revoked; its link opens nothing any more\n".to_owned())
        }
        Verb::Import { file } => import(file, &org, terminal),
    }
}

impl Addition {
    fn body(&self) -> Value {
        let pair = |word: &str, first: &str, second: &str| {
            let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let mut one = Map::new();
            one.insert(first.to_owned(), json!(name));
            one.extend(value.map(|value| (second.to_owned(), json!(value))));
            Value::Object(one)
        };
        let mut body = Map::new();
        body.insert("email".to_owned(), json!(self.email));
        for (field, said) in [("name", &self.name), ("role", &self.role), ("note", &self.note)] {
            body.extend(said.as_ref().map(|said| (field.to_owned(), json!(said))));
        }
        if self.member {
            body.insert("members_only".to_owned(), json!(true));
        }
        let teams: Vec<Value> = self.teams.iter().map(|word| pair(word, "team", "role")).collect();
        let given: Vec<Value> = self.integrations.iter().map(|word| pair(word, "integration", "profile")).collect();
        for (field, all) in [("teams", teams), ("integrations", given)] {
            body.extend((!all.is_empty()).then(|| (field.to_owned(), json!(all))));
        }
        Value::Object(body)
    }
}

fn with_link(
    org: &Organization,
    (invitation, verb): (&str, &str),
    body: &Value,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let sent = org.post(&["invitations", invitation, verb], body)?;
    terminal.answer(&sent, link)
}

/// The link, shown once, or what it waits for.
fn link(sent: &Value) -> String {
    match text_if_any(sent, "/link") {
        Some(link) => {
            format!("  link (shown once, good until {}): {link}\n", time(sent, "/expires_at"))
        }
        None => {
            format!("  somebody who may add people has to approve it: wardroom invite approve {}\n", text(sent, "/id"))
        }
    }
}

fn import(file: &Path, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let unusable = |fault: &std::io::Error| Failure::Usage(format!("the file {}: {fault}", file.display()));
    let mut table = String::new();
    let source: &mut dyn Read = match file.to_str() {
        Some("-") => &mut terminal.surroundings.input,
        _ => &mut fs::File::open(file).map_err(|fault| unusable(&fault))?,
    };
    source.take(FILE_BYTES_MAX + 1).read_to_string(&mut table).map_err(|fault| unusable(&fault))?;
    if table.len() as u64 > FILE_BYTES_MAX {
        return Err(Failure::Usage(format!("{} has more than {FILE_BYTES_MAX} bytes; split it", file.display())));
    }
    let results = org.post_csv(&["invitations", "bulk"], table)?;
    terminal.answer(&results, lay_out_rows)?;
    // Whoever runs this in a script learns that somebody was left out.
    if results["refused"] == 0 { Ok(()) } else { Err(Failure::AnsweredNo) }
}

fn lay_out_rows(results: &Value) -> String {
    let mut table = Table::new(&["ROW", "E-MAIL", "RESULT", "LINK OR REASON"]);
    for row in items(results) {
        let refused = text_if_any(row, "/problem/detail");
        let result = if refused.is_some() { "refused" } else { "invited" };
        let waits = || "waits for approval".to_owned();
        let why = refused.or_else(|| text_if_any(row, "/invitation/link")).unwrap_or_else(waits);
        table.row([text(row, "/row"), text(row, "/email"), result.to_owned(), why]);
    }
    format!("{table}\n{} invited, {} refused\n", text(results, "/sent"), text(results, "/refused"))
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["E-MAIL", "ROLE", "STATUS", "ASKS", "MAIL", "INVITED BY", "ENDS", "ID"]);
    for invitation in items(found) {
        table.row([
            text(invitation, "/email"),
            text(invitation, "/role"),
            text(invitation, "/status"),
            text(invitation, "/asks"),
            text(invitation, "/mail"),
            text(invitation, "/inviter/name"),
            time(invitation, "/expires_at"),
            text(invitation, "/id"),
        ]);
    }
    table.to_string()
}

fn lay_out(invitation: &Value) -> String {
    let each = |place: &str, name: &str, with: &str| {
        let all = invitation.pointer(place).and_then(Value::as_array).into_iter().flatten();
        let one = |one: &Value| match text_if_any(one, with) {
            Some(with) => format!("{} ({with})", text(one, name)),
            None => text(one, name),
        };
        let all: Vec<String> = all.map(one).collect();
        if all.is_empty() { "-".to_owned() } else { all.join(", ") }
    };
    facts(&[
        ("e-mail", text(invitation, "/email")),
        ("name", text(invitation, "/name")),
        ("note", text(invitation, "/note")),
        ("role", text(invitation, "/role")),
        ("teams", each("/teams", "/title", "/role")),
        ("integrations", each("/integrations", "/integration", "/profile")),
        ("status", text(invitation, "/status")),
        (
            "mail",
            text_if_any(invitation, "/mail_failure")
                .map_or_else(|| text(invitation, "/mail"), |why| format!("failed: {why}")),
        ),
        ("accepted by", who_may_accept(invitation)),
        ("invited by", text(invitation, "/inviter/name")),
        ("sent", time(invitation, "/sent_at")),
        ("ends", time(invitation, "/expires_at")),
        ("id", text(invitation, "/id")),
    ])
}

/// Who could accept it.
fn who_may_accept(invitation: &Value) -> String {
    match text(invitation, "/asks").as_str() {
        "proven" => "whoever shows that the address is theirs".to_owned(),
        "any" => "whoever has the link".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::fake_server::{FakeServer, outcome, outcome_in, quiet_surroundings};

    #[test]
    fn an_invitation_says_what_it_offers_and_shows_its_link_once() {
        let sent = json!({"id": "inv_1", "email": "ann@example.com", "link": "http://x/invitation/wri_1",
            "expires_at": "2026-12-01T00:00:00Z"});
        let waits = json!({"id": "inv_2", "email": "bo@example.com", "link": null});
        let server = FakeServer::answering(vec![(201, sent), (201, waits)]);
        let line = [
            "invite",
            "add",
            "ann@example.com",
            "--role",
            "member",
            "--team",
            "Sales=team-leader",
            "--team",
            "Ops",
            "--integration",
            "stripe=read-only",
            "--note",
            "hello",
            "--org",
            "north",
        ];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.contains("http://x/invitation/wri_1"), "{}", done.out);
        let asked = json!({"email": "ann@example.com", "role": "member", "note": "hello",
            "teams": [{"team": "Sales", "role": "team-leader"}, {"team": "Ops"}],
            "integrations": [{"integration": "stripe", "profile": "read-only"}]});
        assert_eq!(
            (server.request(0).path.as_str(), server.request(0).json()),
            ("/api/v1/orgs/north/invitations", asked)
        );
        let done = outcome(&server, &["invite", "add", "bo@example.com", "--org", "north"]);
        assert!(done.out.contains("wardroom invite approve inv_2"), "{}", done.out);
    }

    #[test]
    fn a_table_is_sent_as_it_is_and_every_row_has_its_result() {
        let results = json!({"sent": 1, "refused": 1, "items": [
            {"row": 1, "email": "ann@example.com", "invitation": {"link": "http://x/invitation/wri_1"}},
            {"row": 2, "email": "nobody", "problem": {"detail": "give one e-mail address"}}]});
        let server = FakeServer::answering(vec![(200, results)]);
        let mut surroundings = quiet_surroundings();
        surroundings.input = Box::new(Cursor::new(b"email\nann@example.com\nnobody\n".to_vec()));
        let done = outcome_in(&server, &["invite", "import", "-", "--org", "north"], surroundings);
        assert_eq!(done.code, 1, "somebody was left out: {}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/invitations/bulk");
        assert_eq!(server.request(0).header("content-type"), Some("text/csv"));
        assert_eq!(server.request(0).body, "email\nann@example.com\nnobody\n");
        for part in ["wri_1", "refused", "give one e-mail address", "1 invited, 1 refused"] {
            assert!(done.out.contains(part), "{part} in {}", done.out);
        }
    }

    #[test]
    fn an_invitation_is_sent_again_approved_and_revoked_by_its_id() {
        let sent = json!({"id": "inv_1", "link": "http://x/invitation/wri_2", "expires_at": "2026-12-01T00:00:00Z"});
        let waits = json!({"id": "inv_1", "email": "ann@example.com", "role": "member", "revision": "8f2c"});
        let answers = vec![(200, sent.clone()), (200, waits.clone()), (200, waits), (200, sent), (204, Value::Null)];
        let server = FakeServer::answering(answers);
        let says = |verb: &str, more: &[&str]| {
            outcome(&server, &[&["invite", verb, "inv_1", "--org", "north"], more].concat())
        };
        assert_eq!(says("resend", &[]).code, 0);
        // Nobody agrees to what they did not look at.
        let asked_first = says("approve", &[]);
        assert!(asked_first.code != 0 && asked_first.err.contains("ann@example.com"), "{}", asked_first.err);
        assert_eq!(says("approve", &["--yes"]).code, 0);
        assert_eq!(says("revoke", &[]).code, 0);
        let asked = |number| (server.request(number).method, server.request(number).path);
        let path = "/api/v1/orgs/north/invitations/inv_1";
        assert_eq!(asked(0), ("POST".to_owned(), format!("{path}/resend")));
        assert_eq!([asked(1), asked(2)], [("GET".to_owned(), path.to_owned()), ("GET".to_owned(), path.to_owned())]);
        assert_eq!(asked(3), ("POST".to_owned(), format!("{path}/approve")));
        assert_eq!(server.request(3).json(), json!({ "revision": "8f2c" }));
        assert_eq!(asked(4), ("DELETE".to_owned(), path.to_owned()));
    }
}
