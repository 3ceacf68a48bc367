//! What a key is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, KeyId, PersonId};
use crate::role::RoleId;
use crate::time::Timestamp;

/// What a workspace key reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Every integration, also those connected later.
    All,
    /// Only the integrations granted to the key.
    Granted,
}

/// Whose rights a key carries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyKind {
    /// The live rights of one person.
    Personal {
        /// That person.
        holder: PersonId,
    },
    /// The organization's own, tied to nobody.
    Workspace {
        /// What it reaches.
        scope: KeyScope,
        /// Its role, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<RoleId>,
    },
    /// An agent's.
    Agent {
        /// That agent.
        agent: AgentId,
        /// For whom it acts with this key: it may do then what both may.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acting_for: Option<PersonId>,
    },
    /// The connection of a company directory (SCIM), which lets people in, suspends them and restores whom it suspended,
    /// and does nothing else.
    Directory {
        /// The role of those whom it lets in.
        gives: RoleId,
        /// Roles that it looks after besides: it suspends those who have no more authority than all of these roles and
        /// the one that it gives together.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        tends: BTreeSet<RoleId>,
    },
}

impl KeyKind {
    /// The roles that a directory connection gives and looks after; none of other kinds.
    pub fn tended_roles(&self) -> impl Iterator<Item = &RoleId> {
        let (gives, tends) = match self {
            KeyKind::Directory { gives, tends } => (Some(gives), Some(tends)),
            KeyKind::Personal { .. } | KeyKind::Workspace { .. } | KeyKind::Agent { .. } => (None, None),
        };
        gives.into_iter().chain(tends.into_iter().flatten())
    }
}

/// A key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Whose rights it carries.
    pub kind: KeyKind,
    /// The keyed hash of the present secret, in hexadecimal; an older secret no longer counts.
    pub digest: String,
    /// The last characters of the secret, to tell keys apart in a list.
    pub hint: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it, as the journal names actors. Never changes.
    pub created_by: String,
    /// When the present secret was issued.
    pub issued_at: Timestamp,
    /// Who had the present secret issued, and so has seen it; as the journal names actors.
    pub issued_by: String,
    /// When it ends by itself. At this moment it no longer works.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, or ended with its holder's membership.
    pub revoked_at: Option<Timestamp>,
    /// Whether it does nothing until it is given a role: it lost the one it had.
    pub suspended: bool,
}

impl Key {
    /// The person whose key it is.
    #[must_use]
    pub fn holder(&self) -> Option<PersonId> {
        match self.kind {
            KeyKind::Personal { holder } => Some(holder),
            KeyKind::Workspace { .. } | KeyKind::Agent { .. } | KeyKind::Directory { .. } => None,
        }
    }

    /// The agent whose key it is.
    #[must_use]
    pub fn agent(&self) -> Option<AgentId> {
        match self.kind {
            KeyKind::Agent { agent, .. } => Some(agent),
            KeyKind::Personal { .. } | KeyKind::Workspace { .. } | KeyKind::Directory { .. } => None,
        }
    }

    /// The role that a workspace key has.
    #[must_use]
    pub fn role(&self) -> Option<RoleId> {
        match self.kind {
            KeyKind::Workspace { role, .. } => role,
            KeyKind::Personal { .. } | KeyKind::Agent { .. } | KeyKind::Directory { .. } => None,
        }
    }

    /// The digest of the present secret as bytes.
    #[must_use]
    pub fn digest_bytes(&self) -> Option<[u8; 32]> {
        let mut bytes = [0u8; 32];
        if self.digest.len() != 2 * bytes.len() {
            return None;
        }
        for (slot, pair) in bytes.iter_mut().zip(self.digest.as_bytes().chunks(2)) {
            *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(bytes)
    }

    /// Takes a role that ends from a workspace key or a directory connection. What it had no role for it does not do; a
    /// connection that has no role to give any more does nothing.
    pub(crate) fn lose_role(&mut self, ended: RoleId) {
        match &mut self.kind {
            KeyKind::Workspace { role, .. } if *role == Some(ended) => (*role, self.suspended) = (None, true),
            KeyKind::Directory { gives, tends } => {
                tends.remove(&ended);
                self.suspended |= *gives == ended;
            }
            KeyKind::Personal { .. } | KeyKind::Workspace { .. } | KeyKind::Agent { .. } => {}
        }
    }

    /// Whether the key works at this moment, its holder's membership aside.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
