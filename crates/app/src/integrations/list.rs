//! See integrations and their tools: those one may know of, and nothing of the others.

use std::collections::BTreeSet;

use domain::id::IntegrationId;
use domain::integration::{ClassSource, Clue, CredentialKind, DefinitionHash, Integration, Tool, ToolClass};
use domain::organization::ToolChanges;
use domain::permission::Permission;
use verdict::{Action, Basis, Operation, Question, Snapshot, Verdict};

use super::changes::{ChangeKind, ToolChange, changes, kind_of};
use super::difference::unseen;
use super::unseen::{clues_written_out, written_out};
use crate::{App, Caller, Problem};

/// An integration as the caller sees it.
#[derive(Clone, Debug)]
pub struct IntegrationView {
    /// Its id.
    pub id: IntegrationId,
    /// Its short name.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Where its MCP endpoint is; only for those who may see all integrations.
    pub url: Option<String>,
    /// How Wardroom shows itself there; only for those who may see all integrations.
    pub credential: Option<CredentialKind>,
    /// Where people who sign in there are sent back to, where one integration was asked for at which somebody does; only for
    /// those who may see all integrations.
    pub redirect_uri: Option<String>,
    /// Whether it is paused.
    pub paused: bool,
    /// How many tools the caller sees: all of them for those who may see all integrations, otherwise those the
    /// caller may call.
    pub tool_count: usize,
    /// How many of them somebody has to look at: until then they count as deleting.
    pub needs_review: usize,
    /// How many tools are not as they were approved; only for those who may see all integrations.
    pub change_count: Option<usize>,
    /// What becomes of such a tool; only for those who may see all integrations.
    pub tool_changes: Option<ToolChanges>,
    /// These tools, where one integration was asked for.
    pub tools: Vec<ToolView>,
    /// What is not as it was approved, where one integration was asked for; only for those who may see all integrations.
    pub changes: Option<Vec<ToolChange>>,
}

/// A tool as the caller sees it.
#[derive(Clone, Debug)]
pub struct ToolView {
    /// Its name at the integration.
    pub name: String,
    /// Its name at the organization's one URL.
    pub exposed: String,
    /// The same as it can be shown, where something in it does not show.
    pub shown: Option<String>,
    /// What it does, in the upstream's words, with what shows as nothing written out.
    pub description: String,
    /// What in its definition shows as nothing or turns other text around, written out.
    pub unseen: Vec<String>,
    /// Its class.
    pub class: ToolClass,
    /// Who decided the class.
    pub class_source: ClassSource,
    /// The likeliest class, where nobody is sure.
    pub suggested: ToolClass,
    /// The evidence for a class in its definition; only for those who may see all integrations.
    pub evidence: Option<Vec<Clue>>,
    /// Whether it is switched off for everyone.
    pub off: bool,
    /// The hash of its definition as it was approved.
    pub hash: DefinitionHash,
    /// In which way its server lists it otherwise than it was approved.
    pub change: Option<ChangeKind>,
    /// Whether nobody uses it because of that.
    pub held_back: bool,
}

impl ToolView {
    /// Whether somebody has to look at it: until then it counts as deleting.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        self.class == ToolClass::Unclassified
    }
}

