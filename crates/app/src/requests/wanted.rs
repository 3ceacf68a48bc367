//! What is asked for: from a question that was understood to what a request keeps, and back to words.

use domain::id::IntegrationId;
use domain::integration::Integration;
use domain::permission::Permission;
use domain::request::Wanted;
use verdict::{Operation, Snapshot};

use super::examine::Look;
use crate::ask::{Asked, IntegrationVerb, KeyVerb, TeamVerb, Wording};

/// What a request keeps of a question; none for a tool that is not there.
pub(super) fn wanted(asked: &Asked, snapshot: &Snapshot) -> Option<Wanted> {
    Some(match asked.clone() {
        Asked::Call { .. } => snapshot.wanted_call(asked.action(None)?)?,
        Asked::Use(permission) => Wanted::Use { permission },
        Asked::Integration(verb, integration) => match verb {
            IntegrationVerb::View => Wanted::ViewIntegration { integration },
            IntegrationVerb::Edit => Wanted::EditIntegration { integration },
            IntegrationVerb::Disconnect => Wanted::DisconnectIntegration { integration },
            IntegrationVerb::Review => Wanted::ReviewTools { integration },
        },
        Asked::Resource(verb, resource) => Wanted::Resource { verb, resource },
        Asked::Make(kind) => Wanted::MakeResource { kind },
        Asked::Data(verb, object) => Wanted::Data { verb, object },
        Asked::Field(verb, object, field) => Wanted::Field { verb, object, field },
        Asked::Remove(person) => Wanted::RemoveMember { person },
        Asked::ChangeRole(person, role) => Wanted::ChangeRole { person, role },
        Asked::Team(verb, team) => match verb {
            TeamVerb::View => Wanted::ViewTeam { team },
            TeamVerb::Edit => Wanted::EditTeam { team },
            TeamVerb::Invite => Wanted::InviteToTeam { team },
        },
        Asked::Key(verb, key) => match verb {
            KeyVerb::View => Wanted::ViewKey { key },
            KeyVerb::Rotate => Wanted::RotateKey { key },
            KeyVerb::Revoke => Wanted::RevokeKey { key },
        },
        // Only the permission stands in the way of it, and nobody's in particular.
        Asked::EditMember(_) => Wanted::Use { permission: Permission::MemberEdit },
        Asked::EditAgent(agent) => Wanted::EditAgent { agent },
    })
}

/// The integration, where whoever looks may know of it as it is now.
fn known<'l>(look: &'l Look, id: &IntegrationId) -> Option<&'l Integration> {
    look.state.integrations.get(id).filter(|_| look.allows(Operation::ViewIntegration { integration: *id }))
}

/// The same as a question in words. It names things by their ids, so that it tells nothing of what became of them.
pub(super) fn wording(wanted: &Wanted, look: &Look) -> Wording {
    let word = |action: &str, kind: &str, name: String| Wording {
        action: action.to_owned(),
        kind: kind.to_owned(),
        name,
        role: None,
    };
    let slug =
        |id: &IntegrationId| known(look, id).map_or_else(|| id.to_string(), |integration| integration.slug.to_string());
    match wanted {
        Wanted::CallTool { integration, tool } => word("call", "tool", format!("{}/{tool}", slug(integration))),
        Wanted::Use { permission } => word(permission.entry().id, "organization", String::new()),
        Wanted::ViewIntegration { integration } => word("view", "integration", slug(integration)),
        Wanted::EditIntegration { integration } => word("edit", "integration", slug(integration)),
        Wanted::DisconnectIntegration { integration } => word("disconnect", "integration", slug(integration)),
        Wanted::ReviewTools { integration } => word("review", "integration", slug(integration)),
        Wanted::Resource { verb, resource } => {
            let kind = look.state.resources.get(resource).map_or("resource", |resource| resource.kind.as_str());
            word(verb.as_str(), kind, resource.to_string())
        }
        Wanted::MakeResource { kind } => word("create", kind.as_str(), String::new()),
        Wanted::Data { verb, object } => word(verb.as_str(), "object", object.to_string()),
        Wanted::Field { verb, object, field } => word(verb.as_str(), "field", format!("{object}/{field}")),
        Wanted::RemoveMember { person } => word("remove", "member", person.to_string()),
        Wanted::ChangeRole { person, role } => {
            let role = Some(role.to_string());
            Wording { role, ..word("change_role", "member", person.to_string()) }
        }
        Wanted::ViewTeam { team } => word("view", "team", team.to_string()),
        Wanted::EditTeam { team } => word("edit", "team", team.to_string()),
        Wanted::InviteToTeam { team } => word("invite", "team", team.to_string()),
        Wanted::ViewKey { key } => word("view", "key", key.to_string()),
        Wanted::RotateKey { key } => word("rotate", "key", key.to_string()),
        Wanted::RevokeKey { key } => word("revoke", "key", key.to_string()),
        Wanted::EditAgent { agent } => word("edit", "agent", agent.to_string()),
    }
}

/// The same for people.
pub(super) fn says(wanted: &Wanted, look: &Look) -> String {
    match wanted {
        Wanted::CallTool { integration, tool } => {
            let title = known(look, integration).map_or("an integration", |found| &found.title);
            format!("call {tool} of {title}")
        }
        Wanted::Use { permission } => format!("{} ({permission})", permission.entry().title.to_lowercase()),
        other => {
            let Wording { action, kind, name, .. } = wording(other, look);
            format!("{action} {kind} {name}").trim_end().replace('_', " ")
        }
    }
}
