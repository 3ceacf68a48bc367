//! What the removal of a member would end, what it would leave behind, and which secrets they may keep: told before
//! anybody decides.
//!
//! It is a look and changes nothing. What the caller may not see is counted where the removal itself tells it, and left
//! out elsewhere. What others gain and lose by a removal is told by its impact, as of every change.

use std::collections::BTreeSet;

use domain::agent::Agent;
use domain::command::{self, Command};
use domain::grant::Grantee;
use domain::id::{AgentId, KeyId, PersonId, ResourceId, TeamId};
use domain::key::{Key, KeyKind};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::refusal::Refusal;
use domain::resource::ResourceKind;
use domain::team::Team;
use journal::KeyUse;
use verdict::{Operation, Subject};

use super::MemberView;
use crate::keys::known::is_person;
use crate::{App, Caller, Problem};

/// Things that are named of each kind; all of them are counted.
const NAMED_MAX: usize = 100;

/// What comes of removing a member.
#[derive(Clone, Debug)]
pub struct Consequences {
    /// Who.
    pub member: MemberView,
    /// The rule that stands against it.
    pub obstacle: Option<Refusal>,
    /// The number of the state that this is about.
    pub seq: u64,
    /// What ends.
    pub ends: Ends,
    /// What somebody else has to take over.
    pub leaves: Leaves,
    /// Keys of programs to be given a new secret.
    pub keys_to_regenerate: Vec<KnownKey>,
    /// Personal keys of others that they had issued and whose holders have not renewed them since, by id and holder.
    pub issued_keys: Vec<(KeyId, String)>,
}

/// What ends with a membership.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ends {
    /// Personal keys that work.
    pub keys: usize,
    /// Sessions that open this organization.
    pub sessions: usize,
    /// AI clients that they have connected.
    pub clients: usize,
    /// Their accounts at the servers of integrations.
    pub accounts: usize,
    /// Calls and streams that are open at this moment.
    pub open: u32,
    /// Integrations that are assigned to them.
    pub grants: usize,
    /// Agents that act for them.
    pub delegations: usize,
    /// Their access requests that wait.
    pub requests: usize,
}

/// What is left behind: how many of each, and the first of them by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leaves {
    /// Resources that have no owner then, of those that the caller sees.
    pub resources: Left<(ResourceId, ResourceKind, String)>,
    /// Agents that stand still until somebody else answers for them.
    pub agents: Left<(AgentId, String)>,
    /// Teams that nobody leads then.
    pub teams: Left<(TeamId, String)>,
}

/// How many there are, and the first of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Left<T> {
    /// How many.
    pub count: usize,
    /// The first of them, as far as the caller may see them.
    pub first: Vec<T>,
}

impl<T> Default for Left<T> {
    fn default() -> Left<T> {
        Left { count: 0, first: Vec::new() }
    }
}

/// A key of programs whose secret somebody may keep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownKey {
    /// Which key.
    pub id: KeyId,
    /// What people call it.
    pub label: String,
    /// Whether it is an agent's key; a workspace key otherwise.
    pub of_agent: bool,
    /// They had its present secret issued.
    pub issued_by_them: bool,
    /// It was last used from a network address from which, of all people, only they were seen: they may be the only one
    /// who uses it.
    pub used_by_them_alone: bool,
}

impl App {
    /// What removing a member would come to.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not remove them, [`Problem::Missing`] where there is no such member.
    pub async fn consequences(&self, caller: &Caller, member: &str) -> Result<Consequences, Problem> {
        let person = self.member_named(caller, member).await?;
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::RemoveMember { member: person }).await?;
        let uses = self.inner.journal.key_uses(caller.live.org()).await?;
        let addresses = addresses_of(&*caller.live.state.lock().await, person, &uses);
        let labels = self.labels(caller.live.org()).await?;
        let sessions = self.sessions_here(caller, person).await?.len();

