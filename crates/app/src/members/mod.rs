//! Members: taking in, looking at, changing details and roles, removing.

mod add;
mod change_role;
mod consequences;
mod edit;
mod extra_role;
mod leave;
mod list;
mod remove;
mod sessions;
mod suspend;

pub use add::{AddedMember, NewMember};
pub use change_role::ChangedRole;
pub use consequences::{Consequences, Ends, KnownKey, Leaves, Left as LeftBehind};
pub use edit::MemberChange;
pub use leave::{Leaving, Left};
pub use list::{ExtraRoleView, MemberFilter, MemberView};
pub use remove::Removed;
pub use sessions::MemberSession;
