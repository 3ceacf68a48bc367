//! Connect an upstream: reach it, read its tools, classify them, and keep its secret sealed.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::id::{IntegrationId, OrgId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, Listed, Slug, check_place, judge};
use journal::Fact;
use verdict::Operation;

use super::IntegrationView;
use crate::accounts::{Met, registration_id};
use crate::change::Along;
use crate::directory::one_line;
use crate::ports::{ListedTool, ToolList};
use crate::{App, Caller, Problem};

/// Bytes of one tool's definition.
const DEFINITION_BYTES_MAX: usize = 64 * 1024;

/// How Wardroom is to show itself to an upstream, with the secret.
#[derive(Clone)]
pub struct NewCredential {
    /// In which way.
    pub kind: CredentialKind,
    /// The secret, where the way needs one.
    pub secret: Option<String>,
}

/// What is to be connected.
#[derive(Clone)]
pub struct NewIntegration {
    /// Its slug; made from the title where none is given.
    pub slug: Option<String>,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Where its MCP endpoint is: a URL, or `stdio:` and the name of one of the operator's templates.
    pub url: String,
    /// How Wardroom is to show itself there.
    pub credential: NewCredential,
}

impl App {
    /// Connects an upstream after reading its tools. Nobody but holders of `integration.use_all` may use it until
    /// it is assigned.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault: a URL that does not answer, a credential that is not accepted,
    /// a slug that is taken; nothing was made then.
    pub async fn connect_integration(&self, caller: &Caller, new: NewIntegration) -> Result<IntegrationView, Problem> {
        let title = one_line("title", &new.title, 100)?;
        let slug = match &new.slug {
            Some(slug) => Slug::parse(slug).map_err(|error| Problem::invalid("slug", error.to_string()))?,
            None => Slug::from_title(&title)
                .ok_or_else(|| Problem::invalid("slug", "no slug can be made from this title; give one"))?,
        };
        // Asked before anything is sent anywhere: only who may connect makes Wardroom reach out.
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ConnectIntegration).await?;
        check_place(new.url.trim(), &new.credential.kind)?;
        if caller.live.snapshot().integration_by_slug(slug.as_str()).is_some() {
            return Err(Problem::invalid(
                "slug",
                format!("there is an integration named {slug} already; choose another slug"),
            ));
        }
        let id = IntegrationId::from_random(self.random()?);
        let org = caller.live.org();
        let (listed, facts) = self.shown_to(new.url.trim(), (org, id, slug.as_str()), &new.credential).await?;
        let integration = Integration {
            id,
            slug,
            title,
            purpose: new.purpose.trim().to_owned(),
            url: new.url.trim().to_owned(),
            credential: new.credential.kind.clone(),
            paused: false,
            tools: BTreeMap::new(),
            found: BTreeMap::new(),
        };
        let command = |_: &_| {
            Ok(Command::ConnectIntegration { integration: Box::new(integration.clone()), listed: listed.clone() })
        };
        self.change(caller, Operation::ConnectIntegration, command, Along { facts, directory: None }).await?;
        self.show_integration(caller, id.as_str()).await
    }

    /// What the upstream lists to whoever shows this, and what is kept of it. One at which somebody has to sign in first may
    /// list nothing: its tools are read with the first account.
    pub(super) async fn shown_to(
        &self,
        url: &str,
        (org, id, slug): (OrgId, IntegrationId, &str),
        credential: &NewCredential,
    ) -> Result<(Listed, Vec<Fact>), Problem> {
        let (kind, secret) = (&credential.kind, credential.secret.as_deref());
        let signs_in = matches!(kind, CredentialKind::ClientCredentials { .. } | CredentialKind::OAuth { .. });
        if !signs_in {
            let tools = self.discover(url, kind, secret).await?;
            let fact = match secret {
                Some(secret) => self.sealed(org, id, secret)?,
                None => Fact::DropSecret { org, id: id.to_string() },
            };
            return Ok((tools, vec![fact]));
        }
        let (open, challenge) = self.knocked(url, kind).await?;
        let met = Met { url, challenge: challenge.as_deref(), kind };
        let registered = self.first_known(met, secret, &self.places(org, slug).await?).await?;
        let tools = match kind {
            CredentialKind::ClientCredentials { .. } => {
                let tokens = self.application_tokens(&registered).await;
                let tokens = tokens.map_err(|none| Problem::invalid("credential", none.to_string()))?;
                self.discover(url, kind, Some(&tokens.access_token)).await?
            }
            _ => open,
        };
        let sealed = self.sealed_document(org, &registration_id(id), &registered)?;
        let facts =
            vec![Fact::DropSecret { org, id: id.to_string() }, Fact::Secret { org, id: registration_id(id), sealed }];
        Ok((tools, facts))
    }

    /// What an upstream lists to somebody who shows nothing, or what it says about how to show something.
    pub(crate) async fn knocked(&self, url: &str, kind: &CredentialKind) -> Result<(Listed, Option<String>), Problem> {
        match self.inner.upstreams.list_tools(url, kind, None).await {
            Ok(list) => Ok((listed(list), None)),
            Err(fault) if fault.field == "credential" => Ok((Listed::default(), fault.challenge)),
            Err(fault) => Err(Problem::invalid(fault.field, fault.message)),
        }
    }

    /// What the upstream lists now, each tool with the class that the evidence speaks for.
    pub(crate) async fn discover(
        &self,
        url: &str,
        credential: &CredentialKind,
        secret: Option<&str>,
    ) -> Result<Listed, Problem> {
        let list = self.inner.upstreams.list_tools(url.trim(), credential, secret).await;
        list.map(listed).map_err(|fault| Problem::invalid(fault.field, fault.message))
    }
}

/// What an upstream lists, with the class that the evidence speaks for.
fn listed(list: ToolList) -> Listed {
    let mut listed = Listed::default();
    listed.unsound.extend(list.left_out.into_iter().map(|tool| (tool.name, tool.why)));
    for tool in list.tools {
        let name = tool.name.clone();
        match discovered(tool) {
            Ok(tool) => listed.tools.push(tool),
            Err(why) => drop(listed.unsound.insert(name, why)),
        }
    }
    listed
}

/// A tool as it is kept, or why it must not be offered.
fn discovered(tool: ListedTool) -> Result<DiscoveredTool, String> {
    if tool.definition.len() > DEFINITION_BYTES_MAX {
        return Err(format!("its definition is over {DEFINITION_BYTES_MAX} bytes"));
    }
    let definition: serde_json::Value =
        serde_json::from_str(&tool.definition).map_err(|error| format!("its definition cannot be read: {error}"))?;
    let (judged, evidence) = judge(&tool.name, &definition);
    Ok(DiscoveredTool {
        name: tool.name,
        definition: tool.definition.into(),
        class: judged.class,
        suggested: judged.suggested,
        evidence,
    })
}
