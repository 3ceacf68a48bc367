//! Remove a member, and with the membership everything of theirs.

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::{KeyId, PersonId};
use domain::key::Key;
use domain::organization::Organization;
use journal::Fact;
use verdict::{Operation, Snapshot};

use super::MemberView;
use super::leave::{Leaving, Left};
use crate::change::Along;
use crate::keys::KeysToRotate;
use crate::keys::known::is_person;
use crate::{App, Caller, Problem};

/// What ended with a membership.
#[derive(Debug)]
pub struct Removed {
    /// Who was removed.
    pub member: MemberView,
    /// Personal keys that stopped working.
    pub keys_ended: usize,
    /// Integrations that were assigned to them.
    pub grants_ended: usize,
    /// Keys of programs whose secrets they may know: rotate them.
    pub known: KeysToRotate,
    /// Personal keys of others that they had issued and whose holders have not renewed them since: ask the holders
    /// to. Id and name of the holder.
    pub issued_keys: Vec<(KeyId, String)>,
    /// What happened together with it.
    pub left: Left,
}

impl App {
    /// Removes a member, who leaves where it is the caller. When this returns, no key of theirs opens anything and no call of
    /// theirs goes out; their history stays.
    ///
    /// # Errors
    /// [`Problem::Denied`] for someone above the caller, [`Problem::Refused`] for the last holder of the top role.
    pub async fn remove_member(&self, caller: &Caller, member: &str) -> Result<Removed, Problem> {
        self.remove_member_and(caller, member, &Leaving::default()).await
    }

    /// The same, with what they leave behind handed over and secrets that they may know made anew: all of it or nothing.
    ///
    /// # Errors
    /// Besides those of [`App::remove_member`] what the caller would be told of the single changes, and
    /// [`Problem::Busy`] while something else of the caller's that takes long is being done.
    pub async fn remove_member_and(
        &self,
        caller: &Caller,
        member: &str,
        leaving: &Leaving,
    ) -> Result<Removed, Problem> {
        let person = self.member_named(caller, member).await?;
        let (keys_ended, grants_ended) = {
            let state = caller.live.state.lock().await;
            let live = state.keys.values().filter(|key| key.revoked_at.is_none());
            (
                live.filter(|key| key.holder() == Some(person)).count(),
                state.grants.get(&Grantee::Member(person)).map_or(0, |grants| grants.len()),
            )
        };
        let org = caller.live.org();
        let seat = self.seats(org, &[person]).await?.into_keys().map(|person| person.to_string());
        let freed = seat.map(|id| Fact::Label { org, id, label: String::new() });
        let facts = std::iter::once(Fact::EndMembership { person, org }).chain(freed).collect();
        let left = if leaving.is_nothing() {
            let along = Along { facts, directory: None };
            let command = |_: &Organization| Ok(Command::RemoveMember { person });
            self.change(caller, Operation::RemoveMember { member: person }, command, along).await?;
            Left::default()
        } else {
            self.leave(caller, (person, facts), leaving).await?
        };

        let (gone, issued): (_, Vec<Key>) = {
            let state = caller.live.state.lock().await;
            (state.members.get(&person).cloned(), self.issued_by(caller, &state, person))
        };
        let known = |key: &Key, _: &Snapshot| is_person(&key.issued_by, person);
        let known = self.keys_to_rotate(caller, known).await?;
        let holders: Vec<PersonId> = issued.iter().filter_map(Key::holder).collect();
        let names = self.names(caller.live.org(), &holders).await;
        let issued_keys = issued.iter().map(|key| key.id).zip(names).collect();
        let member = self.member_views(caller, gone.into_iter().collect()).await?.pop();
        let member = member.ok_or_else(|| Problem::missing("member"))?;
        Ok(Removed { member, keys_ended, grants_ended, known, issued_keys, left })
    }
}
