//! Remove a member, and with the membership everything of theirs.

use domain::command::Command;
use domain::grant::Grantee;
use domain::id::{KeyId, PersonId};
use domain::key::Key;
use domain::organization::Organization;
use journal::Fact;
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::{App, Caller, Problem};

/// What ended with a membership.
#[derive(Clone, Debug)]
pub struct Removed {
    /// Who was removed.
    pub member: MemberView,
    /// Personal keys that stopped working.
    pub keys_ended: usize,
    /// Integrations that were assigned to them.
    pub grants_ended: usize,
    /// Workspace keys whose secret they may know: rotate them. Id and label.
    pub workspace_keys: Vec<(KeyId, String)>,
    /// Personal keys of others that they had issued and whose holders have not renewed them since: ask the holders
    /// to. Id and name of the holder.
    pub issued_keys: Vec<(KeyId, String)>,
}

impl App {
    /// Removes a member. When this returns, no key of theirs opens anything and no call of theirs goes out; their
    /// history stays.
    ///
    /// # Errors
    /// [`Problem::Denied`] for someone above the caller, [`Problem::Refused`] for the last holder of the top role.
    pub async fn remove_member(&self, caller: &Caller, member: &str) -> Result<Removed, Problem> {
        let person = self.member_named(caller, member).await?;
        let (keys_ended, grants_ended) = {
            let state = caller.live.state.lock().await;
            let live = state.keys.values().filter(|key| key.revoked_at.is_none());
            (
                live.filter(|key| key.holder() == Some(person)).count(),
                state.grants.get(&Grantee::Member(person)).map_or(0, |grants| grants.len()),
            )
        };
        let facts = vec![Fact::EndMembership { person, org: caller.live.org() }];
        let along = Along { facts, directory: None };
        let command = |_: &Organization| Ok(Command::RemoveMember { person });
        self.change(caller, Operation::RemoveMember { member: person }, command, along).await?;

        let (gone, known): (_, Vec<Key>) = {
            let state = caller.live.state.lock().await;
            let may_know = |key: &&Key| {
                let made = key.holder().is_none() && key.created_by.starts_with(person.as_str());
                key.revoked_at.is_none() && (made || key.issued_by.starts_with(person.as_str()))
            };
            (state.members.get(&person).cloned(), state.keys.values().filter(may_know).cloned().collect())
        };
        let mut labels = self.labels(caller.live.org()).await?;
        let holders: Vec<PersonId> = known.iter().filter_map(Key::holder).collect();
        let issued_keys = known.iter().filter(|key| key.holder().is_some()).map(|key| key.id);
        let issued_keys = issued_keys.zip(self.names(&holders).await).collect();
        let workspace = known.iter().filter(|key| key.holder().is_none()).map(|key| key.id);
        let workspace_keys = workspace.map(|id| (id, labels.remove(id.as_str()).unwrap_or_default())).collect();
        let member = self.member_views(caller, gone.into_iter().collect()).await?.pop();
        let member = member.ok_or_else(|| Problem::missing("member"))?;
        Ok(Removed { member, keys_ended, grants_ended, workspace_keys, issued_keys })
    }
}
