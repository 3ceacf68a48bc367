//! Members: taking in, looking at, changing roles, removing.

mod add;
mod change_role;
mod list;
mod remove;

pub use add::{AddedMember, NewMember};
pub use change_role::ChangedRole;
pub use list::{MemberFilter, MemberView};
pub use remove::Removed;
