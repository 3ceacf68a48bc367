//! Grants: an integration given to a member or a key, cut by a tool profile; for good, until it ends, or lent for a time
//! beside what was given.

mod handle;
mod state;

pub(crate) use handle::{lend, may_be_offered, remove, set};
pub use state::{Grant, Grantee, InvalidGrantee, Profile};
