//! What may happen to a resource.

use std::sync::Arc;

use crate::event::Event;
use crate::grant::Grantee;
use crate::id::{PersonId, ResourceId, TeamId};
use crate::key;
use crate::member::answers;
use crate::organization::{GrantsTo, Organization};
use crate::refusal::{Refusal, title_fits};
use crate::resource::{Ending, NewResource, Resource, ResourceEdit, ResourceKind, Shared};
use crate::time::Timestamp;

/// Resources that an organization may have.
const RESOURCES_MAX: usize = 1_000_000;
/// Collections that an artifact may be in.
const COLLECTIONS_MAX: usize = 100;

/// A resource is made.
pub(crate) fn register(state: &Organization, new: NewResource) -> Result<Vec<Event>, Refusal> {
    if state.resources.contains_key(&new.id) {
        return Err(Refusal::rule("exists", "a resource with this id exists already"));
    }
    if state.resources.len() >= RESOURCES_MAX {
        let message = format!("an organization has at most {RESOURCES_MAX} resources");
        return Err(Refusal::rule("too-many-resources", message));
    }
    title_fits("title", &new.title)?;
    new.tier.as_deref().map_or(Ok(()), |tier| title_fits("tier", tier))?;
    new.owner.map_or(Ok(()), |owner| answers(state, "owner", owner))?;
    Ok(vec![Event::ResourceRegistered(Box::new(new))])
}

/// Something about a resource changes.
pub(crate) fn edit(state: &Organization, id: ResourceId, edit: ResourceEdit) -> Result<Vec<Event>, Refusal> {
    let known = present(state, id)?;
    let edit = ResourceEdit {
        title: edit.title.filter(|title| *title != known.title),
        tier: edit.tier.filter(|tier| known.tier.as_ref() != Some(tier)),
    };
    edit.title.as_deref().map_or(Ok(()), |title| title_fits("title", title))?;
    edit.tier.as_deref().map_or(Ok(()), |tier| title_fits("tier", tier))?;
    if edit == ResourceEdit::default() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ResourceEdited { resource: id, edit }])
}

/// A resource gets another owner.
pub(crate) fn hand_over(state: &Organization, id: ResourceId, owner: PersonId) -> Result<Vec<Event>, Refusal> {
    if present(state, id)?.owner == Some(owner) {
        return Ok(Vec::new());
    }
    answers(state, "owner", owner)?;
    Ok(vec![Event::ResourceHandedOver { resource: id, owner }])
}

/// A resource is shared with somebody, or in another measure.
pub(crate) fn share(
    state: &Organization,
    (id, with): (ResourceId, Grantee),
    level: Shared,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let known = present(state, id)?;
    match with {
        Grantee::Member(person) => {
            may_be_given(state, GrantsTo::Person)?;
            is_member(state, person, "with")?;
        }
        Grantee::Agent(agent) => drop(state.agent(agent)?),
        Grantee::Team(_) | Grantee::Role(_) | Grantee::Key(_) => {
            let message = "share with a member or an agent; a team is given the resource itself";
            return Err(Refusal::field("not-shareable", "with", message));
        }
    }
    key::ends_later("expires_at", expires_at, now)?;
    match known.shares.get(&with) {
        Some(share) if (share.level, share.expires_at) == (level, expires_at) => Ok(Vec::new()),
        _ => Ok(vec![Event::ResourceShared { resource: id, with, level, expires_at }]),
    }
}

/// A resource is shared with somebody no longer.
pub(crate) fn unshare(state: &Organization, id: ResourceId, with: Grantee) -> Result<Vec<Event>, Refusal> {
    match known(state, id)?.shares.get(&with) {
        Some(_) => Ok(vec![Event::ResourceUnshared { resource: id, with }]),
        None => Err(Refusal::missing("with", "this resource is not shared here")),
    }
}

/// A team gets a resource: what its members may do with it is what their roles say.
pub(crate) fn assign(state: &Organization, id: ResourceId, team: TeamId) -> Result<Vec<Event>, Refusal> {
    state.team(team)?;
    may_be_given(state, GrantsTo::Team)?;
    if present(state, id)?.teams.contains(&team) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::ResourceAssigned { resource: id, team }])
}

