//! An organization's settings, each defined once: its name, its values and what they mean.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::grant::Profile;
use crate::id::TeamId;
use crate::key::KeyScope;
use crate::resource::ResourceKind;
use crate::role::RoleId;

/// A value that a setting can have, and what it means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The value as it is written.
    pub word: &'static str,
    /// What it means, for people.
    pub means: &'static str,
}

/// What values a setting takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Values {
    /// One of these.
    One(&'static [Choice]),
    /// Any of these, as a list.
    Some(&'static [Choice]),
    /// A text for any of these, as an object.
    TextFor(&'static [Choice]),
    /// Something else, in words.
    Other(&'static str),
}

/// What there is to know about one setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingEntry {
    /// Its name.
    pub name: &'static str,
    /// What it decides, for people.
    pub description: &'static str,
    /// What values it takes.
    pub values: Values,
}

/// A type of which the values are known by word.
trait Chosen {
    const CHOICES: &'static [Choice];
}

/// A type that a setting can have.
trait Setting {
    const VALUES: Values;
}

impl<T: Chosen> Setting for T {
    const VALUES: Values = Values::One(T::CHOICES);
}

impl<T: Chosen> Setting for BTreeSet<T> {
    const VALUES: Values = Values::Some(T::CHOICES);
}

impl<T: Chosen> Setting for BTreeMap<T, String> {
    const VALUES: Values = Values::TextFor(T::CHOICES);
}

impl Chosen for bool {
    const CHOICES: &'static [Choice] = &[Choice { word: "true", means: "yes" }, Choice { word: "false", means: "no" }];
}

macro_rules! other {
    ($($type:ty: $words:literal;)*) => { $(impl Setting for $type { const VALUES: Values = Values::Other($words); })* };
}

other! {
    u32: "a number";
    Option<u32>: "a number, or null";
    RoleId: "the short name of a role";
    Option<RoleId>: "the short name of a role, or null";
    Option<TeamId>: "the id of a team, or null";
}

impl Chosen for Profile {
    const CHOICES: &'static [Choice] = &[
        Choice { word: Profile::ReadOnly.as_str(), means: Profile::ReadOnly.in_plain_words() },
        Choice { word: Profile::NoDelete.as_str(), means: Profile::NoDelete.in_plain_words() },
        Choice { word: Profile::Full.as_str(), means: Profile::Full.in_plain_words() },
    ];
}

impl Chosen for KeyScope {
    const CHOICES: &'static [Choice] = &[
        Choice { word: "all", means: "every integration, also those connected later" },
        Choice { word: "granted", means: "only the integrations granted to the key" },
    ];
}

impl Chosen for ResourceKind {
    const CHOICES: &'static [Choice] = ResourceKind::CHOICES;
}

macro_rules! choices {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $means:literal])* $variant:ident $word:literal;)* })*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $means])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// The value as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl Chosen for $name {
            const CHOICES: &'static [Choice] = &[$(Choice { word: $word, means: concat!($($means,)*).trim_ascii() },)*];
        }
    )*};
}

