//! The groups of a company directory, as it keeps them: what they are called and who is in them.
//!
//! What a group gives is decided here and not there (`mapping`). Whoever leaves is out first, whatever is wrong with those
//! who join.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::command::Command;
use domain::group::{Except, Group};
use domain::id::{GroupId, KeyId, PersonId};
use domain::organization::Organization;
use domain::refusal::Refusal;
use journal::{DirectoryGroup, Fact};
use verdict::{Operation, Subject};

use super::{NAME_LENGTH_MAX, optional};
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};

/// A group as its directory sees it.
#[derive(Clone, Debug)]
pub struct DirectoryGroupView {
    /// Its id.
    pub group: GroupId,
    /// Its name in the directory.
    pub name: String,
    /// The directory's own id of it.
    pub external_id: Option<String>,
    /// Who is in it, and what they are called.
    pub members: Vec<(PersonId, String)>,
}

/// A group to be had.
#[derive(Clone, Debug)]
pub struct NewDirectoryGroup {
    /// Its name in the directory.
    pub name: String,
    /// The directory's own id of it.
    pub external_id: Option<String>,
    /// Who is in it, by id.
    pub members: Vec<String>,
}

/// What changes about a group; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct DirectoryGroupChange {
    /// Its name in the directory.
    pub name: Option<String>,
    /// The directory's own id of it; nothing in it where there is none any more.
    pub external_id: Option<Option<String>>,
    /// Who joins and leaves, one after the other.
    pub members: Vec<MembersChange>,
}

/// Who joins or leaves a group, by id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MembersChange {
    /// These join.
    Join(Vec<String>),
    /// These leave.
    Leave(Vec<String>),
    /// These are in it from now on, and nobody else.
    Only(Vec<String>),
}

/// Which groups are looked for: those of which all of this is true.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FindGroups {
    /// Its id.
    pub id: Option<String>,
    /// Its name, whatever the case of the letters a to z.
    pub name: Option<String>,
    /// The directory's own id of it.
    pub external_id: Option<String>,
    /// Somebody who is in it.
    pub member: Option<String>,
}

