//! Members: people in an organization, by opaque id.

mod handle;
mod state;

pub(crate) use handle::{add, change_role, edit, remove, transfer};
pub use state::{Member, MemberDetail, MemberStatus};
