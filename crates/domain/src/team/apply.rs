//! How events about teams change the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::Event;
use crate::grant::Grantee;
use crate::organization::{Organization, Stamp};
use crate::team::{Team, TeamMember};

impl Organization {
    pub(crate) fn apply_to_teams(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::TeamCreated { team, title } => {
                self.teams.insert(team, Team { id: team, title, members: BTreeMap::new(), created_at: stamp.at });
            }
            Event::TeamRenamed { team, title } => {
                if let Some(team) = self.teams.get_mut(&team) {
                    team.title = title;
                }
            }
            Event::TeamDeleted { team } => {
                self.teams.remove(&team);
                self.take_everything(Grantee::Team(team));
                self.end_team_in_groups(team);
                let theirs = self.resources.values_mut().filter(|resource| resource.teams.contains(&team));
                theirs.map(Arc::make_mut).for_each(|resource| _ = resource.teams.remove(&team));
                self.settings.join_default_team = self.settings.join_default_team.filter(|default| *default != team);
            }
            Event::TeamMemberSet { team, person, role } => {
                if let Some(team) = self.teams.get_mut(&team) {
                    team.members.insert(person, TeamMember { role, since_seq: stamp.seq, connection: None });
                }
            }
            Event::TeamMemberPlaced { team, person, role, connection } => {
                if let Some(team) = self.teams.get_mut(&team) {
                    let (since_seq, connection) = (stamp.seq, Some(connection));
                    team.members.insert(person, TeamMember { role, since_seq, connection });
                }
            }
            Event::TeamMemberRemoved { team, person } => {
                if let Some(team) = self.teams.get_mut(&team) {
                    team.members.remove(&person);
                }
            }
            _ => {}
        }
    }
}
