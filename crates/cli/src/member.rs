//! `wardroom member`: the people of the organization, named by e-mail or id.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::agent::ends_at;
use crate::failure::Failure;
use crate::field::{items, names, text, text_if_any, time};
use crate::key::lay_out_secret;
use crate::server::{Door, Organization};
use crate::session::{OfMember, of_member};
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
    /// Everyone who is a member, unless said otherwise
    List {
        /// present (active and suspended), active, suspended, removed, all of these; or those who are no members yet:
        /// invited or expired
        #[arg(long, default_value = "present", value_parser = ["present", "active", "suspended", "removed", "all", "invited", "expired"])]
        status: String,
    },
    /// Add a person, who can use nothing until something is granted
    Add(Addition),
    /// One person
    Show {
        /// E-mail or id
        member: String,
    },
    /// Give a person another role
    Role {
        /// E-mail or id
        member: String,
        /// The role's id, as `wardroom role list` shows it
        role: String,
    },
    /// Change a person's name or seat; everybody may change their own name
    Edit {
        /// E-mail or id
        member: String,
        /// The new name
        #[arg(long, required_unless_present_any = ["seat", "no_seat"])]
        name: Option<String>,
        /// The kind of seat that they take
        #[arg(long, conflicts_with = "no_seat")]
        seat: Option<String>,
        /// They take no seat in particular
        #[arg(long)]
        no_seat: bool,
    },
    /// Give a person a role beside their own, where the organization has such (roles.extra_bindings)
    AddRole {
        /// E-mail or id
        member: String,
        /// The role's id
        role: String,
        /// When it ends by itself: 2026-12-31, 30d, 12h
        #[arg(long, value_name = "WHEN")]
        until: Option<String>,
    },
    /// Take a role from a person that they have beside their own
    DropRole {
        /// E-mail or id
        member: String,
        /// The role's id
        role: String,
    },
    /// The sessions in which a person comes here, and their end here
    Sessions(OfMember),
    /// Suspend a person: nothing of theirs works from then on, and nothing is lost
    Suspend {
        /// E-mail or id
        member: String,
    },
    /// Restore a suspended person with everything that they have
    Restore {
        /// E-mail or id
        member: String,
    },
    /// Remove a person: their keys end at once, their history stays
    Remove {
        /// E-mail or id
        member: String,
        /// Who owns then what they owned, and answers for their agents: e-mail or id
        #[arg(long, value_name = "MEMBER")]
        hand_over_to: Option<String>,
        /// A key that gets a new secret with it, shown once; give it once for each
        #[arg(long, value_name = "KEY")]
        regenerate: Vec<String>,
    },
    /// What removing a person would come to: what ends, what somebody has to take over, which secrets they may keep
    Consequences {
        /// E-mail or id
        member: String,
    },
    /// What a person can use and manage, and by what
    Access {
        /// E-mail or id
        member: String,
        /// As it was at this time (2026-05-01T00:00:00Z), or after the change of this number
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}

