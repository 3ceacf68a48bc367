//! What a client says about itself. Unverified: it is recorded and shown, and decides nothing.

use serde_json::Value;

/// Characters that are kept of what a client calls itself.
const NAME_LENGTH_MAX: usize = 80;

/// Name and version from an `Implementation` object, in one line.
pub(crate) fn described(info: Option<&Value>) -> Option<String> {
    let text = |key| info.and_then(|info| info.get(key)).and_then(Value::as_str).unwrap_or_default();
    let (name, version) = (text("name"), text("version"));
    let whole = if version.is_empty() { name.to_owned() } else { format!("{name} {version}") };
    let clean: String = whole.chars().filter(|letter| !letter.is_control()).take(NAME_LENGTH_MAX).collect();
    (!clean.trim().is_empty()).then_some(clean)
}
