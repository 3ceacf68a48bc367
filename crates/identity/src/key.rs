//! Keys: what is issued to people, workspaces and agents, and what a caller presents.
//!
//! A key is a typed prefix (`wrp` personal, `wrw` workspace, `wra` agent), an underscore, 32 random base-62
//! characters (190 bits) and six base-62 characters that are the CRC-32 of all before them:
//!
//! ```text
//! wrp_0123456789ABCDEFGHIJKLMNOPQRSTUV3tL5Ur
//! └┬┘ └──────────────┬───────────────┘└─┬──┘
//! prefix          secret             checksum
//! ```
//!
//! The checksum is no protection: it tells a mistyped or cut key from a wrong one before anything is looked
//! up, and lets scanners of source code recognise a leaked key without asking anybody. The last four
//! characters may be shown in lists: they give away less than 24 bits and leave more than 160.
//!
//! This module never stores a key and never decides whether one is valid: see [`crate::digest`].

use std::fmt;

use zeroize::Zeroizing;

use crate::form::{self, FormFault};
use crate::random::{RandomFault, RandomSource};

/// Characters of a whole key.
pub const KEY_LENGTH: usize = form::LENGTH;

/// What a key begins with, which says to whom such keys are issued.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyPrefix {
    /// To one person, with exactly that person's access.
    Personal,
    /// To the organization, tied to nobody.
    Workspace,
    /// To an agent's own identity.
    Agent,
}

impl KeyPrefix {
    /// Every prefix.
    pub const ALL: [KeyPrefix; 3] = [KeyPrefix::Personal, KeyPrefix::Workspace, KeyPrefix::Agent];

    /// The prefix itself, the underscore included.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            KeyPrefix::Personal => "wrp_",
            KeyPrefix::Workspace => "wrw_",
            KeyPrefix::Agent => "wra_",
        }
    }
}

/// Why a text cannot be a key. It never repeats the text, which may be a real key with one wrong character.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyFault {
    /// It begins with something else.
    #[error("this is not a Wardroom key: keys begin with wrp_, wrw_ or wra_")]
    Prefix,
    /// It is too short or too long.
    #[error("the key is incomplete or has something added: {found} characters came in, a whole key has {KEY_LENGTH}")]
    Length {
        /// Bytes that came in.
        found: usize,
    },
    /// It has a character that no key has.
    #[error("the key has a character that no key has: after the prefix only 0-9, A-Z and a-z occur")]
    Alphabet,
    /// The last six characters do not fit the rest.
    #[error("the key has a mistake in it: its checksum does not fit; copy it again from where it is kept")]
    Checksum,
}

impl From<FormFault> for KeyFault {
    fn from(fault: FormFault) -> Self {
        match fault {
            FormFault::Length { found } => Self::Length { found },
            FormFault::Alphabet => Self::Alphabet,
            FormFault::Checksum => Self::Checksum,
        }
    }
}

/// A text that has the form of a key. Whether such a key was ever issued is not known yet.
#[derive(Clone, Copy)]
pub struct PresentedKey<'a> {
    prefix: KeyPrefix,
    text: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// Checks prefix, length, alphabet and checksum, in this order, without allocating. Letters count as
    /// written: a key in other case is another key.
    ///
    /// # Errors
    /// The first [`KeyFault`] met.
    pub fn parse(text: &'a str) -> Result<Self, KeyFault> {
        let (prefix, rest) = KeyPrefix::ALL
            .into_iter()
            .find_map(|prefix| text.strip_prefix(prefix.as_str()).map(|rest| (prefix, rest)))
            .ok_or(KeyFault::Prefix)?;
        form::check(text, rest)?;
        Ok(Self { prefix, text })
    }

    /// To whom such keys are issued.
    #[must_use]
    pub fn prefix(&self) -> KeyPrefix {
        self.prefix
    }

    /// The last four characters, by which people recognise a key in a list.
    #[must_use]
    pub fn hint(&self) -> &'a str {
        form::hint(self.text)
    }

    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}

impl fmt::Debug for PresentedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…{}", self.prefix.as_str(), self.hint())
    }
}

/// A key just made. It is shown once, kept nowhere, and wiped from memory when dropped.
pub struct IssuedKey {
    prefix: KeyPrefix,
    text: Zeroizing<String>,
}

impl IssuedKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`RandomFault`] where the source has no random bytes.
    pub fn generate(prefix: KeyPrefix, source: &mut (impl RandomSource + ?Sized)) -> Result<Self, RandomFault> {
        Ok(Self { prefix, text: form::issue(prefix.as_str(), source)? })
    }

    /// To whom it is issued.
    #[must_use]
    pub fn prefix(&self) -> KeyPrefix {
        self.prefix
    }

    /// The key itself, to be shown to its holder now and never again.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The key as its holder will present it, for taking its digest.
    #[must_use]
    pub fn presented(&self) -> PresentedKey<'_> {
        PresentedKey { prefix: self.prefix, text: &self.text }
    }
}

impl fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.presented(), f)
    }
}

impl fmt::Display for IssuedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.presented(), f)
    }
}

#[cfg(test)]
mod tests;
