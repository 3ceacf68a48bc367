//! The acts behind the tools: list, search, get, create, update, delete, purge, move and sum, on any collection.
//!
//! An act either answers JSON or says in a sentence why it cannot be done; nothing is changed in the second case.
//! What only one vendor does is in [`crate::special`]. It never waits and knows nothing of the protocol.
//!
//! Start reading at [`perform`].

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::arguments::{absent, check};
use crate::special;
use crate::store::{Record, Store};
use crate::tool::{Act, Kind, STEERING, Step, Tool};

const LIMIT_DEFAULT: usize = 10;

/// One call: what is asked, of which store, and when.
pub(crate) struct Work<'a> {
    pub(crate) tool: &'a Tool,
    pub(crate) arguments: &'a Map<String, Value>,
    pub(crate) store: &'a mut Store,
    /// The moment of the call, RFC 3339.
    pub(crate) now: &'a str,
}

/// Does what the tool does.
pub(crate) fn perform(mut work: Work<'_>) -> Result<Value, String> {
    check(work.tool, work.arguments, work.store)?;
    match work.tool.act {
        Act::List(collection) | Act::Search(collection) => Ok(work.list(collection)),
        Act::Get(collection) => work.get(collection),
        Act::Create(collection, defaults) => work.create(collection, defaults),
        Act::Update(collection) => work.update(collection),
        Act::Delete(collection) => work.delete(collection),
        Act::Purge(collection) => Ok(work.purge(collection)),
        Act::Move(collection, step) => work.advance(collection, step),
        Act::Sum(collection) => Ok(work.sum(collection)),
        Act::Export(collection) => Ok(json!({
            "collection": collection, "records": work.store.count(collection), "finished_at": work.now,
        })),
        Act::Special(special) => special::perform(special, &mut work),
    }
}

