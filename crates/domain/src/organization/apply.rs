//! How each event changes the state. Never refuses: what is in the journal has happened.

use std::collections::btree_map::Entry;

use crate::event::Event;
use crate::grant::{Grant, Grantee};
use crate::id::IntegrationId;
use crate::integration::{ClassSource, DiscoveredTool, Found, Integration, IntegrationEdit, Tool};
use crate::key::{Key, KeyKind, KeyScope};
use crate::organization::{Organization, Stamp};
use crate::role::RoleId;

impl Organization {
    /// Folds one event into the state.
    #[expect(clippy::too_many_lines, reason = "one arm for each event, or for each noun's")]
    pub fn apply(&mut self, stamp: &Stamp, event: &Event) {
        self.seq = stamp.seq;
        match event.clone() {
            Event::OrganizationCreated { name, preset, settings } => {
                (self.name, self.preset, self.settings) = (name, preset, settings);
            }
            Event::OrganizationRenamed { name } => self.name = name,
            Event::OrganizationDeletionSet { deletes_at } => self.deletes_at = Some(deletes_at),
            Event::OrganizationRestored => self.deletes_at = None,
            Event::OrganizationDestroyed => self.destroyed = true,
            Event::PresetChanged { preset } => self.preset = preset,
            Event::SettingChanged(change) => self.settings.change(&change),
            Event::AccessReviewed { of_seq } => self.reviewed(stamp, of_seq),
            Event::RoleDefined(role) => {
                self.roles.insert(role.id, role);
            }
            Event::IntegrationConnected(integration) => {
                self.integrations.insert(integration.id, *integration);
            }
            Event::IntegrationEdited { integration, edit } => {
                if edit.credential.is_some() {
                    self.credentials_anew.insert(integration, stamp.seq);
                    self.accounts.retain(|_, account| account.integration != integration);
                }
                if let Some(integration) = self.integrations.get_mut(&integration) {
                    edited(integration, edit);
                }
            }
            Event::IntegrationDisconnected { integration } => {
                self.integrations.remove(&integration);
                self.withdrawn.remove(&integration);
                self.credentials_anew.remove(&integration);
                self.accounts.retain(|_, account| account.integration != integration);
                self.grants.values_mut().for_each(|grants| drop(grants.remove(&integration)));
                self.grants.retain(|_, grants| !grants.is_empty());
                self.loans.values_mut().for_each(|loans| drop(loans.remove(&integration)));
                self.loans.retain(|_, loans| !loans.is_empty());
            }
            Event::ToolsApproved { integration, tools } => {
                self.approve_tools(integration, &tools);
            }
            Event::ToolsFound { integration, found } => {
                if let Some(integration) = self.integrations.get_mut(&integration) {
                    integration.found = found;
                }
            }
            Event::ToolsAccepted { integration, seen } => {
                seen.keys().for_each(|tool| self.accept_tool(integration, tool));
            }
            Event::ToolClassified { integration, tool, class } => {
                if let Some(tool) = self.tool_mut(integration, &tool) {
                    (tool.class, tool.class_source) = (class, crate::integration::ClassSource::Review);
                }
            }
            Event::ToolSwitched { integration, tool, off } => {
                if let Some(tool) = self.tool_mut(integration, &tool) {
                    tool.off = off;
                }
            }
            Event::GrantSet { grantee, integration, profile, tools_off, expires_at } => {
                self.narrow(grantee);
                self.end_loans(grantee, integration);
                let grant = Grant { profile, tools_off, expires_at, since_seq: stamp.seq };
                self.grants.entry(grantee).or_default().insert(integration, grant);
            }
            Event::GrantRemoved { grantee, integration } => {
                if let Some(grants) = self.grants.get_mut(&grantee) {
                    grants.remove(&integration);
                    if grants.is_empty() {
                        self.grants.remove(&grantee);
                    }
                }
                self.end_loans(grantee, integration);
            }
            Event::GrantLent { grantee, integration, profile, tools_off, expires_at } => {
                let (expires_at, since_seq) = (Some(expires_at), stamp.seq);
                let loans = self.loans.entry(grantee).or_default().entry(integration).or_default();
                loans.retain(|loan| loan.holds_at(stamp.at));
                loans.push(Grant { profile, tools_off, expires_at, since_seq });
            }
            Event::RoleDeleted { role, moved_to } => self.end_role(role, moved_to),
            Event::KindConfigured { kind, settings } if settings.0.is_empty() => drop(self.features.remove(&kind)),
            Event::KindConfigured { kind, settings } => drop(self.features.insert(kind, settings)),
            Event::RoleWithdrawn { role } => self.withdraw_role(role),
            Event::ObjectDefined(object) => drop(self.objects.insert(object.name.clone(), *object)),
            Event::ObjectRemoved { object } => {
                self.objects.remove(&object);
                self.roles.values_mut().for_each(|role| drop(role.data.objects.remove(&object)));
            }
            event @ (Event::KeyCreated { .. }
            | Event::KeyRotated { .. }
            | Event::KeyRevoked { .. }
            | Event::KeyRoleChanged { .. }) => self.apply_to_keys(stamp, event),
            event @ (Event::MemberAdded { .. }
            | Event::MemberRoleChanged { .. }
            | Event::MemberRoleGiven { .. }
            | Event::MemberRoleTaken { .. }
            | Event::MemberEdited { .. }
            | Event::SessionEnded { .. }
            | Event::SessionsEnded { .. }
            | Event::MemberSuspended { .. }
            | Event::MemberRestored { .. }
            | Event::OwnershipOffered { .. }
            | Event::OwnershipAccepted { .. }
            | Event::OwnershipDeclined { .. }
            | Event::OwnershipWithdrawn { .. }
            | Event::MemberRemoved { .. }) => self.apply_to_members(stamp, event),
            event @ (Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::ClientRegistered { .. }
            | Event::ClientUnregistered { .. }) => {
                self.apply_to_clients(stamp, &event);
            }
            event @ (Event::AccountConnected { .. } | Event::AccountDisconnected { .. }) => {
                self.apply_to_accounts(stamp, &event);
            }
            event @ (Event::TeamCreated { .. }
            | Event::TeamRenamed { .. }
            | Event::TeamDeleted { .. }
            | Event::TeamMemberSet { .. }
            | Event::TeamMemberPlaced { .. }
            | Event::TeamMemberRemoved { .. }) => self.apply_to_teams(stamp, event),
            event @ (Event::GroupCreated { .. }
            | Event::GroupEdited { .. }
            | Event::GroupMembersChanged { .. }
            | Event::GroupMapped { .. }
            | Event::GroupDeleted { .. }) => self.apply_to_groups(stamp, event),
            event @ (Event::AgentCreated { .. }
            | Event::AgentEdited { .. }
            | Event::AgentRoleChanged { .. }
            | Event::AgentDeleted { .. }
            | Event::DelegationSet { .. }
            | Event::DelegationRemoved { .. }) => self.apply_to_agents(stamp, event),
            event @ (Event::ResourceRegistered(_)
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
            | Event::ResourceDestroyed { .. }) => self.apply_to_resources(stamp, event),
            event @ (Event::RequestOpened(_)
            | Event::RequestWithdrawn { .. }
            | Event::RequestGranted { .. }
            | Event::RequestRefused { .. }) => self.apply_to_requests(stamp, event),
            event @ (Event::InvitationSent(_)
            | Event::InvitationApproved { .. }
            | Event::InvitationEdited { .. }
            | Event::InvitationResent { .. }
            | Event::InvitationRevoked { .. }
            | Event::InvitationDeclined { .. }
            | Event::InvitationAccepted { .. }) => self.apply_to_invitations(stamp, event),
            event @ (Event::MailDomainClaimed { .. }
            | Event::MailDomainVerified { .. }
            | Event::MailDomainLapsed { .. }
            | Event::MailDomainChanged { .. }
            | Event::MailDomainRemoved { .. }
            | Event::JoinRequested { .. }
            | Event::JoinDeclined { .. }
            | Event::JoinApproved { .. }
            | Event::JoinedByDomain { .. }) => self.apply_to_mail_domains(stamp, event),
        }
        self.end_offer_of_others();
        self.end_requests_for_what_is_gone(stamp.at, event);
        self.withdraw_offers_of_what_is_gone(event);
        self.settle_mail_domains(event);
    }