#[derive(Args)]
struct Addition {
    /// The person's e-mail address
    email: String,
    /// The person's name
    #[arg(long)]
    name: String,
    /// The role; without it the organization's default
    #[arg(long)]
    role: Option<String>,
    /// Issue a first personal key with this label; its secret is shown once
    #[arg(long, value_name = "LABEL")]
    key: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List { status } => {
            let found = org.list(&["members"], &[("status", status.clone())])?;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Add(addition) => add(addition, &org, terminal),
        Verb::Show { member } => {
            let found = org.get(&["members", member], &[])?;
            terminal.answer(&found, lay_out)
        }
        Verb::Role { member, role } => {
            let changed = org.patch(&["members", member], &json!({"role": role}))?;
            terminal.answer(&changed, |member| {
                let is = format!("{} is now {}\n", text(member, "/name"), text(member, "/role"));
                is + &lay_out_ended_keys(member) + &lay_out_known_keys(member)
            })
        }
        Verb::Edit { member, name, seat, no_seat } => {
            let mut body = Map::new();
            body.extend(name.as_ref().map(|name| ("name".to_owned(), json!(name))));
            body.extend(seat.as_ref().map(|seat| ("seat".to_owned(), json!(seat))));
            body.extend(no_seat.then(|| ("seat".to_owned(), Value::Null)));
            terminal.answer(&org.patch(&["members", member], &Value::Object(body))?, lay_out)
        }
        Verb::AddRole { member, role, until } => {
            let body = Value::Object(ends_at(until.as_deref(), terminal)?.into_iter().collect());
            let changed = org.put(&["members", member, "roles", role], &body)?;
            terminal.answer(&changed, |member| {
                let (name, role) = (text(member, "/name"), text(member, "/role"));
                let is = format!("{name} is {role} and also {}\n", beside(member));
                is + &lay_out_ended_keys(member) + &lay_out_known_keys(member)
            })
        }
        Verb::DropRole { member, role } => {
            let gone = org.delete(&["members", member, "roles", role])?;
            terminal.answer(&gone, |left| {
                format!("{} is no longer {role}\n{}", text(left, "/name"), lay_out_known_keys(left))
            })
        }
        Verb::Sessions(asked) => of_member(asked, &org, terminal),
        Verb::Suspend { member } => suspend(member, &org, terminal),
        Verb::Restore { member } => {
            let restored = org.post(&["members", member, "restore"], &json!({}))?;
            terminal.answer(&restored, |restored| {
                format!("{} is {} again\n", text(restored, "/name"), text(restored, "/role"))
            })
        }
        Verb::Remove { member, hand_over_to, regenerate } => {
            remove(member, (hand_over_to.as_deref(), regenerate), &org, terminal)
        }
        Verb::Consequences { member } => {
            terminal.answer(&org.get(&["members", member, "consequences"], &[])?, lay_out_consequences)
        }
        Verb::Access { member, at } => show_access(&["members", member, "access"], at.as_ref(), &org, terminal),
    }
}

/// The keys that ended because somebody was given more than whoever issued them could have given.
fn lay_out_ended_keys(member: &Value) -> String {
    match member.pointer("/keys_ended").and_then(Value::as_u64) {
        Some(keys) if keys > 0 => {
            format!("  keys ended, since whoever issued them could not have given this role: {keys}\n")
        }
        _ => String::new(),
    }
}

/// The roles that somebody has beside their own, each with its end.
fn beside(member: &Value) -> String {
    let roles = member.pointer("/extra_roles").and_then(Value::as_array).into_iter().flatten();
    let role = |role: &Value| {
        let end = text_if_any(role, "/expires_at")
            .map_or_else(String::new, |_| format!(" until {}", time(role, "/expires_at")));
        let idle = if role["counts"] == false { " (does not count)" } else { "" };
        format!("{}{end}{idle}", text(role, "/role"))
    };
    let roles: Vec<String> = roles.map(role).collect();
    if roles.is_empty() { "-".to_owned() } else { roles.join(", ") }
}

fn add(addition: &Addition, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut body = Map::new();
    body.insert("email".to_owned(), json!(addition.email));
    body.insert("name".to_owned(), json!(addition.name));
    if let Some(role) = &addition.role {
        body.insert("role".to_owned(), json!(role));
    }
    // Read first: once the secret is there, nothing may fail before it is shown.
    let mut mcp_url = None;
    if let Some(label) = &addition.key {
        body.insert("issue_key".to_owned(), json!({"label": label}));
        mcp_url = text_if_any(&org.get(&[], &[])?, "/mcp_url");
    }
    let added = org.post(&["members"], &Value::Object(body))?;
    terminal.answer(&added, |member| {
        let mut told = format!("added {} as {}\n", text(member, "/name"), text(member, "/role"));
        if let Some(secret) = text_if_any(member, "/key/secret") {
            told.push_str(&lay_out_secret(&secret, mcp_url.as_deref()));
        }
        told
    })
}

