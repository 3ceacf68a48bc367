//! The installation's master keys: the one secret that its operator must keep, apart from the database.
//!
//! As text, one key a line, the newest last: an id, a blank, and 32 random bytes in base64 or hex. Blank lines
//! and lines that begin with `#` are ignored. Whoever reads or writes the file (mode 0600) or the environment
//! variable hands the text in and out; this module touches neither.
//!
//! Rotation: add a line. New secrets are sealed and new keys stored under the newest; everything older stays
//! readable as long as its line stays.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::random::{RandomFault, RandomSource};

/// Characters that the id of a master key may have at most.
pub const MASTER_ID_LENGTH_MAX: usize = 32;
/// Master keys that a key file may hold at most.
pub const MASTER_KEYS_MAX: usize = 64;
/// The comment at the top of a key file that Wardroom writes.
const PREAMBLE: &str = "\
# Wardroom's master keys. Whoever holds this file and the database can read every sealed secret.
# Keep a copy apart from the backups of the database: without it they cannot be opened.
# One key a line, the newest last: an id and 32 random bytes in base64 or hex. To rotate, add a line.
";

/// One master key.
pub(crate) struct MasterKey {
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<[u8; 32]>,
}

/// All master keys of an installation; at least one.
pub struct Keyring {
    older: Vec<MasterKey>,
    newest: MasterKey,
}

/// What is wrong with the text of a key file. The text itself is never repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringFault {
    /// Nothing but comments.
    #[error("there is no master key in it: expected a line with an id and 32 random bytes in base64 or hex")]
    Empty,
    /// A line that is not an id and a key.
    #[error("line {line}: expected an id, a blank, and 32 random bytes in base64 or hex")]
    Form {
        /// Counted from one.
        line: usize,
    },
    /// An id that cannot be one.
    #[error("line {line}: the id may have 1 to {MASTER_ID_LENGTH_MAX} characters of a-z, 0-9, - and _")]
    Id {
        /// Counted from one.
        line: usize,
    },
    /// The second line with the same id.
    #[error("line {line}: the id {id} is on another line already; every master key needs its own")]
    Twice {
        /// Counted from one.
        line: usize,
        /// The id.
        id: String,
    },
    /// Bytes that are not a key.
    #[error("line {line}: the key must be 32 bytes, written as 44 characters of base64 or 64 of hex")]
    Key {
        /// Counted from one.
        line: usize,
    },
    /// A key that anybody could guess.
    #[error("line {line}: the key is one byte repeated; make a random one, for example with `openssl rand -base64 32`")]
    Weak {
        /// Counted from one.
        line: usize,
    },
    /// More lines than anybody needs.
    #[error("line {line}: there are more than {MASTER_KEYS_MAX} master keys; remove the oldest that nothing needs")]
    TooMany {
        /// Counted from one.
        line: usize,
    },
}

impl Keyring {
    /// Reads the text of a key file. One wrong line refuses the whole.
    ///
    /// # Errors
    /// [`KeyringFault`], naming the first wrong line.
    pub fn parse(text: &str) -> Result<Self, KeyringFault> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let key = parse_line(line, content)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyringFault::Twice { line, id: key.id });
            }
            if keys.len() == MASTER_KEYS_MAX {
                return Err(KeyringFault::TooMany { line });
            }
            keys.push(key);
        }
        let newest = keys.pop().ok_or(KeyringFault::Empty)?;
        Ok(Self { older: keys, newest })
    }

    /// Makes a keyring with one new key.
    ///
    /// # Errors
    /// [`RandomFault`] where the source has no random bytes.
    pub fn generate(source: &mut (impl RandomSource + ?Sized)) -> Result<Self, RandomFault> {
        Ok(Self { older: Vec::new(), newest: new_key("k1".to_owned(), source)? })
    }

    /// Adds a new key, which is the newest from now on.
    ///
    /// # Errors
    /// [`RandomFault`] where the source has no random bytes; the keyring is then as before.
    pub fn rotate(&mut self, source: &mut (impl RandomSource + ?Sized)) -> Result<(), RandomFault> {
        let taken: Vec<&str> = self.newest_first().map(|key| key.id.as_str()).collect();
        let free = (taken.len() + 1..).map(|number| format!("k{number}")).find(|id| !taken.contains(&id.as_str()));
        let added = new_key(free.unwrap_or_default(), source)?;
        self.older.push(std::mem::replace(&mut self.newest, added));
        Ok(())
    }

    /// The text to keep, which [`Keyring::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let keys = self.older.len() + 1;
        // Reserved at once: growing would leave copies of the keys behind.
        let mut text = Zeroizing::new(String::with_capacity(PREAMBLE.len() + keys * (MASTER_ID_LENGTH_MAX + 48)));
        text.push_str(PREAMBLE);
        for key in self.older.iter().chain([&self.newest]) {
            text.push_str(&key.id);
            text.push(' ');
            STANDARD.encode_string(key.secret.as_slice(), &mut text);
            text.push('\n');
        }
        text
    }

    pub(crate) fn newest(&self) -> &MasterKey {
        &self.newest
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &MasterKey> {
        [&self.newest].into_iter().chain(self.older.iter().rev())
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(")?;
        for key in self.older.iter().chain([&self.newest]) {
            write!(f, " {}", key.id)?;
        }
        f.write_char(')')
    }
}

fn new_key(id: String, source: &mut (impl RandomSource + ?Sized)) -> Result<MasterKey, RandomFault> {
    let mut secret = Zeroizing::new([0u8; 32]);
    source.fill(secret.as_mut())?;
    if is_one_byte_repeated(&secret) {
        return Err(RandomFault("what it gives is not random".to_owned()));
    }
    Ok(MasterKey { id, secret })
}

fn parse_line(line: usize, content: &str) -> Result<MasterKey, KeyringFault> {
    let (id, written) = content.split_once(char::is_whitespace).ok_or(KeyringFault::Form { line })?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > MASTER_ID_LENGTH_MAX || !id.bytes().all(allowed) {
        return Err(KeyringFault::Id { line });
    }
    let secret = parse_secret(written.trim()).ok_or(KeyringFault::Key { line })?;
    if is_one_byte_repeated(&secret) {
        return Err(KeyringFault::Weak { line });
    }
    Ok(MasterKey { id: id.to_owned(), secret })
}

/// Base64 of 32 bytes has 43 or 44 characters and hex has 64, so the length says which it is.
fn parse_secret(written: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut secret = Zeroizing::new([0u8; 32]);
    if written.len() == 64 {
        for (slot, digits) in secret.iter_mut().zip(written.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *slot = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        }
        return Some(secret);
    }
    let mut decoded = Zeroizing::new([0u8; 48]);
    let length = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .into_iter()
        .find_map(|alphabet| alphabet.decode_slice(written, decoded.as_mut()).ok())?;
    if length != secret.len() {
        return None;
    }
    for (slot, byte) in secret.iter_mut().zip(decoded.iter()) {
        *slot = *byte;
    }
    Some(secret)
}

fn is_one_byte_repeated(secret: &[u8; 32]) -> bool {
    let [first, rest @ ..] = secret;
    rest.iter().all(|byte| byte == first)
}

#[cfg(test)]
mod tests;
