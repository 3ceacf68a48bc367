//! Why a passkey is not believed.

use super::presented::CREDENTIAL_LENGTH_MAX;

/// Why a passkey is not believed, or none can come of what was handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasskeyFault {
    /// A part is not there, is too long, or is not in base64url.
    #[error("what the browser handed over is damaged: expected {part} in base64url")]
    Part {
        /// Which part.
        part: &'static str,
    },
    /// The browser's own statement cannot be read.
    #[error("what the browser says about the passkey cannot be read")]
    ClientData,
    /// The browser says that it did something else.
    #[error("the browser was asked for something else: expected {expected}")]
    Kind {
        /// What it was to do.
        expected: &'static str,
    },
    /// It answers a challenge that was never one of ours.
    #[error("the passkey answers no question of this installation")]
    Challenge,
    /// It was asked for on a page of another site.
    #[error("the passkey was asked for on another site than this one")]
    Origin,
    /// It was asked for in a frame of another site.
    #[error("the passkey was asked for within a page of another site")]
    CrossOrigin,
    /// The device's statement cannot be read.
    #[error("what the device says about the passkey cannot be read")]
    AuthenticatorData,
    /// The device made or used it for another site.
    #[error("the passkey is for another site than this one")]
    Party,
    /// Nobody was there.
    #[error("the device did not see that somebody was there")]
    NotPresent,
    /// The device did not make sure of its user.
    #[error("the device did not make sure who uses it; set a PIN, a fingerprint or a face there, and use it")]
    NotVerified,
    /// It says to be copied elsewhere although it cannot be, or it has changed whether it can be.
    #[error("what the device says about copies of the passkey contradicts itself")]
    Copies,
    /// Its id is not the one that the device states, or no id.
    #[error("the passkey's id is not the one that the device states, or is longer than {CREDENTIAL_LENGTH_MAX} bytes")]
    Credential,
    /// It signs in a way that is not accepted.
    #[error("the passkey signs in a way that is not accepted here; ES256, EdDSA and RS256 are")]
    Algorithm,
    /// The key is not of the form that its way of signing has.
    #[error("the passkey's public key is not of the form that its way of signing has")]
    Key,
    /// The device says that it is somebody else's.
    #[error("the device says that the passkey is somebody else's")]
    Person,
    /// The signature is not of this key and this statement.
    #[error("the passkey's signature is wrong")]
    Signature,
    /// The device counts backwards: there are two of it.
    #[error("the passkey was used more often than its device knows of, so that there may be a copy of it")]
    Counter,
}
