//! Teams: people who have something together.

mod apply;
mod handle;
mod state;

pub(crate) use handle::{create, delete, remove_member, rename, set_member};
pub use state::{Team, TeamMember};
