//! See the members as a company directory sees them.
//!
//! Everybody who is a member is there, also those whom the directory did not let in: so it finds whom it knows, and takes
//! them over. Whom it deleted, and who is suspended since, is not.

use std::collections::{HashMap, HashSet};

use domain::id::{GroupId, PersonId};
use domain::member::Member;
use domain::time::Timestamp;
use journal::DirectoryUser;
use verdict::Operation;

use crate::directory::ERASED;
use crate::{App, Caller, Problem};

/// A member as a directory sees them.
#[derive(Clone, Debug)]
pub struct DirectoryUserView {
    /// The person.
    pub person: PersonId,
    /// The name by which the directory knows them; their address, where it gave them none, and their id where it is not
    /// known to be theirs.
    pub user_name: String,
    /// The directory's own id of them.
    pub external_id: Option<String>,
    /// The name that they are shown under here.
    pub name: String,
    /// Their given name, as the directory has it.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
    /// Their address, where it is known to be theirs.
    pub email: Option<String>,
    /// Whether the membership is in force.
    pub is_active: bool,
    /// When they joined.
    pub joined_at: Timestamp,
    /// The directory's groups that they are in, with their names.
    pub groups: Vec<(GroupId, String)>,
}

/// Who is looked for.
#[derive(Clone, Copy, Debug)]
pub enum FindUsers<'q> {
    /// The member with this id.
    Id(&'q str),
    /// The one with this name, whatever its case.
    UserName(&'q str),
    /// Those with this id in the directory.
    ExternalId(&'q str),
}

impl App {
    /// A page of the members in the order of their ids, after as many as are said, and how many there are.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the connection does nothing at present.
    pub async fn directory_users(
        &self,
        caller: &Caller,
        after: usize,
        count: usize,
    ) -> Result<(usize, Vec<DirectoryUserView>), Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewMembers).await?;
        let deleted = self.inner.journal.directory_users_deleted(caller.live.org()).await?;
        let deleted: HashSet<PersonId> = deleted.into_iter().collect();
        let (total, page): (usize, Vec<Member>) = {
            let state = caller.live.state.lock().await;
            let seen = || state.members.values().filter(|member| is_seen(member, deleted.contains(&member.person)));
            (seen().count(), seen().skip(after).take(count).cloned().collect())
        };
        Ok((total, self.directory_views(caller, page).await?))
    }

    /// The members that are looked for.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the connection does nothing at present.
    pub async fn find_directory_users(
        &self,
        caller: &Caller,
        find: FindUsers<'_>,
    ) -> Result<Vec<DirectoryUserView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewMembers).await?;
        let people: Vec<PersonId> = match find {
            FindUsers::Id(id) => PersonId::parse(id).into_iter().collect(),
            FindUsers::UserName(name) => self.person_called(caller, name).await?.into_iter().collect(),
            FindUsers::ExternalId(id) => {
                let found = self.inner.journal.directory_users_with(caller.live.org(), id).await?;
                found.into_iter().map(|user| user.person).collect()
            }
        };
        let mut found = Vec::new();
        for person in people {
            found.extend(self.seen_member(caller, person).await?);
        }
        self.directory_views(caller, found).await
    }

    /// One member.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none with this id, or none whom the directory sees.
    pub async fn show_directory_user(&self, caller: &Caller, id: &str) -> Result<DirectoryUserView, Problem> {
        let found = self.find_directory_users(caller, FindUsers::Id(id)).await?.pop();
        found.ok_or_else(|| Problem::missing("user"))
    }

    /// The member whom the directory knows by this name: one to whom it gave the name, or one to whom it gave none and whose
    /// address it is.
    pub(super) async fn person_called(&self, caller: &Caller, name: &str) -> Result<Option<PersonId>, Problem> {
        let org = caller.live.org();
        if let Some(user) = self.inner.journal.directory_user_named(org, name).await?
            && self.seen_member(caller, user.person).await?.is_some()
        {
            return Ok(Some(user.person));
        }
        // Who joined by a link under this address has not shown that it is theirs, and is not whom the directory means.
        let Some(person) = self.person_at(name).await? else { return Ok(None) };
        let is_unnamed = self.inner.journal.directory_users(org, &[person]).await?.is_empty();
        Ok(if is_unnamed { self.seen_member(caller, person).await?.map(|member| member.person) } else { None })
    }

    /// A member whom the directory sees.
    pub(super) async fn seen_member(&self, caller: &Caller, person: PersonId) -> Result<Option<Member>, Problem> {
        let Some(member) = caller.live.state.lock().await.member(person).cloned() else { return Ok(None) };
        let called = self.inner.journal.directory_users(caller.live.org(), &[person]).await?;
        Ok(Some(member).filter(|member| is_seen(member, called.iter().any(|user| user.is_deleted))))
    }

    async fn directory_views(&self, caller: &Caller, members: Vec<Member>) -> Result<Vec<DirectoryUserView>, Problem> {
        let ids: Vec<PersonId> = members.iter().map(|member| member.person).collect();
        let org = caller.live.org();
        let people = self.people(org, &ids).await?;
        let called = self.inner.journal.directory_users(org, &ids).await?;
        let mut called: HashMap<PersonId, DirectoryUser> = called.into_iter().map(|user| (user.person, user)).collect();
        let mut groups = self.groups_of_users(caller, &ids).await?;
        let view = |member: Member| {
            let person = people.get(&member.person);
            let email = person.filter(|person| person.is_address_theirs).map(|person| person.email.clone());
            let known = called.remove(&member.person);
            let (user_name, external_id, given_name, family_name) = match known {
                Some(user) => (user.user_name, user.external_id, user.given_name, user.family_name),
                None => (email.clone().unwrap_or_else(|| member.person.to_string()), None, None, None),
            };
            DirectoryUserView {
                person: member.person,
                user_name,
                external_id,
                name: person.map_or_else(|| ERASED.to_owned(), |person| person.name.clone()),
                given_name,
                family_name,
                email,
                is_active: member.is_active(),
                joined_at: member.joined_at,
                groups: groups.remove(&member.person).unwrap_or_default(),
            }
        };
        Ok(members.into_iter().map(view).collect())
    }
}

/// Whether a member is somebody to the directory, which may have deleted them.
fn is_seen(member: &Member, is_deleted: bool) -> bool {
    member.is_here() && (member.is_active() || !is_deleted)
}
