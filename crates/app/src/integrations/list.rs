//! See integrations and their tools: those one may know of, and nothing of the others.

use domain::id::IntegrationId;
use domain::integration::{ClassSource, CredentialKind, Integration, Tool, ToolClass};
use verdict::Operation;

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
    /// Whether it is paused.
    pub paused: bool,
    /// Its tools: all of them for those who may see all integrations, otherwise those the caller may call.
    pub tools: Vec<ToolView>,
}

/// A tool as the caller sees it.
#[derive(Clone, Debug)]
pub struct ToolView {
    /// Its name at the integration.
    pub name: String,
    /// Its name at the organization's one URL.
    pub exposed: String,
    /// What it does, in the upstream's words.
    pub description: String,
    /// Its class.
    pub class: ToolClass,
    /// Who decided the class.
    pub class_source: ClassSource,
    /// The likeliest class, where nobody is sure.
    pub suggested: ToolClass,
    /// Whether it is switched off for everyone.
    pub off: bool,
}

impl ToolView {
    /// Whether somebody has to look at it: until then it counts as deleting.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        self.class == ToolClass::Unclassified
    }
}

impl App {
    /// The integrations that the caller may know of, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_integrations(&self, caller: &Caller) -> Result<Vec<IntegrationView>, Problem> {
        let ids: Vec<IntegrationId> = caller.live.snapshot().integrations().map(|integration| integration.id).collect();
        let mut views = Vec::new();
        for id in ids {
            match self.show_integration(caller, id.as_str()).await {
                Ok(view) => views.push(view),
                Err(Problem::Missing { .. } | Problem::Denied { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(views)
    }

    /// One integration, by id or slug.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_integration(&self, caller: &Caller, name: &str) -> Result<IntegrationView, Problem> {
        let id = self.integration_named(caller, name)?;
        let snapshot = caller.live.snapshot();
        let sees_all = match self.permit(&snapshot, &caller.actor, Operation::ViewIntegration { integration: id }).await
        {
            Ok(permit) => {
                matches!(permit.basis(), verdict::Basis::Role(domain::permission::Permission::IntegrationView))
            }
            Err(Problem::Denied { .. }) => return Err(Problem::missing("integration")),
            Err(problem) => return Err(problem),
        };
        let callable: std::collections::BTreeSet<String> = snapshot
            .callable_tools(&caller.actor, self.now())
            .filter(|(_, _, integration)| integration.id == id)
            .map(|(_, tool, _)| tool.name.to_string())
            .collect();
        let state = caller.live.state.lock().await;
        let integration = state.integration(id)?;
        let shown = |(name, tool): (&String, &Tool)| {
            (sees_all || callable.contains(name)).then(|| tool_view(integration, name, tool, &snapshot))
        };
        Ok(IntegrationView {
            id,
            slug: integration.slug.to_string(),
            title: integration.title.clone(),
            purpose: integration.purpose.clone(),
            url: sees_all.then(|| integration.url.clone()),
            credential: sees_all.then(|| integration.credential.clone()),
            paused: integration.paused,
            tools: integration.tools.iter().filter_map(shown).collect(),
        })
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

fn tool_view(integration: &Integration, name: &str, tool: &Tool, snapshot: &verdict::Snapshot) -> ToolView {
    let definition: serde_json::Value = serde_json::from_str(&tool.definition).unwrap_or_default();
    let description = definition.get("description").and_then(|text| text.as_str()).unwrap_or_default();
    ToolView {
        name: name.to_owned(),
        exposed: snapshot.exposed_name(integration.slug.as_str(), name).unwrap_or_default(),
        description: description.to_owned(),
        class: tool.class,
        class_source: tool.class_source,
        suggested: tool.suggested,
        off: tool.off,
    }
}
