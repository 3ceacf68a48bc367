//! What holds for all resources of a kind, such as how all graders work. Wardroom keeps it and says who may read and
//! change it; what it means is the business of whatever runs the resources.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event::Event;
use crate::organization::Organization;
use crate::refusal::{Refusal, unprintable};
use crate::resource::ResourceKind;

/// Bytes that the settings of a kind may have as JSON.
const BYTES_MAX: usize = 16 * 1024;
/// Lists and objects within each other.
const DEPTH_MAX: usize = 8;

/// The settings of a kind: names and whatever JSON they have.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Features(pub Map<String, Value>);

/// The settings of a kind become these.
pub(crate) fn configure(state: &Organization, kind: ResourceKind, features: Features) -> Result<Vec<Event>, Refusal> {
    let present = state.features.get(&kind);
    if present == Some(&features) || present.is_none() && features.0.is_empty() {
        return Ok(Vec::new());
    }
    let too_much = |message: String| Err(Refusal::field("too-many-settings", "settings", message));
    if features.0.keys().any(|name| name.is_empty() || name.len() > 100 || name.chars().any(unprintable)) {
        return Err(Refusal::field("bad-name", "settings", "give every setting a name of 1 to 100 characters"));
    }
    if features.0.values().any(|value| is_deeper_than(value, DEPTH_MAX)) {
        return too_much(format!("lists and objects go at most {DEPTH_MAX} levels deep here"));
    }
    let length = serde_json::to_vec(&features).map_or(usize::MAX, |text| text.len());
    if length > BYTES_MAX {
        return too_much(format!("the settings of a kind have at most {BYTES_MAX} bytes; these have {length}"));
    }
    Ok(vec![Event::KindConfigured { kind, settings: features }])
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper_than(item, below)),
        Value::Object(fields) => fields.values().any(|field| is_deeper_than(field, below)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn configured(settings: Value) -> Result<Vec<Event>, &'static str> {
        let features = Features(settings.as_object().unwrap().clone());
        configure(&Organization::new(), ResourceKind::Grader, features).map_err(|refusal| refusal.code)
    }

    #[test]
    fn settings_of_a_kind_are_bounded_in_size_depth_and_names() {
        assert_eq!(configured(json!({})), Ok(Vec::new()));
        assert_eq!(configured(json!({ "strict": true, "levels": [1, { "of": 2.50 }] })).unwrap().len(), 1);
        assert_eq!(configured(json!({ "": 1 })), Err("bad-name"));
        assert_eq!(configured(json!({ "strict\u{202e}": 1 })), Err("bad-name"));
        assert_eq!(configured(json!({ "text": "x".repeat(BYTES_MAX) })), Err("too-many-settings"));
        let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(configured(json!({ "deep": nested(DEPTH_MAX) })).unwrap().len(), 1);
        assert_eq!(configured(json!({ "deep": nested(DEPTH_MAX + 1) })), Err("too-many-settings"));
    }
}
