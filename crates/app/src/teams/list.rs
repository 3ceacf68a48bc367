//! See the teams.

use domain::id::TeamId;
use domain::organization::Organization;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::team::Team;
use domain::time::Timestamp;
use verdict::{Operation, Subject};

use crate::{App, Caller, Problem};

/// A team as those see it who may.
#[derive(Clone, Debug)]
pub struct TeamView {
    /// Its id.
    pub id: TeamId,
    /// Its name for people.
    pub title: String,
    /// How many are in it.
    pub members: usize,
    /// Whether nobody in it may decide who is in it: somebody from outside has to.
    pub leaderless: bool,
    /// The caller's role in it, where they are in it.
    pub your_role: Option<RoleId>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl App {
    /// A page of the teams that the caller may see, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may see no list at all.
    pub async fn list_teams(
        &self,
        caller: &Caller,
        after: Option<TeamId>,
        limit: usize,
    ) -> Result<Vec<TeamView>, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ViewTeams).await?;
        let seen =
            |team: &TeamId| self.asked(&snapshot, &caller.actor, Operation::ViewTeam { team: *team }).is_allowed();
        let after = snapshot
            .visible_teams(caller.actor.subject, self.now())
            .map(|(team, _)| team)
            .filter(|team| after.is_none_or(|after| *team > after));
        let page: Vec<TeamId> = after.filter(seen).take(limit).collect();
        let state = caller.live.state.lock().await;
        Ok(page.iter().filter_map(|team| state.teams.get(team)).map(|team| view(&state, caller, team)).collect())
    }

    /// The team of an id or a title. What the caller may not see is not there.
    pub(crate) async fn team_named(&self, caller: &Caller, name: &str) -> Result<TeamId, Problem> {
        let missing = || Problem::missing("team");
        let team = match TeamId::parse(name) {
            Ok(team) => team,
            Err(_) => {
                let state = caller.live.state.lock().await;
                let called = name.to_lowercase();
                let found = state.teams.values().find(|team| team.title.to_lowercase() == called);
                found.map(|team| team.id).ok_or_else(missing)?
            }
        };
        let snapshot = caller.live.snapshot();
        let seen = self.asked(&snapshot, &caller.actor, Operation::ViewTeam { team }).is_allowed();
        if seen { Ok(team) } else { Err(missing()) }
    }
}

pub(super) fn view(state: &Organization, caller: &Caller, team: &Team) -> TeamView {
    let leads =
        |role: &RoleId| state.roles.get(role).is_some_and(|role| role.set().scope(Permission::TeamMembers).is_some());
    let your_role = match caller.actor.subject {
        Subject::Member(person) => team.members.get(&person).map(|member| member.role),
        Subject::Key(_) | Subject::Agent(_) => None,
    };
    TeamView {
        id: team.id,
        title: team.title.clone(),
        members: team.members.len(),
        // Who is suspended leads nobody.
        leaderless: !team
            .members
            .iter()
            .any(|(person, member)| leads(&member.role) && state.active_member(*person).is_some()),
        your_role,
        created_at: team.created_at,
    }
}
