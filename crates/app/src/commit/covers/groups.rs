//! What a permit about a directory group covers: the group, and the places in teams that the groups of its connection give.

use domain::event::Event;
use domain::group::Group;
use domain::id::{KeyId, PersonId, TeamId};
use domain::role::RoleId;
use verdict::{Subject, Target};

use super::Asked;

pub(super) fn covers(asked: &Asked<'_>, event: &Event) -> bool {
    let (state, Target::Group(target)) = (asked.state, asked.target) else { return false };
    let subject = asked.permit.actor().map(|actor| actor.subject);
    let created = asked.events.iter().find_map(|event| match event {
        Event::GroupCreated { group, connection } if *group == target => Some(*connection),
        _ => None,
    });
    let Some(connection) = state.groups.get(&target).map(|group| group.connection).or(created) else { return false };
    let by_connection = subject == Some(Subject::Key(connection));
    match event {
        Event::GroupCreated { group, .. } => by_connection && *group == target && !state.groups.contains_key(group),
        Event::GroupEdited { group } | Event::GroupMembersChanged { group, .. } | Event::GroupDeleted { group } => {
            by_connection && *group == target
        }
        Event::GroupMapped { group, .. } => !by_connection && *group == target,
        Event::TeamMemberPlaced { team, person, role, connection: of } => {
            *of == connection && is_given(asked, connection, (*team, *person, *role))
        }
        // What groups gave, and nothing else.
        Event::TeamMemberRemoved { team, person } => {
            let place = state.teams.get(team).and_then(|team| team.members.get(person));
            place.is_some_and(|place| place.connection == Some(connection))
        }
        _ => false,
    }
}

/// Whether some group of a connection gives somebody who is in it this place, or comes to do so at the same time.
fn is_given(asked: &Asked<'_>, connection: KeyId, (team, person, role): (TeamId, PersonId, RoleId)) -> bool {
    let mapped = asked.events.iter().find_map(|event| match event {
        Event::GroupMapped { group, teams } => Some((*group, teams)),
        _ => None,
    });
    let teams = |group: &Group| match mapped {
        Some((id, teams)) if id == group.id => teams.get(&team).copied(),
        _ => group.mapping.as_ref().and_then(|mapping| mapping.teams.get(&team)).copied(),
    };
    let changed = |group: &Group| {
        asked.events.iter().find_map(|event| match event {
            Event::GroupMembersChanged { group: id, joined, left } if *id == group.id => Some((joined, left)),
            _ => None,
        })
    };
    let is_in = |group: &Group| match changed(group) {
        Some((joined, left)) => joined.contains(&person) || group.members.contains(&person) && !left.contains(&person),
        None => group.members.contains(&person),
    };
    let mut groups = asked.state.groups.values().filter(|group| group.connection == connection);
    groups.any(|group| teams(group) == Some(role) && is_in(group))
}
