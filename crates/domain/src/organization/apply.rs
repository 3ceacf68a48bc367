//! How each event changes the state. Never refuses: what is in the journal has happened.

use crate::event::Event;
use crate::grant::{Grant, Grantee};
use crate::id::{IntegrationId, PersonId};
use crate::integration::{ClassSource, DiscoveredTool, Integration, IntegrationEdit, Tool};
use crate::key::{Key, KeyKind, KeyScope};
use crate::member::{Member, MemberStatus};
use crate::organization::{Organization, Stamp};

impl Organization {
    /// Folds one event into the state.
    pub fn apply(&mut self, stamp: &Stamp, event: &Event) {
        self.seq = stamp.seq;
        match event.clone() {
            Event::OrganizationCreated { name, preset, settings } => {
                (self.name, self.preset, self.settings) = (name, preset, settings);
            }
            Event::OrganizationRenamed { name } => self.name = name,
            Event::SettingChanged(change) => self.settings.change(&change),
            Event::RoleDefined(role) => {
                self.roles.insert(role.id.clone(), role);
            }
            Event::MemberAdded { person, role } => {
                let (status, joined_at) = (MemberStatus::Active, stamp.at);
                self.members.insert(person, Member { person, role, status, joined_at, removed_at: None });
            }
            Event::MemberRoleChanged { person, to, .. } => {
                if let Some(member) = self.members.get_mut(&person) {
                    member.role = to;
                }
            }
            Event::MemberRemoved { person } => self.end_membership(stamp, person),
            Event::IntegrationConnected(integration) => {
                self.integrations.insert(integration.id, *integration);
            }
            Event::IntegrationEdited { integration, edit } => {
                if let Some(integration) = self.integrations.get_mut(&integration) {
                    edited(integration, edit);
                }
            }
            Event::IntegrationDisconnected { integration } => {
                self.integrations.remove(&integration);
                self.withdrawn.remove(&integration);
                self.grants.values_mut().for_each(|grants| drop(grants.remove(&integration)));
                self.grants.retain(|_, grants| !grants.is_empty());
            }
            Event::ToolsApproved { integration, tools } => {
                self.approve_tools(integration, &tools);
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
                let grant = Grant { profile, tools_off, expires_at, since_seq: stamp.seq };
                self.grants.entry(grantee).or_default().insert(integration, grant);
            }
            Event::GrantRemoved { grantee, integration } => {
                if let Some(grants) = self.grants.get_mut(&grantee) {
                    grants.remove(&integration);
                }
                self.grants.retain(|_, grants| !grants.is_empty());
            }
            event @ (Event::KeyCreated { .. } | Event::KeyRotated { .. } | Event::KeyRevoked { .. }) => {
                self.apply_to_keys(stamp, event);
            }
        }
    }

    fn apply_to_keys(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::KeyCreated { key, kind, digest, hint, expires_at } => {
                let (created_at, created_by, issued_at) = (stamp.at, stamp.actor.clone(), stamp.at);
                let made = Key {
                    id: key,
                    kind,
                    digest,
                    hint,
                    created_at,
                    created_by,
                    issued_at,
                    issued_by: stamp.actor.clone(),
                    expires_at,
                    revoked_at: None,
                };
                self.keys.insert(key, made);
            }
            Event::KeyRotated { key, digest, hint } => {
                if let Some(key) = self.keys.get_mut(&key) {
                    (key.digest, key.hint) = (digest, hint);
                    (key.issued_at, key.issued_by) = (stamp.at, stamp.actor.clone());
                }
            }
            Event::KeyRevoked { key } => {
                self.grants.remove(&Grantee::Key(key));
                if let Some(key) = self.keys.get_mut(&key) {
                    key.revoked_at = Some(stamp.at);
                }
            }
            _ => {}
        }
    }

    /// One removal ends everything that the membership carried: nothing is left to be forgotten elsewhere.
    fn end_membership(&mut self, stamp: &Stamp, person: PersonId) {
        if let Some(member) = self.members.get_mut(&person) {
            (member.status, member.removed_at) = (MemberStatus::Removed, Some(stamp.at));
        }
        self.grants.remove(&Grantee::Member(person));
        for key in self.keys.values_mut().filter(|key| key.holder() == Some(person)) {
            key.revoked_at.get_or_insert(stamp.at);
        }
    }

    /// What people decided about a tool outlives its absence: an upstream that leaves a tool out and lists it again
    /// later gets it back as it was reviewed, and off where it was off.
    fn approve_tools(&mut self, id: IntegrationId, listed: &[DiscoveredTool]) {
        let Some(integration) = self.integrations.get_mut(&id) else { return };
        let mut before = std::mem::take(&mut integration.tools);
        before.extend(self.withdrawn.remove(&id).unwrap_or_default());
        let approved = |tool: &DiscoveredTool| (tool.name.clone(), Tool::approved(before.get(&tool.name), tool));
        integration.tools = listed.iter().map(approved).collect();
        let listed = &integration.tools;
        let decided = |tool: &Tool| tool.off || tool.class_source == ClassSource::Review;
        before.retain(|name, tool| !listed.contains_key(name) && decided(tool));
        if !before.is_empty() {
            self.withdrawn.insert(id, before);
        }
    }

    /// A workspace key to which something is given reaches what it is given from then on, for good: when the last
    /// of it is taken away, nothing is left, never everything.
    fn narrow(&mut self, grantee: Grantee) {
        if let Grantee::Key(key) = grantee
            && let Some(Key { kind: KeyKind::Workspace { scope }, .. }) = self.keys.get_mut(&key)
        {
            *scope = KeyScope::Granted;
        }
    }

    fn tool_mut(&mut self, integration: IntegrationId, tool: &str) -> Option<&mut Tool> {
        self.integrations.get_mut(&integration)?.tools.get_mut(tool)
    }
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
