//! What somebody asks to be let do.

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, IntegrationId, KeyId, PersonId, ResourceId, TeamId};
use crate::object::{DataName, DataVerb};
use crate::organization::Organization;
use crate::permission::Permission;
use crate::resource::{ResourceKind, ResourceVerb};
use crate::role::RoleId;

/// What somebody asks to be let do, with ids for everything that it names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are named after what they hold, and documented at their types")]
pub enum Wanted {
    /// Call a tool.
    CallTool { integration: IntegrationId, tool: String },
    /// Use what a permission gives for the organization as a whole.
    Use { permission: Permission },
    /// See an integration.
    ViewIntegration { integration: IntegrationId },
    /// Change an integration.
    EditIntegration { integration: IntegrationId },
    /// End an integration.
    DisconnectIntegration { integration: IntegrationId },
    /// Review an integration's tools.
    ReviewTools { integration: IntegrationId },
    /// Do something with a resource.
    Resource { verb: ResourceVerb, resource: ResourceId },
    /// Make a resource of this kind.
    MakeResource { kind: ResourceKind },
    /// Do something with the records of an object.
    Data { verb: DataVerb, object: DataName },
    /// See or change a field.
    Field { verb: DataVerb, object: DataName, field: DataName },
    /// End a membership.
    RemoveMember { person: PersonId },
    /// Give a member a role.
    ChangeRole { person: PersonId, role: RoleId },
    /// See a team.
    ViewTeam { team: TeamId },
    /// Change a team.
    EditTeam { team: TeamId },
    /// Invite to a team.
    InviteToTeam { team: TeamId },
    /// See a key.
    ViewKey { key: KeyId },
    /// Give a key a new secret.
    RotateKey { key: KeyId },
    /// End a key.
    RevokeKey { key: KeyId },
    /// Change an agent.
    EditAgent { agent: AgentId },
}

impl Wanted {
    /// Whether everything that it names is there.
    #[must_use]
    pub fn is_there(&self, state: &Organization) -> bool {
        match self {
            Wanted::CallTool { integration, tool } => {
                state.integrations.get(integration).is_some_and(|integration| integration.tools.contains_key(tool))
            }
            Wanted::ViewIntegration { integration }
            | Wanted::EditIntegration { integration }
            | Wanted::DisconnectIntegration { integration }
            | Wanted::ReviewTools { integration } => state.integrations.contains_key(integration),
            Wanted::Resource { resource, .. } => state.resources.contains_key(resource),
            Wanted::Data { object, .. } => state.objects.contains_key(object),
            Wanted::Field { object, field, .. } => {
                state.objects.get(object).is_some_and(|object| object.fields.contains_key(field))
            }
            Wanted::RemoveMember { person } => state.member(*person).is_some(),
            Wanted::ChangeRole { person, role } => state.member(*person).is_some() && state.roles.contains_key(role),
            Wanted::ViewTeam { team } | Wanted::EditTeam { team } | Wanted::InviteToTeam { team } => {
                state.teams.contains_key(team)
            }
            Wanted::ViewKey { key } | Wanted::RotateKey { key } | Wanted::RevokeKey { key } => {
                state.live_key(*key).is_some()
            }
            Wanted::EditAgent { agent } => state.agents.contains_key(agent),
            Wanted::Use { .. } | Wanted::MakeResource { .. } => true,
        }
    }
}
