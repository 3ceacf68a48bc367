//! What holds in every state, and between every state and the next.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::Grantee;
use domain::id::{KeyId, PersonId, TeamId};
use domain::integration::Slug;
use domain::key::{Key, KeyKind, KeyScope};
use domain::organization::Organization;
use domain::resource::ResourceKind;
use domain::role::{Role, RoleId, RoleLevel};
use domain::time::Timestamp;
use proptest::prelude::*;

/// Roles that somebody may have beside their own.
const EXTRA_ROLES_MAX: usize = 10;

/// What holds in every state.
pub(crate) fn check_that_the_state_is_sound(state: &Organization, now: Timestamp) -> Result<(), TestCaseError> {
    let owners = state.top_role_holders().count();
    prop_assert!(owners > 0, "nobody holds the top role");
    prop_assert!(state.settings.owners_max.is_none_or(|most| owners <= most as usize), "{} owners", owners);
    prop_assert_eq!(state.roles.values().filter(|role| role.top && role.locked).count(), 1);
    check_settings(state)?;
    check_that_roles_are_where_they_belong(state, now)?;
    check_integrations(state)?;
    check_grants_and_shares(state)?;
    check_requests(state)?;
    check_invitations(state)?;
    check_groups(state)?;
    check_that_no_key_outlives_its_reason(state)
}

/// A group has a connection, members for members, and gives what there is; what groups gave has its connection still.
fn check_groups(state: &Organization) -> Result<(), TestCaseError> {
    let is_connection =
        |key: KeyId| state.live_key(key).is_some_and(|key| matches!(key.kind, KeyKind::Directory { .. }));
    for group in state.groups.values() {
        prop_assert!(is_connection(group.connection), "{:?}", group);
        prop_assert!(group.members.iter().all(|person| state.member(*person).is_some()), "{:?}", group);
        let Some(mapping) = &group.mapping else { continue };
        prop_assert!(!mapping.teams.is_empty(), "{:?}", group);
        let given = |(team, role): (&TeamId, &RoleId)| state.teams.contains_key(team) && state.roles.contains_key(role);
        prop_assert!(mapping.teams.iter().all(given), "{:?}", group);
    }
    let mut places = state.teams.values().flat_map(|team| team.members.values());
    prop_assert!(places.all(|place| place.connection.is_none_or(is_connection)));
    Ok(())
}

/// What an open invitation offers is there.
fn check_invitations(state: &Organization) -> Result<(), TestCaseError> {
    for offer in state.invitations.values().filter(|known| known.is_open()).map(|known| &known.offer) {
        let mut roles = offer.role.iter().chain(offer.teams.values().flatten());
        prop_assert!(roles.all(|role| state.roles.contains_key(role)), "{:?}", offer);
        prop_assert!(offer.teams.keys().all(|team| state.teams.contains_key(team)), "{:?}", offer);
        prop_assert!(offer.grants.keys().all(|id| state.integrations.contains_key(id)), "{:?}", offer);
    }
    Ok(())
}

fn check_settings(state: &Organization) -> Result<(), TestCaseError> {
    let settings = &state.settings;
    let default = state.roles.get(&settings.join_default_role);
    prop_assert!(default.is_some_and(|role| !role.top && is_for_members(role)), "{:?}", default);
    if let Some(role) = settings.join_default_team_role {
        prop_assert!(is_for_teams(state, role), "newcomers in teams get {}", role);
    }
    if let Some(team) = settings.join_default_team {
        prop_assert!(state.teams.contains_key(&team), "newcomers join a team that is gone");
    }
    Ok(())
}

fn is_for_members(role: &Role) -> bool {
    role.level == RoleLevel::Organization && role.assignable_to.members
}

fn is_for_teams(state: &Organization, role: RoleId) -> bool {
    state.roles.get(&role).is_some_and(|role| role.level == RoleLevel::Team && role.assignable_to.members)
}

