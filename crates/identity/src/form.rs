//! The form that everything has which Wardroom issues to be presented again: a prefix that says what it is, 32
//! random base-62 characters (190 bits), and six that are the CRC-32 of all before them.
//!
//! This module never says what a prefix means: see [`crate::key`] and [`crate::token`].

use zeroize::Zeroizing;

use crate::base62;
use crate::random::{RandomFault, RandomSource};

/// Bytes of the whole text. Every prefix has four.
pub(crate) const LENGTH: usize = 42;
pub(crate) const SECRET_LENGTH: usize = 32;
pub(crate) const HINT_LENGTH: usize = 4;
const CHECKSUM_LENGTH: usize = 6;

/// Why a text with a known prefix is not whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FormFault {
    Length { found: usize },
    Alphabet,
    Checksum,
}

/// Makes a new text. It is wiped from memory when dropped.
pub(crate) fn issue(prefix: &str, source: &mut (impl RandomSource + ?Sized)) -> Result<Zeroizing<String>, RandomFault> {
    // The whole length is reserved at once: growing would leave a copy of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(LENGTH));
    text.push_str(prefix);
    base62::push_random(&mut text, SECRET_LENGTH, source)?;
    let checksum = checksum_of(&text);
    text.extend(checksum.map(char::from));
    Ok(text)
}

/// Checks length, alphabet and checksum, in this order, of a text; `rest` is what follows its prefix.
pub(crate) fn check(text: &str, rest: &str) -> Result<(), FormFault> {
    if text.len() != LENGTH {
        return Err(FormFault::Length { found: text.len() });
    }
    if !rest.bytes().all(base62::is_letter) {
        return Err(FormFault::Alphabet);
    }
    let (body, checksum) = text.split_at_checked(LENGTH - CHECKSUM_LENGTH).ok_or(FormFault::Alphabet)?;
    if checksum.as_bytes() == checksum_of(body) { Ok(()) } else { Err(FormFault::Checksum) }
}

/// The last four characters, by which people recognise it in a list.
pub(crate) fn hint(text: &str) -> &str {
    text.get(LENGTH - HINT_LENGTH..).unwrap_or_default()
}

pub(crate) fn checksum_of(body: &str) -> [u8; CHECKSUM_LENGTH] {
    base62::six_letters(crc32fast::hash(body.as_bytes()))
}
