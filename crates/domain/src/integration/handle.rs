//! What may happen to an integration.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::event::Event;
use crate::id::IntegrationId;
use crate::integration::{
    ClassSource, CredentialKind, DefinitionHash, DiscoveredTool, Found, Integration, IntegrationEdit, Tool, ToolClass,
    check_place,
};
use crate::organization::{Organization, ToolChanges};
use crate::refusal::{Refusal, unprintable};

/// The slug of Wardroom's own tools at its MCP doors.
const RESERVED: &str = "wardroom";
/// Integrations of one organization.
const INTEGRATIONS_MAX: usize = 1_000;
/// Tools of one integration.
const TOOLS_MAX: usize = 2_000;
/// Characters of a title or a purpose.
const TEXT_LENGTH_MAX: usize = 200;

/// A new upstream with the tools it listed.
pub(crate) fn connect(state: &Organization, integration: &Integration, listed: Listed) -> Result<Vec<Event>, Refusal> {
    if state.integrations.values().any(|other| other.slug == integration.slug) {
        let message = format!("there is an integration named {} already; choose another slug", integration.slug);
        return Err(Refusal::field("slug-taken", "slug", message));
    }
    if integration.slug.as_str() == RESERVED {
        let message = format!("{RESERVED} is what Wardroom's own tools are called by; choose another slug");
        return Err(Refusal::field("slug-taken", "slug", message));
    }
    if state.integrations.contains_key(&integration.id) {
        return Err(Refusal::rule("exists", "an integration with this id exists already"));
    }
    if state.integrations.len() >= INTEGRATIONS_MAX {
        let message = format!("an organization has at most {INTEGRATIONS_MAX} integrations; disconnect one first");
        return Err(Refusal::rule("too-many-integrations", message));
    }
    title_fits(&integration.title)?;
    fits("purpose", &integration.purpose)?;
    check_place(&integration.url, &integration.credential)?;
    tools_are_sound(&listed)?;
    let mut bare = integration.clone();
    bare.tools.clear();
    bare.found.clear();
    let (id, found) = (integration.id, listed.unsound());
    let mut events = vec![
        Event::IntegrationConnected(Box::new(bare)),
        Event::ToolsApproved { integration: id, tools: listed.tools },
    ];
    if !found.is_empty() {
        events.push(Event::ToolsFound { integration: id, found });
    }
    Ok(events)
}

/// Names, pause and credential change.
pub(crate) fn edit(state: &Organization, id: IntegrationId, edit: IntegrationEdit) -> Result<Vec<Event>, Refusal> {
    let present = state.integration(id)?;
    if let Some(title) = &edit.title {
        title_fits(title)?;
    }
    if let Some(purpose) = &edit.purpose {
        fits("purpose", purpose)?;
    }
    if let Some(credential) = &edit.credential {
        check_place(&present.url, credential)?;
    }
    // A credential always counts: its kind may be the same and its secret, which lives apart, another.
    let edit = IntegrationEdit {
        title: edit.title.filter(|title| *title != present.title),
        purpose: edit.purpose.filter(|purpose| *purpose != present.purpose),
        paused: edit.paused.filter(|paused| *paused != present.paused),
        credential: edit.credential,
    };
    if edit == IntegrationEdit::default() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::IntegrationEdited { integration: id, edit }])
}

/// The integration ends for everyone, with every grant of it.
pub(crate) fn disconnect(state: &Organization, id: IntegrationId) -> Result<Vec<Event>, Refusal> {
    state.integration(id)?;
    Ok(vec![Event::IntegrationDisconnected { integration: id }])
}

/// What an upstream lists: tools, and what must not be offered, by name with what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// Its tools.
    pub tools: Vec<DiscoveredTool>,
    /// Tools that must not be offered as they are defined, with the reason.
    pub unsound: BTreeMap<String, String>,
}

impl From<Vec<DiscoveredTool>> for Listed {
    fn from(tools: Vec<DiscoveredTool>) -> Listed {
        Listed { tools, unsound: BTreeMap::new() }
    }
}

impl Listed {
    /// What of it must not be offered.
    fn unsound(&self) -> BTreeMap<String, Found> {
        let unsound = self.unsound.iter();
        unsound.map(|(name, why)| (name.clone(), Found::Unsound { why: why.clone() })).collect()
    }
}

