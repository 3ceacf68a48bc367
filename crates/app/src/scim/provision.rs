//! Let somebody in as a directory says, and let them do nothing any more as it deletes them.

use domain::command::Command;
use domain::directory::DirectoryEvent;
use domain::id::PersonId;
use domain::key::KeyKind;
use domain::member::Member;
use domain::organization::Organization;
use domain::refusal::Refusal;
use domain::role::RoleId;
use journal::{DirectoryUser, Fact};
use verdict::{Operation, Subject};

use super::{
    DirectoryName, DirectoryUserChange, DirectoryUserView, NAME_LENGTH_MAX, PART_LENGTH_MAX, joined, optional,
    user_name,
};
use crate::change::Along;
use crate::directory::email;
use crate::{App, Caller, Problem};

/// Somebody to be let in.
#[derive(Clone, Debug)]
pub struct NewDirectoryUser {
    /// The name by which the directory knows them.
    pub user_name: String,
    /// The directory's own id of them.
    pub external_id: Option<String>,
    /// What they are called.
    pub name: DirectoryName,
    /// Their address; the directory's name for them, where that is one.
    pub email: Option<String>,
    /// Whether the membership is to be in force.
    pub active: bool,
}

/// The same, when it was found to be sound.
struct Wanted {
    user_name: String,
    external_id: Option<String>,
    name: DirectoryName,
    email: String,
    active: bool,
}

impl App {
    /// Lets somebody in with the role that the connection gives. Whom the directory had deleted is restored, with what they
    /// had.
    ///
    /// # Errors
    /// [`Problem::Refused`] with the code `user-name-taken` for somebody who is there already.
    pub async fn provision(&self, caller: &Caller, new: NewDirectoryUser) -> Result<DirectoryUserView, Problem> {
        let wanted = new.checked()?;
        let operation = Operation::AddMember { role: &self.gives(caller).await? };
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, operation).await?;
        // Names are taken once, so that who looks for them lets somebody in before the next one looks.
        let _directory = self.inner.directory.lock().await;
        if self.person_called(caller, &wanted.user_name).await?.is_some() {
            return Err(taken());
        }
        let named = self.inner.journal.directory_user_named(caller.live.org(), &wanted.user_name).await?;
        let known = self.person_at(&wanted.email).await?;
        let here = match known.or_else(|| named.filter(|user| wanted.is(user)).map(|user| user.person)) {
            Some(person) => caller.live.state.lock().await.member(person).cloned(),
            None => None,
        };
        let person = match here {
            Some(member) => self.take_over(caller, member, wanted).await?,
            None => self.let_in(caller, known, wanted).await?,
        };
        self.show_directory_user(caller, person.as_str()).await
    }

    /// The role that the caller's connection gives.
    async fn gives(&self, caller: &Caller) -> Result<RoleId, Problem> {
        let state = caller.live.state.lock().await;
        let key = match caller.actor.subject {
            Subject::Key(key) => state.live_key(key),
            Subject::Member(_) | Subject::Agent(_) => None,
        };
        match key.map(|key| &key.kind) {
            Some(KeyKind::Directory { gives, .. }) => Ok(*gives),
            _ => Err(Problem::missing("directory")),
        }
    }

    /// Somebody who is no member, whether or not another organization knows them.
    async fn let_in(&self, caller: &Caller, known: Option<PersonId>, wanted: Wanted) -> Result<PersonId, Problem> {
        let person = match known {
            Some(person) => person,
            None => PersonId::from_random(self.random()?),
        };
        let (org, role) = (caller.live.org(), self.gives(caller).await?);
        let user = wanted.user(caller, person);
        let (name, address) = (wanted.shown(), wanted.email.clone());
        let facts = vec![
            Fact::Membership { person, org },
            Fact::Called { org, person, email: wanted.email.clone(), name: name.clone() },
            Fact::DirectoryUser(Box::new(user)),
        ];
        let directory = match known {
            Some(_) => None,
            None => {
                let facts = vec![Fact::Person { person, email: wanted.email, name }];
                let registered = [DirectoryEvent::PersonRegistered { person }];
                Some(self.register(&caller.stamp(), &registered, facts).await?)
            }
        };
        let called = self.inner.journal.called_at(org, &address).await?;
        let command = |state: &Organization| {
            let is_here = |other: &PersonId| *other != person && state.member(*other).is_some();
            if called.iter().any(is_here) {
                return Err(unproven());
            }
            // Whom somebody removed is let in again by somebody, too: a directory goes on saying what it says.
            match state.members.get(&person).is_some_and(|before| !before.is_here()) {
                true => Err(removed()),
                false => Ok(Command::AddMember { person, role }),
            }
        };
        self.change(caller, Operation::AddMember { role: &role }, command, Along { facts, directory }).await?;
        if !wanted.active {
            self.suspend_for_directory(caller, person, Vec::new()).await?;
        }
        Ok(person)
    }

    /// Somebody who is a member already, by their address: one of whom the directory has said nothing yet, whom it takes
    /// over, or one whom it had deleted, who is there again. A name that was freed is the same person's only where the
    /// directory's own id is the same, too: another one would have what the first one had.
    async fn take_over(&self, caller: &Caller, member: Member, wanted: Wanted) -> Result<PersonId, Problem> {
        let person = member.person;
        let called = match self.inner.journal.directory_users(caller.live.org(), &[person]).await?.pop() {
            None => {
                let view = self.show_directory_user(caller, person.as_str()).await?;
                view.user(caller)
            }
            Some(called) if called.is_deleted && !member.is_active() && wanted.is(&called) => {
                DirectoryUser { is_deleted: false, ..called }
            }
            Some(called) if called.is_deleted && !member.is_active() => return Err(deleted()),
            Some(called) => return Err(known_as(&called.user_name)),
        };
        let change = DirectoryUserChange {
            user_name: Some(wanted.user_name),
            external_id: Some(wanted.external_id),
            name: wanted.name,
            active: Some(wanted.active),
        };
        self.make_change(caller, (member, called), change).await?;
        Ok(person)
    }

    /// Deletes somebody, as far as the directory is concerned: they are suspended, which takes every right of theirs at
    /// once, and seen by the directory no longer. Nothing of theirs is lost.
    ///
    /// # Errors
    /// [`Problem::Denied`] for somebody whom the connection does not look after, [`Problem::Missing`] for nobody.
    pub async fn delete_directory_user(&self, caller: &Caller, id: &str) -> Result<(), Problem> {
        let _directory = self.inner.directory.lock().await;
        let view = self.show_directory_user(caller, id).await?;
        let gone = DirectoryUser { is_deleted: true, ..view.user(caller) };
        self.suspend_for_directory(caller, view.person, vec![Fact::DirectoryUser(Box::new(gone))]).await
    }

    pub(super) async fn suspend_for_directory(
        &self,
        caller: &Caller,
        person: PersonId,
        facts: Vec<Fact>,
    ) -> Result<(), Problem> {
        let command = |_: &Organization| Ok(Command::SuspendMember { person, by_directory: true });
        let along = Along { facts, directory: None };
        self.change(caller, Operation::SuspendMember { member: person }, command, along).await.map(|_| ())
    }
}

