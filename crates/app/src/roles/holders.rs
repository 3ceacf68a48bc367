//! Who has a role: members, workspace keys, agents, and places in teams; each as far as the caller may see it.

use std::collections::BTreeMap;

use domain::id::{AgentId, KeyId, PersonId, TeamId};
use domain::key::KeyScope;
use domain::organization::Organization;
use domain::role::RoleId;
use verdict::{Operation, Snapshot};

use super::list::named;
use crate::{App, Caller, Problem};

/// Somebody who has a role. In the order in which they are listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// A member, in the organization.
    Member(PersonId),
    /// A workspace key.
    Key(KeyId),
    /// An agent.
    Agent(AgentId),
    /// A member, in one team.
    InTeam(TeamId, PersonId),
}

/// Somebody who has a role, by name.
#[derive(Clone, Debug)]
pub struct HolderView {
    /// Who.
    pub holder: Holder,
    /// Their name, the key's label, the agent's title.
    pub name: String,
    /// The team's title, for a place in one.
    pub team: Option<String>,
}

/// How many have a role; none where the caller may not see such holders at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holders {
    /// Active members.
    pub members: Option<usize>,
    /// Workspace keys that work.
    pub keys: Option<usize>,
    /// Agents.
    pub agents: Option<usize>,
    /// Places in teams that the caller sees.
    pub team_places: Option<usize>,
}

/// The holders of every role, counted.
pub(super) struct Counted {
    none: Holders,
    by_role: BTreeMap<RoleId, Holders>,
}

impl Counted {
    pub(super) fn take(&mut self, role: RoleId) -> Holders {
        self.by_role.remove(&role).unwrap_or(self.none)
    }
}

