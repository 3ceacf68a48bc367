//! Everything that can happen to an organization, and how it is written in the journal.
//!
//! An event is stored as JSON: its type, its version and its data. Old versions are brought up to date on
//! reading ([`decode`]) and never rewritten. `tests/golden/` keeps a sample of every version ever written.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::grant::{Grantee, Profile};
use crate::id::{IntegrationId, KeyId, PersonId};
use crate::integration::{DiscoveredTool, Integration, IntegrationEdit, ToolClass};
use crate::key::KeyKind;
use crate::organization::{SettingChange, Settings};
use crate::permission::Permission;
use crate::role::{Role, RoleId};
use crate::time::Timestamp;

/// Something that happened to an organization and changed who may do what.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are named after what they hold, and documented at their types")]
pub enum Event {
    /// The organization began.
    #[serde(rename = "organization.created")]
    OrganizationCreated { name: String, preset: String, settings: Settings },
    /// It has another name.
    #[serde(rename = "organization.renamed")]
    OrganizationRenamed { name: String },
    /// A setting has another value.
    #[serde(rename = "setting.changed")]
    SettingChanged(SettingChange),
    /// A role exists, or means something else from now on.
    #[serde(rename = "role.defined")]
    RoleDefined(Role),
    /// A person became a member.
    #[serde(rename = "member.added")]
    MemberAdded { person: PersonId, role: RoleId },
    /// A member has another role.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged { person: PersonId, from: RoleId, to: RoleId },
    /// A membership ended, and with it every grant and personal key of the person.
    #[serde(rename = "member.removed")]
    MemberRemoved { person: PersonId },
    /// An upstream was connected, its tools follow.
    #[serde(rename = "integration.connected")]
    IntegrationConnected(Box<Integration>),
    /// Name, purpose, pause or credential of an integration changed.
    #[serde(rename = "integration.edited")]
    IntegrationEdited { integration: IntegrationId, edit: IntegrationEdit },
    /// An integration ended, and with it every grant of it.
    #[serde(rename = "integration.disconnected")]
    IntegrationDisconnected { integration: IntegrationId },
    /// These are the integration's tools from now on.
    #[serde(rename = "tools.approved")]
    ToolsApproved { integration: IntegrationId, tools: Vec<DiscoveredTool> },
    /// A person decided a tool's class.
    #[serde(rename = "tool.classified")]
    ToolClassified { integration: IntegrationId, tool: String, class: ToolClass },
    /// A tool was switched off or on for everyone.
    #[serde(rename = "tool.switched")]
    ToolSwitched { integration: IntegrationId, tool: String, off: bool },
    /// An integration was given, or given in another measure.
    #[serde(rename = "grant.set")]
    GrantSet {
        grantee: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Option<Timestamp>,
    },
    /// An integration was taken away.
    #[serde(rename = "grant.removed")]
    GrantRemoved { grantee: Grantee, integration: IntegrationId },
    /// A key was created.
    #[serde(rename = "key.created")]
    KeyCreated { key: KeyId, kind: KeyKind, digest: String, hint: String, expires_at: Option<Timestamp> },
    /// A key has a new secret, the old one is void.
    #[serde(rename = "key.rotated")]
    KeyRotated { key: KeyId, digest: String, hint: String },
    /// A key ended.
    #[serde(rename = "key.revoked")]
    KeyRevoked { key: KeyId },
}

/// The version that is written today, the same for every event until one changes.
const VERSION: u32 = 1;

/// The journal holds something that this version of Wardroom cannot read.
#[derive(Debug, thiserror::Error)]
#[error("an event in the journal cannot be read by this version of wardroom: {reason}")]
pub struct UnreadableEvent {
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Serialize)]
struct Written<'e, E> {
    v: u32,
    #[serde(flatten)]
    event: &'e E,
}

pub(crate) fn encode_versioned<E: Serialize>(event: &E) -> Result<Vec<u8>, UnreadableEvent> {
    serde_json::to_vec(&Written { v: VERSION, event }).map_err(|error| UnreadableEvent { reason: error.to_string() })
}

/// An event as the bytes that the journal keeps.
///
/// # Errors
/// [`UnreadableEvent`] where it has no JSON form, which no event of ours lacks.
pub fn encode(event: &Event) -> Result<Vec<u8>, UnreadableEvent> {
    encode_versioned(event)
}

