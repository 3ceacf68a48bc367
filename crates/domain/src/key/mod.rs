//! Keys: personal keys carry their holder's live rights, workspace keys belong to the organization.

mod apply;
mod handle;
mod state;
mod top;
mod trust;

pub(crate) use handle::{create, ends_later, is_new, issue, revoke, rotate, set_role};
pub use state::{Key, KeyKind, KeyScope};
pub(crate) use top::somebody_at_the_top_keeps_one;
pub(crate) use trust::{secrets_are_known_high_enough, that_would_carry_too_much};
