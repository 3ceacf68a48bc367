//! Make, rename and end teams.

use domain::command::Command;
use domain::id::TeamId;
use verdict::Operation;

use super::TeamView;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Makes a team with nobody in it.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `team.create`, [`Problem::Refused`] where the name is taken.
    pub async fn create_team(&self, caller: &Caller, title: String) -> Result<TeamView, Problem> {
        let team = TeamId::from_random(self.random()?);
        let command = |_: &_| Ok(Command::CreateTeam { team, title: title.clone() });
        self.change(caller, Operation::CreateTeam, command, Along::default()).await?;
        self.team_view(caller, team).await
    }

    /// Gives a team another name.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change this team, [`Problem::Refused`] where the name is taken.
    pub async fn rename_team(&self, caller: &Caller, name: &str, title: String) -> Result<TeamView, Problem> {
        let team = self.team_named(caller, name).await?;
        let command = |_: &_| Ok(Command::RenameTeam { team, title: title.clone() });
        self.change(caller, Operation::EditTeam { team }, command, Along::default()).await?;
        self.team_view(caller, team).await
    }

    /// Ends a team. What people had through it they lose at once.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change this team.
    pub async fn delete_team(&self, caller: &Caller, name: &str) -> Result<(), Problem> {
        let team = self.team_named(caller, name).await?;
        let command = |_: &_| Ok(Command::DeleteTeam { team });
        self.change(caller, Operation::EditTeam { team }, command, Along::default()).await.map(|_| ())
    }

    /// A team whatever the caller may see of it: they have just changed it.
    async fn team_view(&self, caller: &Caller, team: TeamId) -> Result<TeamView, Problem> {
        let state = caller.live.state.lock().await;
        let team = state.teams.get(&team).ok_or_else(|| Problem::missing("team"))?;
        Ok(super::list::view(&state, caller, team))
    }
}