fn suspend(member: &str, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if !terminal.yes {
        let found = org.get(&["members", member], &[])?;
        let who = format!("{} ({}, {})", text(&found, "/name"), text(&found, "/email"), text(&found, "/role"));
        let what = "Their keys and agents stand still at once, until you restore them.";
        terminal.confirm(&format!("suspend {who} in {}? {what}", org.slug()))?;
    }
    let suspended = org.post(&["members", member, "suspend"], &json!({}))?;
    terminal.answer(&suspended, |suspended| {
        format!(
            "suspended {}: their keys and agents stand still, and nothing of theirs is lost\n  restore them with \
             `wardroom member restore {}`\n",
            text(suspended, "/name"),
            text(suspended, "/email")
        )
    })
}

fn remove(
    member: &str,
    (hand_over_to, regenerate): (Option<&str>, &[String]),
    org: &Organization,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if !terminal.yes {
        let found = org.get(&["members", member, "consequences"], &[])?;
        let told = lay_out_consequences(&found);
        let question = format!("{told}remove them from {}? It happens at once; their history stays.", org.slug());
        terminal.confirm(&question)?;
    }
    let mut query = Vec::new();
    query.extend(hand_over_to.map(|heir| ("hand_over_to", heir.to_owned())));
    if !regenerate.is_empty() {
        query.push(("regenerate", regenerate.join(",")));
    }
    let removed = org.delete_with(&["members", member], &query)?;
    terminal.answer(&removed, |removed| {
        let mut told = format!("removed {}\n", text(removed, "/removed/name"));
        told.push_str(&format!("  keys ended: {}\n", text(removed, "/ended/keys")));
        told.push_str(&format!("  integrations taken away: {}\n", text(removed, "/ended/integrations")));
        if hand_over_to.is_some() {
            let handed = |what: &str| text(removed, &format!("/handed_over/{what}"));
            told.push_str(&format!("  handed over: {} resources, {} agents\n", handed("resources"), handed("agents")));
            if removed.pointer("/handed_over/denied").and_then(Value::as_u64).is_some_and(|denied| denied > 0) {
                told.push_str(&format!(
                    "  left without an owner, since you may not hand them over: {}\n",
                    handed("denied")
                ));
            }
        }
        for key in removed.pointer("/regenerated").and_then(Value::as_array).into_iter().flatten() {
            told.push_str(&format!("  the new secret of {}: {}\n", text(key, "/id"), text(key, "/secret")));
        }
        told.push_str(&lay_out_known_keys(removed));
        for key in removed.pointer("/personal_keys_to_rotate").and_then(Value::as_array).into_iter().flatten() {
            let holder = text(key, "/holder");
            told.push_str(&format!("  they may know a key of {holder}, having issued it: ask {holder} to change it\n"));
        }
        told
    })
}

/// What a removal would come to, a line for everything that there is.
fn lay_out_consequences(told: &Value) -> String {
    let (name, email, role) = (text(told, "/member/name"), text(told, "/member/email"), text(told, "/member/role"));
    let mut out = format!("{name} ({email}, {role})\n");
    if let Some(obstacle) = text_if_any(told, "/obstacle/detail") {
        out.push_str(&format!("  cannot be removed: {obstacle}\n"));
    }
    let count = |place: &str| told.pointer(place).and_then(Value::as_u64).filter(|count| *count > 0);
    for (place, what) in [
        ("/ends/keys", "personal keys"),
        ("/ends/sessions", "sessions"),
        ("/ends/clients", "connected AI clients"),
        ("/ends/accounts", "accounts at integrations' servers"),
        ("/ends/open_calls", "calls and streams that run now"),
        ("/ends/integrations", "integrations assigned"),
        ("/ends/delegations", "agents that act for them"),
        ("/ends/requests", "access requests that wait"),
    ] {
        out.extend(count(place).map(|count| format!("  ends: {count} {what}\n")));
    }
    for (place, what) in [
        ("resources", "resources without an owner"),
        ("agents", "agents for which nobody answers"),
        ("teams", "teams without a leader"),
    ] {
        if let Some(count) = count(&format!("/leaves/{place}/count")) {
            let first = told.pointer(&format!("/leaves/{place}/first")).and_then(Value::as_array).into_iter().flatten();
            let first: Vec<String> = first.take(5).map(|thing| text(thing, "/title")).collect();
            let dots = if (first.len() as u64) < count { ", …" } else { "" };
            out.push_str(&format!("  leaves: {count} {what}: {}{dots}\n", first.join(", ")));
        }
    }
    for key in told.pointer("/keys_to_regenerate").and_then(Value::as_array).into_iter().flatten() {
        let why = if key["used_by_them_alone"] == true { "seems used by them alone" } else { "had its secret issued" };
        let (label, id) = (text(key, "/label"), text(key, "/id"));
        out.push_str(&format!(
            "  may keep the secret of \"{label}\" ({why}): give it a new one with --regenerate {id}\n"
        ));
    }
    for key in told.pointer("/personal_keys_to_rotate").and_then(Value::as_array).into_iter().flatten() {
        out.push_str(&format!("  may know a key of {}, having issued it\n", text(key, "/holder")));
    }
    out
}

