//! What somebody needs to connect an AI client, and what it may use then: their own tools, and nothing of others'.

use domain::integration::{CredentialKind, ToolClass, Whose};
use verdict::{IntegrationEntry, Operation};

use super::audience::Audience;
use crate::accounts::AccountState;
use crate::integrations::description;
use crate::{App, Caller, Problem};

/// What somebody needs to connect an AI client to an organization.
#[derive(Clone, Debug)]
pub struct ConnectGuide {
    /// What the organization is called.
    pub organization: String,
    /// Its short name.
    pub slug: String,
    /// The path of the address to paste, for everything that they may use there.
    pub path: String,
    /// The integrations of which they have something, by title.
    pub integrations: Vec<UsableIntegration>,
}

/// An integration of which somebody has something.
#[derive(Clone, Debug)]
pub struct UsableIntegration {
    /// Its name for people.
    pub title: String,
    /// Its short name.
    pub slug: String,
    /// What it is for.
    pub purpose: String,
    /// The path of the address to paste for this integration alone.
    pub path: String,
    /// Whether it is paused for everyone.
    pub paused: bool,
    /// Their own account at its upstream, where it is called with that.
    pub account: Option<OwnAccount>,
    /// The tools that they may call at this moment, in the order of their names.
    pub tools: Vec<UsableTool>,
}

/// Somebody's account at an upstream that is called with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OwnAccount {
    /// None is connected.
    Missing,
    /// It is connected.
    Connected,
    /// It was connected; they have to connect anew.
    Ended,
}

/// A tool that somebody may call.
#[derive(Clone, Debug)]
pub struct UsableTool {
    /// Its name at the integration.
    pub name: String,
    /// What it does, in the upstream's words.
    pub description: String,
    /// Its class.
    pub class: ToolClass,
}

impl App {
    /// What the caller needs to connect an AI client here.
    ///
    /// # Errors
    /// [`Problem::Denied`] for who cannot connect one.
    pub async fn connect_guide(&self, caller: &Caller) -> Result<ConnectGuide, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ConnectClient).await?;
        let (org, now) = (snapshot.org(), self.now());
        let slug = self.inner.journal.slug_of(org).await?.unwrap_or_else(|| org.to_string());
        let tools = |entry: &IntegrationEntry| {
            let callable = snapshot.callable_tools_of(&caller.actor, entry.id, now);
            let tool = |tool: &verdict::ToolEntry| UsableTool {
                name: tool.name.to_string(),
                description: description(&tool.definition),
                class: tool.class,
            };
            callable.map(|(_, found)| tool(found)).collect()
        };
        let reached = snapshot.reached_integrations(&caller.actor, now).map(|(entry, _)| UsableIntegration {
            title: entry.title.to_string(),
            slug: entry.slug.to_string(),
            purpose: entry.purpose.to_string(),
            path: Audience::path(&slug, Some(&entry.slug)),
            paused: entry.paused,
            account: matches!(entry.credential, CredentialKind::OAuth { whose: Whose::Person, .. })
                .then_some(OwnAccount::Missing),
            tools: tools(entry),
        });
        let mut integrations: Vec<UsableIntegration> = reached.collect();
        for integration in integrations.iter_mut().filter(|integration| integration.account.is_some()) {
            integration.account = Some(self.own_account(caller, &integration.slug).await?);
        }
        integrations.sort_by(|one, other| one.title.cmp(&other.title));
        let organization = snapshot.name().to_owned();
        Ok(ConnectGuide { organization, path: Audience::path(&slug, None), slug, integrations })
    }

    async fn own_account(&self, caller: &Caller, integration: &str) -> Result<OwnAccount, Problem> {
        let snapshot = caller.live.snapshot();
        let entry = snapshot.integration_by_slug(integration).zip(caller.actor.subject.person());
        let account = entry.and_then(|(entry, person)| snapshot.account(entry.id, Some(person)));
        let view = match account {
            Some(account) => self.account_view(caller.live.org(), account, &caller.live).await?,
            None => None,
        };
        Ok(match view.map(|view| view.state) {
            None => OwnAccount::Missing,
            Some(AccountState::Ended { .. }) => OwnAccount::Ended,
            Some(AccountState::Works | AccountState::Troubled { .. }) => OwnAccount::Connected,
        })
    }
}
