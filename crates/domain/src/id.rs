//! Opaque ids: a prefix that says what is named, and 100 random bits in base 32.
//!
//! Ids are `Copy` and compared byte for byte: two spellings never name the same thing.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Length of every id in bytes: a four-byte prefix and twenty digits.
pub const ID_LENGTH: usize = 24;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Whether a byte stands in [`ALPHABET`]. Ids are read by the hundred thousand when an organization is loaded; looking
/// through the alphabet for every digit of each took a fifth of that time.
const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'h' | b'j' | b'k' | b'm' | b'n' | b'p'..=b't' | b'v'..=b'z')
}

/// Why a text is not an id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not {article} id: expected {prefix} followed by 20 characters of 0-9 a-z")]
pub struct InvalidId {
    /// The prefix that ids of this kind carry.
    pub prefix: &'static str,
    article: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $article:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; ID_LENGTH]);

        impl $name {
            /// The first four characters of every such id.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an id from random bytes, of which the lowest five bits each are used.
            #[must_use]
            pub fn from_random(bytes: [u8; 20]) -> Self {
                let mut text = [0u8; ID_LENGTH];
                for (slot, byte) in text.iter_mut().zip(Self::PREFIX.bytes()) {
                    *slot = byte;
                }
                for (slot, byte) in text.iter_mut().skip(4).zip(bytes) {
                    *slot = ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
                }
                Self(text)
            }

            /// Reads an id. Ids are case-sensitive.
            ///
            /// # Errors
            /// [`InvalidId`] where prefix, length or alphabet are wrong.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let wrong = InvalidId { prefix: $prefix, article: $article };
                let bytes: [u8; ID_LENGTH] = text.as_bytes().try_into().map_err(|_| wrong.clone())?;
                let digits = text.strip_prefix($prefix).ok_or(wrong.clone())?;
                if digits.bytes().all(is_digit) { Ok(Self(bytes)) } else { Err(wrong) }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or($prefix)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} id", $article)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::parse(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    )*};
}

ids! {
    /// Names an organization.
    OrgId "org_" "an organization";
    /// Names a person, the same in every organization they are a member of.
    PersonId "per_" "a person";
    /// Names an integration of one organization.
    IntegrationId "int_" "an integration";
    /// Names a key (not its secret).
    KeyId "key_" "a key";
    /// Names a team of one organization.
    TeamId "tea_" "a team";
    /// Names a directory group of one organization.
    GroupId "grp_" "a directory group";
    /// Names an AI agent of one organization.
    AgentId "agt_" "an agent";
    /// Names a resource of one organization.
    ResourceId "res_" "a resource";
    /// Names an access request of one organization.
    RequestId "req_" "a request";
    /// Names a session (not its token), the same in every organization that it opens.
    SessionId "ses_" "a session";
    /// Names a way by which a person signs in.
    IdentityId "idy_" "an identity";
    /// Names a passkey of a person.
    PasskeyId "psk_" "a passkey";
    /// Names an invitation of one organization.
    InvitationId "inv_" "an invitation";
    /// Names a client that a person connected to one organization (not its tokens).
    ClientId "cli_" "a connected client";
    /// Names an account that is connected at an integration's upstream.
    AccountId "acc_" "a connected account";
    /// Names a client that was registered by hand in one organization, before anybody connects it.
    RegistrationId "reg_" "a registered client";
    /// Names a mail domain of one organization.
    MailDomainId "dom_" "a mail domain";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_alphabet() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_digit(byte), ALPHABET.contains(&byte), "{byte}");
        }
    }

    #[test]
    fn an_id_survives_text_and_back() {
        let id = OrgId::from_random([255; 20]);
        assert_eq!(id.as_str(), "org_zzzzzzzzzzzzzzzzzzzz");
        assert_eq!(OrgId::parse(id.as_str()), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<OrgId>(&json).unwrap(), id);
    }

    #[test]
    fn wrong_prefix_length_case_and_alphabet_are_refused() {
        for text in ["per_zzzzzzzzzzzzzzzzzzzz", "org_zzz", "org_ZZZZZZZZZZZZZZZZZZZZ", "org_zzzzzzzzzzzzzzzzzzzu", ""]
        {
            assert!(OrgId::parse(text).is_err(), "{text}");
        }
    }
}
