//! Teams: looking at them, making, renaming and ending them, and who is in them.
//!
//! Start reading at [`TeamView`].

mod change;
mod lead;
mod list;
mod members;
mod show;

pub use lead::NewLead;
pub use list::TeamView;
pub use members::TeamMemberView;
pub use show::TeamDetail;