/// Keys of programs that somebody may still know.
fn lay_out_known_keys(told: &Value) -> String {
    let mut out = String::new();
    for (place, what) in [("/workspace_keys_to_rotate", "workspace key"), ("/agent_keys_to_rotate", "agent's key")] {
        for key in told.pointer(place).and_then(Value::as_array).into_iter().flatten() {
            let (label, id) = (text(key, "/label"), text(key, "/id"));
            out.push_str(&format!(
                "  they may still know the {what} \"{label}\": change it with `wardroom key rotate {id}`\n"
            ));
        }
    }
    out
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["E-MAIL", "NAME", "ROLE", "STATUS", "JOINED", "ID"]);
    for member in items(found) {
        table.row([
            text(member, "/email"),
            text(member, "/name"),
            text(member, "/role"),
            text(member, "/status"),
            time(member, "/joined_at"),
            text(member, "/id"),
        ]);
    }
    table.to_string()
}

fn lay_out(member: &Value) -> String {
    facts(&[
        ("name", text(member, "/name")),
        ("e-mail", text(member, "/email")),
        ("seat", text(member, "/seat")),
        ("role", text(member, "/role")),
        ("also", beside(member)),
        ("status", text(member, "/status")),
        ("joined", time(member, "/joined_at")),
        ("removed", time(member, "/removed_at")),
        ("id", text(member, "/id")),
    ])
}

/// Tells what somebody, an agent or a key can do, now or at a past moment.
pub(crate) fn show_access(
    path: &[&str],
    at: Option<&String>,
    org: &Organization,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let query: Vec<_> = at.iter().map(|at| ("at", (*at).clone())).collect();
    terminal.answer(&org.get(path, &query)?, lay_out_access)
}

fn lay_out_access(access: &Value) -> String {
    let mut table = Table::new(&["INTEGRATION", "PROFILE", "BY", "TOOLS", "UNTIL", "SWITCHED OFF"]);
    for grant in access.pointer("/integrations").and_then(Value::as_array).into_iter().flatten() {
        table.row(access_row(grant));
    }
    let mut role = text_if_any(access, "/role").map_or_else(String::new, |role| format!("role: {role}\n"));
    for extra in access.pointer("/extra_roles").and_then(Value::as_array).into_iter().flatten() {
        let end = text_if_any(extra, "/expires_at")
            .map_or_else(String::new, |_| format!(" until {}", time(extra, "/expires_at")));
        role.push_str(&format!("also: {}{end}, which holds {}\n", text(extra, "/role"), names(extra, "/permissions")));
    }
    let permissions = names(access, "/permissions");
    let permissions = if permissions.is_empty() { "none".to_owned() } else { permissions };
    format!("{table}\n{role}may manage: {permissions}\n")
}

