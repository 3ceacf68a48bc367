//! Sealed secrets that are kept no longer, but to be given back.

use std::fmt;

use domain::id::OrgId;

/// A secret that is to be given back to whoever gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretToGiveBack {
    /// Whose it was.
    pub org: OrgId,
    /// What it was for.
    pub id: String,
    /// Ciphertext; the journal never sees the plain text.
    pub sealed: Vec<u8>,
    /// How often it was tried in vain.
    pub attempts: u32,
}

impl fmt::Debug for SecretToGiveBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretToGiveBack({}, {}, {} attempts)", self.org, self.id, self.attempts)
    }
}
