//! What may happen to a directory group, and to the places in teams that it gives.
//!
//! What groups gave is remembered with the place, and that alone is taken away again: a place that somebody gave by hand,
//! or changed, is nothing to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Event;
use crate::group::{Group, Mapping};
use crate::id::{GroupId, KeyId, PersonId, TeamId};
use crate::key::{self, KeyKind};
use crate::organization::Organization;
use crate::refusal::Refusal;
use crate::role::{Role, RoleId};
use crate::team::{TeamMember, team_role};

/// Groups that all the directories of an organization have together.
const GROUPS_MAX: usize = 2_000;
/// Teams that one group gives.
const MAPPED_TEAMS_MAX: usize = 100;

/// To whom groups give nothing at a moment, and which of them give nothing: what there is stays, nothing is added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Except {
    /// People whom the connection does not look after.
    pub people: BTreeSet<PersonId>,
    /// Groups whose mapping stands still.
    pub groups: BTreeSet<GroupId>,
}

/// A directory has a group, with nobody in it yet.
pub(crate) fn create(state: &Organization, group: GroupId, connection: KeyId) -> Result<Vec<Event>, Refusal> {
    if state.groups.contains_key(&group) {
        return Err(Refusal::rule("exists", "a group with this id exists already"));
    }
    if !state.live_key(connection).is_some_and(|key| matches!(key.kind, KeyKind::Directory { .. })) {
        return Err(Refusal::missing("directory", "there is no such connection"));
    }
    if state.groups.len() >= GROUPS_MAX {
        let message = format!("there are {GROUPS_MAX} directory groups already; let the directory send fewer of them");
        return Err(Refusal::rule("too-many-groups", message));
    }
    Ok(vec![Event::GroupCreated { group, connection }])
}

/// People join a group and leave it, and get and lose what it gives. Whoever is in it already, or is not, stays so.
pub(crate) fn change(
    state: &Organization,
    group: GroupId,
    (joined, left): (BTreeSet<PersonId>, BTreeSet<PersonId>),
    edited: bool,
    except: &Except,
) -> Result<Vec<Event>, Refusal> {
    let (known, named) = (known(state, group)?, joined.clone());
    if let Some(stranger) = joined.iter().find(|person| state.member(**person).is_none()) {
        let message = format!("{stranger} is no member of this organization; let them in first");
        return Err(Refusal::field("not-a-member", "members", message));
    }
    // Of whom both is said, that they join counts.
    let stays_out = |person: &PersonId| !named.contains(person);
    let joined: BTreeSet<PersonId> = joined.difference(&known.members).copied().collect();
    let left: BTreeSet<PersonId> = left.intersection(&known.members).copied().filter(stays_out).collect();
    let mut events: Vec<Event> = edited.then_some(Event::GroupEdited { group }).into_iter().collect();
    if joined.is_empty() && left.is_empty() {
        return Ok(events);
    }
    let after = After {
        state,
        connection: known.connection,
        people: joined.union(&left).copied().collect(),
        groups: with(state, known, |after| {
            after.members.retain(|person| !left.contains(person));
            after.members.extend(&joined);
        }),
        except,
    };
    let places = after.places(known.mapping.iter().flat_map(|mapping| mapping.teams.keys()));
    events.push(Event::GroupMembersChanged { group, joined, left });
    Ok(events.into_iter().chain(places).collect())
}

/// What a group gives is something else from now on, nothing where no team is named. To say the same again is to answer for
/// it from then on.
pub(crate) fn map(
    state: &Organization,
    group: GroupId,
    teams: BTreeMap<TeamId, RoleId>,
    except: &Except,
) -> Result<Vec<Event>, Refusal> {
    let known = known(state, group)?;
    if teams.len() > MAPPED_TEAMS_MAX {
        let message = format!("a group gives places in at most {MAPPED_TEAMS_MAX} teams");
        return Err(Refusal::field("too-many-teams", "teams", message));
    }
    for (team, role) in &teams {
        state.team(*team)?;
        team_role(state, *role)?;
    }
    let nothing = BTreeMap::new();
    let before = known.mapping.as_ref().map_or(&nothing, |mapping| &mapping.teams);
    let since_seq = state.seq.saturating_add(1);
    let mapping = Mapping { teams: teams.clone(), by: String::new(), since_seq };
    let after = After {
        state,
        connection: known.connection,
        people: known.members.clone(),
        groups: with(state, known, |after| after.mapping = Some(mapping.clone())),
        except,
    };
    let places = after.places(before.keys().chain(teams.keys()));
    if before.is_empty() && teams.is_empty() {
        return Ok(Vec::new());
    }
    Ok(std::iter::once(Event::GroupMapped { group, teams }).chain(places).collect())
}

