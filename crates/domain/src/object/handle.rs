//! What may happen to an object.

use crate::event::Event;
use crate::object::{DataName, Object};
use crate::organization::Organization;
use crate::refusal::{Refusal, title_fits};

/// Objects that an organization may define.
const OBJECTS_MAX: usize = 1_000;
/// Fields of one object.
const FIELDS_MAX: usize = 1_000;

/// An object is defined, or means something else from now on. Rules about fields that it has no longer stay in the
/// roles and mean nothing until a field of that name comes back.
pub(crate) fn define(state: &Organization, object: Object) -> Result<Vec<Event>, Refusal> {
    title_fits("title", &object.title)?;
    object.fields.values().try_for_each(|field| title_fits("fields", &field.title))?;
    if object.fields.len() > FIELDS_MAX {
        return Err(Refusal::field("too-many-fields", "fields", format!("an object has at most {FIELDS_MAX} fields")));
    }
    match state.objects.get(&object.name) {
        Some(known) if *known == object => return Ok(Vec::new()),
        None if state.objects.len() >= OBJECTS_MAX => {
            let message = format!("an organization has at most {OBJECTS_MAX} objects");
            return Err(Refusal::rule("too-many-objects", message));
        }
        _ => {}
    }
    Ok(vec![Event::ObjectDefined(Box::new(object))])
}

/// An object is governed no longer; every role's exceptions for it end with it. Whom that would open more than they may
/// open is asked before.
pub(crate) fn remove(state: &Organization, object: &DataName) -> Result<Vec<Event>, Refusal> {
    if !state.objects.contains_key(object) {
        return Err(Refusal::missing("object", format!("there is no object {object}")));
    }
    Ok(vec![Event::ObjectRemoved { object: object.clone() }])
}
