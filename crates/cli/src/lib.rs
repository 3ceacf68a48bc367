//! The control door, from a terminal: commands over the HTTP contract of the management API.
//!
//! A command is an HTTP request that a user's own script could make with the same key, and a plain rendering of the
//! answer. This crate never depends on another crate of ours, never decides what anyone may do, and never takes a key
//! or another secret as an argument, since arguments show in process lists and shell histories.
//!
//! Start reading at `Command`, the contents page: one module per noun. `server` speaks HTTP, `terminal` speaks
//! to the person, `failure` says what the exit codes mean.

mod account;
mod agent;
mod audit;
mod change;
mod check;
mod client;
mod collection;
mod credential;
mod directory;
mod doctor;
mod domain;
mod explain;
mod failure;
mod field;
mod grant;
mod instant;
mod integration;
mod invitation;
mod key;
mod kind;
mod member;
mod object;
mod org;
mod plan;

mod report;
mod request;
mod resource;
mod review;
mod role;
mod server;
mod session;
mod table;
mod team;
mod terminal;
mod tool;
mod tool_name;

#[cfg(test)]
mod fake_server;

use std::io::Write;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches, Subcommand};

use crate::failure::Failure;
use crate::terminal::{Surroundings, Terminal};

/// The commands that speak to a running server.
#[derive(Subcommand)]
enum Command {
    /// Show and change the organization
    Org(org::Arguments),
    /// The people of the organization
    Member(member::Arguments),
    /// Invite people, and handle the invitations that are open
    Invite(invitation::Arguments),
    /// The roles: what they hold, who has them, what happened to them
    Role(role::Arguments),
    /// Teams: who is in them, and what they have
    Team(team::Arguments),
    /// The tool servers that the organization connected
    Integration(integration::Arguments),
    /// Single tools: their class, and switching them off for everyone
    Tool(tool::Arguments),
    /// Give an integration to a member, team, role, key or agent, or take it away
    Grant(grant::Arguments),
    /// Personal, workspace and agents' keys
    Key(key::Arguments),
    /// The AI clients that people have connected by signing in to them
    Client(client::Arguments),
    /// The connections of a company directory, which keeps the members up to date
    Directory(directory::Arguments),
    /// The mail domains by which people find and join the organization
    Domain(domain::Arguments),
    /// AI agents with an identity of their own, and for whom they may act
    Agent(agent::Arguments),
    /// Projects, graders, workflows and whatever else people make and share
    Resource(resource::Arguments),
    /// What holds for all resources of a kind, such as all graders
    Kind(kind::Arguments),
    /// Artifacts in collections
    Collection(collection::Arguments),
    /// Governed objects and fields, and what roles may do with them
    Object(object::Arguments),
    /// Ask whether a call would be allowed; ends with 1 where it would be denied
    Check(check::Arguments),
    /// Say why something would be allowed or denied, now or in the past, and what would change it
    Explain(explain::Explain),
    /// List everybody who may do something
    WhoCan(explain::WhoCan),
    /// Ask for access that was denied, and decide what others ask for
    Request(request::Arguments),
    /// Write the organization out as one YAML file, or its permission model for Cedar
    Export(plan::Export),
    /// Say what a file would change, and change nothing
    Plan(plan::Plan),
    /// Make the organization what a file says, all of it or nothing
    Apply(plan::Apply),
    /// What happened: calls and changes
    Audit(audit::Arguments),
    /// Reports for keeping
    Report(report::Arguments),
    /// Reviews of who has what
    Review(review::Arguments),
    /// Say what is wrong between here and the server, and what deserves a look in the organization
    Doctor(doctor::Arguments),
}

/// The program `wardroom` with the commands of this crate, for the executable to add its own to: either beside them
/// (`.subcommand(...)`) or below one of them (`.mut_subcommand("audit", |audit| audit.subcommand(...))`).
#[must_use]
pub fn command() -> clap::Command {
    Command::augment_subcommands(clap::Command::new("wardroom"))
        .about("The gate between people, AI agents and the tools they use")
        .long_about(None)
        .subcommand_required(true)
        .arg_required_else_help(true)
}