/// A team has a resource no longer.
pub(crate) fn unassign(state: &Organization, id: ResourceId, team: TeamId) -> Result<Vec<Event>, Refusal> {
    if !known(state, id)?.teams.contains(&team) {
        return Err(Refusal::missing("team", "this team does not have this resource"));
    }
    Ok(vec![Event::ResourceUnassigned { resource: id, team }])
}

/// An artifact is put into a collection.
pub(crate) fn collect(state: &Organization, id: ResourceId, collection: ResourceId) -> Result<Vec<Event>, Refusal> {
    let artifact = present(state, id)?;
    if artifact.kind != ResourceKind::Artifact {
        return Err(Refusal::field("not-an-artifact", "artifact", "only artifacts are put into collections"));
    }
    if present(state, collection)?.kind != ResourceKind::Collection {
        let message = "artifacts are put into collections, and this is none";
        return Err(Refusal::field("not-a-collection", "collection", message));
    }
    if artifact.collections.contains(&collection) {
        return Ok(Vec::new());
    }
    if artifact.collections.len() >= COLLECTIONS_MAX {
        let message = format!("an artifact is in at most {COLLECTIONS_MAX} collections");
        return Err(Refusal::rule("too-many-collections", message));
    }
    Ok(vec![Event::ArtifactCollected { artifact: id, collection }])
}

/// An artifact is taken out of a collection.
pub(crate) fn uncollect(state: &Organization, id: ResourceId, collection: ResourceId) -> Result<Vec<Event>, Refusal> {
    if !known(state, id)?.collections.contains(&collection) {
        return Err(Refusal::missing("artifact", "this artifact is not in this collection"));
    }
    Ok(vec![Event::ArtifactUncollected { artifact: id, collection }])
}

/// A resource ends, so that it can be restored or for good. Only what was deleted before can be destroyed, so that
/// a single slip loses nothing.
pub(crate) fn end(state: &Organization, id: ResourceId, ending: Ending) -> Result<Vec<Event>, Refusal> {
    let deleted = known(state, id)?.deleted_at.is_some();
    match ending {
        Ending::Delete if deleted => Ok(Vec::new()),
        Ending::Delete => Ok(vec![Event::ResourceDeleted { resource: id }]),
        Ending::Destroy if deleted => Ok(vec![Event::ResourceDestroyed { resource: id }]),
        Ending::Destroy => {
            let message = "this resource is in use; delete it first, then destroy it";
            Err(Refusal::rule("not-deleted", message))
        }
    }
}

/// A deleted resource is back as it was.
pub(crate) fn restore(state: &Organization, id: ResourceId) -> Result<Vec<Event>, Refusal> {
    Ok(known(state, id)?.deleted_at.map(|_| Event::ResourceRestored { resource: id }).into_iter().collect())
}

fn may_be_given(state: &Organization, to: GrantsTo) -> Result<(), Refusal> {
    if state.settings.grants_to.contains(&to) {
        return Ok(());
    }
    let (field, message) = match to {
        GrantsTo::Team => ("team", "resources are not given to teams here; see the setting grants.to"),
        _ => ("with", "resources are not shared with single people here; see the setting grants.to"),
    };
    Err(Refusal::field("grants-to", field, message))
}

fn known(state: &Organization, id: ResourceId) -> Result<&Resource, Refusal> {
    let found = state.resources.get(&id).map(Arc::as_ref);
    found.ok_or_else(|| Refusal::missing("resource", "there is no such resource"))
}

fn present(state: &Organization, id: ResourceId) -> Result<&Resource, Refusal> {
    let found = known(state, id)?;
    if found.deleted_at.is_some() {
        return Err(Refusal::rule("deleted", "this resource is deleted; restore it first"));
    }
    Ok(found)
}

fn is_member(state: &Organization, person: PersonId, field: &'static str) -> Result<(), Refusal> {
    let missing = || Refusal::missing(field, "there is no such member");
    state.member(person).map(|_| ()).ok_or_else(missing)
}
