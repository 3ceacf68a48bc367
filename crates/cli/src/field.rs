//! Reading single fields out of the server's JSON, as text that is safe and pleasant to print.
//!
//! It never fails: what is absent reads as `-`, because a newer or older server may leave a field out.

use serde_json::Value;

/// The field at a JSON pointer such as `/outcome/status`, or `-`.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    text_if_any(value, pointer).unwrap_or_else(|| "-".to_owned())
}

/// The field at a JSON pointer, where there is one that is neither null nor empty.
pub(crate) fn text_if_any(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(plain(text)),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        other => Some(plain(&other.to_string())),
    }
}

/// A time without its fraction of a second: `2026-11-22T09:30:00Z`, or `-`.
pub(crate) fn time(value: &Value, pointer: &str) -> String {
    let whole = text(value, pointer);
    match whole.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => format!("{seconds}Z"),
        _ => whole,
    }
}

/// A list of texts (or of objects, by their `name`, `label`, `title` or `id`), joined with commas; empty where there
/// is none.
pub(crate) fn names(value: &Value, pointer: &str) -> String {
    let entries = value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let texts = entries.iter().filter_map(|entry| {
        ["", "/name", "/label", "/title", "/id"]
            .iter()
            .find_map(|at| entry.pointer(at).and_then(Value::as_str))
            .map(plain)
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// Whether the field is there and true.
pub(crate) fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// The entries of a list answer.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.pointer("/items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The text with every control character replaced: names and descriptions come from others, and must not move the
/// cursor, change colours or forge lines.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|letter| if is_unsafe(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Control characters, and the marks that turn the direction of what follows.
fn is_unsafe(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_null_or_empty_reads_as_a_dash() {
        let value = json!({"a": null, "b": "", "c": {"d": 3}});
        assert_eq!(
            (text(&value, "/a"), text(&value, "/b"), text(&value, "/x/y")),
            ("-".into(), "-".into(), "-".into())
        );
        assert_eq!(text(&value, "/c/d"), "3");
    }

    #[test]
    fn times_lose_their_fraction_and_nothing_else() {
        let value = json!({"a": "2026-11-22T09:30:00.123456Z", "b": "2026-11-22T09:30:00Z"});
        assert_eq!(time(&value, "/a"), "2026-11-22T09:30:00Z");
        assert_eq!(time(&value, "/b"), "2026-11-22T09:30:00Z");
    }

    #[test]
    fn names_come_from_texts_and_from_objects() {
        let value = json!({"a": ["x", {"label": "y"}, {"id": "z"}, 4]});
        assert_eq!(names(&value, "/a"), "x, y, z");
    }
}
