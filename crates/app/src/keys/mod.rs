//! Keys: creating, looking at, giving a role, rotating, revoking.

mod create;
mod end;
mod list;
mod role;

pub use create::{CreatedKey, NewAgentKey, NewKeyOf, NewPersonalKey, NewWorkspaceKey};
pub(crate) use list::digest_bytes;
pub use list::{KeyState, KeyView};