/// What the upstream lists now is compared with what is approved, and what differs is held back; or it is taken over, where
/// the organization wants that.
pub(crate) fn refresh(
    state: &Organization,
    id: IntegrationId,
    listed: Listed,
    first: bool,
) -> Result<Vec<Event>, Refusal> {
    let present = state.integration(id)?;
    tools_are_sound(&listed)?;
    let untouched = present.tools.is_empty() && present.found.is_empty();
    let signs_in = matches!(present.credential, CredentialKind::OAuth { .. });
    let takes = state.settings.tool_changes == ToolChanges::Take || (first && untouched && signs_in);
    if !takes {
        let found = differences(present, &listed);
        let same = found == present.found;
        return Ok(if same { Vec::new() } else { vec![Event::ToolsFound { integration: id, found }] });
    }
    let same = present.tools.len() == listed.tools.len()
        && listed.tools.iter().all(|tool| {
            present.tools.get(&tool.name).is_some_and(|known| {
                known.hash == DefinitionHash::of(&tool.definition)
                    && known.suggested == tool.suggested
                    && (known.class == tool.class || known.class_source != ClassSource::Evidence)
            })
        });
    let found = listed.unsound();
    let mut events = Vec::new();
    if !same {
        events.push(Event::ToolsApproved { integration: id, tools: listed.tools });
    }
    // What is taken over is held back no longer.
    let held = if same { present.found.clone() } else { BTreeMap::new() };
    if found != held {
        events.push(Event::ToolsFound { integration: id, found });
    }
    Ok(events)
}

/// What is listed otherwise than it was approved.
fn differences(present: &Integration, listed: &Listed) -> BTreeMap<String, Found> {
    let mut found = listed.unsound();
    let mut there: BTreeSet<&str> = listed.unsound.keys().map(String::as_str).collect();
    for tool in &listed.tools {
        there.insert(&tool.name);
        let hash = DefinitionHash::of(&tool.definition);
        if present.tools.get(&tool.name).is_none_or(|known| known.hash != hash) {
            found.insert(tool.name.clone(), Found::Definition(tool.clone()));
        }
    }
    let gone = present.tools.keys().filter(|name| !there.contains(name.as_str()));
    found.extend(gone.map(|name| (name.clone(), Found::Gone)));
    found
}

/// A person approves what was found, each tool as they saw it: what has changed once more since is not what they approved.
pub(crate) fn approve(
    state: &Organization,
    id: IntegrationId,
    seen: &BTreeMap<String, String>,
) -> Result<Vec<Event>, Refusal> {
    let integration = state.integration(id)?;
    let mut approved = BTreeMap::new();
    for (tool, seen) in seen {
        if is_so_already(integration, tool, seen) {
            continue;
        }
        let Some(found) = integration.found.get(tool) else {
            let message = format!("nothing of {tool} is held back at {}", integration.slug);
            return Err(Refusal::missing("tool", message));
        };
        match found.seen_as() {
            None => {
                let message = format!("{tool} cannot be offered as its server defines it; have it defined otherwise");
                return Err(Refusal::field("unsound-tool", "tools", message));
            }
            Some(now) if now != *seen => {
                let message = format!("{tool} has changed since you saw it; look at it again, and approve that");
                return Err(Refusal::field("changed-since-seen", "tools", message));
            }
            Some(now) => drop(approved.insert(tool.clone(), now)),
        }
    }
    let new = approved.keys().filter(|tool| !integration.tools.contains_key(*tool)).count();
    if integration.tools.len() + new > TOOLS_MAX && new > 0 {
        let message =
            format!("an integration has at most {TOOLS_MAX} tools; approve the end of those that are gone first");
        return Err(Refusal::rule("too-many-tools", message));
    }
    Ok(if approved.is_empty() { Vec::new() } else { vec![Event::ToolsAccepted { integration: id, seen: approved }] })
}

