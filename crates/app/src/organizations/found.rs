//! Found an organization with its first owner. An operator's act, on the data folder.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::directory::DirectoryEvent;
use domain::event::Event;
use domain::id::{OrgId, PersonId};
use domain::integration::Slug;
use domain::key::KeyKind;
use identity::key::{IssuedKey, KeyPrefix};
use identity::token::IssuedToken;
use journal::Fact;
use tokio::sync::MutexGuard;
use verdict::Permit;

use super::OPERATOR;
use crate::commit::{Commit, CommitFault, Part};
use crate::directory::{email, one_line, person_name};
use crate::{App, Problem, presets};
use identity::digest::hexadecimal as hex;

/// What is needed to found an organization.
#[derive(Clone, Debug)]
pub struct Founding {
    /// Its name.
    pub name: String,
    /// Its slug; made from the name where none is given.
    pub slug: Option<String>,
    /// The preset; the default one where none is given.
    pub preset: Option<String>,
    /// The first owner's e-mail address.
    pub owner_email: String,
    /// The first owner's name; the local part of the address where none is given.
    pub owner_name: Option<String>,
}

/// An organization that was just founded.
#[derive(Debug)]
pub struct Founded {
    /// Its id.
    pub org: OrgId,
    /// Its slug.
    pub slug: Slug,
    /// The preset it was made from.
    pub preset: String,
    /// The first owner.
    pub owner: PersonId,
    /// The first owner's personal key.
    pub key: IssuedKey,
    /// The token of a link by which the first owner signs in, once, within a day.
    pub link: IssuedToken,
}

impl App {
    /// Founds an organization: the preset's roles and settings, the owner as its first member, and a personal
    /// key and a link to sign in for them.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was made then.
    pub async fn found_organization(&self, founding: Founding) -> Result<Founded, Problem> {
        let directory = self.inner.directory.lock().await;
        self.found(founding, &directory).await
    }

    /// The same by whoever holds the directory's lock.
    pub(super) async fn found(&self, founding: Founding, _: &MutexGuard<'_, ()>) -> Result<Founded, Problem> {
        let preset = presets::named(founding.preset.as_deref().unwrap_or(presets::DEFAULT))?;
        let slug = slug(&founding)?;
        let address = email(&founding.owner_email)?;
        let local = address.split('@').next().unwrap_or_default();
        let name = person_name(founding.owner_name.as_deref().unwrap_or(local))?;

        self.inner.quotas.let_found(&self.inner.journal).await?;
        let org = OrgId::from_random(self.random()?);
        let live = self.live(org).await?;
        let state = Arc::clone(&live.state).lock_owned().await;
        let known = self.person(&address).await?;
        let owner = match known {
            Some(person) => person,
            None => PersonId::from_random(self.random()?),
        };
        let key = self.new_key(KeyPrefix::Personal)?;
        let preset_name = preset.name.clone();
        let found = Command::CreateOrganization {
            name: one_line("org", &founding.name, 100)?,
            preset: Box::new(preset),
            owner,
        };
        let mut events = command::handle(&state, found, self.now())?;
        events.push(Event::KeyCreated {
            key: key.id,
            kind: KeyKind::Personal { holder: owner },
            digest: hex(&key.digest),
            hint: key.hint.clone(),
            expires_at: None,
        });
        let mut registered = vec![DirectoryEvent::OrganizationRegistered { org }];
        let mut directory_facts = vec![Fact::Slug { slug: slug.to_string(), org }];
        let called = Fact::Called { org, person: owner, email: address.clone(), name: name.clone() };
        if known.is_none() {
            registered.push(DirectoryEvent::PersonRegistered { person: owner });
            directory_facts.push(Fact::Person { person: owner, email: address, name });
        }
        let (link, ticket) = self.new_link(org, owner)?;
        let facts = vec![
            ticket,
            Fact::Membership { person: owner, org },
            called,
            Fact::Credential { digest: key.digest, org, key: key.id },
            Fact::Label { org, id: key.id.to_string(), label: "First key".to_owned() },
            self.master_key_check(org)?,
        ];
        let directory = Some(self.register(OPERATOR, &registered, directory_facts).await?);
        let permit = Permit::for_founding_an_organization(org);
        let parts = vec![Part { permit, events }];
        let commit = Commit { parts, actor: OPERATOR.to_owned(), facts, directory, until: None };
        match self.commit(live, state, commit).await {
            Ok(_) => Ok(Founded { org, slug, preset: preset_name, owner, key: key.secret, link }),
            Err(CommitFault::Problem(problem)) => Err(problem),
            Err(CommitFault::Conflict { .. } | CommitFault::Late) => {
                Err(Problem::Unavailable { message: "the directory changed meanwhile; try again".to_owned() })
            }
        }
    }
}

fn slug(founding: &Founding) -> Result<Slug, Problem> {
    match &founding.slug {
        Some(slug) => Slug::parse(slug).map_err(|error| Problem::invalid("slug", error.to_string())),
        None => Slug::from_title(&founding.name)
            .ok_or_else(|| Problem::invalid("slug", "no slug can be made from this name; give one")),
    }
}
