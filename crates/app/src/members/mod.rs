//! Members: taking in, looking at, changing details and roles, removing.

mod add;
mod change_role;
mod edit;
mod extra_role;
mod list;
mod remove;
mod sessions;

pub use add::{AddedMember, NewMember};
pub use change_role::ChangedRole;
pub use edit::MemberChange;
pub use list::{ExtraRoleView, MemberFilter, MemberView};
pub use remove::Removed;
pub use sessions::MemberSession;