        let (known, obstacle, seq, ends, leaves, keys, issued) = {
            let state = caller.live.state.lock().await;
            let known = state.member(person).cloned().ok_or_else(|| Problem::missing("member"))?;
            let obstacle = command::handle(&state, Command::RemoveMember { person }, self.now()).err();
            let open = self.inner.upstreams.open_for(caller.live.org(), Subject::Member(person));
            let clients = state.clients.values().filter(|client| client.person == person).count();
            let ends = Ends { sessions, clients, open, ..ends(&state, person) };
            let mut keys = self.known_keys(caller, &state, |key| {
                let last = uses.iter().find(|used| used.key == key.id).and_then(|used| used.address.as_ref());
                (is_person(&key.issued_by, person), last.is_some_and(|address| addresses.contains(address)))
            });
            keys.iter_mut().for_each(|key| key.label = labels.get(key.id.as_str()).cloned().unwrap_or_default());
            let issued = self.issued_by(caller, &state, person);
            (known, obstacle, state.seq, ends, self.left_behind(caller, &state, person), keys, issued)
        };
        let holders: Vec<PersonId> = issued.iter().filter_map(Key::holder).collect();
        let names = self.names(caller.live.org(), &holders).await;
        let member = self.member_views(caller, vec![known]).await?.pop().ok_or_else(|| Problem::missing("member"))?;
        let issued_keys = issued.iter().map(|key| key.id).zip(names).collect();
        Ok(Consequences { member, obstacle, seq, ends, leaves, keys_to_regenerate: keys, issued_keys })
    }

    /// The personal keys of others that somebody had issued, of those that the caller may know of with their holders.
    pub(super) fn issued_by(&self, caller: &Caller, state: &Organization, person: PersonId) -> Vec<Key> {
        let snapshot = caller.live.snapshot();
        let sees = |operation| self.asked(&snapshot, &caller.actor, operation).is_allowed();
        let told = |key: &&Key| sees(Operation::ViewKey { key: key.id }) && sees(Operation::ViewMembers);
        let live = state.keys.values().filter(|key| key.revoked_at.is_none());
        let others = live.filter(|key| key.holder().is_some_and(|holder| holder != person));
        others.filter(|key| is_person(&key.issued_by, person)).filter(told).cloned().collect()
    }

    fn left_behind(&self, caller: &Caller, state: &Organization, person: PersonId) -> Leaves {
        let snapshot = caller.live.snapshot();
        let sees = |operation| self.asked(&snapshot, &caller.actor, operation).is_allowed();
        let mut leaves = Leaves::default();
        let owned =
            |resource: &domain::resource::Resource| resource.owner == Some(person) && resource.deleted_at.is_none();
        for resource in self.seen_resources(caller, &snapshot).filter(|resource| owned(resource)) {
            leaves.resources.take(true, || (resource.id, resource.kind, resource.title.clone()));
        }
        let sees_agents = sees(Operation::ViewAgents);
        for agent in state.agents.values().filter(|agent| agent.sponsor == Some(person)) {
            leaves.agents.take(sees_agents, || (agent.id, agent.title.clone()));
        }
        let left = state.teams.values().filter(|team| leads_alone(state, team, person));
        for team in left.filter(|team| sees(Operation::ViewTeam { team: team.id })) {
            leaves.teams.take(true, || (team.id, team.title.clone()));
        }
        leaves
    }

    /// Keys of programs that somebody may still use, of those that the caller sees: `why` says whether they had it issued,
    /// and whether they alone use it.
    fn known_keys(&self, caller: &Caller, state: &Organization, why: impl Fn(&Key) -> (bool, bool)) -> Vec<KnownKey> {
        let snapshot = caller.live.snapshot();
        let sees = |key: KeyId| self.asked(&snapshot, &caller.actor, Operation::ViewKey { key }).is_allowed();
        let shared = state.keys.values().filter(|key| key.revoked_at.is_none() && key.holder().is_none());
        let known = shared.filter_map(|key| {
            let (issued_by_them, used_by_them_alone) = why(key);
            let of_agent = matches!(key.kind, KeyKind::Agent { .. });
            let known = KnownKey { id: key.id, label: String::new(), of_agent, issued_by_them, used_by_them_alone };
            ((issued_by_them || used_by_them_alone) && sees(key.id)).then_some(known)
        });
        known.collect()
    }
}

/// The network addresses from which, of all whose own keys were used, only one person was seen. Sessions are left out: from
/// where somebody signed in is told to nobody but them.
fn addresses_of(state: &Organization, person: PersonId, uses: &[KeyUse]) -> BTreeSet<String> {
    let holder = |used: &KeyUse| state.keys.get(&used.key).and_then(Key::holder);
    let (mut theirs, mut others) = (BTreeSet::new(), BTreeSet::new());
    for used in uses {
        match (holder(used), &used.address) {
            (Some(holder), Some(address)) if holder == person => _ = theirs.insert(address.clone()),
            (Some(_), Some(address)) => _ = others.insert(address.clone()),
            _ => {}
        }
    }
    theirs.difference(&others).cloned().collect()
}

impl<T> Left<T> {
    fn take(&mut self, is_named: bool, one: impl FnOnce() -> T) {
        self.count += 1;
        if is_named && self.first.len() < NAMED_MAX {
            self.first.push(one());
        }
    }
}

/// What the organization itself says that ends.
fn ends(state: &Organization, person: PersonId) -> Ends {
    let member = Grantee::Member(person);
    let live = state.keys.values().filter(|key| key.revoked_at.is_none());
    let acts = |agent: &&Agent| agent.delegations.contains_key(&person);
    let asks = state
        .open_requests()
        .filter(|request| request.asked.requester == member || request.asked.acting_for == Some(person));
    Ends {
        keys: live.filter(|key| key.holder() == Some(person)).count(),
        grants: state.grants.get(&member).map_or(0, |grants| grants.len()),
        delegations: state.agents.values().filter(acts).count(),
        accounts: state.accounts.values().filter(|account| account.person == Some(person)).count(),
        requests: asks.count(),
        ..Ends::default()
    }
}

/// Whether nobody else leads a team, of those who are not suspended.
fn leads_alone(state: &Organization, team: &Team, person: PersonId) -> bool {
    let leads = |role| state.roles.get(&role).is_some_and(|role| role.set().scope(Permission::TeamMembers).is_some());
    let mut leaders = team.members.iter().filter(|(_, place)| leads(place.role)).map(|(leader, _)| *leader);
    let others = |leader: PersonId| leader != person && state.active_member(leader).is_some();
    team.members.get(&person).is_some_and(|place| leads(place.role)) && !leaders.any(others)
}
