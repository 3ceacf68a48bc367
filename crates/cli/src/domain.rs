//! `wardroom domain`: the mail domains by which people find and join the organization, and those who ask to.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::field::{items, plain, text, time};
use crate::server::{Door, Organization};
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
    /// The mail domains, and what becomes of people with an address there
    List,
    /// Claim a mail domain; prints the DNS record to publish
    Claim {
        /// The part of your addresses after the @, such as corp.example
        domain: String,
    },
    /// Look for the record: where it stands in the DNS, the domain is yours
    Verify {
        /// The domain
        domain: String,
    },
    /// Say what becomes of people with an address at a verified domain
    Set(Setting),
    /// Claim a domain no longer; who joined by it stays
    Remove {
        /// The domain
        domain: String,
    },
    /// Those who ask to join
    Requests,
    /// Let somebody join who asks to
    Approve {
        /// The person's id
        person: String,
    },
    /// Say no to somebody who asks to join
    Decline {
        /// The person's id
        person: String,
    },
}

#[derive(Args)]
struct Setting {
    /// The domain
    domain: String,
    /// What becomes of people with an address there
    mode: Mode,
    /// The role that they get; without it, the one that newcomers get at that time
    #[arg(long)]
    role: Option<String>,
    /// Teams that they join, as TEAM or TEAM=ROLE
    #[arg(long, value_name = "TEAM[=ROLE]", value_delimiter = ',')]
    teams: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Nothing
    Off,
    /// They are told that the organization exists
    Suggest,
    /// They may ask to join
    Request,
    /// They join when they sign in with a provider that vouches for them
    Automatic,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Suggest => "suggest",
            Mode::Request => "request",
            Mode::Automatic => "automatic",
        }
    }
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    let nothing = json!({});
    match &arguments.verb {
        Verb::List => terminal.answer(&org.get(&["mail-domains"], &[])?, lay_out),
        Verb::Claim { domain } => {
            let claimed = org.post(&["mail-domains"], &json!({ "name": domain }))?;
            terminal
                .answer(&claimed, |claimed| format!("claimed {}\n{}", text(claimed, "/name"), lay_out_record(claimed)))
        }
        Verb::Verify { domain } => {
            let verified = org.post(&["mail-domains", domain, "verify"], &nothing)?;
            terminal.answer(&verified, |verified| {
                format!(
                    "verified {}; people with an address there: {}\n",
                    text(verified, "/name"),
                    text(verified, "/mode")
                )
            })
        }
        Verb::Set(setting) => set(setting, &org, terminal),
        Verb::Remove { domain } => {
            terminal.confirm(&format!("remove {}? Nobody joins by it any more.", plain(domain)))?;
            let removed = org.delete(&["mail-domains", domain])?;
            terminal.answer(&removed, |_| format!("removed {}\n", plain(domain)))
        }
        Verb::Requests => terminal.answer(&org.get(&["join-requests"], &[])?, lay_out_requests),
        Verb::Approve { person } => {
            let done = org.post(&["join-requests", person, "approve"], &nothing)?;
            terminal.answer(&done, |_| format!("{person} is a member\n"))
        }
        Verb::Decline { person } => {
            let done = org.post(&["join-requests", person, "decline"], &nothing)?;
            terminal.answer(&done, |_| format!("declined {person}\n"))
        }
    }
}

fn set(setting: &Setting, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let team = |given: &String| match given.split_once('=') {
        Some((team, role)) => json!({ "team": team, "role": role }),
        None => json!({ "team": given, "role": null }),
    };
    let teams: Vec<Value> = setting.teams.iter().map(team).collect();
    let body = json!({ "mode": setting.mode.word(), "role": setting.role, "teams": teams });
    let changed = org.put(&["mail-domains", &setting.domain], &body)?;
    terminal.answer(&changed, |changed| {
        let (name, mode, gets) = (text(changed, "/name"), text(changed, "/mode"), text(changed, "/gets"));
        format!("{name}: {mode}, role {gets}\n")
    })
}

