//! The vandal's tool: a file's chained table read into memory, changed at will and written back, past every rule that
//! the product's own code keeps.

use std::collections::BTreeMap;
use std::path::Path;

use journal::chain::{Cell, EventLink, Hash, RECORD_COLUMNS, START, event_hash, record_hash};
use proptest::sample::Index;
use rusqlite::Connection;
use rusqlite::types::Value;

/// Far from every number in use.
const FAR: i64 = 1_000_000;

/// What a vandal does to a row.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Flips one bit of one byte in any column; nothing becomes something.
    Flip { column: Index, byte: Index, bit: u8 },
    /// Tells another story: puts another row's value into a column (when, who, what, how decided).
    Retell { column: Index },
    /// Takes the row out.
    Delete,
    /// Takes out the outcome of a call.
    DropOutcome,
    /// Puts a forged row in its place and moves all later ones up; with its hash computed, the row after it breaks.
    Insert { hashed: bool },
    /// Changes the row; with its hash computed anew, the row after it breaks.
    Replace { hashed: bool },
    /// Puts a copy of another row in its place.
    Overwrite { other: Index },
    /// Swaps it with another row of its chain.
    Swap { other: Index },
    /// Swaps it with a row of another chain.
    SwapAcross { other: Index },
    /// Lets an outcome close another call, with its hash computed anew.
    CloseAnother { other: Index },
}

type Row = Vec<Value>;
/// A chain and the number of its first bad row.
type First = (String, u64);

/// A file's chained table.
pub(crate) struct Book {
    connection: Connection,
    table: &'static str,
    columns: Vec<&'static str>,
    chains: BTreeMap<String, Vec<Row>>,
}

impl Book {
    pub(crate) fn open(data: &Path, file: &str) -> Book {
        let connection = Connection::open(data.join(file)).expect("the file opens");
        let (table, columns) = match file {
            "journal.db" => ("streams", vec!["stream", "seq", "at", "actor", "body", "prev_hash", "hash"]),
            _ => ("records", RECORD_COLUMNS.into_iter().chain(["hash"]).collect()),
        };
        let mut chains: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        {
            let sql = format!("SELECT {} FROM {table} ORDER BY 1, 2", columns.join(", "));
            let mut statement = connection.prepare(&sql).expect("the table is there");
            let rows = statement.query_map([], |row| (0..columns.len()).map(|column| row.get(column)).collect());
            for row in rows.expect("rows") {
                let row: Row = row.expect("a row");
                chains.entry(text(&row[0])).or_default().push(row);
            }
        }
        Book { connection, table, columns, chains }
    }

    pub(crate) fn rows(&self) -> usize {
        self.chains.values().map(Vec::len).sum()
    }

    /// Does a deed to a row; gives the first bad row of each chain that it breaks, or nothing where the deed changes
    /// nothing or needs a row that is not there.
    pub(crate) fn vandalise(&mut self, deed: &Deed, chain: Index, row: Index) -> Option<Vec<First>> {
        let long: Vec<String> =
            self.chains.iter().filter(|(_, rows)| rows.len() > 5).map(|(name, _)| name.clone()).collect();
        let chain = long[chain.index(long.len())].clone();
        let count = self.chains[&chain].len();
        // Never the last: that the end of a chain was changed with its hash, or cut off, no chain shows.
        let place = row.index(count - 1);
        let bad = |place: usize| Some(vec![(chain.clone(), place as u64 + 1)]);
        match deed {
            Deed::Flip { column, byte, bit } => self.flip(&chain, place, *column, (*byte, *bit)),
            Deed::Retell { column } => {
                let column = 2 + column.index(self.columns.len() - 2);
                let rows = self.chain(&chain);
                let other = rows.iter().map(|row| row[column].clone()).find(|value| *value != rows[place][column])?;
                rows[place][column] = other;
                bad(place)
            }
            Deed::Delete => {
                self.chain(&chain).remove(place);
                bad(place)
            }
            Deed::DropOutcome => {
                let place = self.outcome_from(&chain, place)?;
                self.chain(&chain).remove(place);
                bad(place)
            }
            Deed::Insert { hashed } => {
                let mut forged = self.chains[&chain][place].clone();
                add(&mut forged[2], 1);
                let rows = self.chain(&chain);
                rows[place..].iter_mut().for_each(|row| add(&mut row[1], 1));
                rows.insert(place, forged);
                self.seal(&chain, place, *hashed);
                bad(place + usize::from(*hashed))
            }
            Deed::Replace { hashed } => {
                add(&mut self.chain(&chain)[place][2], 1);
                self.seal(&chain, place, *hashed);
                bad(place + usize::from(*hashed))
            }
            Deed::Overwrite { other } => {
                let other = another(other, count, place);
                let rows = self.chain(&chain);
                let number = rows[place][1].clone();
                rows[place] = rows[other].clone();
                rows[place][1] = number;
                bad(place)
            }
            Deed::Swap { other } => {
                let other = another(other, count, place);
                let rows = self.chain(&chain);
                rows.swap(place, other);
                let number = rows[place][1].clone();
                rows[place][1] = std::mem::replace(&mut rows[other][1], number);
                bad(place.min(other))
            }
            Deed::SwapAcross { other } => self.swap_across(&chain, place, other),
            Deed::CloseAnother { other } => self.close_another(&chain, place, other),
        }
    }

