//! JSON as directories mean it: names count whatever their case, and stand once in an object all the same.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::fault::Fault;
use super::{GROUP_SCHEMA, USER_SCHEMA};

/// An object, by its names in small letters, without the name of the schema in front of them.
pub(super) type Object = BTreeMap<String, Value>;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Null,
    Truth(bool),
    /// No attribute that is known here is a number.
    Number,
    Text(String),
    List(Vec<Value>),
    Object(Object),
}

/// Reads a whole request.
pub(super) fn read(body: &[u8]) -> Result<Object, Fault> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Fault::bad("invalidSyntax", "send a JSON object: { … }")),
        Err(error) => Err(Fault::bad("invalidSyntax", format!("the request is not JSON: {error}"))),
    }
}

/// A name as it is compared.
pub(super) fn folded(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let without = |schema: &str| name.strip_prefix(&format!("{}:", schema.to_ascii_lowercase())).map(str::to_owned);
    without(USER_SCHEMA).or_else(|| without(GROUP_SCHEMA)).unwrap_or_else(|| name.clone())
}

impl Value {
    /// A text; none where there is nothing. Some directories send a list of one with the text in it.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        match self {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            Value::List(list) => match list.as_slice() {
                [] => Ok(None),
                [Value::Object(one)] => one.get("value").map_or(Ok(None), |value| value.text(name)),
                _ => Err(Fault::value(name, "one text")),
            },
            _ => Err(Fault::value(name, "a text")),
        }
    }

    /// True or false, also where it is written as a text: some directories write `"False"`.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self {
            Value::Null => Ok(None),
            Value::Truth(truth) => Ok(Some(*truth)),
            Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Value::List(list) => match list.as_slice() {
                [Value::Object(one)] => one.get("value").map_or(Ok(None), |value| value.truth(name)),
                _ => Err(Fault::value(name, "true or false")),
            },
            _ => Err(Fault::value(name, "true or false")),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
                Ok(Value::Truth(truth))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Number)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut object = Object::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if object.insert(folded(&name), value).is_some() {
                        return Err(A::Error::custom(format!("the name {name} stands twice in one object")));
                    }
                }
                Ok(Value::Object(object))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_whatever_their_case_and_stand_once() {
        let object =
            read(br#"{"UserName": "a", "urn:ietf:params:scim:schemas:core:2.0:User:Active": "False"}"#).unwrap();
        assert_eq!(object["username"].text("userName").unwrap(), Some("a".to_owned()));
        assert_eq!(object["active"].truth("active").unwrap(), Some(false));
        for twice in
            [&br#"{"active": true, "Active": false}"#[..], br#"{"name": {"givenName": "a", "givenname": "b"}}"#]
        {
            assert!(read(twice).is_err());
        }
        assert!(read(b"[]").is_err() && read(b"{").is_err() && read(b"").is_err());
    }

    #[test]
    fn true_and_false_are_read_in_every_spelling_that_directories_use_and_in_no_other() {
        let truth = |json: &str| serde_json::from_str::<Value>(json).unwrap().truth("active");
        for (json, expected) in [
            ("true", Some(true)),
            ("\"True\"", Some(true)),
            ("\"false\"", Some(false)),
            (r#"[{"value": "False"}]"#, Some(false)),
            ("null", None),
        ] {
            assert_eq!(truth(json).unwrap(), expected, "{json}");
        }
        for json in ["0", "\"no\"", "\"\"", "[]", "[true, false]", "{}", r#"[{"value": 0}]"#] {
            assert!(truth(json).is_err(), "{json}");
        }
    }
}