/// What somebody can do with one integration, as one row.
pub(crate) fn access_row(grant: &Value) -> [String; 6] {
    let off = names(grant, "/tools_off");
    let given = grant.pointer("/given").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let by = |one: &Value| match text_if_any(one, "/team") {
        Some(team) => format!("team {team}"),
        None => text(one, "/via").replace("own", "grant"),
    };
    let by: Vec<String> = given.iter().map(by).collect();
    [
        text(grant, "/slug"),
        text(grant, "/profile"),
        if by.is_empty() { text(grant, "/basis") } else { by.join(", ") },
        format!("{} of {}", text(grant, "/tools/callable"), text(grant, "/tools/total")),
        time(grant, "/expires_at"),
        if off.is_empty() { "-".to_owned() } else { off },
    ]
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::fake_server::{FakeServer, outcome, outcome_in, quiet_surroundings};

    fn ada() -> Value {
        json!({"id": "mem_1", "email": "ada@example.com", "name": "Ada Example", "role": "owner", "status": "active",
            "joined_at": "2026-11-22T09:30:00.25Z", "removed_at": null})
    }

    #[test]
    fn a_list_follows_the_cursor_to_its_end_and_is_aligned() {
        let first = json!({"items": [ada()], "next": "c/1"});
        let second = json!({"items": [{"email": "b@example.com", "name": "Bo", "role": "member"}], "next": null});
        let server = FakeServer::answering(vec![(200, first), (200, second)]);
        let done = outcome(&server, &["member", "list", "--org", "north"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/members?status=present&limit=200");
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/members?status=present&limit=200&cursor=c%2F1");
        assert_eq!(server.request(0).header("authorization"), Some("Bearer wrp_secret"));
        assert_eq!(
            done.out,
            "E-MAIL           NAME         ROLE    STATUS  JOINED                ID\n\
             ada@example.com  Ada Example  owner   active  2026-11-22T09:30:00Z  mem_1\n\
             b@example.com    Bo           member  -       -                     -\n"
        );
    }

    #[test]
    fn a_role_beside_ones_own_is_given_until_an_end_and_taken() {
        let mut changed = ada();
        changed["extra_roles"] = json!([{"role": "auditor", "expires_at": "2027-01-03T12:00:00Z", "counts": true}]);
        let (mut with_keys, mut left) = (changed.clone(), ada());
        with_keys["keys_ended"] = json!(2);
        left["workspace_keys_to_rotate"] = json!([{"id": "key_9", "label": "Bot"}]);
        let server = FakeServer::answering(vec![(200, changed), (200, with_keys), (200, left)]);
        let line =
            ["member", "add-role", "ada@example.com", "auditor", "--until", "2027-01-03T12:00:00Z", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!(done.out, "Ada Example is owner and also auditor until 2027-01-03T12:00:00Z\n", "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/members/ada%40example.com/roles/auditor");
        assert_eq!(server.request(0).json(), json!({"expires_at": "2027-01-03T12:00:00Z"}));
        let done = outcome(&server, &line);
        assert!(done.out.ends_with("could not have given this role: 2\n"), "as where it is one's own: {}", done.out);
        let done = outcome(&server, &["member", "drop-role", "ada@example.com", "auditor", "--org", "north"]);
        assert_eq!((done.code, server.request(2).method.as_str()), (0, "DELETE"), "{}", done.err);
        assert!(done.out.starts_with("Ada Example is no longer auditor\n"), "{}", done.out);
        assert!(done.out.contains("wardroom key rotate key_9"), "{}", done.out);
    }

    #[test]
    fn json_is_the_servers_own() {
        let server = FakeServer::answering(vec![(200, ada())]);
        let done = outcome(&server, &["member", "show", "ada@example.com", "--json", "--org", "north"]);
        assert_eq!((done.code, done.out), (0, format!("{}\n", ada())));
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/members/ada%40example.com");
    }

    #[test]
    fn a_first_key_is_shown_once_with_the_line_to_paste() {
        let mut added = ada();
        added["key"] = json!({"id": "key_1", "secret": "wrp_abc"});
        let server = FakeServer::answering(vec![(200, json!({"mcp_url": "http://h/o/north/mcp"})), (201, added)]);
        let line = ["member", "add", "ada@example.com", "--name", "Ada Example", "--key", "laptop", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        let expected = json!({"email": "ada@example.com", "name": "Ada Example", "issue_key": {"label": "laptop"}});
        assert_eq!(server.request(1).json(), expected);
        assert!(done.out.contains("http://h/o/north/mcp --header \"Authorization: Bearer wrp_abc\""), "{}", done.out);
    }

    #[test]
    fn a_name_and_a_seat_are_changed_and_a_seat_is_given_up() {
        let mut bo = ada();
        bo["seat"] = json!("light");
        let server = FakeServer::answering(vec![(200, bo), (200, ada())]);
        let line = ["member", "edit", "ada@example.com", "--name", "Ada E.", "--seat", "light", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, server.request(0).json()), (0, json!({"name": "Ada E.", "seat": "light"})));
        assert!(done.out.contains("seat     light\n"), "{}", done.out);
        let done = outcome(&server, &["member", "edit", "mem_1", "--no-seat", "--org", "north"]);
        assert_eq!((done.code, server.request(1).json()), (0, json!({"seat": null})), "{}", done.err);
        assert!(crate::command().try_get_matches_from(["wardroom", "member", "edit", "mem_1"]).is_err());
    }

    #[test]
    fn removing_asks_first_and_a_no_removes_nothing() {
        let told = json!({"member": ada(), "obstacle": null, "ends": {"keys": 2, "sessions": 0},
            "leaves": {"agents": {"count": 3, "first": [{"id": "agt_1", "title": "Scout"}]}, "teams": {"count": 0, "first": []}},
            "keys_to_regenerate": [{"id": "key_9", "label": "Bot", "issued_by_them": false, "used_by_them_alone": true}]});
        let server = FakeServer::answering(vec![(200, told)]);
        let mut surroundings = quiet_surroundings();
        surroundings.is_interactive = true;
        surroundings.input = Box::new(Cursor::new(b"n\n".to_vec()));
        let done = outcome_in(&server, &["member", "remove", "mem_1", "--org", "north"], surroundings);
        assert_eq!((done.code, server.request_count()), (2, 1));
        assert!(done.err.contains("Ada Example (ada@example.com, owner)\n  ends: 2 personal keys\n"), "{}", done.err);
        assert!(done.err.contains("leaves: 3 agents for which nobody answers: Scout, …\n"), "{}", done.err);
        assert!(
            done.err.contains("(seems used by them alone): give it a new one with --regenerate key_9\n"),
            "{}",
            done.err
        );
        assert!(done.err.contains("remove them from north?"), "{}", done.err);
    }

    #[test]
    fn removing_says_what_ended_and_which_shared_keys_to_change() {
        let removed = json!({"removed": ada(), "ended": {"keys": 2, "integrations": 3},
            "workspace_keys_to_rotate": [{"id": "key_9", "label": "Bot"}],
            "personal_keys_to_rotate": [{"id": "key_8", "holder": "Ben Example"}]});
        let server = FakeServer::answering(vec![(200, removed)]);
        let done = outcome(&server, &["member", "remove", "mem_1", "--yes", "--org", "north"]);
        assert_eq!((done.code, server.request(0).method.as_str()), (0, "DELETE"));
        assert!(done.out.contains("keys ended: 2\n") && done.out.contains("wardroom key rotate key_9"), "{}", done.out);
        assert!(done.out.contains("ask Ben Example to change it"), "{}", done.out);
    }

    #[test]
    fn a_denial_is_told_on_stderr_and_ends_with_1() {
        let problem = json!({"title": "Denied", "status": 403, "detail": "only owners may promote", "field": "role",
            "ask": ["Ada Example"]});
        let server = FakeServer::answering(vec![(403, problem)]);
        let done = outcome(&server, &["member", "role", "b@example.com", "admin", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (1, ""));
        assert_eq!(done.err, "denied: only owners may promote\n  field: role\n  who can help: Ada Example\n");
    }
}