/// Reads an event of any version that was ever written.
///
/// # Errors
/// [`UnreadableEvent`] for a type or version from a newer Wardroom, or for damaged bytes.
pub fn decode(bytes: &[u8]) -> Result<Event, UnreadableEvent> {
    let unreadable = |reason: String| UnreadableEvent { reason };
    let mut value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
    let version = value.as_object_mut().and_then(|object| object.remove("v")).and_then(|v| v.as_u64());
    match version {
        Some(1) => serde_json::from_value(value).map_err(|error| unreadable(error.to_string())),
        Some(newer) => Err(unreadable(format!("version {newer} is newer than {VERSION}"))),
        None => Err(unreadable("it states no version".to_owned())),
    }
}

impl Event {
    /// The event's type as it stands in the journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Event::OrganizationCreated { .. } => "organization.created",
            Event::OrganizationRenamed { .. } => "organization.renamed",
            Event::SettingChanged(_) => "setting.changed",
            Event::RoleDefined(_) => "role.defined",
            Event::MemberAdded { .. } => "member.added",
            Event::MemberRoleChanged { .. } => "member.role_changed",
            Event::MemberRemoved { .. } => "member.removed",
            Event::IntegrationConnected(_) => "integration.connected",
            Event::IntegrationEdited { .. } => "integration.edited",
            Event::IntegrationDisconnected { .. } => "integration.disconnected",
            Event::ToolsApproved { .. } => "tools.approved",
            Event::ToolClassified { .. } => "tool.classified",
            Event::ToolSwitched { .. } => "tool.switched",
            Event::GrantSet { .. } => "grant.set",
            Event::GrantRemoved { .. } => "grant.removed",
            Event::KeyCreated { .. } => "key.created",
            Event::KeyRotated { .. } => "key.rotated",
            Event::KeyRevoked { .. } => "key.revoked",
        }
    }

    /// Whether it changes integrations or tools.
    #[must_use]
    pub fn changes_tools(&self) -> bool {
        matches!(
            self,
            Event::IntegrationConnected(_)
                | Event::IntegrationEdited { .. }
                | Event::IntegrationDisconnected { .. }
                | Event::ToolsApproved { .. }
                | Event::ToolClassified { .. }
                | Event::ToolSwitched { .. }
        )
    }

    /// The permissions any one of which must have been asked for before this may happen; an event of which the
    /// list is empty belongs to the founding of an organization alone.
    #[must_use]
    pub fn permissions(&self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Event::OrganizationCreated { .. } | Event::RoleDefined(_) => &[],
            Event::OrganizationRenamed { .. } | Event::SettingChanged(_) => &[P::OrganizationEdit],
            Event::MemberAdded { .. } => &[P::MemberAdd],
            Event::MemberRoleChanged { .. } => &[P::RoleAssign],
            Event::MemberRemoved { .. } => &[P::MemberRemove],
            Event::IntegrationConnected(_) => &[P::IntegrationConnect],
            Event::IntegrationEdited { .. } => &[P::IntegrationEdit],
            Event::IntegrationDisconnected { .. } => &[P::IntegrationDisconnect],
            Event::ToolsApproved { .. } => &[P::IntegrationConnect, P::IntegrationEdit],
            Event::ToolClassified { .. } | Event::ToolSwitched { .. } => &[P::ToolReview],
            Event::GrantSet { grantee: Grantee::Key(_), .. } | Event::GrantRemoved { grantee: Grantee::Key(_), .. } => {
                &[P::KeyManageWorkspace]
            }
            Event::GrantSet { .. } | Event::GrantRemoved { .. } => &[P::GrantAssign],
            Event::KeyCreated { kind: KeyKind::Workspace { .. }, .. } => &[P::KeyManageWorkspace],
            Event::KeyCreated { .. } => &[P::KeyCreatePersonal, P::KeyIssue, P::MemberAdd],
            // Who issues keys to others may end theirs, and never learns a secret that they keep using.
            Event::KeyRotated { .. } => &[P::KeyCreatePersonal, P::KeyManageWorkspace],
            Event::KeyRevoked { .. } => &[P::KeyCreatePersonal, P::KeyIssue, P::KeyManageWorkspace, P::RoleAssign],
        }
    }
}
