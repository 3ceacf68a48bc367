//! Connected clients: AI clients that a person let act as themselves by signing in to them (OAuth 2.1).
//!
//! What a client shows is a token, which stands beside the stream and changes often; that the client is connected is an
//! event, and its end is one. A client carries its person's live rights, never more, and ends with their membership.
//!
//! A client that was registered by hand may ask members to connect it, and nothing else: nobody is connected by that.

mod apply;
mod handle;
mod state;

pub use handle::{CLIENTS_MAX, REGISTRATIONS_MAX};
pub(crate) use handle::{connect, disconnect, register, unregister};
pub use state::Client;
