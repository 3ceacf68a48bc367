//! `wardroom resource`: projects, graders, workflows and whatever else people make and share.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::agent::ends_at;
use crate::failure::Failure;
use crate::field::{items, names, text, time};
use crate::server::{Door, Organization};
use crate::table::{Table, facts};
use crate::terminal::Terminal;

/// Requests that handing everything over may take; each moves as many as the server does at once.
const HAND_OVER_REQUESTS_MAX: usize = 2_000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// What you may see
    List(Filter),
    /// Register a resource
    Create {
        /// What it is, such as project, grader or workflow
        kind: String,
        /// Its name
        title: String,
        /// The tier that its use is billed in
        #[arg(long)]
        tier: Option<String>,
        /// Whose it is, by e-mail or id; without it, yours
        #[arg(long, value_name = "MEMBER")]
        owner: Option<String>,
    },
    /// One resource, who has it and what you may do with it
    Show {
        /// The resource's id
        resource: String,
    },
    /// Change its name or tier
    #[command(group(ArgGroup::new("change").required(true).multiple(true).args(["title", "tier"])))]
    Edit {
        /// The resource's id
        resource: String,
        /// Its new name
        #[arg(long)]
        title: Option<String>,
        /// The tier that its use is billed in
        #[arg(long)]
        tier: Option<String>,
    },
    /// Ask whether you may use it; ends with 1 where not
    Use {
        /// The resource's id
        resource: String,
    },
    /// Share it with a member or an agent, or in another measure
    Share {
        /// The resource's id
        resource: String,
        /// With whom: a member by e-mail or id, an agent by id
        with: String,
        /// view, use or edit; each holds those before it
        #[arg(long, default_value = "view", value_parser = ["view", "use", "edit"])]
        level: String,
        /// When it ends: 2026-12-31, 2026-12-31T18:00:00Z, or a length such as 6w, 30d, 12h
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Share it with somebody no longer
    Unshare {
        /// The resource's id
        resource: String,
        /// With whom: a member by e-mail or id, an agent by id
        with: String,
    },
    /// Give it to a team
    Assign {
        /// The resource's id
        resource: String,
        /// The team, by id or name
        team: String,
    },
    /// Take it from a team
    Unassign {
        /// The resource's id
        resource: String,
        /// The team, by id or name
        team: String,
    },
    /// Give it to another owner
    HandOver {
        /// The resource's id
        resource: String,
        /// The new owner, by e-mail or id
        to: String,
    },
    /// Give everything that somebody has, or had made before they were removed, to another owner
    HandOverAll {
        /// From whom, by e-mail or id
        from: String,
        /// The new owner, by e-mail or id
        to: String,
    },
    /// Delete it, so that it can be restored
    Delete {
        /// The resource's id
        resource: String,
    },
    /// Bring a deleted resource back
    Restore {
        /// The resource's id
        resource: String,
    },
    /// End a deleted resource for good
    Destroy {
        /// The resource's id
        resource: String,
    },
}

#[derive(Args)]
struct Filter {
    /// Only of this kind, such as project, grader or workflow
    #[arg(long)]
    kind: Option<String>,
    /// Only this member's, by e-mail or id; `me` for yours, `none` for those whose owner left
    #[arg(long, value_name = "MEMBER")]
    owner: Option<String>,
    /// Only those that this team has, by id
    #[arg(long)]
    team: Option<String>,
    /// Deleted ones instead of those in use
    #[arg(long)]
    deleted: bool,
}

impl Filter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        query.extend(self.kind.clone().map(|kind| ("kind", kind)));
        query.extend(self.owner.clone().map(|owner| ("owner", owner)));
        query.extend(self.team.clone().map(|team| ("team", team)));
        query.extend(self.deleted.then(|| ("deleted", "true".to_owned())));
        query
    }
}

