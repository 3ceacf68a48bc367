//! What a look-alike tool is: its name, the parameters it takes, the act behind it and what it claims about itself.
//!
//! A tool is a row of a table, not a function: the six tables are in [`crate::catalogue`], the acts in
//! [`crate::acts`]. This module also writes the JSON Schemas that a client is shown. It never touches the store.
//!
//! Start reading at [`Tool`], then [`Act`].

use serde_json::{Map, Value, json};

/// The arguments that any act understands besides the fields of a record.
pub(crate) const STEERING: &[&str] =
    &["query", "limit", "offset", "note", "start_date", "end_date", "group_by", "metric", "steps", "step_ms"];

/// What a tool does to the world, as somebody who knows the vendor would say (not as its annotations claim).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Looks and changes nothing.
    Read,
    /// Creates or changes.
    Write,
    /// Deletes, or ends something for good.
    Delete,
}

impl Class {
    /// The word used on the wire: `read`, `write` or `delete`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }
}

/// The act behind a tool. The first string is always the collection that it works on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Lists records; every argument that is not steering is an equality filter.
    List(&'static str),
    /// As `List`, and every word of `query` must occur somewhere in the record.
    Search(&'static str),
    /// Reads one record.
    Get(&'static str),
    /// Creates a record from the arguments and these defaults.
    Create(&'static str, &'static [(&'static str, &'static str)]),
    /// Sets the given fields of one record.
    Update(&'static str),
    /// Deletes one record.
    Delete(&'static str),
    /// Deletes every record that the arguments select.
    Purge(&'static str),
    /// Moves the status of one record.
    Move(&'static str, Step),
    /// Sums a number over the records that the arguments select, in groups.
    Sum(&'static str),
    /// Goes through a collection slowly, reporting progress and stopping when nobody listens any more.
    Export(&'static str),
    /// Something that only this vendor does.
    Special(Special),
}

/// One allowed move of a record's status.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The states it may start from; empty means any.
    pub(crate) from: &'static [&'static str],
    /// The state it ends in.
    pub(crate) to: &'static str,
}

/// The acts that no table can say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Special {
    /// Gives money back and lowers what is left of the payment.
    Refund,
    /// What was taken, given back and is left.
    Balance,
    /// Marks an invoice paid and books the payment.
    PayInvoice,
    /// Captures or cancels several payments at once.
    ProcessBatch,
    /// Turns a lead into an account, a contact and an opportunity.
    ConvertLead,
    /// Answers a message in its conversation.
    Reply,
    /// Sends a message on to others.
    Forward,
    /// Reads any collection named by `resource`, with chosen fields.
    Query,
}

/// What a tool claims about itself on the wire. `None` leaves the claim out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hints {
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
    pub(crate) idempotent: Option<bool>,
}

/// One look-alike tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) act: Act,
    pub(crate) params: &'static [Param],
    pub(crate) class: Class,
    pub(crate) hints: Hints,
    pub(crate) typed: bool,
}

const fn hints(read_only: bool, destructive: Option<bool>, idempotent: Option<bool>) -> Hints {
    Hints { read_only: Some(read_only), destructive, idempotent }
}

/// A tool with the class and the honest claims that follow from its act.
pub(crate) const fn tool(act: Act, name: &'static str, title: &'static str, about: &'static str) -> Tool {
    let (class, hints) = match act {
        Act::List(_) | Act::Search(_) | Act::Get(_) | Act::Sum(_) | Act::Export(_) => {
            (Class::Read, hints(true, None, None))
        }
        Act::Create(..) | Act::Special(_) => (Class::Write, hints(false, Some(false), Some(false))),
        Act::Update(_) | Act::Move(..) => (Class::Write, hints(false, Some(false), Some(true))),
        Act::Delete(_) | Act::Purge(_) => (Class::Delete, hints(false, Some(true), Some(true))),
    };
    Tool { name, title, about, act, params: &[], class, hints, typed: false }
}

impl Tool {
    /// The parameters it takes.
    pub(crate) const fn takes(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// Publishes an output schema.
    pub(crate) const fn typed(mut self) -> Self {
        self.typed = true;
        self
    }

    /// A special act that only looks.
    pub(crate) const fn looks(mut self) -> Self {
        self.class = Class::Read;
        self.hints = hints(true, None, None);
        self
    }

    /// An act that ends something for good, and says so.
    pub(crate) const fn ends(mut self) -> Self {
        self.class = Class::Delete;
        self.hints = hints(false, Some(true), Some(true));
        self
    }

    /// Says nothing about itself.
    pub(crate) const fn unannotated(mut self) -> Self {
        self.hints = Hints { read_only: None, destructive: None, idempotent: None };
        self
    }

    /// Claims to only look, whatever it does.
    pub(crate) const fn claims_to_look(mut self) -> Self {
        self.hints = hints(true, None, None);
        self
    }

    /// The tool as `tools/list` shows it.
    pub(crate) fn describe(&self) -> Value {
        let mut shown = json!({
            "name": self.name, "title": self.title, "description": self.about, "inputSchema": self.input_schema(),
        });
        if self.typed {
            shown["outputSchema"] = self.output_schema();
        }
        let claims: Map<String, Value> = [
            ("readOnlyHint", self.hints.read_only),
            ("destructiveHint", self.hints.destructive),
            ("idempotentHint", self.hints.idempotent),
        ]
        .into_iter()
        .filter_map(|(name, claim)| claim.map(|value| (name.to_owned(), Value::Bool(value))))
        .collect();
        if !claims.is_empty() {
            shown["annotations"] = Value::Object(claims);
        }
        shown
    }

    /// JSON Schema 2020-12 of the arguments.
    pub(crate) fn input_schema(&self) -> Value {
        let properties: Map<String, Value> =
            self.params.iter().map(|param| (param.name.to_owned(), param.schema())).collect();
        let required: Vec<&str> = self.params.iter().filter(|param| param.required).map(|param| param.name).collect();
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn output_schema(&self) -> Value {
        let text = json!({ "type": "string" });
        let (properties, required) = match self.act {
            Act::List(_) | Act::Search(_) => (
                json!({
                    "items": { "type": "array", "items": { "type": "object" } },
                    "total": { "type": "integer", "minimum": 0 },
                    "has_more": { "type": "boolean" },
                }),
                json!(["items", "total", "has_more"]),
            ),
            Act::Delete(_) => (json!({ "id": text, "deleted": { "type": "boolean" } }), json!(["id", "deleted"])),
            Act::Sum(_) => (
                json!({ "rows": { "type": "array", "items": { "type": "object" } }, "total": { "type": "number" } }),
                json!(["rows", "total"]),
            ),
            Act::Special(Special::Balance) => (
                json!({
                    "taken": { "type": "integer" }, "refunded": { "type": "integer" },
                    "available": { "type": "integer" }, "currency": text,
                }),
                json!(["taken", "refunded", "available", "currency"]),
            ),
            _ => (json!({ "id": text }), json!(["id"])),
        };
        json!({ "type": "object", "properties": properties, "required": required })
    }
}

/// What an argument may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The record that the act is about, named by its id.
    Key,
    /// The id of a record of another collection; it must exist.
    Ref(&'static str),
    /// Text of up to 4,000 characters.
    Text,
    /// An e-mail address.
    Email,
    /// A day, `2026-10-31`.
    Date,
    /// A whole number within bounds.
    Whole(i64, i64),
    /// Yes or no.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Up to 100 texts.
    Texts,
    /// Up to 50 e-mail addresses.
    Emails,
}

/// One parameter of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
    pub(crate) required: bool,
}

/// An optional parameter.
pub(crate) const fn may(name: &'static str, kind: Kind, about: &'static str) -> Param {
    Param { name, kind, about, required: false }
}

/// A required parameter.
pub(crate) const fn must(name: &'static str, kind: Kind, about: &'static str) -> Param {
    Param { name, kind, about, required: true }
}

/// The id of the record that the act is about.
pub(crate) const fn key(name: &'static str, about: &'static str) -> Param {
    must(name, Kind::Key, about)
}

/// How many records to return.
pub(crate) const LIMIT: Param = may("limit", Kind::Whole(1, 100), "How many to return at most; 10 unless given.");
/// How many records to pass over.
pub(crate) const OFFSET: Param = may("offset", Kind::Whole(0, 1_000_000), "How many to skip, for the next page.");
/// Words to look for.
pub(crate) const QUERY: Param = must("query", Kind::Text, "Words that must all occur.");
/// A word of the caller's own. The call is counted under it, see [`crate::Stats::note_calls`].
pub(crate) const NOTE: Param =
    may("note", Kind::Text, "A reference of your own; it is kept with the call and changes nothing.");

impl Param {
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Key | Kind::Ref(_) => json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
            Kind::Text => json!({ "type": "string", "maxLength": 4000 }),
            Kind::Email => json!({ "type": "string", "format": "email", "maxLength": 254 }),
            Kind::Date => json!({ "type": "string", "format": "date" }),
            Kind::Whole(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
            Kind::Texts => json!({ "type": "array", "items": { "type": "string" }, "maxItems": 100 }),
            Kind::Emails => {
                json!({
                    "type": "array", "items": { "type": "string", "format": "email" }, "minItems": 1, "maxItems": 50,
                })
            }
        };
        schema["description"] = Value::from(self.about);
        schema
    }
}
