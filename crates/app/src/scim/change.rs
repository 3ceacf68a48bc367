//! Change what a directory calls somebody, and whether they are active.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::member::{Member, MemberDetail};
use domain::organization::Organization;
use journal::{DirectoryUser, Fact};
use verdict::Operation;

use super::provision::taken;
use super::{DirectoryName, DirectoryUserView, NAME_LENGTH_MAX, joined, optional, user_name};
use crate::change::Along;
use crate::{App, Caller, Problem};

/// What changes about somebody; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct DirectoryUserChange {
    /// The name by which the directory knows them.
    pub user_name: Option<String>,
    /// The directory's own id of them; nothing in it where there is none any more.
    pub external_id: Option<Option<String>>,
    /// What they are called.
    pub name: DirectoryName,
    /// Whether the membership is in force.
    pub active: Option<bool>,
}

impl App {
    /// Changes somebody as a directory says. Whoever is active no longer has lost every right when this returns. The address
    /// by which they sign in is theirs, and never changed from here.
    ///
    /// # Errors
    /// [`Problem::Denied`] for somebody whom the connection does not look after, or whom a person suspended;
    /// [`Problem::Missing`] for nobody.
    pub async fn change_directory_user(
        &self,
        caller: &Caller,
        id: &str,
        change: DirectoryUserChange,
    ) -> Result<DirectoryUserView, Problem> {
        // What a directory calls people changes in turn, so that nobody decides by what another has changed since.
        let _directory = self.inner.directory.lock().await;
        let view = self.show_directory_user(caller, id).await?;
        let member = self.seen_member(caller, view.person).await?.ok_or_else(|| Problem::missing("user"))?;
        self.make_change(caller, (member, view.user(caller)), change.checked()?).await?;
        self.show_directory_user(caller, id).await
    }

    /// Takes every right of somebody who is active no longer, and nothing else; what else is said of them is asked after it.
    ///
    /// # Errors
    /// As [`App::change_directory_user`].
    pub async fn deactivate_directory_user(&self, caller: &Caller, id: &str) -> Result<(), Problem> {
        let view = self.show_directory_user(caller, id).await?;
        self.suspend_for_directory(caller, view.person, Vec::new()).await
    }

    /// Who is to do nothing any more does nothing first; who is to be there again is there last.
    pub(super) async fn make_change(
        &self,
        caller: &Caller,
        (member, called): (Member, DirectoryUser),
        change: DirectoryUserChange,
    ) -> Result<(), Problem> {
        let person = member.person;
        let (facts, details) = self.details(caller, &member, (called, &change)).await?;
        if change.active == Some(false) {
            self.suspend_for_directory(caller, person, Vec::new()).await?;
        }
        if !details.is_empty() {
            let command = |_: &Organization| Ok(Command::EditMember { person, details: details.clone() });
            let operation = Operation::EditMember { member: person, seat: false };
            self.change(caller, operation, command, Along { facts, directory: None }).await?;
        }
        // Whoever is active is not asked about: a directory says so with every change, also of people above it.
        let is_active = || async { caller.live.state.lock().await.active_member(person).is_some() };
        if change.active == Some(true) && !is_active().await {
            let command = |_: &Organization| Ok(Command::RestoreMember { person });
            let operation = Operation::RestoreMember { member: person };
            self.change(caller, operation, command, Along::default()).await?;
        }
        Ok(())
    }

    /// What changes of what somebody is called: the rows, and the names of what changes.
    async fn details(
        &self,
        caller: &Caller,
        member: &Member,
        (called, change): (DirectoryUser, &DirectoryUserChange),
    ) -> Result<(Vec<Fact>, BTreeSet<MemberDetail>), Problem> {
        let (org, person) = (caller.live.org(), member.person);
        let known = self.inner.journal.directory_users(org, &[person]).await?.pop();
        let DirectoryName { whole, given, family } = &change.name;
        let next = DirectoryUser {
            user_name: change.user_name.clone().unwrap_or_else(|| called.user_name.clone()),
            external_id: change.external_id.clone().unwrap_or_else(|| called.external_id.clone()),
            given_name: given.clone().unwrap_or_else(|| called.given_name.clone()),
            family_name: family.clone().unwrap_or_else(|| called.family_name.clone()),
            ..called.clone()
        };
        if let Some(name) = &change.user_name
            && self.person_called(caller, name).await?.is_some_and(|other| other != person)
        {
            return Err(taken());
        }
        let parts = || joined(next.given_name.as_deref(), next.family_name.as_deref());
        let name = whole.clone().or_else(|| (given.is_some() || family.is_some()).then(parts).flatten());
        let (mut facts, mut details) = (Vec::new(), BTreeSet::new());
        let shown = self.people(org, &[person]).await?.remove(&person);
        if let (Some(name), Some(shown)) = (name, shown)
            && shown.name != name
        {
            facts.push(Fact::Called { org, person, email: shown.email, name });
            details.insert(MemberDetail::Name);
        }
        if *known.as_ref().unwrap_or(&called) != next {
            facts.push(Fact::DirectoryUser(Box::new(next)));
            details.insert(MemberDetail::Directory);
        }
        Ok((facts, details))
    }
}

impl DirectoryUserChange {
    fn checked(self) -> Result<DirectoryUserChange, Problem> {
        let external_id = match self.external_id {
            Some(external_id) => Some(optional("externalId", external_id, NAME_LENGTH_MAX)?),
            None => None,
        };
        let user_name = self.user_name.as_deref().map(user_name).transpose()?;
        Ok(DirectoryUserChange { user_name, external_id, name: self.name.checked()?, active: self.active })
    }
}
