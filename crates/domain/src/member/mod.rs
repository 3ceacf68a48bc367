//! Members: people in an organization, by opaque id.

mod apply;
mod extra_role;
mod handle;
mod sessions;
mod state;
mod suspend;
mod transfer;

pub(crate) use extra_role::{give as give_role, take as take_role};
pub(crate) use handle::{add, add_with_key, change_role, edit, remove, role_for_members};
pub(crate) use sessions::{end_session, end_sessions};
pub use state::{ExtraRole, Member, MemberDetail, MemberStatus};
pub(crate) use suspend::{answers, restore, suspend};
pub use transfer::OwnershipOffer;
pub(crate) use transfer::{accept, end_offer, offer};
