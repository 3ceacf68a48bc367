//! The ceiling: nobody gives what they may not give, nor acts on someone above them.
//!
//! Every path that grants or takes asks here, and only here.

use domain::permission::{Permission, PermissionSet};

use crate::evaluate::shown;
use crate::question::{Denial, Reason};

/// Whether someone who may administer roles may give one with these permissions. What a role lets its holder
/// *use* may be given by whoever administers roles; what it lets them *manage* only by someone who holds it
/// and may promote.
pub(crate) fn may_give(giver: PermissionSet, given: PermissionSet) -> Result<(), Denial> {
    let managed = given.management();
    if let Some(lacking) = managed.first_beyond(giver) {
        return Err(shown(Reason::BeyondOwn(lacking)));
    }
    if !managed.is_empty() && !giver.holds(Permission::RolePromote) {
        return Err(shown(Reason::BeyondOwn(Permission::RolePromote)));
    }
    Ok(())
}

/// Whether someone has at least another's authority: every permission to manage that the other has.
pub(crate) fn at_least_as_high(actor: PermissionSet, other: PermissionSet) -> Result<(), Denial> {
    match other.management().first_beyond(actor) {
        Some(lacking) => Err(shown(Reason::Above(lacking))),
        None => Ok(()),
    }
}
