//! The state of an organization.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grant::{Grant, Grantee, Profile};
use crate::id::{IntegrationId, KeyId, PersonId};
use crate::integration::{Integration, Tool};
use crate::key::{Key, KeyScope};
use crate::member::Member;
use crate::organization::{RecordsSync, Settings};
use crate::refusal::Refusal;
use crate::role::{Role, RoleId};
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
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Organization {
    /// The number of the last event that is in here; 0 before the first.
    pub seq: u64,
    /// Its name.
    pub name: String,
    /// The preset it was made from.
    pub preset: String,
    /// Its settings.
    pub settings: Settings,
    /// Its roles.
    pub roles: BTreeMap<RoleId, Role>,
    /// Its members, removed ones included.
    pub members: BTreeMap<PersonId, Member>,
    /// Its integrations.
    pub integrations: BTreeMap<IntegrationId, Integration>,
    /// Tools that their upstream lists no longer and about which a person had decided, by integration.
    #[serde(default)]
    pub withdrawn: BTreeMap<IntegrationId, BTreeMap<String, Tool>>,
    /// What is given to whom.
    pub grants: BTreeMap<Grantee, BTreeMap<IntegrationId, Grant>>,
    /// Its keys, revoked ones included.
    pub keys: BTreeMap<KeyId, Key>,
}

impl Default for Organization {
    fn default() -> Self {
        Self::new()
    }
}

impl Organization {
    /// An organization to which nothing has happened yet. Everything in it gives the least.
    #[must_use]
    pub fn new() -> Organization {
        let nobody = RoleId::parse("none").unwrap_or_else(|_| unreachable!("the word is a valid role name"));
        Organization {
            seq: 0,
            name: String::new(),
            preset: String::new(),
            settings: Settings {
                owners_max: None,
                join_default_role: nobody,
                join_default_profile: Profile::ReadOnly,
                keys_workspace_default_scope: KeyScope::Granted,
                records_sync: RecordsSync::Changes,
            },
            roles: BTreeMap::new(),
            members: BTreeMap::new(),
            integrations: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
            grants: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    /// Whether the organization has begun.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.seq > 0
    }

    /// A member whose membership is in force.
    #[must_use]
    pub fn active_member(&self, person: PersonId) -> Option<&Member> {
        self.members.get(&person).filter(|member| member.is_active())
    }

    /// The active people who hold the top role.
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

    /// A key that was not revoked.
    #[must_use]
    pub fn live_key(&self, key: KeyId) -> Option<&Key> {
        self.keys.get(&key).filter(|key| key.revoked_at.is_none())
    }
}
