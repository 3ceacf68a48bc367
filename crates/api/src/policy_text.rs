//! The document as text: YAML to and from what `app` knows, and the line of whatever is wrong in it.

use std::fmt;

use app::Problem;
use app::policy_file::Document;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::extract;
use crate::problem::Failure;

/// Reads a document. Unknown keys, keys that stand twice and sections without a value are refused with their line.
pub(crate) fn read(text: &str) -> Result<Document, Failure> {
    serde_saphyr::from_str(text).map_err(|error| {
        let told = error.without_snippet().to_string();
        let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(text, _)| text);
        let field = told.split('`').nth(1).unwrap_or("document").to_owned();
        let place =
            error.location().map_or(String::new(), |at| format!("line {}, column {}: ", at.line(), at.column()));
        Failure::bad_field(field, format!("{place}{}", for_people(told)))
    })
}

/// The reader speaks to whoever programs with it; this is for whoever wrote the document.
fn for_people(told: &str) -> String {
    let said = match told {
        "expected mapping start" => "keys with values are expected here; write {} for none, or leave the section out",
        "expected sequence start" => "a list is expected here; write [] for none",
        _ if told.starts_with("multiple YAML documents") => "there is a second document here; send one",
        _ if told.starts_with("data did not match any variant") => {
            "give a word, a text, a number, true, false or null, a list of words or texts by word"
        }
        "unexpected end of input" => "the document is empty or ends too early; it begins with wardroom: 1",
        _ => return extract::for_people(told.split(", set DuplicateKeyPolicy").next().unwrap_or(told)),
    };
    said.to_owned()
}

/// Writes a document.
pub(crate) fn write(document: &Document) -> Result<String, Failure> {
    serde_saphyr::to_string(document).map_err(|error| {
        tracing::error!(%error, "a document could not be written");
        Failure::unavailable("the document could not be written; ask for it as JSON")
    })
}

/// What is wrong with a document, with the line where it says so.
pub(crate) fn failure(problem: Problem, text: &str) -> Failure {
    let line = match &problem {
        Problem::InStep { place, .. } => line_of(text, place),
        _ => None,
    };
    Failure::from(problem).on_line(line)
}

/// The line of the last of these keys that is there.
fn line_of(text: &str, place: &[String]) -> Option<u64> {
    let mut node: Node = serde_saphyr::from_str(text).ok()?;
    let mut line = None;
    for key in place {
        let Node::Keys(keys) = node else { break };
        let Some((found, below)) = keys.into_iter().find(|(known, _)| known.value.eq_ignore_ascii_case(key)) else {
            break;
        };
        line = Some(found.defined.line());
        node = below;
    }
    line
}

/// The keys of a document with their places, and nothing else of it.
enum Node {
    Keys(Vec<(Spanned<String>, Node)>),
    Other,
}

struct NodeVisitor;

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_key()? {
            keys.push((key, map.next_value()?));
        }
        Ok(Node::Keys(keys))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "wardroom: 1\nroles:\n  editor:\n    title: Editor\n  viewer: {title: Viewer}\n";

    fn line(place: &[&str]) -> Option<u64> {
        line_of(TEXT, &place.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_line_is_that_of_the_last_key_that_is_there() {
        assert_eq!(line(&["roles", "editor", "title"]), Some(4));
        assert_eq!(line(&["roles", "viewer"]), Some(5));
        assert_eq!(line(&["roles", "nobody", "title"]), Some(2));
        assert_eq!(line(&["teams"]), None);
    }

    #[test]
    fn what_is_not_known_is_refused_by_name_and_line() {
        let told = |text: &str| format!("{:?}", read(text).unwrap_err());
        assert!(told("wardroom: 1\nrolls: {}\n").contains("line 2, column 1: unknown field `rolls`"));
        assert!(told("wardroom: 1\nroles:\n  a: {titel: A}\n").contains("line 3, column 7: unknown field `titel`"));
        assert!(told("wardroom: 1\nname: A\nname: B\n").contains("line 3, column 1: duplicate"));
        assert!(told("wardroom: 1\nroles:\n").contains("line 2"), "an empty section is neither all nor nothing");
        assert!(told("name: A\n").contains("wardroom"));
    }

    #[test]
    fn json_is_a_document_too() {
        let read = read(r#"{"wardroom": 1, "members": {"ada@example.com": "owner"}}"#).unwrap();
        assert_eq!(read.members.unwrap().len(), 1);
    }

    #[test]
    fn texts_that_look_like_something_else_survive_writing_and_reading() {
        let text = r#"{"wardroom": 1, "name": "null", "teams": {"yes": {"members": {}}, "12": {"members": {}}, "a: b #c": {"members": {}}}}"#;
        let document = read(text).unwrap();
        assert_eq!(read(&write(&document).unwrap()).unwrap(), document);
    }
}
