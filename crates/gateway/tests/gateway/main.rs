//! The gateway from outside: real clients' messages over real sockets, a scriptable upstream of either era, and
//! a world of its own for every test.

mod accounts;
mod asking;
mod besides;
mod cable;
mod calls;
mod client;
mod cuts;
mod doors;
mod hearing;
mod hostile;
mod lists;
mod questions;
mod recovery;
#[cfg(target_os = "linux")]
mod stdio;
mod streams;
mod things;
mod torture;
mod upstream;
mod villain;
mod world;