fn body<const FIELDS: usize>(fields: [(&str, Option<&String>); FIELDS]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    Value::Object(given.collect::<Map<_, _>>())
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = arguments.door.organization(terminal)?;
    match &arguments.verb {
        Verb::List(filter) => terminal.answer(&org.list(&["resources"], &filter.query())?, lay_out_list),
        Verb::Create { kind, title, tier, owner } => {
            let new = body([
                ("kind", Some(kind)),
                ("title", Some(title)),
                ("tier", tier.as_ref()),
                ("owner", owner.as_ref()),
            ]);
            let made = org.post(&["resources"], &new)?;
            terminal.answer(&made, |made| {
                format!("made the {} {} ({})\n", text(made, "/kind"), text(made, "/title"), text(made, "/id"))
            })
        }
        Verb::Show { resource } => terminal.answer(&org.get(&["resources", resource], &[])?, lay_out),
        Verb::Edit { resource, title, tier } => {
            let edit = body([("title", title.as_ref()), ("tier", tier.as_ref())]);
            terminal.answer(&org.patch(&["resources", resource], &edit)?, lay_out)
        }
        Verb::Use { resource } => {
            let found = org.post(&["resources", resource, "use"], &json!({}))?;
            terminal.answer(&found, |found| format!("allowed: {}\n", text(found, "/because")))
        }
        Verb::HandOverAll { from, to } => hand_over_all((from, to), &org, terminal),
        verb @ (Verb::Share { .. }
        | Verb::Unshare { .. }
        | Verb::Assign { .. }
        | Verb::Unassign { .. }
        | Verb::HandOver { .. }) => give(verb, &org, terminal),
        verb @ (Verb::Delete { .. } | Verb::Restore { .. } | Verb::Destroy { .. }) => end(verb, &org, terminal),
    }
}

/// Who has it.
fn give(verb: &Verb, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match verb {
        Verb::Share { resource, with, level, until } => {
            let mut terms = Map::from_iter([("level".to_owned(), json!(level))]);
            terms.extend(ends_at(until.as_deref(), terminal)?);
            let shared = org.put(&["resources", resource, "shares", with], &Value::Object(terms))?;
            terminal.answer(&shared, |shared| format!("{with} may {level} {}\n", text(shared, "/title")))
        }
        Verb::Unshare { resource, with } => {
            let ended = org.delete(&["resources", resource, "shares", with])?;
            terminal.answer(&ended, |_| format!("{resource} is no longer shared with {with}\n"))
        }
        Verb::Assign { resource, team } => {
            let given = org.put(&["resources", resource, "teams", team], &json!({}))?;
            terminal.answer(&given, |_| format!("{team} has {resource}\n"))
        }
        Verb::Unassign { resource, team } => {
            let ended = org.delete(&["resources", resource, "teams", team])?;
            terminal.answer(&ended, |_| format!("{team} no longer has {resource}\n"))
        }
        Verb::HandOver { resource, to } => {
            let moved = org.post(&["resources", resource, "hand-over"], &json!({ "to": to }))?;
            terminal.answer(&moved, |moved| format!("{} belongs to {to}\n", text(moved, "/title")))
        }
        _ => Ok(()),
    }
}

/// Its end, and its return.
fn end(verb: &Verb, org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match verb {
        Verb::Delete { resource } => {
            let ended = org.delete(&["resources", resource])?;
            let told = format!("deleted {resource}; bring it back with `wardroom resource restore {resource}`\n");
            terminal.answer(&ended, |_| told)
        }
        Verb::Restore { resource } => {
            let back = org.post(&["resources", resource, "restore"], &json!({}))?;
            terminal.answer(&back, |back| format!("{} is back\n", text(back, "/title")))
        }
        Verb::Destroy { resource } => {
            terminal.confirm(&format!("destroy {resource}? It cannot be brought back."))?;
            let ended = org.post(&["resources", resource, "destroy"], &json!({}))?;
            terminal.answer(&ended, |_| format!("destroyed {resource}\n"))
        }
        _ => Ok(()),
    }
}

