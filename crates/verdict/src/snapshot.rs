//! One organization's access, compiled and immutable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::grant::Profile;
use domain::id::{
    AccountId, AgentId, ClientId, ID_LENGTH, IntegrationId, InvitationId, KeyId, MailDomainId, OrgId, PersonId,
    ResourceId, SessionId, TeamId,
};
use domain::invitation::Invitation;
use domain::mail_domain::{JoinRequest, MailDomain};
use domain::member::OwnershipOffer;
use domain::object::{DataName, Object};
use domain::organization::{RecordsSync, Settings};
use domain::permission::{Permission, PermissionSet};
use domain::resource::Resource;
use domain::role::{Role, RoleId};
use domain::time::Timestamp;

use crate::catalog::{Catalog, IntegrationEntry, ToolEntry, ToolIndex};
use crate::clients::ClientEntry;
use crate::credential::{ClientProof, Credential, SessionProof};
use crate::directory::Tends;
use crate::first::FirstMembers;
use crate::groups::Groups;
use crate::keys::{KeyEntry, Keys};
use crate::question::{Actor, Reason, Subject, Via};
use crate::subjects::Subjects;

pub(crate) type IdBytes = [u8; ID_LENGTH];

/// Accounts by where they are and whose they are.
pub(crate) type Accounts = BTreeMap<(IntegrationId, Option<PersonId>), AccountId>;

/// Everything that decides about one organization, at one moment of its history. Answers from memory, without a
/// lock; a change makes a new one.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) org: OrgId,
    pub(crate) seq: u64,
    pub(crate) name: Box<str>,
    pub(crate) settings: Settings,
    /// When the organization ends.
    pub(crate) deletes_at: Option<Timestamp>,
    /// The top role, as it is offered to somebody.
    pub(crate) offer: Option<OwnershipOffer>,
    pub(crate) catalog: Arc<Catalog>,
    /// In the order of their names.
    pub(crate) roles: Arc<Vec<RoleEntry>>,
    pub(crate) first_members: FirstMembers,
    pub(crate) subjects: Subjects,
    /// Every role that members have beside their own, also where such do not count, and when the last of them ends.
    pub(crate) extra_roles: Arc<Vec<ExtraRole>>,
    pub(crate) keys: Keys,
    pub(crate) teams: Arc<BTreeMap<TeamId, Box<str>>>,
    pub(crate) groups: Groups,
    pub(crate) agents: Arc<BTreeMap<AgentId, AgentEntry>>,
    pub(crate) resources: Arc<BTreeMap<ResourceId, Arc<Resource>>>,
    pub(crate) objects: Arc<BTreeMap<DataName, Object>>,
    /// Sessions that were ended here one by one.
    pub(crate) sessions_ended: BTreeSet<SessionId>,
    /// The clients that members have connected.
    pub(crate) clients: Arc<BTreeMap<ClientId, ClientEntry>>,
    /// The accounts that are connected at upstreams.
    pub(crate) accounts: Arc<Accounts>,
    /// Those of which nothing has become yet.
    pub(crate) invitations: Arc<BTreeMap<InvitationId, Arc<Invitation>>>,
    pub(crate) mail_domains: Arc<BTreeMap<MailDomainId, Arc<MailDomain>>>,
    pub(crate) join_requests: Arc<BTreeMap<PersonId, JoinRequest>>,
}

#[derive(Debug)]
pub(crate) struct RoleEntry {
    pub(crate) role: Role,
    /// What the role comes to under the organization's settings.
    pub(crate) set: PermissionSet,
}

#[derive(Debug)]
pub(crate) struct AgentEntry {
    /// For whom it may act, and until when.
    pub(crate) delegations: BTreeMap<PersonId, Timestamp>,
    /// Who answers for it.
    pub(crate) sponsor: Option<PersonId>,
}

/// What a subject reaches of the integrations.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// Every tool of every integration, resting on the role's permission.
    ByRole,
    /// Every tool of every integration, since the workspace key was made so.
    ByKeyScope,
    /// What was given, in the order of the integrations; an integration can have been given in several ways.
    Granted(Box<[GrantEntry]>),
}

#[derive(PartialEq, Eq, Debug)]
pub(crate) struct GrantEntry {
    pub(crate) integration: u32,
    pub(crate) profile: Profile,
    pub(crate) tools_off: Box<[u32]>,
    /// Tools that are off, too, and that the upstream does not list at present.
    pub(crate) unlisted_off: Box<[Box<str>]>,
    /// [`i64::MAX`] where it has no end.
    pub(crate) ends_at: Timestamp,
    pub(crate) since_seq: u64,
    pub(crate) via: Via,
}

