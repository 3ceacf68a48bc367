//! What may happen to an integration.

use crate::event::Event;
use crate::id::IntegrationId;
use crate::integration::{ClassSource, DiscoveredTool, Integration, IntegrationEdit, Tool, ToolClass, check_place};
use crate::organization::Organization;
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
pub(crate) fn connect(
    state: &Organization,
    integration: &Integration,
    tools: &[DiscoveredTool],
) -> Result<Vec<Event>, Refusal> {
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
    tools_are_sound(tools)?;
    let mut bare = integration.clone();
    bare.tools.clear();
    Ok(vec![
        Event::IntegrationConnected(Box::new(bare)),
        Event::ToolsApproved { integration: integration.id, tools: tools.to_vec() },
    ])
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

/// The upstream's present list of tools replaces the one we had; a person's review of a class survives.
pub(crate) fn refresh(
    state: &Organization,
    id: IntegrationId,
    tools: &[DiscoveredTool],
) -> Result<Vec<Event>, Refusal> {
    let present = state.integration(id)?;
    tools_are_sound(tools)?;
    let same = present.tools.len() == tools.len()
        && tools.iter().all(|tool| {
            present.tools.get(&tool.name).is_some_and(|known| {
                known.definition == tool.definition
                    && known.suggested == tool.suggested
                    && (known.class == tool.class || known.class_source != ClassSource::Evidence)
            })
        });
    if same {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ToolsApproved { integration: id, tools: tools.to_vec() }])
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
    /// What a tool becomes when the upstream's list is approved. A person's decision was about the definition that
    /// they saw: where that changed, somebody has to look again.
    pub(crate) fn approved(before: Option<&Tool>, discovered: &DiscoveredTool) -> Tool {
        let reviewed = before.filter(|tool| tool.class_source != ClassSource::Evidence);
        let (class, class_source) = match reviewed {
            Some(tool) if tool.definition == discovered.definition => (tool.class, tool.class_source),
            Some(_) => (ToolClass::Unclassified, ClassSource::Changed),
            None => (discovered.class, ClassSource::Evidence),
        };
        Tool {
            definition: discovered.definition.clone(),
            class,
            class_source,
            suggested: discovered.suggested,
            off: before.is_some_and(|tool| tool.off),
        }
    }
}

fn tools_are_sound(tools: &[DiscoveredTool]) -> Result<(), Refusal> {
    if tools.len() > TOOLS_MAX {
        let message = format!("the server lists {} tools; at most {TOOLS_MAX} are taken", tools.len());
        return Err(Refusal::rule("too-many-tools", message));
    }
    let mut names = std::collections::HashSet::new();
    for tool in tools {
        if tool.name.is_empty() || tool.name.len() > 256 {
            return Err(Refusal::rule(
                "bad-tool-name",
                "the server lists a tool whose name is empty or over 256 bytes",
            ));
        }
        if !names.insert(tool.name.as_str()) {
            return Err(Refusal::rule("bad-tool-name", format!("the server lists the tool {} twice", tool.name)));
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