impl NewDirectoryUser {
    fn checked(self) -> Result<Wanted, Problem> {
        let user_name = user_name(&self.user_name)?;
        let address = self.email.as_deref().unwrap_or(&user_name);
        let email = email(address).map_err(|_| {
            let message = "give the address of this person in emails, such as ada@example.com, or as userName";
            Problem::invalid("emails", message)
        })?;
        let external_id = optional("externalId", self.external_id, NAME_LENGTH_MAX)?;
        Ok(Wanted { user_name, external_id, name: self.name.checked()?, email, active: self.active })
    }
}

impl Wanted {
    /// Whether the directory means somebody whom it knew: its own id of them says so, and nothing else does.
    fn is(&self, user: &DirectoryUser) -> bool {
        user.external_id.is_some() && user.external_id == self.external_id
    }

    /// The name that they are shown under.
    fn shown(&self) -> String {
        let DirectoryName { whole, given, family } = self.name.clone();
        let parts = || joined(given.flatten().as_deref(), family.flatten().as_deref());
        whole.or_else(parts).unwrap_or_else(|| self.user_name.chars().take(PART_LENGTH_MAX).collect())
    }

    fn user(&self, caller: &Caller, person: PersonId) -> DirectoryUser {
        DirectoryUser {
            org: caller.live.org(),
            person,
            user_name: self.user_name.clone(),
            external_id: self.external_id.clone(),
            given_name: self.name.given.clone().flatten(),
            family_name: self.name.family.clone().flatten(),
            is_deleted: false,
        }
    }
}

impl DirectoryUserView {
    /// What is kept of what the directory calls them.
    pub(super) fn user(&self, caller: &Caller) -> DirectoryUser {
        DirectoryUser {
            org: caller.live.org(),
            person: self.person,
            user_name: self.user_name.clone(),
            external_id: self.external_id.clone(),
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            is_deleted: false,
        }
    }
}

/// Somebody is there already.
pub(crate) fn taken() -> Problem {
    let message = "somebody with this name or address is there already; find them by userName, and change them";
    Refusal::field("user-name-taken", "userName", message).into()
}

/// Somebody is there already under another name.
fn known_as(user_name: &str) -> Problem {
    let message = format!(
        "the person with this address is here already, under the userName {user_name}; find them by that one, and change them"
    );
    Refusal::field("user-name-taken", "userName", message).into()
}

/// Who was deleted has what they had, and nothing says that it is the same person.
fn deleted() -> Problem {
    let message = "somebody with this name or address is suspended here since the directory deleted them, and it sends \
                   another externalId for them now, or none; if it is the same person, restore them here (wardroom member \
                   restore), and the directory finds them; if not, remove them here and add the new one";
    Refusal::field("user-name-taken", "userName", message).into()
}

/// Somebody is here under this address who may be anybody.
fn unproven() -> Problem {
    let message = "somebody is here under this address who joined by a link and has not shown that it is theirs; remove them \
                   here (wardroom member remove), and the directory lets in whom it means when it tries again";
    Refusal::field("user-name-taken", "userName", message).into()
}

/// Somebody was removed here.
fn removed() -> Problem {
    let message = "this person was removed here, and a directory lets nobody in again who was; whoever manages the members \
                   adds them again (wardroom member add), and the directory finds them then";
    Refusal::rule("removed-here", message).into()
}
