//! What is different between two definitions of a tool, part by part and word by word, as it can be shown.

use std::collections::BTreeSet;

use serde_json::Value;

use super::unseen::written_out;

/// Comparisons of words that one part takes, and that all parts of one answer take; beyond them a part is shown as a whole.
const COMPARED_MAX: usize = 1_000_000;
/// Bytes of the differences in one answer; what is beyond is not shown, and looked at once the others are decided.
const SHOWN_BYTES_MAX: usize = 1 << 20;

/// Whether a piece of text is in both definitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PieceKind {
    /// In both.
    Same,
    /// Only in the approved one.
    Removed,
    /// Only in the new one.
    Added,
}

impl PieceKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PieceKind::Same => "same",
            PieceKind::Removed => "removed",
            PieceKind::Added => "added",
        }
    }
}

/// A piece of a part's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Whether it is in both.
    pub kind: PieceKind,
    /// The text, with what shows as nothing written out.
    pub text: String,
}

/// A part of a definition that is not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Which part: a member of the definition, such as `description` or `inputSchema`.
    pub part: String,
    /// Its text, old and new together.
    pub pieces: Vec<Piece>,
}

/// What one answer may still take.
pub(super) struct Budget {
    compared: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { compared: 4 * COMPARED_MAX, bytes: SHOWN_BYTES_MAX }
    }
}

/// What shows as nothing in a definition.
pub(super) fn unseen(definition: &str) -> BTreeSet<String> {
    // Written as JSON, a control character would hide behind another way to write it.
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => found.extend(written_out(text).1),
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                found.extend(written_out(name).1);
                collect(member, found);
            }),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(&serde_json::from_str(definition).unwrap_or_default(), &mut found);
    found
}

/// The parts that are not the same, description first; none where the answer has no room for them.
pub(super) fn differences(before: &str, after: &str, budget: &mut Budget) -> Option<Vec<Difference>> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (before, after) = (parse(before), parse(after));
    let names = |value: &Value| -> Vec<String> {
        value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
    };
    let parts: BTreeSet<String> = [names(&before), names(&after)].concat().into_iter().collect();
    let mut parts: Vec<String> = parts.into_iter().collect();
    parts.sort_by_key(|part| !matches!(part.as_str(), "name" | "title" | "description"));
    let mut found = Vec::new();
    for part in parts {
        let (was, is) = (before.get(&part).map(in_text), after.get(&part).map(in_text));
        if was != is {
            let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
            budget.bytes = budget.bytes.checked_sub(was.len() + is.len())?;
            found.push(Difference { part: written_out(&part).0, pieces: pieces(&was, &is, budget) });
        }
    }
    Some(found)
}

/// A part as text: a string as it is, anything else as JSON with the members of objects in the order of their names, each on
/// a line. What shows as nothing is written out.
fn in_text(value: &Value) -> String {
    fn write(value: &Value, indent: usize, into: &mut String) {
        let line = |into: &mut String, indent: usize| {
            into.push('\n');
            into.extend(std::iter::repeat_n("  ", indent));
        };
        match value {
            Value::Object(members) if !members.is_empty() => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                into.push('{');
                for (at, (name, member)) in members.into_iter().enumerate() {
                    into.push_str(if at > 0 { "," } else { "" });
                    line(into, indent + 1);
                    into.push_str(&format!("\"{}\": ", written_out(name).0));
                    write(member, indent + 1, into);
                }
                line(into, indent);
                into.push('}');
            }
            Value::Array(items) if !items.is_empty() => {
                into.push('[');
                for (at, item) in items.iter().enumerate() {
                    into.push_str(if at > 0 { "," } else { "" });
                    line(into, indent + 1);
                    write(item, indent + 1, into);
                }
                line(into, indent);
                into.push(']');
            }
            Value::String(text) => into.push_str(&format!("\"{}\"", written_out(text).0)),
            plain => into.push_str(&plain.to_string()),
        }
    }
    if let Value::String(text) = value {
        return written_out(text).0;
    }
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

/// Words, runs of blanks, and single signs.
fn words(text: &str) -> Vec<&str> {
    let kind = |letter: char| match letter {
        '\n' => 3,
        letter if letter.is_whitespace() => 1,
        letter if letter.is_alphanumeric() || letter == '_' => 2,
        _ => 0,
    };
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |letter: char| kind(letter) == kind(first) && matches!(kind(first), 1 | 2);
        let end = rest.char_indices().skip(1).find(|(_, letter)| !same(*letter)).map_or(rest.len(), |(at, _)| at);
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

fn pieces(was: &str, is: &str, budget: &mut Budget) -> Vec<Piece> {
    let (was, is) = (words(was), words(is));
    let head = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
    let (was_rest, is_rest) = (&was[head..], &is[head..]);
    let tail = was_rest.iter().rev().zip(is_rest.iter().rev()).take_while(|(was, is)| was == is).count();
    let (was_middle, is_middle) = (&was_rest[..was_rest.len() - tail], &is_rest[..is_rest.len() - tail]);
    let mut told = Told::default();
    told.all(PieceKind::Same, &was[..head]);
    let cells = was_middle.len().saturating_mul(is_middle.len());
    if cells > COMPARED_MAX || cells > budget.compared {
        told.all(PieceKind::Removed, was_middle);
        told.all(PieceKind::Added, is_middle);
    } else {
        budget.compared -= cells;
        aligned(was_middle, is_middle, &mut told);
    }
    told.all(PieceKind::Same, &was_rest[was_rest.len() - tail..]);
    told.0
}

/// The pieces so far.
#[derive(Default)]
struct Told(Vec<Piece>);

impl Told {
    fn all(&mut self, kind: PieceKind, words: &[&str]) {
        words.iter().for_each(|word| self.word(kind, word));
    }

    fn word(&mut self, kind: PieceKind, word: &str) {
        match self.0.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(word),
            _ => self.0.push(Piece { kind, text: word.to_owned() }),
        }
    }
}

