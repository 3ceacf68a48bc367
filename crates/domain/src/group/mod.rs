//! Directory groups: groups of people as a company directory keeps them, and the places in teams that they give.

mod apply;
mod handle;
mod state;

pub use handle::Except;
pub(crate) use handle::{change, create, delete, map};
pub use state::{Group, Mapping};
