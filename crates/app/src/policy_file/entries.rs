//! What a policy file says about roles beside one's own, about keys, and about resources.

use std::collections::{BTreeMap, BTreeSet};

use domain::key::KeyScope;
use domain::resource::{Share, Shared};
use domain::role::RoleId;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::{Moment, is_default};

/// When something ends by itself. What has ended already is as good as not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ending {
    /// The end; none for what has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl Ending {
    pub(super) fn at(end: Option<Timestamp>) -> Ending {
        Ending { until: end.map(Moment) }
    }

    pub(super) fn moment(self) -> Option<Timestamp> {
        self.until.map(|until| until.0)
    }

    pub(super) fn holds_at(self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until.0)
    }
}

/// A workspace key, without its secret: a document makes none and ends none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// Its role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    /// Whether it reaches every integration, or those that it is given.
    pub reaches: KeyScope,
    /// Whether it does nothing, since it lost the role that it had.
    #[serde(default, skip_serializing_if = "is_default")]
    pub suspended: bool,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A resource.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceEntry {
    /// Its name for people, where it is not what the document calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tier that its use is billed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The e-mail address of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The names of the teams that have it.
    #[serde(skip_serializing_if = "is_default")]
    pub teams: BTreeSet<String>,
    /// The members with whom it is shared, by e-mail address.
    #[serde(skip_serializing_if = "is_default")]
    pub members: BTreeMap<String, ShareEntry>,
    /// The agents with which it is shared, by name.
    #[serde(skip_serializing_if = "is_default")]
    pub agents: BTreeMap<String, ShareEntry>,
    /// Whether it was deleted, and can be restored.
    #[serde(skip_serializing_if = "is_default")]
    pub deleted: bool,
}

/// In which measure a resource is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareEntry {
    /// What may be done with it.
    pub level: Shared,
    /// When it ends by itself. What has ended already is as good as not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl ShareEntry {
    pub(super) fn of(share: &Share) -> ShareEntry {
        ShareEntry { level: share.level, until: share.expires_at.map(Moment) }
    }

    pub(super) fn holds_at(self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until.0)
    }
}
