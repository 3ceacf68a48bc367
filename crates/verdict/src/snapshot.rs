//! One organization's access, compiled and immutable.

use std::sync::Arc;

use domain::grant::{Grantee, Profile};
use domain::id::{ID_LENGTH, IntegrationId, KeyId, OrgId, PersonId};
use domain::key::{Key, KeyKind, KeyScope};
use domain::organization::{Organization, RecordsSync};
use domain::permission::{Permission, PermissionSet};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;
use hashbrown::HashMap;

use crate::catalog::{Catalog, IntegrationEntry, ToolEntry, ToolIndex};
use crate::question::{Actor, Credential, Subject};
use crate::subjects::Subjects;

pub(crate) type IdBytes = [u8; ID_LENGTH];
type IdMap<V> = HashMap<IdBytes, V, foldhash::fast::FixedState>;

/// Everything that decides about one organization, at one moment of its history. Answers from memory, without a
/// lock; a change makes a new one.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) org: OrgId,
    pub(crate) seq: u64,
    pub(crate) name: Box<str>,
    pub(crate) records_sync: RecordsSync,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) roles: Vec<Role>,
    pub(crate) subjects: Subjects,
    pub(crate) keys: IdMap<KeyEntry>,
}

/// What a subject reaches of the integrations.
#[derive(Debug)]
pub(crate) enum Reach {
    /// Every tool of every integration, resting on the role's permission.
    ByRole,
    /// Every tool of every integration, since the workspace key was made so.
    ByKeyScope,
    /// What was given, in the order of the integrations.
    Granted(Box<[GrantEntry]>),
}

#[derive(Debug)]
pub(crate) struct GrantEntry {
    pub(crate) integration: u32,
    pub(crate) profile: Profile,
    pub(crate) tools_off: Box<[u32]>,
    /// [`i64::MAX`] where it has no end.
    pub(crate) ends_at: Timestamp,
    pub(crate) since_seq: u64,
}

#[derive(Debug)]
pub(crate) struct SubjectEntry {
    pub(crate) subject: Subject,
    pub(crate) role: Option<u32>,
    pub(crate) permissions: PermissionSet,
    pub(crate) reach: Reach,
    /// When the subject itself ends: a workspace key is no more than its key. [`i64::MAX`] where it has no end.
    pub(crate) ends_at: Timestamp,
}

#[derive(Debug)]
pub(crate) struct KeyEntry {
    pub(crate) subject: Subject,
    pub(crate) digest: [u8; 32],
    pub(crate) ends_at: Timestamp,
}

/// Why a presented key lets nobody in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// The key was revoked or replaced by a new secret, or never was.
    #[error("this key does not work (any more); create a new one")]
    Ended,
    /// The key had an end, which has come.
    #[error("this key has expired; create a new one")]
    Expired,
}

pub(crate) const NEVER: Timestamp = Timestamp(i64::MAX);

pub(crate) fn id_bytes(text: &str) -> Option<IdBytes> {
    text.as_bytes().try_into().ok()
}

impl Snapshot {
    /// Compiles an organization's state. `same_tools` is an earlier snapshot since which no integration and no
    /// tool changed: what it knows of them is shared, so that a change of people costs nothing there.
    #[must_use]
    pub fn compile(org: OrgId, state: &Organization, same_tools: Option<&Snapshot>) -> Snapshot {
        let catalog = same_tools.map_or_else(|| Arc::new(Catalog::compile(state)), |before| before.catalog.clone());
        let roles: Vec<Role> = state.roles.values().cloned().collect();
        let mut snapshot = Snapshot {
            org,
            seq: state.seq,
            name: state.name.as_str().into(),
            records_sync: state.settings.records_sync,
            catalog,
            roles,
            subjects: Subjects::default(),
            keys: IdMap::default(),
        };
        let mut subjects = Vec::new();
        for member in state.members.values().filter(|member| member.is_active()) {
            subjects.push(snapshot.member(state, member.person, &member.role));
        }
        for key in state.keys.values().filter(|key| key.revoked_at.is_none()) {
            subjects.extend(snapshot.add_key(state, key));
        }
        snapshot.subjects = Subjects::compile(subjects, snapshot.catalog.integrations().count());
        snapshot
    }

    fn member(&self, state: &Organization, person: PersonId, role: &RoleId) -> SubjectEntry {
        let place = self.roles.binary_search_by(|known| known.id.cmp(role)).ok();
        let permissions =
            place.and_then(|place| self.roles.get(place)).map_or(PermissionSet::EMPTY, |role| role.permissions);
        let reach = if permissions.holds(Permission::IntegrationUseAll) {
            Reach::ByRole
        } else {
            self.granted(state, Grantee::Member(person))
        };
        let subject = Subject::Member(person);
        let role = place.map(|place| place as u32);
        SubjectEntry { subject, role, permissions, reach, ends_at: NEVER }
    }

