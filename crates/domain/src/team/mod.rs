//! Teams: people who have something together.

mod apply;
mod handle;
mod state;

pub(crate) use handle::{create, delete, remove_member, rename, set_member, team_role};
pub use state::{Team, TeamMember};
