//! What in a tool's definition speaks for its class: annotations, name, description and arguments, each said and kept.
//!
//! Name and annotations decide ([`classify`]). What the description and the arguments say never makes a tool more harmless than
//! that, since it comes from the other side as well: where they speak for more, a person has to look.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::classify::{class_of_name, words};
use super::{Classification, Hints, ToolClass, classify};

/// Where in a definition something speaks for a class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClueFrom {
    /// Its annotations.
    Annotation,
    /// Its name.
    Name,
    /// What it is said to do.
    Description,
    /// The names of its arguments.
    Schema,
}

impl ClueFrom {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ClueFrom::Annotation => "annotation",
            ClueFrom::Name => "name",
            ClueFrom::Description => "description",
            ClueFrom::Schema => "schema",
        }
    }
}

/// Something in a definition that speaks for a class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clue {
    /// Where it stands.
    pub from: ClueFrom,
    /// The class that it speaks for.
    pub says: ToolClass,
    /// What stands there.
    pub words: String,
}

/// Verbs that are hardly ever anything else, by which a description is read.
const PLAIN_VERBS: &[(ToolClass, &[&str])] = &[
    (
        ToolClass::Delete,
        &["delete", "remove", "destroy", "purge", "erase", "wipe", "drop", "truncate", "revoke", "cancel"],
    ),
    (
        ToolClass::Write,
        &["create", "update", "add", "send", "write", "edit", "insert", "upload", "replace", "overwrite"],
    ),
    (
        ToolClass::Read,
        &["get", "list", "search", "find", "read", "fetch", "retrieve", "show", "count", "describe", "return"],
    ),
];
/// Letters of what a clue quotes.
const QUOTED_MAX: usize = 60;

/// Judges a tool by its name at the upstream and its whole definition.
#[must_use]
pub fn judge(name: &str, definition: &Value) -> (Classification, Vec<Clue>) {
    let hint = |name: &str| definition.get("annotations").and_then(|hints| hints.get(name)).and_then(Value::as_bool);
    let hints = Hints { read_only: hint("readOnlyHint"), destructive: hint("destructiveHint") };
    let mut clues = clues_of_hints(hints);
    clues.extend(class_of_name(name).map(|says| Clue { from: ClueFrom::Name, says, words: quoted(name) }));
    let beside = [clue_of_description(definition), clue_of_arguments(definition)];
    let most = beside.iter().flatten().map(|clue| clue.says).max();
    clues.extend(beside.into_iter().flatten());
    let mut judged = classify(name, hints);
    if let Some(more) = most.filter(|more| *more > judged.class) {
        judged = Classification { class: ToolClass::Unclassified, suggested: more };
    } else if judged.class == ToolClass::Unclassified {
        let likely = clues.iter().map(|clue| clue.says).max();
        judged.suggested = likely.unwrap_or(judged.suggested);
    }
    (judged, clues)
}

fn clues_of_hints(hints: Hints) -> Vec<Clue> {
    let clue = |says, words: &str| Clue { from: ClueFrom::Annotation, says, words: words.to_owned() };
    let read_only = hints.read_only.map(|yes| match yes {
        true => clue(ToolClass::Read, "readOnlyHint: true"),
        false => clue(ToolClass::Write, "readOnlyHint: false"),
    });
    let destructive = hints.destructive.map(|yes| match yes {
        true => clue(ToolClass::Delete, "destructiveHint: true"),
        false => clue(ToolClass::Write, "destructiveHint: false"),
    });
    // That something is not destructive says nothing beside its being read-only.
    let destructive = destructive.filter(|clue| clue.says == ToolClass::Delete || hints.read_only != Some(true));
    read_only.into_iter().chain(destructive).collect()
}

/// The first word of a description where that is a plain verb, or a deleting one in its first sentence.
fn clue_of_description(definition: &Value) -> Option<Clue> {
    let text = definition.get("description").and_then(Value::as_str)?;
    let sentence = text.split(['.', '\n', ';']).find(|part| !part.trim().is_empty())?;
    let verbs: Vec<(String, Option<ToolClass>)> =
        sentence.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(verb).collect();
    let deleting = verbs.iter().find(|(_, class)| *class == Some(ToolClass::Delete));
    let (word, says) = deleting.or_else(|| verbs.first()).and_then(|(word, class)| Some((word, (*class)?)))?;
    Some(Clue { from: ClueFrom::Description, says, words: quoted(word) })
}

