//! How events about resources change the state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::event::Event;
use crate::id::ResourceId;
use crate::organization::{Organization, Stamp};
use crate::resource::{NewResource, Resource, ResourceKind, Share};

impl Organization {
    pub(crate) fn apply_to_resources(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::ResourceRegistered(new) => {
                self.resources.insert(new.id, Arc::new(made(*new, stamp)));
            }
            Event::ResourceDestroyed { resource } => self.destroy(resource),
            Event::ArtifactCollected { artifact, collection } => {
                self.touch(artifact, |artifact| _ = artifact.collections.insert(collection));
            }
            Event::ArtifactUncollected { artifact, collection } => {
                self.touch(artifact, |artifact| _ = artifact.collections.remove(&collection));
            }
            Event::ResourceEdited { resource, edit } => self.touch(resource, |resource| {
                resource.tier = edit.tier.or_else(|| resource.tier.take());
                resource.title = edit.title.unwrap_or_else(|| std::mem::take(&mut resource.title));
            }),
            Event::ResourceHandedOver { resource, owner } => {
                self.touch(resource, |resource| resource.owner = Some(owner));
            }
            Event::ResourceShared { resource, with, level, expires_at } => self.touch(resource, |resource| {
                resource.shares.insert(with, Share { level, expires_at, since_seq: stamp.seq });
            }),
            Event::ResourceUnshared { resource, with } => {
                self.touch(resource, |resource| _ = resource.shares.remove(&with));
            }
            Event::ResourceAssigned { resource, team } => {
                self.touch(resource, |resource| _ = resource.teams.insert(team));
            }
            Event::ResourceUnassigned { resource, team } => {
                self.touch(resource, |resource| _ = resource.teams.remove(&team));
            }
            Event::ResourceDeleted { resource } => {
                self.touch(resource, |resource| resource.deleted_at = Some(stamp.at));
            }
            Event::ResourceRestored { resource } => self.touch(resource, |resource| resource.deleted_at = None),
            _ => {}
        }
    }

    /// A collection that is gone has nothing in it any more; what was in it stays.
    fn destroy(&mut self, id: ResourceId) {
        let gone = self.resources.remove(&id);
        if gone.is_some_and(|gone| gone.kind == ResourceKind::Collection) {
            let inside = self.resources.values_mut().filter(|resource| resource.collections.contains(&id));
            inside.map(Arc::make_mut).for_each(|artifact| _ = artifact.collections.remove(&id));
        }
    }

    fn touch(&mut self, id: ResourceId, change: impl FnOnce(&mut Resource)) {
        if let Some(resource) = self.resources.get_mut(&id) {
            change(Arc::make_mut(resource));
        }
    }
}

fn made(new: NewResource, stamp: &Stamp) -> Resource {
    Resource {
        id: new.id,
        kind: new.kind,
        title: new.title,
        tier: new.tier,
        owner: new.owner,
        created_by: stamp.actor.clone(),
        created_at: stamp.at,
        teams: BTreeSet::new(),
        collections: BTreeSet::new(),
        shares: BTreeMap::new(),
        deleted_at: None,
    }
}
