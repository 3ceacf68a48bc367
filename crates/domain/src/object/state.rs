//! What an object is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::object::DataName;

/// A governed object: something that records are kept of, such as people or opportunities.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Its short name.
    pub name: DataName,
    /// Its name for people.
    pub title: String,
    /// Its fields.
    pub fields: BTreeMap<DataName, Field>,
}

/// A field of an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name for people.
    pub title: String,
}
