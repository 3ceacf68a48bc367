//! What a change would do: the difference between two snapshots, subject by subject. [`Comparison`](crate::Comparison)
//! works it out.

use domain::id::{AgentId, IntegrationId, KeyId, PersonId, ResourceId, TeamId};
use domain::object::{DataName, DataVerb};
use domain::permission::{Permission, Scope};
use domain::resource::ResourceVerb;
use domain::role::RoleId;

use crate::question::Subject;

/// What one subject gains and loses. Nothing of it is empty talk: each was allowed in one snapshot and not in the
/// other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Who.
    pub subject: Subject,
    /// Whether they are somebody only after the change, or no longer.
    pub presence: Presence,
    /// What they may do from now on, by whatever they have it.
    pub gains: Rights,
    /// What they may do no longer.
    pub loses: Rights,
    /// The roles beside their own that begin or cease to count.
    pub roles: Vec<(RoleId, Presence)>,
    /// What becomes another one in the teams that they are in, before or after.
    pub teams: Vec<TeamDifference>,
    /// Whether they may have personal keys from now on, or no longer.
    pub personal_keys: Option<bool>,
    /// What becomes of their keys: a member's personal ones, an agent's, or the workspace key that they are.
    pub keys: Vec<(KeyId, KeyChange)>,
    /// For an agent: what becomes another one of what it may do for people.
    pub acting: Vec<ActingDifference>,
    /// For a member: the agents that may act for them from now on, or no longer.
    pub agents: Vec<(AgentId, Presence)>,
}

/// What somebody may do that somebody else may not, or at another moment. Each list is in its own order, and nothing
/// stands there twice.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Rights {
    /// Permissions held further, in that scope.
    pub permissions: Vec<(Permission, Scope)>,
    /// Tools that can be called, by integration and name.
    pub tools: Vec<(IntegrationId, Box<str>)>,
    /// What can be done with resources.
    pub resources: Vec<(ResourceId, ResourceVerb)>,
    /// What can be done with governed data.
    pub data: Vec<DataRight>,
}

impl Rights {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty() && self.tools.is_empty() && self.resources.is_empty() && self.data.is_empty()
    }
}

/// Something that can be done with the records of an object, or with the values of one of its fields.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DataRight {
    /// The object.
    pub object: DataName,
    /// The field, where it is about one: they are seen and edited and nothing else.
    pub field: Option<DataName>,
    /// What can be done.
    pub verb: DataVerb,
}

/// What becomes another one for somebody in a team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TeamDifference {
    /// The team.
    pub team: TeamId,
    /// Whether they come into it, go, or stay.
    pub place: Presence,
    /// What they may do there from now on, by their role there and by what their own roles reach in their teams; without
    /// what their own roles give them everywhere, which stands among the permissions.
    pub gains: Vec<(Permission, Scope)>,
    /// What they may do there no longer, in the same way.
    pub loses: Vec<(Permission, Scope)>,
}

/// What becomes another one when an agent acts for a person: what both may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActingDifference {
    /// The person.
    pub person: PersonId,
    /// Whether it may act for them only from now on, or no longer.
    pub presence: Presence,
    /// What it may do for them from now on.
    pub gains: Rights,
    /// What it may do for them no longer.
    pub loses: Rights,
}

/// Whether something is there before and after a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Before and after.
    Stays,
    /// Only after.
    Comes,
    /// Only before.
    Goes,
}

impl Presence {
    /// Of something that is there before, after, or at both times.
    pub(crate) const fn of(before: bool, after: bool) -> Presence {
        match (before, after) {
            (false, true) => Presence::Comes,
            (true, false) => Presence::Goes,
            _ => Presence::Stays,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Presence::Stays => "stays",
            Presence::Comes => "comes",
            Presence::Goes => "goes",
        }
    }
}

/// What becomes of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KeyChange {
    /// It is new, and works.
    Comes,
    /// It was there and did not work, and works from now on.
    Starts,
    /// It works with another secret from now on, and no longer with the one before.
    Renewed,
    /// It works no longer, until something else changes.
    Stops,
    /// It ends for good, whether or not it worked.
    Ends,
}

impl KeyChange {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyChange::Comes => "comes",
            KeyChange::Starts => "starts",
            KeyChange::Renewed => "renewed",
            KeyChange::Stops => "stops",
            KeyChange::Ends => "ends",
        }
    }
}
