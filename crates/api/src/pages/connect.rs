//! The page on which somebody sees how to connect their AI client to an organization, and what it may use then.
//!
//! It can be read and used without a script; with one, what is to be pasted is copied by a button.

use app::App;
use app::clients::{OwnAccount, UsableIntegration, UsableTool};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::integration::ToolClass;

use super::Refused;
use super::client_lines::{ClientLines, client_lines};
use super::resident::Resident;

/// Letters of what an upstream says of a tool that are shown.
const SAYS_MAX: usize = 140;

#[derive(Template)]
#[template(path = "connect.html")]
struct ConnectPage<'p> {
    organization: &'p str,
    /// The address to paste.
    url: &'p str,
    clients: Vec<ClientLines>,
    integrations: Vec<Shown>,
}

/// An integration in words.
struct Shown {
    title: String,
    purpose: String,
    /// What they may do with it, as a sentence.
    may: String,
    /// Where their own account there is connected, and in words whether it is.
    account: Option<(String, &'static str)>,
    /// Whether anything of it can be used at this moment.
    ready: bool,
    /// The address to paste for this one alone.
    url: String,
    groups: Vec<Group>,
    /// How many tools nobody has decided about yet.
    undecided: usize,
}

/// The tools of an integration that do the same to the world.
struct Group {
    title: &'static str,
    tools: Vec<Tool>,
}

struct Tool {
    name: String,
    says: String,
    is_undecided: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    resident: Resident,
    Path(org): Path<String>,
) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = &resident;
    let caller = app.caller_in(signed_in, &org).await?;
    let guide = app.connect_guide(&caller).await?;
    let public_url = asked.public_url.0.as_ref();
    let url = format!("{public_url}{}", guide.path);
    let clients = client_lines(&guide.slug, &url);
    let integrations =
        guide.integrations.into_iter().map(|integration| shown((public_url, &guide.slug), integration)).collect();
    let page = ConnectPage { organization: &guide.organization, url: &url, clients, integrations };
    Ok(asked.page_with_script(&page))
}

fn shown((public_url, org): (&str, &str), integration: UsableIntegration) -> Shown {
    let may = match &integration {
        integration if integration.paused => "Nobody can use it now: it is paused for everyone.".to_owned(),
        integration if integration.tools.is_empty() => {
            "Nothing of it is ready for you now; ask somebody who manages integrations.".to_owned()
        }
        integration => may(&integration.tools),
    };
    let of = |class: fn(ToolClass) -> bool| {
        let tools = integration.tools.iter().filter(move |tool| class(tool.class));
        tools.map(told).collect::<Vec<Tool>>()
    };
    let groups = [("Read", of(reads)), ("Change", of(changes)), ("Delete", of(deletes))];
    let groups = groups.into_iter().filter(|(_, tools)| !tools.is_empty());
    let account = integration.account.map(|account| {
        let how = match account {
            OwnAccount::Missing => "which is not connected yet: connect it",
            OwnAccount::Connected => "which is connected",
            OwnAccount::Ended => "whose connection has ended: connect it anew",
        };
        (format!("/connect/{org}/{}", integration.slug), how)
    });
    Shown {
        may,
        account,
        ready: !integration.tools.is_empty(),
        url: format!("{public_url}{}", integration.path),
        groups: groups.map(|(title, tools)| Group { title, tools }).collect(),
        undecided: integration.tools.iter().filter(|tool| tool.class == ToolClass::Unclassified).count(),
        title: integration.title,
        purpose: integration.purpose,
    }
}

fn reads(class: ToolClass) -> bool {
    class == ToolClass::Read
}

fn changes(class: ToolClass) -> bool {
    class == ToolClass::Write
}

/// What nobody has decided about counts as deleting.
fn deletes(class: ToolClass) -> bool {
    matches!(class, ToolClass::Delete | ToolClass::Unclassified)
}

