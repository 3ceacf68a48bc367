//! `wardroom grant`: giving an integration to a member, team, role, key or agent, and taking it away.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::instant::{self, Sense};
use crate::server::Door;
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
    /// Give an integration, or change what was given: what is not said stays as it was
    Set {
        /// The integration's short name or id
        integration: String,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        terms: Terms,
    },
    /// Take an integration away
    Remove {
        /// The integration's short name or id
        integration: String,
        #[command(flatten)]
        holder: Holder,
    },
}

/// Who has it: exactly one of them.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Holder {
    /// A member, by e-mail or id
    #[arg(long)]
    member: Option<String>,
    /// Everyone in a team, by title or id
    #[arg(long)]
    team: Option<String>,
    /// Everyone with a role, by its id
    #[arg(long)]
    role: Option<String>,
    /// A workspace key, by id
    #[arg(long)]
    key: Option<String>,
    /// An agent, by id
    #[arg(long)]
    agent: Option<String>,
}

#[derive(Args)]
struct Terms {
    /// read-only, no-delete or full; without it as it was, and at first the organization's default
    #[arg(long, value_parser = ["read-only", "no-delete", "full"])]
    profile: Option<String>,
    /// Tools to switch off for this holder
    #[arg(long, value_name = "TOOL", num_args = 1.., action = clap::ArgAction::Append)]
    off: Vec<String>,
    /// Switch no tool off for this holder any more
    #[arg(long, conflicts_with = "off")]
    all_tools: bool,
    /// When it ends: 2026-12-31, 2026-12-31T18:00:00Z, or a length such as 6w, 30d, 12h
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Let it go on without an end
    #[arg(long, conflicts_with = "until")]
    no_end: bool,
}

impl Holder {
    /// The way to its grants: what kind it is, and its name.
    fn path(&self) -> [&str; 2] {
        let named = [
            ("members", &self.member),
            ("teams", &self.team),
            ("roles", &self.role),
            ("keys", &self.key),
            ("agents", &self.agent),
        ];
        let given = named.into_iter().find_map(|(kind, name)| Some([kind, name.as_deref()?]));
        given.unwrap_or(["members", ""])
    }
}

impl Terms {
    fn body(&self, terminal: &Terminal<'_>) -> Result<Value, Failure> {
        let mut body = Map::new();
        if let Some(profile) = &self.profile {
            body.insert("profile".to_owned(), json!(profile));
        }
        if self.no_end {
            body.insert("expires_at".to_owned(), Value::Null);
        }
        if self.all_tools || !self.off.is_empty() {
            body.insert("tools_off".to_owned(), json!(self.off));
        }
        if let Some(until) = &self.until {
            let now = (terminal.surroundings.clock)();
            let instant = instant::read(until, Sense::Until, now).map_err(Failure::Usage)?;
            body.insert("expires_at".to_owned(), json!(instant));
        }
        Ok(Value::Object(body))
    }
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::Set { integration, holder, terms } => {
            let [kind, name] = holder.path();
            let granted = org.put(&[kind, name, "integrations", integration], &terms.body(terminal)?)?;
            terminal.answer(&granted, |_| format!("{name} has {integration}\n"))
        }
        Verb::Remove { integration, holder } => {
            let [kind, name] = holder.path();
            let ended = org.delete(&[kind, name, "integrations", integration])?;
            terminal.answer(&ended, |_| format!("{name} no longer has {integration}\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_grant_carries_profile_switched_off_tools_and_end() {
        let server = FakeServer::answering(vec![(200, json!({}))]);
        let line = [
            "grant",
            "set",
            "stripe",
            "--member",
            "ada@example.com",
            "--profile",
            "no-delete",
            "--off",
            "create_refund",
            "cancel_dispute",
            "--until",
            "6w",
            "--org",
            "north",
        ];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.out.as_str()), (0, "ada@example.com has stripe\n"), "{}", done.err);
        let request = server.request(0);
        assert_eq!(request.method, "PUT");
        assert_eq!(request.path, "/api/v1/orgs/north/members/ada%40example.com/integrations/stripe");
        let off = ["create_refund", "cancel_dispute"];
        let expected = json!({"profile": "no-delete", "tools_off": off, "expires_at": "2027-01-03T12:00:00Z"});
        assert_eq!(request.json(), expected);
    }

    #[test]
    fn switched_off_tools_and_an_end_can_be_taken_back() {
        let server = FakeServer::answering(vec![(200, json!({})), (200, json!({}))]);
        let named = ["grant", "set", "stripe", "--key", "key_1", "--org", "north"];
        let done = outcome(&server, &[&named[..], &["--profile", "full"]].concat());
        assert_eq!((done.code, server.request(0).json()), (0, json!({"profile": "full"})), "{}", done.err);
        let done = outcome(&server, &[&named[..], &["--all-tools", "--no-end"]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(server.request(1).json(), json!({"tools_off": [], "expires_at": null}));
    }

    #[test]
    fn a_keys_grant_is_taken_away_at_the_key() {
        let server = FakeServer::answering(vec![(204, Value::Null)]);
        let done = outcome(&server, &["grant", "remove", "stripe", "--key", "key_1", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/keys/key_1/integrations/stripe");
    }

    #[test]
    fn a_team_and_a_role_are_given_an_integration_like_a_member() {
        let server = FakeServer::answering(vec![(200, json!({})), (200, json!({}))]);
        for (kind, name) in [("team", "Essays"), ("role", "member")] {
            let done = outcome(&server, &["grant", "set", "stripe", &format!("--{kind}"), name, "--org", "north"]);
            assert_eq!((done.code, done.out), (0, format!("{name} has stripe\n")), "{}", done.err);
        }
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/teams/Essays/integrations/stripe");
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/roles/member/integrations/stripe");
    }

    #[test]
    fn exactly_one_holder_must_be_named() {
        for holders in [&[][..], &["--member", "a", "--key", "b"]] {
            let line = [&["wardroom", "grant", "set", "stripe"], holders].concat();
            assert!(crate::command().try_get_matches_from(line).is_err(), "{holders:?}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_a_usage_error_before_anything_is_sent() {
        let server = FakeServer::answering(vec![]);
        let done = outcome(&server, &["grant", "set", "stripe", "--member", "a", "--until", "soon", "--org", "north"]);
        assert_eq!((done.code, server.request_count()), (2, 0));
    }
}
