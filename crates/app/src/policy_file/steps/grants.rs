//! Steps about which integrations are given to whom.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::IntegrationId;

use super::super::apply::PlannedStep;
use super::super::document::Given;
use super::super::{GrantEntry, Grants};
use super::{Context, by_hand, step};
use crate::Problem;
use crate::policy_file::book::is_workspace_key;
use crate::policy_file::rehearse::Step;

/// Somebody to whom the document gives something: what they are called, and where they stand in it.
struct Receiver<'d> {
    grantee: Grantee,
    part: &'static str,
    name: String,
    given: &'d Given,
}

/// Grants to make or change, and grants to take away.
pub(super) fn steps(context: &Context<'_>, hand: &mut Vec<PlannedStep>) -> Result<Vec<Step>, Problem> {
    let Some(grants) = &context.document.grants else { return Ok(Vec::new()) };
    let mut steps = Vec::new();
    let mut kept = BTreeSet::new();
    for receiver in receivers(context, grants, hand)? {
        let Receiver { grantee, part, name, given } = &receiver;
        for (slug, entry) in *given {
            let place = ["grants", part, name, slug];
            let integration = context.integration(slug).map_err(|problem| problem.in_step(&place))?;
            // What has ended is as good as not there, in the document as in the organization.
            if entry.holds_at(context.now) {
                kept.insert((*grantee, integration));
                steps.extend(given_to(context, (*grantee, name), (integration, slug), entry, &place));
            }
        }
    }
    steps.extend(taken_away(context, grants, &kept));
    Ok(steps)
}

/// Everybody to whom the document gives something.
fn receivers<'d>(
    context: &Context<'_>,
    grants: &'d Grants,
    hand: &mut Vec<PlannedStep>,
) -> Result<Vec<Receiver<'d>>, Problem> {
    let mut all = Vec::new();
    if let Some(members) = &grants.members {
        for (name, given, person) in context.people(members, &["grants", "members"])? {
            all.push(Receiver { grantee: Grantee::Member(person), part: "members", name: name.to_owned(), given });
        }
    }
    for (title, given) in grants.teams.iter().flatten() {
        let team = context.team(title).map_err(|problem| problem.in_step(&["grants", "teams", title]))?;
        all.push(Receiver { grantee: Grantee::Team(team), part: "teams", name: title.clone(), given });
    }
    for (role, given) in grants.roles.iter().flatten() {
        all.push(Receiver { grantee: Grantee::Role(*role), part: "roles", name: role.to_string(), given });
    }
    for (title, given) in grants.agents.iter().flatten() {
        let agent = context.agent(title).map_err(|problem| problem.in_step(&["grants", "agents", title]))?;
        all.push(Receiver { grantee: Grantee::Agent(agent), part: "agents", name: title.clone(), given });
    }
    for (name, given) in grants.keys.iter().flatten() {
        match context.book.key(name) {
            Some(key) => all.push(Receiver { grantee: Grantee::Key(key), part: "keys", name: name.clone(), given }),
            None => {
                let says = format!("create the workspace key {name}, and apply again to give it what is its");
                hand.push(by_hand(&["grants", "keys", name], says));
            }
        }
    }
    Ok(all)
}

fn given_to(
    context: &Context<'_>,
    (grantee, name): (Grantee, &str),
    (integration, slug): (IntegrationId, &str),
    entry: &GrantEntry,
    place: &[&str],
) -> Option<Step> {
    let present = context.state.grant(grantee, integration).map(GrantEntry::of);
    if present.as_ref() == Some(entry) {
        return None;
    }
    let GrantEntry { profile, tools_off, until } = entry;
    let off = match tools_off.len() {
        0 => String::new(),
        _ => format!(" without {}", tools_off.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    let end = if until.is_some() { ", until a set end" } else { "" };
    let lent = if is_lent(context, grantee, integration) { ", which ends what is lent beside it" } else { "" };
    let verb = if present.is_some() { "change what is given:" } else { "give" };
    let command = Command::SetGrant {
        grantee,
        integration,
        profile: *profile,
        tools_off: tools_off.clone(),
        expires_at: until.map(|until| until.0),
    };
    Some(step(place, format!("{verb} {slug} ({profile}){off} to {name}{end}{lent}"), command))
}

/// Whether a loan runs. A document has none, and whoever sets or takes away what is given ends them.
fn is_lent(context: &Context<'_>, grantee: Grantee, integration: IntegrationId) -> bool {
    context.state.loans(grantee, integration).iter().any(|loan| loan.holds_at(context.now))
}

/// What is given in a part that the document has, and is not in it. What ends with a team, role or agent that is
/// deleted needs no step of its own.
fn taken_away(context: &Context<'_>, grants: &Grants, kept: &BTreeSet<(Grantee, IntegrationId)>) -> Vec<Step> {
    let (state, document) = (context.state, context.document);
    let part_of = |grantee: &Grantee| -> Option<(&'static str, String)> {
        match grantee {
            Grantee::Member(person) => {
                grants.members.as_ref()?;
                Some(("members", context.book.address(*person)))
            }
            Grantee::Team(team) => {
                grants.teams.as_ref()?;
                let title = &state.teams.get(team)?.title;
                context.team_stays(*team).then(|| ("teams", title.clone()))
            }
            Grantee::Role(role) => {
                grants.roles.as_ref()?;
                document
                    .roles
                    .as_ref()
                    .is_none_or(|roles| roles.contains_key(role))
                    .then(|| ("roles", role.to_string()))
            }
            Grantee::Agent(agent) => {
                grants.agents.as_ref()?;
                let title = &state.agents.get(agent)?.title;
                context.agent_stays(*agent).then(|| ("agents", title.clone()))
            }
            Grantee::Key(key) => {
                grants.keys.as_ref()?;
                state
                    .live_key(*key)
                    .filter(|key| is_workspace_key(key, context.now))
                    .map(|key| ("keys", context.book.key_name(key.id)))
            }
        }
    };
    let mut steps = Vec::new();
    for (grantee, given) in &state.grants {
        let Some((part, name)) = part_of(grantee) else { continue };
        let gone = given.iter().filter(|(id, grant)| grant.holds_at(context.now) && !kept.contains(&(*grantee, **id)));
        for (id, _) in gone {
            let Some(integration) = state.integrations.get(id) else { continue };
            let lent = if is_lent(context, *grantee, *id) { ", also what is lent beside it" } else { "" };
            let says = format!("take {} from {name}{lent}", integration.slug);
            let command = Command::RemoveGrant { grantee: *grantee, integration: *id };
            steps.push(step(&["grants", part], says, command));
        }
    }
    steps
}
