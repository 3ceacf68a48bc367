//! The protocol towards clients: its versions, legacy sessions, the answers from memory, and streams.
//!
//! Nothing here decides about access or talks to an upstream.

pub(crate) mod client;
pub(crate) mod ears;
pub(crate) mod initialize;
pub(crate) mod list;
pub(crate) mod session;
pub(crate) mod stream;
pub(crate) mod version;