/// What somebody may do who may call these tools.
fn may(tools: &[UsableTool]) -> String {
    let has = |class: fn(ToolClass) -> bool| tools.iter().any(|tool| class(tool.class));
    let (reads, changes, deletes) = (has(reads), has(changes), has(deletes));
    let verbs = [(reads, "read"), (changes, "change"), (deletes, "delete")];
    let verbs: Vec<&str> = verbs.into_iter().filter(|(may, _)| *may).map(|(_, verb)| verb).collect();
    let verbs = match verbs.as_slice() {
        [some @ .., one, last] => {
            some.iter().fold(String::new(), |all, verb| format!("{all}{verb}, ")) + one + " and " + last
        }
        few => few.concat(),
    };
    let not = match (changes, deletes) {
        (false, false) => ", and change nothing",
        (true, false) => ", and delete nothing",
        (_, true) => "",
    };
    format!("You may {verbs}{not}.")
}

fn told(tool: &UsableTool) -> Tool {
    Tool {
        name: tool.name.clone(),
        says: first_sentence(&tool.description),
        is_undecided: tool.class == ToolClass::Unclassified,
    }
}

/// How an upstream's words about a tool begin: they can be long, and are for models.
fn first_sentence(description: &str) -> String {
    let line = description.trim().lines().next().unwrap_or_default().trim();
    let sentence = line.split_once(". ").map_or(line, |(first, _)| first);
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    match sentence.char_indices().nth(SAYS_MAX) {
        Some((end, _)) => format!("{}…", sentence[..end].trim_end()),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(classes: &[ToolClass]) -> Vec<UsableTool> {
        let tool = |class: &ToolClass| UsableTool { name: "a".to_owned(), description: String::new(), class: *class };
        classes.iter().map(tool).collect()
    }

    #[test]
    fn what_somebody_may_is_said_by_what_their_tools_do() {
        use ToolClass::{Delete, Read, Unclassified, Write};
        for (classes, sentence) in [
            (&[Read][..], "You may read, and change nothing."),
            (&[Read, Write], "You may read and change, and delete nothing."),
            (&[Read, Write, Delete, Read], "You may read, change and delete."),
            (&[Read, Unclassified], "You may read and delete."),
            (&[Write], "You may change, and delete nothing."),
        ] {
            assert_eq!(may(&tools(classes)), sentence);
        }
    }

    #[test]
    fn an_integration_of_which_nothing_can_be_used_is_said_not_to_be_ready_and_why_as_far_as_they_may_know() {
        let empty = |paused| UsableIntegration {
            title: "Stripe".to_owned(),
            slug: "stripe".to_owned(),
            purpose: String::new(),
            path: "/o/acme/mcp/stripe".to_owned(),
            account: None,
            paused,
            tools: Vec::new(),
        };
        let [paused, closed] = [true, false].map(|paused| shown(("https://gate.example", "acme"), empty(paused)));
        assert!(!paused.ready && paused.may.contains("paused for everyone"), "{}", paused.may);
        assert!(!closed.ready && closed.may.contains("ask somebody who manages integrations"), "{}", closed.may);
        assert!(paused.groups.is_empty() && closed.groups.is_empty());
        let undecided = UsableIntegration { tools: tools(&[ToolClass::Unclassified, ToolClass::Read]), ..empty(false) };
        let undecided = shown(("https://gate.example", "acme"), undecided);
        let groups: Vec<&str> = undecided.groups.iter().map(|group| group.title).collect();
        assert_eq!((undecided.ready, undecided.undecided, groups), (true, 1, vec!["Read", "Delete"]));
    }

    #[test]
    fn of_what_an_upstream_says_the_first_sentence_is_shown_and_never_too_much() {
        assert_eq!(first_sentence("  Lists customers. Use it with care.\nMore."), "Lists customers");
        assert_eq!(first_sentence("Returns v1.2 of it\nand more"), "Returns v1.2 of it");
        assert_eq!(first_sentence(&"\u{e9}".repeat(1_000)).chars().count(), SAYS_MAX + 1);
        assert_eq!(first_sentence(""), "");
    }
}
