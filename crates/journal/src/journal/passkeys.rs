//! What can be asked about passkeys.

use domain::id::PersonId;

use crate::error::ReadError;
use crate::journal::Journal;
use crate::sign_in::PasskeyRow;
use crate::sqlite::passkeys;

impl Journal {
    /// The passkey whose id has this digest.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn passkey(&self, digest: [u8; 32]) -> Result<Option<PasskeyRow>, ReadError> {
        self.read_journal(move |connection| passkeys::passkey(connection, &digest)).await
    }

    /// A person's passkeys, the oldest first; at most 10,000.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn passkeys_of(&self, person: PersonId) -> Result<Vec<PasskeyRow>, ReadError> {
        self.read_journal(move |connection| passkeys::passkeys_of(connection, person)).await
    }
}
