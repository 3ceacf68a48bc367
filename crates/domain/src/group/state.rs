//! What a directory group is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{GroupId, KeyId, PersonId, TeamId};
use crate::organization::Organization;
use crate::role::RoleId;

/// A group of people, as a company directory keeps it. What it is called stands beside the stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// The connection by which it is kept, and goes.
    pub connection: KeyId,
    /// Who is in it. All of them are members of the organization.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<PersonId>,
    /// What it gives, where somebody decided that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
}

/// What a directory group gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mapping {
    /// The teams whose members those in the group are, and their role there.
    pub teams: BTreeMap<TeamId, RoleId>,
    /// Who decided it, as the journal names actors.
    pub by: String,
    /// The number of the event by which they did. Of several groups that give a place in one team, the one that was mapped
    /// first says which.
    pub since_seq: u64,
}

impl Organization {
    /// The groups of a connection that give something, in the order in which they were mapped.
    pub(crate) fn mapped_groups(&self, connection: KeyId) -> Vec<(&Group, &Mapping)> {
        let mapped = self.groups.values().filter(|group| group.connection == connection);
        let mut mapped: Vec<_> = mapped.filter_map(|group| Some(group).zip(group.mapping.as_ref())).collect();
        mapped.sort_by_key(|(group, mapping)| (mapping.since_seq, group.id));
        mapped
    }
}