impl Work<'_> {
    /// An argument that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.arguments.get(name).and_then(Value::as_str)
    }

    /// An argument that is a number of things.
    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        self.arguments.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
    }

    /// The id of the record that the act is about.
    pub(crate) fn key(&self) -> &str {
        let key = self.tool.params.iter().find(|param| matches!(param.kind, Kind::Key));
        key.and_then(|param| self.text(param.name)).unwrap_or_default()
    }

    fn key_name(&self) -> Option<&'static str> {
        self.tool.params.iter().find(|param| matches!(param.kind, Kind::Key)).map(|param| param.name)
    }

    /// The record that the act is about.
    pub(crate) fn target(&mut self, collection: &str) -> Result<&mut Record, String> {
        let id = self.key().to_owned();
        self.store.get_mut(collection, &id).ok_or_else(|| absent(collection, &id))
    }

    /// The arguments that become fields of a record.
    fn fields(&self) -> Record {
        let key = self.key_name();
        let given = self
            .arguments
            .iter()
            .filter(|(name, value)| !value.is_null() && name.as_str() != "note" && Some(name.as_str()) != key);
        given.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn selects(&self, record: &Record) -> bool {
        let matches_filters = self
            .arguments
            .iter()
            .filter(|(name, value)| !STEERING.contains(&name.as_str()) && !value.is_null())
            .all(|(name, wanted)| record.get(name).is_some_and(|held| holds(held, wanted)));
        matches_filters && self.within_dates(record) && self.text("query").is_none_or(|query| mentions(record, query))
    }

    fn within_dates(&self, record: &Record) -> bool {
        let Some(date) = record.get("date").or_else(|| record.get("created_at")).and_then(Value::as_str) else {
            return true;
        };
        let day = date.get(..10).unwrap_or(date);
        self.text("start_date").is_none_or(|start| day >= start) && self.text("end_date").is_none_or(|end| day <= end)
    }

    fn list(&self, collection: &str) -> Value {
        let limit = self.count("limit").unwrap_or(LIMIT_DEFAULT);
        let offset = self.count("offset").unwrap_or(0);
        let mut total = 0_usize;
        let mut items = Vec::new();
        for record in self.store.iter(collection).filter(|record| self.selects(record)) {
            if total >= offset && items.len() < limit {
                items.push(Value::Object(record.clone()));
            }
            total += 1;
        }
        let has_more = total > offset.saturating_add(items.len());
        json!({ "items": items, "total": total, "has_more": has_more })
    }

    fn get(&mut self, collection: &str) -> Result<Value, String> {
        self.target(collection).map(|record| Value::Object(record.clone()))
    }

    fn create(&mut self, collection: &str, defaults: &[(&str, &str)]) -> Result<Value, String> {
        let mut fields = self.fields();
        for (name, value) in defaults {
            fields.entry((*name).to_owned()).or_insert_with(|| Value::from(*value));
        }
        fields.insert("created_at".to_owned(), Value::from(self.now));
        let id = self.store.insert(collection, fields)?;
        Ok(self.store.get(collection, &id).map_or(Value::Null, |record| Value::Object(record.clone())))
    }

    fn update(&mut self, collection: &str) -> Result<Value, String> {
        let fields = self.fields();
        if fields.is_empty() {
            let known =
                self.tool.params.iter().filter(|param| !matches!(param.kind, Kind::Key) && param.name != "note");
            let names: Vec<&str> = known.map(|param| param.name).collect();
            return Err(format!("nothing to change: give at least one of {}", names.join(", ")));
        }
        let now = self.now.to_owned();
        let record = self.target(collection)?;
        record.extend(fields);
        record.insert("updated_at".to_owned(), Value::from(now));
        Ok(Value::Object(record.clone()))
    }

    fn delete(&mut self, collection: &str) -> Result<Value, String> {
        let id = self.key().to_owned();
        if !self.store.remove(collection, &id) {
            return Err(absent(collection, &id));
        }
        Ok(json!({ "id": id, "deleted": true }))
    }

    fn purge(&mut self, collection: &str) -> Value {
        let chosen = self.store.iter(collection).filter(|record| self.selects(record));
        let ids: Vec<String> = chosen.filter_map(|record| Some(record.get("id")?.as_str()?.to_owned())).collect();
        for id in &ids {
            self.store.remove(collection, id);
        }
        json!({ "deleted": ids.len() })
    }

    fn advance(&mut self, collection: &str, step: Step) -> Result<Value, String> {
        let now = self.now.to_owned();
        let fields = self.fields();
        let record = self.target(collection)?;
        let status = record.get("status").and_then(Value::as_str).unwrap_or("none");
        if !step.from.is_empty() && !step.from.contains(&status) {
            let from = step.from.join(" or ");
            return Err(format!("this one is {status}, and only what is {from} can become {}", step.to));
        }
        record.extend(fields);
        record.insert("status".to_owned(), Value::from(step.to));
        record.insert("updated_at".to_owned(), Value::from(now));
        Ok(Value::Object(record.clone()))
    }

    fn sum(&self, collection: &str) -> Value {
        let metric = self.text("metric").unwrap_or("amount");
        let group_by = self.text("group_by");
        let mut groups: BTreeMap<String, f64> = BTreeMap::new();
        let mut total = 0.0;
        for record in self.store.iter(collection).filter(|record| self.selects(record)) {
            let value = record.get(metric).and_then(Value::as_f64).unwrap_or(0.0);
            total += value;
            let group = group_by.and_then(|name| record.get(name)).and_then(Value::as_str).unwrap_or("all");
            *groups.entry(group.to_owned()).or_default() += value;
        }
        let name = group_by.unwrap_or("group");
        let rows: Vec<Value> =
            groups.into_iter().map(|(group, value)| json!({ name: group, metric: tidy(value) })).collect();
        json!({ "metric": metric, "rows": rows, "total": tidy(total) })
    }
}

/// A sum with at most two decimals, and none where there are none.
fn tidy(value: f64) -> Value {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 && rounded.abs() < 9e15 {
        // The fraction is zero and the size is far below 2^53, so the conversion is exact.
        Value::from(format!("{rounded:.0}").parse::<i64>().unwrap_or_default())
    } else {
        Value::from(rounded)
    }
}

/// Whether a field holds the wanted value: texts without regard to case, lists if one of theirs does.
fn holds(held: &Value, wanted: &Value) -> bool {
    match (held, wanted) {
        (Value::String(held), Value::String(wanted)) => held.eq_ignore_ascii_case(wanted),
        (Value::Array(held), Value::Array(wanted)) => {
            wanted.iter().all(|one| held.iter().any(|other| holds(other, one)))
        }
        (Value::Array(held), wanted) => held.iter().any(|one| holds(one, wanted)),
        (Value::Number(held), Value::Number(wanted)) => held.as_f64() == wanted.as_f64(),
        (held, wanted) => held == wanted,
    }
}

/// Whether every word of the query occurs somewhere in the record.
fn mentions(record: &Record, query: &str) -> bool {
    let mut hay = String::new();
    for value in record.values() {
        match value {
            Value::String(text) => hay.push_str(&text.to_lowercase()),
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).for_each(|text| {
                hay.push_str(&text.to_lowercase());
                hay.push(' ');
            }),
            _ => {}
        }
        hay.push(' ');
    }
    query.to_lowercase().split_whitespace().all(|word| hay.contains(word))
}
