//! Keys: personal keys carry their holder's live rights, workspace keys belong to the organization.

mod apply;
mod handle;
mod state;
mod trust;

pub(crate) use handle::{create, is_new, issue, revoke, rotate, set_role};
pub use state::{Key, KeyKind, KeyScope};
pub(crate) use trust::{secrets_are_known_high_enough, that_would_carry_too_much};
