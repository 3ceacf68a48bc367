//! Directory connections: who makes one, and what one does.
//!
//! A connection lets people in with one role, suspends and restores people, and keeps groups; it does nothing else, whatever
//! the roles hold that it looks after. These say above whom it does not reach: it touches nobody with more authority than all of them
//! together, and never who holds the top role.
//!
//! It rests on whoever had its present secret made, who has seen it: what it gives they could give at that moment by hand, or
//! it is not given. What it takes is never asked about in this way, so that who is to leave is out whatever has become of
//! them.

use std::collections::BTreeSet;

use domain::id::{KeyId, PersonId};
use domain::key::{Key, KeyKind};
use domain::permission::{Permission, PermissionSet, Scope};
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::ceiling::at_least_as_high;
use crate::evaluate::{Answer, hidden, holds, own, shown};
use crate::operation::Operation;
use crate::permit::Target;
use crate::question::{Denial, Reason, Subject};
use crate::snapshot::{NEVER, Reach, Snapshot, SubjectEntry};

/// What a connection may do, as permissions. None of them goes with a role.
const OWN: [Permission; 4] =
    [Permission::MemberView, Permission::MemberAdd, Permission::MemberEdit, Permission::MemberRemove];

/// What a directory connection looks after.
#[derive(Debug)]
pub(crate) struct Tends {
    /// The role of those whom it lets in.
    pub(crate) gives: RoleId,
    /// The roles that it looks after besides.
    pub(crate) roles: BTreeSet<RoleId>,
    /// What these hold together: nobody who manages more is touched.
    authority: PermissionSet,
    /// The same in any team.
    pub(crate) in_teams: PermissionSet,
    /// Whether it has the role still with which it was made.
    has_role: bool,
    pub(crate) maker: Maker,
}

/// Who had a connection's present secret made.
#[derive(Debug)]
pub(crate) enum Maker {
    /// Somebody of the organization, with the key that they used, where it was one.
    Subject(Subject, Option<KeyId>),
    /// Whoever has the data folder in hand.
    Operator,
}

impl Maker {
    /// From how the journal names actors.
    pub(crate) fn named(actor: &str) -> Maker {
        let (subject, with) = actor.split_once('/').unwrap_or((actor, ""));
        Subject::parse(subject).map_or(Maker::Operator, |subject| Maker::Subject(subject, KeyId::parse(with).ok()))
    }
}

impl Snapshot {
    /// The subject that a directory connection is.
    pub(crate) fn directory(&self, key: &Key) -> Option<SubjectEntry> {
        let KeyKind::Directory { gives, tends } = &key.kind else { return None };
        let roles = key.kind.tended_roles().filter_map(|role| self.role_by_id(*role)).filter(|entry| !entry.role.top);
        let authority = roles.fold(PermissionSet::EMPTY, |all, entry| all.union(entry.set));
        let everywhere = authority.iter().filter(|(_, scope)| *scope == Scope::All);
        let in_teams = everywhere.map(|(permission, _)| permission).collect();
        let (has_role, maker) = (!key.suspended, Maker::named(&key.issued_by));
        let tends = Tends { gives: *gives, roles: tends.clone(), authority, in_teams, has_role, maker };
        let stopped = self.ending();
        let entry = self.holder(Subject::Key(key.id), None, Reach::Granted(Box::default()));
        let permissions = OWN.into_iter().collect();
        let ends_at = key.expires_at.unwrap_or(NEVER);
        Some(SubjectEntry { permissions, ends_at, stopped, tends: Some(Box::new(tends)), ..entry })
    }

    /// Whoever makes a connection, or gives one a new secret, sees the secret, and can do by it what it does. So they need
    /// for good what that takes, and must be able to give the roles that it gives and brings back.
    pub(crate) fn connect_directory(
        &self,
        entry: &SubjectEntry,
        (gives, tends): (&RoleId, &BTreeSet<RoleId>),
        target: Target,
    ) -> Answer {
        let answer = holds(entry, Permission::SecurityEdit, target)?;
        let lasting = entry.lasting();
        for permission in [Permission::MemberAdd, Permission::MemberEdit, Permission::MemberRemove] {
            holds(lasting, permission, target)?;
        }
        self.may_let_in(lasting, gives)?;
        tends.iter().try_for_each(|role| self.may_assign_role(lasting, Some(role)))?;
        Ok(answer)
    }

    /// The same about a connection that there is.
    pub(crate) fn renew_directory(&self, entry: &SubjectEntry, connection: Subject, target: Target) -> Answer {
        let known = self.subjects.find(connection.as_str()).and_then(|known| known.tends.as_ref());
        let tends = known.ok_or(hidden(Reason::NoSuchTarget))?;
        self.connect_directory(entry, (&tends.gives, &tends.roles), target)
    }

    /// Whether a connection does more than to deactivate: it has its role still, and whoever had its present secret made
    /// could make it at this moment.
    ///
    /// # Errors
    /// The denial of whatever else it is asked to do.
    // INVARIANT: held by `a_connection_does_nothing_that_whoever_makes_it_could_not_do` in tests/oracle.
    pub(crate) fn stands(&self, tends: &Tends, now: Timestamp) -> Result<(), Denial> {
        if !tends.has_role || self.role_by_id(tends.gives).is_none() {
            return Err(shown(Reason::Suspended));
        }
        let made = |entry: &SubjectEntry| {
            self.connect_directory(entry, (&tends.gives, &tends.roles), Target::Organization).map(|_| ())
        };
        match self.by_maker(&tends.maker, now, made) {
            true => Ok(()),
            false => Err(shown(Reason::MakerBelow)),
        }
    }