#[derive(Debug)]
pub(crate) struct SubjectEntry {
    pub(crate) subject: Subject,
    pub(crate) role: Option<u32>,
    /// What its role comes to.
    pub(crate) permissions: PermissionSet,
    /// The teams that it is in, in the order of their ids, and its role there.
    pub(crate) teams: Box<[(TeamId, u32)]>,
    pub(crate) reach: Reach,
    /// When the subject itself ends: a workspace key is no more than its key. [`i64::MAX`] where it has no end.
    pub(crate) ends_at: Timestamp,
    /// Why it does nothing at present.
    pub(crate) stopped: Option<Reason>,
    /// Sessions of a member that began then or before let nobody in.
    pub(crate) sessions_from: Timestamp,
    /// Whether it was a directory connection that suspended this member.
    pub(crate) by_directory: bool,
    /// What a member has by roles beside their own.
    pub(crate) more: Option<Box<More>>,
    /// What a directory connection looks after; none for everybody else.
    pub(crate) tends: Option<Box<Tends>>,
}

/// Roles that a member has beside their own, and the member without those that end next.
#[derive(Debug)]
pub(crate) struct More {
    pub(crate) roles: Box<[ExtraRole]>,
    /// From when on some of them are over, and who the member is then.
    pub(crate) then: Option<(Timestamp, SubjectEntry)>,
}

/// A role beside the one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExtraRole {
    pub(crate) role: u32,
    /// [`i64::MAX`] where it has no end.
    pub(crate) ends_at: Timestamp,
}

impl SubjectEntry {
    /// The subject as it is at a moment.
    #[inline]
    pub(crate) fn at(&self, now: Timestamp) -> &SubjectEntry {
        let mut entry = self;
        while let Some((from, then)) = entry.more.as_ref().and_then(|more| more.then.as_ref())
            && now >= *from
        {
            entry = then;
        }
        entry
    }

    /// The subject as it is at first, and as it is from each moment on at which roles of it end.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (Timestamp, &SubjectEntry)> {
        std::iter::successors(Some((Timestamp(i64::MIN), self)), |(_, entry)| {
            let (from, then) = entry.more.as_ref()?.then.as_ref()?;
            Some((*from, then))
        })
    }

    /// The subject without anything that ends by itself.
    pub(crate) fn lasting(&self) -> &SubjectEntry {
        self.stages().last().map_or(self, |(_, stage)| stage)
    }

    /// Whether it depends on the moment what the subject is.
    pub(crate) fn ends(&self) -> bool {
        self.ends_at != NEVER || self.more.as_ref().is_some_and(|more| more.then.is_some())
    }

    /// Its role, and those beside it that have no end.
    pub(crate) fn lasting_roles(&self) -> impl Iterator<Item = u32> {
        let extra = self.more.iter().flat_map(|more| &more.roles).filter(|extra| extra.ends_at == NEVER);
        self.role.into_iter().chain(extra.map(|extra| extra.role))
    }

    /// Whether others may be told to turn to it. While the organization ends, that is so as before: somebody takes it back.
    pub(crate) fn helps(&self) -> bool {
        matches!(self.stopped, None | Some(Reason::OrganizationEnding))
    }

    /// Its role, and those beside it.
    pub(crate) fn roles(&self) -> impl Iterator<Item = u32> {
        let extra = self.more.iter().flat_map(|more| &more.roles).map(|extra| extra.role);
        self.role.into_iter().chain(extra)
    }
}

/// Why what was presented lets nobody in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// The key was revoked or replaced by a new secret, or never was.
    #[error("this key does not work (any more); create a new one")]
    Ended,
    /// The key had an end, which has come.
    #[error("this key has expired; create a new one")]
    Expired,
    /// Its holder may not have keys (any more).
    #[error("this key is suspended: your role may not have personal keys; ask for a role that may")]
    Suspended,
    /// The session had an end, which has come.
    #[error("this session has ended; sign in again")]
    SessionEnded,
    /// The client was disconnected, or what it showed has ended.
    #[error("this sign-in of your AI client has ended; sign in again from the client")]
    ClientEnded,
    /// A passkey is asked of whoever signed in, and they have shown none in this session.
    #[error(
        "this organization asks for a passkey, and none was shown in this session; show one at /sign-in/second-factor"
    )]
    PasskeyNeeded,
    /// Whoever it speaks for is suspended.
    #[error("your membership of this organization is suspended; ask somebody who manages its members to restore it")]
    MemberSuspended,
    /// The organization ends: only who may take that back is let in, and nobody where tools are used.
    #[error("this organization is being deleted; unless it is restored, nothing is done in it any more")]
    Ending,
    /// Whoever signed in is no member here.
    #[error("you are not a member of this organization (any more)")]
    NotAMember,
}

