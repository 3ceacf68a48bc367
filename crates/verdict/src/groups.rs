//! Directory groups: who says what one gives, and what the connection does with it.
//!
//! What a group gives rests on two: on whoever mapped it, and on whoever had the present secret of its connection made, since
//! who knows the secret says who is in the group. Both could give it by hand at that moment, or nothing is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::{GroupId, KeyId, PersonId, TeamId};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::ceiling::at_least_as_high;
use crate::directory::{Maker, Tends};
use crate::evaluate::{Answer, hidden, holds, own, shown};
use crate::operation::Operation;
use crate::permit::Target;
use crate::question::{Denial, Reason, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

/// A directory group, as far as it decides about something.
#[derive(Debug)]
pub(crate) struct GroupEntry {
    connection: KeyId,
    /// The teams that it gives, and the role there.
    teams: BTreeMap<TeamId, RoleId>,
    /// Who decided that.
    by: Maker,
}

/// Every group of an organization.
pub(crate) type Groups = Arc<BTreeMap<GroupId, GroupEntry>>;

pub(crate) fn groups_of(state: &Organization) -> Groups {
    let entry = |(id, group): (&GroupId, &domain::group::Group)| {
        let (teams, by) = match &group.mapping {
            Some(mapping) => (mapping.teams.clone(), Maker::named(&mapping.by)),
            None => (BTreeMap::new(), Maker::Operator),
        };
        (*id, GroupEntry { connection: group.connection, teams, by })
    };
    Arc::new(state.groups.iter().map(entry).collect())
}

impl Snapshot {
    /// Whoever decides about security says what a group gives: no more than they could give by hand, for good, nor than its
    /// connection looks after, nor than whoever knows its secret could give.
    pub(crate) fn map_group(
        &self,
        entry: &SubjectEntry,
        (group, teams): (GroupId, &BTreeMap<TeamId, RoleId>),
        now: Timestamp,
    ) -> Answer {
        let target = Target::Group(group);
        let or_hidden = |denial| Denial { hidden: true, ..denial };
        let known = self.groups.get(&group).ok_or(hidden(Reason::NoSuchTarget))?;
        let (_, basis) = holds(entry, Permission::SecurityEdit, target).map_err(or_hidden)?;
        self.may_map(entry, teams)?;
        // Whom it put somewhere leaves when it does not do so any more.
        for (team, role) in &known.teams {
            self.in_team(entry, Permission::TeamMembers, *team, target)?;
            at_least_as_high(self.authority_in_team(entry, *team), self.set_of_role(*role))?;
        }
        if !teams.is_empty() {
            let tends = self.tends_of(known.connection, now).ok_or(hidden(Reason::NoSuchTarget))?;
            self.may_give_by(tends, teams, now)?;
        }
        let (act, _) = own(Permission::TeamMembers, target)?;
        Ok((act, basis))
    }

    /// What a connection does with groups: it has its own, says who is in them, and drops them. Somebody joins one that
    /// gives something only while that could be given; to leave one is never asked about.
    pub(crate) fn keep_groups(&self, entry: &SubjectEntry, operation: Operation<'_>, now: Timestamp) -> Answer {
        let (group, adds) = match operation {
            Operation::CreateGroup { group } => return own(Permission::TeamMembers, Target::Group(group)),
            Operation::KeepGroup { group, adds } => (group, adds),
            _ => return Err(shown(Reason::DirectoryOnly)),
        };
        let known = self.groups.get(&group).filter(|known| Subject::Key(known.connection) == entry.subject);
        let known = known.ok_or(hidden(Reason::NoSuchTarget))?;
        if adds {
            self.mapping_holds(known, now)?;
        }
        own(Permission::TeamMembers, Target::Group(group))
    }

    /// Why a group gives nothing more at this moment, where it is mapped to something.
    #[must_use]
    pub fn mapping_stopped(&self, group: GroupId, now: Timestamp) -> Option<Reason> {
        self.mapping_holds(self.groups.get(&group)?, now).err().map(|denial| denial.reason)
    }

    /// Whether a connection looks after a person: to everybody else its groups give nothing.
    #[must_use]
    pub fn looks_after(&self, connection: KeyId, person: PersonId, now: Timestamp) -> bool {
        self.tends_of(connection, now).is_some_and(|tends| self.is_tended(tends, person, now).is_ok())
    }

    fn tends_of(&self, connection: KeyId, now: Timestamp) -> Option<&Tends> {
        self.subject(connection.as_str(), now)?.tends.as_deref()
    }

    // INVARIANT: held by `a_group_gives_nothing_that_who_mapped_it_and_who_made_its_connection_could_not` in tests/oracle.
    fn mapping_holds(&self, group: &GroupEntry, now: Timestamp) -> Result<(), Denial> {
        if group.teams.is_empty() {
            return Ok(());
        }
        let tends = self.tends_of(group.connection, now).ok_or(shown(Reason::NoSuchTarget))?;
        self.may_give_by(tends, &group.teams, now)?;
        match self.by_maker(&group.by, now, |entry| self.may_map(entry, &group.teams)) {
            true => Ok(()),
            false => Err(shown(Reason::MapperBelow)),
        }
    }

    /// Whether a connection may give these places: it stands, none of them manages more than it looks after, and whoever had
    /// its secret made could give them.
    fn may_give_by(&self, tends: &Tends, teams: &BTreeMap<TeamId, RoleId>, now: Timestamp) -> Result<(), Denial> {
        self.stands(tends, now)?;
        let beyond = |role: &RoleId| self.set_of_role(*role).management().first_beyond(tends.in_teams);
        if let Some(lacking) = teams.values().find_map(beyond) {
            return Err(shown(Reason::AboveConnection(lacking)));
        }
        match self.by_maker(&tends.maker, now, |entry| self.may_map(entry, teams)) {
            true => Ok(()),
            false => Err(shown(Reason::MakerBelow)),
        }
    }

    /// Whether somebody could give anybody these places by hand, for good, whatever place they have there.
    fn may_map(&self, entry: &SubjectEntry, teams: &BTreeMap<TeamId, RoleId>) -> Result<(), Denial> {
        holds(entry, Permission::SecurityEdit, Target::Organization)?;
        let lasting = entry.lasting();
        for (team, role) in teams {
            for permission in [Permission::TeamMembers, Permission::TeamRoles] {
                self.in_team(lasting, permission, *team, Target::Team(*team))?;
            }
            self.may_give_in_team(entry, *team, self.set_of_role(*role))?;
        }
        Ok(())
    }
}