/// A group ends, and with it what it gave.
pub(crate) fn delete(state: &Organization, group: GroupId, except: &Except) -> Result<Vec<Event>, Refusal> {
    let known = known(state, group)?;
    let after = After {
        state,
        connection: known.connection,
        people: known.members.clone(),
        groups: with(state, known, |after| after.members.clear()),
        except,
    };
    let places = after.places(known.mapping.iter().flat_map(|mapping| mapping.teams.keys()));
    Ok(places.into_iter().chain([Event::GroupDeleted { group }]).collect())
}

fn known(state: &Organization, group: GroupId) -> Result<&Group, Refusal> {
    state.groups.get(&group).ok_or_else(|| Refusal::missing("group", "there is no such group"))
}

/// The groups of the same connection that give something, in their order, one of them changed.
fn with(state: &Organization, known: &Group, change: impl FnOnce(&mut Group)) -> Vec<Group> {
    let mut changed = known.clone();
    change(&mut changed);
    let others = state.mapped_groups(known.connection).into_iter().map(|(group, _)| group);
    let mut groups: Vec<Group> = others.filter(|group| group.id != known.id).cloned().chain([changed]).collect();
    groups.retain(|group| group.mapping.is_some());
    groups.sort_by_key(|group| (group.mapping.as_ref().map(|mapping| mapping.since_seq), group.id));
    groups
}

/// What the groups of a connection give after a change, to those whom it is about.
struct After<'s> {
    state: &'s Organization,
    connection: KeyId,
    people: BTreeSet<PersonId>,
    groups: Vec<Group>,
    except: &'s Except,
}

impl After<'_> {
    /// What happens to places in these teams.
    fn places<'t>(&self, teams: impl Iterator<Item = &'t TeamId>) -> Vec<Event> {
        let teams: BTreeSet<TeamId> = teams.copied().collect();
        let places = teams.iter().filter_map(|team| self.state.teams.get(team));
        let each = places.flat_map(|team| self.people.iter().map(move |person| (team, *person)));
        each.flat_map(|(team, person)| self.place((team.id, team.members.get(&person)), person)).collect()
    }

    /// What happens to one person's place in a team.
    fn place(&self, (team, present): (TeamId, Option<&TeamMember>), person: PersonId) -> Vec<Event> {
        if self.state.member(person).is_none() {
            return Vec::new();
        }
        match present {
            // Somebody decided about the place by hand, or another directory did.
            Some(place) if place.connection != Some(self.connection) => return Vec::new(),
            _ => {}
        }
        let role_now = present.map(|place| place.role);
        match self.wanted(team, person, role_now) {
            Some(role) if role_now == Some(role) => Vec::new(),
            Some(role) => self.placed((team, person), role, role_now.and_then(|role| self.state.roles.get(&role))),
            None => role_now.map(|_| Event::TeamMemberRemoved { team, person }).into_iter().collect(),
        }
    }

    /// The role of the first group that gives somebody a place in a team. One that gives nothing at present leaves what it
    /// gave.
    fn wanted(&self, team: TeamId, person: PersonId, role_now: Option<RoleId>) -> Option<RoleId> {
        let has = self.groups.iter().filter(|group| group.members.contains(&person));
        let given = has.filter_map(|group| Some((group.id, *group.mapping.as_ref()?.teams.get(&team)?)));
        let mut counts = given.filter(|(group, role)| role_now == Some(*role) || self.gives(*group, person, *role));
        counts.next().map(|(_, role)| role)
    }

    fn gives(&self, group: GroupId, person: PersonId, role: RoleId) -> bool {
        let Except { people, groups } = self.except;
        !people.contains(&person) && !groups.contains(&group) && team_role(self.state, role).is_ok()
    }

    /// Where somebody comes to manage more, keys of theirs end that were issued by somebody who could not have given that.
    fn placed(&self, (team, person): (TeamId, PersonId), role: RoleId, before: Option<&Role>) -> Vec<Event> {
        let connection = self.connection;
        let before = before.map(Role::set).unwrap_or_default();
        let rises = |role: &&Role| role.set().management().first_beyond(before).is_some();
        let risen = self.state.roles.get(&role).filter(rises);
        let ended = risen.map(|role| key::that_would_carry_too_much(self.state, (person, Some(team)), role));
        let ended = ended.into_iter().flatten().map(|key| Event::KeyRevoked { key });
        std::iter::once(Event::TeamMemberPlaced { team, person, role, connection }).chain(ended).collect()
    }
}
