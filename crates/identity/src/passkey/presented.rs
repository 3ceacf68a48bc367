//! What a browser hands over, taken apart and checked: a new passkey, or the signature of one.
//!
//! The order of the checks is that of the standard (sections 7.1 and 7.2), and each has a fault of its own. What is handed
//! over is bounded before it is read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::authenticator::AuthenticatorData;
use super::client::ClientData;
use super::fault::PasskeyFault;
use super::key::PublicKey;
use super::party::RelyingParty;
use crate::token::{PresentedToken, TokenForm};

/// Bytes that the id of a passkey may have at most, as the standard bounds it.
pub const CREDENTIAL_LENGTH_MAX: usize = 1_023;
/// Bytes that it must have, so that nobody finds one by trying.
const CREDENTIAL_LENGTH_MIN: usize = 16;
/// Characters of any part: a key of RSA with 8192 bits and everything about it has fewer.
const PART_LENGTH_MAX: usize = 8_192;

const MAKING: &str = "webauthn.create";
const SHOWING: &str = "webauthn.get";

/// A new passkey, as the browser's page sends it: each part in base64url.
#[derive(Clone, Copy, Debug)]
pub struct PresentedRegistration<'p> {
    /// Its id.
    pub credential: &'p str,
    /// What the browser says.
    pub client_data: &'p str,
    /// What the device says.
    pub authenticator_data: &'p str,
    /// The key, as a SubjectPublicKeyInfo.
    pub public_key: &'p str,
    /// How it signs: a number of COSE, in decimal.
    pub algorithm: &'p str,
}

/// A passkey's signature, as the browser's page sends it: each part in base64url.
#[derive(Clone, Copy, Debug)]
pub struct PresentedAssertion<'p> {
    /// The passkey's id.
    pub credential: &'p str,
    /// What the browser says.
    pub client_data: &'p str,
    /// What the device says.
    pub authenticator_data: &'p str,
    /// The signature of both.
    pub signature: &'p str,
    /// Whose the device says that it is.
    pub user_handle: &'p str,
}

/// A new passkey, taken apart.
pub struct Registration {
    credential: Vec<u8>,
    client: ClientData,
    authenticator_data: Vec<u8>,
    spki: Vec<u8>,
    algorithm: i64,
}

/// A passkey that can be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPasskey {
    /// Its id, which the device made.
    pub credential: Vec<u8>,
    /// The key, as a SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// How it signs.
    pub algorithm: i64,
    /// How often the device has signed with it until now; 0 where it does not count.
    pub counter: u32,
    /// Whether it can come to be on several devices.
    pub may_be_copied: bool,
}

impl Registration {
    /// Takes it apart.
    ///
    /// # Errors
    /// [`PasskeyFault::Part`], [`PasskeyFault::ClientData`], [`PasskeyFault::Challenge`].
    pub fn parse(presented: &PresentedRegistration<'_>) -> Result<Self, PasskeyFault> {
        let algorithm = presented.algorithm.parse().map_err(|_| PasskeyFault::Algorithm)?;
        Ok(Self {
            credential: decoded("the passkey's id", presented.credential)?,
            client: ClientData::parse(&decoded(CLIENT_DATA, presented.client_data)?)?,
            authenticator_data: decoded(AUTHENTICATOR_DATA, presented.authenticator_data)?,
            spki: decoded("its public key", presented.public_key)?,
            algorithm,
        })
    }

    /// What it answers. Whether that was asked, and whom, is to be looked up.
    ///
    /// # Errors
    /// [`PasskeyFault::Challenge`] where it is nothing of ours.
    pub fn challenge(&self) -> Result<PresentedToken<'_>, PasskeyFault> {
        token(&self.client)
    }

    /// Checks it.
    ///
    /// # Errors
    /// One [`PasskeyFault`] for each way of being wrong.
    pub fn check(self, party: &RelyingParty) -> Result<NewPasskey, PasskeyFault> {
        self.client.check(MAKING, party)?;
        let device = AuthenticatorData::parse(&self.authenticator_data)?;
        device.check(party)?;
        let lengths = CREDENTIAL_LENGTH_MIN..=CREDENTIAL_LENGTH_MAX;
        if device.credential()? != self.credential || !lengths.contains(&self.credential.len()) {
            return Err(PasskeyFault::Credential);
        }
        PublicKey::parse(self.algorithm, &self.spki)?;
        let (counter, may_be_copied) = (device.counter, device.may_be_copied());
        let Self { credential, spki, algorithm, .. } = self;
        Ok(NewPasskey { credential, spki, algorithm, counter, may_be_copied })
    }
}

