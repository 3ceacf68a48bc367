//! Write an organization out as a document.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::Agent;
use domain::grant::Grantee;
use domain::id::ResourceId;
use domain::integration::{ClassSource, Integration};
use domain::key::{Key, KeyKind};
use domain::object::Object;
use domain::organization::Organization;
use domain::resource::{Resource, ResourceKind};
use domain::role::{Role, RoleId};
use domain::team::Team;
use domain::time::Timestamp;
use verdict::{Operation, Snapshot};

use super::book::{Book, Names, is_workspace_key, names_of_resources};
use super::document::{Given, VERSION};
use super::section::Section;
use super::{
    AgentEntry, Document, Ending, GivenTo, GrantEntry, Grants, IntegrationEntry, KeyEntry, Moment, ObjectEntry,
    ResourceEntry, RoleEntry, SettingValue, ShareEntry, TeamEntry,
};
use crate::{App, Caller, Problem};

/// The setting whose value is the id of a team, which a document calls by its name wherever the caller sees it.
pub(super) const DEFAULT_TEAM: &str = "join.default_team";

impl App {
    /// The organization as a document: the sections that the caller sees in whole, and nothing secret.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not even see the organization, [`Problem::Busy`] while something else of
    /// the caller's that takes long is being worked on.
    pub async fn export_document(&self, caller: &Caller) -> Result<Document, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewOrganization).await?;
        let alone = self.ask_at_length(caller)?;
        let book = self.book(caller).await?;
        let (state, snapshot) = {
            let state = caller.live.state.lock().await;
            // Under the lock the snapshot is the state's own.
            (Organization::clone(&state), caller.live.snapshot())
        };
        let (app, caller) = (self.clone(), caller.clone());
        alone.work(move || app.written_for(&caller, (&snapshot, &state), &book)).await?
    }

    /// What the caller sees of an organization, as a document.
    fn written_for(
        &self,
        caller: &Caller,
        (snapshot, state): (&Snapshot, &Organization),
        book: &Book,
    ) -> Result<Document, Problem> {
        let sees = |section| self.sees(caller, (snapshot, state), section);
        let mut document = written(state, book, self.now(), sees)?;
        if let Some(settings) = document.settings.as_mut().filter(|_| self.sees_all_teams(caller, snapshot)) {
            let team = state.settings.join_default_team.and_then(|team| state.teams.get(&team));
            settings.extend(team.map(|team| (DEFAULT_TEAM.to_owned(), SettingValue::Text(team.title.clone()))));
        }
        Ok(document)
    }
}

/// The sections of a state that are wanted.
fn written(
    state: &Organization,
    book: &Book,
    now: Timestamp,
    wanted: impl Fn(Section) -> bool,
) -> Result<Document, Problem> {
    let team = |team: &Team| {
        let members = team.members.iter().map(|(person, place)| (book.address(*person), place.role));
        (team.title.clone(), TeamEntry { members: members.collect() })
    };
    let grants = grants(state, book, now, &wanted);
    let settings = if wanted(Section::Settings) { Some(settings(state)?) } else { None };
    let members = state.members.values().filter(|member| member.is_here());
    let when = |section| wanted(section).then_some(());
    Ok(Document {
        wardroom: VERSION,
        name: when(Section::Name).map(|()| state.name.clone()),
        settings,
        objects: when(Section::Objects)
            .map(|()| state.objects.values().map(|object| (object.name.clone(), object_entry(object))).collect()),
        roles: when(Section::Roles).map(|()| state.roles.values().map(|role| (role.id, role_entry(role))).collect()),
        members: when(Section::Members)
            .map(|()| members.map(|member| (book.address(member.person), member.role)).collect()),
        extra_roles: when(Section::ExtraRoles).map(|()| extra_roles(state, book, now)),
        keys: when(Section::Keys).map(|()| keys(state, book, now)),
        resources: when(Section::Resources).map(|()| resources(state, book, now)),
        teams: when(Section::Teams).map(|()| state.teams.values().map(team).collect()),
        agents: when(Section::Agents).map(|()| {
            state.agents.values().map(|agent| (agent.title.clone(), agent_entry(agent, book, now))).collect()
        }),
        integrations: when(Section::Integrations)
            .map(|()| state.integrations.values().map(integration_entry).collect()),
        grants: (grants != Grants::default()).then_some(grants),
    })
}

fn settings(state: &Organization) -> Result<BTreeMap<String, SettingValue>, Problem> {
    let unwritable = |error: serde_json::Error| Problem::broken(&error);
    let values = serde_json::to_value(&state.settings).map_err(unwritable)?;
    serde_json::from_value(values).map_err(unwritable)
}

fn object_entry(object: &Object) -> ObjectEntry {
    let fields = object.fields.iter().map(|(name, field)| (name.clone(), field.title.clone()));
    ObjectEntry { title: object.title.clone(), fields: fields.collect() }
}

fn role_entry(role: &Role) -> RoleEntry {
    if role.locked {
        return RoleEntry { fixed: true, ..RoleEntry::default() };
    }
    RoleEntry {
        fixed: false,
        title: role.title.clone(),
        level: role.level,
        typical_for: role.typical_for.clone(),
        guide: role.guide.clone(),
        assignable_to: GivenTo::set(role.assignable_to),
        permissions: role.permissions.clone(),
        data: role.data.clone(),
    }
}