/// Whoever has a role has one that exists, of the level and for the kind of subject that it is given to.
fn check_that_roles_are_where_they_belong(state: &Organization, now: Timestamp) -> Result<(), TestCaseError> {
    for member in state.members.values() {
        let given = state.roles.get(&member.role);
        prop_assert!(given.is_some(), "{} has a role that is gone", member.person);
        prop_assert!(!member.is_here() || given.is_some_and(is_for_members), "{:?}", given);
        prop_assert_eq!(member.is_here(), member.removed_at.is_none());
        prop_assert_eq!(member.is_here() && !member.is_active(), member.suspended_at.is_some());
        prop_assert!(member.extra_roles.len() <= EXTRA_ROLES_MAX, "{} has {:?}", member.person, member.extra_roles);
        for role in member.extra_roles_at(now) {
            let beside = state.roles.get(&role).is_some_and(|role| is_for_members(role) && !role.top);
            let fits = member.is_here() && beside && role != member.role;
            prop_assert!(fits, "{} has the role {} beside {}", member.person, role, member.role);
        }
    }
    for team in state.teams.values() {
        for (person, member) in &team.members {
            prop_assert!(state.member(*person).is_some(), "{} left and is in a team", person);
            prop_assert!(is_for_teams(state, member.role), "{} is no role in teams", member.role);
        }
    }
    let organization = |role: RoleId, may: fn(&Role) -> bool| {
        state.roles.get(&role).is_some_and(|role| role.level == RoleLevel::Organization && may(role))
    };
    for key in state.keys.values() {
        let live = key.revoked_at.is_none();
        let fits = key.role().is_none_or(|role| !live || organization(role, |role| role.assignable_to.keys));
        prop_assert!(fits, "{:?}", key);
        prop_assert!(!key.suspended || key.role().is_none(), "{} has a role and is suspended for lack of one", key.id);
    }
    for agent in state.agents.values() {
        let fits = agent.role.is_none_or(|role| organization(role, |role| role.assignable_to.agents));
        prop_assert!(fits, "{:?}", agent);
        prop_assert!(!agent.awaits_role || (agent.suspended && agent.role.is_none()), "{:?}", agent);
        prop_assert!(agent.sponsor.is_none_or(|sponsor| state.member(sponsor).is_some()), "{:?}", agent);
        let others = agent.delegations.keys().find(|person| state.member(**person).is_none());
        prop_assert!(others.is_none(), "{} acts for {:?}, who left", agent.id, others);
    }
    let titles: BTreeSet<String> = state.roles.values().map(|role| role.title.to_lowercase()).collect();
    prop_assert_eq!(titles.len(), state.roles.len(), "two roles of one name");
    let ruled = state.roles.values().flat_map(|role| role.data.objects.keys());
    let unknown = ruled.into_iter().find(|object| !state.objects.contains_key(*object));
    prop_assert!(unknown.is_none(), "a rule about {:?}, which is gone", unknown);
    Ok(())
}

fn check_integrations(state: &Organization) -> Result<(), TestCaseError> {
    let slugs: BTreeSet<&Slug> = state.integrations.values().map(|integration| &integration.slug).collect();
    prop_assert_eq!(slugs.len(), state.integrations.len(), "two integrations of one slug");
    for (id, withdrawn) in &state.withdrawn {
        let integration = state.integrations.get(id);
        let listed = |name| integration.is_none_or(|integration| integration.tools.contains_key(name));
        prop_assert!(!withdrawn.keys().any(listed), "a tool of {} is listed and withdrawn", id);
    }
    Ok(())
}

