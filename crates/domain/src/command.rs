//! Everything that may be asked of an organization, and the one function that answers.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::grant::{self, Grantee, Profile};
use crate::id::{IntegrationId, KeyId, PersonId};
use crate::integration::{self, DiscoveredTool, Integration, IntegrationEdit, ToolClass};
use crate::key::{self, KeyKind};
use crate::member;
use crate::organization::{self, Organization, SettingChange};
use crate::preset::Preset;
use crate::refusal::Refusal;
use crate::role::RoleId;
use crate::time::Timestamp;

/// Something asked of an organization. Ids and secrets' digests were made outside: nothing here is random.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the fields are named after what they hold, and documented at their types")]
pub enum Command {
    /// Begin, with this person in the preset's top role.
    CreateOrganization { name: String, preset: Box<Preset>, owner: PersonId },
    /// Change the name and settings, all or none.
    ChangeSettings { name: Option<String>, changes: Vec<SettingChange> },
    /// Take a person in.
    AddMember { person: PersonId, role: RoleId },
    /// Take a person in and issue a first personal key, both or neither.
    AddMemberWithKey { person: PersonId, role: RoleId, key: KeyId, digest: String, hint: String },
    /// Give a member another role.
    ChangeMemberRole { person: PersonId, role: RoleId },
    /// End a membership.
    RemoveMember { person: PersonId },
    /// Connect an upstream with the tools it listed.
    ConnectIntegration { integration: Box<Integration>, tools: Vec<DiscoveredTool> },
    /// Change an integration.
    EditIntegration { integration: IntegrationId, edit: IntegrationEdit },
    /// Take over the upstream's present list of tools.
    RefreshTools { integration: IntegrationId, tools: Vec<DiscoveredTool> },
    /// End an integration.
    DisconnectIntegration { integration: IntegrationId },
    /// Decide a tool's class, or switch it off or on for everyone.
    ReviewTool { integration: IntegrationId, tool: String, class: Option<ToolClass>, off: Option<bool> },
    /// Give an integration, or give it in another measure.
    SetGrant {
        grantee: Grantee,
        integration: IntegrationId,
        profile: Profile,
        tools_off: BTreeSet<String>,
        expires_at: Option<Timestamp>,
    },
    /// Take an integration away.
    RemoveGrant { grantee: Grantee, integration: IntegrationId },
    /// Create a key.
    CreateKey { key: KeyId, kind: KeyKind, digest: String, hint: String, expires_at: Option<Timestamp> },
    /// Create a personal key for somebody else, who has none.
    IssueKey { key: KeyId, holder: PersonId, digest: String, hint: String, expires_at: Option<Timestamp> },
    /// Give a key a new secret.
    RotateKey { key: KeyId, digest: String, hint: String },
    /// End a key.
    RevokeKey { key: KeyId },
}

/// Answers a command with the events it leads to, none where everything is so already.
///
/// # Errors
/// A [`Refusal`] where a rule of the domain is broken; nothing has happened then.
pub fn handle(state: &Organization, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::CreateOrganization { name, preset, owner } => organization::create(state, &name, &preset, owner),
        Command::ChangeSettings { name, changes } => organization::change_settings(state, name, changes),
        Command::AddMember { person, role } => member::add(state, person, role),
        Command::AddMemberWithKey { person, role, key, digest, hint } => {
            let mut events = member::add(state, person, role)?;
            key::is_new(state, key)?;
            let kind = KeyKind::Personal { holder: person };
            events.push(Event::KeyCreated { key, kind, digest, hint, expires_at: None });
            Ok(events)
        }
        Command::ChangeMemberRole { person, role } => member::change_role(state, person, role),
        Command::RemoveMember { person } => member::remove(state, person),
        Command::ConnectIntegration { integration, tools } => integration::connect(state, &integration, &tools),
        Command::EditIntegration { integration, edit } => integration::edit(state, integration, edit),
        Command::RefreshTools { integration, tools } => integration::refresh(state, integration, &tools),
        Command::DisconnectIntegration { integration } => integration::disconnect(state, integration),
        Command::ReviewTool { integration, tool, class, off } => {
            integration::review_tool(state, (integration, &tool), class, off)
        }
        Command::SetGrant { grantee, integration, profile, tools_off, expires_at } => {
            grant::set(state, (grantee, integration), (profile, tools_off), expires_at, now)
        }
        Command::RemoveGrant { grantee, integration } => grant::remove(state, grantee, integration),
        Command::CreateKey { key, kind, digest, hint, expires_at } => {
            key::create(state, (key, kind), (digest, hint), expires_at, now)
        }
        Command::IssueKey { key, holder, digest, hint, expires_at } => {
            key::issue(state, (key, holder), (digest, hint), expires_at, now)
        }
        Command::RotateKey { key, digest, hint } => key::rotate(state, key, (digest, hint), now),
        Command::RevokeKey { key } => key::revoke(state, key),
    }
}
