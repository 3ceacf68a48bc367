//! Who is called what: the names by which a document speaks of people and integrations.

use std::collections::BTreeMap;

use domain::id::{IntegrationId, PersonId};
use domain::organization::Organization;

use crate::{App, Caller, Problem};

/// The e-mail addresses of an organization's members.
#[derive(Debug, Default)]
pub(super) struct Book {
    addresses: BTreeMap<PersonId, String>,
    /// In lower case.
    people: BTreeMap<String, PersonId>,
}

impl App {
    /// The addresses of the members as they are now.
    pub(super) async fn book(&self, caller: &Caller) -> Result<Book, Problem> {
        let members: Vec<PersonId> = {
            let state = caller.live.state.lock().await;
            state.members.values().filter(|member| member.is_active()).map(|member| member.person).collect()
        };
        let mut book = Book::default();
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

/// The integration of a slug.
pub(super) fn integration_called(state: &Organization, slug: &str) -> Result<IntegrationId, Problem> {
    state.integration_by_slug(slug).map(|integration| integration.id).ok_or_else(|| Problem::Missing {
        noun: "integration",
        message: format!("there is no integration {slug}; a document connects none, so connect it first"),
    })
}
