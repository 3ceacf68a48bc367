//! The small real store behind one look-alike integration: named collections of records, in memory.
//!
//! Ids are given in order (`cus_001001`), so that a fresh store is the same on every start. It knows nothing of tools
//! and never waits. Start reading at [`Store`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A record: an object with an `id`.
pub(crate) type Record = Map<String, Value>;

/// The bound of a collection, so that a load test cannot fill the memory.
pub(crate) const RECORDS_MAX: usize = 50_000;
const FIRST_NUMBER: u64 = 1_001;

/// All collections of one integration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    collections: BTreeMap<String, Collection>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Collection {
    prefix: String,
    next_number: u64,
    records: BTreeMap<String, Record>,
}

impl Store {
    /// Adds an empty collection whose ids start with `prefix`.
    pub(crate) fn open(&mut self, collection: &str, prefix: &str) {
        self.collections.entry(collection.to_owned()).or_insert_with(|| Collection {
            prefix: prefix.to_owned(),
            next_number: FIRST_NUMBER,
            records: BTreeMap::new(),
        });
    }

    /// One record, if it is there.
    pub(crate) fn get(&self, collection: &str, id: &str) -> Option<&Record> {
        self.collections.get(collection)?.records.get(id)
    }

    /// One record, to be changed.
    pub(crate) fn get_mut(&mut self, collection: &str, id: &str) -> Option<&mut Record> {
        self.collections.get_mut(collection)?.records.get_mut(id)
    }

    /// The records of a collection, oldest first.
    pub(crate) fn iter(&self, collection: &str) -> impl Iterator<Item = &Record> {
        self.collections.get(collection).into_iter().flat_map(|found| found.records.values())
    }

    /// The number of records in a collection.
    pub(crate) fn count(&self, collection: &str) -> usize {
        self.collections.get(collection).map_or(0, |found| found.records.len())
    }

    /// Gives a record its id and keeps it. Answers the id, or why not.
    pub(crate) fn insert(&mut self, collection: &str, fields: Record) -> Result<String, String> {
        let Some(place) = self.collections.get_mut(collection) else {
            return Err(format!("this demo has no {collection}: start it on a fresh data folder"));
        };
        if place.records.len() >= RECORDS_MAX {
            return Err(format!("{collection} is full at {RECORDS_MAX} records: delete some or restart the demo"));
        }
        let id = format!("{}_{:06}", place.prefix, place.next_number);
        place.next_number += 1;
        let mut record = Record::new();
        record.insert("id".to_owned(), Value::from(id.clone()));
        record.extend(fields.into_iter().filter(|(name, _)| name != "id"));
        place.records.insert(id.clone(), record);
        Ok(id)
    }

    /// Deletes a record. Answers whether it was there.
    pub(crate) fn remove(&mut self, collection: &str, id: &str) -> bool {
        self.collections.get_mut(collection).is_some_and(|place| place.records.remove(id).is_some())
    }

    /// Whether this store has the same collections as `other`, as a file of an older demo may not.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        self.collections.keys().eq(other.collections.keys())
    }
}
