//! The organization's integrations and tools, laid out for looking up.

use std::sync::Arc;

use domain::id::IntegrationId;
use domain::integration::{CredentialKind, ToolClass, exposed_names};
use domain::organization::Organization;
use hashbrown::HashTable;

use crate::names::{NamedTool, ToolNames, hash_of};

/// A tool's place in one snapshot. It means nothing in another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ToolIndex(pub(crate) u32);

/// An integration as the snapshot knows it.
#[derive(Clone, Debug)]
pub struct IntegrationEntry {
    /// Its id.
    pub id: IntegrationId,
    /// Its short name.
    pub slug: Box<str>,
    /// Its name for people.
    pub title: Box<str>,
    /// What it is for.
    pub purpose: Box<str>,
    /// Where its MCP endpoint is.
    pub url: Arc<str>,
    /// How Wardroom shows itself there.
    pub credential: CredentialKind,
    /// The number of the event by which that was last set anew; 0 where it never was.
    pub credential_as_of: u64,
    /// Whether nobody may use it for now.
    pub paused: bool,
    /// Its tools stand side by side, in the order of their names.
    pub(crate) tools: std::ops::Range<u32>,
}

/// A tool as the snapshot knows it.
#[derive(Clone, Debug)]
pub struct ToolEntry {
    pub(crate) integration: u32,
    /// Its name at the integration.
    pub name: Box<str>,
    /// Its name at the organization's one URL.
    pub exposed: Box<str>,
    /// Its whole definition as JSON text.
    pub definition: Arc<str>,
    /// Its class.
    pub class: ToolClass,
    /// Whether it is switched off for everyone.
    pub off: bool,
    /// Whether its server defines it otherwise than it was approved, so that nobody uses it.
    pub held_back: bool,
}

/// Every integration and tool of an organization, with the indexes to find them.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    integrations: Vec<IntegrationEntry>,
    tools: Vec<ToolEntry>,
    by_slug: HashTable<u32>,
    names: ToolNames,
    by_exposed: HashTable<u32>,
}

impl Catalog {
    pub(crate) fn compile(state: &Organization) -> Catalog {
        let mut catalog = Catalog::default();
        let pairs = state.integrations.values().flat_map(|integration| {
            integration.tools.keys().map(move |tool| (integration.slug.as_str(), tool.as_str()))
        });
        let mut exposed = exposed_names(pairs).into_iter();
        for integration in state.integrations.values() {
            let place = catalog.integrations.len() as u32;
            let first = catalog.tools.len() as u32;
            for (name, tool) in &integration.tools {
                catalog.tools.push(ToolEntry {
                    integration: place,
                    name: name.as_str().into(),
                    exposed: exposed.next().unwrap_or_default().into(),
                    definition: tool.definition.clone(),
                    class: tool.class,
                    off: tool.off,
                    held_back: integration.holds_back(name),
                });
            }
            catalog.integrations.push(IntegrationEntry {
                id: integration.id,
                slug: integration.slug.as_str().into(),
                title: integration.title.as_str().into(),
                purpose: integration.purpose.as_str().into(),
                url: integration.url.as_str().into(),
                credential: integration.credential.clone(),
                credential_as_of: state.credentials_anew.get(&integration.id).copied().unwrap_or_default(),
                paused: integration.paused,
                tools: first..catalog.tools.len() as u32,
            });
        }
        catalog.index();
        catalog
    }

    fn index(&mut self) {
        self.names = ToolNames::compile(&self.integrations, &self.tools);
        for (place, integration) in (0u32..).zip(&self.integrations) {
            let hash = hash_of([&integration.slug, ""]);
            self.by_slug.insert_unique(hash, place, |place| slug_hash(&self.integrations, *place));
        }
        for (place, tool) in (0u32..).zip(&self.tools) {
            let exposed = hash_of([&tool.exposed, ""]);
            self.by_exposed.insert_unique(exposed, place, |place| exposed_hash(&self.tools, *place));
        }
    }

    pub(crate) fn integrations(&self) -> impl Iterator<Item = (u32, &IntegrationEntry)> {
        (0u32..).zip(&self.integrations)
    }

    pub(crate) fn integration(&self, place: u32) -> Option<&IntegrationEntry> {
        self.integrations.get(place as usize)
    }

    pub(crate) fn tool(&self, index: ToolIndex) -> Option<&ToolEntry> {
        self.tools.get(index.0 as usize)
    }

    pub(crate) fn tools_of(&self, integration: &IntegrationEntry) -> impl Iterator<Item = (ToolIndex, &ToolEntry)> {
        let range = integration.tools.start as usize..integration.tools.end as usize;
        integration.tools.clone().map(ToolIndex).zip(self.tools.get(range).unwrap_or_default())
    }

    pub(crate) fn integration_by_slug(&self, slug: &str) -> Option<(u32, &IntegrationEntry)> {
        let is = |place: &u32| self.integration(*place).is_some_and(|integration| *integration.slug == *slug);
        let place = *self.by_slug.find(hash_of([slug, ""]), is)?;
        Some((place, self.integration(place)?))
    }

    pub(crate) fn integration_by_id(&self, id: IntegrationId) -> Option<(u32, &IntegrationEntry)> {
        // Compiled from a map ordered by id, so the entries are in that order.
        let place = self.integrations.binary_search_by_key(&id, |integration| integration.id).ok()?;
        Some((place as u32, self.integrations.get(place)?))
    }

    pub(crate) fn find(&self, slug: &str, name: &str) -> Option<ToolIndex> {
        self.named(slug, name).map(|named| named.index)
    }

    /// A tool by its names, with what a yes or no about it needs.
    #[inline]
    pub(crate) fn named(&self, slug: &str, name: &str) -> Option<&NamedTool> {
        self.names.find(slug, name)
    }

    pub(crate) fn find_exposed(&self, exposed: &str) -> Option<ToolIndex> {
        let is = |place: &u32| self.tools.get(*place as usize).is_some_and(|tool| *tool.exposed == *exposed);
        self.by_exposed.find(hash_of([exposed, ""]), is).copied().map(ToolIndex)
    }
}

fn slug_hash(integrations: &[IntegrationEntry], place: u32) -> u64 {
    integrations.get(place as usize).map_or(0, |integration| hash_of([&integration.slug, ""]))
}

fn exposed_hash(tools: &[ToolEntry], place: u32) -> u64 {
    tools.get(place as usize).map_or(0, |tool| hash_of([&tool.exposed, ""]))
}
