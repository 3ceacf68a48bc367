//! Levels: one word for everything that a role may do with a kind of resource.

use domain::permission::{Group, Holding, Permission, PermissionSet};
use domain::resource::{Level, ResourceKind};

/// What a level comes to for a kind of resource.
#[must_use]
pub fn permissions_at_level(kind: ResourceKind, level: Level) -> PermissionSet {
    match level {
        Level::FullControl => about(kind).collect(),
        _ => level.verbs().iter().map(|verb| kind.permission(*verb)).collect(),
    }
}

/// Every permission about a kind of resource, also those that no other kind has.
fn about(kind: ResourceKind) -> impl Iterator<Item = Permission> {
    let of = |permission: &Permission| permission.entry().id.split('.').next();
    Permission::ALL.iter().copied().filter(move |permission| of(permission) == Some(kind.as_str()))
}

/// The holding with a kind of resource at a level, whatever it said about the kind before.
pub(super) fn at_level(holding: Holding, kind: ResourceKind, level: Level) -> Holding {
    let mut without = about(kind).fold(holding, without);
    without.single = without.single.union(permissions_at_level(kind, level));
    without
}

/// The holding without one permission. A group that has it is written out: what a later version adds to the group is
/// then no longer held.
pub(super) fn without(mut holding: Holding, permission: Permission) -> Holding {
    let group = permission.entry().group;
    if holding.groups.remove(&group) {
        holding.single = holding.single.union(PermissionSet::of_group(group));
    }
    holding.single = holding.single.without(permission);
    holding
}

/// The holding without anything of a group.
pub(super) fn without_group(mut holding: Holding, group: Group) -> Holding {
    holding.groups.remove(&group);
    let kept = holding.single.iter().filter(|(permission, _)| permission.entry().group != group);
    holding.single = kept.collect();
    holding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(holding: &Holding) -> Vec<String> {
        holding.words()
    }

    #[test]
    fn full_control_is_everything_about_a_kind_and_no_access_leaves_nothing() {
        let full = permissions_at_level(ResourceKind::Artifact, Level::FullControl);
        assert!(full.holds(Permission::ArtifactCollect) && full.holds(Permission::ArtifactDestroy));
        let some = Holding::parse(["artifact.view", "artifact.collect", "project.view"]).unwrap();
        assert_eq!(words(&at_level(some, ResourceKind::Artifact, Level::NoAccess)), ["project.view"]);
        let own = Holding::parse(["project.view:own", "project.edit:own"]).unwrap();
        assert_eq!(words(&at_level(own, ResourceKind::Project, Level::ViewOnly)), ["project.view"]);
    }

    #[test]
    fn what_is_taken_out_of_a_group_leaves_the_rest_of_it_written_out() {
        let all = Holding::parse(["audit.*"]).unwrap();
        assert_eq!(words(&without(all.clone(), Permission::AuditRead)), ["access.explain"]);
        assert_eq!(words(&without_group(all, Group::Audit)), Vec::<String>::new());
    }
}
