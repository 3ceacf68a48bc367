//! Give a holder of the top role a new key. An operator's act, on the data folder, for when every key of theirs is lost.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::id::{OrgId, PersonId};
use domain::key::KeyKind;
use identity::digest::hexadecimal as hex;
use identity::key::{IssuedKey, KeyPrefix};
use journal::Fact;
use verdict::Permit;

use super::OPERATOR;
use crate::commit::{Commit, CommitFault, Part};
use crate::{App, Problem};

/// A key that was just given to a holder of the top role.
#[derive(Debug)]
pub struct Recovered {
    /// The organization.
    pub org: OrgId,
    /// Whose key it is.
    pub holder: PersonId,
    /// The key, shown this once.
    pub key: IssuedKey,
}

impl App {
    /// Gives somebody who holds the top role a further personal key; what else there is stays as it is. The history says
    /// that the operator did it. Once people can sign in without a key, that will be another way back in.
    ///
    /// # Errors
    /// [`Problem`] that says who is to be named, or what there is not; nothing was changed then.
    pub async fn recover(&self, org: &str, member: Option<&str>) -> Result<Recovered, Problem> {
        let missing = || Problem::invalid("org", "there is no such organization in this data folder");
        let org = self.organization_id(org).await?.ok_or_else(missing)?;
        let named = match member {
            Some(name) => {
                let person = self.person(name).await?;
                Some(person.ok_or_else(|| Problem::invalid("member", "there is no such person"))?)
            }
            None => None,
        };
        let live = self.live(org).await?;
        let state = Arc::clone(&live.state).lock_owned().await;
        let holders: Vec<PersonId> = state.top_role_holders().collect();
        let holder = match (named, holders.as_slice()) {
            (Some(person), holders) if holders.contains(&person) => person,
            (None, [only]) => *only,
            (Some(_), _) => {
                return Err(Problem::invalid(
                    "member",
                    "this person does not hold the top role; name somebody who does",
                ));
            }
            (None, _) => {
                let message = "several people hold the top role; name the one who is to have the key";
                return Err(Problem::invalid("member", message));
            }
        };
        let key = self.new_key(KeyPrefix::Personal)?;
        let (digest, hint) = (hex(&key.digest), key.hint.clone());
        let create =
            Command::CreateKey { key: key.id, kind: KeyKind::Personal { holder }, digest, hint, expires_at: None };
        let events = command::handle(&state, create, self.now())?;
        let permit = Permit::for_recovering_the_top_role(org, state.seq, holder);
        let facts = vec![
            Fact::Credential { digest: key.digest, org, key: key.id },
            Fact::Label { org, id: key.id.to_string(), label: "Recovered".to_owned() },
        ];
        let parts = vec![Part { permit, events }];
        let commit = Commit { parts, actor: OPERATOR.to_owned(), facts, directory: None, until: None };
        match self.commit(live, state, commit).await {
            Ok(_) => Ok(Recovered { org, holder, key: key.secret }),
            Err(CommitFault::Problem(problem)) => Err(problem),
            Err(CommitFault::Conflict { .. } | CommitFault::Late) => {
                Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
            }
        }
    }
}