choices! {
    /// Which calls are on disk before they go out.
    RecordsSync {
        /// Calls that write or delete; calls that only read are on disk within 100 ms.
        Changes "changes";
        /// All calls.
        All "all";
    }

    /// Who may give a role that manages others. Nobody ever gives more than they hold.
    Promote {
        /// Holders of the top role alone.
        Owner "owner";
        /// Whoever may assign roles.
        OwnerOrAdmin "owner_or_admin";
        /// Whoever holds `role.promote`.
        ByPermission "by_permission";
    }

    /// Who may invite.
    Invite {
        /// Whoever may add people there.
        Managers "managers";
        /// Every member; into a team, every member of that team.
        AnyMember "any_member";
        /// The same, but somebody who may add people has to agree.
        AnyMemberWithApproval "any_member_with_approval";
        /// Whoever holds `member.invite`; into a team, `team.invite`.
        ByPermission "by_permission";
    }

    /// Who may have personal keys.
    PersonalKeys {
        /// Every member.
        Everyone "everyone";
        /// Whoever may manage workspace keys.
        Managers "managers";
        /// Whoever holds `key.create_personal`.
        ByPermission "by_permission";
    }

    /// Who may accept an invitation.
    InvitedAddress {
        /// Whoever shows, by the way they sign in, that the invited address is theirs.
        Proven "proven";
        /// Whoever has the link.
        Any "any";
    }

    /// What a workspace key without a role may do.
    KeysWithoutRole {
        /// What the role of newcomers may do, and the tools that it reaches.
        DefaultRole "default_role";
        /// Call the tools that it reaches, and nothing else.
        ToolsOnly "tools_only";
        /// Nothing: a key needs a role.
        Deny "deny";
    }

    /// Of whose sessions a passkey is asked.
    SecondFactor {
        /// Of nobody's.
        Off "off";
        /// Of those whose role manages others or the organization, also in a team.
        Managers "managers";
        /// Of every member's.
        Everyone "everyone";
    }

    /// What becomes of a tool that its server defines otherwise than it was approved.
    ToolChanges {
        /// It is held back until somebody approves the change, and so is a new tool.
        Hold "hold";
        /// It is taken over as it is found, and so is a new tool. What a person decided about its class counts no longer.
        Take "take";
    }

    /// To whom integrations and resources are given.
    GrantsTo {
        /// To people one by one.
        Person "person";
        /// To teams.
        Team "team";
        /// To everyone with a role.
        Role "role";
    }

    /// A word for which an organization may have its own.
    Label {
        /// The organization as a whole, such as `workspace`.
        Organization "organization";
        /// A person in it, such as `user`.
        Member "member";
        /// A team.
        Team "team";
        /// An integration.
        Integration "integration";
        /// A workspace key.
        WorkspaceKey "workspace_key";
    }
}

impl GrantsTo {
    /// Every kind of grantee that a setting decides about.
    pub const ALL: [GrantsTo; 3] = [GrantsTo::Person, GrantsTo::Team, GrantsTo::Role];
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $variant:ident $field:ident: $type:ty = $default:expr, $name:literal;)*) => {
        /// The settings in force.
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Settings {
            $($(#[doc = $doc])* #[serde(rename = $name)] pub $field: $type,)*
        }

        impl Default for Settings {
            /// What holds where an organization's history says nothing: the least.
            fn default() -> Settings {
                Settings { $($field: $default,)* }
            }
        }

        /// One setting gets another value.
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(tag = "setting", content = "value", deny_unknown_fields)]
        pub enum SettingChange {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant($type),)*
        }

        impl Settings {
            /// Every setting, with what it decides and what values it takes.
            pub const TABLE: &'static [SettingEntry] = &[$(SettingEntry {
                name: $name,
                description: concat!($($doc,)*).trim_ascii(),
                values: <$type as Setting>::VALUES,
            },)*];

            /// Every setting's name.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// Puts one change into force.
            pub fn change(&mut self, change: &SettingChange) {
                match change.clone() {
                    $(SettingChange::$variant(value) => self.$field = value,)*
                }
            }

            /// The changes that lead from these settings to others.
            #[must_use]
            pub fn changes_to(&self, other: &Settings) -> Vec<SettingChange> {
                let mut changes = Vec::new();
                $(if self.$field != other.$field {
                    changes.push(SettingChange::$variant(other.$field.clone()));
                })*
                changes
            }
        }
    };
}

