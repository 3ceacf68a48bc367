//! Roles: looking at them, who has them, making and changing them, and how they came to be what they are.
//!
//! Start reading at [`RoleView`] (what is shown) and [`RoleChange`] (what may be asked for).

mod change;
mod delete;
mod history;
mod holders;
mod levels;
mod list;

pub use change::{AssignableChange, NewRole, RoleChange};
pub use delete::DeletedRole;
pub use history::{History, HistoryCursor, HistoryEntry, RoleDiff};
pub use holders::{Holder, HolderView, Holders};
pub use levels::permissions_at_level;
pub use list::RoleView;
