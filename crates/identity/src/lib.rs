//! Who is calling: issued keys and the tokens of sessions and links, their hashes at rest, the sealing of upstream
//! secrets, the master keys under all of these, and signing in with a provider or with a passkey.
//!
//! This room never touches SQL, a file, the environment, a connection, a clock, the web framework or a verdict. A credential names
//! somebody and holds no authority: what its holder may do is asked of `verdict` at the moment of the call.
//!
//! Start reading at [`key::PresentedKey`] (what a caller shows) and [`keyring::Keyring`] (what the installation
//! must keep), then [`digest`] and [`seal`] (what is made of both). Sign-in begins at [`token`] (what a browser or
//! a link shows), [`oidc`] (what a provider says) and [`passkey`] (what a device signs), with [`csrf`] and
//! [`return_to`] beside them. [`oauth`] is the other side: what AI clients bring that people sign in to. [`upstream`] is Wardroom
//! as a client itself, of the servers that integrations stand for.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod base62;
mod basic;
pub mod csrf;
pub mod digest;
mod form;
pub mod key;
pub mod keyring;
mod mac;
pub mod oauth;
pub mod oidc;
pub mod passkey;
pub mod random;
pub mod request_state;
pub mod return_to;
pub mod seal;
mod sent_back;
pub mod token;
pub mod upstream;
