//! To which upstreams is listened for one open stream of a client's, and what for.
//!
//! Each is listened to by a call of its own, which is decided, recorded and cut like every call. One that stops talking is
//! listened to again after a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::time::Timestamp;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use verdict::{Action, Question, Snapshot};

use crate::gateway::Gateway;
use crate::mcp::session::{Resource, Session};
use crate::pipeline::accept::Door;
use crate::pipeline::call::{self, From};
use crate::pipeline::dialect::Dialect;
use crate::pipeline::ear::{RESOURCES, WANTED};
use crate::pipeline::identify::Caller;
use crate::pipeline::kind::Kind;
use crate::pipeline::line::Said;
use crate::pipeline::names;
use crate::pipeline::parse::Request;
use crate::pipeline::question::Wanted;
use crate::ports::Ports;

/// Who listens at a stream of ours.
#[derive(Clone)]
pub(crate) enum Listener {
    /// A legacy client, in its session where it has one.
    Session(Option<Arc<Session>>),
    /// A modern client that asked for this.
    Subscription {
        /// The id of the request.
        id: Value,
        dialect: Box<Dialect>,
        /// What it wants to hear.
        wanted: Map<String, Value>,
    },
}

impl Listener {
    /// The id of a subscription.
    pub(crate) fn id(&self) -> Option<&Value> {
        match self {
            Listener::Session(_) => None,
            Listener::Subscription { id, .. } => Some(id),
        }
    }

    /// Whether it wants to hear that its list of tools changed.
    pub(crate) fn wants_tools(&self) -> bool {
        match self {
            Listener::Session(_) => true,
            Listener::Subscription { wanted, .. } => wanted.get("toolsListChanged") == Some(&Value::Bool(true)),
        }
    }

    /// What of all that a subscription wants is told to it.
    pub(crate) fn honoured(&self, door: &Door) -> Map<String, Value> {
        let Listener::Subscription { wanted, .. } = self else { return Map::new() };
        let is_told = |what: &str, value: &Value| match what {
            "toolsListChanged" => *value == Value::Bool(true),
            "promptsListChanged" | "resourcesListChanged" => door.integration.is_some() && *value == Value::Bool(true),
            RESOURCES => value.is_array(),
            _ => false,
        };
        wanted
            .iter()
            .filter(|(what, value)| is_told(what, value))
            .map(|(what, value)| (what.clone(), value.clone()))
            .collect()
    }

    /// What is to be heard from which integration, by slug, in the words in which upstreams are asked.
    fn wanted(&self, door: &Door) -> BTreeMap<String, Map<String, Value>> {
        let mut all = BTreeMap::new();
        match self {
            Listener::Session(session) => {
                if let Some(slug) = &door.integration {
                    let lists = [("promptsListChanged", json!(true)), ("resourcesListChanged", json!(true))];
                    all.insert(slug.clone(), lists.map(|(what, yes)| (what.to_owned(), yes)).into_iter().collect());
                }
                let subscribed = session.as_ref().map(|session| session.subscribed().borrow().clone());
                for (slug, uri) in subscribed.into_iter().flatten() {
                    add(&mut all, &slug, &uri);
                }
            }
            Listener::Subscription { .. } => {
                let mut wanted = self.honoured(door);
                wanted.remove("toolsListChanged");
                let resources = wanted.remove(RESOURCES);
                if let Some(slug) = door.integration.as_ref().filter(|_| !wanted.is_empty()) {
                    all.insert(slug.clone(), wanted);
                }
                for uri in resources.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
                    match &door.integration {
                        Some(slug) => add(&mut all, slug, uri),
                        None => names::address_of(uri).into_iter().for_each(|(slug, uri)| add(&mut all, slug, uri)),
                    }
                }
            }
        }
        all
    }
}

fn add(all: &mut BTreeMap<String, Map<String, Value>>, slug: &str, uri: &str) {
    let resources = all.entry(slug.to_owned()).or_default().entry(RESOURCES).or_insert_with(|| json!([]));
    if let Some(resources) = resources.as_array_mut() {
        resources.push(uri.into());
    }
}

/// What an ear says.
enum Heard {
    /// Something for the client.
    Message(Bytes),
    /// This one hears nothing any more; or nothing ever, where its upstream says nothing.
    Ended { slug: String, number: u64, is_mute: bool },
}

/// One upstream that is listened to.
struct Ear {
    number: u64,
    wanted: Map<String, Value>,
    /// Ends the listening when it is dropped; none while it waits to be begun again.
    open: Option<DropGuard>,
    again_at: Instant,
    wait_ms: u64,
}

/// The upstreams that are listened to for one stream.
pub(crate) struct Ears<P: Ports> {
    gateway: Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    door: Door,
    listener: Listener,
    /// What names this stream to upstreams' sessions: nothing else hears what is said to it.
    name: Arc<str>,
    open: BTreeMap<String, Ear>,
    next_number: u64,
    says: mpsc::Sender<Heard>,
    heard: mpsc::Receiver<Heard>,
    /// When what a session wants to hear has changed.
    changed: Option<watch::Receiver<BTreeSet<Resource>>>,
}