/// A word with the class that it is a verb of, as it stands or with the ending of `deletes`.
fn verb(word: &str) -> (String, Option<ToolClass>) {
    let lower = word.to_lowercase();
    let is = |verb: &str| lower == verb || lower.strip_prefix(verb).is_some_and(|rest| rest == "s" || rest == "es");
    let class = PLAIN_VERBS.iter().find(|(_, verbs)| verbs.iter().any(|verb| is(verb))).map(|(class, _)| *class);
    (word.to_owned(), class)
}

/// An argument whose name says that something is deleted or overwritten.
fn clue_of_arguments(definition: &Value) -> Option<Clue> {
    let arguments = definition.pointer("/inputSchema/properties").and_then(Value::as_object)?;
    let says =
        |name: &str| words(name).iter().filter_map(|word| verb(word).1).filter(|class| *class > ToolClass::Read).max();
    let told = arguments.keys().filter_map(|name| Some((says(name)?, name)));
    let (says, name) = told.max_by_key(|(class, _)| *class)?;
    Some(Clue { from: ClueFrom::Schema, says, words: quoted(name) })
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(name: &str, definition: Value) -> (ToolClass, ToolClass) {
        let judged = judge(name, &definition).0;
        (judged.class, judged.suggested)
    }

    #[test]
    fn a_description_that_speaks_for_more_than_the_name_has_somebody_look() {
        let hints = json!({ "readOnlyHint": true });
        for sly in [
            json!({ "description": "Deletes old mails.", "annotations": hints }),
            json!({ "description": "Lists mails and then deletes them.", "annotations": hints }),
            json!({ "description": "Lists.", "inputSchema": { "properties": { "purgeAfter": {} } }, "annotations": hints }),
        ] {
            assert_eq!(class("list_mails", sly.clone()), (ToolClass::Unclassified, ToolClass::Delete), "{sly}");
        }
        let sends = json!({ "description": "Sends what it lists" });
        assert_eq!(class("list_mails", sends), (ToolClass::Unclassified, ToolClass::Write));
        assert_eq!(class("send_mail", json!({ "description": "Cancels it" })).0, ToolClass::Unclassified);
    }

    #[test]
    fn a_description_makes_no_tool_more_harmless_than_its_name() {
        let harmless = json!({ "description": "Lists mails.", "annotations": { "readOnlyHint": true } });
        assert_eq!(class("delete_mails", harmless.clone()).0, ToolClass::Unclassified);
        assert_eq!(class("process_mails", harmless), (ToolClass::Unclassified, ToolClass::Read));
        assert_eq!(class("process_mails", json!({ "description": "Lists mails." })).0, ToolClass::Unclassified);
        assert_eq!(class("send_mail", json!({ "description": "Lists mails." })).0, ToolClass::Write);
    }

    #[test]
    fn what_only_looks_like_a_verb_changes_nothing() {
        for plain in ["Lists deleted mails.", "Posts of a blog. Deletes nothing.", "", "E-mails that were sent"] {
            assert_eq!(class("list_mails", json!({ "description": plain })).0, ToolClass::Read, "{plain}");
        }
        let arguments = json!({ "inputSchema": { "properties": { "address": {}, "deleted": {}, "sender": {} } } });
        assert_eq!(class("list_mails", arguments).0, ToolClass::Read);
    }

    #[test]
    fn everything_that_speaks_for_a_class_is_said_with_where_it_stands() {
        let definition = json!({
            "description": "Gets a mail", "annotations": { "readOnlyHint": true, "destructiveHint": false },
            "inputSchema": { "properties": { "id": {}, "remove": {} } },
        });
        let told = judge("get_mail", &definition).1;
        let told: Vec<_> =
            told.iter().map(|clue| (clue.from.as_str(), clue.says.as_str(), clue.words.as_str())).collect();
        let expected = [
            ("annotation", "read", "readOnlyHint: true"),
            ("name", "read", "get_mail"),
            ("description", "read", "Gets"),
            ("schema", "delete", "remove"),
        ];
        assert_eq!(told, expected);
    }
}
