//! What a role can hold: the catalogue of permissions, and sets of them.
//!
//! Start reading at the table in `catalogue.rs`; [`Holding`] is how a role states what it holds.

mod catalogue;
mod holding;
mod set;

pub use catalogue::{Entry, Group, Permission, Scope};
pub use holding::{Holding, InvalidHolding};
pub use set::PermissionSet;