fn lay_out_record(claimed: &Value) -> String {
    format!(
        "  name  {}\n  TXT   {}\npublish this record in the DNS, then: wardroom domain verify {}\n",
        text(claimed, "/record/name"),
        text(claimed, "/record/text"),
        text(claimed, "/name"),
    )
}

fn lay_out(found: &Value) -> String {
    let mut table = Table::new(&["DOMAIN", "STATE", "MODE", "GETS", "RECORD", "TXT"]);
    for one in items(found) {
        let mode = match one["sponsored"].as_bool() {
            Some(false) => format!("{} (whoever set it could not give it any more)", text(one, "/mode")),
            _ => text(one, "/mode"),
        };
        table.row([
            text(one, "/name"),
            text(one, "/state"),
            mode,
            text(one, "/gets"),
            text(one, "/record/name"),
            text(one, "/record/text"),
        ]);
    }
    table.to_string()
}

fn lay_out_requests(found: &Value) -> String {
    let mut table = Table::new(&["NAME", "E-MAIL", "BY", "GETS", "ASKED", "ID"]);
    for one in items(found) {
        table.row([
            text(one, "/name"),
            text(one, "/email"),
            text(one, "/way"),
            text(one, "/gets"),
            time(one, "/asked_at"),
            text(one, "/person"),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn domains_are_claimed_verified_opened_and_removed_and_requests_decided() {
        let record = json!({ "type": "TXT", "name": "_wardroom.corp.example", "text": "wardroom-domain=abc" });
        let one = json!({ "name": "corp.example", "state": "verified", "mode": "request", "role": null,
            "gets": "member", "teams": [], "sponsored": true, "record": record });
        let asks = json!({ "person": "per_1", "email": "ada@corp.example", "name": "Ada", "way": "provider",
            "gets": "member", "asked_at": "2026-01-01T00:00:00Z" });
        let server = FakeServer::answering(vec![
            (201, one.clone()),
            (200, one.clone()),
            (200, one.clone()),
            (200, json!({ "items": [one], "next": null })),
            (200, json!({ "items": [asks], "next": null })),
            (204, json!(null)),
            (204, json!(null)),
            (204, json!(null)),
        ]);
        let run = |line: &[&str]| {
            let line = [&["domain", "--org", "north", "--yes"], line].concat();
            let done = outcome(&server, &line);
            assert_eq!(done.code, 0, "{}", done.err);
            done.out
        };
        let claimed = run(&["claim", "corp.example"]);
        assert!(claimed.contains("_wardroom.corp.example") && claimed.contains("wardroom-domain=abc"), "{claimed}");
        assert!(run(&["verify", "corp.example"]).contains("verified corp.example"));
        assert!(run(&["set", "corp.example", "request", "--teams", "Sales,Ops=team-user"]).contains("role member"));
        assert!(run(&["list"]).contains("corp.example"));
        assert!(run(&["requests"]).contains("ada@corp.example"));
        assert!(run(&["approve", "per_1"]).contains("per_1 is a member"));
        assert!(run(&["decline", "per_2"]).contains("declined per_2"));
        assert!(run(&["remove", "corp.example"]).contains("removed corp.example"));
        assert_eq!(server.request(0).json(), json!({ "name": "corp.example" }));
        let set = json!({ "mode": "request", "role": null,
            "teams": [{ "team": "Sales", "role": null }, { "team": "Ops", "role": "team-user" }] });
        assert_eq!(server.request(2).json(), set);
        let asked: Vec<(String, String)> =
            (0..8).map(|at| server.request(at)).map(|request| (request.method, request.path)).collect();
        let at = |rest: &str| format!("/api/v1/orgs/north/{rest}");
        let expected = [
            ("POST", at("mail-domains")),
            ("POST", at("mail-domains/corp.example/verify")),
            ("PUT", at("mail-domains/corp.example")),
            ("GET", at("mail-domains")),
            ("GET", at("join-requests")),
            ("POST", at("join-requests/per_1/approve")),
            ("POST", at("join-requests/per_2/decline")),
            ("DELETE", at("mail-domains/corp.example")),
        ];
        assert_eq!(asked, expected.map(|(method, path)| (method.to_owned(), path)));
    }
}