    /// Whether whoever had a secret made may do something at this moment; where it was an agent for somebody, both.
    pub(crate) fn by_maker(
        &self,
        maker: &Maker,
        now: Timestamp,
        may: impl Fn(&SubjectEntry) -> Result<(), Denial>,
    ) -> bool {
        let Maker::Subject(subject, with) = maker else { return true };
        let may = |subject: Subject| self.subject_at(subject.as_str(), now).and_then(&may).is_ok();
        let principal = match subject {
            Subject::Member(_) | Subject::Key(_) => return may(*subject),
            // For whom it acted is known by its key alone.
            Subject::Agent(_) => with.and_then(|key| self.key(key)).map(|key| key.acting_for),
        };
        let for_whom = |person: Option<PersonId>| person.is_none_or(|person| may(Subject::Member(person)));
        principal.is_some_and(for_whom) && may(*subject)
    }

    /// Why a connection only deactivates at this moment, where it does no more.
    #[must_use]
    pub fn only_deactivates(&self, connection: KeyId, now: Timestamp) -> Option<Reason> {
        let tends = self.subject(connection.as_str(), now)?.tends.as_ref()?;
        self.stands(tends, now).err().map(|denial| denial.reason)
    }

    /// What a connection may do. What is not named here it may not.
    pub(crate) fn operate_as_directory(
        &self,
        (entry, tends): (&SubjectEntry, &Tends),
        operation: Operation<'_>,
        now: Timestamp,
    ) -> Answer {
        match operation {
            Operation::ViewOrganization => own(Permission::OrganizationView, Target::Organization),
            Operation::ViewMembers => holds(entry, Permission::MemberView, Target::Organization),
            Operation::AddMember { role } if *role == tends.gives => {
                let answer = holds(entry, Permission::MemberAdd, Target::Organization)?;
                self.stands(tends, now)?;
                self.lets_newcomers_in(tends)?;
                Ok(answer)
            }
            // A name that everybody sees is power over somebody, too.
            Operation::EditMember { member, seat: false } => {
                let answer = holds(entry, Permission::MemberEdit, Target::Member(member))?;
                self.is_tended(tends, member, now)?;
                self.stands(tends, now)?;
                Ok(answer)
            }
            Operation::SuspendMember { member } => {
                let answer = holds(entry, Permission::MemberRemove, Target::Member(member))?;
                self.is_tended(tends, member, now)?;
                Ok(answer)
            }
            // Whom a person suspended a person restores: a directory that says once more who is active decides nothing there.
            Operation::RestoreMember { member } => {
                let answer = holds(entry, Permission::MemberRemove, Target::Suspended(member))?;
                let other = self.is_tended(tends, member, now)?;
                if other.stopped.is_some() && !other.by_directory {
                    return Err(shown(Reason::SuspendedByHand));
                }
                self.stands(tends, now)?;
                self.wakes_no_more_than(tends, member, now)?;
                Ok(answer)
            }
            // What it gives by them stands in `groups`.
            _ => self.keep_groups(entry, operation, now),
        }
    }

    /// Whether the role that a connection gives, and the place in the team of newcomers that goes with it, lie within what
    /// it looks after.
    fn lets_newcomers_in(&self, tends: &Tends) -> Result<(), Denial> {
        if self.role_by_id(tends.gives).is_none_or(|entry| entry.role.top) {
            return Err(shown(Reason::OnlyOwners));
        }
        let settings = &self.settings;
        let newcomers = settings.join_default_team.and(settings.join_default_team_role);
        let given = newcomers.map_or(PermissionSet::EMPTY, |role| self.set_of_role(role));
        match given.management().first_beyond(tends.in_teams) {
            Some(lacking) => Err(shown(Reason::BeyondOwn(lacking))),
            None => Ok(()),
        }
    }

    /// Whether the agents that work again with a member manage no more than what a connection looks after. They may have
    /// been given more while they stood still.
    fn wakes_no_more_than(&self, tends: &Tends, member: PersonId, now: Timestamp) -> Result<(), Denial> {
        let woken = self.woken_with(member, now).filter_map(|agent| self.subject(agent.as_str(), now));
        let beyond = woken.filter_map(|agent| agent.permissions.management().first_beyond(tends.authority)).next();
        beyond.map_or(Ok(()), |lacking| Err(shown(Reason::BeyondOwn(lacking))))
    }

    /// A member whom a connection may suspend, and restore.
    pub(crate) fn is_tended(&self, tends: &Tends, member: PersonId, now: Timestamp) -> Result<&SubjectEntry, Denial> {
        let other = self.subject(member.as_str(), now).ok_or(hidden(Reason::NoSuchTarget))?;
        if self.is_top(other) {
            return Err(shown(Reason::OnlyOwners));
        }
        at_least_as_high(tends.authority, other.permissions)?;
        other.teams.iter().try_for_each(|(_, role)| {
            let there = self.role(*role).map_or(PermissionSet::EMPTY, |role| role.set);
            at_least_as_high(tends.in_teams, there)
        })?;
        Ok(other)
    }
}