pub(crate) const NEVER: Timestamp = Timestamp(i64::MAX);
pub(crate) const ALWAYS: Timestamp = Timestamp(i64::MIN);

/// Refuses a member who is suspended.
fn is_at_work(member: &SubjectEntry) -> Result<(), NotAdmitted> {
    // Whoever may end the organization takes that back.
    if member.helps() { Ok(()) } else { Err(NotAdmitted::MemberSuspended) }
}

pub(crate) fn id_bytes(text: &str) -> Option<IdBytes> {
    text.as_bytes().try_into().ok()
}

impl Snapshot {
    /// Who speaks with what was presented.
    ///
    /// # Errors
    /// [`NotAdmitted`] where the secret is not the key's present one, the key or session has ended, whoever signed in
    /// is no member or has shown no passkey where one is asked of them, or the organization ends and they may not take
    /// that back.
    pub fn admit(&self, credential: Credential, now: Timestamp) -> Result<Actor, NotAdmitted> {
        // From the day of its end on there is no such organization.
        let gone = self.is_gone_at(now);
        let actor = match credential {
            Credential::Key { .. } if gone => Err(NotAdmitted::Ended),
            Credential::Session(_) if gone => Err(NotAdmitted::NotAMember),
            Credential::Client(_) if gone => Err(NotAdmitted::ClientEnded),
            Credential::Key { key, digest } => self.admit_key((key, digest), now),
            Credential::Session(proof) => self.admit_session(proof, now),
            Credential::Client(proof) => self.admit_client(proof, now),
        }?;
        // Not all that is asked inside asks about an operation: whoever does nothing here is not let in.
        if self.deletes_at.is_some() && self.may_restore(&actor, now).is_none() {
            return Err(NotAdmitted::Ending);
        }
        Ok(actor)
    }

    /// Who speaks, where they may take back that the organization ends.
    pub(crate) fn may_restore(&self, actor: &Actor, now: Timestamp) -> Option<&SubjectEntry> {
        let entry = self.subject(actor.subject.as_str(), now)?;
        let may = entry.permissions.holds(Permission::OrganizationDelete) && actor.acting_for.is_none();
        (may && entry.helps() && now < entry.ends_at && !self.is_gone_at(now)).then_some(entry)
    }

    /// Who speaks with what was presented, where tools are used. While the organization ends nobody is let in there, also
    /// whoever looks at it or takes its end back: that is done elsewhere.
    ///
    /// # Errors
    /// [`NotAdmitted`], as [`Snapshot::admit`], and where the organization ends.
    pub fn admit_to_tools(&self, credential: Credential, now: Timestamp) -> Result<Actor, NotAdmitted> {
        let actor = self.admit(credential, now)?;
        if self.deletes_at.is_some() { Err(NotAdmitted::Ending) } else { Ok(actor) }
    }

    /// Whether whoever was let in does anything at all: an agent may be suspended, a key be without a role, and who let an
    /// agent act for them be suspended or have ended it.
    #[must_use]
    pub fn works(&self, actor: &Actor, now: Timestamp) -> bool {
        self.subject_at(actor.subject.as_str(), now).is_ok() && self.is_let_act(actor, now)
    }

    fn admit_key(&self, (key, digest): (KeyId, [u8; 32]), now: Timestamp) -> Result<Actor, NotAdmitted> {
        let credential = Some(Credential::Key { key, digest });
        let key = self.key(key).filter(|key| key.digest == digest).ok_or(NotAdmitted::Ended)?;
        if now >= key.ends_at {
            return Err(NotAdmitted::Expired);
        }
        if matches!(key.subject, Subject::Member(_)) {
            let holder = self.subject(key.subject.as_str(), now).ok_or(NotAdmitted::Suspended)?;
            self.may_have_keys(holder).map_err(|_| NotAdmitted::Suspended)?;
            is_at_work(holder)?;
        }
        Ok(Actor { subject: key.subject, acting_for: key.acting_for, credential })
    }

    /// A session opens every organization that its person is a member of, with a passkey where one is asked of them.
    /// Whether they may have keys is not asked.
    fn admit_session(&self, proof: SessionProof, now: Timestamp) -> Result<Actor, NotAdmitted> {
        if now >= proof.ends_at {
            return Err(NotAdmitted::SessionEnded);
        }
        let subject = Subject::Member(proof.person);
        let entry = self.subject(subject.as_str(), now).ok_or(NotAdmitted::NotAMember)?;
        if proof.begun_at <= entry.sessions_from || self.sessions_ended.contains(&proof.session) {
            return Err(NotAdmitted::SessionEnded);
        }
        is_at_work(entry)?;
        if !proof.by_passkey && self.asks_for_passkey(self.settings.sign_in_second_factor, entry) {
            return Err(NotAdmitted::PasskeyNeeded);
        }
        Ok(Actor { subject, acting_for: None, credential: Some(Credential::Session(proof)) })
    }