impl<P: Ports> Ears<P> {
    pub(crate) fn new(
        gateway: &Arc<Gateway<P>>,
        caller: &Caller<P::Access>,
        door: &Door,
        listener: &Listener,
    ) -> Ears<P> {
        let (says, heard) = mpsc::channel(gateway.options.limits.queue_messages_max);
        let session = match listener {
            Listener::Session(session) => session.as_ref(),
            Listener::Subscription { .. } => None,
        };
        let stream = || format!("stream {}", gateway.upstreams.next_id());
        Ears {
            gateway: gateway.clone(),
            caller: caller.clone(),
            door: door.clone(),
            listener: listener.clone(),
            name: session.map_or_else(stream, |session| session.id().to_owned()).into(),
            open: BTreeMap::new(),
            next_number: 0,
            says,
            heard,
            changed: session.map(|session| session.subscribed()),
        }
    }

    /// Listens where it is to be listened and to nothing else, as of this state.
    pub(crate) fn tend(&mut self, snapshot: &Arc<Snapshot>, now: Timestamp) {
        let mut wanted = self.listener.wanted(&self.door);
        if wanted.is_empty() && self.open.is_empty() {
            return;
        }
        self.caller.snapshot = snapshot.clone();
        wanted.retain(|slug, _| {
            let action = Action::Use { integration: slug };
            snapshot.evaluate(&Question { actor: &self.caller.actor, action, now }).is_allowed()
        });
        self.open.retain(|slug, ear| wanted.get(slug) == Some(&ear.wanted));
        let at = Instant::now();
        for (slug, wanted) in wanted.into_iter().take(self.gateway.options.limits.ears_per_stream_max) {
            let wait_ms = match self.open.get(&slug) {
                Some(ear) if ear.open.is_some() || at < ear.again_at => continue,
                Some(ear) => ear.wait_ms,
                None => 0,
            };
            self.next_number += 1;
            let number = self.next_number;
            let open = Some(self.listen(&slug, wanted.clone(), number));
            self.open.insert(slug, Ear { number, wanted, open, again_at: at, wait_ms });
        }
    }

    /// When an upstream is to be listened to again.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.open.values().filter(|ear| ear.open.is_none()).map(|ear| ear.again_at).min()
    }

    /// The next thing for the client; nothing where only this has to be tended.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        let changed = async {
            if let Some(changed) = &mut self.changed
                && changed.changed().await.is_ok()
            {
                return;
            }
            std::future::pending().await
        };
        let heard = tokio::select! {
            heard = self.heard.recv() => heard,
            () = changed => None,
        };
        match heard? {
            Heard::Message(message) => Some(message),
            Heard::Ended { slug, number, is_mute } => {
                let limits = &self.gateway.options.limits;
                if let Some(ear) = self.open.get_mut(&slug).filter(|ear| ear.number == number) {
                    ear.open = None;
                    ear.wait_ms = (ear.wait_ms * 2).clamp(limits.listen_again_ms, limits.listen_again_ms_max);
                    let ms = if is_mute { limits.listen_ms_max } else { ear.wait_ms };
                    ear.again_at = Instant::now() + Duration::from_millis(ms);
                }
                None
            }
        }
    }

    /// Listens to one upstream until what is returned is dropped.
    fn listen(&self, slug: &str, wanted: Map<String, Value>, number: u64) -> DropGuard {
        let (id, dialect, session) = match &self.listener {
            Listener::Session(session) => (Value::from("listen"), Dialect::Legacy, session.clone()),
            Listener::Subscription { id, dialect, .. } => (id.clone(), Dialect::clone(dialect), None),
        };
        let params = Map::from_iter([(WANTED.to_owned(), Value::Object(wanted))]);
        let method = Kind::Listen.method().to_owned();
        let request = Request { id, method, params, dialect, param_headers: HeaderMap::new() };
        let (gateway, caller, door) = (self.gateway.clone(), self.caller.clone(), self.door.clone());
        let (says, slug, ear) = (self.says.clone(), slug.to_owned(), self.name.clone());
        let token = CancellationToken::new();
        let ends = token.clone();
        self.gateway.aside(async move {
            let from = From { door: &door, session, is_asked: true, ear: Some(ear) };
            let wanted = Wanted::list(Kind::Listen, slug.clone());
            let listening = async {
                let Ok(mut hearing) = call::begin(&gateway, caller, from, (request, wanted)).await else {
                    return false;
                };
                loop {
                    match hearing.next().await {
                        Some(Said::Note(message)) => {
                            if says.send(Heard::Message(message)).await.is_err() {
                                return false;
                            }
                        }
                        Some(Said::Final(end)) => return end.status == StatusCode::NO_CONTENT,
                        None => return false,
                    }
                }
            };
            tokio::select! {
                () = ends.cancelled() => {}
                is_mute = listening => {
                    // Where nobody hears it any more, nobody listens again.
                    let _ = says.send(Heard::Ended { slug, number, is_mute }).await;
                }
            }
        });
        token.drop_guard()
    }
}