/// Nothing is given to, shared with or owned by somebody who is gone.
fn check_grants_and_shares(state: &Organization) -> Result<(), TestCaseError> {
    let is_here = |grantee: &Grantee| match grantee {
        Grantee::Member(person) => state.member(*person).is_some(),
        Grantee::Team(team) => state.teams.contains_key(team),
        Grantee::Agent(agent) => state.agents.contains_key(agent),
        Grantee::Role(role) => state.roles.get(role).is_some_and(|role| role.level == RoleLevel::Organization),
        Grantee::Key(key) => {
            let kind = state.live_key(*key).map(|key| &key.kind);
            matches!(kind, Some(KeyKind::Workspace { scope: KeyScope::Granted, .. }))
        }
    };
    for (grantee, loans) in &state.loans {
        let lent = loans.iter().all(|(id, lent)| state.integrations.contains_key(id) && !lent.is_empty());
        prop_assert!(lent && !loans.is_empty(), "a loan of nothing, or of what is gone, to {}", grantee);
        let workspace = |key| matches!(state.live_key(key).map(|key| &key.kind), Some(KeyKind::Workspace { .. }));
        let here = if let Grantee::Key(key) = grantee { workspace(*key) } else { is_here(grantee) };
        prop_assert!(here, "something is lent to {}", grantee);
    }
    for (grantee, grants) in &state.grants {
        prop_assert!(!grants.is_empty());
        prop_assert!(grants.keys().all(|id| state.integrations.contains_key(id)), "a grant of a missing integration");
        prop_assert!(is_here(grantee), "something is given to {}", grantee);
    }
    for resource in state.resources.values() {
        for grantee in resource.shares.keys() {
            let kind = matches!(grantee, Grantee::Member(_) | Grantee::Agent(_));
            prop_assert!(kind && is_here(grantee), "{} is shared with {}", resource.id, grantee);
        }
        prop_assert!(resource.teams.iter().all(|team| state.teams.contains_key(team)), "{:?}", resource);
        let collection = |id| state.resources.get(id).is_some_and(|found| found.kind == ResourceKind::Collection);
        let collected = resource.collections.is_empty() || resource.kind == ResourceKind::Artifact;
        prop_assert!(collected && resource.collections.iter().all(collection), "{:?}", resource);
        prop_assert!(resource.owner.is_none_or(|owner| state.member(owner).is_some()), "{:?}", resource);
    }
    Ok(())
}

/// Only somebody who is here has requests that wait, and nobody has more of them than fit.
fn check_requests(state: &Organization) -> Result<(), TestCaseError> {
    let mut open = BTreeMap::<(Grantee, Option<PersonId>), usize>::new();
    let mut closed = BTreeMap::<Grantee, usize>::new();
    for request in state.all_requests() {
        let asked = &request.asked;
        match request.is_open() {
            true => *open.entry((asked.requester, asked.acting_for)).or_default() += 1,
            false => *closed.entry(asked.requester).or_default() += 1,
        }
        if !request.is_open() {
            continue;
        }
        let here = match asked.requester {
            Grantee::Member(person) => state.member(person).is_some(),
            Grantee::Agent(agent) => state
                .agents
                .get(&agent)
                .is_some_and(|agent| asked.acting_for.is_none_or(|person| agent.delegations.contains_key(&person))),
            Grantee::Key(key) => state.live_key(key).is_some(),
            Grantee::Team(_) | Grantee::Role(_) => false,
        };
        prop_assert!(here, "{:?} asks and is not here", asked);
        let same = state.open_requests().filter(|other| {
            (other.asked.requester, other.asked.acting_for, &other.asked.wanted)
                == (asked.requester, asked.acting_for, &asked.wanted)
        });
        prop_assert_eq!(same.count(), 1, "the same is asked twice");
    }
    prop_assert!(open.values().chain(closed.values()).all(|count| *count <= 20), "{:?} {:?}", open, closed);
    Ok(())
}

fn check_that_no_key_outlives_its_reason(state: &Organization) -> Result<(), TestCaseError> {
    for key in state.keys.values().filter(|key| key.revoked_at.is_none()) {
        match key.kind {
            KeyKind::Personal { holder } => {
                prop_assert!(state.member(holder).is_some(), "{} outlived its holder's membership", key.id);
            }
            KeyKind::Workspace { .. } | KeyKind::Directory { .. } => {}
            KeyKind::Agent { agent, acting_for } => {
                let agent = state.agents.get(&agent);
                prop_assert!(agent.is_some(), "{} outlived its agent", key.id);
                let still = |person: PersonId| agent.is_some_and(|agent| agent.delegations.contains_key(&person));
                prop_assert!(acting_for.is_none_or(still), "{} outlived the delegation that it was made for", key.id);
            }
        }
    }
    Ok(())
}