    /// Takes in a key, and gives the subject that a workspace key is.
    fn add_key(&mut self, state: &Organization, key: &Key) -> Option<SubjectEntry> {
        let digest = digest_bytes(&key.digest)?;
        let ends_at = key.expires_at.unwrap_or(NEVER);
        let (subject, entry) = match key.kind {
            KeyKind::Personal { holder } => (Subject::Member(holder), None),
            KeyKind::Workspace { scope } => {
                let reach = match scope {
                    KeyScope::All => Reach::ByKeyScope,
                    KeyScope::Granted => self.granted(state, Grantee::Key(key.id)),
                };
                let subject = Subject::Key(key.id);
                let permissions = PermissionSet::EMPTY;
                (subject, Some(SubjectEntry { subject, role: None, permissions, reach, ends_at }))
            }
        };
        if let Some(bytes) = id_bytes(key.id.as_str()) {
            self.keys.insert(bytes, KeyEntry { subject, digest, ends_at });
        }
        entry
    }

    fn granted(&self, state: &Organization, grantee: Grantee) -> Reach {
        let given = state.grants.get(&grantee);
        let mut entries: Vec<GrantEntry> = given
            .into_iter()
            .flatten()
            .filter_map(|(integration, grant)| {
                let (place, entry) = self.catalog.integration_by_id(*integration)?;
                let off = |tool: &String| self.catalog.find(&entry.slug, tool).map(|index| index.0);
                let mut tools_off: Vec<u32> = grant.tools_off.iter().filter_map(off).collect();
                tools_off.sort_unstable();
                Some(GrantEntry {
                    integration: place,
                    profile: grant.profile,
                    tools_off: tools_off.into(),
                    ends_at: grant.expires_at.unwrap_or(NEVER),
                    since_seq: grant.since_seq,
                })
            })
            .collect();
        entries.sort_unstable_by_key(|entry| entry.integration);
        Reach::Granted(entries.into())
    }

    /// Who a presented key speaks for.
    ///
    /// # Errors
    /// [`NotAdmitted`] where the secret is not the key's present one, or the key has ended.
    pub fn admit(&self, credential: Credential, now: Timestamp) -> Result<Actor, NotAdmitted> {
        let key = self.key(credential.key).filter(|key| key.digest == credential.digest).ok_or(NotAdmitted::Ended)?;
        if now >= key.ends_at {
            return Err(NotAdmitted::Expired);
        }
        Ok(Actor { subject: key.subject, credential: Some(credential) })
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The organization's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the last event that is in here.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Which calls are on disk before they go out.
    #[must_use]
    pub fn records_sync(&self) -> RecordsSync {
        self.records_sync
    }

    /// A tool and its integration.
    #[must_use]
    pub fn tool(&self, index: ToolIndex) -> Option<(&ToolEntry, &IntegrationEntry)> {
        let tool = self.catalog.tool(index)?;
        Some((tool, self.catalog.integration(tool.integration)?))
    }

    /// An integration by id, whoever may see it.
    #[must_use]
    pub fn integration(&self, id: IntegrationId) -> Option<&IntegrationEntry> {
        self.catalog.integration_by_id(id).map(|(_, integration)| integration)
    }

    /// An integration by slug, whoever may see it.
    #[must_use]
    pub fn integration_by_slug(&self, slug: &str) -> Option<&IntegrationEntry> {
        self.catalog.integration_by_slug(slug).map(|(_, integration)| integration)
    }

    /// When the next thing that the actor has ends by itself: an open stream must be looked at again then. None
    /// where nothing of theirs has an end that is still to come.
    #[must_use]
    pub fn deadline(&self, actor: &Actor, now: Timestamp) -> Option<Timestamp> {
        let key = actor.credential.and_then(|credential| self.key(credential.key)).map(|key| key.ends_at);
        let grants = match self.subject(actor.subject.as_str()).map(|entry| &entry.reach) {
            Some(Reach::Granted(grants)) => grants.iter().map(|grant| grant.ends_at).filter(|end| *end > now).min(),
            _ => None,
        };
        key.filter(|end| *end > now).into_iter().chain(grants).min().filter(|end| *end != NEVER)
    }

    pub(crate) fn key(&self, key: KeyId) -> Option<&KeyEntry> {
        self.keys.get(&id_bytes(key.as_str())?)
    }

    pub(crate) fn subject(&self, id: &str) -> Option<&SubjectEntry> {
        self.subjects.find(id)
    }

    pub(crate) fn role(&self, place: u32) -> Option<&Role> {
        self.roles.get(place as usize)
    }

    pub(crate) fn role_named(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == *id)
    }
}

/// Reads the hexadecimal form in which the state keeps digests.
fn digest_bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0u8; 32];
    if hex.len() != 64 {
        return None;
    }
    for (slot, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
