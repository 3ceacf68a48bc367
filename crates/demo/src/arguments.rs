//! Checks the arguments of a call against the parameters of its tool.
//!
//! What is wrong is said in a sentence that names the argument and the remedy, because a language model reads it and
//! tries again. It never changes the store. Start reading at [`check`].

use serde_json::{Map, Value};

use crate::store::Store;
use crate::tool::{Kind, Param, Tool};

const TEXT_CHARS_MAX: usize = 4_000;
const TEXTS_MAX: usize = 100;
const EMAILS_MAX: usize = 50;

/// Passes if `arguments` fit the tool, otherwise says what to change.
pub(crate) fn check(tool: &Tool, arguments: &Map<String, Value>, store: &Store) -> Result<(), String> {
    for name in arguments.keys() {
        if !tool.params.iter().any(|param| param.name == name) {
            let known: Vec<&str> = tool.params.iter().map(|param| param.name).collect();
            return Err(format!("unknown argument '{name}': {} takes {}", tool.name, list(&known)));
        }
    }
    for param in tool.params {
        match arguments.get(param.name) {
            None | Some(Value::Null) if param.required => {
                return Err(format!("argument '{}' is missing: {}", param.name, param.about));
            }
            None | Some(Value::Null) => {}
            Some(value) => check_one(param, value, store)?,
        }
    }
    Ok(())
}

fn check_one(param: &Param, value: &Value, store: &Store) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("argument '{}' must be {wanted}, not {value}", param.name));
    match param.kind {
        Kind::Key | Kind::Text => match value.as_str() {
            Some(text) if text.chars().count() <= TEXT_CHARS_MAX => Ok(()),
            _ => wrong("a text of up to 4000 characters"),
        },
        Kind::Ref(collection) => match value.as_str() {
            Some(id) if store.get(collection, id).is_some() => Ok(()),
            Some(id) => Err(absent(collection, id)),
            None => wrong("the id of a record"),
        },
        Kind::Email if value.as_str().is_some_and(is_email) => Ok(()),
        Kind::Email => wrong("an e-mail address such as ada@example.com"),
        Kind::Date if value.as_str().is_some_and(is_date) => Ok(()),
        Kind::Date => wrong("a day such as 2026-10-31"),
        Kind::Whole(min, max) => match value.as_i64() {
            Some(number) if (min..=max).contains(&number) => Ok(()),
            _ => wrong(&format!("a whole number from {min} to {max}")),
        },
        Kind::Flag if value.is_boolean() => Ok(()),
        Kind::Flag => wrong("true or false"),
        Kind::OneOf(words) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(()),
        Kind::OneOf(words) => wrong(&format!("one of {}", list(words))),
        Kind::Texts => match value.as_array() {
            Some(texts) if texts.len() <= TEXTS_MAX && texts.iter().all(Value::is_string) => Ok(()),
            _ => wrong("a list of up to 100 texts"),
        },
        Kind::Emails => match value.as_array() {
            Some(texts)
                if (1..=EMAILS_MAX).contains(&texts.len())
                    && texts.iter().all(|text| text.as_str().is_some_and(is_email)) =>
            {
                Ok(())
            }
            _ => wrong("a list of 1 to 50 e-mail addresses"),
        },
    }
}

/// The sentence for a record that is not there.
pub(crate) fn absent(collection: &str, id: &str) -> String {
    format!("there is no '{id}' in {collection}: list or search {collection} for an id that exists")
}

fn list(words: &[&str]) -> String {
    if words.is_empty() { "no arguments".to_owned() } else { words.join(", ") }
}

fn is_email(text: &str) -> bool {
    text.len() <= 254
        && !text.chars().any(char::is_whitespace)
        && text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10
}