settings! {
    /// How many people may hold the top role; none means any number.
    OwnersMax owners_max: Option<u32> = None, "owners.max";
    /// Who may give a role that manages others.
    PromoteAdmin promote_admin: Promote = Promote::ByPermission, "promote.admin";
    /// Who may invite people to the organization.
    InviteOrganization invite_organization: Invite = Invite::Managers, "invite.organization";
    /// Who may invite people to a team.
    InviteTeam invite_team: Invite = Invite::Managers, "invite.team";
    /// Who may accept an invitation.
    InviteAddress invite_address: InvitedAddress = InvitedAddress::Proven, "invite.address";
    /// For how many days an invitation is good, 1 to 30.
    InviteLastsDays invite_lasts_days: u32 = 7, "invite.lasts_days";
    /// The role of a newcomer for whom none was chosen.
    JoinDefaultRole join_default_role: RoleId = nobody(), "join.default_role";
    /// The team that newcomers join, where newcomers to teams have a role.
    JoinDefaultTeam join_default_team: Option<TeamId> = None, "join.default_team";
    /// The role in a team of somebody for whom none was chosen.
    JoinDefaultTeamRole join_default_team_role: Option<RoleId> = None, "join.default_team_role";
    /// The profile of a grant for which none was chosen.
    JoinDefaultProfile join_default_profile: Profile = Profile::ReadOnly, "join.default_profile";
    /// Who may have personal keys. Keys of somebody who may not any longer are suspended.
    KeysPersonal keys_personal: PersonalKeys = PersonalKeys::ByPermission, "keys.personal";
    /// What a workspace key without a role may do.
    KeysWithoutRole keys_without_role: KeysWithoutRole = KeysWithoutRole::ToolsOnly, "keys.without_role";
    /// What a workspace key reaches for which nothing was chosen.
    KeysWorkspaceDefaultScope keys_workspace_default_scope: KeyScope = KeyScope::Granted,
        "keys.workspace.default_scope";
    /// Whether roles may hold the use of everything. Where not, everyone, the top role included, uses only what they,
    /// their teams or their role were given.
    ManagersImplicitAccess managers_implicit_access: bool = true, "managers.implicit_resource_access";
    /// To whom integrations and resources are given.
    GrantsTo grants_to: BTreeSet<GrantsTo> = BTreeSet::from(GrantsTo::ALL), "grants.to";
    /// Whether the organization may have roles of its own.
    RolesCustom roles_custom: bool = false, "roles.custom";
    /// Whether members may have roles beside their own. Where not, those that were given do not count, and are kept.
    RolesExtraBindings roles_extra_bindings: bool = false, "roles.extra_bindings";
    /// Kinds of resources that every member sees in lists, also those they were not given.
    ResourcesListed resources_listed: BTreeSet<ResourceKind> = BTreeSet::new(), "resources.listed";
    /// Kinds of resources that whoever assigns in a team gives to it without a right to share them, where they are
    /// listed for them.
    TeamsAssignListed teams_assign_listed: BTreeSet<ResourceKind> = BTreeSet::new(), "teams.assign_listed";
    /// Whether running a workflow takes the right to change it.
    WorkflowsRunNeedsEdit workflows_run_needs_edit: bool = false, "workflows.run_needs_edit";
    /// Whether a rule for a field may let somebody change it who may not change its object.
    FieldsWiden fields_widen: bool = false, "fields.widen";
    /// Fewer people than this with power to manage members are pointed out.
    AdminsWarnBelow admins_warn_below: u32 = 2, "admins.warn_below";
    /// In how many days who has access to what is to be reviewed; 0 for never.
    ReviewEveryDays review_every_days: u32 = 90, "review.every_days";
    /// How many days pass between the deletion of the organization and its end, 1 to 365. Until then it can be restored.
    OrganizationDeleteAfterDays delete_after_days: u32 = 30, "organization.delete_after_days";
    /// The organization's own words.
    Labels labels: BTreeMap<Label, String> = BTreeMap::new(), "labels";
    /// Which calls are on disk before they go out.
    RecordsSync records_sync: RecordsSync = RecordsSync::Changes, "records.sync";
    /// Whether AI clients are listed one tool more, with which they ask for access that they were denied.
    RequestsAgentTool requests_agent_tool: bool = false, "requests.agent_tool";
    /// Whose sessions open the organization only where their person has shown a passkey. Keys are not asked.
    SignInSecondFactor sign_in_second_factor: SecondFactor = SecondFactor::Off, "sign_in.second_factor";
    /// What becomes of tools that their server defines otherwise than they were approved, and of new ones.
    ToolChanges tool_changes: ToolChanges = ToolChanges::Hold, "integrations.tool_changes";
}

impl Settings {
    /// The settings by which people see what they themselves may do here, and what things are called. The others are the
    /// business of whoever changes settings.
    pub const FOR_EVERYBODY: &'static [&'static str] = &[
        "invite.organization",
        "invite.team",
        "keys.personal",
        "resources.listed",
        "workflows.run_needs_edit",
        "labels",
    ];
}

/// A role that does not exist.
fn nobody() -> RoleId {
    RoleId::parse("none").unwrap_or_else(|_| unreachable!("the word is a valid role name"))
}
