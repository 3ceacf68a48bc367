//! Being the authorization server of AI clients (OAuth 2.1, RFC 6749, 7591, 7636, 8252, 8707), as functions of what is
//! handed in: what a client says of itself, what it asks a person for, and what it brings back.
//!
//! Nothing here fetches, stores or decides. What a client says is narrow on purpose: what two programs might read
//! differently is refused, and every fault has the word that the specification has for it ([`OAuthFault`]).
//!
//! Start reading at [`authorize::Asked`], then [`grant::TokenRequest`].

pub mod authorize;
pub mod client;
mod fault;
mod fields;
pub mod grant;
pub mod pkce;
pub mod redirect;
pub mod scope;

pub use fault::{OAuthError, OAuthFault};
