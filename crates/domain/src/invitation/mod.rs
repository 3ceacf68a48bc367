//! Invitations: what somebody offers to a person who is not here yet, good for one acceptance until an end.
//!
//! An invitation holds ids alone. Address, name and note of whom it is for stand beside the stream, where names do; of
//! its link it holds a digest. What it gives is decided when it is accepted, by what its inviter may give then.

mod apply;
mod handle;
mod offer;
mod state;

pub use handle::{
    LASTS_DAYS_MAX, address_not_shown, address_taken, already_invited, changed_since, needs_no_approval,
    nobody_could_accept,
};
pub(crate) use handle::{accept, approve, close, edit, gives, resend, send};
pub use offer::{Offer, OfferedGrant};
pub use state::{Closing, Invitation, InvitationState, Inviter, NewInvitation};