    /// Takes away whatever was given to somebody of integrations, for good or for a time.
    pub(crate) fn take_everything(&mut self, grantee: Grantee) {
        self.grants.remove(&grantee);
        self.loans.remove(&grantee);
    }

    fn end_loans(&mut self, grantee: Grantee, integration: IntegrationId) {
        if let Entry::Occupied(mut loans) = self.loans.entry(grantee) {
            loans.get_mut().remove(&integration);
            if loans.get().is_empty() {
                loans.remove();
            }
        }
    }

    /// Members of a role that ends have another one; keys and agents have none, and what was given to everyone with
    /// the role is given to nobody.
    fn end_role(&mut self, role: RoleId, moved_to: RoleId) {
        self.roles.remove(&role);
        self.take_everything(Grantee::Role(role));
        for member in self.members.values_mut() {
            member.extra_roles.remove(&role);
            if member.role == role {
                member.extra_roles.remove(&moved_to);
            }
        }
        let members = self.members.values_mut().map(|member| &mut member.role);
        let in_teams =
            self.teams.values_mut().flat_map(|team| team.members.values_mut()).map(|member| &mut member.role);
        for held in members.chain(in_teams).filter(|held| **held == role) {
            *held = moved_to;
        }
        self.end_role_in_groups(role, Some(moved_to));
        self.withdraw_role(role);
    }

