//! The gateway from outside: real clients' messages over real sockets, a scriptable upstream of either era, and
//! a world of its own for every test.

mod accounts;
mod asking;
mod calls;
mod client;
mod cuts;
mod doors;
mod lists;
mod questions;
#[cfg(target_os = "linux")]
mod stdio;
mod streams;
mod upstream;
mod world;
