//! Resources: projects, graders, workflows and whatever else people make, own and share.
//!
//! Wardroom keeps who made one, who owns it and who has it; what is in it lives elsewhere.

mod apply;
mod features;
mod handle;
mod kind;
mod state;

pub use features::Features;
pub(crate) use features::configure;
pub(crate) use handle::{
    assign, collect, edit, end, hand_over, register, restore, share, unassign, uncollect, unshare,
};
pub use kind::{Level, ResourceKind, ResourceVerb};
pub use state::{Ending, NewResource, Resource, ResourceEdit, Share, Shared};
