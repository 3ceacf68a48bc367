//! May this happen, and why.
//!
//! [`Snapshot::compile`] turns the state of one organization into an immutable form that answers questions from
//! memory; [`Snapshot::evaluate`] answers one. Every door asks here, for a tool call as for a change of a role.
//! What a list shows ([`Snapshot::callable_tools`]) and what a call may do come from the same function.
//!
//! This crate never does I/O, never reads a clock (the question carries `now`), never logs, never panics, and
//! is the only one that can make a [`Permit`].
//!
//! Start reading at [`Snapshot`], then `evaluate.rs` (calls), `operate.rs` (everything else) and `ceiling.rs`.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod catalog;
pub mod cedar;
mod ceiling;
mod clients;
mod compare;
mod compile;
mod credential;
mod data;
mod diff;
mod directory;
mod evaluate;
mod explain;
mod first;
mod fresh;
mod gifts;
mod groups;
mod invitations;
mod keys;
mod list;
mod mail_domains;
mod names;
mod operate;
mod operation;
mod people;
mod permit;
mod question;
mod remedy;
mod requests;
mod resources;
mod second_factor;
mod shards;
mod snapshot;
mod subjects;
mod teams;
mod things;
mod touched;

pub use catalog::{IntegrationEntry, ToolEntry, ToolIndex};
pub use clients::ClientEntry;
pub use compare::{Comparison, Told};
pub use compile::Same;
pub use credential::{ClientProof, Credential, SessionProof};
pub use data::{Effective, Level};
pub use diff::{ActingDifference, DataRight, Difference, KeyChange, Presence, Rights, TeamDifference};
pub use explain::Explanation;
pub use invitations::{Sponsored, inviter};
pub use operation::{Gift, Operation};
pub use permit::{Act, Permit, Target};
pub use question::{Action, Actor, Basis, Denial, Question, Reason, RoleIndex, Subject, Verdict, Via, Whose};
pub use remedy::Remedy;
pub use snapshot::{NotAdmitted, Snapshot};
