//! What tests need and the product never links: a disk under a data folder that loses what was not flushed,
//! certificates, a device that keeps a passkey, an issuer with whom people sign in, a DNS server, and an MCP
//! server that is a process.
//!
//! It knows nothing of what the files mean. Start reading at [`power`].

pub mod authenticator;
pub mod certificate;
pub mod issuer;
pub mod names;
#[cfg(target_os = "linux")]
pub mod power;
pub mod stdio;
