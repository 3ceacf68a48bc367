//! Whose secrets are known to somebody who could not have them issued any more.
//!
//! Nobody ends a key of programs behind their back; such keys are named, so that somebody gives them a new secret.

use domain::id::{KeyId, PersonId};
use domain::key::{Key, KeyKind};
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject};

use crate::{App, Caller, Problem};

/// Keys of programs, by id and label, as far as whoever is told may see them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeysToRotate {
    /// Workspace keys, and the connections of company directories.
    pub workspace: Vec<(KeyId, String)>,
    /// Keys of agents.
    pub agents: Vec<(KeyId, String)>,
}

impl App {
    /// Keys of programs whose secrets a person had issued, and could not have issued any more.
    pub(crate) async fn keys_not_to_be_issued_by(
        &self,
        caller: &Caller,
        person: PersonId,
    ) -> Result<KeysToRotate, Problem> {
        let now = self.now();
        let known = |key: &Key, snapshot: &Snapshot| {
            is_person(&key.issued_by, person) && !could_be_issued_today(key, snapshot, now)
        };
        self.keys_to_rotate(caller, known).await
    }

    /// Keys of programs that a person knows the secrets of, of those that the caller may see. They should be rotated.
    pub(crate) async fn keys_to_rotate(
        &self,
        caller: &Caller,
        is_known: impl Fn(&Key, &Snapshot) -> bool,
    ) -> Result<KeysToRotate, Problem> {
        let labels = self.labels(caller.live.org()).await?;
        let state = caller.live.state.lock().await;
        let snapshot = caller.live.snapshot();
        let sees = |key: KeyId| self.asked(&snapshot, &caller.actor, Operation::ViewKey { key }).is_allowed();
        let mut found = KeysToRotate::default();
        let live = state.keys.values().filter(|key| key.revoked_at.is_none());
        for key in live.filter(|key| is_known(key, &snapshot) && sees(key.id)) {
            let named = (key.id, labels.get(key.id.as_str()).cloned().unwrap_or_default());
            match key.kind {
                KeyKind::Workspace { .. } | KeyKind::Directory { .. } => found.workspace.push(named),
                KeyKind::Agent { .. } => found.agents.push(named),
                KeyKind::Personal { .. } => {}
            }
        }
        Ok(found)
    }
}

/// Whether an actor as the journal names it is this person.
pub(crate) fn is_person(actor: &str, person: PersonId) -> bool {
    actor.split('/').next() == Some(person.as_str())
}

/// Whether whoever had the present secret of a key of programs issued could have that done today. Whoever founded the
/// organization had the data folder in hand, and could do anything.
pub(crate) fn could_be_issued_today(key: &Key, snapshot: &Snapshot, now: Timestamp) -> bool {
    let Some(issuer) = key.issued_by.split('/').next().and_then(Subject::parse) else { return true };
    let operation = match &key.kind {
        KeyKind::Workspace { role, scope } => Operation::CreateWorkspaceKey { role: role.as_ref(), scope: *scope },
        KeyKind::Agent { agent, .. } => Operation::CreateAgentKey { agent: *agent },
        KeyKind::Directory { gives, tends } => Operation::ConnectDirectory { gives, tends },
        KeyKind::Personal { .. } => return true,
    };
    let actor = Actor::about(issuer);
    snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now }).is_allowed()
}