    fn chain(&mut self, name: &str) -> &mut Vec<Row> {
        self.chains.get_mut(name).expect("the chain is there")
    }

    fn flip(&mut self, chain: &str, place: usize, column: Index, at: (Index, u8)) -> Option<Vec<First>> {
        let column = column.index(self.columns.len());
        let name = self.columns[column];
        let value = &mut self.chain(chain)[place][column];
        let first = (chain.to_owned(), place as u64 + 1);
        match column {
            0 => {
                // The row is gone from its chain, and begins a chain of its own with a number that is not the first,
                // or with a hash that is not its own.
                let mut moved = text(value).into_bytes();
                flip(&mut moved, at);
                let name = String::from_utf8_lossy(&moved).into_owned();
                *value = Value::Text(name.clone());
                return Some(vec![first, (name, 1)]);
            }
            1 => add(value, FAR << at.1),
            _ => *value = flipped(value, at, name),
        }
        Some(vec![first])
    }

    /// The place of the first outcome from a row on that is not the last row.
    fn outcome_from(&self, chain: &str, place: usize) -> Option<usize> {
        let closes = self.columns.iter().position(|column| *column == "closes")?;
        let rows = &self.chains[chain];
        (place..rows.len() - 1).find(|place| rows[*place][closes] != Value::Null)
    }

    fn swap_across(&mut self, chain: &str, place: usize, other: &Index) -> Option<Vec<First>> {
        let others: Vec<String> = self.chains.keys().filter(|name| *name != chain).cloned().collect();
        let to = others.get(other.index(others.len()))?.clone();
        let there = other.index(self.chains[&to].len());
        for column in 2..self.columns.len() {
            let value = self.chains[chain][place][column].clone();
            let back = std::mem::replace(&mut self.chain(&to)[there][column], value);
            self.chain(chain)[place][column] = back;
        }
        Some(vec![(chain.to_owned(), place as u64 + 1), (to, there as u64 + 1)])
    }

    fn close_another(&mut self, chain: &str, place: usize, other: &Index) -> Option<Vec<First>> {
        let place = self.outcome_from(chain, place)?;
        let closes = self.columns.iter().position(|column| *column == "closes")?;
        let row = &mut self.chain(chain)[place];
        let Value::Integer(own) = row[closes] else { return None };
        // Itself or one that comes later cannot be open yet.
        let wrong = [place + 1, place + 2 + other.index(50)][other.index(2)];
        let wrong = i64::try_from(wrong).ok().filter(|wrong| *wrong != own)?;
        row[closes] = Value::Integer(wrong);
        self.seal(chain, place, true);
        Some(vec![(chain.to_owned(), place as u64 + 1)])
    }

