//! From the state of an organization to its snapshot.

use std::sync::Arc;

use domain::agent::Agent;
use domain::grant::Grantee;
use domain::id::{OrgId, PersonId, TeamId};
use domain::key::{Key, KeyKind, KeyScope};
use domain::member::Member;
use domain::organization::{GrantsTo, KeysWithoutRole, Organization, PersonalKeys, Settings};
use domain::permission::{Permission, PermissionSet, Scope};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;

use crate::catalog::Catalog;
use crate::list::HOLDERS_MAX;
use crate::question::{Reason, RoleIndex, Subject, Via};
use crate::snapshot::{
    AgentEntry, ExtraRole, GrantEntry, IdMap, KeyEntry, More, NEVER, Reach, RoleEntry, Snapshot, SubjectEntry, id_bytes,
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
type TeamsOf = std::collections::BTreeMap<PersonId, Vec<(TeamId, u32)>>;

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
            extra_roles: Vec::new(),
            keys: IdMap::default(),
            teams: state.teams.values().map(|team| (team.id, team.title.as_str().into())).collect(),
            agents: agents.collect(),
            resources: resources.unwrap_or_else(|| Arc::new(state.resources.clone())),
            objects: objects.map_or_else(|| Arc::new(state.objects.clone()), Arc::clone),
        };
        let subjects = snapshot.entries(state);
        snapshot.extra_roles = snapshot.all_extra_roles(state);
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
        let mut extra = Vec::new();
        if self.settings.roles_extra_bindings {
            let ends = |(role, given): (&RoleId, &domain::member::ExtraRole)| {
                Some(ExtraRole { role: self.role_place(*role)?, ends_at: given.expires_at.unwrap_or(NEVER) })
            };
            extra.extend(member.extra_roles.iter().filter_map(ends));
            extra.sort_by_key(|extra| (std::cmp::Reverse(extra.ends_at), extra.role));
        }
        self.member_with(state, member, &teams.unwrap_or_default(), &extra)
    }

    /// A member with some roles beside their own, the one that ends next at the end.
    fn member_with(
        &self,
        state: &Organization,
        member: &Member,
        teams: &[(TeamId, u32)],
        extra: &[ExtraRole],
    ) -> SubjectEntry {
        let own = (Grantee::Member(member.person), Via::Own);
        let in_teams = teams.iter().map(|(team, _)| (Grantee::Team(*team), Via::Team(*team)));
        let role = (Grantee::Role(member.role), Via::Role);
        let known = extra.iter().filter_map(|extra| Some((extra.role, self.role(extra.role)?)));
        let beside =
            known.clone().map(|(place, entry)| (Grantee::Role(entry.role.id), Via::ExtraRole(RoleIndex(place))));
        let reach = self.granted(state, [own].into_iter().chain(in_teams).chain([role]).chain(beside));
        let mut entry = self.holder(Subject::Member(member.person), Some(member.role), reach);
        entry.teams = teams.into();
        entry.permissions = known.fold(entry.permissions, |all, (_, extra)| all.union(extra.set));
        if entry.permissions.holds(Permission::IntegrationUseAll) {
            entry.reach = Reach::ByRole;
        }
        let Some(next) = extra.last() else { return entry };
        let then = (next.ends_at != NEVER).then(|| {
            let rest = extra.partition_point(|extra| extra.ends_at > next.ends_at);
            (next.ends_at, self.member_with(state, member, teams, extra.get(..rest).unwrap_or_default()))
        });
        SubjectEntry { more: Some(Box::new(More { roles: extra.into(), then })), ..entry }
    }

    fn all_extra_roles(&self, state: &Organization) -> Vec<ExtraRole> {
        let mut all = std::collections::BTreeMap::new();
        for member in state.members.values().filter(|member| member.is_active()) {
            for (role, given) in &member.extra_roles {
                let Some(place) = self.role_place(*role) else { continue };
                let last = all.entry(place).or_insert(Timestamp(i64::MIN));
                *last = given.expires_at.unwrap_or(NEVER).max(*last);
            }
        }
        all.into_iter().map(|(role, ends_at)| ExtraRole { role, ends_at }).collect()
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
            KeyScope::All => Reach::ByKeyScope,
            KeyScope::Granted => self.granted(state, [(Grantee::Key(key.id), Via::Own)].into_iter().chain(given)),
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
        let teams = Box::default();
        SubjectEntry { subject, role: place, permissions, teams, reach, ends_at: NEVER, stopped: None, more: None }
    }

    fn add_key(&mut self, key: &Key) {
        let (subject, acting_for) = match key.kind {
            KeyKind::Personal { holder } => (Subject::Member(holder), None),
            KeyKind::Workspace { .. } => (Subject::Key(key.id), None),
            KeyKind::Agent { agent, acting_for } => (Subject::Agent(agent), acting_for),
        };
        let (Some(digest), Some(bytes)) = (digest_bytes(&key.digest), id_bytes(key.id.as_str())) else { return };
        let suspended_from = match subject {
            Subject::Member(holder) => self.keys_suspended_from(holder),
            Subject::Key(_) | Subject::Agent(_) => NEVER,
        };
        let ends_at = key.expires_at.unwrap_or(NEVER);
        self.keys.insert(bytes, KeyEntry { subject, acting_for, digest, ends_at, suspended_from });
    }

    /// From when on somebody may not have personal keys: what gave them the right may end.
    fn keys_suspended_from(&self, holder: PersonId) -> Timestamp {
        let Some(entry) = self.subjects.find(holder.as_str()) else { return Timestamp(i64::MIN) };
        let first = entry.stages().find(|(_, stage)| self.may_have_keys(stage).is_err());
        first.map_or(NEVER, |(from, _)| from)
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

/// For each role the first members who have it with no end; the entries are in the order of the members' ids.
fn first_members(entries: &[SubjectEntry], roles: usize) -> Vec<Vec<PersonId>> {
    let mut first = vec![Vec::new(); roles];
    for entry in entries {
        let Some(person) = entry.subject.person() else { continue };
        let extra = entry.more.iter().flat_map(|more| &more.roles).filter(|extra| extra.ends_at == NEVER);
        for place in entry.role.into_iter().chain(extra.map(|extra| extra.role)) {
            if let Some(members) = first.get_mut(place as usize)
                && members.len() < HOLDERS_MAX
            {
                members.push(person);
            }
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
    let set = role.set();
    if settings.managers_implicit_access {
        return set;
    }
    let narrowed = ResourceKind::ALL.iter().map(|kind| kind.permission(ResourceVerb::Use));
    narrowed.fold(set.without(Permission::IntegrationUseAll), |set, used| set.at_most(used, Scope::Team))
}

/// Reads the hexadecimal form in which the state keeps digests.
fn digest_bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0u8; 32];
    if hex.len() != 64 {
        return None;
    }
    for (slot, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
