//! Resources: what people make and share. The registry knows whose each is, who made it and who has it; what is in it
//! is elsewhere.
//!
//! What the caller may not see is not there: every act on it answers as on one that does not exist. Start reading at
//! `list`; every other file is one act.

mod collect;
mod configure;
mod edit;
mod end;
mod hand_over;
mod list;
mod register;
mod share;

pub use configure::KindView;
pub use edit::ResourceChange;
pub use hand_over::HandedOver;
pub use list::{OwnerFilter, ResourceFilter, ResourceInside, ResourceView, ShareView};
pub use register::ResourceToMake;
pub use share::Sharing;
