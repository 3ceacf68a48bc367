//! How events about directory groups change the state.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::group::{Group, Mapping};
use crate::id::{KeyId, PersonId, TeamId};
use crate::organization::{Organization, Stamp};
use crate::role::RoleId;

impl Organization {
    pub(crate) fn apply_to_groups(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::GroupCreated { group, connection } => {
                let created = Group { id: group, connection, members: BTreeSet::new(), mapping: None };
                self.groups.insert(group, created);
            }
            Event::GroupMembersChanged { group, joined, left } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.members.retain(|person| !left.contains(person));
                    group.members.extend(joined);
                }
            }
            Event::GroupMapped { group, teams } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    let mapping = Mapping { teams, by: stamp.actor.clone(), since_seq: stamp.seq };
                    group.mapping = Some(mapping).filter(|mapping| !mapping.teams.is_empty());
                }
            }
            Event::GroupDeleted { group } => drop(self.groups.remove(&group)),
            // What is edited stands beside the stream.
            _ => {}
        }
    }

    /// The groups of a connection that ends go with it. Whom they put into teams stays there, as if by hand.
    pub(crate) fn end_groups_of(&mut self, connection: KeyId) {
        self.groups.retain(|_, group| group.connection != connection);
        let places = self.teams.values_mut().flat_map(|team| team.members.values_mut());
        places.filter(|place| place.connection == Some(connection)).for_each(|place| place.connection = None);
    }

    /// Whoever is no member is in no group.
    pub(crate) fn leave_groups(&mut self, person: PersonId) {
        self.groups.values_mut().for_each(|group| _ = group.members.remove(&person));
    }

    /// A team that ends is given by no group.
    pub(crate) fn end_team_in_groups(&mut self, team: TeamId) {
        self.change_mappings(|mapping| _ = mapping.teams.remove(&team));
    }

    /// What gave a role that ends gives the one that its holders have then, or nothing where there is none.
    pub(crate) fn end_role_in_groups(&mut self, ended: RoleId, moved_to: Option<RoleId>) {
        self.change_mappings(|mapping| match moved_to {
            Some(moved_to) => {
                mapping.teams.values_mut().filter(|role| **role == ended).for_each(|role| *role = moved_to);
            }
            None => mapping.teams.retain(|_, role| *role != ended),
        });
    }

    fn change_mappings(&mut self, change: impl Fn(&mut Mapping)) {
        for group in self.groups.values_mut() {
            group.mapping.iter_mut().for_each(&change);
            group.mapping = group.mapping.take().filter(|mapping| !mapping.teams.is_empty());
        }
    }
}
