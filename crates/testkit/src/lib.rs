//! What tests need and the product never links: a disk under a data folder that loses what was not flushed, and
//! certificates.
//!
//! It knows nothing of what the files mean. Start reading at [`power`].

pub mod certificate;
#[cfg(target_os = "linux")]
pub mod power;
