//! Create a key. Its secret is shown this once.

use domain::command::Command;
use domain::id::{KeyId, PersonId};
use domain::key::{KeyKind, KeyScope};
use domain::organization::KeysWithoutRole;
use domain::time::Timestamp;
use identity::key::{IssuedKey, KeyPrefix};
use journal::Fact;
use verdict::{Operation, Subject};

use crate::agents::{agent_id, role_id};
use crate::change::Along;
use crate::directory::one_line;
use crate::{App, Caller, Problem};
use identity::digest::hexadecimal as hex;

/// Characters of a key's label.
const LABEL_LENGTH_MAX: usize = 80;

/// A personal key to be created.
#[derive(Clone, Debug)]
pub struct NewPersonalKey {
    /// Whose; the caller's own where nobody is named.
    pub holder: Option<String>,
}

/// A workspace key to be created.
#[derive(Clone, Debug)]
pub struct NewWorkspaceKey {
    /// What it reaches; as the organization's settings say where nothing is said.
    pub scope: Option<KeyScope>,
    /// Its role, where it is to have one.
    pub role: Option<String>,
}

/// An agent's key to be created.
#[derive(Clone, Debug)]
pub struct NewAgentKey {
    /// Whose: the agent's id.
    pub agent: String,
    /// For whom the agent acts with this key: a member who lets it. It may do then what both may.
    pub acting_for: Option<String>,
}

/// Which kind of key is to be created.
#[derive(Clone, Debug)]
pub enum NewKeyOf {
    /// A personal key.
    Personal(NewPersonalKey),
    /// A workspace key.
    Workspace(NewWorkspaceKey),
    /// An agent's key.
    Agent(NewAgentKey),
}

/// The key as the domain knows it, and how its secret is written.
struct Chosen {
    kind: KeyKind,
    prefix: KeyPrefix,
    warning: Option<&'static str>,
}

/// A key that was just created.
#[derive(Debug)]
pub struct CreatedKey {
    /// Its id.
    pub id: KeyId,
    /// Its secret, shown this once.
    pub secret: IssuedKey,
    /// What to consider, where there is something.
    pub warning: Option<&'static str>,
}

/// Shown when a workspace key is made (PW-32).
const WORKSPACE_WARNING: &str = "this key is nobody's: whoever has it uses what it reaches, and the record names \
    the key, not a person. prefer personal keys where a person is behind the client; they end with the person";

/// Shown when a workspace key is made without the role that it needs here.
const IDLE_WARNING: &str = "this key has no role, and a workspace key needs one here: it does nothing until it is \
    given one. prefer personal keys where a person is behind the client; they end with the person";

impl App {
    /// Creates a key.
    ///
    /// # Errors
    /// [`Problem`] that names the field at fault; nothing was made then.
    pub async fn create_key(
        &self,
        caller: &Caller,
        label: &str,
        of: NewKeyOf,
        expires_at: Option<Timestamp>,
    ) -> Result<CreatedKey, Problem> {
        let label = one_line("label", label, LABEL_LENGTH_MAX)?;
        let Chosen { kind, prefix, warning } = self.chosen(caller, of).await?;
        let operation = match &kind {
            KeyKind::Personal { holder } => Operation::CreatePersonalKey { holder: *holder },
            KeyKind::Workspace { role, scope } => Operation::CreateWorkspaceKey { role: role.as_ref(), scope: *scope },
            KeyKind::Agent { agent, .. } => Operation::CreateAgentKey { agent: *agent },
            // Made in `scim`, with a secret of another form; none is chosen here.
            KeyKind::Directory { gives, tends } => Operation::ConnectDirectory { gives, tends },
        };
        let expires_at = self.no_longer_than(caller, expires_at).await?;
        let key = self.new_key(prefix)?;
        let org = caller.live.org();
        let facts = vec![
            Fact::Credential { digest: key.digest, org, key: key.id },
            Fact::Label { org, id: key.id.to_string(), label },
        ];
        let command = |_: &_| {
            let (digest, hint) = (hex(&key.digest), key.hint.clone());
            Ok(match kind {
                KeyKind::Personal { holder } if Subject::Member(holder) != caller.actor.subject => {
                    Command::IssueKey { key: key.id, holder, digest, hint, expires_at }
                }
                _ => Command::CreateKey { key: key.id, kind: kind.clone(), digest, hint, expires_at },
            })
        };
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        Ok(CreatedKey { id: key.id, secret: key.secret, warning })
    }

    async fn chosen(&self, caller: &Caller, of: NewKeyOf) -> Result<Chosen, Problem> {
        Ok(match of {
            NewKeyOf::Personal(new) => {
                let holder = self.holder(caller, new.holder.as_deref()).await?;
                Chosen { kind: KeyKind::Personal { holder }, prefix: KeyPrefix::Personal, warning: None }
            }
            NewKeyOf::Workspace(new) => {
                let role = new.role.as_deref().map(|role| role_id("role", role)).transpose()?;
                let snapshot = caller.live.snapshot();
                let settings = snapshot.settings();
                let scope = new.scope.unwrap_or(settings.keys_workspace_default_scope);
                let idle = role.is_none() && settings.keys_without_role == KeysWithoutRole::Deny;
                let warning = Some(if idle { IDLE_WARNING } else { WORKSPACE_WARNING });
                Chosen { kind: KeyKind::Workspace { scope, role }, prefix: KeyPrefix::Workspace, warning }
            }
            NewKeyOf::Agent(new) => {
                let agent = agent_id(&new.agent)?;
                let acting_for = match new.acting_for.as_deref() {
                    Some(name) => Some(self.member_in(caller, "acting_for", name).await?),
                    None => None,
                };
                Chosen { kind: KeyKind::Agent { agent, acting_for }, prefix: KeyPrefix::Agent, warning: None }
            }
        })
    }

    /// A key made with a key that ends, ends with it at the latest: otherwise the end would mean nothing. So it is with
    /// an agent that ends, or that acts for somebody until an end.
    pub(crate) async fn no_longer_than(
        &self,
        caller: &Caller,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, Problem> {
        match (self.end_of(caller).await, expires_at) {
            (Some(own), Some(wanted)) if wanted > own => Err(Problem::invalid(
                "expires_at",
                "you end earlier (the key that you use, the agent, or its acting for somebody), and what you make lasts no longer",
            )),
            (own, wanted) => Ok(wanted.or(own)),
        }
    }

    /// When the caller ends by themselves: their key, the agent that it is, or that it acts for somebody.
    pub(super) async fn end_of(&self, caller: &Caller) -> Option<Timestamp> {
        let state = caller.live.state.lock().await;
        let key = caller.actor.credential.and_then(|credential| state.live_key(credential.id().key()?)?.expires_at);
        let agent = match caller.actor.subject {
            Subject::Agent(agent) => state.agents.get(&agent),
            Subject::Member(_) | Subject::Key(_) => None,
        };
        let person = caller.actor.acting_for;
        let delegation = agent.and_then(|agent| agent.delegations.get(&person?)?.expires_at);
        [key, agent.and_then(|agent| agent.expires_at), delegation].into_iter().flatten().min()
    }

    async fn holder(&self, caller: &Caller, named: Option<&str>) -> Result<PersonId, Problem> {
        match (named, caller.actor.subject) {
            (Some(name), _) => self.member_in(caller, "holder", name).await,
            (None, Subject::Member(me)) => Ok(me),
            (None, Subject::Key(_) | Subject::Agent(_)) => {
                Err(Problem::invalid("holder", "name the member whose key it is to be"))
            }
        }
    }
}
