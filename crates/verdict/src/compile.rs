//! From the state of an organization to its snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::agent::Agent;
use domain::client::Client;
use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{AgentId, ClientId, InvitationId, OrgId, PersonId, TeamId};
use domain::invitation::Invitation;
use domain::key::{Key, KeyKind, KeyScope};
use domain::member::Member;
use domain::organization::{GrantsTo, KeysWithoutRole, Organization, PersonalKeys, Settings};
use domain::permission::{Permission, PermissionSet, Scope};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::{Role, RoleId};
use domain::team::Team;
use domain::time::Timestamp;

use crate::catalog::Catalog;
use crate::clients::ClientEntry;
use crate::first::FirstMembers;
use crate::groups::groups_of;
use crate::keys::Keys;
use crate::question::{Reason, RoleIndex, Subject, Via};
use crate::snapshot::{
    ALWAYS, Accounts, AgentEntry, ExtraRole, GrantEntry, More, NEVER, Reach, RoleEntry, Snapshot, SubjectEntry,
};
use crate::subjects::Subjects;
use crate::touched::Touched;

/// An earlier snapshot, and everything that happened since: what that left as it was is taken over.
#[derive(Clone, Copy, Debug)]
pub struct Same<'s> {
    /// The earlier snapshot.
    pub before: &'s Snapshot,
    /// Every event that led from it to the state.
    pub events: &'s [Event],
}

/// Part of the subjects from which on compiling all of them costs less: one in so many.
const MANY_ONE_IN: usize = 4;

/// Teams by person, in the order of their ids.
type TeamsOf = BTreeMap<PersonId, Vec<(TeamId, u32)>>;

