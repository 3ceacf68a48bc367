//! What is called what: the names by which a document speaks of people, keys, resources and integrations.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{KeyId, PersonId, ResourceId};
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
    /// And which key is called so.
    keys_called: BTreeMap<String, KeyId>,
}

impl App {
    /// The addresses of the members as they are now.
    pub(super) async fn book(&self, caller: &Caller) -> Result<Book, Problem> {
        let labels = self.labels(caller.live.org()).await?;
        let (members, keys): (Vec<PersonId>, Vec<KeyId>) = {
            let state = caller.live.state.lock().await;
            let members = state.members.values().filter(|member| member.is_here()).map(|member| member.person);
            let keys = state.keys.values().filter(|key| is_workspace_key(key, self.now())).map(|key| key.id);
            (members.collect(), keys.collect())
        };
        let label = |key: &KeyId| labels.get(key.as_str()).filter(|label| KeyId::parse(label).is_err());
        let mut book = Book::default();
        let mut counts = BTreeMap::<&str, usize>::new();
        keys.iter().filter_map(label).for_each(|label| *counts.entry(label).or_default() += 1);
        for key in &keys {
            let called = label(key).filter(|label| counts.get(label.as_str()) == Some(&1)).cloned();
            let called = called.unwrap_or_else(|| key.to_string());
            book.keys_called.insert(called.clone(), *key);
            book.keys.insert(*key, called);
        }
        for (person, known) in self.people(caller.live.org(), &members).await? {
            book.people.insert(known.email.to_ascii_lowercase(), person);
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
        let found = self.people.get(&name.to_ascii_lowercase()).copied().or_else(|| PersonId::parse(name).ok());
        found.filter(|person| state.member(*person).is_some()).ok_or_else(|| Problem::Missing {
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
        by_id.or_else(|| self.keys_called.get(name).copied())
    }
}

/// Whether a key is a workspace key that works at this moment.
pub(super) fn is_workspace_key(key: &Key, now: Timestamp) -> bool {
    key.holds_at(now) && matches!(key.kind, KeyKind::Workspace { .. })
}

/// What the resources of a kind are called: by their titles where these are theirs alone among the kind, and by their ids
/// elsewhere.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) called: BTreeMap<String, ResourceId>,
    /// Titles by which none is called.
    pub(super) unclear: BTreeSet<String>,
}

/// What all resources are called, by kind.
pub(super) fn names_of_resources(state: &Organization) -> BTreeMap<ResourceKind, Names> {
    let mut counts = BTreeMap::<(ResourceKind, &str), usize>::new();
    let resources = || state.resources.values();
    resources().for_each(|resource| *counts.entry((resource.kind, resource.title.as_str())).or_default() += 1);
    let mut names = BTreeMap::<ResourceKind, Names>::new();
    for resource in resources() {
        let of_kind = names.entry(resource.kind).or_default();
        let is_alone = counts.get(&(resource.kind, resource.title.as_str())) == Some(&1);
        if is_alone && ResourceId::parse(&resource.title).is_err() {
            of_kind.called.insert(resource.title.clone(), resource.id);
        } else {
            of_kind.unclear.insert(resource.title.clone());
            of_kind.called.insert(resource.id.to_string(), resource.id);
        }
    }
    names
}
