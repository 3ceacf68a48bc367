//! Sessions of legacy clients. A session is a convenience of the old protocol and authenticates nobody: it is
//! bound to the key or client that began it, and whoever shows another one never finds it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::{OrgId, PersonId};
use domain::time::Timestamp;
use identity::random::{OperatingSystem, RandomFault, random_array};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use verdict::{Credential, Subject};

use crate::limits::Limits;
use crate::pipeline::accept::Door;
use crate::pipeline::identify::Caller;

/// Who a session belongs to, and the door it came through.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Owner {
    pub(crate) org: OrgId,
    pub(crate) holder: Holder,
    pub(crate) integration: Option<String>,
}

/// Whose sessions are the same one's.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Holder {
    /// Whoever shows a key as it was presented.
    Key(Credential),
    /// A client of a person's, by the identifier under which it is known. It shows other tokens as time goes by, and is
    /// connected anew in the middle of a session when it has to be let do more.
    Client(PersonId, Arc<str>),
}

impl Owner {
    /// Whoever is at a door.
    pub(crate) fn of<A>(caller: &Caller<A>, door: &Door) -> Owner {
        let holder = match (&caller.known_as, caller.actor.subject) {
            (Some(known_as), Subject::Member(person)) => Holder::Client(person, Arc::clone(known_as)),
            _ => Holder::Key(caller.credential),
        };
        Owner { org: caller.org(), holder, integration: door.integration.clone() }
    }
}

/// A resource: the integration's slug, and the URI as its server has it.
pub(crate) type Resource = (String, String);

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    owner: Owner,
    /// What the client calls itself.
    pub(crate) client: Option<String>,
    /// What it says that it can do.
    pub(crate) can: Can,
    used: Mutex<Timestamp>,
    /// The place in `LOG_LEVELS` from which log messages are wanted.
    log_level: Mutex<Option<usize>>,
    /// The resources of which the client wants to hear: the integration's slug, and the URI as its server has it.
    subscribed: watch::Sender<BTreeSet<Resource>>,
    running: Mutex<HashMap<String, CancellationToken>>,
    /// Questions that wait for an answer, by the id under which the client knows them.
    questions: Mutex<HashMap<String, (Value, mpsc::Sender<Answer>)>>,
}

/// What a client says that it can do.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Can {
    /// Whether it shows its person links.
    pub(crate) takes_links: bool,
    /// What a server may ask it during a call.
    pub(crate) takes: Map<String, Value>,
}

/// What a client answers to a question.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The question's id at the upstream that asked it.
    pub(crate) id: Value,
    pub(crate) said: Map<String, Value>,
}

impl Session {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// From which severity on the client wants log messages, as a place in `LOG_LEVELS`; none where it did not say.
    pub(crate) fn log_level(&self) -> Option<usize> {
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client says from which severity on it wants log messages.
    pub(crate) fn set_log_level(&self, level: usize) {
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    /// The client wants to hear of a resource. Beyond the most, it hears of those that it named before.
    pub(crate) fn subscribe(&self, resource: Resource, most: usize) {
        self.subscribed.send_if_modified(|known| known.len() < most && known.insert(resource));
    }

    /// The client wants to hear of it no more.
    pub(crate) fn unsubscribe(&self, resource: &Resource) {
        self.subscribed.send_if_modified(|known| known.remove(resource));
    }

    /// What the client wants to hear of, and when that changes.
    pub(crate) fn subscribed(&self) -> watch::Receiver<BTreeSet<Resource>> {
        self.subscribed.subscribe()
    }

    /// Makes a call cancellable by its id for as long as the returned value lives.
    pub(crate) fn run(self: &Arc<Self>, id: &Value, cancel: CancellationToken) -> Running {
        let key = id.to_string();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), cancel);
        Running { session: self.clone(), key }
    }

