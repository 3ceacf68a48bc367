//! Signing in with a provider: Wardroom as a relying party of OpenID Connect, with the authorization code flow, PKCE
//! and nothing else.
//!
//! ```text
//! Issuer ─ discovery ─► Provider ─ authorize ─► the address that the browser is sent to
//!                          │                                        │ (the person signs in there)
//!                          │            answer ◄────────────────────┘
//!                          └─ exchange ◄──┘ code
//!                                │ id_token, jwk
//!                                └─ claims ─► ProvenIdentity, or one named refusal
//!                                             (userinfo: the address, where the id_token has none)
//! ```
//!
//! Everything here is a function of what is handed in. It never opens a connection, never follows a redirect, never
//! reads a clock and never decides whom an identity belongs to. Who calls it fetches documents with limits of its own,
//! redeems the ticket in `state` before anything else, and fetches the keys again, once, on
//! [`JwsFault::UnknownKey`].
//!
//! Start reading at [`check_id_token`] (everything else serves it), then [`Provider`] and [`Answer`].

mod address;
mod answer;
mod authorize;
mod claims;
mod discovery;
mod exchange;
mod issuer;
mod jwk;
mod jws;
mod proven;
mod userinfo;

pub use crate::sent_back::Code;
pub use address::{Address, Belief, Doubt};
pub use answer::{ANSWER_LENGTH_MAX, Answer, AnswerFault, Declined};
pub use authorize::{AuthorizationRequest, Prompt, SignInDeriver, SignInSecrets};
pub use claims::{ClaimFault, Expected, IdTokenFault, check_id_token};
pub use discovery::{ClientAuth, DISCOVERY_LENGTH_MAX, DiscoveryFault, Provider};
pub use exchange::{Client, ExchangeFault, TOKEN_ANSWER_LENGTH_MAX, TokenAnswer, TokenRequest};
pub use issuer::{Endpoint, Issuer, UrlFault};
pub(crate) use issuer::{check as check_url, has_dot_segment, is_this_machine, origin_of};
pub use jwk::{KEY_SET_LENGTH_MAX, KeySet, KeySetFault};
pub use jws::{JwsFault, TOKEN_LENGTH_MAX};
pub use proven::{IdentityDigester, ProvenIdentity, Subject};
pub use userinfo::{USERINFO_LENGTH_MAX, UserinfoFault};

/// Reads a JSON object into a struct: a member that the struct knows and that is there twice refuses the whole. A list
/// is refused, which serde would take for the members in their order.
pub(crate) fn object<'a, T: serde::Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    let begins_as_object = text.trim_ascii_start().first() == Some(&b'{');
    begins_as_object.then(|| serde_json::from_slice(text).ok()).flatten()
}

#[cfg(test)]
mod tests;
