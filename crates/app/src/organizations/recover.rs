//! Give a holder of the top role a new key, or a link to sign in. An operator's act, on the data folder, for when every key of theirs is lost.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::id::{OrgId, PersonId};
use domain::key::KeyKind;
use domain::time::Timestamp;
use identity::digest::hexadecimal as hex;
use identity::key::{IssuedKey, KeyPrefix};
use identity::token::IssuedToken;
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
    /// When the organization ends, where that is set: whoever has the key can restore it until then.
    pub deletes_at: Option<Timestamp>,
}

/// A link that was just made for a holder of the top role.
#[derive(Debug)]
pub struct RecoveredWithLink {
    /// The organization.
    pub org: OrgId,
    /// Whom it signs in.
    pub holder: PersonId,
    /// The link's token, good once, for a day.
    pub link: IssuedToken,
}

impl App {
    /// Gives somebody who holds the top role a further personal key; what else there is stays as it is. The history says
    /// that the operator did it.
    ///
    /// # Errors
    /// [`Problem`] that says who is to be named, or what there is not; nothing was changed then.
    pub async fn recover(&self, org: &str, member: Option<&str>) -> Result<Recovered, Problem> {
        let (org, holder) = self.top_role_holder(org, member).await?;
        let live = self.live(org).await?;
        let state = Arc::clone(&live.state).lock_owned().await;
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
        let (parts, deletes_at) = (vec![Part { permit, events }], state.deletes_at);
        let commit = Commit { parts, actor: OPERATOR.to_owned(), facts, directory: None, until: None };
        match self.commit(live, state, commit).await {
            Ok(_) => Ok(Recovered { org, holder, key: key.secret, deletes_at }),
            Err(CommitFault::Problem(problem)) => Err(problem),
            Err(CommitFault::Conflict { .. } | CommitFault::Late) => {
                Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
            }
        }
    }

    /// Makes a link by which somebody who holds the top role signs in, and adds a passkey where they have lost theirs. The history says that the operator did it.
    ///
    /// # Errors
    /// [`Problem`] that says who is to be named, or what there is not; nothing was changed then.
    pub async fn recover_with_link(&self, org: &str, member: Option<&str>) -> Result<RecoveredWithLink, Problem> {
        let (org, holder) = self.top_role_holder(org, member).await?;
        let link = self.make_recovery_link(holder.as_str()).await?;
        Ok(RecoveredWithLink { org, holder, link })
    }

    /// The one who holds the top role of an organization, or the one of them who is named.
    async fn top_role_holder(&self, org: &str, member: Option<&str>) -> Result<(OrgId, PersonId), Problem> {
        let missing = || Problem::invalid("org", "there is no such organization in this data folder");
        let live = self.organization(org).await?.ok_or_else(missing)?;
        let org = live.org();
        let named = match member {
            Some(name) => {
                let person = self.person(name).await?;
                Some(person.ok_or_else(|| Problem::invalid("member", "there is no such person"))?)
            }
            None => None,
        };
        let holders: Vec<PersonId> = live.state.lock().await.top_role_holders().collect();
        match (named, holders.as_slice()) {
            (Some(person), holders) if holders.contains(&person) => Ok((org, person)),
            (None, [only]) => Ok((org, *only)),
            (Some(_), _) => {
                Err(Problem::invalid("member", "this person does not hold the top role; name somebody who does"))
            }
            (None, _) => {
                let message = "several people hold the top role; name the one who is to have the key or link";
                Err(Problem::invalid("member", message))
            }
        }
    }
}
