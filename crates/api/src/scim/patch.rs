//! Changes of single attributes, in the spellings that directories use.

use app::scim::DirectoryUserChange;

use super::fault::Fault;
use super::value::{Object, Value, folded};

/// Changes in one request.
const OPERATIONS_MAX: usize = 100;
/// Characters of a path.
const PATH_LENGTH_MAX: usize = 512;

/// What is said of one person by several changes, the later ones over the earlier.
#[derive(Default)]
struct Said {
    change: DirectoryUserChange,
    display: Option<String>,
    formatted: Option<String>,
}

/// One change of a request.
pub(super) enum Change<'r> {
    Add(String, &'r Value),
    Replace(String, &'r Value),
    Remove(String, &'r Value),
}

/// The single changes of a request, in their order. One without a path is as many as its object has names.
pub(super) fn changes(request: &Object) -> Result<Vec<Change<'_>>, Fault> {
    let syntax = |detail: &str| Fault::bad("invalidSyntax", detail);
    let Some(Value::List(operations)) = request.get("operations") else {
        return Err(syntax("say what changes in Operations, a list of objects with op, path and value"));
    };
    if operations.is_empty() || operations.len() > OPERATIONS_MAX {
        return Err(syntax(&format!("say 1 to {OPERATIONS_MAX} changes in Operations")));
    }
    let mut changes = Vec::new();
    for operation in operations {
        let Value::Object(operation) = operation else {
            return Err(syntax("each of Operations is an object with op, path and value"));
        };
        let word = operation.get("op").map_or(Ok(None), |op| op.text("op"))?.unwrap_or_default();
        let path = operation.get("path").map_or(Ok(None), |path| path.text("path"))?;
        let value = operation.get("value").unwrap_or(&Value::Null);
        let word = word.to_ascii_lowercase();
        let change = |path, value| match word.as_str() {
            "add" => Ok(Change::Add(path, value)),
            "replace" => Ok(Change::Replace(path, value)),
            "remove" => Ok(Change::Remove(path, value)),
            _ => Err(syntax("op is add, replace or remove")),
        };
        match (path, value) {
            (Some(path), value) => changes.push(change(sound(&path)?, value)?),
            (None, _) if word == "remove" => {
                return Err(Fault::bad("noTarget", "say in path what is to be removed"));
            }
            (None, Value::Object(values)) => {
                for (path, value) in values {
                    changes.push(change(path.clone(), value)?);
                }
            }
            (None, _) => return Err(syntax("a change without path has an object as value")),
        }
    }
    Ok(changes)
}

/// Reads what a request changes about a person.
pub(super) fn change(request: &Object) -> Result<DirectoryUserChange, Fault> {
    let mut said = Said::default();
    for change in changes(request)? {
        match change {
            Change::Add(path, value) | Change::Replace(path, value) => said.set(&path, value)?,
            Change::Remove(path, _) => said.unset(&path)?,
        }
    }
    let mut change = said.change;
    change.name.whole = said.display.or(said.formatted);
    Ok(change)
}

/// Whether somebody is active no longer by it, whatever is wrong with the rest: that is done first.
pub(super) fn deactivates(request: &Object) -> bool {
    let Some(Value::List(operations)) = request.get("operations") else { return false };
    let mut said = operations.iter().take(OPERATIONS_MAX).filter_map(|operation| {
        let Value::Object(operation) = operation else { return None };
        let value = operation.get("value")?;
        let active = match (operation.get("path"), value) {
            (Some(Value::Text(path)), active) if folded(path) == "active" => active,
            (None | Some(Value::Null), Value::Object(values)) => values.get("active")?,
            _ => return None,
        };
        active.truth("active").ok()?
    });
    said.next_back() == Some(false)
}

/// A path that can be one, as it is compared.
fn sound(path: &str) -> Result<String, Fault> {
    let path = folded(path);
    let fits = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    let open = path.matches('[').count();
    let closed = path.matches(']').count();
    if path.is_empty() || path.len() > PATH_LENGTH_MAX || !path.chars().all(fits) || open != closed || open > 1 {
        return Err(Fault::bad("invalidPath", "path names an attribute, such as active or name.familyName"));
    }
    Ok(path)
}

impl Said {
    /// Takes what is known here over; everything else is passed over.
    fn set(&mut self, path: &str, value: &Value) -> Result<(), Fault> {
        match path {
            "active" => {
                let active = value.truth("active")?;
                self.change.active = Some(active.ok_or_else(|| Fault::value("active", "true or false"))?);
            }
            "username" => {
                let name = value.text("userName")?;
                let name = name.ok_or_else(|| Fault::value("userName", "the directory's name for this person"))?;
                self.change.user_name = Some(name);
            }
            "externalid" => self.change.external_id = Some(value.text("externalId")?),
            "displayname" => self.display = value.text("displayName")?,
            "name.formatted" => self.formatted = value.text("name.formatted")?,
            "name.givenname" => self.change.name.given = Some(value.text("name.givenName")?),
            "name.familyname" => self.change.name.family = Some(value.text("name.familyName")?),
            "name" => {
                let Value::Object(parts) = value else { return Err(Fault::value("name", "an object")) };
                return parts.iter().try_for_each(|(part, value)| self.set(&format!("name.{part}"), value));
            }
            _ => {}
        }
        Ok(())
    }

    fn unset(&mut self, path: &str) -> Result<(), Fault> {
        match path {
            "username" => return Err(Fault::bad("mutability", "userName cannot be removed; replace it")),
            "active" => return Err(Fault::bad("mutability", "active cannot be removed; replace it by true or false")),
            "externalid" => self.change.external_id = Some(None),
            "name.givenname" => self.change.name.given = Some(None),
            "name.familyname" => self.change.name.family = Some(None),
            "name" => (self.change.name.given, self.change.name.family) = (Some(None), Some(None)),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::value::read;

    fn changed(operations: &str) -> Result<DirectoryUserChange, Fault> {
        change(&read(format!(r#"{{"Operations": {operations}}}"#).as_bytes()).unwrap())
    }

    #[test]
    fn every_spelling_of_the_same_change_is_the_same_change() {
        for operations in [
            r#"[{"op": "replace", "value": {"active": false}}]"#,
            r#"[{"op": "Replace", "path": "active", "value": "False"}]"#,
            r#"[{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false}]"#,
            r#"[{"op": "Add", "path": "Active", "value": [{"value": "false"}]}]"#,
            r#"[{"op": "replace", "value": {"id": "x", "roles": ["owner"], "active": "false"}}]"#,
        ] {
            assert_eq!(changed(operations).unwrap().active, Some(false), "{operations}");
        }
    }

    #[test]
    fn names_come_in_parts_and_as_a_whole_and_what_is_shown_goes_first() {
        let operations = r#"[
            {"op": "Add", "path": "name.givenName", "value": "Ada"},
            {"op": "replace", "value": {"name": {"familyName": "King"}, "displayName": "Ada K."}},
            {"op": "replace", "path": "name.formatted", "value": "Ada King"},
            {"op": "Remove", "path": "externalId"},
            {"op": "Replace", "path": "addresses[type eq \"work\"].country", "value": "GB"}
        ]"#;
        let name = changed(operations).unwrap().name;
        assert_eq!((name.given, name.family), (Some(Some("Ada".to_owned())), Some(Some("King".to_owned()))));
        assert_eq!(name.whole.as_deref(), Some("Ada K."));
        assert_eq!(changed(operations).unwrap().external_id, Some(None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for operations in [
            "[]",
            "{}",
            "[1]",
            r#"[{"op": "move", "path": "active", "value": true}]"#,
            r#"[{"path": "active", "value": true}]"#,
            r#"[{"op": "replace", "path": "active"}]"#,
            r#"[{"op": "replace", "path": "active", "value": "perhaps"}]"#,
            r#"[{"op": "replace", "value": true}]"#,
            r#"[{"op": "remove"}]"#,
            r#"[{"op": "remove", "path": "userName"}]"#,
            r#"[{"op": "remove", "path": "active"}]"#,
            r#"[{"op": "replace", "path": "emails[type", "value": "x"}]"#,
            r#"[{"op": "replace", "path": "", "value": "x"}]"#,
        ] {
            assert!(changed(operations).is_err(), "{operations}");
        }
    }
}