    /// Cancels the call with this id, if one is running.
    pub(crate) fn cancel(&self, id: &Value) {
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id.to_string()) {
            running.cancel();
        }
    }

    /// Lets the answer to a question come to the call during which it is asked, for as long as the returned value lives.
    pub(crate) fn ask(self: &Arc<Self>, ours: u64, theirs: Value, asker: mpsc::Sender<Answer>) -> Asked {
        let key = ours.to_string();
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), (theirs, asker));
        Asked { session: self.clone(), key }
    }

    /// The client answered something. An answer that nobody waits for is left out.
    pub(crate) fn answered(&self, id: &Value, said: Map<String, Value>) {
        let question = self.questions.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.to_string());
        if let Some((id, asker)) = question {
            // Where there is no room, more was answered than was asked.
            let _ = asker.try_send(Answer { id, said });
        }
    }

    fn used(&self) -> Timestamp {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that its session can cancel.
#[derive(Debug)]
pub(crate) struct Running {
    session: Arc<Session>,
    key: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.session.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// A question that its session can answer.
#[derive(Debug)]
pub(crate) struct Asked {
    session: Arc<Session>,
    key: String,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.session.questions.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// All sessions of this node.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<String, Arc<Session>>,
    by_holder: HashMap<(OrgId, Holder), Vec<String>>,
}

/// Why no session could be begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSession {
    #[error("Wardroom has as many sessions as it can hold; try again later")]
    Full,
    #[error(transparent)]
    Random(#[from] RandomFault),
}

impl Sessions {
    /// Begins a session. Where its key has too many, the one unused for longest ends.
    pub(crate) fn begin(
        &self,
        owner: Owner,
        (client, can): (Option<String>, Can),
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Arc<Session>, NoSession> {
        let bytes: [u8; 16] = random_array(&mut OperatingSystem)?;
        let id = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.make_room(&(owner.org, owner.holder.clone()), limits, now);
        if table.by_id.len() >= limits.sessions_max {
            table.drop_idle(limits, now);
        }
        if table.by_id.len() >= limits.sessions_max {
            return Err(NoSession::Full);
        }
        let holder = (owner.org, owner.holder.clone());
        let session = Arc::new(Session {
            id: id.clone(),
            owner,
            client,
            can,
            used: Mutex::new(now),
            log_level: Mutex::default(),
            subscribed: watch::Sender::default(),
            running: Mutex::default(),
            questions: Mutex::default(),
        });
        table.by_id.insert(id.clone(), session.clone());
        table.by_holder.entry(holder).or_default().push(id);
        Ok(session)
    }

    /// The session with this id, if it is this owner's and still there.
    pub(crate) fn find(&self, id: &str, owner: &Owner, limits: &Limits, now: Timestamp) -> Option<Arc<Session>> {
        let session = {
            let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
            table.by_id.get(id).filter(|session| session.owner == *owner).cloned()?
        };
        if now.since_ms(session.used()) >= limits.session_idle_ms_max {
            self.end(&session);
            return None;
        }
        *session.used.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Some(session)
    }

    /// Ends a session and cancels what runs in it.
    pub(crate) fn end(&self, session: &Session) {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).remove(&session.id);
        for running in session.running.lock().unwrap_or_else(PoisonError::into_inner).values() {
            running.cancel();
        }
    }
}

impl Table {
    fn remove(&mut self, id: &str) {
        let Some(session) = self.by_id.remove(id) else { return };
        let holder = (session.owner.org, session.owner.holder.clone());
        if let Some(ids) = self.by_holder.get_mut(&holder) {
            ids.retain(|known| known != id);
            if ids.is_empty() {
                self.by_holder.remove(&holder);
            }
        }
    }

    fn make_room(&mut self, holder: &(OrgId, Holder), limits: &Limits, now: Timestamp) {
        let mut mine: Vec<(Timestamp, String)> = self
            .by_holder
            .get(holder)
            .into_iter()
            .flatten()
            .filter_map(|id| self.by_id.get(id).map(|session| (session.used(), id.clone())))
            .collect();
        mine.sort();
        let too_many = (mine.len() + 1).saturating_sub(limits.sessions_per_key_max);
        for (place, (used, id)) in mine.into_iter().enumerate() {
            if place < too_many || now.since_ms(used) >= limits.session_idle_ms_max {
                self.remove(&id);
            }
        }
    }

    fn drop_idle(&mut self, limits: &Limits, now: Timestamp) {
        let idle: Vec<String> = self
            .by_id
            .values()
            .filter(|session| now.since_ms(session.used()) >= limits.session_idle_ms_max)
            .map(|session| session.id.clone())
            .collect();
        for id in idle {
            self.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::KeyId;

    fn owner(seed: u8) -> Owner {
        let key = Credential::Key { key: KeyId::from_random([seed; 20]), digest: [seed; 32] };
        Owner { org: OrgId::from_random([1; 20]), holder: Holder::Key(key), integration: None }
    }

    fn small() -> Limits {
        Limits { sessions_per_key_max: 2, sessions_max: 3, session_idle_ms_max: 100, ..Limits::default() }
    }

    #[test]
    fn a_session_is_found_by_its_owner_alone_and_only_while_it_is_used() {
        let sessions = Sessions::default();
        let session = sessions.begin(owner(1), (None, Can::default()), &small(), Timestamp(0)).unwrap();
        let find = |seed, at| sessions.find(session.id(), &owner(seed), &small(), Timestamp(at)).is_some();
        assert!(!find(2, 1));
        let elsewhere = Owner { integration: Some("stripe".into()), ..owner(1) };
        assert!(sessions.find(session.id(), &elsewhere, &small(), Timestamp(1)).is_none());
        assert!(find(1, 99));
        assert!(find(1, 198));
        assert!(!find(1, 298));
        assert!(!find(1, 299));
    }

    #[test]
    fn the_key_with_too_many_sessions_loses_its_oldest_and_nobody_elses() {
        let sessions = Sessions::default();
        let begin = |seed, at| sessions.begin(owner(seed), (None, Can::default()), &small(), Timestamp(at));
        let theirs = begin(2, 0).unwrap();
        let mine: Vec<_> = (1..4).map(|at| begin(1, at).unwrap()).collect();
        let alive =
            |session: &Session, seed| sessions.find(session.id(), &owner(seed), &small(), Timestamp(5)).is_some();
        assert_eq!(mine.iter().map(|session| alive(session, 1)).collect::<Vec<_>>(), [false, true, true]);
        assert!(alive(&theirs, 2));
        assert!(matches!(begin(3, 6), Err(NoSession::Full)));
        assert!(begin(3, 500).is_ok());
    }

    #[test]
    fn cancelling_reaches_the_call_with_that_id_only() {
        let sessions = Sessions::default();
        let session = sessions.begin(owner(1), (None, Can::default()), &small(), Timestamp(0)).unwrap();
        let [number, text] = [CancellationToken::new(), CancellationToken::new()];
        let _one = session.run(&Value::from(1), number.clone());
        let two = session.run(&Value::from("1"), text.clone());
        session.cancel(&Value::from("1"));
        assert_eq!((number.is_cancelled(), text.is_cancelled()), (false, true));
        drop(two);
        session.cancel(&Value::from("1"));
        sessions.end(&session);
        assert!(number.is_cancelled());
    }

    #[test]
    fn an_answer_comes_to_the_call_that_waits_for_it_once_and_under_the_id_of_who_asked() {
        let sessions = Sessions::default();
        let session = sessions.begin(owner(1), (None, Can::default()), &small(), Timestamp(0)).unwrap();
        let (asker, mut answers) = mpsc::channel(1);
        let said = |text: &str| Map::from_iter([("result".to_owned(), Value::from(text))]);
        let asked = session.ask(7, "theirs".into(), asker.clone());
        for id in [Value::from("7"), Value::from(8), "theirs".into(), Value::from(7.5)] {
            session.answered(&id, said("stray"));
        }
        session.answered(&Value::from(7), said("yes"));
        session.answered(&Value::from(7), said("no"));
        let answer = answers.try_recv().unwrap();
        assert_eq!((answer.id, answer.said), ("theirs".into(), said("yes")));
        drop(asked);
        drop(session.ask(9, "late".into(), asker));
        session.answered(&Value::from(9), said("late"));
        assert!(answers.try_recv().is_err());
    }
}
