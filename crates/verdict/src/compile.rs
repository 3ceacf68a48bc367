//! From the state of an organization to its snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::agent::Agent;
use domain::grant::Grantee;
use domain::id::{IntegrationId, OrgId, PersonId, TeamId};
use domain::key::{Key, KeyKind, KeyScope};
use domain::member::Member;
use domain::organization::{GrantsTo, KeysWithoutRole, Organization, PersonalKeys, Settings};
use domain::permission::{Permission, PermissionSet, Scope};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::{Role, RoleId};

use crate::catalog::Catalog;
use crate::list::HOLDERS_MAX;
use crate::question::{Reason, Subject, Via};
use crate::snapshot::{
    AgentEntry, GrantEntry, IdMap, KeyEntry, NEVER, Reach, RoleEntry, Snapshot, SubjectEntry, id_bytes,
};
use crate::subjects::Subjects;

/// What has not changed since an earlier snapshot, so that a change of people costs nothing there.
#[derive(Clone, Copy, Debug)]
pub struct Same<'s> {
    /// The earlier snapshot.
    pub before: &'s Snapshot,
    /// Whether integrations and tools are as they were.
    pub tools: bool,
    /// Whether resources, and who has them, are as they were.
    pub resources: bool,
}

/// Teams by person, in the order of their ids.
type TeamsOf = BTreeMap<PersonId, Vec<(TeamId, u32)>>;

