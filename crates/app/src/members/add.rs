//! Take a person in, with a first personal key where one is asked for.

use domain::command::Command;
use domain::directory::DirectoryEvent;
use domain::id::{KeyId, PersonId};
use domain::organization::Organization;
use domain::refusal::Refusal;
use domain::role::RoleId;
use identity::key::{IssuedKey, KeyPrefix};
use journal::Fact;
use verdict::Operation;

use super::MemberView;
use crate::change::Along;
use crate::directory::{email, one_line, person_name};
use crate::{App, Caller, Problem};
use identity::digest::hexadecimal as hex;

/// Who is to be taken in.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Their address.
    pub email: String,
    /// The name that they are shown under in this organization, whatever they are called elsewhere. Who was a member
    /// before keeps the name of then.
    pub name: String,
    /// Their role; the organization's default role where none is given.
    pub role: Option<String>,
    /// The label of a first personal key, where one is to be issued.
    pub key_label: Option<String>,
}

/// A member who was just taken in.
#[derive(Debug)]
pub struct AddedMember {
    /// The member.
    pub member: MemberView,
    /// Their first key, shown this once.
    pub key: Option<(KeyId, IssuedKey)>,
}

impl App {
    /// Takes a person in. Whoever may add members may issue the first key of somebody who has none yet; the
    /// journal names who did.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was made then.
    pub async fn add_member(&self, caller: &Caller, new: NewMember) -> Result<AddedMember, Problem> {
        let address = email(&new.email)?;
        let name = person_name(&new.name)?;
        let label = new.key_label.as_deref().map(|label| one_line("issue_key.label", label, 80)).transpose()?;
        let role = self.role_or_default(caller, new.role.as_deref()).await?;

        // To look at what it would do writes nothing, and takes a while: nobody waits for that.
        let _directory = match caller.mode.preview {
            true => None,
            false => Some(self.inner.directory.lock().await),
        };
        let known = self.person(&address).await?;
        let person = match known {
            Some(person) => person,
            None => PersonId::from_random(self.random()?),
        };
        let org = caller.live.org();
        let mut facts = vec![Fact::Membership { person, org }];
        // Who was here before is called what they were called here.
        if !caller.live.state.lock().await.members.contains_key(&person) {
            facts.push(Fact::Called { org, person, email: address.clone(), name: name.clone() });
        }
        let key = match label {
            None => None,
            Some(label) => {
                let key = self.new_key(KeyPrefix::Personal)?;
                facts.push(Fact::Credential { digest: key.digest, org, key: key.id });
                facts.push(Fact::Label { org, id: key.id.to_string(), label });
                Some(key)
            }
        };
        let directory = match known {
            Some(_) => None,
            None => {
                let registered = [DirectoryEvent::PersonRegistered { person }];
                let facts = vec![Fact::Person { person, email: address, name }];
                Some(self.register(&caller.stamp(), &registered, facts).await?)
            }
        };
        // A key made with a key that ends, ends with it.
        let expires_at = self.no_longer_than(caller, None).await?;
        let called = self.inner.journal.called_at(org, &new.email).await?;
        let command = |state: &Organization| {
            // Who joined by a link is not in the directory under the address by which they are known here.
            let is_here = |other: &PersonId| *other != person && state.member(*other).is_some();
            if called.iter().any(is_here) {
                return Err(Refusal::field("already-member", "email", "this person is a member already").into());
            }
            Ok(match &key {
                None => Command::AddMember { person, role },
                Some(key) => Command::AddMemberWithKey {
                    person,
                    role,
                    key: key.id,
                    digest: hex(&key.digest),
                    hint: key.hint.clone(),
                    expires_at,
                },
            })
        };
        self.change(caller, Operation::AddMember { role: &role }, command, Along { facts, directory }).await?;
        let member = caller.live.state.lock().await.members.get(&person).cloned();
        let member = self.member_views(caller, member.into_iter().collect()).await?.pop();
        Ok(AddedMember {
            member: member.ok_or_else(|| Problem::missing("member"))?,
            key: key.map(|key| (key.id, key.secret)),
        })
    }

    async fn role_or_default(&self, caller: &Caller, role: Option<&str>) -> Result<RoleId, Problem> {
        match role {
            Some(role) => RoleId::parse(role).map_err(|error| Problem::invalid("role", error.to_string())),
            None => Ok(caller.live.state.lock().await.settings.join_default_role),
        }
    }
}
