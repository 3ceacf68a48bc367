//! The way to the integrations' MCP servers, of both eras: over streamable HTTP, and over the standard input and output of
//! processes of ours.
//!
//! Nothing here decides about access, and no tool call is ever repeated by itself: only where the upstream
//! said that it did not take a call, because a session is gone, is the call sent once more. The client's own
//! credential never comes this far.
//!
//! Start reading at [`endpoint::Upstreams`] (what is remembered), then `exchange` (one message there and back). Processes are
//! in `template` (what may be run), `children` (which run, and whose each is), `child` (speaking to one) and `keeper`
//! (watching over it).

mod child;
mod children;
pub(crate) mod connection;
pub(crate) mod endpoint;
pub(crate) mod exchange;
pub(crate) mod failure;
pub(crate) mod handshake;
pub(crate) mod health;
mod keeper;
pub(crate) mod mirror;
mod notice;
mod pipe;
pub(crate) mod probe;
mod process;
mod sse;
pub(crate) mod template;
pub(crate) mod translate;

pub(crate) use endpoint::Upstreams;
pub(crate) use handshake::short;
