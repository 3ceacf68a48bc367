//! Keys: personal keys carry their holder's live rights, workspace keys belong to the organization.

mod apply;
mod handle;
mod state;

pub(crate) use handle::{create, is_new, issue, revoke, rotate, set_role};
pub use state::{Key, KeyKind, KeyScope};
