//! Counts what arrives at the look-alike integrations, so that a test can say what did and did not reach an upstream.
//!
//! Everything is counted on arrival, before it is looked at. The same figures are at `GET /control/stats` for a test
//! in another process. It never holds an argument other than `note`. Start reading at [`Stats`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::{Value, json};

use crate::catalogue::Vendor;

/// How many different notes are counted; calls with further ones are counted together as `other_notes`.
const NOTES_MAX: usize = 500_000;
const NOTE_CHARS_MAX: usize = 128;
const WATCHED_MAX: usize = 1_000;

/// A handle on the counters; clones share them.
#[derive(Clone, Debug)]
pub struct Stats {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    servers: Vec<Server>,
    streams_open: AtomicU64,
    streams_finished: AtomicU64,
    streams_cancelled: AtomicU64,
    leaks: AtomicU64,
    notes: Mutex<BTreeMap<String, u64>>,
    other_notes: AtomicU64,
    watched: RwLock<Vec<String>>,
}

#[derive(Debug)]
struct Server {
    slug: &'static str,
    requests: AtomicU64,
    calls: AtomicU64,
    unknown_tool_calls: AtomicU64,
    credentials_refused: AtomicU64,
    tools: Vec<(&'static str, AtomicU64)>,
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

impl Stats {
    pub(crate) fn new(vendors: &'static [Vendor]) -> Self {
        let servers = vendors.iter().map(|vendor| Server {
            slug: vendor.slug,
            requests: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            unknown_tool_calls: AtomicU64::new(0),
            credentials_refused: AtomicU64::new(0),
            tools: vendor.tools.iter().map(|tool| (tool.name, AtomicU64::new(0))).collect(),
        });
        let inner = Inner {
            servers: servers.collect(),
            streams_open: AtomicU64::new(0),
            streams_finished: AtomicU64::new(0),
            streams_cancelled: AtomicU64::new(0),
            leaks: AtomicU64::new(0),
            notes: Mutex::new(BTreeMap::new()),
            other_notes: AtomicU64::new(0),
            watched: RwLock::new(Vec::new()),
        };
        Self { inner: Arc::new(inner) }
    }

    fn server(&self, slug: &str) -> Option<&Server> {
        self.inner.servers.iter().find(|server| server.slug == slug)
    }

    /// HTTP requests that reached an integration, whatever they asked and whoever sent them.
    #[must_use]
    pub fn requests(&self, slug: &str) -> u64 {
        self.server(slug).map_or(0, |server| read(&server.requests))
    }

    /// `tools/call` requests that reached an integration with the right credential.
    #[must_use]
    pub fn calls(&self, slug: &str) -> u64 {
        self.server(slug).map_or(0, |server| read(&server.calls))
    }

    /// `tools/call` requests that reached any integration with the right credential.
    #[must_use]
    pub fn calls_total(&self) -> u64 {
        self.inner.servers.iter().map(|server| read(&server.calls)).sum()
    }

    /// `tools/call` requests for one tool.
    #[must_use]
    pub fn tool_calls(&self, slug: &str, tool: &str) -> u64 {
        let tools = self.server(slug).map_or(&[][..], |server| &server.tools[..]);
        tools.iter().find(|(name, _)| *name == tool).map_or(0, |(_, counter)| read(counter))
    }

    /// Calls whose argument `note` was this text. Notes longer than 128 characters are cut.
    #[must_use]
    pub fn note_calls(&self, note: &str) -> u64 {
        let notes = self.inner.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(&cut(note)).copied().unwrap_or(0)
    }

    /// Requests with a missing or wrong credential.
    #[must_use]
    pub fn credentials_refused(&self, slug: &str) -> u64 {
        self.server(slug).map_or(0, |server| read(&server.credentials_refused))
    }

    /// Requests that carried a text given to [`Stats::watch`], in a header or in the body. Must stay zero.
    #[must_use]
    pub fn leaks(&self) -> u64 {
        read(&self.inner.leaks)
    }

    /// Long-running calls that are running now.
    #[must_use]
    pub fn streams_open(&self) -> u64 {
        read(&self.inner.streams_open)
    }

    /// Long-running calls that came to their end.
    #[must_use]
    pub fn streams_finished(&self) -> u64 {
        read(&self.inner.streams_finished)
    }

    /// Long-running calls that stopped because the caller went away or said so.
    #[must_use]
    pub fn streams_cancelled(&self) -> u64 {
        read(&self.inner.streams_cancelled)
    }

    /// From now on counts requests that carry this text anywhere, such as a client's key or the prefix of all keys.
    ///
    /// At most 1,000 texts are watched; an empty one is ignored.
    pub fn watch(&self, text: &str) {
        let mut watched = self.inner.watched.write().unwrap_or_else(PoisonError::into_inner);
        if !text.is_empty() && watched.len() < WATCHED_MAX {
            watched.push(text.to_owned());
        }
    }

    /// All figures, as `GET /control/stats` answers them.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        let integrations: serde_json::Map<String, Value> = self.inner.servers.iter().map(Server::snapshot).collect();
        let notes = self.inner.notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        json!({
            "integrations": integrations,
            "calls_total": self.calls_total(),
            "streams": {
                "open": self.streams_open(), "finished": self.streams_finished(), "cancelled": self.streams_cancelled(),
            },
            "leaks": self.leaks(),
            "notes": notes,
            "other_notes": read(&self.inner.other_notes),
        })
    }

    pub(crate) fn count_request(&self, server: usize) {
        add(&self.inner.servers[server].requests);
    }

    pub(crate) fn count_refused_credential(&self, server: usize) {
        add(&self.inner.servers[server].credentials_refused);
    }

    /// Counts a call; `tool` is its place in the table, or nothing for a name that is not there.
    pub(crate) fn count_call(&self, server: usize, tool: Option<usize>, note: Option<&str>) {
        let server = &self.inner.servers[server];
        add(&server.calls);
        match tool {
            Some(index) => add(&server.tools[index].1),
            None => add(&server.unknown_tool_calls),
        }
        let Some(note) = note else { return };
        let mut notes = self.inner.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let note = cut(note);
        if notes.len() < NOTES_MAX || notes.contains_key(&note) {
            *notes.entry(note).or_default() += 1;
        } else {
            add(&self.inner.other_notes);
        }
    }

    /// Counts a leak if one of the watched texts occurs in any of these.
    pub(crate) fn look_for_leaks<'a>(&self, places: impl Iterator<Item = &'a [u8]>) {
        let watched = self.inner.watched.read().unwrap_or_else(PoisonError::into_inner);
        if watched.is_empty() {
            return;
        }
        let occurs =
            |place: &[u8]| watched.iter().any(|text| place.windows(text.len()).any(|window| window == text.as_bytes()));
        if places.into_iter().any(occurs) {
            add(&self.inner.leaks);
            tracing::error!("a credential of a client reached a look-alike integration");
        }
    }

