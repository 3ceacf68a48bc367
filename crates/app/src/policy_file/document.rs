//! What a policy file can say.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::{Grant, Profile};
use domain::integration::ToolClass;
use domain::object::{DataName, DataRules};
use domain::permission::Holding;
use domain::resource::ResourceKind;
use domain::role::{AssignableTo, RoleId, RoleLevel};
use domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::entries::{Ending, KeyEntry, ResourceEntry};

/// The version of the document that this Wardroom writes and reads.
pub const VERSION: u32 = 1;

/// An organization, or those sections of it that are meant. People are named by their e-mail addresses, teams and
/// agents by their names, workspace keys and resources by theirs or, where several are called the same, by their ids,
/// everything else by its short name. There is nothing secret in it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The version of the document.
    pub wardroom: u32,
    /// The organization's name.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Settings by name; one that is left out stays as it is, since a setting always has some value.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub settings: Option<BTreeMap<String, SettingValue>>,
    /// The governed objects.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub objects: Option<BTreeMap<DataName, ObjectEntry>>,
    /// The roles.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub roles: Option<BTreeMap<RoleId, RoleEntry>>,
    /// The role of each member who is named. Nobody is added or removed by a document.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub members: Option<BTreeMap<String, RoleId>>,
    /// The roles that members have beside their own, each with its end. They count where `roles.extra_bindings` is on.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub extra_roles: Option<BTreeMap<String, BTreeMap<RoleId, Ending>>>,
    /// The teams.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub teams: Option<BTreeMap<String, TeamEntry>>,
    /// The agents.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub agents: Option<BTreeMap<String, AgentEntry>>,
    /// The workspace keys that are named. None is made or ended by a document.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub keys: Option<BTreeMap<String, KeyEntry>>,
    /// The resources, by kind and name. One that is not named is deleted, and can be restored.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub resources: Option<BTreeMap<ResourceKind, BTreeMap<String, ResourceEntry>>>,
    /// What was decided about the tools of each integration that is named. None is connected or disconnected by a
    /// document.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub integrations: Option<BTreeMap<String, IntegrationEntry>>,
    /// Which integrations are given to whom.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

/// A section that is there must say something: an empty one could mean both "nothing" and "never mind".
fn stated<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// The value of a setting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// Nothing chosen.
    None(()),
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(u32),
    /// A word or a text.
    Text(String),
    /// Several words.
    Words(Vec<String>),
    /// A text for each of several words.
    Texts(BTreeMap<String, String>),
}

/// A governed object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectEntry {
    /// Its name for people.
    pub title: String,
    /// The names of its fields for people.
    #[serde(default)]
    pub fields: BTreeMap<DataName, String>,
}

/// A role.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleEntry {
    /// Whether it is a fixed role of the preset. Such a role is only named: there is nothing to change about it.
    #[serde(skip_serializing_if = "is_default")]
    pub fixed: bool,
    /// Its name for people.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// Where it holds.
    #[serde(skip_serializing_if = "is_default")]
    pub level: RoleLevel,
    /// Who typically has it.
    #[serde(skip_serializing_if = "is_default")]
    pub typical_for: String,
    /// What to know about it.
    #[serde(skip_serializing_if = "is_default")]
    pub guide: String,
    /// To whom it may be given.
    #[serde(skip_serializing_if = "is_default")]
    pub assignable_to: BTreeSet<GivenTo>,
    /// What it states that it holds.
    #[serde(skip_serializing_if = "is_default")]
    pub permissions: Holding,
    /// Its exceptions for objects and fields.
    #[serde(skip_serializing_if = "is_default")]
    pub data: DataRules,
}

/// To whom a role may be given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenTo {
    /// People.
    Members,
    /// Workspace keys.
    Keys,
    /// Agents.
    Agents,
}

impl GivenTo {
    pub(super) fn set(to: AssignableTo) -> BTreeSet<GivenTo> {
        let all = [(to.members, GivenTo::Members), (to.keys, GivenTo::Keys), (to.agents, GivenTo::Agents)];
        all.into_iter().filter(|(may, _)| *may).map(|(_, who)| who).collect()
    }

    pub(super) fn assignable(set: &BTreeSet<GivenTo>) -> AssignableTo {
        let has = |who| set.contains(&who);
        AssignableTo { members: has(GivenTo::Members), keys: has(GivenTo::Keys), agents: has(GivenTo::Agents) }
    }
}

/// A team.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TeamEntry {
    /// Its members by e-mail address, each with the role in this team.
    pub members: BTreeMap<String, RoleId>,
}

/// An agent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentEntry {
    /// Its role; without one it has only what it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    /// The e-mail address of the member who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sponsor: Option<String>,
    /// Whether it may do nothing at present.
    #[serde(skip_serializing_if = "is_default")]
    pub suspended: bool,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// The members for whom it may act, by e-mail address. Left out, it stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acts_for: Option<BTreeMap<String, Ending>>,
}

/// What people decided about the tools of an integration.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntegrationEntry {
    /// Whether it is paused for everyone. Left out, it stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// All the tools that are switched off for everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_off: Option<BTreeSet<String>>,
    /// The classes that a person decided. A decision that is left out stands: none is ever taken back.
    #[serde(skip_serializing_if = "is_default")]
    pub classes: BTreeMap<String, ToolClass>,
}

/// What each one is given, by integration.
pub type Given = BTreeMap<String, GrantEntry>;

/// Which integrations are given to whom. Each part is a section of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// To members, by e-mail address.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub members: Option<BTreeMap<String, Given>>,
    /// To teams, by name.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub teams: Option<BTreeMap<String, Given>>,
    /// To roles.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub roles: Option<BTreeMap<RoleId, Given>>,
    /// To agents, by name.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub agents: Option<BTreeMap<String, Given>>,
    /// To workspace keys, by what they are called.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub keys: Option<BTreeMap<String, Given>>,
}

/// In which measure an integration is given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantEntry {
    /// The tool profile.
    pub profile: Profile,
    /// Single tools switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tools_off: BTreeSet<String>,
    /// When it ends by itself. What has ended already is as good as not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl GrantEntry {
    pub(super) fn of(grant: &Grant) -> GrantEntry {
        let Grant { profile, tools_off, expires_at, .. } = grant;
        GrantEntry { profile: *profile, tools_off: tools_off.clone(), until: expires_at.map(Moment) }
    }

    pub(super) fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until.0)
    }
}

/// A moment, written as RFC 3339 in UTC to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = jiff::Timestamp::from_millisecond(self.0.0).map_err(serde::ser::Error::custom)?;
        serializer.collect_str(&format_args!("{moment:.3}"))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let moment = text.parse::<jiff::Timestamp>();
        let moment = moment.map_err(|_| serde::de::Error::custom("give a moment such as 2026-12-31T18:00:00Z"))?;
        Ok(Moment(Timestamp(moment.as_millisecond())))
    }
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