/// Runs the command that `matches`, parsed by [`command`], names: the answer goes to `out`, everything else to `err`.
///
/// Gives 0 where it was done, 1 where the server refused or denied it, 2 where it was asked wrongly, 3 where the
/// server was not reached.
pub fn run(matches: &ArgMatches, out: &mut impl Write, err: &mut impl Write) -> ExitCode {
    let mut surroundings = Surroundings::of_this_process();
    ExitCode::from(run_in(matches, &mut Terminal::new(out, err, &mut surroundings)))
}

/// The same in given surroundings, which is how the tests run it.
fn run_in(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> u8 {
    let done = match Command::from_arg_matches(matches) {
        Ok(command) => dispatch(&command, terminal),
        Err(fault) => Err(Failure::Usage(fault.to_string())),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            let code = failure.exit_code();
            // Nobody is left to tell when the place for errors is closed too.
            let _ = failure.tell(terminal);
            code
        }
    }
}

fn dispatch(command: &Command, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match command {
        Command::Org(arguments) => org::run(arguments, terminal),
        Command::Member(arguments) => member::run(arguments, terminal),
        Command::Invite(arguments) => invitation::run(arguments, terminal),
        Command::Role(arguments) => role::run(arguments, terminal),
        Command::Team(arguments) => team::run(arguments, terminal),
        Command::Integration(arguments) => integration::run(arguments, terminal),
        Command::Tool(arguments) => tool::run(arguments, terminal),
        Command::Grant(arguments) => grant::run(arguments, terminal),
        Command::Key(arguments) => key::run(arguments, terminal),
        Command::Client(asked) => client::run(asked, terminal),
        Command::Directory(arguments) => directory::run(arguments, terminal),
        Command::Domain(arguments) => domain::run(arguments, terminal),
        Command::Agent(arguments) => agent::run(arguments, terminal),
        Command::Resource(arguments) => resource::run(arguments, terminal),
        Command::Kind(arguments) => kind::run(arguments, terminal),
        Command::Collection(arguments) => collection::run(arguments, terminal),
        Command::Object(arguments) => object::run(arguments, terminal),
        Command::Check(arguments) => check::check(arguments, terminal),
        Command::Explain(arguments) => explain::explain(arguments, terminal),
        Command::WhoCan(arguments) => explain::who_can(arguments, terminal),
        Command::Request(arguments) => request::run(arguments, terminal),
        Command::Export(arguments) => plan::export(arguments, terminal),
        Command::Plan(arguments) => plan::plan(arguments, terminal),
        Command::Apply(arguments) => plan::apply(arguments, terminal),
        Command::Audit(arguments) => audit::run(arguments, terminal),
        Command::Report(arguments) => report::run(arguments, terminal),
        Command::Review(arguments) => review::run(arguments, terminal),
        Command::Doctor(arguments) => doctor::run(arguments, terminal),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;
    use crate::fake_server::{FakeServer, outcome, outcome_in, quiet_surroundings};

    #[test]
    fn the_command_line_is_consistent_and_takes_others_beside_and_below_it() {
        let below = |audit: clap::Command| audit.subcommand(clap::Command::new("verify"));
        command().subcommand(clap::Command::new("serve")).mut_subcommand("audit", below).debug_assert();
    }

    #[test]
    fn no_option_takes_a_key_or_a_secret_itself() {
        fn walk(command: &clap::Command, found: &mut Vec<String>) {
            let secret = |name: &&str| ["secret", "token", "password"].contains(name);
            found.extend(
                command.get_arguments().filter_map(|argument| argument.get_long()).filter(secret).map(str::to_owned),
            );
            command.get_subcommands().for_each(|below| walk(below, found));
        }
        let mut found = Vec::new();
        walk(&command(), &mut found);
        assert_eq!(found, Vec::<String>::new());
        // `--key` names a key by its id or makes one with a label; nothing accepts it as the caller's own.
        assert!(command().try_get_matches_from(["wardroom", "member", "list", "--key", "wrp_secret"]).is_err());
    }

    #[test]
    fn options_may_stand_before_and_after_the_verb() {
        for line in [["member", "--org", "north", "--json", "list"], ["member", "list", "--json", "--org", "north"]] {
            let server = FakeServer::answering(vec![(200, json!({"items": [], "next": null}))]);
            let done = outcome(&server, &line);
            assert_eq!((done.code, done.out.as_str()), (0, "{\"items\":[],\"next\":null}\n"), "{line:?} {}", done.err);
        }
    }

    #[test]
    fn a_server_that_is_not_there_ends_with_3() {
        let mut server = FakeServer::answering(vec![]);
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        server.url = format!("http://{free}");
        let done = outcome(&server, &["member", "list", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (3, ""));
        assert!(done.err.starts_with(&format!("not reached: http://{free}: ")), "{}", done.err);
    }

    #[test]
    fn an_answer_that_is_not_wardrooms_ends_with_3_and_no_redirect_is_followed() {
        for answer in [(200, json!("<html>hello</html>")), (502, json!("bad gateway")), (307, json!({}))] {
            let server = FakeServer::answering(vec![answer]);
            let done = outcome(&server, &["member", "list", "--org", "north"]);
            assert_eq!((done.code, server.request_count()), (3, 1), "{}", done.err);
            assert!(done.err.contains("is --url right?"), "{}", done.err);
        }
    }

    #[test]
    fn without_a_key_nothing_is_sent_and_the_remedy_is_named() {
        let server = FakeServer::answering(vec![]);
        let mut surroundings = quiet_surroundings();
        surroundings.environment = Box::new(|_| None);
        let done = outcome_in(&server, &["member", "list"], surroundings);
        assert_eq!((done.code, server.request_count()), (2, 0));
        assert_eq!(done.err, "error: there is no key: set WARDROOM_KEY, or name a file with --key-file\n");
    }

    #[test]
    fn a_key_file_wins_over_the_environment() {
        let server = FakeServer::answering(vec![(200, json!({"items": [], "next": null}))]);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(b"wrp_from_file\n").expect("room for a key");
        let path = file.path().to_str().expect("a path of plain letters").to_owned();
        assert_eq!(outcome(&server, &["member", "list", "--org", "n", "--key-file", &path]).code, 0);
        assert_eq!(server.request(0).header("authorization"), Some("Bearer wrp_from_file"));
    }

    #[test]
    fn a_preview_asks_for_the_impact_and_ends_with_0() {
        let impact = json!({"preview": true, "seq": 41, "summary": ["Fay: loses 41 tools of stripe"]});
        let server = FakeServer::answering(vec![(200, impact)]);
        let done = outcome(&server, &["member", "remove", "fay@example.com", "--preview", "--org", "north"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert!(done.out.contains("Fay: loses 41 tools of stripe") && done.out.contains("--if-at 41"), "{}", done.out);
        assert_eq!(server.request(0).header("wardroom-preview"), Some("true"));
        let server = FakeServer::answering(vec![(200, json!({}))]);
        let line = ["member", "remove", "fay@example.com", "--if-at", "41", "--yes", "--org", "north"];
        assert_eq!(outcome(&server, &line).code, 0);
        assert_eq!(server.request(0).header("if-match"), Some("\"41\""));
    }

    #[test]
    fn a_refusal_is_the_problem_document_where_json_was_asked_for() {
        let problem = json!({"title": "Last owner", "status": 409, "code": "last-owner"});
        let server = FakeServer::answering(vec![(409, problem.clone())]);
        let done = outcome(&server, &["member", "role", "ada@example.com", "member", "--json", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str(), done.err), (1, "", format!("{problem}\n")));
    }
}
