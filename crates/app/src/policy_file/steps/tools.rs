//! Steps about what people decided about tools.

use domain::command::Command;
use domain::integration::{ClassSource, IntegrationEdit, ToolClass};

use super::{Context, step};
use crate::Problem;
use crate::policy_file::rehearse::Step;

/// Integrations to pause or resume, tools to switch off or on for everyone, and classes to decide. Integrations that are not named are left alone.
pub(super) fn steps(context: &Context<'_>) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    for (slug, entry) in context.document.integrations.iter().flatten() {
        let id = context.integration(slug);
        let id = id.map_err(|problem| problem.in_step(&["integrations", slug]))?;
        let present = context.state.integration(id)?;
        if let Some(paused) = entry.paused.filter(|paused| *paused != present.paused) {
            let says = format!("{} {slug} for everyone", if paused { "pause" } else { "resume" });
            let edit = IntegrationEdit { paused: Some(paused), ..IntegrationEdit::default() };
            let command = Command::EditIntegration { integration: id, edit };
            steps.push(step(&["integrations", slug, "paused"], says, command));
        }
        let tools = &present.tools;
        let review = |tool: &str, class: Option<ToolClass>, off: Option<bool>| Command::ReviewTool {
            integration: id,
            tool: tool.to_owned(),
            class,
            off,
        };
        if let Some(off) = &entry.tools_off {
            // A tool that is not there is for the domain to refuse.
            let newly = off.iter().filter(|tool| tools.get(*tool).is_none_or(|tool| !tool.off));
            let no_longer = tools.iter().filter(|(name, tool)| tool.off && !off.contains(*name)).map(|(name, _)| name);
            let newly = newly.map(|tool| (tool, true, "off"));
            for (tool, off, word) in newly.chain(no_longer.map(|tool| (tool, false, "on"))) {
                let says = format!("switch {tool} of {slug} {word} for everyone");
                steps.push(step(&["integrations", slug, "tools_off"], says, review(tool, None, Some(off))));
            }
        }
        for (tool, class) in &entry.classes {
            let known = tools.get(tool);
            if known.is_some_and(|known| known.class == *class && known.class_source == ClassSource::Review) {
                continue;
            }
            let says = format!("decide that {tool} of {slug} is of the class {}", class.as_str());
            steps.push(step(&["integrations", slug, "classes", tool], says, review(tool, Some(*class), None)));
        }
    }
    Ok(steps)
}
