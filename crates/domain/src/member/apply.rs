//! How events change members.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::Event;
use crate::grant::Grantee;
use crate::id::{AgentId, KeyId, PersonId};
use crate::key::{Key, KeyKind};
use crate::member::{ExtraRole, Member, MemberStatus, OwnershipOffer};
use crate::organization::{Organization, Stamp};
use crate::resource::Resource;

impl Organization {
    /// Folds an event about members; others change nothing here.
    pub(crate) fn apply_to_members(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::MemberAdded { person, role } => {
                let sessions_from = self.members.get(&person).and_then(|before| before.sessions_from);
                let joined = Member {
                    person,
                    role,
                    extra_roles: BTreeMap::new(),
                    status: MemberStatus::Active,
                    joined_at: stamp.at,
                    removed_at: None,
                    suspended_at: None,
                    suspended_by_directory: false,
                    sessions_from,
                };
                self.members.insert(person, joined);
            }
            Event::MemberRoleChanged { person, to, .. } => {
                if let Some(member) = self.members.get_mut(&person) {
                    member.role = to;
                    member.drop_ended_roles(stamp.at);
                    member.extra_roles.remove(&to);
                }
            }
            Event::MemberRoleGiven { person, role, expires_at } => {
                if let Some(member) = self.members.get_mut(&person) {
                    member.drop_ended_roles(stamp.at);
                    member.extra_roles.insert(role, ExtraRole { expires_at, since_seq: stamp.seq });
                }
            }
            Event::MemberRoleTaken { person, role } => {
                if let Some(member) = self.members.get_mut(&person) {
                    member.drop_ended_roles(stamp.at);
                    member.extra_roles.remove(&role);
                }
            }
            Event::MemberSuspended { person } => {
                let by_directory = self.is_directory(&stamp.actor);
                if let Some(member) = self.members.get_mut(&person) {
                    member.suspended_by_directory =
                        by_directory && (member.is_active() || member.suspended_by_directory);
                    member.status = MemberStatus::Suspended;
                    member.suspended_at.get_or_insert(stamp.at);
                }
            }
            Event::MemberRestored { person } => {
                if let Some(member) = self.members.get_mut(&person) {
                    (member.status, member.suspended_at) = (MemberStatus::Active, None);
                    member.suspended_by_directory = false;
                }
            }
            Event::OwnershipOffered { from, to, own_role, expires_at } => {
                let heir = self.members.get(&to);
                let offer = |heir: &Member| OwnershipOffer { from, to, own_role, expires_at, heir_role: heir.role };
                self.offer = heir.map(offer);
            }
            Event::OwnershipAccepted { .. } | Event::OwnershipDeclined { .. } | Event::OwnershipWithdrawn { .. } => {
                self.offer = None
            }
            Event::MemberRemoved { person } => self.end_membership(stamp, person),
            Event::SessionsEnded { person } => {
                if let Some(Member { sessions_from, .. }) = self.members.get_mut(&person) {
                    *sessions_from = Some(stamp.at);
                }
            }
            Event::SessionEnded { session, until, .. } => {
                // What has ended by itself meanwhile need not be remembered.
                self.sessions_ended.retain(|_, until| *until > stamp.at);
                self.sessions_ended.insert(session, until);
            }
            // What is edited stands beside the stream.
            _ => {}
        }
    }

    /// Whether an actor as the journal names it is the connection of a company directory.
    fn is_directory(&self, actor: &str) -> bool {
        let key = actor.split('/').next().and_then(|subject| KeyId::parse(subject).ok());
        key.and_then(|key| self.keys.get(&key)).is_some_and(|key| matches!(key.kind, KeyKind::Directory { .. }))
    }

    /// One removal ends everything that the membership carried: nothing is left to be forgotten elsewhere.
    fn end_membership(&mut self, stamp: &Stamp, person: PersonId) {
        if let Some(member) = self.members.get_mut(&person) {
            member.sessions_from = Some(stamp.at);
            (member.status, member.removed_at) = (MemberStatus::Removed, Some(stamp.at));
            (member.suspended_at, member.suspended_by_directory) = (None, false);
            member.extra_roles.clear();
        }
        self.take_everything(Grantee::Member(person));
        self.clients.retain(|_, client| client.person != person);
        self.accounts.retain(|_, account| account.person != Some(person));
        self.teams.values_mut().for_each(|team| _ = team.members.remove(&person));
        self.leave_groups(person);
        for agent in self.agents.values_mut() {
            agent.delegations.remove(&person);
            agent.sponsor = agent.sponsor.filter(|sponsor| *sponsor != person);
        }
        let member = Grantee::Member(person);
        let theirs =
            |resource: &&mut Arc<Resource>| resource.owner == Some(person) || resource.shares.contains_key(&member);
        for resource in self.resources.values_mut().filter(theirs).map(Arc::make_mut) {
            resource.shares.remove(&member);
            resource.owner = resource.owner.filter(|owner| *owner != person);
        }
        let acts_for = |key: &Key| matches!(key.kind, KeyKind::Agent { acting_for, .. } if acting_for == Some(person));
        for key in self.keys.values_mut().filter(|key| key.holder() == Some(person) || acts_for(key)) {
            key.revoked_at.get_or_insert(stamp.at);
        }
        self.forget_requests(member);
        // Agents that acted for them had their word for it.
        let agent = |requester: &Grantee| match requester {
            Grantee::Agent(agent) => Some(*agent),
            _ => None,
        };
        let agents: Vec<AgentId> = self.requests.keys().filter_map(agent).collect();
        agents.into_iter().for_each(|agent| self.end_requests(stamp.at, agent, person));
    }
}
