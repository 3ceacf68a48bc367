//! What events leave as it was, so that a snapshot can take it over from the one before.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::grant::Grantee;
use domain::id::{AgentId, KeyId, PersonId};
use domain::organization::Organization;

use crate::question::Subject;
use crate::snapshot::{AgentEntry, Snapshot};

/// What has to be compiled anew. Too much is slow, too little is wrong.
// INVARIANT: held to a compile from nothing by the tests in tests/oracle/neighbours.rs.
#[derive(Default, Debug)]
pub(crate) struct Touched {
    pub(crate) tools: bool,
    pub(crate) resources: bool,
    pub(crate) roles: bool,
    pub(crate) teams: bool,
    pub(crate) agents: bool,
    pub(crate) invitations: bool,
    pub(crate) mail_domains: bool,
    pub(crate) groups: bool,
    pub(crate) clients: bool,
    pub(crate) accounts: bool,
    /// The roles that members have beside their own.
    pub(crate) extra_roles: bool,
    /// Every subject, since what many of them have rests on it.
    pub(crate) everybody: bool,
    pub(crate) subjects: BTreeSet<Subject>,
    pub(crate) keys: BTreeSet<KeyId>,
}

impl Touched {
    /// What the events touched that led from a snapshot to a state.
    pub(crate) fn by(events: &[Event], before: &Snapshot, state: &Organization) -> Touched {
        let mut touched = Touched::default();
        for event in events {
            touched.tools |= event.changes_tools();
            touched.resources |= event.changes_resources();
            touched.invitations |= event.changes_invitations();
            touched.mail_domains |= event.changes_mail_domains();
            touched.groups |= event.changes_groups();
            touched.clients |= changes_clients(event, before);
            touched.accounts |= changes_accounts(event, before);
            touched.add(event, before, state);
        }
        touched.everybody |= touched.tools;
        touched.extra_roles |= touched.roles;
        touched
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn add(&mut self, event: &Event, before: &Snapshot, state: &Organization) {
        match event {
            // Roles, and settings that say what they come to, reach everybody who has one.
            Event::OrganizationCreated { .. }
            | Event::OrganizationDeletionSet { .. }
            | Event::OrganizationRestored
            | Event::SettingChanged(_)
            | Event::RoleDefined(_)
            | Event::RoleDeleted { .. }
            | Event::ObjectRemoved { .. } => (self.everybody, self.roles) = (true, true),
            // Keys and agents that had it stand still.
            Event::RoleWithdrawn { .. } => self.everybody = true,
            Event::MemberAdded { person, .. } | Event::MemberRoleChanged { person, .. } => {
                self.extra_roles |= !before.extra_roles.is_empty();
                self.member(*person);
            }
            Event::MemberRoleGiven { person, .. } | Event::MemberRoleTaken { person, .. } => {
                self.extra_roles = true;
                self.member(*person);
            }
            Event::SessionsEnded { person } => self.member(*person),
            // Whoever stands still, or no longer, does so with the agents that they answer for.
            Event::MemberSuspended { person } | Event::MemberRestored { person } => {
                self.member(*person);
                let theirs = state.agents.values().filter(|agent| agent.sponsor == Some(*person));
                self.subjects.extend(theirs.map(|agent| Subject::Agent(agent.id)));
            }
            Event::MemberRemoved { person } => {
                self.extra_roles |= !before.extra_roles.is_empty();
                self.member_removed(*person, before, state);
            }
            Event::GrantSet { grantee, .. }
            | Event::GrantLent { grantee, .. }
            | Event::GrantRemoved { grantee, .. } => {
                self.grantee(*grantee, state);
            }
            Event::KeyCreated { key, .. }
            | Event::KeyRotated { key, .. }
            | Event::KeyRevoked { key }
            | Event::KeyRoleChanged { key, .. } => {
                self.keys.insert(*key);
                self.subjects.insert(Subject::Key(*key));
            }
            Event::TeamCreated { .. } | Event::TeamRenamed { .. } => self.teams = true,
            Event::TeamDeleted { .. } => (self.everybody, self.teams) = (true, true),
            Event::TeamMemberSet { person, .. }
            | Event::TeamMemberPlaced { person, .. }
            | Event::TeamMemberRemoved { person, .. } => self.member(*person),
            Event::AgentCreated { agent, .. }
            | Event::AgentEdited { agent, .. }
            | Event::AgentRoleChanged { agent, .. } => self.agent(*agent),
            Event::AgentDeleted { agent } => {
                self.agent(*agent);
                let of_agent = before.keys.iter().filter(|key| key.subject == Subject::Agent(*agent));
                self.keys.extend(of_agent.map(|key| key.id));
            }
            Event::DelegationSet { .. } => self.agents = true,
            Event::DelegationRemoved { person, .. } => {
                self.agents = true;
                let for_them = before.keys.iter().filter(|key| key.acting_for == Some(*person));
                self.keys.extend(for_them.map(|key| key.id));
            }
            // What these change is shared as a whole, or read from the state each time.
            Event::OrganizationRenamed { .. }
            | Event::OrganizationDestroyed
            | Event::PresetChanged { .. }
            | Event::AccessReviewed { .. }
            | Event::MemberEdited { .. }
            | Event::SessionEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::AccountConnected { .. }
            | Event::AccountDisconnected { .. }
            | Event::ClientRegistered { .. }
            | Event::ClientUnregistered { .. }
            | Event::OwnershipOffered { .. }
            | Event::OwnershipAccepted { .. }
            | Event::OwnershipDeclined { .. }
            | Event::OwnershipWithdrawn { .. }
            | Event::IntegrationConnected(_)
            | Event::IntegrationEdited { .. }
            | Event::IntegrationDisconnected { .. }
            | Event::ToolsApproved { .. }
            | Event::ToolsFound { .. }
            | Event::ToolsAccepted { .. }
            | Event::ToolClassified { .. }
            | Event::ToolSwitched { .. }
            | Event::ResourceRegistered(_)
            | Event::ResourceEdited { .. }
            | Event::ResourceHandedOver { .. }
            | Event::ResourceShared { .. }
            | Event::ResourceUnshared { .. }
            | Event::ResourceAssigned { .. }
            | Event::ResourceUnassigned { .. }
            | Event::ArtifactCollected { .. }
            | Event::ArtifactUncollected { .. }
            | Event::ResourceDeleted { .. }
            | Event::ResourceRestored { .. }
            | Event::ResourceDestroyed { .. }
            | Event::KindConfigured { .. }
            | Event::ObjectDefined(_)
            | Event::GroupCreated { .. }
            | Event::GroupEdited { .. }
            | Event::GroupMembersChanged { .. }
            | Event::GroupMapped { .. }
            | Event::GroupDeleted { .. }
            | Event::RequestOpened(_)
            | Event::RequestWithdrawn { .. }
            | Event::RequestGranted { .. }
            | Event::RequestRefused { .. }
            | Event::InvitationSent(_)
            | Event::InvitationApproved { .. }
            | Event::InvitationEdited { .. }
            | Event::InvitationResent { .. }
            | Event::InvitationRevoked { .. }
            | Event::InvitationDeclined { .. }
            | Event::InvitationAccepted { .. }
            | Event::MailDomainClaimed { .. }
            | Event::MailDomainVerified { .. }
            | Event::MailDomainLapsed { .. }
            | Event::MailDomainChanged { .. }
            | Event::MailDomainRemoved { .. }
            | Event::JoinRequested { .. }
            | Event::JoinDeclined { .. }
            | Event::JoinApproved { .. }
            | Event::JoinedByDomain { .. } => {}
        }
    }

    fn agent(&mut self, agent: AgentId) {
        self.agents = true;
        self.subjects.insert(Subject::Agent(agent));
    }

    fn member(&mut self, person: PersonId) {
        self.subjects.insert(Subject::Member(person));
    }

    /// Whoever goes takes their keys along, is acted for no longer, and leaves agents behind that do nothing.
    fn member_removed(&mut self, person: PersonId, before: &Snapshot, state: &Organization) {
        self.member(person);
        let theirs = |agent: &AgentEntry| agent.sponsor == Some(person) || agent.delegations.contains_key(&person);
        self.agents |= before.agents.values().any(theirs);
        let orphans = state.agents.values().filter(|agent| agent.sponsor.is_none());
        self.subjects.extend(orphans.map(|agent| Subject::Agent(agent.id)));
        let member = Subject::Member(person);
        let theirs = before.keys.iter().filter(|key| key.subject == member || key.acting_for == Some(person));
        self.keys.extend(theirs.map(|key| key.id));
    }

    fn grantee(&mut self, grantee: Grantee, state: &Organization) {
        match grantee {
            Grantee::Member(person) => self.member(person),
            Grantee::Key(key) => {
                self.subjects.insert(Subject::Key(key));
                // What is given narrows a key that was made for everything.
                self.keys.insert(key);
            }
            Grantee::Agent(agent) => _ = self.subjects.insert(Subject::Agent(agent)),
            // Who was in the team until one of these events is touched by that.
            Grantee::Team(team) => {
                let members = state.teams.get(&team).into_iter().flat_map(|team| team.members.keys());
                self.subjects.extend(members.map(|person| Subject::Member(*person)));
            }
            Grantee::Role(_) => self.everybody = true,
        }
    }
}

/// Whether an event changes which clients are connected: whoever goes may have connected some.
fn changes_clients(event: &Event, before: &Snapshot) -> bool {
    match event {
        Event::ClientConnected { .. } | Event::ClientDisconnected { .. } => true,
        Event::MemberRemoved { person } => before.clients.values().any(|client| client.person == *person),
        _ => false,
    }
}

/// Whether an event changes which accounts are connected: they end with their person, and with their integration's credential.
fn changes_accounts(event: &Event, before: &Snapshot) -> bool {
    let mut places = before.accounts.keys();
    match event {
        Event::AccountConnected { .. } | Event::AccountDisconnected { .. } => true,
        Event::MemberRemoved { person } => places.any(|(_, holder)| *holder == Some(*person)),
        Event::IntegrationDisconnected { integration } | Event::IntegrationEdited { integration, .. } => {
            places.any(|(at, _)| at == integration)
        }
        _ => false,
    }
}
