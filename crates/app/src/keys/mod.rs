//! Keys: creating, looking at, giving a role, rotating, revoking.

mod create;
mod end;
pub(crate) mod known;
mod list;
mod role;

pub use create::{CreatedKey, NewAgentKey, NewKeyOf, NewPersonalKey, NewWorkspaceKey};
pub use known::KeysToRotate;
pub use list::{KeyState, KeyView};
