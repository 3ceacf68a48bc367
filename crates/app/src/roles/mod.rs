//! Roles: looking at them.

use domain::role::Role;
use verdict::Operation;

use crate::{App, Caller, Problem};

/// A role and how many have it.
#[derive(Clone, Debug)]
pub struct RoleView {
    /// The role.
    pub role: Role,
    /// Active members who have it.
    pub members: usize,
}

impl App {
    /// Every role of the organization, the one that holds most first.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `role.view`.
    pub async fn list_roles(&self, caller: &Caller) -> Result<Vec<RoleView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewRoles).await?;
        let state = caller.live.state.lock().await;
        let holders = |role: &Role| state.members.values().filter(|one| one.is_active() && one.role == role.id).count();
        let mut roles: Vec<RoleView> =
            state.roles.values().map(|role| RoleView { role: role.clone(), members: holders(role) }).collect();
        roles.sort_by_key(|view| std::cmp::Reverse(view.role.permissions.iter().count()));
        Ok(roles)
    }
}
