//! Members: people in an organization, by opaque id.

mod apply;
mod extra_role;
mod handle;
mod state;

pub(crate) use extra_role::{give as give_role, take as take_role};
pub(crate) use handle::{add, add_with_key, change_role, edit, remove, role_for_members, transfer};
pub use state::{ExtraRole, Member, MemberDetail, MemberStatus};