/// How much it counts that something is in both: a word more than a sign, and a sign more than a blank.
fn weight(word: &str) -> u32 {
    match word.chars().next() {
        Some(letter) if letter.is_alphanumeric() => 4,
        Some(letter) if letter.is_whitespace() => 1,
        _ => 2,
    }
}

/// By the common subsequence of words that weighs most.
fn aligned(was: &[&str], is: &[&str], told: &mut Told) {
    let width = is.len() + 1;
    let mut common = vec![0u32; (was.len() + 1) * width];
    for (row, old) in was.iter().enumerate().rev() {
        for (column, new) in is.iter().enumerate().rev() {
            let here = row * width + column;
            common[here] = match old == new {
                true => common[here + width + 1] + weight(old),
                false => common[here + width].max(common[here + 1]),
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    while row < was.len() && column < is.len() {
        let here = row * width + column;
        if was[row] == is[column] {
            told.word(PieceKind::Same, was[row]);
            (row, column) = (row + 1, column + 1);
        } else if common[here + width] >= common[here + 1] {
            told.word(PieceKind::Removed, was[row]);
            row += 1;
        } else {
            told.word(PieceKind::Added, is[column]);
            column += 1;
        }
    }
    told.all(PieceKind::Removed, &was[row..]);
    told.all(PieceKind::Added, &is[column..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(before: &str, after: &str) -> String {
        let found = differences(before, after, &mut Budget::default()).unwrap();
        let piece = |piece: &Piece| match piece.kind {
            PieceKind::Same => piece.text.clone(),
            PieceKind::Removed => format!("[-{}-]", piece.text),
            PieceKind::Added => format!("{{+{}+}}", piece.text),
        };
        let part =
            |found: &Difference| format!("{}: {}\n", found.part, found.pieces.iter().map(piece).collect::<String>());
        found.iter().map(part).collect()
    }

    #[test]
    fn every_changed_part_is_shown_word_by_word_and_no_other() {
        let before = r#"{"name":"t","description":"Lists mails of a person.","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}"#;
        let after = r#"{"inputSchema":{"properties":{"a":{"type":"integer"}},"type":"object"},"name":"t","description":"Lists all mails.","icons":[{"src":"x"}]}"#;
        let told = shown(before, after);
        assert!(told.starts_with("description: Lists {+all +}mails[- of a person-].\n"), "{told}");
        assert!(told.contains("\"type\": \"[-string-]{+integer+}\""), "{told}");
        assert!(told.contains("icons: {+[") && !told.contains("name:"), "{told}");
        assert_eq!(shown(before, before), "");
    }

    #[test]
    fn what_does_not_show_is_shown_where_it_came_in() {
        let before = "{\"name\":\"t\",\"description\":\"Pays.\"}";
        let after = "{\"name\":\"t\",\"description\":\"Pays\\u200b\u{202e}.\"}";
        assert_eq!(shown(before, after), "description: Pays{+\\u{200b}\\u{202e}+}.\n");
        assert_eq!(unseen(after), ["\\u{200b}".to_owned(), "\\u{202e}".to_owned()].into());
        assert!(unseen(r#"{"inputSchema":{"pro\u0007perties":["\u001b[0m"]}}"#).len() == 2);
    }

    #[test]
    fn what_is_too_much_to_compare_is_shown_as_a_whole_and_what_is_too_much_to_show_is_not() {
        let text = |word: &str| serde_json::json!({ "description": format!("{word} ").repeat(2_000) }).to_string();
        let found = differences(&text("a"), &text("b"), &mut Budget::default()).unwrap();
        assert!(found[0].pieces.len() < 4, "{}", found[0].pieces.len());
        let huge = serde_json::json!({ "description": "x".repeat(SHOWN_BYTES_MAX) }).to_string();
        assert_eq!(differences(&huge, &text("a"), &mut Budget::default()), None);
    }

    proptest! {
        #[test]
        fn the_pieces_of_either_side_are_its_whole_text(was in "[ab .\n]{0,60}", is in "[ab .\n]{0,60}") {
            let pieces = pieces(&was, &is, &mut Budget::default());
            let side = |other| pieces.iter().filter(|piece| piece.kind != other).map(|piece| piece.text.as_str()).collect::<String>();
            prop_assert_eq!(side(PieceKind::Added), was);
            prop_assert_eq!(side(PieceKind::Removed), is);
        }
    }
}
