//! What is called what: the names by which a document speaks of people, keys, resources and integrations.

use std::collections::BTreeMap;

use domain::id::{IntegrationId, KeyId, PersonId, ResourceId};
use domain::key::{Key, KeyKind};
use domain::organization::Organization;
use domain::resource::ResourceKind;
use domain::time::Timestamp;

use crate::{App, Caller, Problem};

/// The e-mail addresses of an organization's members, and what people call its workspace keys.
#[derive(Debug, Default)]
pub(super) struct Book {
    addresses: BTreeMap<PersonId, String>,
    /// In lower case.
    people: BTreeMap<String, PersonId>,
    /// What each workspace key is called that works: its label where that is its alone.
    keys: BTreeMap<KeyId, String>,
}

impl App {
    /// The addresses of the members as they are now.
    pub(super) async fn book(&self, caller: &Caller) -> Result<Book, Problem> {
        let labels = self.labels(caller.live.org()).await?;
        let (members, keys): (Vec<PersonId>, Vec<KeyId>) = {
            let state = caller.live.state.lock().await;
            let members = state.members.values().filter(|member| member.is_active()).map(|member| member.person);
            let keys = state.keys.values().filter(|key| is_workspace_key(key, self.now())).map(|key| key.id);
            (members.collect(), keys.collect())
        };
        let label = |key: &KeyId| labels.get(key.as_str()).filter(|label| KeyId::parse(label).is_err());
        let mut book = Book::default();
        for key in &keys {
            let alone =
                |label: &&String| keys.iter().filter(|other| labels.get(other.as_str()) == Some(label)).count() == 1;
            let called = label(key).filter(alone).cloned();
            book.keys.insert(*key, called.unwrap_or_else(|| key.to_string()));
        }
        for (person, known) in self.people(caller.live.org(), &members).await? {
            book.people.insert(known.email.to_lowercase(), person);
            book.addresses.insert(person, known.email);
        }
        Ok(book)
    }
}

impl Book {
    /// How a person is named: by address, and by id where the address was erased.
    pub(super) fn address(&self, person: PersonId) -> String {
        self.addresses.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }

    /// Which member is meant.
    pub(super) fn person(&self, name: &str, state: &Organization) -> Result<PersonId, Problem> {
        let found = self.people.get(&name.to_lowercase()).copied().or_else(|| PersonId::parse(name).ok());
        found.filter(|person| state.active_member(*person).is_some()).ok_or_else(|| Problem::Missing {
            noun: "member",
            message: format!("there is no member {name}; a document adds nobody, so add them first"),
        })
    }
}

impl Book {
    /// What a workspace key is called.
    pub(super) fn key_name(&self, key: KeyId) -> String {
        self.keys.get(&key).cloned().unwrap_or_else(|| key.to_string())
    }

    /// Which workspace key is meant, if there is one that works.
    pub(super) fn key(&self, name: &str) -> Option<KeyId> {
        let by_id = KeyId::parse(name).ok().filter(|key| self.keys.contains_key(key));
        by_id.or_else(|| self.keys.iter().find(|(_, called)| *called == name).map(|(key, _)| *key))
    }
}

/// Whether a key is a workspace key that works at this moment.
pub(super) fn is_workspace_key(key: &Key, now: Timestamp) -> bool {
    key.holds_at(now) && matches!(key.kind, KeyKind::Workspace { .. })
}

/// What each resource of a kind is called: its title where that is its alone among its kind, and its id elsewhere.
pub(super) fn names_of_resources(state: &Organization, kind: ResourceKind) -> BTreeMap<ResourceId, String> {
    let of_kind = || state.resources.values().filter(|resource| resource.kind == kind);
    let mut counts = BTreeMap::<&str, usize>::new();
    of_kind().for_each(|resource| *counts.entry(resource.title.as_str()).or_default() += 1);
    let alone = |title: &str| counts.get(title) == Some(&1) && ResourceId::parse(title).is_err();
    let named = of_kind().map(|resource| match alone(&resource.title) {
        true => (resource.id, resource.title.clone()),
        false => (resource.id, resource.id.to_string()),
    });
    named.collect()
}

/// The integration of a slug.
pub(super) fn integration_called(state: &Organization, slug: &str) -> Result<IntegrationId, Problem> {
    state.integration_by_slug(slug).map(|integration| integration.id).ok_or_else(|| Problem::Missing {
        noun: "integration",
        message: format!("there is no integration {slug}; a document connects none, so connect it first"),
    })
}