    /// A connected client speaks for whoever connected it, while they are a member. Whether they may have keys is not
    /// asked: nobody sees what it shows.
    fn admit_client(&self, proof: ClientProof, now: Timestamp) -> Result<Actor, NotAdmitted> {
        let client = self.client(proof.client).filter(|_| now < proof.ends_at).ok_or(NotAdmitted::ClientEnded)?;
        let subject = Subject::Member(client.person);
        let entry = self.subject(subject.as_str(), now).ok_or(NotAdmitted::ClientEnded)?;
        is_at_work(entry)?;
        Ok(Actor { subject, acting_for: None, credential: Some(Credential::Client(proof)) })
    }

    /// The account with which calls of an integration go out that are a person's, or everybody's where no person is named;
    /// none where none is connected.
    #[must_use]
    pub fn account(&self, integration: IntegrationId, person: Option<PersonId>) -> Option<AccountId> {
        self.accounts.get(&(integration, person)).copied()
    }

    /// Every account that is connected at an integration's upstream, and whose it is; everybody's first.
    pub fn accounts_at(&self, integration: IntegrationId) -> impl Iterator<Item = (Option<PersonId>, AccountId)> {
        let all = self.accounts.range((integration, None)..).take_while(move |((at, _), _)| *at == integration);
        all.map(|((_, person), account)| (*person, *account))
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// Whether the day of the organization's end has come: there is none any more.
    #[must_use]
    pub fn is_gone_at(&self, now: Timestamp) -> bool {
        self.deletes_at.is_some_and(|end| now >= end)
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
        self.settings.records_sync
    }

    /// Whether AI clients are offered a tool with which to ask for access.
    #[must_use]
    pub fn offers_requests(&self) -> bool {
        self.settings.requests_agent_tool
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
        let presented = match actor.credential {
            Some(Credential::Key { key, .. }) => self.key(key).map(|key| key.ends_at),
            Some(Credential::Session(proof)) => Some(proof.ends_at),
            Some(Credential::Client(proof)) => Some(proof.ends_at),
            None => None,
        };
        let delegation = self.delegation(actor);
        let entries = [Some(actor.subject), actor.acting_for.map(Subject::Member)].into_iter().flatten();
        let entries = entries.filter_map(|subject| self.subject(subject.as_str(), now));
        let ends = entries.flat_map(|entry| {
            let grants = match &entry.reach {
                Reach::Granted(grants) => &**grants,
                Reach::ByRole | Reach::ByKeyScope => &[],
            };
            let fewer_roles = entry.stages().nth(1).map(|(from, _)| from);
            grants.iter().map(|grant| grant.ends_at).chain([entry.ends_at]).chain(fewer_roles)
        });
        presented.into_iter().chain(delegation).chain(ends).filter(|end| *end > now && *end != NEVER).min()
    }

    /// Until when an agent acts for the person for whom it does.
    pub(crate) fn delegation(&self, actor: &Actor) -> Option<Timestamp> {
        let Subject::Agent(agent) = actor.subject else { return None };
        self.agents.get(&agent)?.delegations.get(&actor.acting_for?).copied()
    }

    /// The organization's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn key(&self, key: KeyId) -> Option<&KeyEntry> {
        self.keys.find(key)
    }

    /// A subject as it is at a moment; whether it works then is asked of [`Snapshot::subject_at`].
    pub(crate) fn subject(&self, id: &str, now: Timestamp) -> Option<&SubjectEntry> {
        self.subjects.find(id).map(|entry| entry.at(now))
    }

    pub(crate) fn role(&self, place: u32) -> Option<&RoleEntry> {
        self.roles.get(place as usize)
    }

    pub(crate) fn role_place(&self, id: RoleId) -> Option<u32> {
        self.roles.binary_search_by(|known| known.role.id.cmp(&id)).ok().map(|place| place as u32)
    }

    pub(crate) fn role_by_id(&self, id: RoleId) -> Option<&RoleEntry> {
        self.role(self.role_place(id)?)
    }

    /// What a role comes to; nothing where there is no such role.
    pub(crate) fn set_of_role(&self, id: RoleId) -> PermissionSet {
        self.role_by_id(id).map_or(PermissionSet::EMPTY, |entry| entry.set)
    }
}
