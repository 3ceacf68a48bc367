//! Passkeys: Wardroom as a relying party of Web Authentication (Level 3), for keys that their device finds by itself and
//! uses only after it has made sure of its user.
//!
//! ```text
//! RelyingParty ──► a challenge goes to the browser ──► the device asks its user
//!                                                         │
//!        Registration (a new key) or Assertion (a signature) ◄──┘
//!              │                            │
//!          NewPasskey                     Shown, or one named refusal
//! ```
//!
//! Everything here is a function of what is handed in. What a device says about its make (attestation) is neither asked
//! for nor looked at, so that nothing of CBOR is read: browsers hand the key over in the form that everybody reads
//! (SubjectPublicKeyInfo). It never knows whose a passkey is, and never makes or remembers a challenge: who calls it finds
//! by [`Assertion::challenge`] what was asked in which browser, and uses it up before anything else.
//!
//! Start reading at [`Assertion::check`], then [`Registration::check`].

mod authenticator;
mod client;
mod digest;
mod fault;
mod key;
mod party;
mod presented;

pub use digest::PasskeyDigester;
pub use fault::PasskeyFault;
pub use key::{ALGORITHMS, PublicKey};
pub use party::RelyingParty;
pub use presented::{
    Assertion, CREDENTIAL_LENGTH_MAX, Known, NewPasskey, PresentedAssertion, PresentedRegistration, Registration,
    Shown, encoded,
};

#[cfg(test)]
mod tests;
