//! What a grant is, and to whom it can be given.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, KeyId, PersonId, TeamId};
use crate::integration::ToolClass;
use crate::role::RoleId;
use crate::time::Timestamp;

/// To whom something is given. Written as the id of the one it names, a role as `role:` and its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grantee {
    /// A member.
    Member(PersonId),
    /// A workspace key.
    Key(KeyId),
    /// Everyone in a team.
    Team(TeamId),
    /// An agent.
    Agent(AgentId),
    /// Everyone with a role.
    Role(RoleId),
}

/// The text names nobody to whom something can be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected the id of a person (per_…), key (key_…), team (tea_…) or agent (agt_…), or role: and a role's name")]
pub struct InvalidGrantee;

impl Grantee {
    /// Reads a grantee.
    ///
    /// # Errors
    /// [`InvalidGrantee`] where the text names none.
    pub fn parse(text: &str) -> Result<Grantee, InvalidGrantee> {
        if let Some(role) = text.strip_prefix("role:") {
            return RoleId::parse(role).map(Grantee::Role).map_err(|_| InvalidGrantee);
        }
        let person = PersonId::parse(text).map(Grantee::Member);
        person
            .or_else(|_| KeyId::parse(text).map(Grantee::Key))
            .or_else(|_| TeamId::parse(text).map(Grantee::Team))
            .or_else(|_| AgentId::parse(text).map(Grantee::Agent))
            .map_err(|_| InvalidGrantee)
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grantee::Member(person) => person.fmt(f),
            Grantee::Key(key) => key.fmt(f),
            Grantee::Team(team) => team.fmt(f),
            Grantee::Agent(agent) => agent.fmt(f),
            Grantee::Role(role) => write!(f, "role:{role}"),
        }
    }
}

impl Serialize for Grantee {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Grantee {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Grantee::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Which classes of tools a grant lets through, or a connected client. The smaller comes first, and the larger includes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Look up, change nothing.
    ReadOnly,
    /// Look up, create and change, never delete.
    NoDelete,
    /// Everything, deleting included.
    Full,
}

impl Profile {
    /// Every profile, from the smallest to the largest.
    pub const ALL: [Profile; 3] = [Profile::ReadOnly, Profile::NoDelete, Profile::Full];

    /// The smallest profile that lets a tool of this class through.
    #[must_use]
    pub fn needed_for(class: ToolClass) -> Profile {
        Profile::ALL.into_iter().find(|profile| profile.admits(class)).unwrap_or(Profile::Full)
    }

    /// Whether the profile lets a tool of this class through. An unclassified tool counts as delete.
    #[must_use]
    pub fn admits(self, class: ToolClass) -> bool {
        match class {
            ToolClass::Read => true,
            ToolClass::Write => self != Profile::ReadOnly,
            ToolClass::Delete | ToolClass::Unclassified => self == Profile::Full,
        }
    }

    /// The profile's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::ReadOnly => "read-only",
            Profile::NoDelete => "no-delete",
            Profile::Full => "full",
        }
    }

    /// What it means, for people.
    #[must_use]
    pub const fn in_plain_words(self) -> &'static str {
        match self {
            Profile::ReadOnly => "read, never change",
            Profile::NoDelete => "read and change, never delete",
            Profile::Full => "read, change and delete",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An integration given to somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// Which classes of tools it lets through.
    pub profile: Profile,
    /// Single tools switched off, by the name they have at the integration.
    pub tools_off: BTreeSet<String>,
    /// When it ends by itself. At this moment it no longer holds.
    pub expires_at: Option<Timestamp>,
    /// The number of the event that made it, which tells when and by whom.
    pub since_seq: u64,
}

impl Grant {
    /// Whether the grant holds at this moment.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
