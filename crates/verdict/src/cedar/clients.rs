//! The clients that members have connected, and the policy about them.

use domain::integration::ToolClass;
use domain::organization::Organization;

use super::phrases::{Policy, all, is_the_member, where_there};
use super::values::{CedarEntity, CedarUid, CedarValue, attributes};

const CLASSES: [ToolClass; 4] = [ToolClass::Read, ToolClass::Write, ToolClass::Delete, ToolClass::Unclassified];

/// Every connected client.
pub(super) fn entities(state: &Organization) -> impl Iterator<Item = CedarEntity> {
    state.clients.values().map(|client| {
        let calls: CedarValue =
            CLASSES.into_iter().filter(|class| client.profile.admits(*class)).map(ToolClass::as_str).collect();
        let person = CedarUid::new("Member", client.person.as_str());
        let attrs = attributes([("person", Some(person.into())), ("calls", Some(calls))]);
        let uid = CedarUid::new("Client", client.id.as_str());
        CedarEntity { uid, attrs, parents: Vec::new(), tags: std::collections::BTreeMap::new() }
    })
}

pub(super) fn policy() -> Policy {
    let client = "context.client";
    let is_left_to_it = all([
        format!("{client} has person && {client} has calls && resource has class"),
        is_the_member(&format!("{client}.person")),
        format!("{client}.calls.contains(resource.class)"),
    ]);
    let says = "A connected client acts as its person, and calls what they let it, of what they may";
    Policy::forbid("call.client", says, &["tool.call"]).unless(where_there("context has client", &is_left_to_it))
}
