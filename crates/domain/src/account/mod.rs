//! Accounts at upstreams: what a person, or the organization, has at an integration's server and lets Wardroom use there
//! (OAuth 2.1).
//!
//! That an account is connected is an event, and its end is one; what is shown at the upstream stands sealed beside the
//! stream and changes often. An account gives nobody a right here: it says as whom a call that is allowed goes out.

mod apply;
mod handle;
mod state;

pub(crate) use handle::{connect, disconnect};
pub use state::Account;
