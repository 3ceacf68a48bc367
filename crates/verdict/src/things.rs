//! Everything that there is in an organization, whoever may see it: what a search goes through.
//!
//! Nothing here answers what somebody may do; each thing that is found here is still asked about.

use domain::id::{AgentId, KeyId, TeamId};
use domain::object::Object;
use domain::resource::Resource;

use crate::snapshot::Snapshot;

impl Snapshot {
    /// Every team.
    pub fn teams(&self) -> impl Iterator<Item = TeamId> {
        self.teams.keys().copied()
    }

    /// Every agent.
    pub fn agents(&self) -> impl Iterator<Item = AgentId> {
        self.agents.keys().copied()
    }

    /// Every key that was not revoked, personal ones included, in no order that means anything.
    pub fn keys(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(|key| key.id)
    }

    /// Every governed object, with its fields.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// Every resource, deleted ones included.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values().map(AsRef::as_ref)
    }
}
