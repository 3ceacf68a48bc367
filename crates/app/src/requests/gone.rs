//! Whether a change may end requests, told by its events alone.
//!
//! What is erased with requests is seen in the state that a change leads to, and to fold it ahead of the commit takes a copy
//! of the whole organization. So it is done where one of the requests there are can be touched, and nowhere else: whoever
//! revokes a key waits for no copy.

use domain::event::Event;
use domain::grant::Grantee;
use domain::organization::Organization;
use domain::request::{Wanted, may_forget};

/// Whether a request may end by an event, or be kept no longer. May say so of one that stays; never leaves one out.
// INVARIANT: held by `what_is_erased_with_requests_is_never_missed_and_nothing_else_is_folded_ahead`.
pub(crate) fn may_end_requests(state: &Organization, event: &Event) -> bool {
    may_forget(event) && (some_go_with_it(state, event) || some_ask_for_it(state, event))
}

/// Whether there are requests of whoever goes, or old ones that one more closed request pushes out.
fn some_go_with_it(state: &Organization, event: &Event) -> bool {
    let asks = |requester| state.requests_of(requester).next().is_some();
    match event {
        Event::RequestWithdrawn { request }
        | Event::RequestGranted { request, .. }
        | Event::RequestRefused { request } => {
            let requester = state.request(*request).map(|known| known.asked.requester);
            requester.is_some_and(|requester| !state.requests_forgotten_next(requester).is_empty())
        }
        Event::MemberRemoved { person } => {
            let for_them = || state.all_requests().any(|request| request.asked.acting_for == Some(*person));
            asks(Grantee::Member(*person)) || for_them()
        }
        Event::DelegationRemoved { agent, .. } | Event::AgentDeleted { agent } => asks(Grantee::Agent(*agent)),
        Event::KeyRevoked { key } => asks(Grantee::Key(*key)),
        _ => false,
    }
}

/// Whether somebody asks for what may be gone then.
fn some_ask_for_it(state: &Organization, event: &Event) -> bool {
    state.open_requests().any(|request| is_about(&request.asked.wanted, event))
}

fn is_about(wanted: &Wanted, event: &Event) -> bool {
    match event {
        Event::RequestWithdrawn { .. } | Event::RequestGranted { .. } | Event::RequestRefused { .. } => false,
        Event::IntegrationDisconnected { integration }
        | Event::ToolsApproved { integration, .. }
        | Event::ToolsAccepted { integration, .. } => match wanted {
            Wanted::CallTool { integration: asked, .. }
            | Wanted::ViewIntegration { integration: asked }
            | Wanted::EditIntegration { integration: asked }
            | Wanted::DisconnectIntegration { integration: asked }
            | Wanted::ReviewTools { integration: asked } => asked == integration,
            _ => false,
        },
        Event::ResourceDestroyed { resource } => {
            matches!(wanted, Wanted::Resource { resource: asked, .. } if asked == resource)
        }
        Event::ObjectDefined(object) => {
            matches!(wanted, Wanted::Field { object: asked, .. } if *asked == object.name)
        }
        Event::ObjectRemoved { object } => match wanted {
            Wanted::Data { object: asked, .. } | Wanted::Field { object: asked, .. } => asked == object,
            _ => false,
        },
        Event::RoleDeleted { role, .. } => matches!(wanted, Wanted::ChangeRole { role: asked, .. } if asked == role),
        Event::TeamDeleted { team } => match wanted {
            Wanted::ViewTeam { team: asked }
            | Wanted::EditTeam { team: asked }
            | Wanted::InviteToTeam { team: asked } => asked == team,
            _ => false,
        },
        Event::KeyRevoked { key } => match wanted {
            Wanted::ViewKey { key: asked } | Wanted::RotateKey { key: asked } | Wanted::RevokeKey { key: asked } => {
                asked == key
            }
            _ => false,
        },
        // With whom keys end, too, whichever they are.
        Event::MemberRemoved { person } => match wanted {
            Wanted::RemoveMember { person: asked } | Wanted::ChangeRole { person: asked, .. } => asked == person,
            wanted => is_a_key(wanted),
        },
        Event::AgentDeleted { agent } => {
            is_a_key(wanted) || matches!(wanted, Wanted::EditAgent { agent: asked } if asked == agent)
        }
        Event::DelegationRemoved { .. } => is_a_key(wanted),
        // Something that this does not know of.
        _ => true,
    }
}

fn is_a_key(wanted: &Wanted) -> bool {
    matches!(wanted, Wanted::ViewKey { .. } | Wanted::RotateKey { .. } | Wanted::RevokeKey { .. })
}