impl App {
    /// A page of the groups that are looked for, in the order of their ids, and how many there are.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the connection does nothing at present.
    pub async fn directory_groups(
        &self,
        caller: &Caller,
        find: &FindGroups,
        (after, count): (usize, usize),
    ) -> Result<(usize, Vec<DirectoryGroupView>), Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewMembers).await?;
        let org = caller.live.org();
        let called = self.inner.journal.directory_groups(org).await?;
        let called: HashMap<GroupId, DirectoryGroup> = called.into_iter().map(|row| (row.group, row)).collect();
        let found: Vec<Group> = {
            let state = caller.live.state.lock().await;
            let kept = state.groups.values().filter(|group| Subject::Key(group.connection) == caller.actor.subject);
            kept.filter(|group| find.means(group, called.get(&group.id))).cloned().collect()
        };
        let total = found.len();
        let page: Vec<Group> = found.into_iter().skip(after).take(count).collect();
        let people: BTreeSet<PersonId> = page.iter().flat_map(|group| &group.members).copied().collect();
        let people: Vec<PersonId> = people.into_iter().collect();
        let names = self.people(org, &people).await?;
        let deleted = self.inner.journal.directory_users_deleted(org).await?;
        let deleted: HashSet<PersonId> = deleted.into_iter().collect();
        let unseen: HashSet<PersonId> = {
            let state = caller.live.state.lock().await;
            deleted.into_iter().filter(|person| state.active_member(*person).is_none()).collect()
        };
        let view = |group: Group| {
            let row = called.get(&group.id);
            let name = |person: &PersonId| names.get(person).map(|known| known.name.clone()).unwrap_or_default();
            let seen = group.members.iter().filter(|person| !unseen.contains(*person));
            DirectoryGroupView {
                group: group.id,
                name: row.map_or_else(|| group.id.to_string(), |row| row.display_name.clone()),
                external_id: row.and_then(|row| row.external_id.clone()),
                members: seen.map(|person| (*person, name(person))).collect(),
            }
        };
        Ok((total, page.into_iter().map(view).collect()))
    }

    /// One group.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the directory has none with this id.
    pub async fn show_directory_group(&self, caller: &Caller, id: &str) -> Result<DirectoryGroupView, Problem> {
        let find = FindGroups { id: Some(id.to_owned()), ..FindGroups::default() };
        self.directory_groups(caller, &find, (0, 1)).await?.1.pop().ok_or_else(|| Problem::missing("group"))
    }

    /// Takes a group over from a directory. It gives nothing until somebody here says so.
    ///
    /// # Errors
    /// [`Problem::Refused`] with the code `group-taken` where the directory has a group of that id here already.
    pub async fn create_directory_group(
        &self,
        caller: &Caller,
        new: NewDirectoryGroup,
    ) -> Result<DirectoryGroupView, Problem> {
        let Subject::Key(connection) = caller.actor.subject else { return Err(Problem::missing("directory")) };
        let external_id = optional("externalId", new.external_id, NAME_LENGTH_MAX)?;
        let display_name = one_line("displayName", &new.name, NAME_LENGTH_MAX)?;
        let (org, group) = (caller.live.org(), GroupId::from_random(self.random()?));
        let _directory = self.inner.directory.lock().await;
        if external_id.is_some() {
            let find = FindGroups { external_id: external_id.clone(), ..FindGroups::default() };
            if self.directory_groups(caller, &find, (0, 1)).await?.0 > 0 {
                let message = "a group with this externalId is here already; find it by that, and change it";
                return Err(Refusal::field("group-taken", "externalId", message).into());
            }
        }
        let joined = self.joiners(caller, &new.members).await?;
        let facts = vec![Fact::DirectoryGroup(Box::new(DirectoryGroup { org, group, display_name, external_id }))];
        let command = |_: &Organization| Ok(Command::CreateGroup { group, connection });
        let along = Along { facts, directory: None };
        self.change(caller, Operation::CreateGroup { group }, command, along).await?;
        self.change_members(caller, (connection, group), joined, true).await?;
        self.show_directory_group(caller, group.as_str()).await
    }

    /// Changes a group as its directory says. Whoever is in it no longer has lost what it gave when this returns.
    ///
    /// # Errors
    /// [`Problem::Denied`] where people join a group that gives what it could not be given to give any more.
    pub async fn change_directory_group(
        &self,
        caller: &Caller,
        id: &str,
        change: DirectoryGroupChange,
    ) -> Result<DirectoryGroupView, Problem> {
        let _directory = self.inner.directory.lock().await;
        let view = self.show_directory_group(caller, id).await?;
        let (org, group) = (caller.live.org(), view.group);
        let Subject::Key(connection) = caller.actor.subject else { return Err(Problem::missing("directory")) };
        let present = {
            let state = caller.live.state.lock().await;
            state.groups.get(&group).map(|group| group.members.clone()).unwrap_or_default()
        };
        let wanted = change.members.iter().fold(named(&present), MembersChange::applied);
        let left: BTreeSet<PersonId> =
            present.iter().filter(|person| !wanted.contains(person.as_str())).copied().collect();
        self.change_members(caller, (connection, group), left, false).await?;
        let name = change.name.as_deref().map(|name| one_line("displayName", name, NAME_LENGTH_MAX)).transpose()?;
        let external_id = match change.external_id {
            Some(external_id) => optional("externalId", external_id, NAME_LENGTH_MAX)?,
            None => view.external_id.clone(),
        };
        let display_name = name.unwrap_or_else(|| view.name.clone());
        if (&display_name, &external_id) != (&view.name, &view.external_id) {
            let facts = vec![Fact::DirectoryGroup(Box::new(DirectoryGroup { org, group, display_name, external_id }))];
            let command = |_: &Organization| {
                let (joined, left, except) = (BTreeSet::new(), BTreeSet::new(), Box::default());
                Ok(Command::ChangeGroup { group, joined, left, edited: true, except })
            };
            let along = Along { facts, directory: None };
            self.change(caller, Operation::KeepGroup { group, adds: false }, command, along).await?;
        }
        let new: Vec<String> = wanted.difference(&named(&present)).cloned().collect();
        let joined = self.joiners(caller, &new).await?;
        self.change_members(caller, (connection, group), joined, true).await?;
        self.show_directory_group(caller, id).await
    }

    /// Drops a group. Whoever was in it has lost what it gave when this returns.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the directory has none with this id.
    pub async fn delete_directory_group(&self, caller: &Caller, id: &str) -> Result<(), Problem> {
        let _directory = self.inner.directory.lock().await;
        let group = self.show_directory_group(caller, id).await?.group;
        let command = |state: &Organization| {
            let known = state.groups.get(&group);
            let except = known.map(|known| self.except(caller, (state, known.connection), &known.members));
            Ok(Command::DeleteGroup { group, except: Box::new(except.unwrap_or_default()) })
        };
        let along = Along { facts: vec![Fact::DropDirectoryGroup { org: caller.live.org(), group }], directory: None };
        self.change(caller, Operation::KeepGroup { group, adds: false }, command, along).await.map(|_| ())
    }

    async fn change_members(
        &self,
        caller: &Caller,
        (connection, group): (KeyId, GroupId),
        people: BTreeSet<PersonId>,
        adds: bool,
    ) -> Result<(), Problem> {
        if people.is_empty() {
            return Ok(());
        }
        let command = |state: &Organization| {
            let except = Box::new(self.except(caller, (state, connection), &people));
            let (joined, left) =
                if adds { (people.clone(), BTreeSet::new()) } else { (BTreeSet::new(), people.clone()) };
            Ok(Command::ChangeGroup { group, joined, left, edited: false, except })
        };
        self.change(caller, Operation::KeepGroup { group, adds }, command, Along::default()).await.map(|_| ())
    }

    /// To whom the groups of a connection give nothing at this moment, and which of them give nothing, as the engine says.
    pub(super) fn except(
        &self,
        caller: &Caller,
        (state, connection): (&Organization, KeyId),
        people: &BTreeSet<PersonId>,
    ) -> Except {
        let (snapshot, now) = (caller.live.snapshot(), self.now());
        let kept = state.groups.values().filter(|group| group.connection == connection);
        let stopped = kept.filter(|group| snapshot.mapping_stopped(group.id, now).is_some());
        let beyond = people.iter().filter(|person| !snapshot.looks_after(connection, **person, now));
        Except { people: beyond.copied().collect(), groups: stopped.map(|group| group.id).collect() }
    }

    /// Those who join, who must be there.
    async fn joiners(&self, caller: &Caller, ids: &[String]) -> Result<BTreeSet<PersonId>, Problem> {
        let state = caller.live.state.lock().await;
        let member = |id: &String| {
            let known = PersonId::parse(id).ok().filter(|person| state.member(*person).is_some());
            let message = "there is no user with the id that is named; let them in first, and name users alone";
            known.ok_or_else(|| Problem::invalid("members", message))
        };
        ids.iter().map(member).collect()
    }

    /// The groups of the caller's connection in which people are, by person.
    pub(super) async fn groups_of_users(
        &self,
        caller: &Caller,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, Vec<(GroupId, String)>>, Problem> {
        let called = self.inner.journal.directory_groups(caller.live.org()).await?;
        if called.is_empty() {
            return Ok(HashMap::new());
        }
        let names: BTreeMap<GroupId, String> = called.into_iter().map(|row| (row.group, row.display_name)).collect();
        let state = caller.live.state.lock().await;
        let mut found: HashMap<PersonId, Vec<(GroupId, String)>> = HashMap::new();
        for group in state.groups.values().filter(|group| Subject::Key(group.connection) == caller.actor.subject) {
            let name = names.get(&group.id).cloned().unwrap_or_default();
            for person in people.iter().filter(|person| group.members.contains(*person)) {
                found.entry(*person).or_default().push((group.id, name.clone()));
            }
        }
        Ok(found)
    }
}

impl FindGroups {
    fn means(&self, group: &Group, called: Option<&DirectoryGroup>) -> bool {
        let name = |name: &String| called.is_some_and(|row| row.display_name.eq_ignore_ascii_case(name));
        let external = |id: &String| called.is_some_and(|row| row.external_id.as_ref() == Some(id));
        let member = |id: &String| PersonId::parse(id).is_ok_and(|person| group.members.contains(&person));
        self.id.as_ref().is_none_or(|id| group.id.as_str() == id)
            && self.name.as_ref().is_none_or(name)
            && self.external_id.as_ref().is_none_or(external)
            && self.member.as_ref().is_none_or(member)
    }
}

fn named(people: &BTreeSet<PersonId>) -> BTreeSet<String> {
    people.iter().map(ToString::to_string).collect()
}

impl MembersChange {
    /// Who is in a group after it.
    fn applied(mut present: BTreeSet<String>, change: &MembersChange) -> BTreeSet<String> {
        match change {
            MembersChange::Join(these) => present.extend(these.iter().cloned()),
            MembersChange::Leave(these) => present.retain(|one| !these.contains(one)),
            MembersChange::Only(these) => present = these.iter().cloned().collect(),
        }
        present
    }
}
