//! What may happen to a team.

use crate::event::Event;
use crate::id::{PersonId, TeamId};
use crate::key;
use crate::organization::Organization;
use crate::refusal::{Refusal, title_fits};
use crate::role::{Role, RoleId, RoleLevel};
use crate::team::Team;

/// Teams that an organization may have.
const TEAMS_MAX: usize = 10_000;

/// A team begins, with nobody in it.
pub(crate) fn create(state: &Organization, team: TeamId, title: String) -> Result<Vec<Event>, Refusal> {
    if state.teams.contains_key(&team) {
        return Err(Refusal::rule("exists", "a team with this id exists already"));
    }
    if state.teams.len() >= TEAMS_MAX {
        return Err(Refusal::rule("too-many-teams", format!("an organization has at most {TEAMS_MAX} teams")));
    }
    title_is_free(state, team, &title)?;
    Ok(vec![Event::TeamCreated { team, title }])
}

/// A team gets another name.
pub(crate) fn rename(state: &Organization, team: TeamId, title: String) -> Result<Vec<Event>, Refusal> {
    if state.team(team)?.title == title {
        return Ok(Vec::new());
    }
    title_is_free(state, team, &title)?;
    Ok(vec![Event::TeamRenamed { team, title }])
}

/// A team ends, and with it everything that people had through it.
pub(crate) fn delete(state: &Organization, team: TeamId) -> Result<Vec<Event>, Refusal> {
    state.team(team)?;
    Ok(vec![Event::TeamDeleted { team }])
}

/// Somebody joins a team, or has another role in it from now on. Where they come to manage more, keys of theirs end
/// that were issued by somebody who could not have given that.
pub(crate) fn set_member(
    state: &Organization,
    team: TeamId,
    person: PersonId,
    role: Option<RoleId>,
) -> Result<Vec<Event>, Refusal> {
    let known = state.team(team)?;
    if state.member(person).is_none() {
        let message = "this person is no member of the organization; add them to the organization first";
        return Err(Refusal::missing("member", message));
    }
    let present = known.members.get(&person).map(|member| member.role);
    let Some(role) = role.or(present).or(state.settings.join_default_team_role) else {
        let message = "this organization has no default role for teams; name the role";
        return Err(Refusal::field("no-such-role", "role", message));
    };
    if present == Some(role) {
        return Ok(Vec::new());
    }
    let wanted = team_role(state, role)?;
    let before = present.and_then(|present| state.roles.get(&present)).map(Role::set).unwrap_or_default();
    let rises = wanted.set().management().first_beyond(before).is_some();
    let ended = if rises { key::that_would_carry_too_much(state, (person, Some(team)), wanted) } else { [].into() };
    let ended = ended.into_iter().map(|key| Event::KeyRevoked { key });
    Ok(std::iter::once(Event::TeamMemberSet { team, person, role }).chain(ended).collect())
}

/// Somebody leaves a team, and loses at once what they had through it.
pub(crate) fn remove_member(state: &Organization, team: TeamId, person: PersonId) -> Result<Vec<Event>, Refusal> {
    match state.team(team)?.members.get(&person) {
        Some(_) => Ok(vec![Event::TeamMemberRemoved { team, person }]),
        None => Err(Refusal::missing("member", "this person is not in the team")),
    }
}

pub(crate) fn team_role(state: &Organization, role: RoleId) -> Result<&Role, Refusal> {
    match state.roles.get(&role).map(|role| (role, role.level, role.assignable_to.members)) {
        Some((role, RoleLevel::Team, true)) => Ok(role),
        Some((_, RoleLevel::Team, false)) => {
            let message = format!("the role {role} cannot be given to members; choose another");
            Err(Refusal::field("role-not-for-members", "role", message))
        }
        Some((_, RoleLevel::Organization, _)) => {
            let message = format!("{role} is a role in the organization; name a role in teams");
            Err(Refusal::field("role-not-for-teams", "role", message))
        }
        None => Err(Refusal::field("no-such-role", "role", format!("there is no role {role}"))),
    }
}

fn title_is_free(state: &Organization, team: TeamId, title: &str) -> Result<(), Refusal> {
    title_fits("title", title)?;
    let same = |other: &&Team| other.id != team && other.title.to_lowercase() == title.to_lowercase();
    match state.teams.values().find(same) {
        Some(other) => Err(Refusal::field(
            "taken",
            "title",
            format!("there is a team {} already; choose another name", other.title),
        )),
        None => Ok(()),
    }
}
