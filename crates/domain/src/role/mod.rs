//! Roles: named sets of permissions, as data.

mod handle;
mod name;
mod state;

pub use handle::{NewRole, RoleEdit};
pub(crate) use handle::{clone, create, delete, edit};
pub use name::{InvalidRoleId, RoleId};
pub use state::{AssignableTo, Role, RoleLevel};