impl Snapshot {
    /// Compiles an organization's state. What an earlier snapshot has in common with it is shared, so that a change of
    /// one person costs little in an organization of any size.
    #[must_use]
    pub fn compile(org: OrgId, state: &Organization, same: Option<Same<'_>>) -> Snapshot {
        // A snapshot from which other events led here has nothing that could be trusted.
        let leads_here = |same: &Same<'_>| {
            same.before.org == org && same.before.seq.saturating_add(same.events.len() as u64) == state.seq
        };
        let same = same.filter(leads_here);
        let touched = same.map(|same| Touched::by(same.events, same.before, state));
        let taken = same.map(|same| same.before).zip(touched.as_ref());
        let kept = |keeps: fn(&Touched) -> bool| taken.filter(|(_, touched)| keeps(touched)).map(|(before, _)| before);
        let objects = kept(|_| true).map(|before| &before.objects).filter(|objects| ***objects == state.objects);
        let resources = kept(|touched| !touched.resources).map(|before| Arc::clone(&before.resources));
        let catalog = kept(|touched| !touched.tools).map(|before| Arc::clone(&before.catalog));
        let invitations = kept(|touched| !touched.invitations).map(|before| Arc::clone(&before.invitations));
        let by_domain = kept(|touched| !touched.mail_domains)
            .map(|before| (Arc::clone(&before.mail_domains), Arc::clone(&before.join_requests)));
        let (mail_domains, join_requests) =
            by_domain.unwrap_or_else(|| (Arc::new(state.mail_domains.clone()), Arc::new(state.join_requests.clone())));
        let roles = kept(|touched| !touched.roles).map(|before| Arc::clone(&before.roles));
        let teams = kept(|touched| !touched.teams).map(|before| Arc::clone(&before.teams));
        let agents = kept(|touched| !touched.agents).map(|before| Arc::clone(&before.agents));
        let clients = kept(|touched| !touched.clients).map(|before| Arc::clone(&before.clients));
        let accounts = kept(|touched| !touched.accounts).map(|before| Arc::clone(&before.accounts));
        let groups = kept(|touched| !touched.groups).map(|before| Arc::clone(&before.groups));
        let mut snapshot = Snapshot {
            org,
            seq: state.seq,
            name: state.name.as_str().into(),
            settings: state.settings.clone(),
            deletes_at: state.deletes_at,
            offer: state.offer,
            catalog: catalog.unwrap_or_else(|| Arc::new(Catalog::compile(state))),
            roles: roles.unwrap_or_else(|| Arc::new(roles_of(state))),
            first_members: FirstMembers::default(),
            subjects: Subjects::default(),
            extra_roles: Arc::default(),
            keys: taken
                .map_or_else(|| Keys::compile(state), |(before, touched)| before.keys.with(&touched.keys, state)),
            teams: teams.unwrap_or_else(|| Arc::new(titles_of_teams(state))),
            groups: groups.unwrap_or_else(|| groups_of(state)),
            agents: agents.unwrap_or_else(|| Arc::new(agents_of(state))),
            resources: resources.unwrap_or_else(|| Arc::new(state.resources.clone())),
            objects: objects.map_or_else(|| Arc::new(state.objects.clone()), Arc::clone),
            sessions_ended: state.sessions_ended.keys().copied().collect(),
            clients: clients.unwrap_or_else(|| Arc::new(clients_of(state))),
            accounts: accounts.unwrap_or_else(|| Arc::new(accounts_of(state))),
            invitations: invitations.unwrap_or_else(|| Arc::new(open_invitations(state))),
            mail_domains,
            join_requests,
        };
        let extra_roles = kept(|touched| !touched.extra_roles).map(|before| Arc::clone(&before.extra_roles));
        snapshot.extra_roles = extra_roles.unwrap_or_else(|| Arc::new(snapshot.all_extra_roles(state)));
        let few = |before: &Snapshot, touched: &Touched| {
            !touched.everybody && touched.subjects.len() <= before.subjects.len() / MANY_ONE_IN
        };
        match taken.filter(|(before, touched)| few(before, touched)) {
            Some((before, touched)) => snapshot.take_over(before, touched, state),
            None => snapshot.compile_subjects(state),
        }
        snapshot
    }

    fn compile_subjects(&mut self, state: &Organization) {
        let entries = self.entries(state);
        self.first_members = FirstMembers::of(&entries, self.roles.len());
        let entries = entries.into_iter().map(Arc::new).collect();
        self.subjects = Subjects::compile(entries, self.catalog.integrations().count());
    }

    /// Everybody as they were before, except for those who were touched.
    fn take_over(&mut self, before: &Snapshot, touched: &Touched, state: &Organization) {
        let entries = touched.subjects.iter().map(|subject| (*subject, self.entry(state, *subject)));
        let entries: BTreeMap<Subject, Option<SubjectEntry>> = entries.collect();
        let at_work = |entry: &&SubjectEntry| entry.helps();
        let people =
            entries.iter().filter_map(|(subject, entry)| Some((subject.person()?, entry.as_ref().filter(at_work)?)));
        let people = people.flat_map(|(person, entry)| entry.lasting_roles().map(move |role| (person, role)));
        let changed = touched.subjects.iter().filter_map(|subject| subject.person()).collect();
        self.first_members = before.first_members.with(&changed, people, |role| self.people_with(state, role));
        self.subjects = before.subjects.with(entries);
    }

    /// What there is to know of one subject; none where it is none.
    fn entry(&self, state: &Organization, subject: Subject) -> Option<SubjectEntry> {
        match subject {
            Subject::Member(person) => {
                let place = |team: &Team| Some((team.id, self.role_place(team.members.get(&person)?.role)?));
                let teams: Vec<_> = state.teams.values().filter_map(place).collect();
                Some(self.member(state, state.member(person)?, Some(teams)))
            }
            Subject::Agent(agent) => Some(self.agent(state, state.agents.get(&agent)?)),
            Subject::Key(key) => self.shared_key(state, state.live_key(key)?),
        }
    }

    /// The active people with a role that has no end, in the order of their ids.
    fn people_with<'o>(&self, state: &'o Organization, role: u32) -> impl Iterator<Item = PersonId> + use<'o> {
        let id = self.role(role).map(|entry| entry.role.id);
        let counts = self.settings.roles_extra_bindings;
        let beside = move |member: &Member| {
            let given = id.filter(|_| counts).and_then(|id| member.extra_roles.get(&id));
            given.is_some_and(|given| given.expires_at.is_none())
        };
        let has = move |member: &&Member| member.is_active() && (Some(member.role) == id || beside(member));
        state.members.values().filter(has).map(|member| member.person)
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
        let members = state.members.values().filter(|member| member.is_here());
        let members = members.map(|member| self.member(state, member, teams_of.remove(&member.person)));
        let mut subjects: Vec<SubjectEntry> = members.collect();
        subjects.extend(state.agents.values().map(|agent| self.agent(state, agent)));
        let keys = state.keys.values().filter(|key| key.revoked_at.is_none());
        subjects.extend(keys.filter_map(|key| self.shared_key(state, key)));
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
        entry.sessions_from = member.sessions_from.unwrap_or(ALWAYS);
        entry.by_directory = member.suspended_by_directory;
        entry.permissions = known.fold(entry.permissions, |all, (_, extra)| all.union(extra.set));
        if entry.permissions.holds(Permission::IntegrationUseAll) {
            entry.reach = Reach::ByRole;
        }
        // Whoever is suspended is here with all that they have, so that nobody above them takes or gives of it; and does nothing.
        let stopped = if member.is_active() { self.ending() } else { Some(Reason::MemberSuspended) };
        let Some(next) = extra.last() else { return stop(entry, stopped) };
        let then = (next.ends_at != NEVER).then(|| {
            let rest = extra.partition_point(|extra| extra.ends_at > next.ends_at);
            (next.ends_at, self.member_with(state, member, teams, extra.get(..rest).unwrap_or_default()))
        });
        stop(SubjectEntry { more: Some(Box::new(More { roles: extra.into(), then })), ..entry }, stopped)
    }

    fn all_extra_roles(&self, state: &Organization) -> Vec<ExtraRole> {
        let mut all = std::collections::BTreeMap::new();
        for member in state.members.values().filter(|member| member.is_here()) {
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
        let stopped = match agent.sponsor {
            Some(sponsor) if !agent.suspended => {
                state.active_member(sponsor).is_none().then_some(Reason::SponsorSuspended)
            }
            _ => Some(Reason::Suspended),
        };
        let stopped = stopped.or(self.ending());
        let entry = self.holder(Subject::Agent(agent.id), agent.role, reach);
        stop(SubjectEntry { ends_at: agent.expires_at.unwrap_or(NEVER), ..entry }, stopped)
    }

    /// The subject that a key is which speaks for nobody else.
    fn shared_key(&self, state: &Organization, key: &Key) -> Option<SubjectEntry> {
        self.workspace_key(state, key).or_else(|| self.directory(key))
    }

    /// The subject that a workspace key is.
    fn workspace_key(&self, state: &Organization, key: &Key) -> Option<SubjectEntry> {
        let KeyKind::Workspace { scope, role } = key.kind else { return None };
        let setting = self.settings.keys_without_role;
        let stopped = match role {
            _ if key.suspended => Some(Reason::Suspended),
            None if setting == KeysWithoutRole::Deny => Some(Reason::KeyWithoutRole),
            _ => self.ending(),
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

    /// Why nobody does anything, while the organization ends.
    pub(crate) fn ending(&self) -> Option<Reason> {
        self.deletes_at.map(|_| Reason::OrganizationEnding)
    }

    pub(crate) fn holder(&self, subject: Subject, role: Option<RoleId>, reach: Reach) -> SubjectEntry {
        let place = role.and_then(|role| self.role_place(role));
        let permissions = place.and_then(|place| self.role(place)).map_or(PermissionSet::EMPTY, |entry| entry.set);
        let everything = permissions.holds(Permission::IntegrationUseAll);
        let reach = match reach {
            Reach::Granted(_) if everything => Reach::ByRole,
            reach => reach,
        };
        let teams = Box::default();
        SubjectEntry {
            subject,
            role: place,
            permissions,
            teams,
            reach,
            ends_at: NEVER,
            stopped: None,
            sessions_from: ALWAYS,
            by_directory: false,
            more: None,
            tends: None,
        }
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
            let standing = state.grants.get(&grantee).into_iter().flatten();
            let lent = state.loans.get(&grantee).into_iter().flatten();
            let lent = lent.flat_map(|(integration, loans)| loans.iter().map(move |loan| (integration, loan)));
            for (integration, grant) in standing.chain(lent) {
                let Some((place, entry)) = self.catalog.integration_by_id(*integration) else { continue };
                let off = |tool: &String| self.catalog.find(&entry.slug, tool).map(|index| index.0);
                let mut tools_off: Vec<u32> = grant.tools_off.iter().filter_map(off).collect();
                tools_off.sort_unstable();
                let unlisted_off = grant.tools_off.iter().filter(|tool| off(tool).is_none());
                entries.push(GrantEntry {
                    integration: place,
                    profile: grant.profile,
                    unlisted_off: unlisted_off.map(|tool| tool.as_str().into()).collect(),
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

fn roles_of(state: &Organization) -> Vec<RoleEntry> {
    let role = |role: &Role| RoleEntry { set: effective(role, &state.settings), role: role.clone() };
    state.roles.values().map(role).collect()
}

fn clients_of(state: &Organization) -> BTreeMap<ClientId, ClientEntry> {
    let entry = |client: &Client| ClientEntry { person: client.person, profile: client.profile };
    state.clients.values().map(|client| (client.id, entry(client))).collect()
}

fn accounts_of(state: &Organization) -> Accounts {
    state.accounts.values().map(|account| ((account.integration, account.person), account.id)).collect()
}

fn open_invitations(state: &Organization) -> BTreeMap<InvitationId, Arc<Invitation>> {
    let open = state.invitations.iter().filter(|(_, known)| known.is_open());
    open.map(|(id, known)| (*id, Arc::clone(known))).collect()
}

fn titles_of_teams(state: &Organization) -> BTreeMap<TeamId, Box<str>> {
    state.teams.values().map(|team| (team.id, team.title.as_str().into())).collect()
}

fn agents_of(state: &Organization) -> BTreeMap<AgentId, AgentEntry> {
    let delegations = |agent: &Agent| {
        agent.delegations.iter().map(|(person, given)| (*person, given.expires_at.unwrap_or(NEVER))).collect()
    };
    let entry = |agent: &Agent| AgentEntry { delegations: delegations(agent), sponsor: agent.sponsor };
    state.agents.values().map(|agent| (agent.id, entry(agent))).collect()
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
