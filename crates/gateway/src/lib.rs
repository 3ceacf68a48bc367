//! How a call passes: from a client that shows a key, through one decision and one record, to the upstream and
//! back.
//!
//! This room never touches the journal, the use cases or the management API: it gets live snapshots and a
//! recorder by trait ([`Ports`]), asks `verdict`, and forwards nothing without its `Permit` and a record. What
//! passes through is one owned JSON tree, judged and written again, with unknown fields and numbers intact.
//!
//! Start reading at `pipeline/mod.rs` (the way of a request), then `pipeline/call.rs` and `pipeline/forward.rs`
//! (what lets a call out). `mcp/` is the side of the clients, `upstream/` the other one.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod destination;
mod doors;
mod gateway;
mod json;
mod limits;
mod mcp;
mod message;
mod noise;
mod options;
mod pipeline;
mod ports;
mod upstream;

pub use doors::router;
pub use gateway::{Gateway, StartFault};
pub use limits::Limits;
pub use options::GatewayOptions;
pub use ports::{
    Access, NoToken, NotOpened, Opened, Ports, RequestTold, ShownClient, TokenWanted, ToolAsked, Trouble, Unavailable,
    UpstreamToken,
};
pub use upstream::health::Health;
pub use upstream::probe::{Era, LeftOut, ProbeError, Probed, ProbedTool};
pub use upstream::template::{Template, TemplateLimits, Templates};
