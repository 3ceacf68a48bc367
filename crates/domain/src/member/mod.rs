//! Members: people in an organization, by opaque id.

mod handle;
mod state;

pub(crate) use handle::{add, change_role, remove, transfer};
pub use state::{Member, MemberStatus};
