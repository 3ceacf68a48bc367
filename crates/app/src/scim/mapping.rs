//! Say what the groups of a company directory give: places in teams, and nothing where nobody has said so.

use std::collections::{BTreeMap, HashMap};

use domain::command::Command;
use domain::group::Except;
use domain::id::{GroupId, KeyId, TeamId};
use domain::organization::Organization;
use domain::role::RoleId;
use verdict::{Operation, Reason};

use crate::agents::role_id;
use crate::change::Along;
use crate::{App, Caller, Problem};

/// A directory group, and what it gives.
#[derive(Clone, Debug)]
pub struct MappedGroup {
    /// Its id.
    pub group: GroupId,
    /// Its name in the directory.
    pub name: String,
    /// The directory's own id of it.
    pub external_id: Option<String>,
    /// How many are in it.
    pub members: usize,
    /// The teams that it gives, with their titles, and the role there.
    pub teams: Vec<(TeamId, String, RoleId)>,
    /// Why it gives nothing more at present, where it is to give something.
    pub stopped: Option<&'static str>,
}

impl App {
    /// The groups of a connection, and what each gives.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such connection that the caller may know of.
    pub async fn list_mapped_groups(&self, caller: &Caller, connection: &str) -> Result<Vec<MappedGroup>, Problem> {
        let connection = self.connection(caller, connection).await?;
        let operation = Operation::ViewKey { key: connection };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        self.mapped_groups(caller, connection, None).await
    }

    /// Says in which teams those in a group are, and with which role there; in none, where none is named. A role that is
    /// left out is the one that newcomers to teams have. Those who are in the group have it when this returns.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller, or whoever had the connection's secret made, could not give it by hand.
    pub async fn map_directory_group(
        &self,
        caller: &Caller,
        (connection, group): (&str, &str),
        teams: BTreeMap<String, Option<String>>,
    ) -> Result<MappedGroup, Problem> {
        let connection = self.connection(caller, connection).await?;
        let missing = || Problem::missing("directory group");
        let group = GroupId::parse(group).map_err(|_| missing())?;
        let default = {
            let state = caller.live.state.lock().await;
            state.groups.get(&group).filter(|known| known.connection == connection).ok_or_else(missing)?;
            state.settings.join_default_team_role
        };
        let mut wanted = BTreeMap::new();
        for (team, role) in &teams {
            let team = TeamId::parse(team).map_err(|_| Problem::missing("team").named_in("teams"))?;
            let role = role.as_deref().map(|role| role_id("teams", role)).transpose()?.or(default);
            let none = || Problem::invalid("teams", "this organization has no default role for teams; name the role");
            wanted.insert(team, role.ok_or_else(none)?);
        }
        let command = |state: &Organization| {
            let people = state.groups.get(&group).map(|known| known.members.clone()).unwrap_or_default();
            let Except { people, mut groups } = self.except(caller, (state, connection), &people);
            // Of this one it was asked what it gives from now on.
            groups.remove(&group);
            let except = Box::new(Except { people, groups });
            Ok(Command::MapGroup { group, teams: wanted.clone(), except })
        };
        self.change(caller, Operation::MapGroup { group, teams: &wanted }, command, Along::default()).await?;
        self.mapped_groups(caller, connection, Some(group)).await?.pop().ok_or_else(missing)
    }

    async fn mapped_groups(
        &self,
        caller: &Caller,
        connection: KeyId,
        only: Option<GroupId>,
    ) -> Result<Vec<MappedGroup>, Problem> {
        let called = self.inner.journal.directory_groups(caller.live.org()).await?;
        let mut called: HashMap<GroupId, _> = called.into_iter().map(|row| (row.group, row)).collect();
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let state = caller.live.state.lock().await;
        let kept = state.groups.values().filter(|group| group.connection == connection);
        let kept = kept.filter(|group| only.is_none_or(|only| only == group.id));
        let title = |team: &TeamId| state.teams.get(team).map(|team| team.title.clone()).unwrap_or_default();
        let view = |group: &domain::group::Group| {
            let (name, external_id) = match called.remove(&group.id) {
                Some(row) => (row.display_name, row.external_id),
                None => (group.id.to_string(), None),
            };
            let teams = group.mapping.iter().flat_map(|mapping| &mapping.teams);
            MappedGroup {
                group: group.id,
                name,
                external_id,
                members: group.members.len(),
                teams: teams.map(|(team, role)| (*team, title(team), *role)).collect(),
                stopped: snapshot.mapping_stopped(group.id, now).map(because),
            }
        };
        Ok(kept.map(view).collect())
    }
}

/// Why a group gives nothing more.
fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::MakerBelow => {
            "whoever had the connection's secret made could not give it any more; somebody who could gives it a new secret"
        }
        Reason::MapperBelow => {
            "whoever said what it gives could not give it any more; somebody who could says it again"
        }
        Reason::AboveConnection(_) => "a role manages more than the connection looks after; name a smaller one",
        _ => "the connection gives nothing at present",
    }
}
