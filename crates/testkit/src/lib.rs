//! What tests need and the product never links: a disk under a data folder that loses what was not flushed.
//!
//! It knows nothing of what the files mean. Start reading at [`power`].

#[cfg(target_os = "linux")]
pub mod power;
