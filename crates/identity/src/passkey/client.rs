//! What a browser says it did (`clientDataJSON`): what for, in answer to what, and on whose page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fault::PasskeyFault;
use super::party::RelyingParty;

/// The browser's statement. A member that is there twice refuses the whole; those that are not known are not read.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<IgnoredAny>,
}

/// The browser's statement, of which the challenge is still to be looked up.
pub(super) struct ClientData {
    written: Written,
    challenge: String,
}

impl ClientData {
    pub(super) fn parse(text: &[u8]) -> Result<Self, PasskeyFault> {
        let written: Written = crate::oidc::object(text).ok_or(PasskeyFault::ClientData)?;
        let challenge = URL_SAFE_NO_PAD.decode(&written.challenge).map_err(|_| PasskeyFault::Challenge)?;
        // Ours are tokens, which are text.
        let challenge = String::from_utf8(challenge).map_err(|_| PasskeyFault::Challenge)?;
        Ok(Self { written, challenge })
    }

    pub(super) fn challenge(&self) -> &str {
        &self.challenge
    }

    /// That it did this, on a page of ours that stood in no other.
    pub(super) fn check(&self, expected: &'static str, party: &RelyingParty) -> Result<(), PasskeyFault> {
        if self.written.kind != expected {
            return Err(PasskeyFault::Kind { expected });
        }
        if self.written.origin != party.origin() {
            return Err(PasskeyFault::Origin);
        }
        if self.written.cross_origin || self.written.top_origin.is_some() {
            return Err(PasskeyFault::CrossOrigin);
        }
        Ok(())
    }
}
