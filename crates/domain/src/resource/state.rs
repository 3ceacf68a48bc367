//! What a resource is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::grant::Grantee;
use crate::id::{PersonId, ResourceId, TeamId};
use crate::resource::{ResourceKind, ResourceVerb};
use crate::time::Timestamp;

/// A resource of an organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// What it is.
    pub kind: ResourceKind,
    /// Its name for people.
    pub title: String,
    /// The tier that its use is billed in, where kinds have tiers.
    pub tier: Option<String>,
    /// Whose it is. None after its owner left, until somebody takes it over.
    pub owner: Option<PersonId>,
    /// Who made it, as the journal names actors. Never changes.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The teams that have it.
    pub teams: BTreeSet<TeamId>,
    /// The collections that it is in, where it is an artifact. That it is in one gives nobody a right to it.
    pub collections: BTreeSet<ResourceId>,
    /// With whom it is shared one by one.
    pub shares: BTreeMap<Grantee, Share>,
    /// When it was deleted; until it is destroyed it can be restored.
    pub deleted_at: Option<Timestamp>,
}

/// What somebody may do with a resource that is shared with them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// See it.
    View,
    /// See and use it.
    Use,
    /// See, use and change it.
    Edit,
}

impl Shared {
    /// Whether it lets somebody do this.
    #[must_use]
    pub fn admits(self, verb: ResourceVerb) -> bool {
        match verb {
            ResourceVerb::View => true,
            ResourceVerb::Use => self >= Shared::Use,
            ResourceVerb::Edit => self >= Shared::Edit,
            ResourceVerb::Create | ResourceVerb::Delete | ResourceVerb::Destroy | ResourceVerb::Share => false,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Shared::View => "view",
            Shared::Use => "use",
            Shared::Edit => "edit",
        }
    }
}

/// A resource shared with somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Share {
    /// What they may do with it.
    pub level: Shared,
    /// When it ends by itself. At this moment it no longer holds.
    pub expires_at: Option<Timestamp>,
    /// The number of the event that made it.
    pub since_seq: u64,
}

/// A resource that is to be registered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewResource {
    /// Its id.
    pub id: ResourceId,
    /// What it is.
    pub kind: ResourceKind,
    /// Its name for people.
    pub title: String,
    /// The tier that its use is billed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Whose it is.
    pub owner: Option<PersonId>,
}

/// What changes about a resource; what is left out stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceEdit {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tier that its use is billed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// How a resource ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It can be restored.
    Delete,
    /// For good.
    Destroy,
}
