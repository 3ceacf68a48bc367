//! An organization's settings, each defined once: its name, its values and what they mean.

use serde::{Deserialize, Serialize};

use crate::grant::Profile;
use crate::key::KeyScope;
use crate::role::RoleId;

/// Which calls are on disk before they go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordsSync {
    /// Calls that write or delete; calls that only read are on disk within 100 ms.
    Changes,
    /// All calls.
    All,
}

/// The settings in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How many people may hold the top role; none means any number.
    #[serde(default, rename = "owners.max", skip_serializing_if = "Option::is_none")]
    pub owners_max: Option<u32>,
    /// The role of a newcomer for whom none was chosen.
    #[serde(rename = "join.default_role")]
    pub join_default_role: RoleId,
    /// The profile of a grant for which none was chosen.
    #[serde(rename = "join.default_profile")]
    pub join_default_profile: Profile,
    /// What a workspace key reaches for which nothing was chosen.
    #[serde(rename = "keys.workspace.default_scope")]
    pub keys_workspace_default_scope: KeyScope,
    /// Which calls are on disk before they go out.
    #[serde(rename = "records.sync")]
    pub records_sync: RecordsSync,
}

/// One setting gets another value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "setting", content = "value", deny_unknown_fields)]
pub enum SettingChange {
    /// See [`Settings::owners_max`].
    #[serde(rename = "owners.max")]
    OwnersMax(Option<u32>),
    /// See [`Settings::join_default_role`].
    #[serde(rename = "join.default_role")]
    JoinDefaultRole(RoleId),
    /// See [`Settings::join_default_profile`].
    #[serde(rename = "join.default_profile")]
    JoinDefaultProfile(Profile),
    /// See [`Settings::keys_workspace_default_scope`].
    #[serde(rename = "keys.workspace.default_scope")]
    KeysWorkspaceDefaultScope(KeyScope),
    /// See [`Settings::records_sync`].
    #[serde(rename = "records.sync")]
    RecordsSync(RecordsSync),
}

impl Settings {
    /// Puts one change into force.
    pub fn change(&mut self, change: &SettingChange) {
        match change.clone() {
            SettingChange::OwnersMax(value) => self.owners_max = value,
            SettingChange::JoinDefaultRole(value) => self.join_default_role = value,
            SettingChange::JoinDefaultProfile(value) => self.join_default_profile = value,
            SettingChange::KeysWorkspaceDefaultScope(value) => self.keys_workspace_default_scope = value,
            SettingChange::RecordsSync(value) => self.records_sync = value,
        }
    }
}
