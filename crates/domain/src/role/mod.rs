//! Roles: named sets of permissions, as data.

mod state;

pub use state::{AssignableTo, InvalidRoleId, Role, RoleId};
