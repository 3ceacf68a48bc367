//! Who is in a team, in which role.

use std::ops::Bound;

use domain::command::Command;
use domain::id::{PersonId, TeamId};
use domain::organization::Organization;
use domain::role::RoleId;
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem};

/// Somebody's place in a team.
#[derive(Clone, Debug)]
pub struct TeamMemberView {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their role in this team.
    pub role: RoleId,
    /// Its name for people.
    pub role_title: String,
}

impl App {
    /// A page of a team's members, in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such team that the caller may see.
    pub async fn list_team_members(
        &self,
        caller: &Caller,
        team: &str,
        after: Option<PersonId>,
        limit: usize,
    ) -> Result<Vec<TeamMemberView>, Problem> {
        let team = self.team_named(caller, team).await?;
        self.members_of(caller, team, after, limit).await
    }

    pub(super) async fn members_of(
        &self,
        caller: &Caller,
        team: TeamId,
        after: Option<PersonId>,
        limit: usize,
    ) -> Result<Vec<TeamMemberView>, Problem> {
        let places: Vec<(PersonId, RoleId, String)> = {
            let state = caller.live.state.lock().await;
            let team = state.teams.get(&team).ok_or_else(|| Problem::missing("team"))?;
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let page = team.members.range((from, Bound::Unbounded)).take(limit);
            let title = |role: &RoleId| state.roles.get(role).map_or_else(String::new, |role| role.title.clone());
            page.map(|(person, place)| (*person, place.role, title(&place.role))).collect()
        };
        let people: Vec<PersonId> = places.iter().map(|(person, ..)| *person).collect();
        let names = self.names(caller.live.org(), &people).await;
        let view = |((person, role, role_title), name)| TeamMemberView { person, name, role, role_title };
        Ok(places.into_iter().zip(names).map(view).collect())
    }

    /// Puts a member into a team, or gives them another role in it; the default role of teams where none is named.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not decide that in this team, [`Problem::Refused`] where the role is
    /// none for teams.
    pub async fn set_team_member(
        &self,
        caller: &Caller,
        (team, member): (&str, &str),
        role: Option<&str>,
    ) -> Result<TeamMemberView, Problem> {
        let (team, person) = self.place_named(caller, team, member).await?;
        let named = role.map(RoleId::parse).transpose();
        let named = named.map_err(|error| Problem::invalid("role", error.to_string()))?;
        let planned = |state: &Organization| {
            let present = state.teams.get(&team).and_then(|team| team.members.get(&person)).map(|place| place.role);
            let settings = &state.settings;
            // Where there is no default, the role in the organization stands in for it until the domain refuses.
            Ok(named.or(present).or(settings.join_default_team_role).unwrap_or(settings.join_default_role))
        };
        self.change_as_planned(
            caller,
            planned,
            |role: &RoleId| Operation::SetTeamMember { team, member: person, role },
            |_| Command::SetTeamMember { team, person, role: named },
        )
        .await?;
        self.place_in(caller, team, person).await
    }

    /// Somebody's place in a team, for a caller who may know of it.
    pub(super) async fn place_in(
        &self,
        caller: &Caller,
        team: TeamId,
        person: PersonId,
    ) -> Result<TeamMemberView, Problem> {
        let (role, role_title) = {
            let state = caller.live.state.lock().await;
            let place = state.team(team)?.members.get(&person).ok_or_else(|| Problem::missing("member"))?;
            let role = state.roles.get(&place.role);
            (place.role, role.map_or_else(String::new, |role| role.title.clone()))
        };
        let name = self.names(caller.live.org(), &[person]).await.pop().unwrap_or_default();
        Ok(TeamMemberView { person, name, role, role_title })
    }

    /// Takes somebody out of a team; what they had through it is gone with their next question. Everybody may leave.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not decide that in this team, or the other one is above them there.
    pub async fn remove_team_member(&self, caller: &Caller, team: &str, member: &str) -> Result<(), Problem> {
        let (team, person) = self.place_named(caller, team, member).await?;
        let operation = Operation::RemoveTeamMember { team, member: person };
        let command = |_: &_| Ok(Command::RemoveTeamMember { team, person });
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    async fn place_named(&self, caller: &Caller, team: &str, member: &str) -> Result<(TeamId, PersonId), Problem> {
        let team = self.team_named(caller, team).await?;
        Ok((team, self.member_named(caller, member).await?))
    }
}
