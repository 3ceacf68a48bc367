//! The ceiling: nobody gives what they may not give, nor acts on someone above them.
//!
//! Every path that gives or takes asks here, and only here.

use domain::organization::{KeysWithoutRole, Promote, SettingChange};
use domain::permission::{Permission, PermissionSet};
use domain::role::{Role, RoleId, RoleLevel};
use domain::time::Timestamp;

use crate::evaluate::shown;
use crate::question::{Denial, Reason};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    /// Whether someone who may administer roles may give one with these permissions, or add them to one. What a role
    /// lets its holder *use* may be given by whoever administers roles; what it lets them *manage* only by someone
    /// who holds it, and who may promote.
    pub(crate) fn may_give(&self, giver: &SubjectEntry, given: PermissionSet) -> Result<(), Denial> {
        let managed = given.management();
        if let Some(lacking) = managed.first_beyond(giver.permissions) {
            return Err(shown(Reason::BeyondOwn(lacking)));
        }
        if managed.is_empty() {
            return Ok(());
        }
        self.may_promote(giver)
    }

    /// Whether somebody may make others manage, as the organization has it.
    fn may_promote(&self, giver: &SubjectEntry) -> Result<(), Denial> {
        let needed = match self.settings.promote_admin {
            Promote::Owner => {
                let top = giver.role.and_then(|place| self.role(place)).is_some_and(|entry| entry.role.top);
                return if top { Ok(()) } else { Err(shown(Reason::OnlyOwners)) };
            }
            Promote::OwnerOrAdmin => Permission::RoleAssign,
            Promote::ByPermission => Permission::RolePromote,
        };
        if giver.permissions.holds(needed) { Ok(()) } else { Err(shown(Reason::BeyondOwn(needed))) }
    }

    /// Whether somebody who may change settings may change these: a setting can be a way to give as well.
    pub(crate) fn may_change_settings(
        &self,
        giver: &SubjectEntry,
        changes: &[SettingChange],
        now: Timestamp,
    ) -> Result<(), Denial> {
        let mut after = self.settings.clone();
        changes.iter().for_each(|change| after.change(change));
        let before = &self.settings;
        // Who may not promote does not decide who may.
        if after.promote_admin != before.promote_admin {
            self.may_promote(giver)?;
        }
        // Roles beside their own are given to all who had them, or taken from all who have them.
        if after.roles_extra_bindings != before.roles_extra_bindings {
            for extra in self.extra_roles.iter().filter(|extra| now < extra.ends_at) {
                let set = self.role(extra.role).map_or(PermissionSet::EMPTY, |entry| entry.set);
                if after.roles_extra_bindings {
                    self.may_give(giver, set)?;
                } else {
                    at_least_as_high(giver.permissions, set)?;
                }
            }
        }
        // Newcomers get the one, those who join a team the other, workspace keys without a role perhaps the first.
        let is_given = after.join_default_role != before.join_default_role
            || after.keys_without_role != before.keys_without_role
                && after.keys_without_role == KeysWithoutRole::DefaultRole;
        if is_given {
            self.may_give(giver, self.set_of_role(after.join_default_role))?;
        }
        let in_teams = after.join_default_team_role.filter(|role| Some(*role) != before.join_default_team_role);
        let known = in_teams.and_then(|role| self.role(self.role_place(role)?));
        known.map_or(Ok(()), |known| self.may_give(giver, as_far_as_held(&known.role, known.set)))
    }

    /// What a workspace key has that is given no role.
    pub(crate) fn role_of_keys_without(&self) -> Option<&RoleId> {
        let settings = &self.settings;
        (settings.keys_without_role == KeysWithoutRole::DefaultRole).then_some(&settings.join_default_role)
    }
}

/// What a role holds, as far as it may come to be held: one for teams also in those that the giver is not in.
pub(crate) fn as_far_as_held(role: &Role, set: PermissionSet) -> PermissionSet {
    match role.level {
        RoleLevel::Organization => set,
        RoleLevel::Team => set.iter().map(|(permission, _)| permission).collect(),
    }
}

/// Whether someone has at least another's authority: every permission to manage that the other has, as far.
pub(crate) fn at_least_as_high(actor: PermissionSet, other: PermissionSet) -> Result<(), Denial> {
    match other.management().first_beyond(actor) {
        Some(lacking) => Err(shown(Reason::Above(lacking))),
        None => Ok(()),
    }
}

/// What a set holds that another does not, or not so far: what a change from the one to the other gives.
pub(crate) fn added(from: PermissionSet, to: PermissionSet) -> PermissionSet {
    to.iter().filter(|(permission, scope)| from.scope(*permission) < Some(*scope)).collect()
}
