//! The bytes that are hashed, so that a stranger can compute them again.
//!
//! Every chain starts from 32 zero bytes. `len(x)` is the length of `x` as eight bytes, big-endian; numbers are
//! eight bytes, big-endian.
//!
//! An event: `SHA-256(len(tag) tag len(prev) prev len(stream) stream 8 seq 8 at len(actor) actor len(body) body)`
//! with the tag `wardroom.event.v1`, where the `8` before a number is its length, written like every other.
//!
//! A row of a record: `SHA-256(len(tag) tag len(prev) prev cell…)` with the tag `wardroom.record.v1` and one cell
//! for each of [`RECORD_COLUMNS`] in order. A cell is one byte for its kind (0 nothing, 1 number, 2 text,
//! 3 bytes), `len(value)` and the value; so no value can slide into its neighbour, and "nothing" is not "empty".
//!
//! This module never reads or writes a file.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What the first row of every chain is chained to.
pub const START: Hash = [0; 32];

const EVENT_TAG: &[u8] = b"wardroom.event.v1";
const RECORD_TAG: &[u8] = b"wardroom.record.v1";

/// The columns of a record's row that its hash covers, in order: all but the hash itself.
pub const RECORD_COLUMNS: [&str; 21] = [
    "org",
    "seq",
    "at",
    "subject",
    "acting_for",
    "credential",
    "client",
    "method",
    "integration",
    "tool",
    "class",
    "decision",
    "reason",
    "arguments_digest",
    "policy_seq",
    "closes",
    "status",
    "latency_us",
    "request_bytes",
    "response_bytes",
    "detail",
];

/// One value of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell<'a> {
    /// No value.
    Nothing,
    /// A number.
    Number(i64),
    /// Text, as bytes: what the disk holds need not be valid UTF-8 any more.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// An event as it is chained.
#[derive(Clone, Copy, Debug)]
pub struct EventLink<'a> {
    /// The stream's name.
    pub stream: &'a [u8],
    /// The event's number.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub actor: &'a [u8],
    /// The event's bytes.
    pub body: &'a [u8],
}

/// The hash of an event that follows `prev`.
#[must_use]
pub fn event_hash(prev: &Hash, event: &EventLink<'_>) -> Hash {
    let mut hasher = Sha256::new();
    put(&mut hasher, EVENT_TAG);
    put(&mut hasher, prev);
    put(&mut hasher, event.stream);
    put(&mut hasher, &event.seq.to_be_bytes());
    put(&mut hasher, &event.at.to_be_bytes());
    put(&mut hasher, event.actor);
    put(&mut hasher, event.body);
    hasher.finalize().into()
}

/// The hash of a record's row that follows `prev`. `buffer` is scratch space that the caller keeps.
#[must_use]
pub fn record_hash(prev: &Hash, cells: &[Cell<'_>; RECORD_COLUMNS.len()], buffer: &mut Vec<u8>) -> Hash {
    buffer.clear();
    push(buffer, RECORD_TAG);
    push(buffer, prev);
    for cell in cells {
        match cell {
            Cell::Nothing => {
                buffer.push(0);
                push(buffer, &[]);
            }
            Cell::Number(number) => {
                buffer.push(1);
                push(buffer, &number.to_be_bytes());
            }
            Cell::Text(text) => {
                buffer.push(2);
                push(buffer, text);
            }
            Cell::Bytes(bytes) => {
                buffer.push(3);
                push(buffer, bytes);
            }
        }
    }
    Sha256::digest(buffer).into()
}

fn put(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

fn push(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    buffer.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_value_cannot_slide_into_its_neighbour() {
        let mut buffer = Vec::new();
        let mut cells = [Cell::Nothing; RECORD_COLUMNS.len()];
        cells[3] = Cell::Text(b"ab");
        cells[4] = Cell::Text(b"c");
        let one = record_hash(&START, &cells, &mut buffer);
        cells[3] = Cell::Text(b"a");
        cells[4] = Cell::Text(b"bc");
        assert_ne!(one, record_hash(&START, &cells, &mut buffer));
        cells[4] = Cell::Nothing;
        let nothing = record_hash(&START, &cells, &mut buffer);
        cells[4] = Cell::Text(b"");
        assert_ne!(nothing, record_hash(&START, &cells, &mut buffer));
        cells[4] = Cell::Bytes(b"");
        assert_ne!(nothing, record_hash(&START, &cells, &mut buffer));
    }

    /// The stored hashes of every installation depend on these two values: they never change.
    #[test]
    fn the_hashed_bytes_are_what_they_always_were() {
        let link = EventLink { stream: b"directory", seq: 1, at: 2, actor: b"per_x", body: b"{}" };
        assert_eq!(hex(event_hash(&START, &link)), "ad08eb830adcd0dafd293f8545f505cf600420d8ea6460956c853cd1ea90c70b");
        let mut cells = [Cell::Nothing; RECORD_COLUMNS.len()];
        cells[0] = Cell::Text(b"org_x");
        cells[1] = Cell::Number(1);
        cells[13] = Cell::Bytes(&[7; 32]);
        assert_eq!(
            hex(record_hash(&START, &cells, &mut Vec::new())),
            "cfca245dcd9852020ffdb00376deaa88df4e1714b6c41e0584b1b8506e1b1c2b"
        );
    }
}
