//! What somebody may do in their teams before and after a change.

use std::collections::BTreeSet;

use domain::id::TeamId;
use domain::permission::{Permission, PermissionSet, Scope};

use super::{Comparison, further};
use crate::diff::{Presence, TeamDifference};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Comparison<'_> {
    /// What becomes another one for somebody in the teams that they are in, before or after, in the order of the ids.
    pub(super) fn teams_between(&self, was: Option<&SubjectEntry>, is: Option<&SubjectEntry>) -> Vec<TeamDifference> {
        let teams = |entry: Option<&SubjectEntry>| entry.into_iter().flat_map(teams_of).collect();
        let (before, after): (BTreeSet<TeamId>, BTreeSet<TeamId>) = (teams(was), teams(is));
        let between = |team: &TeamId| {
            let standing = [self.before.standing(was, *team), self.after.standing(is, *team)];
            let difference = TeamDifference {
                team: *team,
                place: Presence::of(before.contains(team), after.contains(team)),
                gains: beyond(is, further(standing[1], standing[0])),
                loses: beyond(was, further(standing[0], standing[1])),
            };
            let nothing = difference.gains.is_empty() && difference.loses.is_empty();
            (difference.place != Presence::Stays || !nothing).then_some(difference)
        };
        before.union(&after).filter_map(between).collect()
    }

    pub(super) fn teams_differ(&self, was: &SubjectEntry, is: &SubjectEntry) -> bool {
        let sets = |snapshot: &Snapshot, entry: &SubjectEntry| {
            let set = |role: u32| snapshot.role(role).map(|role| role.set);
            entry.teams.iter().map(|(team, role)| (*team, set(*role))).collect::<Vec<_>>()
        };
        if was.teams.is_empty() && is.teams.is_empty() {
            return false;
        }
        let same = was.stopped == is.stopped
            && was.permissions == is.permissions
            && sets(self.before, was) == sets(self.after, is);
        !same && !self.teams_between(Some(was), Some(is)).is_empty()
    }
}

fn teams_of(entry: &SubjectEntry) -> impl Iterator<Item = TeamId> {
    entry.teams.iter().map(|(team, _)| *team)
}

impl Snapshot {
    /// Everything that somebody may do in a team, by their role there and by their own as far as those reach into it. How
    /// far a role reaches beyond the team that it is held in is no matter there.
    fn standing(&self, entry: Option<&SubjectEntry>, team: TeamId) -> PermissionSet {
        // Whoever is suspended is in the team and does nothing there.
        let Some(entry) = entry.filter(|entry| entry.stopped.is_none()) else { return PermissionSet::EMPTY };
        let there = self.role_in_team(entry, team);
        let reaches = |scope: Scope| there.is_some() || scope == Scope::All;
        let own = entry.permissions.iter().filter(|(_, scope)| reaches(*scope));
        let there = there.unwrap_or_default().iter().map(|(permission, scope)| (permission, scope.min(Scope::Team)));
        own.collect::<PermissionSet>().union(there.collect())
    }
}

/// Leaves out what somebody may do everywhere by their own roles: for all, or with what is their own.
fn beyond(entry: Option<&SubjectEntry>, found: Vec<(Permission, Scope)>) -> Vec<(Permission, Scope)> {
    let everywhere = |permission| match entry.and_then(|entry| entry.permissions.scope(permission)) {
        Some(Scope::Team) => Some(Scope::Own),
        scope => scope,
    };
    found.into_iter().filter(|(permission, scope)| everywhere(*permission) < Some(*scope)).collect()
}