fn hand_over_all((from, to): (&str, &str), org: &Organization, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    terminal.confirm(&format!("give everything of {from} to {to}?"))?;
    let (mut moved, mut last) = (0, Value::Null);
    for _ in 0..HAND_OVER_REQUESTS_MAX {
        last = org.post(&["members", from, "hand-over"], &json!({ "to": to }))?;
        moved += last.pointer("/handed_over").and_then(Value::as_u64).unwrap_or_default();
        if last.pointer("/more").and_then(Value::as_bool) != Some(true) {
            break;
        }
    }
    if let Some(count) = last.pointer_mut("/handed_over") {
        *count = json!(moved);
    }
    terminal.answer(&last, |done| {
        let mut told = format!("{to} has {moved} more\n");
        if done.pointer("/denied").and_then(Value::as_u64).is_some_and(|denied| denied > 0) {
            told.push_str(&format!("  you may not hand over {} others\n", text(done, "/denied")));
        }
        told
    })
}

pub(crate) fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["ID", "KIND", "TITLE", "OWNER", "TEAMS", "YOU MAY"]);
    for resource in items(found) {
        let teams = names(resource, "/teams");
        table.row([
            text(resource, "/id"),
            text(resource, "/kind"),
            text(resource, "/title"),
            text(resource, "/owner/name"),
            if teams.is_empty() { "-".to_owned() } else { teams },
            names(resource, "/may"),
        ]);
    }
    table.to_string()
}

fn lay_out(resource: &Value) -> String {
    let mut told = facts(&[
        ("title", text(resource, "/title")),
        ("kind", text(resource, "/kind")),
        ("tier", text(resource, "/tier")),
        ("owner", text(resource, "/owner/name")),
        ("made by", text(resource, "/created_by/name")),
        ("made", time(resource, "/created_at")),
        ("deleted", time(resource, "/deleted_at")),
        ("teams", names(resource, "/teams")),
        ("you may", names(resource, "/may")),
        ("id", text(resource, "/id")),
    ]);
    let shares = resource.pointer("/shares").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !shares.is_empty() {
        let mut table = Table::new(&["SHARED WITH", "TO", "UNTIL"]);
        for share in shares {
            table.row([text(share, "/name"), text(share, "/level"), time(share, "/expires_at")]);
        }
        told.push_str(&format!("\n{table}"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn a_list_sends_its_filters_and_shows_what_one_may() {
        let grader = json!({"id": "res_1", "kind": "grader", "title": "Essays", "may": ["view", "use"],
            "owner": {"name": "Ada"}, "teams": [{"id": "tea_1", "name": "North"}]});
        let server = FakeServer::answering(vec![(200, json!({"items": [grader], "next": null}))]);
        let line = ["resource", "list", "--kind", "grader", "--owner", "none", "--deleted", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!(done.code, 0, "{}", done.err);
        let path = server.request(0).path;
        assert!(path.contains("kind=grader&owner=none&deleted=true"), "{path}");
        assert!(done.out.contains("res_1  grader  Essays  Ada    North  view, use\n"), "{}", done.out);
    }

    #[test]
    fn a_resource_is_shared_in_a_measure_and_until_a_day() {
        let server = FakeServer::answering(vec![(200, json!({"title": "Essays"}))]);
        let line = ["resource", "share", "res_1", "fay@example.com", "--level", "edit", "--until", "2026-12-31"];
        let done = outcome(&server, &[&line[..], &["--org", "north"]].concat());
        assert_eq!((done.code, done.out.as_str()), (0, "fay@example.com may edit Essays\n"), "{}", done.err);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/resources/res_1/shares/fay%40example.com");
        assert_eq!(server.request(0).json(), json!({"level": "edit", "expires_at": "2026-12-31T23:59:59Z"}));
    }

    #[test]
    fn handing_everything_over_goes_on_while_there_is_more() {
        let some = |count: u64, more: bool| (200, json!({"handed_over": count, "denied": 0, "more": more}));
        let server = FakeServer::answering(vec![some(500, true), some(7, false)]);
        let line = ["resource", "hand-over-all", "fay@example.com", "ada@example.com", "--yes", "--org", "north"];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.out.as_str()), (0, "ada@example.com has 507 more\n"), "{}", done.err);
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/members/fay%40example.com/hand-over");
    }

    #[test]
    fn a_use_that_is_denied_ends_with_one() {
        let server = FakeServer::answering(vec![(403, json!({"title": "Denied", "detail": "your role does not"}))]);
        let done = outcome(&server, &["resource", "use", "res_1", "--org", "north"]);
        assert_eq!(done.code, 1, "{}", done.out);
    }
}