/// A passkey's signature, taken apart.
pub struct Assertion {
    credential: Vec<u8>,
    client: ClientData,
    client_hash: [u8; 32],
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
    user_handle: Vec<u8>,
}

/// What is known of the passkey that signed.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Its key.
    pub key: &'k PublicKey,
    /// How often the device had signed with it when it was last used here.
    pub counter: u32,
    /// Whether it can come to be on several devices.
    pub may_be_copied: bool,
    /// What its device was told that its person is.
    pub user_handle: &'k [u8],
}

/// That the passkey was shown by its user, just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// How often the device has signed with it by now; 0 where it does not count.
    pub counter: u32,
}

impl Assertion {
    /// Takes it apart.
    ///
    /// # Errors
    /// [`PasskeyFault::Part`], [`PasskeyFault::ClientData`], [`PasskeyFault::Challenge`].
    pub fn parse(presented: &PresentedAssertion<'_>) -> Result<Self, PasskeyFault> {
        let client_data = decoded(CLIENT_DATA, presented.client_data)?;
        Ok(Self {
            credential: decoded("the passkey's id", presented.credential)?,
            client: ClientData::parse(&client_data)?,
            client_hash: Sha256::digest(&client_data).into(),
            authenticator_data: decoded(AUTHENTICATOR_DATA, presented.authenticator_data)?,
            signature: decoded("the signature", presented.signature)?,
            user_handle: decoded("whose it is", presented.user_handle)?,
        })
    }

    /// The id of the passkey that it says to be of.
    #[must_use]
    pub fn credential(&self) -> &[u8] {
        &self.credential
    }

    /// What it answers. Whether that was asked, and in which browser, is to be looked up.
    ///
    /// # Errors
    /// [`PasskeyFault::Challenge`] where it is nothing of ours.
    pub fn challenge(&self) -> Result<PresentedToken<'_>, PasskeyFault> {
        token(&self.client)
    }

    /// Checks it against what is known of the passkey.
    ///
    /// # Errors
    /// One [`PasskeyFault`] for each way of being wrong. [`PasskeyFault::Counter`] comes last, when the signature is right
    /// and everything else: whoever holds the key has it twice.
    pub fn check(&self, party: &RelyingParty, known: Known<'_>) -> Result<Shown, PasskeyFault> {
        self.client.check(SHOWING, party)?;
        let device = AuthenticatorData::parse(&self.authenticator_data)?;
        device.check(party)?;
        device.is_of_a_signature()?;
        if device.may_be_copied() != known.may_be_copied {
            return Err(PasskeyFault::Copies);
        }
        if self.user_handle != known.user_handle {
            return Err(PasskeyFault::Person);
        }
        let signed = [self.authenticator_data.as_slice(), &self.client_hash].concat();
        known.key.verify(&signed, &self.signature)?;
        let counts = device.counter != 0 || known.counter != 0;
        if counts && device.counter <= known.counter {
            return Err(PasskeyFault::Counter);
        }
        Ok(Shown { counter: device.counter })
    }
}

const CLIENT_DATA: &str = "the browser's statement";
const AUTHENTICATOR_DATA: &str = "the device's statement";

fn decoded(part: &'static str, text: &str) -> Result<Vec<u8>, PasskeyFault> {
    let bounded = Some(text).filter(|text| (1..=PART_LENGTH_MAX).contains(&text.len()));
    bounded.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(PasskeyFault::Part { part })
}

fn token(client: &ClientData) -> Result<PresentedToken<'_>, PasskeyFault> {
    PresentedToken::parse(TokenForm::PasskeyChallenge, client.challenge()).map_err(|_| PasskeyFault::Challenge)
}

/// Bytes as they are written for a browser: in base64url.
#[must_use]
pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