impl App {
    /// The integrations that the caller may know of, in the order of their ids, without their tools.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_integrations(&self, caller: &Caller) -> Result<Vec<IntegrationView>, Problem> {
        let snapshot = caller.live.snapshot();
        let state = caller.live.state.lock().await;
        let view = |integration: &Integration| {
            let seen = self.seen(caller, &snapshot, integration.id).ok()?;
            Some(seen.view(integration, (state.settings.tool_changes, &snapshot), false))
        };
        Ok(state.integrations.values().filter_map(view).collect())
    }

    /// One integration with its tools, by id or slug.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_integration(&self, caller: &Caller, name: &str) -> Result<IntegrationView, Problem> {
        let id = self.integration_named(caller, name)?;
        let snapshot = caller.live.snapshot();
        let seen = self.seen(caller, &snapshot, id)?;
        // What is compared word by word is not compared while others wait for the state.
        let (integration, tool_changes) = {
            let state = caller.live.state.lock().await;
            (state.integration(id)?.clone(), state.settings.tool_changes)
        };
        let mut view = seen.view(&integration, (tool_changes, &snapshot), true);
        if let Some(CredentialKind::OAuth { .. }) = view.credential {
            let places = self.places(caller.live.org(), &view.slug).await;
            view.redirect_uri = places.ok().map(|places| places.redirect_uri);
        }
        Ok(view)
    }

    /// How much the caller may see of an integration. One that they may not know of is missing.
    fn seen(&self, caller: &Caller, snapshot: &Snapshot, id: IntegrationId) -> Result<Seen, Problem> {
        let action = Action::Operate(Operation::ViewIntegration { integration: id });
        let now = self.now();
        match snapshot.evaluate(&Question { actor: &caller.actor, action, now }) {
            Verdict::Allowed(permit) if permit.basis() == Basis::Role(Permission::IntegrationView) => Ok(Seen::Whole),
            Verdict::Allowed(_) => {
                let callable = snapshot.callable_tools_of(&caller.actor, id, now);
                Ok(Seen::Tools(callable.map(|(_, tool)| tool.name.to_string()).collect()))
            }
            Verdict::Denied(_) => Err(Problem::missing("integration")),
        }
    }

    /// The integration of an id or slug, whoever may see it: the caller of this asks the engine next.
    pub(crate) fn integration_named(&self, caller: &Caller, name: &str) -> Result<IntegrationId, Problem> {
        let snapshot = caller.live.snapshot();
        let by_id = IntegrationId::parse(name).ok().and_then(|id| snapshot.integration(id));
        by_id
            .or_else(|| snapshot.integration_by_slug(name))
            .map(|integration| integration.id)
            .ok_or_else(|| Problem::missing("integration"))
    }
}

/// What somebody sees of an integration.
enum Seen {
    /// Everything about it.
    Whole,
    /// That it exists, and these tools.
    Tools(BTreeSet<String>),
}

impl Seen {
    fn view(
        &self,
        integration: &Integration,
        (tool_changes, snapshot): (ToolChanges, &Snapshot),
        with_tools: bool,
    ) -> IntegrationView {
        let shown = |(name, _): &(&String, &Tool)| match self {
            Seen::Whole => true,
            Seen::Tools(names) => names.contains(*name),
        };
        let tools: Vec<(&String, &Tool)> = integration.tools.iter().filter(shown).collect();
        let whole = matches!(self, Seen::Whole);
        let views = tools.iter().map(|(name, tool)| ToolView {
            evidence: whole.then(|| clues_written_out(&tool.evidence)),
            ..tool_view(integration, name, tool, snapshot)
        });
        IntegrationView {
            id: integration.id,
            slug: integration.slug.to_string(),
            title: integration.title.clone(),
            purpose: integration.purpose.clone(),
            url: whole.then(|| integration.url.clone()),
            credential: whole.then(|| integration.credential.clone()),
            redirect_uri: None,
            paused: integration.paused,
            tool_count: tools.len(),
            needs_review: tools.iter().filter(|(_, tool)| tool.class == ToolClass::Unclassified).count(),
            change_count: whole.then_some(integration.found.len()),
            tool_changes: whole.then_some(tool_changes),
            tools: if with_tools { views.collect() } else { Vec::new() },
            changes: (whole && with_tools).then(|| changes(integration)),
        }
    }
}

/// What a tool does, in the upstream's words.
pub(crate) fn description(definition: &str) -> String {
    let definition: serde_json::Value = serde_json::from_str(definition).unwrap_or_default();
    definition.get("description").and_then(|text| text.as_str()).unwrap_or_default().to_owned()
}

fn tool_view(integration: &Integration, name: &str, tool: &Tool, snapshot: &Snapshot) -> ToolView {
    let (shown, in_name) = written_out(name);
    ToolView {
        name: name.to_owned(),
        shown: (!in_name.is_empty()).then_some(shown),
        exposed: snapshot.exposed_name(integration.slug.as_str(), name).unwrap_or_default(),
        description: written_out(&description(&tool.definition)).0,
        unseen: unseen(&tool.definition).into_iter().collect(),
        evidence: None,
        class: tool.class,
        class_source: tool.class_source,
        suggested: tool.suggested,
        off: tool.off,
        hash: tool.hash.clone(),
        change: integration.found.get(name).map(|found| kind_of(integration, name, found)),
        held_back: integration.holds_back(name),
    }
}
