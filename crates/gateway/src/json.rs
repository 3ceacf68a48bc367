//! Strict reading of JSON into one owned tree: a key that occurs twice in an object, at any depth, is an error.
//!
//! This is our own reader, since two readers that disagree about one text are how a forbidden call slips
//! through. The common one keeps the last of two equal keys, and with lossless numbers it gives a meaning of
//! its own to objects with certain keys. Whatever is judged is this tree, and what goes out is written from it.

use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Characters of a key that are shown where it is at fault.
const KEY_SHOWN_MAX: usize = 64;

/// Why a text is not JSON that we take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonFault {
    #[error("it is not UTF-8")]
    Encoding,
    #[error("it is not valid JSON at byte {at}")]
    Syntax { at: usize },
    #[error("the key {key:?} occurs twice in one object")]
    Twice {
        /// The beginning of it: what is said about a text must not be as long as the text.
        key: String,
    },
    #[error("it is nested deeper than {max} levels")]
    TooDeep { max: usize },
}

/// Reads one JSON text, all of it.
pub(crate) fn parse(bytes: &[u8], depth_max: usize) -> Result<Value, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::Encoding)?;
    let mut reader = Reader { text, at: 0, depth_left: depth_max, depth_max };
    let value = reader.value()?;
    reader.blank();
    if reader.peek().is_some() { Err(reader.syntax()) } else { Ok(value) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth_left: usize,
    depth_max: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn syntax(&self) -> JsonFault {
        JsonFault::Syntax { at: self.at }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), JsonFault> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    fn value(&mut self) -> Result<Value, JsonFault> {
        self.blank();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.syntax()),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonFault> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.syntax())
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, JsonFault>) -> Result<Value, JsonFault> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(JsonFault::TooDeep { max: self.depth_max })?;
        self.at += 1;
        let value = read(self)?;
        self.depth_left += 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, JsonFault> {
        let mut members = Map::new();
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.blank();
            let key = self.string()?;
            self.blank();
            self.take(b':')?;
            let value = self.value()?;
            match members.entry(key) {
                Entry::Occupied(known) => {
                    let key = known.key().chars().take(KEY_SHOWN_MAX).collect();
                    return Err(JsonFault::Twice { key });
                }
                Entry::Vacant(place) => {
                    place.insert(value);
                }
            }
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.take(b'}')?;
        Ok(Value::Object(members))
    }

    fn array(&mut self) -> Result<Value, JsonFault> {
        let mut items = Vec::new();
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.take(b']')?;
        Ok(Value::Array(items))
    }

    fn string(&mut self) -> Result<String, JsonFault> {
        self.take(b'"')?;
        let mut whole = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            // All three stops are ASCII, so the piece between them ends on character boundaries.
            whole.push_str(self.text.get(start..self.at).ok_or(self.syntax())?);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(whole);
                }
                Some(b'\\') => {
                    self.at += 1;
                    whole.push(self.escape()?);
                }
                _ => return Err(self.syntax()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonFault> {
        let letter = self.peek().ok_or(self.syntax())?;
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.syntax()),
        })
    }

    /// Half of a surrogate pair names no character and is an error: it could not be written again.
    fn unicode(&mut self) -> Result<char, JsonFault> {
        let first = self.four_digits()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            self.take(b'\\')?;
            self.take(b'u')?;
            let second = self.four_digits()?;
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(self.syntax())?;
            0x1_0000 + ((first - 0xd800) << 10) + low
        } else {
            first
        };
        char::from_u32(code).ok_or(self.syntax())
    }

    fn four_digits(&mut self) -> Result<u32, JsonFault> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(self.syntax())?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.syntax());
        }
        let code = u32::from_str_radix(digits, 16).map_err(|_| self.syntax())?;
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, JsonFault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).ok_or(self.syntax())?;
        text.parse::<Number>().map(Value::Number).map_err(|_| self.syntax())
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.syntax()) } else { Ok(()) }
    }
}

/// A tree in the one form that equal trees share, whatever the order of their keys.
pub(crate) fn canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (place, (key, member)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(key, out);
                out.push(b':');
                canonical(member, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                canonical(item, out);
            }
            out.push(b']');
        }
        plain => write(plain, out),
    }
}

/// Writes a value as compact JSON, which is always one line.
pub(crate) fn write<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let length = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Trees, texts and numbers can always be written; nothing half-written may stay if that ever changes.
        out.truncate(length);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Value, JsonFault> {
        parse(text.as_bytes(), 64)
    }

    #[test]
    fn a_key_that_occurs_twice_is_refused_at_every_depth_however_it_is_spelled() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"b":[{"a":1,"a":1}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(read(text), Err(JsonFault::Twice { key: "a".into() }), "{text}");
        }
    }

    #[test]
    fn objects_that_look_like_the_inside_of_the_library_stay_objects() {
        for text in [r#"{"$serde_json::private::Number":"5"}"#, r#"{"$serde_json::private::RawValue":"[1]"}"#] {
            let value = read(text).unwrap();
            assert!(value.is_object());
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
        }
    }

    #[test]
    fn big_numbers_and_odd_ones_come_out_as_they_went_in() {
        for text in ["123456789012345678901234567890", "-0", "0.1000", "1E5", "1.5e-300", "9007199254740993"] {
            let value = read(text).unwrap();
            let written = serde_json::to_string(&value).unwrap();
            assert_eq!(written.to_lowercase().replace("e+", "e"), text.to_lowercase());
        }
    }

    #[test]
    fn what_json_forbids_is_refused() {
        let wrong = [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "1.",
            "-",
            "+1",
            "nul",
            "\"\\x\"",
            "\"\u{1}\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"\\u+123\"",
            "1 2",
            "{1:2}",
            "'a'",
            "NaN",
            "\u{feff}1",
            "\"a",
        ];
        for text in wrong {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert_eq!(parse(b"\"\xff\"", 64), Err(JsonFault::Encoding));
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&deep(64)).is_ok());
        assert_eq!(read(&deep(65)), Err(JsonFault::TooDeep { max: 64 }));
        assert_eq!(read(&"[".repeat(1_000_000)), Err(JsonFault::TooDeep { max: 64 }));
    }

    #[test]
    fn equal_trees_have_one_canonical_form() {
        let form = |text: &str| {
            let mut out = Vec::new();
            canonical(&read(text).unwrap(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(form(r#"{"b":[{"d":1,"c":"x\n"}],"a":null}"#), r#"{"a":null,"b":[{"c":"x\n","d":1}]}"#);
        assert_eq!(form(r#"{"a":null,"b":[{"c":"x\n","d":1}]}"#), form(r#"{"b":[{"d":1,"c":"x\n"}],"a":null}"#));
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::hash_map(".*", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_can_be_written_is_read_as_it_was(value in tree(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            prop_assert_eq!(read(&text.unwrap()).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_read_or_refused_as_the_common_reader_does(bytes in "[\\[\\]{}:,\"\\\\a0-9eE.+u \\-]{0,24}") {
            let ours = read(&bytes);
            let theirs = serde_json::from_str::<Value>(&bytes);
            match &ours {
                Ok(value) => prop_assert_eq!(Some(value), theirs.as_ref().ok()),
                Err(JsonFault::Twice { .. }) => prop_assert!(theirs.is_ok()),
                Err(_) => prop_assert!(theirs.is_err()),
            }
        }
    }
}