    /// Counts a long-running call from now until the returned value is dropped.
    pub(crate) fn open_stream(&self) -> OpenStream {
        add(&self.inner.streams_open);
        OpenStream { stats: self.clone(), finished: false }
    }
}

impl Server {
    fn snapshot(&self) -> (String, Value) {
        let tools: BTreeMap<&str, u64> =
            self.tools.iter().map(|(name, counter)| (*name, read(counter))).filter(|(_, calls)| *calls > 0).collect();
        let figures = json!({
            "requests": read(&self.requests), "calls": read(&self.calls), "tools": tools,
            "unknown_tool_calls": read(&self.unknown_tool_calls),
            "credentials_refused": read(&self.credentials_refused),
        });
        (self.slug.to_owned(), figures)
    }
}

fn cut(note: &str) -> String {
    note.chars().take(NOTE_CHARS_MAX).collect()
}

/// A long-running call. Dropped before [`OpenStream::finish`], it counts as cancelled: a caller who goes away is seen
/// only by the future being dropped, so this is the one place that can tell.
pub(crate) struct OpenStream {
    stats: Stats,
    finished: bool,
}

impl OpenStream {
    pub(crate) fn finish(&mut self) {
        self.finished = true;
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let inner = &self.stats.inner;
        add(if self.finished { &inner.streams_finished } else { &inner.streams_cancelled });
        inner.streams_open.fetch_sub(1, Ordering::SeqCst);
    }
}
