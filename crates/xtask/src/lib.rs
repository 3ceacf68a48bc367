//! What tests share with the commands of `cargo xtask`: the examination of servers that speak AuthZEN.
//!
//! It knows nothing of Wardroom. Start reading at [`authzen`].

pub mod authzen;
