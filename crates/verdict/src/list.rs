//! Lists: what somebody can see and call, from the same rules that decide a call.

use domain::id::{IntegrationId, PersonId};
use domain::integration::ToolClass;
use domain::permission::{Permission, PermissionSet, Scope};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;

use crate::catalog::{IntegrationEntry, ToolEntry, ToolIndex};
use crate::evaluate::{ReachedBy, open};
use crate::first::HOLDERS_MAX;
use crate::question::{Action, Actor, Basis, Question, RoleIndex, Subject};
use crate::snapshot::{NEVER, Snapshot, SubjectEntry};

/// Who asks, and the person who cuts what they may where they act for one.
type Both<'s> = (&'s SubjectEntry, Option<&'s SubjectEntry>);

impl Snapshot {
    /// Every tool that the actor may call at this moment, in the order of integrations and names; exactly those
    /// for which [`Snapshot::evaluate`] allows a call.
    pub fn callable_tools<'s>(
        &'s self,
        actor: &'s Actor,
        now: Timestamp,
    ) -> impl Iterator<Item = (ToolIndex, &'s ToolEntry, &'s IntegrationEntry)> {
        let both = self.admitted(actor, now);
        self.catalog
            .integrations()
            .flat_map(move |found| self.open_tools(both, found, now).map(move |(index, tool)| (index, tool, found.1)))
    }

    /// The tools of one integration that the actor may call at this moment.
    pub fn callable_tools_of<'s>(
        &'s self,
        actor: &'s Actor,
        integration: IntegrationId,
        now: Timestamp,
    ) -> impl Iterator<Item = (ToolIndex, &'s ToolEntry)> {
        let found = self.catalog.integration_by_id(integration);
        let both = self.admitted(actor, now);
        found.into_iter().flat_map(move |found| self.open_tools(both, found, now))
    }

    fn open_tools<'s>(
        &'s self,
        both: Option<Both<'s>>,
        found: (u32, &'s IntegrationEntry),
        now: Timestamp,
    ) -> impl Iterator<Item = (ToolIndex, &'s ToolEntry)> {
        let reached = both.and_then(|(entry, principal)| {
            let cut_by = match principal {
                Some(principal) => Some(self.reaches(principal, found, now).ok()?),
                None => None,
            };
            Some((self.reaches(entry, found, now).ok()?, cut_by))
        });
        reached.into_iter().flat_map(move |(reached, cut_by)| {
            let is_open = move |(index, tool): &(ToolIndex, &'s ToolEntry), by: &ReachedBy<'s>| {
                open(*index, tool, found.1, by, now).is_ok()
            };
            let tools = self.catalog.tools_of(found.1);
            tools.filter(move |tool| is_open(tool, &reached) && cut_by.as_ref().is_none_or(|by| is_open(tool, by)))
        })
    }

    /// Every integration that the actor has something of, and on what that rests.
    pub fn reached_integrations<'s>(
        &'s self,
        actor: &'s Actor,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'s IntegrationEntry, Basis)> {
        let both = self.admitted(actor, now);
        self.catalog.integrations().filter_map(move |found| {
            let (entry, principal) = both?;
            if let Some(principal) = principal {
                self.reaches(principal, found, now).ok()?;
            }
            Some((found.1, self.reaches(entry, found, now).ok()?.basis(entry, now)))
        })
    }

    fn admitted(&self, actor: &Actor, now: Timestamp) -> Option<Both<'_>> {
        let admitted = match actor.credential {
            Some(credential) => self
                .admit(credential, now)
                .is_ok_and(|found| (found.subject, found.acting_for) == (actor.subject, actor.acting_for)),
            None => true,
        };
        let entry = self.subject_at(actor.subject.as_str(), now).ok().filter(|_| admitted)?;
        let Some(person) = actor.acting_for else { return Some((entry, None)) };
        self.delegated(actor, now).ok()?;
        Some((entry, Some(self.subject_at(person.as_str(), now).ok()?)))
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

    /// Every subject for whom an action is allowed at this moment, in the order of their ids; exactly those for whom
    /// [`Snapshot::evaluate`] allows it.
    #[must_use]
    pub fn who_can(&self, action: Action<'_>, now: Timestamp) -> Vec<Subject> {
        let may = |subject: &Subject| {
            let actor = Actor::about(*subject);
            self.evaluate(&Question { actor: &actor, action, now }).is_allowed()
        };
        let mut subjects: Vec<Subject> = self.subjects.iter().map(|entry| entry.subject).filter(may).collect();
        subjects.sort_unstable();
        subjects
    }

    /// Every subject, in the order of their ids.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        let mut subjects: Vec<Subject> = self.subjects.iter().map(|entry| entry.subject).collect();
        subjects.sort_unstable();
        subjects
    }

    /// The first active members who hold a permission as far as it goes and with no end, in the order of their ids.
    #[must_use]
    pub fn holders(&self, permission: Permission) -> Vec<PersonId> {
        let holding = self.roles.iter().zip(self.first_members.iter()).filter(|(role, _)| role.set.holds(permission));
        let mut people: Vec<PersonId> = holding.flat_map(|(_, members)| members).copied().collect();
        people.sort_unstable();
        people.dedup();
        people.truncate(HOLDERS_MAX);
        people
    }

    /// What a subject's roles in the organization come to at a moment; nothing where there is no such subject.
    #[must_use]
    pub fn permissions_of(&self, subject: Subject, now: Timestamp) -> PermissionSet {
        self.subject(subject.as_str(), now).map_or(PermissionSet::EMPTY, |entry| entry.permissions)
    }

    /// How far a subject's roles in the organization hold a permission at a moment.
    #[must_use]
    pub fn scope_of(&self, subject: Subject, permission: Permission, now: Timestamp) -> Option<Scope> {
        self.permissions_of(subject, now).scope(permission)
    }

    /// What a role comes to under the organization's settings; nothing where there is no such role.
    #[must_use]
    pub fn permissions_of_role(&self, role: RoleId) -> PermissionSet {
        self.set_of_role(role)
    }

    /// A subject's own role.
    #[must_use]
    pub fn role_of(&self, subject: Subject) -> Option<&Role> {
        self.role(self.subjects.find(subject.as_str())?.role?).map(|entry| &entry.role)
    }

    /// The roles that a member has beside their own at a moment, each with its end.
    pub fn extra_roles_of(
        &self,
        subject: Subject,
        now: Timestamp,
    ) -> impl Iterator<Item = (RoleIndex, &Role, Option<Timestamp>)> {
        let entry = self.subject(subject.as_str(), now);
        let extra = entry.and_then(|entry| entry.more.as_ref()).into_iter().flat_map(|more| &more.roles);
        let end = |end: Timestamp| (end != NEVER).then_some(end);
        extra.filter_map(move |extra| Some((RoleIndex(extra.role), &self.role(extra.role)?.role, end(extra.ends_at))))
    }

    /// The role that an answer of this snapshot names.
    #[must_use]
    pub fn role_named(&self, index: RoleIndex) -> Option<&Role> {
        self.role(index.0).map(|entry| &entry.role)
    }
}
