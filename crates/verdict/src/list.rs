//! Lists: what somebody can see and call, from the same rules that decide a call.

use domain::id::{IntegrationId, PersonId};
use domain::integration::ToolClass;
use domain::permission::Permission;
use domain::role::Role;
use domain::time::Timestamp;

use crate::catalog::{IntegrationEntry, ToolEntry, ToolIndex};
use crate::evaluate::open;
use crate::question::{Actor, Basis, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    /// Every tool that the actor may call at this moment, in the order of integrations and names; exactly those
    /// for which [`Snapshot::evaluate`] allows a call.
    pub fn callable_tools<'s>(
        &'s self,
        actor: &'s Actor,
        now: Timestamp,
    ) -> impl Iterator<Item = (ToolIndex, &'s ToolEntry, &'s IntegrationEntry)> {
        self.reached(actor, now).flat_map(move |(entry, place, integration)| {
            let grant = self.reaches(entry, (place, integration), now).ok().map(|reached| reached.grant());
            self.catalog
                .tools_of(integration)
                .filter(move |(index, tool)| grant.is_some_and(|grant| open(*index, tool, integration, grant).is_ok()))
                .map(move |(index, tool)| (index, tool, integration))
        })
    }

    /// The tools of one integration that the actor may call at this moment.
    pub fn callable_tools_of<'s>(
        &'s self,
        actor: &'s Actor,
        integration: IntegrationId,
        now: Timestamp,
    ) -> impl Iterator<Item = (ToolIndex, &'s ToolEntry)> {
        let found = self.catalog.integration_by_id(integration);
        let reached = self.admitted(actor, now).zip(found).and_then(|(entry, found)| {
            let reached = self.reaches(entry, found, now).ok()?;
            Some((reached.grant(), found.1))
        });
        reached.into_iter().flat_map(move |(grant, integration)| {
            let tools = self.catalog.tools_of(integration);
            tools.filter(move |(index, tool)| open(*index, tool, integration, grant).is_ok())
        })
    }

    /// Every integration that the actor has something of, and on what that rests.
    pub fn reached_integrations<'s>(
        &'s self,
        actor: &'s Actor,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'s IntegrationEntry, Basis)> {
        self.reached(actor, now).filter_map(move |(entry, place, integration)| {
            let reached = self.reaches(entry, (place, integration), now).ok()?;
            Some((integration, reached.basis(entry)))
        })
    }

    fn reached<'s>(
        &'s self,
        actor: &'s Actor,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'s SubjectEntry, u32, &'s IntegrationEntry)> {
        self.admitted(actor, now).into_iter().flat_map(move |entry| {
            self.catalog
                .integrations()
                .filter(move |found| self.reaches(entry, *found, now).is_ok())
                .map(move |(place, integration)| (entry, place, integration))
        })
    }

    fn admitted(&self, actor: &Actor, now: Timestamp) -> Option<&SubjectEntry> {
        let admitted = match actor.credential {
            Some(credential) => self.admit(credential, now).is_ok_and(|found| found.subject == actor.subject),
            None => true,
        };
        self.subject_at(actor.subject.as_str(), now).ok().filter(|_| admitted)
    }

    /// Every integration of the organization, whoever may see it.
    pub fn integrations(&self) -> impl Iterator<Item = &IntegrationEntry> {
        self.catalog.integrations().map(|(_, integration)| integration)
    }

    /// The name that a tool has at the organization's one URL.
    #[must_use]
    pub fn exposed_name(&self, integration: &str, tool: &str) -> Option<String> {
        self.tool(self.catalog.find(integration, tool)?).map(|(tool, _)| tool.exposed.to_string())
    }

    /// How many tools of each class an integration has.
    #[must_use]
    pub fn tool_count(&self, integration: &IntegrationEntry, class: Option<ToolClass>) -> usize {
        self.catalog.tools_of(integration).filter(|(_, tool)| class.is_none_or(|class| tool.class == class)).count()
    }

    /// The active members who hold a permission, in the order of their ids, at most `most`.
    #[must_use]
    pub fn holders(&self, permission: Permission, most: usize) -> Vec<PersonId> {
        let mut people: Vec<PersonId> = self
            .subjects
            .iter()
            .filter(|entry| entry.permissions.holds(permission))
            .filter_map(|entry| match entry.subject {
                Subject::Member(person) => Some(person),
                Subject::Key(_) => None,
            })
            .collect();
        people.sort_unstable();
        people.truncate(most);
        people
    }

    /// A subject's role.
    #[must_use]
    pub fn role_of(&self, subject: Subject) -> Option<&Role> {
        self.role(self.subject(subject.as_str())?.role?)
    }
}