impl App {
    /// The holders of a role in a fixed order, after one of them.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `role.view`, [`Problem::Missing`] where there is
    /// no such role.
    pub async fn role_holders(
        &self,
        caller: &Caller,
        role: &str,
        after: Option<Holder>,
        limit: usize,
    ) -> Result<Vec<HolderView>, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ViewRoles).await?;
        let role = named(role)?;
        let (holders, agents, teams) = {
            let state = caller.live.state.lock().await;
            state.roles.get(&role).ok_or_else(|| Problem::missing("role"))?;
            let mut holders: Vec<Holder> = self
                .holders(caller, &snapshot, &state)
                .filter(|(of, _)| *of == role)
                .map(|(_, holder)| holder)
                .collect();
            holders.sort_unstable();
            let first = after.map_or(0, |after| holders.partition_point(|holder| *holder <= after));
            let page: Vec<Holder> = holders.into_iter().skip(first).take(limit).collect();
            let agents: BTreeMap<AgentId, String> =
                state.agents.values().map(|agent| (agent.id, agent.title.clone())).collect();
            let teams: BTreeMap<TeamId, String> =
                state.teams.values().map(|team| (team.id, team.title.clone())).collect();
            (page, agents, teams)
        };
        let people: Vec<PersonId> = holders.iter().filter_map(|holder| holder.person()).collect();
        let mut names = self.names(caller.live.org(), &people).await.into_iter();
        let labels = self.labels(caller.live.org()).await?;
        let mut view = |holder: Holder| HolderView {
            holder,
            name: match holder {
                Holder::Member(_) | Holder::InTeam(..) => names.next().unwrap_or_default(),
                Holder::Key(key) => labels.get(key.as_str()).cloned().unwrap_or_default(),
                Holder::Agent(agent) => agents.get(&agent).cloned().unwrap_or_default(),
            },
            team: match holder {
                Holder::InTeam(team, _) => teams.get(&team).cloned(),
                Holder::Member(_) | Holder::Key(_) | Holder::Agent(_) => None,
            },
        };
        Ok(holders.into_iter().map(&mut view).collect())
    }

    /// Everyone who has a role, with that role, as far as the caller may see them.
    fn holders<'s>(
        &'s self,
        caller: &'s Caller,
        snapshot: &'s Snapshot,
        state: &'s Organization,
    ) -> impl Iterator<Item = (RoleId, Holder)> + 's {
        let may = move |operation| self.asked(snapshot, &caller.actor, operation).is_allowed();
        let (sees_members, sees_agents) = (may(Operation::ViewMembers), may(Operation::ViewAgents));
        let members = state.members.values().filter(move |member| sees_members && member.is_here());
        // Who has it beside their own role has it as well, where such roles count.
        let (extra, now) = (state.settings.roles_extra_bindings, self.now());
        let members = members.flat_map(move |member| {
            let beside = member.extra_roles.iter().filter(move |(_, given)| extra && given.holds_at(now));
            let roles = std::iter::once(member.role).chain(beside.map(|(role, _)| *role));
            roles.map(|role| (role, Holder::Member(member.person)))
        });
        let keys = state.keys.values().filter(|key| key.revoked_at.is_none());
        let keys = keys.filter_map(|key| Some((key.role()?, Holder::Key(key.id))));
        let keys = keys.filter(move |(_, holder)| match holder {
            Holder::Key(key) => may(Operation::ViewKey { key: *key }),
            _ => false,
        });
        let agents = state.agents.values().filter(move |_| sees_agents);
        let agents = agents.filter_map(|agent| Some((agent.role?, Holder::Agent(agent.id))));
        let teams = state.teams.values().filter(move |team| may(Operation::ViewTeam { team: team.id }));
        let places = teams.flat_map(|team| {
            team.members.iter().map(|(person, member)| (member.role, Holder::InTeam(team.id, *person)))
        });
        members.chain(keys).chain(agents).chain(places)
    }

    pub(super) fn count_holders(&self, caller: &Caller, snapshot: &Snapshot, state: &Organization) -> Counted {
        let may = |operation| self.asked(snapshot, &caller.actor, operation).is_allowed();
        let zero = |seen: bool| seen.then_some(0);
        let none = Holders {
            members: zero(may(Operation::ViewMembers)),
            keys: zero(may(Operation::CreateWorkspaceKey { role: None, scope: KeyScope::Granted })),
            agents: zero(may(Operation::ViewAgents)),
            team_places: Some(0),
        };
        let mut by_role: BTreeMap<RoleId, Holders> = BTreeMap::new();
        for (role, holder) in self.holders(caller, snapshot, state) {
            let counted = by_role.entry(role).or_insert(none);
            let count = match holder {
                Holder::Member(_) => &mut counted.members,
                Holder::Key(_) => &mut counted.keys,
                Holder::Agent(_) => &mut counted.agents,
                Holder::InTeam(..) => &mut counted.team_places,
            };
            *count = Some(count.unwrap_or_default() + 1);
        }
        Counted { none, by_role }
    }
}

impl Holder {
    /// The person, where it is one.
    #[must_use]
    pub fn person(self) -> Option<PersonId> {
        match self {
            Holder::Member(person) | Holder::InTeam(_, person) => Some(person),
            Holder::Key(_) | Holder::Agent(_) => None,
        }
    }

    /// Where a list goes on after this one: the ids, a place in a team as both.
    #[must_use]
    pub fn place(self) -> String {
        match self {
            Holder::Member(person) => person.to_string(),
            Holder::Key(key) => key.to_string(),
            Holder::Agent(agent) => agent.to_string(),
            Holder::InTeam(team, person) => format!("{team}.{person}"),
        }
    }

    /// Reads what [`Holder::place`] wrote.
    #[must_use]
    pub fn at(place: &str) -> Option<Holder> {
        if let Some((team, person)) = place.split_once('.') {
            return Some(Holder::InTeam(TeamId::parse(team).ok()?, PersonId::parse(person).ok()?));
        }
        let person = PersonId::parse(place).ok().map(Holder::Member);
        let key = || KeyId::parse(place).ok().map(Holder::Key);
        person.or_else(key).or_else(|| AgentId::parse(place).ok().map(Holder::Agent))
    }
}
