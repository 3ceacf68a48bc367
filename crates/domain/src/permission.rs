//! The catalogue of permissions: what a role can hold.
//!
//! A flat table on purpose. To add one, see `docs/guides/adding-a-permission.md`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a permission stands in lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Running the organization: members, roles, integrations, keys.
    Settings,
    /// Using what the organization offers.
    Gateway,
    /// Reading what happened.
    Audit,
}

/// What the catalogue says about one permission.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stable name, `noun.verb`.
    pub id: &'static str,
    /// A few words for a list.
    pub title: &'static str,
    /// One line for a person who decides whether to give it.
    pub description: &'static str,
    /// Where it stands in lists.
    pub group: Group,
    /// Whether it gives power over other people or over the organization. Such a permission may be given
    /// only by someone who holds it, and counts when two people's authority is compared.
    pub manages: bool,
}

macro_rules! catalogue {
    ($($variant:ident $id:literal $group:ident $manages:literal $title:literal $description:literal;)*) => {
        /// One permission of the catalogue.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Permission { $(#[doc = $description] $variant,)* }

        impl Permission {
            /// Every permission, in the order of the catalogue.
            pub const ALL: &'static [Permission] = &[$(Permission::$variant,)*];

            /// What the catalogue says about it.
            #[must_use]
            pub const fn entry(self) -> Entry {
                match self {
                    $(Permission::$variant => Entry {
                        id: $id, title: $title, description: $description, group: Group::$group, manages: $manages,
                    },)*
                }
            }

            /// Reads a permission's stable name.
            #[must_use]
            pub fn parse(id: &str) -> Option<Permission> {
                match id { $($id => Some(Permission::$variant),)* _ => None }
            }
        }
    };
}

catalogue! {
    OrganizationView "organization.view" Settings false "See the organization" "See the organization's name and labels.";
    OrganizationEdit "organization.edit" Settings true "Change settings" "Change the organization's name and settings.";
    MemberView "member.view" Settings false "See members" "See the list of members and their roles.";
    MemberAdd "member.add" Settings true "Add members" "Add people to the organization.";
    MemberRemove "member.remove" Settings true "Remove members" "Remove people from the organization; everything of theirs ends at once.";
    RoleView "role.view" Settings false "See roles" "See the roles and what they hold.";
    RoleAssign "role.assign" Settings true "Assign roles" "Change the role of a member.";
    RolePromote "role.promote" Settings true "Promote" "Give a role that manages others, such as admin or owner.";
    IntegrationView "integration.view" Settings false "See all integrations" "See every integration, also those one may not use.";
    IntegrationConnect "integration.connect" Settings true "Connect integrations" "Connect a new integration.";
    IntegrationEdit "integration.edit" Settings true "Change integrations" "Rename, pause, refresh and re-credential integrations.";
    IntegrationDisconnect "integration.disconnect" Settings true "Disconnect integrations" "Disconnect an integration for everyone.";
    ToolReview "tool.review" Settings true "Review tools" "Decide a tool's class and switch a tool off for everyone.";
    GrantAssign "grant.assign" Settings true "Assign integrations" "Give and take integrations and tool profiles.";
    KeyCreatePersonal "key.create_personal" Gateway false "Create own keys" "Create, rotate and revoke one's own personal keys.";
    KeyIssue "key.issue" Settings true "Issue others' keys" "Issue a first personal key to a member, and revoke members' personal keys.";
    KeyManageWorkspace "key.manage_workspace" Settings true "Manage workspace keys" "Create, narrow, rotate and revoke workspace keys.";
    IntegrationUseAll "integration.use_all" Gateway false "Use all integrations" "Use every tool of every integration, also of those connected later.";
    AccessExplain "access.explain" Audit false "Explain access" "See why another person may or may not do something.";
    AuditRead "audit.read" Audit false "Read the audit log" "Read everyone's record of calls and changes; one's own is always visible to oneself.";
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().id)
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().id)
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Permission::parse(&id).ok_or_else(|| serde::de::Error::custom(format!("there is no permission named {id}")))
    }
}

/// A set of permissions. The empty set gives nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PermissionSet(u64);

const _: () = assert!(Permission::ALL.len() <= 64, "PermissionSet holds 64 permissions");

impl PermissionSet {
    /// The set that gives nothing.
    pub const EMPTY: PermissionSet = PermissionSet(0);

    /// The set with one permission more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> PermissionSet {
        PermissionSet(self.0 | 1 << permission as u8)
    }

    /// Whether the permission is in the set.
    #[must_use]
    pub const fn holds(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }

    /// The permissions of the set, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.holds(*permission))
    }

    /// The part of the set that gives power over others (see [`Entry::manages`]).
    #[must_use]
    pub fn management(self) -> PermissionSet {
        self.iter().filter(|permission| permission.entry().manages).collect()
    }

    /// The first permission of this set that the other lacks.
    #[must_use]
    pub fn first_beyond(self, other: PermissionSet) -> Option<Permission> {
        PermissionSet(self.0 & !other.0).iter().next()
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> PermissionSet {
        permissions.into_iter().fold(PermissionSet::EMPTY, PermissionSet::with)
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Permission>::deserialize(deserializer)?.into_iter().collect())
    }
}