impl Snapshot {
    /// Compiles an organization's state.
    #[must_use]
    pub fn compile(org: OrgId, state: &Organization, same: Option<Same<'_>>) -> Snapshot {
        let before = |kept: fn(&Same<'_>) -> bool| same.filter(kept).map(|same| same.before);
        let catalog = before(|same| same.tools).map(|before| Arc::clone(&before.catalog));
        let resources = before(|same| same.resources).map(|before| Arc::clone(&before.resources));
        let objects = before(|_| true).map(|before| &before.objects).filter(|objects| ***objects == state.objects);
        let role = |role: &Role| RoleEntry { set: effective(role, &state.settings), role: role.clone() };
        let delegations = |agent: &Agent| {
            agent.delegations.iter().map(|(person, given)| (*person, given.expires_at.unwrap_or(NEVER))).collect()
        };
        let agents = state.agents.values().map(|agent| (agent.id, AgentEntry { delegations: delegations(agent) }));
        let mut snapshot = Snapshot {
            org,
            seq: state.seq,
            name: state.name.as_str().into(),
            settings: state.settings.clone(),
            catalog: catalog.unwrap_or_else(|| Arc::new(Catalog::compile(state))),
            roles: state.roles.values().map(role).collect(),
            first_members: Vec::new(),
            subjects: Subjects::default(),
            keys: IdMap::default(),
            teams: state.teams.values().map(|team| (team.id, team.title.as_str().into())).collect(),
            agents: agents.collect(),
            resources: resources.unwrap_or_else(|| Arc::new(state.resources.clone())),
            objects: objects.map_or_else(|| Arc::new(state.objects.clone()), Arc::clone),
            unlisted_off: unlisted_off(state),
        };
        let subjects = snapshot.entries(state);
        snapshot.first_members = first_members(&subjects, snapshot.roles.len());
        snapshot.subjects = Subjects::compile(subjects, snapshot.catalog.integrations().count());
        for key in state.keys.values().filter(|key| key.revoked_at.is_none()) {
            snapshot.add_key(key);
        }
        snapshot
    }

    fn entries(&self, state: &Organization) -> Vec<SubjectEntry> {
        let mut teams_of = TeamsOf::new();
        for team in state.teams.values() {
            for (person, member) in &team.members {
                if let Some(role) = self.role_place(member.role) {
                    teams_of.entry(*person).or_default().push((team.id, role));
                }
            }
        }
        let members = state.members.values().filter(|member| member.is_active());
        let members = members.map(|member| self.member(state, member, teams_of.remove(&member.person)));
        let mut subjects: Vec<SubjectEntry> = members.collect();
        subjects.extend(state.agents.values().map(|agent| self.agent(state, agent)));
        let keys = state.keys.values().filter(|key| key.revoked_at.is_none());
        subjects.extend(keys.filter_map(|key| self.workspace_key(state, key)));
        subjects
    }

    fn member(&self, state: &Organization, member: &Member, teams: Option<Vec<(TeamId, u32)>>) -> SubjectEntry {
        let teams: Box<[(TeamId, u32)]> = teams.unwrap_or_default().into();
        let own = (Grantee::Member(member.person), Via::Own);
        let in_teams = teams.iter().map(|(team, _)| (Grantee::Team(*team), Via::Team(*team)));
        let role = (Grantee::Role(member.role), Via::Role);
        let reach = self.granted(state, [own].into_iter().chain(in_teams).chain([role]));
        let entry = self.holder(Subject::Member(member.person), Some(member.role), reach);
        SubjectEntry { teams, ..entry }
    }

    fn agent(&self, state: &Organization, agent: &Agent) -> SubjectEntry {
        let role = agent.role.map(|role| (Grantee::Role(role), Via::Role));
        let reach = self.granted(state, [(Grantee::Agent(agent.id), Via::Own)].into_iter().chain(role));
        let stopped = (agent.suspended || agent.sponsor.is_none()).then_some(Reason::Suspended);
        let entry = self.holder(Subject::Agent(agent.id), agent.role, reach);
        stop(SubjectEntry { ends_at: agent.expires_at.unwrap_or(NEVER), ..entry }, stopped)
    }

    /// The subject that a workspace key is.
    fn workspace_key(&self, state: &Organization, key: &Key) -> Option<SubjectEntry> {
        let KeyKind::Workspace { scope, role } = key.kind else { return None };
        let setting = self.settings.keys_without_role;
        let stopped = match role {
            _ if key.suspended => Some(Reason::Suspended),
            None if setting == KeysWithoutRole::Deny => Some(Reason::KeyWithoutRole),
            _ => None,
        };
        let default = (setting == KeysWithoutRole::DefaultRole).then_some(self.settings.join_default_role);
        let role = role.or(default);
        let given = role.map(|role| (Grantee::Role(role), Via::Role));
        let reach = match scope {
            KeyScope::All if self.settings.managers_implicit_access => Reach::ByKeyScope,
            // Where nobody uses what they were not given, neither do keys.
            KeyScope::All | KeyScope::Granted => {
                self.granted(state, [(Grantee::Key(key.id), Via::Own)].into_iter().chain(given))
            }
        };
        let entry = self.holder(Subject::Key(key.id), role, reach);
        Some(stop(SubjectEntry { ends_at: key.expires_at.unwrap_or(NEVER), ..entry }, stopped))
    }

    fn holder(&self, subject: Subject, role: Option<RoleId>, reach: Reach) -> SubjectEntry {
        let place = role.and_then(|role| self.role_place(role));
        let permissions = place.and_then(|place| self.role(place)).map_or(PermissionSet::EMPTY, |entry| entry.set);
        let everything = permissions.holds(Permission::IntegrationUseAll);
        let reach = match reach {
            Reach::Granted(_) if everything => Reach::ByRole,
            reach => reach,
        };
        SubjectEntry { subject, role: place, permissions, teams: Box::default(), reach, ends_at: NEVER, stopped: None }
    }

    fn add_key(&mut self, key: &Key) {
        let (subject, acting_for) = match key.kind {
            KeyKind::Personal { holder } => (Subject::Member(holder), None),
            KeyKind::Workspace { .. } => (Subject::Key(key.id), None),
            KeyKind::Agent { agent, acting_for } => (Subject::Agent(agent), acting_for),
        };
        let (Some(digest), Some(bytes)) = (key.digest_bytes(), id_bytes(key.id.as_str())) else { return };
        let personal = matches!(subject, Subject::Member(_));
        let suspended =
            personal && self.subject(subject.as_str()).is_none_or(|entry| self.may_have_keys(entry).is_err());
        let ends_at = key.expires_at.unwrap_or(NEVER);
        self.keys.insert(bytes, KeyEntry { subject, acting_for, digest, ends_at, suspended });
    }

    /// Whether somebody may have personal keys; if not, for lack of what.
    pub(crate) fn may_have_keys(&self, entry: &SubjectEntry) -> Result<(), Permission> {
        let needed = match self.settings.keys_personal {
            PersonalKeys::Everyone => return Ok(()),
            PersonalKeys::Managers => Permission::KeyManageWorkspace,
            PersonalKeys::ByPermission => Permission::KeyCreatePersonal,
        };
        if entry.permissions.holds(needed) { Ok(()) } else { Err(needed) }
    }

    /// What was given, in the order of the integrations; what is given to those to whom nothing is given here does
    /// not count.
    fn granted(&self, state: &Organization, to: impl Iterator<Item = (Grantee, Via)>) -> Reach {
        let counts = |grantee: &Grantee| match grantee {
            Grantee::Member(_) => self.settings.grants_to.contains(&GrantsTo::Person),
            Grantee::Team(_) => self.settings.grants_to.contains(&GrantsTo::Team),
            Grantee::Role(_) => self.settings.grants_to.contains(&GrantsTo::Role),
            Grantee::Key(_) | Grantee::Agent(_) => true,
        };
        let mut entries = Vec::new();
        for (grantee, via) in to.filter(|(grantee, _)| counts(grantee)) {
            for (integration, grant) in state.grants.get(&grantee).into_iter().flatten() {
                let Some((place, entry)) = self.catalog.integration_by_id(*integration) else { continue };
                let off = |tool: &String| self.catalog.find(&entry.slug, tool).map(|index| index.0);
                let mut tools_off: Vec<u32> = grant.tools_off.iter().filter_map(off).collect();
                tools_off.sort_unstable();
                entries.push(GrantEntry {
                    integration: place,
                    profile: grant.profile,
                    tools_off: tools_off.into(),
                    ends_at: grant.expires_at.unwrap_or(NEVER),
                    since_seq: grant.since_seq,
                    via,
                });
            }
        }
        // The widest first: it is the one that an answer rests on, or falls short of.
        entries.sort_by_key(|entry| {
            (entry.integration, std::cmp::Reverse(entry.profile as u8), entry.tools_off.len(), entry.via)
        });
        Reach::Granted(entries.into())
    }
}

/// Tools that are off in grants and not listed by their upstream.
fn unlisted_off(state: &Organization) -> BTreeMap<(Grantee, IntegrationId), BTreeSet<String>> {
    let grants = state.grants.iter().flat_map(|(to, grants)| grants.iter().map(move |(of, grant)| (*to, *of, grant)));
    let with_off = grants.filter(|(_, _, grant)| !grant.tools_off.is_empty());
    let unlisted = with_off.map(|(to, of, grant)| {
        let listed = state.integrations.get(&of).map(|integration| &integration.tools);
        let off = grant.tools_off.iter().filter(|tool| !listed.is_some_and(|listed| listed.contains_key(*tool)));
        ((to, of), off.cloned().collect::<BTreeSet<String>>())
    });
    unlisted.filter(|(_, off)| !off.is_empty()).collect()
}

/// For each role the first members who have it; the entries are in the order of the members' ids.
fn first_members(entries: &[SubjectEntry], roles: usize) -> Vec<Vec<PersonId>> {
    let mut first = vec![Vec::new(); roles];
    for entry in entries {
        let place = entry.role.and_then(|place| first.get_mut(place as usize));
        if let (Some(members), Some(person)) = (place, entry.subject.person())
            && members.len() < HOLDERS_MAX
        {
            members.push(person);
        }
    }
    first
}

/// Who does nothing reaches nothing.
fn stop(entry: SubjectEntry, stopped: Option<Reason>) -> SubjectEntry {
    match stopped {
        None => entry,
        Some(_) => SubjectEntry { reach: Reach::Granted(Box::default()), stopped, ..entry },
    }
}

/// What a role comes to under the organization's settings.
pub(crate) fn effective(role: &Role, settings: &Settings) -> PermissionSet {
    in_force(role.set(), settings)
}

/// What permissions come to under the organization's settings.
pub(crate) fn in_force(set: PermissionSet, settings: &Settings) -> PermissionSet {
    if settings.managers_implicit_access {
        return set;
    }
    let narrowed = ResourceKind::ALL.iter().map(|kind| kind.permission(ResourceVerb::Use));
    narrowed.fold(set.without(Permission::IntegrationUseAll), |set, used| set.at_most(used, Scope::Team))
}