/// What holds between a state and the next.
pub(crate) fn check_what_never_changes(before: &Organization, after: &Organization) -> Result<(), TestCaseError> {
    for old in before.keys.values() {
        let new = after.keys.get(&old.id);
        let Some(new) = new else { return Err(TestCaseError::fail(format!("{} was forgotten", old.id))) };
        check_key(old, new)?;
    }
    let forgotten = before.members.keys().find(|person| !after.members.contains_key(*person));
    prop_assert!(forgotten.is_none(), "{:?} was forgotten", forgotten);
    // Another preset brings other roles, and says itself who gets which.
    let presets_own = before.preset == after.preset;
    for locked in before.roles.values().filter(|role| role.locked && presets_own) {
        prop_assert_eq!(after.roles.get(&locked.id), Some(locked), "a fixed role changed");
    }
    let left = |person: Option<PersonId>| person.is_none_or(|person| after.member(person).is_none());
    for new in after.agents.values().filter(|agent| agent.sponsor.is_none()) {
        let old = before.agents.get(&new.id);
        prop_assert!(old.is_some_and(|old| left(old.sponsor)), "{} lost a sponsor who is here", new.id);
    }
    for old in before.resources.values() {
        let Some(new) = after.resources.get(&old.id) else {
            prop_assert!(old.deleted_at.is_some(), "{} was destroyed in one step", old.id);
            continue;
        };
        prop_assert_eq!((&old.created_by, old.created_at, old.kind), (&new.created_by, new.created_at, new.kind));
        prop_assert!(new.owner.is_some() || left(old.owner), "{} lost an owner who is here", old.id);
    }
    if presets_own { check_that_nobody_loses_their_place(before, after) } else { Ok(()) }
}

/// Ended keys stay ended, narrowed keys stay narrow, and a key never becomes another's.
fn check_key(old: &Key, new: &Key) -> Result<(), TestCaseError> {
    prop_assert_eq!((old.holder(), old.agent()), (new.holder(), new.agent()));
    prop_assert_eq!((&old.created_by, old.created_at), (&new.created_by, new.created_at));
    prop_assert!(old.revoked_at.is_none() || new.revoked_at == old.revoked_at, "{} lives again", old.id);
    let narrow = |key: &Key| matches!(key.kind, KeyKind::Workspace { scope: KeyScope::Granted, .. });
    prop_assert!(!narrow(old) || narrow(new), "{} became wide again", old.id);
    // They belong to the organization, and lose what they rest on as that ends.
    let shared = |key: &Key| matches!(key.kind, KeyKind::Workspace { .. } | KeyKind::Directory { .. });
    prop_assert!(shared(old) || old.kind == new.kind, "{} became another's", old.id);
    Ok(())
}

/// Whoever keeps their membership keeps a role, and whoever keeps their team a role there: the default one where
/// theirs ended. Keys and agents whose role ended stand still.
fn check_that_nobody_loses_their_place(before: &Organization, after: &Organization) -> Result<(), TestCaseError> {
    let ended = |role: RoleId| !after.roles.contains_key(&role);
    for old in before.members.values().filter(|member| member.is_here() && ended(member.role)) {
        let role = after.members.get(&old.person).map(|member| member.role);
        prop_assert_eq!(role, Some(after.settings.join_default_role), "{} of an ended role", old.person);
    }
    for old in before.teams.values() {
        for (person, _) in old.members.iter().filter(|(_, member)| ended(member.role)) {
            let role = after.teams.get(&old.id).and_then(|team| team.members.get(person)).map(|member| member.role);
            prop_assert_eq!(role, after.settings.join_default_team_role, "{} of an ended role", person);
        }
    }
    let stand_still = |key: &&Key| key.role().is_some_and(ended);
    for old in before.keys.values().filter(stand_still) {
        prop_assert!(after.keys.get(&old.id).is_some_and(|key| key.suspended), "{} lost its role and goes on", old.id);
    }
    let gives_ended = |key: &&Key| matches!(key.kind, KeyKind::Directory { gives, .. } if ended(gives));
    for old in before.keys.values().filter(gives_ended) {
        prop_assert!(after.keys.get(&old.id).is_some_and(|key| key.suspended), "{} gives an ended role", old.id);
    }
    for old in before.agents.values().filter(|agent| agent.role.is_some_and(ended)) {
        let suspended = after.agents.get(&old.id).is_some_and(|agent| agent.suspended);
        prop_assert!(suspended, "{} lost its role and goes on", old.id);
    }
    Ok(())
}
