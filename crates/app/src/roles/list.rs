//! See the roles.

use std::collections::BTreeSet;

use domain::integration::Slug;
use domain::object::DataName;
use domain::permission::{Permission, PermissionSet};
use domain::role::{Role, RoleId};
use verdict::{Operation, Subject};

use super::Holders;
use crate::grants::GrantView;
use crate::{App, Caller, Problem};

/// A role as it is in its organization.
#[derive(Clone, Debug)]
pub struct RoleView {
    /// The role, with what it states.
    pub role: Role,
    /// What it comes to under the organization's settings.
    pub effective: PermissionSet,
    /// Whether it is what newcomers get: in the organization, or in teams.
    pub is_default: bool,
    /// How many have it, as far as the caller may see them.
    pub holders: Holders,
}

impl App {
    /// Every role of the organization, the one that holds most first.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `role.view`.
    pub async fn list_roles(&self, caller: &Caller) -> Result<Vec<RoleView>, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ViewRoles).await?;
        let state = caller.live.state.lock().await;
        let mut counted = self.count_holders(caller, &snapshot, &state);
        let settings = &state.settings;
        // What objects there are is told to those who see them, and to those who write the rules.
        let subject = caller.actor.subject;
        let now = self.now();
        let held = snapshot.permissions_of(subject, now);
        let all = held.holds(Permission::RoleEdit) || held.holds(Permission::DataModelEdit);
        let seen: BTreeSet<&DataName> = snapshot.visible_objects(subject, now).map(|object| &object.name).collect();
        let data = |role: &Role| {
            let mut data = role.data.clone();
            data.objects.retain(|object, _| all || seen.contains(object));
            data
        };
        let view = |role: &Role| RoleView {
            effective: snapshot.permissions_of_role(role.id),
            is_default: settings.join_default_role == role.id || settings.join_default_team_role == Some(role.id),
            holders: counted.take(role.id),
            role: Role { data: data(role), ..role.clone() },
        };
        let mut roles: Vec<RoleView> = state.roles.values().map(view).collect();
        roles.sort_by_key(|view| (view.role.level, std::cmp::Reverse(view.role.set().iter().count())));
        Ok(roles)
    }

    /// One role.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none of that name.
    pub async fn show_role(&self, caller: &Caller, role: &str) -> Result<RoleView, Problem> {
        let roles = self.list_roles(caller).await?;
        let found = roles.into_iter().find(|view| view.role.id.as_str() == role);
        found.ok_or_else(|| Problem::missing("role"))
    }

    /// What everyone with a role was given of integrations, as far as the caller may know of these.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `role.view`.
    pub async fn integrations_of_role(&self, caller: &Caller, role: &str) -> Result<Vec<GrantView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewRoles).await?;
        let grantee = domain::grant::Grantee::Role(named(role)?);
        Ok(self.grants_of(caller, grantee).await)
    }
}

/// The role of a name. A text that cannot be one names none.
pub(super) fn named(role: &str) -> Result<RoleId, Problem> {
    RoleId::parse(role).map_err(|_| Problem::missing("role"))
}

/// A short name made from one for people.
pub(super) fn short_name(title: &str) -> Option<RoleId> {
    Slug::from_title(title).and_then(|slug| RoleId::parse(slug.as_str()).ok())
}

/// Whether the caller is this member.
pub(super) fn is_caller(caller: &Caller, subject: &str) -> bool {
    Subject::parse(subject) == Some(caller.actor.subject)
}
