//! What may happen to a grant.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::grant::{Grant, Grantee, Profile};
use crate::id::IntegrationId;
use crate::key::{self, KeyKind};
use crate::organization::{GrantsTo, Organization};
use crate::permission::Permission;
use crate::refusal::Refusal;
use crate::role::{Role, RoleId, RoleLevel};
use crate::time::Timestamp;

/// Loans of one integration that somebody may have at once.
const LOANS_MAX: usize = 20;

/// Gives an integration, or replaces what was given.
pub(crate) fn set(
    state: &Organization,
    (grantee, integration): (Grantee, IntegrationId),
    (profile, tools_off): (Profile, BTreeSet<String>),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    grantee_is_there(state, grantee)?;
    tools_are_known(state, (grantee, integration), &tools_off)?;
    key::ends_later("expires_at", expires_at, now)?;
    // What is set is what is had: loans end with it.
    if let Some(grant) = state.grant(grantee, integration)
        && !is_lent(state, (grantee, integration), now)
        && (grant.profile, &grant.tools_off, grant.expires_at) == (profile, &tools_off, expires_at)
    {
        return Ok(Vec::new());
    }
    Ok(vec![Event::GrantSet { grantee, integration, profile, tools_off, expires_at }])
}

/// Gives an integration for a time, beside what is given already, which is as before at the end.
pub(crate) fn lend(
    state: &Organization,
    (grantee, integration): (Grantee, IntegrationId),
    (profile, tools_off): (Profile, BTreeSet<String>),
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    grantee_is_there(state, grantee)?;
    // What is off stays off also while its upstream does not list it, as when what runs is lent again.
    state.integration(integration)?;
    key::ends_later("expires_at", Some(expires_at), now)?;
    let live = state.loans(grantee, integration).iter().filter(|loan| loan.holds_at(now));
    let same =
        |loan: &Grant| (loan.profile, &loan.tools_off, loan.expires_at) == (profile, &tools_off, Some(expires_at));
    if live.clone().any(same) {
        return Ok(Vec::new());
    }
    if live.count() >= LOANS_MAX {
        let message =
            format!("{LOANS_MAX} loans of this integration run at once; wait for one to end, or give it for good");
        return Err(Refusal::rule("too-many-loans", message));
    }
    Ok(vec![Event::GrantLent { grantee, integration, profile, tools_off, expires_at }])
}

fn tools_are_known(
    state: &Organization,
    (grantee, integration): (Grantee, IntegrationId),
    tools_off: &BTreeSet<String>,
) -> Result<(), Refusal> {
    let connected = state.integration(integration)?;
    // What is off already may stay off, also while the upstream does not list it.
    let known = |tool: &String| {
        let off_already = state.grant(grantee, integration).is_some_and(|grant| grant.tools_off.contains(tool));
        off_already || connected.tools.contains_key(tool)
    };
    match tools_off.iter().find(|tool| !known(tool)) {
        None => Ok(()),
        Some(unknown) => {
            let message = format!("{} has no tool {unknown}", connected.slug);
            Err(Refusal::field("no-such-tool", "tools_off", message))
        }
    }
}

/// Whether an integration could be given to somebody who joins with this role.
pub(crate) fn may_be_offered(
    state: &Organization,
    role: &Role,
    (integration, tools_off): (IntegrationId, &BTreeSet<String>),
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Refusal> {
    may_be_given(state, GrantsTo::Person)?;
    gains_by_grants(state, role.id)?;
    // Nobody has anything yet of what is offered.
    tools_are_known(state, (Grantee::Role(role.id), integration), tools_off)?;
    key::ends_later("expires_at", expires_at, now)
}

/// Whoever uses everything by their role gains nothing by what they are given.
fn gains_by_grants(state: &Organization, role: RoleId) -> Result<(), Refusal> {
    let everything = state.roles.get(&role).is_some_and(|role| role.set().holds(Permission::IntegrationUseAll));
    if !(everything && state.settings.managers_implicit_access) {
        return Ok(());
    }
    let message = format!("the role {role} uses every tool of every integration; give a smaller role first");
    Err(Refusal::rule("role-uses-everything", message))
}

/// Takes an integration away, also what was lent of it.
pub(crate) fn remove(
    state: &Organization,
    grantee: Grantee,
    integration: IntegrationId,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if state.grant(grantee, integration).is_some() || is_lent(state, (grantee, integration), now) {
        return Ok(vec![Event::GrantRemoved { grantee, integration }]);
    }
    Err(Refusal::missing("integration", "this integration is not assigned here"))
}

/// Whether a loan runs. One that has ended is none, also before it is swept away.
fn is_lent(state: &Organization, (grantee, integration): (Grantee, IntegrationId), now: Timestamp) -> bool {
    state.loans(grantee, integration).iter().any(|loan| loan.holds_at(now))
}

fn grantee_is_there(state: &Organization, grantee: Grantee) -> Result<(), Refusal> {
    match grantee {
        Grantee::Member(person) => {
            may_be_given(state, GrantsTo::Person)?;
            let member = state.member(person);
            let member = member.ok_or_else(|| Refusal::missing("member", "there is no such member"))?;
            gains_by_grants(state, member.role)
        }
        Grantee::Role(role) => {
            may_be_given(state, GrantsTo::Role)?;
            match state.roles.get(&role).map(|role| role.level) {
                Some(RoleLevel::Organization) => gains_by_grants(state, role),
                Some(RoleLevel::Team) => {
                    let message = format!("{role} is a role in teams; give the integration to the teams themselves");
                    Err(Refusal::field("role-not-for-grants", "grantee", message))
                }
                None => Err(Refusal::missing("role", format!("there is no role {role}"))),
            }
        }
        Grantee::Team(team) => {
            may_be_given(state, GrantsTo::Team)?;
            state.team(team).map(|_| ())
        }
        Grantee::Agent(agent) => state.agent(agent).map(|_| ()),
        Grantee::Key(key) => match state.live_key(key).map(|key| &key.kind) {
            Some(KeyKind::Workspace { .. }) => Ok(()),
            Some(KeyKind::Personal { .. }) => Err(Refusal::field(
                "personal-key",
                "key",
                "a personal key has exactly the access of its holder; assign the integration to the member instead",
            )),
            Some(KeyKind::Agent { .. }) => Err(Refusal::field(
                "agent-key",
                "key",
                "an agent's key has the access of its agent; assign the integration to the agent instead",
            )),
            Some(KeyKind::Directory { .. }) => Err(Refusal::field(
                "directory-key",
                "key",
                "a directory connection keeps the members up to date and uses no integration; assign it to people or \
                 other keys",
            )),
            None => Err(Refusal::missing("key", "there is no such key")),
        },
    }
}

fn may_be_given(state: &Organization, to: GrantsTo) -> Result<(), Refusal> {
    if state.settings.grants_to.contains(&to) {
        return Ok(());
    }
    let message = match to {
        GrantsTo::Person => "integrations are not given to single people here; give it to a team or role of theirs",
        GrantsTo::Team => "integrations are not given to teams here; give it to people or roles",
        GrantsTo::Role => "integrations are not given to roles here; give it to people or teams",
    };
    Err(Refusal::field("grants-to", "grantee", message))
}
