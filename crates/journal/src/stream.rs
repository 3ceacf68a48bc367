//! Streams: what is appended, what is read back, and how a stream is named.
//!
//! A stream is a gapless sequence of events that starts at 1. This module never looks into an event's bytes.

use std::fmt;

use domain::id::OrgId;
use domain::time::Timestamp;

use crate::chain::Hash;
use crate::fact::Fact;

/// Names a stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StreamId {
    /// What crosses organizations: people, slugs, the index of credentials, operators.
    Directory,
    /// Everything that changes authority in one organization.
    Organization(OrgId),
}

impl StreamId {
    /// The name as it is stored and hashed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            StreamId::Directory => "directory",
            StreamId::Organization(org) => org.as_str(),
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn parse(text: &str) -> Option<StreamId> {
        if text == "directory" {
            return Some(StreamId::Directory);
        }
        OrgId::parse(text).ok().map(StreamId::Organization)
    }
}

impl From<OrgId> for StreamId {
    fn from(org: OrgId) -> StreamId {
        StreamId::Organization(org)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Events for one stream, with the facts that change in the same transaction.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where the events go.
    pub stream: StreamId,
    /// The head that the caller handled its command against; 0 for a new stream.
    pub expected: u64,
    /// When the change was made; the caller's clock.
    pub at: Timestamp,
    /// Who made it, as an opaque id.
    pub actor: String,
    /// The events' bytes, in order. May be empty where only facts change.
    pub events: Vec<Vec<u8>>,
    /// Rows that change with the events, in order.
    pub facts: Vec<Fact>,
}

/// Most events in one append.
pub const EVENTS_MAX: usize = 50_000;
/// Most facts in one append.
pub const FACTS_MAX: usize = 50_000;
/// Most bytes of one event or one sealed secret. The list of a large integration's tools is one event.
pub const EVENT_BYTES_MAX: usize = 8 << 20;
/// Most bytes of all events of one append.
pub const APPEND_BYTES_MAX: usize = 64 << 20;
/// Most bytes of one saved state.
pub const STATE_BYTES_MAX: usize = 256 << 20;
/// Most rows that one read returns, whatever was asked for.
pub const PAGE_MAX: usize = 10_000;

/// Where a stream stands after an append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// The stream.
    pub stream: StreamId,
    /// The number of its newest event.
    pub seq: u64,
    /// That event's hash; 32 zero bytes where the stream is still empty.
    pub hash: Hash,
}

/// An event as it was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEvent {
    /// Its number in the stream; the first is 1.
    pub seq: u64,
    /// When the change was made.
    pub at: Timestamp,
    /// Who made it.
    pub actor: String,
    /// The bytes that were appended.
    pub body: Vec<u8>,
    /// The hash that chains it to the one before.
    pub hash: Hash,
}

/// A cached state of a stream: the fold of its events up to a number.
///
/// It is not part of the chain: whoever must not trust the disk folds the events again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedState {
    /// The last event that is folded in.
    pub seq: u64,
    /// The version of the bytes' meaning, chosen by the caller.
    pub format: u32,
    /// The bytes that were saved.
    pub bytes: Vec<u8>,
}
