//! The short names of roles.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const LENGTH_MAX: usize = 40;

/// Names a role inside an organization: a short word such as `owner`, 1 to 40 characters of `a-z 0-9 -`.
///
/// Ends in zero bytes where it is shorter, so that it can be copied and compared as it stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleId([u8; LENGTH_MAX]);

/// Why a text cannot name a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a role is named by 1 to 40 characters of a-z, 0-9 and -")]
pub struct InvalidRoleId;

impl RoleId {
    /// Reads a role's name.
    ///
    /// # Errors
    /// [`InvalidRoleId`] where the text is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<RoleId, InvalidRoleId> {
        let clean = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let mut bytes = [0; LENGTH_MAX];
        match bytes.get_mut(..text.len()) {
            Some(room) if clean && !text.is_empty() => room.copy_from_slice(text.as_bytes()),
            _ => return Err(InvalidRoleId),
        }
        Ok(RoleId(bytes))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(LENGTH_MAX);
        self.0.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Borrow<str> for RoleId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Serialize for RoleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RoleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        RoleId::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_text_and_back_and_is_ordered_like_its_text() {
        let longest = "z".repeat(LENGTH_MAX);
        let mut names = ["owner", "a", "a-b", "ab", &longest].map(|text| RoleId::parse(text).unwrap());
        assert_eq!(names.map(|name| name.to_string()), ["owner", "a", "a-b", "ab", &longest].map(str::to_owned));
        names.sort();
        assert!(names.iter().map(RoleId::as_str).is_sorted());
        for wrong in ["", "Owner", "a b", "ü", &"z".repeat(LENGTH_MAX + 1)] {
            assert_eq!(RoleId::parse(wrong), Err(InvalidRoleId), "{wrong}");
        }
    }
}