    /// Computes the hash of a row anew, as one who knows how would.
    fn seal(&mut self, chain: &str, place: usize, hashed: bool) {
        if !hashed {
            return;
        }
        let last = self.columns.len() - 1;
        let table = self.table;
        let rows = self.chain(chain);
        let prev: Hash = place.checked_sub(1).map_or(START, |before| hash(&rows[before][last]));
        let row = &mut rows[place];
        let sealed = if table == "streams" {
            row[5] = Value::Blob(prev.to_vec());
            let (Value::Integer(seq), Value::Integer(at), Value::Blob(body)) = (&row[1], &row[2], &row[4]) else {
                panic!("an event is of other kinds: {row:?}");
            };
            let (stream, actor) = (text(&row[0]), text(&row[3]));
            event_hash(
                &prev,
                &EventLink { stream: stream.as_bytes(), seq: *seq, at: *at, actor: actor.as_bytes(), body },
            )
        } else {
            let mut cells = [Cell::Nothing; RECORD_COLUMNS.len()];
            for (cell, value) in cells.iter_mut().zip(row.iter()) {
                *cell = match value {
                    Value::Null => Cell::Nothing,
                    Value::Integer(number) => Cell::Number(*number),
                    Value::Text(text) => Cell::Text(text.as_bytes()),
                    Value::Blob(bytes) => Cell::Bytes(bytes),
                    Value::Real(_) => panic!("no column holds such a number"),
                };
            }
            record_hash(&prev, &cells, &mut Vec::new())
        };
        row[last] = Value::Blob(sealed.to_vec());
    }

    /// Writes everything back.
    pub(crate) fn close(mut self) {
        // Two outcomes of one call are against the rules of the table, and no matter to a vandal.
        let rule = "SELECT sql FROM sqlite_schema WHERE name = 'records_by_closes'";
        let rule: Option<String> = self.connection.query_row(rule, [], |row| row.get(0)).ok();
        let transaction = self.connection.transaction().expect("a transaction");
        transaction.execute_batch("DROP INDEX IF EXISTS records_by_closes").expect("dropped");
        transaction.execute(&format!("DELETE FROM {}", self.table), []).expect("deleted");
        let places = vec!["?"; self.columns.len()].join(", ");
        {
            let sql = format!("INSERT INTO {} ({}) VALUES ({places})", self.table, self.columns.join(", "));
            let mut insert = transaction.prepare(&sql).expect("a statement");
            for row in self.chains.values().flatten() {
                insert.execute(rusqlite::params_from_iter(row)).unwrap_or_else(|error| panic!("{row:?}: {error}"));
            }
        }
        transaction.commit().expect("committed");
        if let Some(rule) = rule {
            // Where the rows break it now, the file goes without.
            let _ = self.connection.execute_batch(&rule);
        }
    }
}

fn another(other: &Index, count: usize, place: usize) -> usize {
    (place + 1 + other.index(count - 1)) % count
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => panic!("no text: {other:?}"),
    }
}

fn hash(value: &Value) -> Hash {
    match value {
        Value::Blob(bytes) => bytes.as_slice().try_into().expect("32 bytes"),
        other => panic!("no hash: {other:?}"),
    }
}

fn add(value: &mut Value, more: i64) {
    match value {
        Value::Integer(number) => *number += more,
        other => panic!("no number: {other:?}"),
    }
}

fn flip(bytes: &mut [u8], (byte, bit): (Index, u8)) {
    let place = byte.index(bytes.len());
    bytes[place] ^= 1 << bit;
}

/// The value with one bit flipped; nothing becomes the least that is something.
fn flipped(value: &Value, at: (Index, u8), column: &str) -> Value {
    match value {
        Value::Integer(number) => Value::Integer(number ^ (1 << (8 * at.0.index(7) + usize::from(at.1)))),
        Value::Text(text) if !text.is_empty() => {
            let mut bytes = text.clone().into_bytes();
            flip(&mut bytes, at);
            Value::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        Value::Text(_) => Value::Text("x".to_owned()),
        Value::Blob(bytes) if !bytes.is_empty() => {
            let mut bytes = bytes.clone();
            flip(&mut bytes, at);
            Value::Blob(bytes)
        }
        Value::Blob(_) => Value::Blob(vec![0]),
        Value::Real(_) => panic!("no column holds such a number"),
        Value::Null if column == "arguments_digest" => Value::Blob(Vec::new()),
        Value::Null if NUMBERS.contains(&column) => Value::Integer(0),
        Value::Null => Value::Text(String::new()),
    }
}

/// The columns that hold a number or nothing.
const NUMBERS: [&str; 5] = ["policy_seq", "closes", "latency_us", "request_bytes", "response_bytes"];
