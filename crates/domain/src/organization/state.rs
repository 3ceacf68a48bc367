//! The state of an organization.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::agent::Agent;
use crate::client::Client;
use crate::grant::{Grant, Grantee};
use crate::group::Group;
use crate::id::{
    AccountId, AgentId, ClientId, GroupId, IntegrationId, InvitationId, KeyId, MailDomainId, PersonId, RegistrationId,
    RequestId, ResourceId, SessionId, TeamId,
};
use crate::integration::{Integration, Tool};
use crate::invitation::Invitation;
use crate::key::Key;
use crate::mail_domain::{JoinRequest, MailDomain};
use crate::member::{Member, OwnershipOffer};
use crate::object::{DataName, Object};
use crate::organization::{Review, Settings};
use crate::refusal::Refusal;
use crate::request::AccessRequest;
use crate::resource::{Features, Resource, ResourceKind};
use crate::role::{Role, RoleId};
use crate::team::Team;
use crate::time::Timestamp;

/// What the journal says about an event besides the event itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Its number in the organization's stream, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it, as the journal names actors.
    pub actor: String,
}

/// Everything that is true about an organization: the fold of its events.
/// Before the first event it is empty, and gives the least.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Organization {
    /// The number of the last event that is in here; 0 before the first.
    pub seq: u64,
    /// Its name.
    pub name: String,
    /// The preset it was made from.
    pub preset: String,
    /// Its settings.
    pub settings: Settings,
    /// When it ends, where somebody set that. From this moment on there is no such organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes_at: Option<Timestamp>,
    /// Whether what is left of it was erased.
    #[serde(default)]
    pub destroyed: bool,
    /// Its roles.
    pub roles: BTreeMap<RoleId, Role>,
    /// Its members, removed ones included.
    pub members: BTreeMap<PersonId, Member>,
    /// The top role, offered to a member by whoever holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OwnershipOffer>,
    /// Its integrations.
    pub integrations: BTreeMap<IntegrationId, Integration>,
    /// Tools that their upstream lists no longer and about which a person had decided, by integration.
    pub withdrawn: BTreeMap<IntegrationId, BTreeMap<String, Tool>>,
    /// What is given to whom.
    pub grants: BTreeMap<Grantee, BTreeMap<IntegrationId, Grant>>,
    /// What is given to whom for a time, beside the grants: each ends by itself and leaves them as they are.
    pub loans: BTreeMap<Grantee, BTreeMap<IntegrationId, Vec<Grant>>>,
    /// Its keys, revoked ones included.
    pub keys: BTreeMap<KeyId, Key>,
    /// Its teams.
    pub teams: BTreeMap<TeamId, Team>,
    /// The groups of its company directories.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<GroupId, Group>,
    /// Its agents.
    pub agents: BTreeMap<AgentId, Agent>,
    /// Its resources, deleted ones included. Each is shared with the snapshots made of this state.
    pub resources: BTreeMap<ResourceId, Arc<Resource>>,
    /// What holds for all resources of a kind, where that was said.
    pub features: BTreeMap<ResourceKind, Features>,
    /// The reviews of access that were confirmed, the newest last.
    pub reviews: Vec<Review>,
    /// The objects whose records it governs.
    pub objects: BTreeMap<DataName, Object>,
    /// Access requests by who asked: the open ones, and of each the last that were closed. Of those who are gone none
    /// is kept.
    pub requests: BTreeMap<Grantee, BTreeMap<RequestId, AccessRequest>>,
    /// Sessions of members that were ended here one by one, and when each would have ended by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions_ended: BTreeMap<SessionId, Timestamp>,
    /// The clients that its members have connected.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clients: BTreeMap<ClientId, Client>,
    /// The accounts that are connected at its integrations' upstreams.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountId, Account>,
    /// By which event the credential of an integration was last set anew, where it was: what was shown before is another's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials_anew: BTreeMap<IntegrationId, u64>,
    /// The clients that were registered by hand, so that members can connect them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub registered_clients: BTreeSet<RegistrationId>,
    /// Invitations: the open ones, and those that ended not long ago. Each is shared with the snapshots made of this
    /// state.
    pub invitations: BTreeMap<InvitationId, Arc<Invitation>>,
    /// The mail domains that it has claimed. Each is shared with the snapshots made of this state.
    pub mail_domains: BTreeMap<MailDomainId, Arc<MailDomain>>,
    /// Who asks to join by one of them, and of whom that was declined not long ago.
    pub join_requests: BTreeMap<PersonId, JoinRequest>,
}

impl Organization {
    /// An organization to which nothing has happened yet.
    #[must_use]
    pub fn new() -> Organization {
        Organization::default()
    }

    /// Whether the organization has begun.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.seq > 0
    }

    /// A member, also one who is suspended: to ask what they have, and to give and take.
    #[must_use]
    pub fn member(&self, person: PersonId) -> Option<&Member> {
        self.members.get(&person).filter(|member| member.is_here())
    }

    /// A member whose membership is in force: to ask who does something, or answers for something from now on.
    #[must_use]
    pub fn active_member(&self, person: PersonId) -> Option<&Member> {
        self.members.get(&person).filter(|member| member.is_active())
    }

    /// The people who hold the top role, without those who are suspended.
    pub fn top_role_holders(&self) -> impl Iterator<Item = PersonId> {
        self.members
            .values()
            .filter(|member| member.is_active() && self.roles.get(&member.role).is_some_and(|role| role.top))
            .map(|member| member.person)
    }

    /// An integration by id.
    ///
    /// # Errors
    /// A [`Refusal`] that says it is missing.
    pub fn integration(&self, id: IntegrationId) -> Result<&Integration, Refusal> {
        self.integrations.get(&id).ok_or_else(|| Refusal::missing("integration", "there is no such integration"))
    }

    /// An integration by its slug.
    #[must_use]
    pub fn integration_by_slug(&self, slug: &str) -> Option<&Integration> {
        self.integrations.values().find(|integration| integration.slug.as_str() == slug)
    }

    /// What was given to somebody of one integration.
    #[must_use]
    pub fn grant(&self, grantee: Grantee, integration: IntegrationId) -> Option<&Grant> {
        self.grants.get(&grantee)?.get(&integration)
    }

    /// What was lent to somebody of one integration, loans that have ended included.
    #[must_use]
    pub fn loans(&self, grantee: Grantee, integration: IntegrationId) -> &[Grant] {
        self.loans.get(&grantee).and_then(|loans| loans.get(&integration)).map_or(&[], Vec::as_slice)
    }

    /// A team by id.
    ///
    /// # Errors
    /// A [`Refusal`] that says it is missing.
    pub fn team(&self, id: TeamId) -> Result<&Team, Refusal> {
        self.teams.get(&id).ok_or_else(|| Refusal::missing("team", "there is no such team"))
    }

    /// An agent by id.
    ///
    /// # Errors
    /// A [`Refusal`] that says it is missing.
    pub fn agent(&self, id: AgentId) -> Result<&Agent, Refusal> {
        self.agents.get(&id).ok_or_else(|| Refusal::missing("agent", "there is no such agent"))
    }

    /// A key that was not revoked.
    #[must_use]
    pub fn live_key(&self, key: KeyId) -> Option<&Key> {
        self.keys.get(&key).filter(|key| key.revoked_at.is_none())
    }
}
