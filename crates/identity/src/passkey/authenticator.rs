//! What a device says (authenticator data): for which site, whether somebody was there and who they are to it, how often
//! it signed, and of a new passkey its id.

use super::fault::PasskeyFault;
use super::party::RelyingParty;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_COPIED: u8 = 0x08;
const IS_COPIED: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;
/// Bytes that say which make of device it is.
const MAKE_LENGTH: usize = 16;

/// The device's statement.
#[derive(Clone, Copy)]
pub(super) struct AuthenticatorData<'d> {
    party: &'d [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    rest: &'d [u8],
}

impl<'d> AuthenticatorData<'d> {
    pub(super) fn parse(bytes: &'d [u8]) -> Result<Self, PasskeyFault> {
        let damaged = PasskeyFault::AuthenticatorData;
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(damaged)?;
        let (flags, rest) = rest.split_first().ok_or(damaged)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(damaged)?;
        Ok(Self { party, flags: *flags, counter: u32::from_be_bytes(*counter), rest })
    }

    /// That it is about this site, and that its user was there and showed who they are.
    pub(super) fn check(&self, party: &RelyingParty) -> Result<(), PasskeyFault> {
        if *self.party != party.id_hash() {
            return Err(PasskeyFault::Party);
        }
        if !self.has(PRESENT) {
            return Err(PasskeyFault::NotPresent);
        }
        if !self.has(VERIFIED) {
            return Err(PasskeyFault::NotVerified);
        }
        if self.has(IS_COPIED) && !self.may_be_copied() {
            return Err(PasskeyFault::Copies);
        }
        Ok(())
    }

    /// Whether the passkey can come to be on several devices. That never changes.
    pub(super) fn may_be_copied(&self) -> bool {
        self.has(MAY_BE_COPIED)
    }

    /// The id of the passkey that was made. What follows it, the key in another form, is not read.
    pub(super) fn credential(&self) -> Result<&'d [u8], PasskeyFault> {
        let found = || {
            let (_, rest) = self.rest.split_at_checked(MAKE_LENGTH)?;
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let (id, key) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            (self.has(HAS_CREDENTIAL) && !key.is_empty()).then_some(id)
        };
        found().ok_or(PasskeyFault::AuthenticatorData)
    }

    /// That it is about a signature, and holds nothing that only a new passkey has.
    pub(super) fn is_of_a_signature(&self) -> Result<(), PasskeyFault> {
        let as_said = !self.has(HAS_CREDENTIAL) && self.has(HAS_EXTENSIONS) != self.rest.is_empty();
        as_said.then_some(()).ok_or(PasskeyFault::AuthenticatorData)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}
