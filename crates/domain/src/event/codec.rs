//! Events as the bytes that the journal keeps.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::event::Event;

/// The version that is written today, the same for every event until one changes.
const VERSION: u32 = 1;

/// The journal holds something that this version of Wardroom cannot read.
#[derive(Debug, thiserror::Error)]
#[error("an event in the journal cannot be read by this version of wardroom: {reason}")]
pub struct UnreadableEvent {
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Serialize)]
struct Written<'e, E> {
    v: u32,
    #[serde(flatten)]
    event: &'e E,
}

pub(crate) fn encode_versioned<E: Serialize>(event: &E) -> Result<Vec<u8>, UnreadableEvent> {
    serde_json::to_vec(&Written { v: VERSION, event }).map_err(|error| UnreadableEvent { reason: error.to_string() })
}

/// An event as the bytes that the journal keeps.
///
/// # Errors
/// [`UnreadableEvent`] where it has no JSON form, which no event of ours lacks.
pub fn encode(event: &Event) -> Result<Vec<u8>, UnreadableEvent> {
    encode_versioned(event)
}

/// Reads an event of any version that was ever written.
///
/// # Errors
/// [`UnreadableEvent`] for a type or version from a newer Wardroom, or for damaged bytes.
pub fn decode(bytes: &[u8]) -> Result<Event, UnreadableEvent> {
    decode_versioned(bytes)
}

pub(crate) fn decode_versioned<E: DeserializeOwned>(bytes: &[u8]) -> Result<E, UnreadableEvent> {
    let unreadable = |reason: String| UnreadableEvent { reason };
    let mut value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
    let version = value.as_object_mut().and_then(|object| object.remove("v")).and_then(|v| v.as_u64());
    match version {
        Some(1) => serde_json::from_value(value).map_err(|error| unreadable(error.to_string())),
        Some(newer) => Err(unreadable(format!("version {newer} is newer than {VERSION}"))),
        None => Err(unreadable("it states no version".to_owned())),
    }
}
