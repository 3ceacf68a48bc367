//! The product as its users meet it: every test starts the real executable on its own data folder and port.
//!
//! Start reading at `world`, which starts it, then any story.

mod company;
#[cfg(target_os = "linux")]
mod crash;
mod keys;
mod management;
mod operation;
mod removal;
mod upstreams;
mod vandal;
mod world;
