//! Agents: AI agents with an identity of their own.

mod apply;
mod handle;
mod state;

pub(crate) use handle::{create, delegate, delete, edit, end_delegation, set_role};
pub use state::{Agent, AgentEdit, Delegation};
