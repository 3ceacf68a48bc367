//! Who plays which part in the scenario.

use serde_json::{Value, json};

/// The parts of the scenario, each an entity as it is sent: a subject or resource with `type`, `id` and perhaps
/// `properties`, an action with `name` and perhaps `properties`.
///
/// The eight answers: the writer may read and write the record; the reader may read it and not write it. The writer may
/// not write the archived record, the privileged one may. The writer may do the mild action with the target, and not
/// the harsh one. The archived record differs from the active one in its properties, the privileged one from an
/// unprivileged one in theirs, the mild action from the harsh one in theirs.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Subject: may read and write the record.
    pub writer: Value,
    /// Subject: may read the record.
    pub reader: Value,
    /// Subject, by its properties: may write the archived record.
    pub privileged: Value,
    /// What to look for, a subject without id, to find the privileged one among those who may write the archived
    /// record.
    pub privileged_sought: Value,
    /// Resource, by its id alone.
    pub record: Value,
    /// Resource, with properties that let the writer write it.
    pub active: Value,
    /// Resource, with properties that keep the writer from writing it.
    pub archived: Value,
    /// The archived record as a search finds it: its type and its whole id.
    pub archived_found: Value,
    /// Resource: what the mild and the harsh action are done to.
    pub target: Value,
    /// Action: look.
    pub read: Value,
    /// Action: change.
    pub write: Value,
    /// Action, by its properties: the writer may do it to the target.
    pub mild: Value,
    /// The same action with other properties: the writer may not.
    pub harsh: Value,
}

impl Cast {
    /// The names that the scenario itself uses.
    #[must_use]
    pub fn of_the_scenario() -> Cast {
        let record = json!({ "type": "record", "id": "record-1" });
        Cast {
            writer: json!({ "type": "user", "id": "alice" }),
            reader: json!({ "type": "user", "id": "bob" }),
            privileged: json!({ "type": "user", "id": "bob", "properties": { "role": "admin" } }),
            privileged_sought: json!({ "type": "user" }),
            active: json!({ "type": "record", "id": "record-1", "properties": { "status": "active" } }),
            archived: json!({ "type": "record", "id": "record-2", "properties": { "status": "archived" } }),
            archived_found: json!({ "type": "record", "id": "record-2" }),
            target: record.clone(),
            record,
            read: json!({ "name": "read" }),
            write: json!({ "name": "write" }),
            mild: json!({ "name": "delete", "properties": { "soft": true } }),
            harsh: json!({ "name": "delete", "properties": { "soft": false } }),
        }
    }

    /// Reads a cast; parts that are left out are played as in the scenario.
    ///
    /// # Errors
    /// A sentence where there is a part that the scenario does not have.
    pub fn read(mut value: Value) -> Result<Cast, String> {
        let mut cast = Cast::of_the_scenario();
        let parts = value.as_object_mut().ok_or("a cast is a JSON object: the parts of the scenario by name")?;
        let places: [(&str, &mut Value); 13] = [
            ("writer", &mut cast.writer),
            ("reader", &mut cast.reader),
            ("privileged", &mut cast.privileged),
            ("privileged_sought", &mut cast.privileged_sought),
            ("record", &mut cast.record),
            ("active", &mut cast.active),
            ("archived", &mut cast.archived),
            ("archived_found", &mut cast.archived_found),
            ("target", &mut cast.target),
            ("read", &mut cast.read),
            ("write", &mut cast.write),
            ("mild", &mut cast.mild),
            ("harsh", &mut cast.harsh),
        ];
        for (name, place) in places {
            if let Some(given) = parts.remove(name) {
                *place = given;
            }
        }
        match parts.keys().next() {
            None => Ok(cast),
            Some(unknown) => Err(format!("the scenario has no part named {unknown}")),
        }
    }
}

/// Only the type of an entity.
pub(super) fn kind(entity: &Value) -> Value {
    json!({ "type": entity["type"] })
}
