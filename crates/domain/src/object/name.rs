//! The short names of objects and fields.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Names an object, or a field of an object: 1 to 63 characters of `a-z 0-9 _`, a letter first, so that a table or
/// column of that name needs no quoting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct DataName(Box<str>);

/// Why a text cannot name an object or a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("objects and fields are named by 1 to 63 characters of a-z, 0-9 and _, beginning with a letter")]
pub struct InvalidDataName;

impl DataName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidDataName`] where the text is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<DataName, InvalidDataName> {
        let clean = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if clean && begins && text.len() <= 63 { Ok(DataName(text.into())) } else { Err(InvalidDataName) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DataName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for DataName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for DataName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        DataName::parse(&text).map_err(serde::de::Error::custom)
    }
}