/// Whether a tool is as somebody approves it: they did so before, or somebody else did.
fn is_so_already(integration: &Integration, tool: &str, seen: &str) -> bool {
    let known = integration.tools.get(tool);
    !integration.found.contains_key(tool)
        && match Found::Gone.seen_as() {
            Some(gone) if gone == seen => known.is_none(),
            _ => known.is_some_and(|known| known.hash.as_str() == seen),
        }
}

/// A person decides a tool's class, or switches it off or on for everyone.
pub(crate) fn review_tool(
    state: &Organization,
    (id, tool): (IntegrationId, &str),
    class: Option<ToolClass>,
    off: Option<bool>,
) -> Result<Vec<Event>, Refusal> {
    let integration = state.integration(id)?;
    let known = integration
        .tools
        .get(tool)
        .ok_or_else(|| Refusal::missing("tool", format!("{} has no tool {tool}", integration.slug)))?;
    let mut events = Vec::new();
    if let Some(class) = class
        && (known.class != class || known.class_source != ClassSource::Review)
    {
        events.push(Event::ToolClassified { integration: id, tool: tool.to_owned(), class });
    }
    if let Some(off) = off
        && known.off != off
    {
        events.push(Event::ToolSwitched { integration: id, tool: tool.to_owned(), off });
    }
    Ok(events)
}

impl Tool {
    /// What a tool becomes when the upstream's list is approved as a whole. A person's decision was about the definition that
    /// they saw: where that changed, somebody has to look again.
    pub(crate) fn approved(before: Option<&Tool>, discovered: &DiscoveredTool) -> Tool {
        let hash = DefinitionHash::of(&discovered.definition);
        let reviewed = before.filter(|tool| tool.class_source != ClassSource::Evidence);
        let decided = match reviewed {
            Some(tool) if tool.hash == hash => (tool.class, tool.class_source),
            Some(_) => (ToolClass::Unclassified, ClassSource::Changed),
            None => (discovered.class, ClassSource::Evidence),
        };
        Tool::defined(before, (discovered, hash), decided)
    }

    /// What a tool becomes when a person approves what was found of it: what people decided about it stands.
    pub(crate) fn accepted(before: Option<&Tool>, discovered: &DiscoveredTool) -> Tool {
        let hash = DefinitionHash::of(&discovered.definition);
        let reviewed = before.filter(|tool| tool.class_source != ClassSource::Evidence);
        let decided =
            reviewed.map_or((discovered.class, ClassSource::Evidence), |tool| (tool.class, tool.class_source));
        Tool::defined(before, (discovered, hash), decided)
    }

    fn defined(
        before: Option<&Tool>,
        (discovered, hash): (&DiscoveredTool, DefinitionHash),
        (class, class_source): (ToolClass, ClassSource),
    ) -> Tool {
        Tool {
            definition: discovered.definition.clone(),
            hash,
            class,
            class_source,
            suggested: discovered.suggested,
            evidence: discovered.evidence.clone(),
            off: before.is_some_and(|tool| tool.off),
        }
    }
}

fn tools_are_sound(listed: &Listed) -> Result<(), Refusal> {
    let names = || listed.tools.iter().map(|tool| &tool.name).chain(listed.unsound.keys());
    let count = names().count();
    if count > TOOLS_MAX {
        let message = format!("the server lists {count} tools; at most {TOOLS_MAX} are taken");
        return Err(Refusal::rule("too-many-tools", message));
    }
    let mut known = HashSet::new();
    for name in names() {
        if name.is_empty() || name.len() > 256 {
            return Err(Refusal::rule(
                "bad-tool-name",
                "the server lists a tool whose name is empty or over 256 bytes",
            ));
        }
        if !known.insert(name.as_str()) {
            return Err(Refusal::rule("bad-tool-name", format!("the server lists the tool {name} twice")));
        }
    }
    Ok(())
}

fn title_fits(title: &str) -> Result<(), Refusal> {
    if title.trim().is_empty() {
        return Err(Refusal::field("bad-text", "title", "an integration needs a name that people can read"));
    }
    fits("title", title)
}

fn fits(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.chars().count() > TEXT_LENGTH_MAX || text.chars().any(unprintable) {
        let message = format!("give at most {TEXT_LENGTH_MAX} characters in one line");
        return Err(Refusal::field("bad-text", field, message));
    }
    Ok(())
}