    /// Keys and agents without the role that they had do nothing: with another they could have gained.
    fn withdraw_role(&mut self, role: RoleId) {
        self.agents.values_mut().filter(|agent| agent.role == Some(role)).for_each(|agent| {
            (agent.role, agent.awaits_role, agent.suspended) = (None, !agent.suspended, true);
        });
        for key in self.keys.values_mut() {
            key.lose_role(role);
        }
        self.end_role_in_groups(role, None);
    }

    /// What people decided about a tool outlives its absence: an upstream that leaves a tool out and lists it again
    /// later gets it back as it was reviewed, and off where it was off.
    fn approve_tools(&mut self, id: IntegrationId, listed: &[DiscoveredTool]) {
        let Some(integration) = self.integrations.get_mut(&id) else { return };
        integration.found.clear();
        let mut before = std::mem::take(&mut integration.tools);
        before.extend(self.withdrawn.remove(&id).unwrap_or_default());
        let approved = |tool: &DiscoveredTool| (tool.name.clone(), Tool::approved(before.get(&tool.name), tool));
        integration.tools = listed.iter().map(approved).collect();
        let listed = &integration.tools;
        before.retain(|name, tool| !listed.contains_key(name) && is_decided(tool));
        if !before.is_empty() {
            self.withdrawn.insert(id, before);
        }
    }

    /// A tool becomes what was found of it.
    fn accept_tool(&mut self, id: IntegrationId, name: &str) {
        let Some(integration) = self.integrations.get_mut(&id) else { return };
        match integration.found.remove(name) {
            Some(Found::Definition(found)) => {
                let withdrawn = self.withdrawn.get_mut(&id).and_then(|withdrawn| withdrawn.remove(name));
                let before = integration.tools.get(name).or(withdrawn.as_ref());
                let accepted = Tool::accepted(before, &found);
                integration.tools.insert(name.to_owned(), accepted);
                self.withdrawn.retain(|_, withdrawn| !withdrawn.is_empty());
            }
            Some(Found::Gone) => {
                if let Some(tool) = integration.tools.remove(name).filter(is_decided) {
                    self.withdrawn.entry(id).or_default().insert(name.to_owned(), tool);
                }
            }
            Some(Found::Unsound { .. }) | None => {}
        }
    }

    /// A workspace key to which something is given reaches what it is given from then on, for good: when the last
    /// of it is taken away, nothing is left, never everything.
    fn narrow(&mut self, grantee: Grantee) {
        if let Grantee::Key(key) = grantee
            && let Some(Key { kind: KeyKind::Workspace { scope, .. }, .. }) = self.keys.get_mut(&key)
        {
            *scope = KeyScope::Granted;
        }
    }

    fn tool_mut(&mut self, integration: IntegrationId, tool: &str) -> Option<&mut Tool> {
        self.integrations.get_mut(&integration)?.tools.get_mut(tool)
    }
}

/// Whether a person decided something about a tool.
fn is_decided(tool: &Tool) -> bool {
    tool.off || tool.class_source == ClassSource::Review
}

fn edited(integration: &mut Integration, edit: IntegrationEdit) {
    let IntegrationEdit { title, purpose, paused, credential } = edit;
    if let Some(title) = title {
        integration.title = title;
    }
    if let Some(purpose) = purpose {
        integration.purpose = purpose;
    }
    if let Some(paused) = paused {
        integration.paused = paused;
    }
    if let Some(credential) = credential {
        integration.credential = credential;
    }
}
