//! Agents: AI agents with an identity of their own, and the people for whom they may act.
//!
//! Start reading at `list` for what is seen of one; every other file is one act.

mod create;
mod delegate;
mod edit;
mod list;

pub use create::NewAgent;
pub(crate) use create::role_id;
pub use edit::AgentChange;
pub(crate) use edit::agent_id;
pub use list::{AgentState, AgentView, DelegationView};
