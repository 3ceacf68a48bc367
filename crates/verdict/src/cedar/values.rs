//! Cedar's JSON form of entities, and names as they stand in policies.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::NAMESPACE;

/// The name of an entity: its type, without the namespace, and its id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CedarUid {
    /// The type, such as `Member`.
    pub kind: &'static str,
    /// The id.
    pub id: String,
}

impl CedarUid {
    pub(super) fn new(kind: &'static str, id: impl Into<String>) -> CedarUid {
        CedarUid { kind, id: id.into() }
    }

    /// As it is written in a policy.
    pub(super) fn literal(&self) -> String {
        format!("{NAMESPACE}::{}::{}", self.kind, quoted(&self.id))
    }
}

impl Serialize for CedarUid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", &format_args!("{NAMESPACE}::{}", self.kind))?;
        map.serialize_entry("id", &self.id)?;
        map.end()
    }
}

/// The value of an attribute or a tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CedarValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// A text.
    Text(String),
    /// Another entity.
    Entity(CedarUid),
    /// Some values, in no order that means anything.
    Set(Vec<CedarValue>),
    /// Values by name.
    Record(BTreeMap<&'static str, CedarValue>),
}

impl Serialize for CedarValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            CedarValue::Bool(value) => serializer.serialize_bool(*value),
            CedarValue::Long(value) => serializer.serialize_i64(*value),
            CedarValue::Text(value) => serializer.serialize_str(value),
            CedarValue::Entity(uid) => serializer.collect_map([("__entity", uid)]),
            CedarValue::Set(values) => serializer.collect_seq(values),
            CedarValue::Record(values) => serializer.collect_map(values),
        }
    }
}

impl From<bool> for CedarValue {
    fn from(value: bool) -> CedarValue {
        CedarValue::Bool(value)
    }
}

impl From<String> for CedarValue {
    fn from(value: String) -> CedarValue {
        CedarValue::Text(value)
    }
}

impl From<&str> for CedarValue {
    fn from(value: &str) -> CedarValue {
        CedarValue::Text(value.to_owned())
    }
}

impl From<CedarUid> for CedarValue {
    fn from(uid: CedarUid) -> CedarValue {
        CedarValue::Entity(uid)
    }
}

impl<V: Into<CedarValue>> FromIterator<V> for CedarValue {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> CedarValue {
        CedarValue::Set(values.into_iter().map(Into::into).collect())
    }
}

/// A record of the values that there are.
pub(super) fn record<const N: usize>(values: [(&'static str, Option<CedarValue>); N]) -> CedarValue {
    CedarValue::Record(attributes(values))
}

/// The attributes that there are.
pub(super) fn attributes<const N: usize>(
    values: [(&'static str, Option<CedarValue>); N],
) -> BTreeMap<&'static str, CedarValue> {
    values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// One entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CedarEntity {
    /// Its name.
    pub uid: CedarUid,
    /// What it is.
    pub attrs: BTreeMap<&'static str, CedarValue>,
    /// What it is in.
    pub parents: Vec<CedarUid>,
    /// Values by names that differ from entity to entity.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, CedarValue>,
}

/// A text as it is written in a policy.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_end_its_text_does_not() {
        assert_eq!(
            quoted("a\"); permit(principal, action, resource); //"),
            r#""a\"); permit(principal, action, resource); //""#
        );
        assert_eq!(quoted("a\\\n"), r#""a\\\u{a}""#);
        assert_eq!(CedarUid::new("Tool", "crm/make it").literal(), r#"Wardroom::Tool::"crm/make it""#);
    }
}