fn agent_entry(agent: &Agent, book: &Book, now: Timestamp) -> AgentEntry {
    let acts_for = agent.delegations.iter().map(|(person, given)| (*person, Ending::at(given.expires_at)));
    let acts_for =
        acts_for.filter(|(_, given)| given.holds_at(now)).map(|(person, given)| (book.address(person), given));
    AgentEntry {
        acts_for: Some(acts_for.collect()),
        role: agent.role,
        sponsor: agent.sponsor.map(|sponsor| book.address(sponsor)),
        suspended: agent.suspended,
        until: agent.expires_at.map(Moment),
    }
}

fn integration_entry(integration: &Integration) -> (String, IntegrationEntry) {
    let off: BTreeSet<String> =
        integration.tools.iter().filter(|(_, tool)| tool.off).map(|(name, _)| name.clone()).collect();
    let decided = integration.tools.iter().filter(|(_, tool)| tool.class_source == ClassSource::Review);
    let classes = decided.map(|(name, tool)| (name.clone(), tool.class)).collect();
    let paused = Some(integration.paused);
    (integration.slug.to_string(), IntegrationEntry { paused, tools_off: Some(off), classes })
}

/// The roles that members have beside their own, and that have not ended.
fn extra_roles(state: &Organization, book: &Book, now: Timestamp) -> BTreeMap<String, BTreeMap<RoleId, Ending>> {
    let members = state.members.values().filter(|member| member.is_here());
    let given = members.map(|member| {
        let held = member.extra_roles.iter().filter(|(_, given)| given.holds_at(now));
        let held = held.map(|(role, given)| (*role, Ending::at(given.expires_at))).collect::<BTreeMap<_, _>>();
        (book.address(member.person), held)
    });
    given.filter(|(_, held)| !held.is_empty()).collect()
}

fn keys(state: &Organization, book: &Book, now: Timestamp) -> BTreeMap<String, KeyEntry> {
    let keys = state.keys.values().filter(|key| is_workspace_key(key, now));
    let entry = |key: &Key| {
        let KeyKind::Workspace { scope, role } = key.kind else { return None };
        let (suspended, until) = (key.suspended, key.expires_at.map(Moment));
        Some((book.key_name(key.id), KeyEntry { role, reaches: scope, suspended, until }))
    };
    keys.filter_map(entry).collect()
}

fn resources(
    state: &Organization,
    book: &Book,
    now: Timestamp,
) -> BTreeMap<ResourceKind, BTreeMap<String, ResourceEntry>> {
    let entry = |(name, id): (String, ResourceId)| {
        let entry = resource_entry(state, book, now, state.resources.get(&id)?);
        let title = Some(entry.1).filter(|title| *title != name);
        Some((name, ResourceEntry { title, ..entry.0 }))
    };
    let of_kind = |names: Names| names.called.into_iter().filter_map(entry).collect();
    names_of_resources(state).into_iter().map(|(kind, names)| (kind, of_kind(names))).collect()
}

/// A resource and its title.
fn resource_entry(state: &Organization, book: &Book, now: Timestamp, resource: &Resource) -> (ResourceEntry, String) {
    let (mut members, mut agents) = (BTreeMap::new(), BTreeMap::new());
    for (with, share) in &resource.shares {
        let entry = ShareEntry::of(share);
        match with {
            _ if !entry.holds_at(now) => {}
            Grantee::Member(person) => drop(members.insert(book.address(*person), entry)),
            Grantee::Agent(agent) => {
                agents.extend(state.agents.get(agent).map(|agent| (agent.title.clone(), entry)));
            }
            Grantee::Team(_) | Grantee::Role(_) | Grantee::Key(_) => {}
        }
    }
    let teams = resource.teams.iter().filter_map(|team| state.teams.get(team)).map(|team| team.title.clone());
    let entry = ResourceEntry {
        title: None,
        tier: resource.tier.clone(),
        owner: resource.owner.map(|owner| book.address(owner)),
        teams: teams.collect(),
        members,
        agents,
        deleted: resource.deleted_at.is_some(),
    };
    (entry, resource.title.clone())
}

/// What is given to whom, and has not ended.
fn grants(state: &Organization, book: &Book, now: Timestamp, wanted: &impl Fn(Section) -> bool) -> Grants {
    fn part<K: Ord>(wanted: bool, given: impl Iterator<Item = (K, Given)>) -> Option<BTreeMap<K, Given>> {
        wanted.then(|| given.filter(|(_, given)| !given.is_empty()).collect())
    }
    let given = |grantee: &Grantee| -> Given {
        let all = state.grants.get(grantee).into_iter().flatten().filter(|(_, grant)| grant.holds_at(now));
        let entry = |(id, grant)| Some((state.integrations.get(id)?.slug.to_string(), GrantEntry::of(grant)));
        all.filter_map(entry).collect()
    };
    let members = state.members.values().filter(|member| member.is_here()).map(|member| member.person);
    let keys = state.keys.values().filter(|key| is_workspace_key(key, now)).map(|key| key.id);
    Grants {
        members: part(
            wanted(Section::GrantsToMembers),
            members.map(|person| (book.address(person), given(&Grantee::Member(person)))),
        ),
        teams: part(
            wanted(Section::GrantsToTeams),
            state.teams.values().map(|team| (team.title.clone(), given(&Grantee::Team(team.id)))),
        ),
        roles: part(
            wanted(Section::GrantsToRoles),
            state.roles.keys().map(|role| (*role, given(&Grantee::Role(*role)))),
        ),
        agents: part(
            wanted(Section::GrantsToAgents),
            state.agents.values().map(|agent| (agent.title.clone(), given(&Grantee::Agent(agent.id)))),
        ),
        keys: part(wanted(Section::GrantsToKeys), keys.map(|key| (book.key_name(key), given(&Grantee::Key(key))))),
    }
}
