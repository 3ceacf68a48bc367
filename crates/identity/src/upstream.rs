//! Signing in at an upstream: Wardroom as an OAuth client of the MCP servers behind integrations, as the authorization chapters of
//! MCP 2025-11-25 and 2026-07-28 have it, and that of 2025-03-26 where a server knows nothing newer (OAuth 2.1, RFC 6750, 7009,
//! 7591, 7636, 8414, 8707, 9207, 9728, OAuth Client ID Metadata Document).
//!
//! ```text
//! 401 ─ challenge ─► metadata_urls ─► Resource ─ server_metadata_urls ─► Server ─► Registration ─► Client
//!                    (nowhere: Resource::by_convention, Server::by_convention)                       │
//!            the address that the browser is sent to ◄─ Authorize, scope ────────────────────────────┤
//!                    │ (a person signs in there)                                                     │
//!                    └─► Returned ─ code ─► TokenRequest ─► Tokens, or one TokenFault ◄──────────────┘
//! ```
//!
//! Everything here is a function of what is handed in. It never opens a connection, never follows a redirect, never reads a clock
//! and never keeps anything. Who calls it fetches each address with the guard against a server's own network (RFC 9728, section
//! 7.7), with a limit and without following redirects of the token endpoint; keeps what is secret sealed; and keeps
//! everything that a server gave by that server's issuer.
//!
//! INVARIANT: what one authorization server gave is shown to no other. A request is made of a [`Client`], and there is none of a
//! registration with another issuer. Guarded by `a_registration_at_one_server_is_used_at_no_other`.
//!
//! Start reading at [`Challenge`] and [`Resource`], then [`Server`], [`Client`] and [`Tokens`].

mod authorize;
mod challenge;
mod client;
mod place;
mod registration;
mod resource;
mod returned;
mod server;
mod token;

pub use crate::oauth::client::ShowsItself;
pub use crate::oauth::pkce::{challenge_of, verifier};
pub use crate::sent_back::Code;
pub use authorize::{Authorize, joined, needed_scope, scope};
pub use challenge::{CHALLENGE_LENGTH_MAX, Challenge};
pub use client::{Client, OtherIssuer};
pub use place::host;
pub use registration::{
    Kind, REGISTRATION_LENGTH_MAX, Registration, RegistrationFault, own_document, request as registration_request,
};
pub use resource::{RESOURCE_METADATA_LENGTH_MAX, Resource, ResourceFault, metadata_urls};
pub use returned::{Declined, Returned, ReturnedFault};
pub use server::{SERVER_METADATA_LENGTH_MAX, Server, ServerFault, server_metadata_urls};
pub use token::{TOKEN_ANSWER_LENGTH_MAX, TokenFault, TokenKind, TokenRequest, Tokens};

/// Whether a text is one scope (RFC 6749, section 3.3).
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// Whether a text is something that an authorization server may give to be shown again: printable ASCII (RFC 6749, appendix A).
fn is_printable(text: &str, length_max: usize) -> bool {
    !text.is_empty() && text.len() <= length_max && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

#[cfg(test)]
mod tests;
