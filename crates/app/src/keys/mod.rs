//! Keys: creating, looking at, rotating, revoking.

mod create;
mod end;
mod list;

pub use create::{CreatedKey, NewKeyOf, NewPersonalKey, NewWorkspaceKey};
pub use list::KeyView;
