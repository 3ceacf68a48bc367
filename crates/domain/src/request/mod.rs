//! Access requests: what somebody was denied and asks to be let do, and what was decided about it.
//!
//! A request holds ids alone. The note of whoever asks and the reason of whoever refuses are texts by people: they
//! stand beside the stream, where names do, and are erased with the one who asked.

mod apply;
mod handle;
mod state;
mod wanted;

pub use apply::may_forget;
pub use handle::{already_allowed, cannot_end, nothing_would_help, one_of_several};
pub(crate) use handle::{grant, open, refuse, withdraw};
pub use state::{AccessRequest, Decided, NewRequest, RequestState};
pub use wanted::Wanted;
