//! Tokens: what a browser, a link or a company directory presents, and no key.
//!
//! They have the form of keys (see [`crate::key`]) with prefixes of their own, and a type of their own, so that
//! none of them opens a door for keys, and no key a door for tokens: where one is expected, [`PresentedToken::parse`]
//! is told which, and everything else is refused before anything is looked up. A *ticket* is a token that is good
//! once.
//!
//! This module never stores a token, never says until when one is good, and never ends one: whoever redeems a ticket
//! does so in the one transaction that also does what it is for. What is stored is a digest
//! ([`TokenDigester`], which is told what the token is for).

use std::fmt;

use zeroize::Zeroizing;

use crate::form::{self, FormFault};
use crate::random::{RandomFault, RandomSource};

mod digest;

pub use digest::{Purpose, TokenDigester};

/// Characters of a whole token.
pub const TOKEN_LENGTH: usize = form::LENGTH;

/// What a token begins with, which says at which door it is presented.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenForm {
    /// In the cookie of somebody who is signed in.
    Session,
    /// In the cookie of a browser in which nobody is signed in yet.
    Browser,
    /// In a link by which somebody signs in, or shows that an address is theirs.
    SignInLink,
    /// As the `state` of a sign-in that goes by way of a provider, and to make an account there one's own.
    SignInState,
    /// In the address at which an empty installation is set up.
    SetUp,
    /// In the link of an invitation.
    Invitation,
    /// As the challenge that somebody answers with a passkey.
    PasskeyChallenge,
    /// By a company directory that keeps members up to date.
    Directory,
    /// By a connected client at each call.
    ClientAccess,
    /// By a connected client, for new tokens.
    ClientRefresh,
    /// By a client that is being connected, for its first tokens.
    ClientCode,
    /// By a client that registered itself, to show that it is the one.
    ClientSecret,
}

impl TokenForm {
    /// Every form.
    pub const ALL: [TokenForm; 12] = [
        TokenForm::Session,
        TokenForm::Browser,
        TokenForm::SignInLink,
        TokenForm::SignInState,
        TokenForm::SetUp,
        TokenForm::Invitation,
        TokenForm::PasskeyChallenge,
        TokenForm::Directory,
        TokenForm::ClientAccess,
        TokenForm::ClientRefresh,
        TokenForm::ClientCode,
        TokenForm::ClientSecret,
    ];

    /// The prefix, the underscore included.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TokenForm::Session => "wrs_",
            TokenForm::Browser => "wrb_",
            TokenForm::SignInLink => "wrl_",
            TokenForm::SignInState => "wro_",
            TokenForm::SetUp => "wru_",
            TokenForm::Invitation => "wri_",
            TokenForm::PasskeyChallenge => "wrc_",
            TokenForm::Directory => "wrd_",
            TokenForm::ClientAccess => "wrt_",
            TokenForm::ClientRefresh => "wrf_",
            TokenForm::ClientCode => "wrg_",
            TokenForm::ClientSecret => "wrx_",
        }
    }
}

/// Why a text cannot be the token that is expected here. It never repeats the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenFault {
    /// It begins with something else: it is another token, a key, or neither.
    #[error("this is not what belongs here: expected something that begins with {expected}")]
    Prefix {
        /// The prefix that was expected.
        expected: &'static str,
    },
    /// It is too short or too long.
    #[error(
        "the link or token is incomplete or has something added: {found} characters came in, it has {TOKEN_LENGTH}"
    )]
    Length {
        /// Bytes that came in.
        found: usize,
    },
    /// It has a character that no token has.
    #[error("the link or token has a character that none has: after the prefix only 0-9, A-Z and a-z occur")]
    Alphabet,
    /// The last six characters do not fit the rest.
    #[error("the link or token has a mistake in it: its checksum does not fit; copy it again from where it is kept")]
    Checksum,
}

impl From<FormFault> for TokenFault {
    fn from(fault: FormFault) -> Self {
        match fault {
            FormFault::Length { found } => Self::Length { found },
            FormFault::Alphabet => Self::Alphabet,
            FormFault::Checksum => Self::Checksum,
        }
    }
}

/// A text that has the form of a token. Whether such a token was ever issued is not known yet.
#[derive(Clone, Copy)]
pub struct PresentedToken<'a> {
    form: TokenForm,
    text: &'a str,
}

impl<'a> PresentedToken<'a> {
    /// Checks that this is whole, and of the form that is expected here, without allocating.
    ///
    /// # Errors
    /// The first [`TokenFault`] met, of prefix, length, alphabet and checksum.
    pub fn parse(expected: TokenForm, text: &'a str) -> Result<Self, TokenFault> {
        let rest = text.strip_prefix(expected.as_str()).ok_or(TokenFault::Prefix { expected: expected.as_str() })?;
        form::check(text, rest)?;
        Ok(Self { form: expected, text })
    }

    /// Which token this is.
    #[must_use]
    pub fn form(&self) -> TokenForm {
        self.form
    }

    /// The last four characters, by which people recognise a token in a list.
    #[must_use]
    pub fn hint(&self) -> &'a str {
        form::hint(self.text)
    }

    /// The text itself, where it must be handed on: as the `state` in the address of a provider.
    #[must_use]
    pub fn reveal(&self) -> &'a str {
        self.text
    }

    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}

impl fmt::Debug for PresentedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…{}", self.form.as_str(), form::hint(self.text))
    }
}

/// A token just made. It is handed out once, kept nowhere, and wiped from memory when dropped.
pub struct IssuedToken {
    form: TokenForm,
    text: Zeroizing<String>,
}

impl IssuedToken {
    /// Makes a new token.
    ///
    /// # Errors
    /// [`RandomFault`] where the source has no random bytes.
    pub fn generate(form: TokenForm, source: &mut (impl RandomSource + ?Sized)) -> Result<Self, RandomFault> {
        Ok(Self { form, text: form::issue(form.as_str(), source)? })
    }

    /// The token itself, for the cookie or the link.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The token as it will be presented, for taking its digest.
    #[must_use]
    pub fn presented(&self) -> PresentedToken<'_> {
        PresentedToken { form: self.form, text: &self.text }
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.presented(), f)
    }
}

#[cfg(test)]
mod tests;
