//! Reading requests: JSON objects of which every name stands once, field by field, each fault naming its field.
//!
//! A list is never taken for an object, and what is null counts as left out. Fields that nobody asks for are passed
//! over, whatever is in them.

use std::collections::BTreeMap;
use std::fmt;

use app::{App, Caller};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::fault::Fault;
use crate::extract::Keyed;
use crate::problem::Failure;

/// A JSON object, its fields not yet read.
pub(super) struct Fields<'b> {
    /// Where it stands in the request; empty for the request itself.
    path: String,
    fields: BTreeMap<String, &'b RawValue>,
}

impl<'b> Fields<'b> {
    /// Reads a whole request.
    pub(super) fn of_request(body: &'b [u8]) -> Result<Fields<'b>, Fault> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(Fault::bad("the request is empty; send a JSON object"));
        }
        let read: Members<'b> = serde_json::from_slice(body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Fault::bad(format!("the request: {}", said(&error))),
            _ => Fault::bad(format!("the request is not JSON: {error}")),
        })?;
        Ok(Fields { path: String::new(), fields: read.0 })
    }

    /// Reads a value that has to be an object.
    pub(super) fn of_value(path: String, value: &'b RawValue) -> Result<Fields<'b>, Fault> {
        let read = serde_json::from_str::<Members<'b>>(value.get());
        let read = read.map_err(|error| Fault::bad(format!("{path}: {}", said(&error))))?;
        Ok(Fields { path, fields: read.0 })
    }

    /// The value of a field as it was sent; none where it is left out or null.
    pub(super) fn raw(&self, name: &str) -> Option<&'b RawValue> {
        self.fields.get(name).copied().filter(|value| value.get() != "null")
    }

    /// An object; none where it is left out.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'b>>, Fault> {
        self.raw(name).map(|value| Fields::of_value(self.at(name), value)).transpose()
    }

    /// A text; none where it is left out.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        self.value(name, "a string")
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, name: &str) -> Result<String, Fault> {
        self.text(name)?.ok_or_else(|| self.missing(name, "a string"))
    }

    /// A whole number from 0; none where it is left out.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        self.value(name, "a whole number from 0")
    }

    /// A list; none where it is left out.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<&'b RawValue>>, Fault> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        let list = serde_json::from_str(value.get());
        list.map(Some).map_err(|_| Fault::bad(format!("{} must be a list", self.at(name))))
    }

    /// What is said of a field that has to be there and is not.
    pub(super) fn missing(&self, name: &str, what: &str) -> Fault {
        Fault::bad(format!("{} is missing; it must be {what}", self.at(name)))
    }

    fn value<T: DeserializeOwned>(&self, name: &str, what: &str) -> Result<Option<T>, Fault> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        let read = serde_json::from_str(value.get());
        read.map(Some).map_err(|_| Fault::bad(format!("{} must be {what}", self.at(name))))
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// The message without serde's line and column, which count from the beginning of the field.
fn said(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(text, _)| text.to_owned())
}

struct Members<'b>(BTreeMap<String, &'b RawValue>);

impl<'de: 'b, 'b> Deserialize<'de> for Members<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format!("the name {name} stands twice in one object")));
                    }
                    fields.insert(name, value);
                }
                Ok(Members(fields))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// A request: who sends it, and its body.
pub(super) struct Sent {
    pub(super) caller: Caller,
    pub(super) body: Bytes,
}

impl FromRequest<App> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let Keyed(caller) = Keyed::from_request_parts(&mut parts, app).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Fault::bad("send JSON, with the header Content-Type: application/json"));
        }
        let body = Bytes::from_request(Request::from_parts(parts, body), app).await;
        let too_large = |_| Failure::too_large(format!("send at most {} bytes", crate::extract::body_bytes_max()));
        Ok(Sent { caller, body: body.map_err(too_large)? })
    }
}
