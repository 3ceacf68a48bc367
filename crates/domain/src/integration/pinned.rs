//! Definitions as they were approved, and what an upstream lists otherwise.
//!
//! A definition is pinned by its hash: what an approval was about cannot change underneath it. What differs from it waits
//! until somebody approves it ([`Found`]), and a tool whose definition differs is used by nobody meanwhile.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::DiscoveredTool;

/// What an approval of a tool's end names in the place of a hash.
const GONE: &str = "gone";

/// The SHA-256 of a definition, in hexadecimal digits: of its JSON with the members of every object in the order of their
/// names and no space between, so that nothing but what it says counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DefinitionHash(Arc<str>);

impl DefinitionHash {
    /// The hash of a definition. What is not JSON is taken as it stands.
    #[must_use]
    pub fn of(definition: &str) -> DefinitionHash {
        let text = serde_json::from_str(definition).map(|value: Value| sorted(value).to_string());
        let digest = Sha256::digest(text.as_deref().unwrap_or(definition).as_bytes());
        DefinitionHash(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same with the members of every object in the order of their names.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().map(|(name, of)| (name, sorted(of))).collect();
            members.sort_unstable_by(|(name, _), (other, _)| name.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

/// What an upstream lists otherwise than it was approved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// A tool with another definition than the approved one, or one that was never approved.
    Definition(DiscoveredTool),
    /// A tool that must not be offered as it is defined.
    Unsound {
        /// What is wrong with its definition.
        why: String,
    },
    /// An approved tool that is not listed any more.
    Gone,
}

impl Found {
    /// What an approval names, so that it is good for what was seen and for nothing else; none where nothing is to be
    /// approved.
    #[must_use]
    pub fn seen_as(&self) -> Option<String> {
        match self {
            Found::Definition(tool) => Some(DefinitionHash::of(&tool.definition).to_string()),
            Found::Unsound { .. } => None,
            Found::Gone => Some(GONE.to_owned()),
        }
    }

    /// Whether a tool that was approved is used by nobody as long as this is so. One that is not listed any more may be
    /// tried: it is as it was approved, or it is not there.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        !matches!(self, Found::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_what_a_definition_says_and_of_all_that_it_says() {
        let hash = |text: &str| DefinitionHash::of(text);
        // Taken from `printf '%s' '{"a":[1,{"b":2,"c":3}],"name":"x"}' | sha256sum`.
        let known = "fe3c3e92de4c472eede05d87587e6c2ae2a7bd60424affd47995b2185fcc7edf";
        assert_eq!(hash(r#"{"name": "x", "a": [1, {"c": 3, "b": 2}]}"#).as_str(), known);
        assert_eq!(hash(r#"{"a":[1,{"b":2,"c":3}],"name":"x"}"#).as_str(), known);
        for other in [
            r#"{"a":[1,{"b":2,"c":3}],"name":"X"}"#,
            r#"{"a":[{"b":2,"c":3},1],"name":"x"}"#,
            r#"{"a":[1,{"b":2,"c":3}],"name":"x","_meta":null}"#,
            r#"{"a":[1.0,{"b":2,"c":3}],"name":"x"}"#,
            r#"{"a":[12345678901234567890.50,{"b":2,"c":3}],"name":"x"}"#,
            r#"{"a":[12345678901234567890.5,{"b":2,"c":3}],"name":"x"}"#,
            "{\"a\":[1,{\"b\":2,\"c\":3}],\"name\":\"x\u{200b}\"}",
            "not json",
        ] {
            assert_ne!(hash(other).as_str(), known, "{other}");
        }
        assert_ne!(hash(r#"{"a":12345678901234567890.50}"#), hash(r#"{"a":12345678901234567890.5}"#));
    }
}
