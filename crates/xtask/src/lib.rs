//! What tests and benchmarks share with the commands of `cargo xtask`: the examination of servers that speak AuthZEN, and
//! a server to examine beside ours.
//!
//! It knows nothing of Wardroom. Start reading at [`authzen`].

pub mod authzen;
pub mod cerbos;
