//! What tests need and the product never links: a disk under a data folder that loses what was not flushed,
//! certificates, and a device that keeps a passkey.
//!
//! It knows nothing of what the files mean. Start reading at [`power`].

pub mod authenticator;
pub mod certificate;
#[cfg(target_os = "linux")]
pub mod power;
