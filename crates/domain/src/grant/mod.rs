//! Grants: an integration given to a member or a key, cut by a tool profile.

mod handle;
mod state;

pub(crate) use handle::{remove, set};
pub use state::{Grant, Grantee, InvalidGrantee, Profile};
