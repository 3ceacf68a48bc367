//! A group as directories write and read one.

use app::scim::{DirectoryGroupChange, DirectoryGroupView, MembersChange, NewDirectoryGroup};
use serde::Serialize;

use super::GROUP_SCHEMA;
use super::fault::Fault;
use super::patch::{Change, changes};
use super::value::{Object, Value};

/// A whole group that is new.
pub(super) fn newcomer(object: &Object) -> Result<NewDirectoryGroup, Fault> {
    Ok(NewDirectoryGroup {
        name: name(object)?,
        external_id: object.get("externalid").map_or(Ok(None), |id| id.text("externalId"))?,
        members: object.get("members").map_or(Ok(Vec::new()), people)?,
    })
}

/// A whole group in the place of what it was. Where nobody is named, nobody is in it.
pub(super) fn replacement(object: &Object) -> Result<DirectoryGroupChange, Fault> {
    let NewDirectoryGroup { name, external_id, members } = newcomer(object)?;
    let members = vec![MembersChange::Only(members)];
    Ok(DirectoryGroupChange { name: Some(name), external_id: Some(external_id), members })
}

/// What a request changes about a group, in the spellings that directories use.
pub(super) fn change(request: &Object) -> Result<DirectoryGroupChange, Fault> {
    let mut change = DirectoryGroupChange::default();
    for one in changes(request)? {
        match one {
            Change::Add(path, value) => set(&mut change, &path, (value, true))?,
            Change::Replace(path, value) => set(&mut change, &path, (value, false))?,
            Change::Remove(path, value) => match path.as_str() {
                "members" if *value == Value::Null => change.members.push(MembersChange::Only(Vec::new())),
                "members" => change.members.push(MembersChange::Leave(people(value)?)),
                "externalid" => change.external_id = Some(None),
                "displayname" => return Err(Fault::bad("mutability", "displayName cannot be removed; replace it")),
                path if path.starts_with("members[") => {
                    change.members.push(MembersChange::Leave(vec![one_of_members(path)?]));
                }
                _ => {}
            },
        }
    }
    Ok(change)
}

/// Takes what is known here over; everything else is passed over.
fn set(change: &mut DirectoryGroupChange, path: &str, (value, adds): (&Value, bool)) -> Result<(), Fault> {
    match path {
        "displayname" => {
            let name = value.text("displayName")?;
            change.name = Some(name.ok_or_else(|| Fault::value("displayName", "the name of the group"))?);
        }
        "externalid" => change.external_id = Some(value.text("externalId")?),
        "members" if adds => change.members.push(MembersChange::Join(people(value)?)),
        "members" => change.members.push(MembersChange::Only(people(value)?)),
        _ => {}
    }
    Ok(())
}

fn name(object: &Object) -> Result<String, Fault> {
    let name = object.get("displayname").map_or(Ok(None), |name| name.text("displayName"))?;
    name.ok_or_else(|| Fault::value("displayName", "the name of the group"))
}

/// The ids of users: a list of objects with value, or one of them.
fn people(members: &Value) -> Result<Vec<String>, Fault> {
    let wrong = || Fault::value("members", "a list of objects with the id of a user as value");
    let list = match members {
        Value::Null => return Ok(Vec::new()),
        Value::List(list) => list.as_slice(),
        one @ Value::Object(_) => std::slice::from_ref(one),
        _ => return Err(wrong()),
    };
    let id = |one: &Value| match one {
        Value::Text(id) => Ok(id.clone()),
        Value::Object(one) => one.get("value").map_or(Ok(None), |id| id.text("members.value"))?.ok_or_else(wrong),
        _ => Err(wrong()),
    };
    list.iter().map(id).collect()
}

/// Who is meant by a path such as `members[value eq "per_…"]`.
fn one_of_members(path: &str) -> Result<String, Fault> {
    let wrong = || Fault::bad("invalidPath", "name one member, as in members[value eq \"…\"]");
    let inner = path.strip_prefix("members[").and_then(|rest| rest.strip_suffix(']')).ok_or_else(wrong)?;
    let rest = inner.trim().strip_prefix("value").ok_or_else(wrong)?;
    let value = rest.trim_start().strip_prefix("eq").ok_or_else(wrong)?;
    serde_json::from_str(value.trim()).map_err(|_| wrong())
}

/// A group, as it is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    schemas: [&'static str; 1],
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<Reference>>,
    meta: Meta,
}

/// Somebody in a group, or a group in which somebody is.
#[derive(Serialize)]
pub(super) struct Reference {
    value: String,
    #[serde(rename = "$ref")]
    location: String,
    display: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Reference {
    pub(super) fn to_group(id: &str, display: String, base: &str) -> Reference {
        Reference { location: format!("{base}/Groups/{id}"), value: id.to_owned(), display, kind: "direct" }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    resource_type: &'static str,
    location: String,
}

impl Group {
    /// `base` is where the organization's endpoints are. Large groups are asked for without who is in them.
    pub(super) fn of(view: DirectoryGroupView, base: &str, with_members: bool) -> Group {
        let id = view.group.to_string();
        let member = |(person, display): (domain::id::PersonId, String)| {
            let value = person.to_string();
            Reference { location: format!("{base}/Users/{value}"), value, display, kind: "User" }
        };
        Group {
            schemas: [GROUP_SCHEMA],
            external_id: view.external_id,
            display_name: view.name,
            members: with_members.then(|| view.members.into_iter().map(member).collect()),
            meta: Meta { resource_type: "Group", location: format!("{base}/Groups/{id}") },
            id,
        }
    }

    /// Where it is.
    pub(super) fn location(&self) -> &str {
        &self.meta.location
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::value::read;

    fn changed(operations: &str) -> Result<DirectoryGroupChange, Fault> {
        change(&read(format!(r#"{{"Operations": {operations}}}"#).as_bytes()).unwrap())
    }

    #[test]
    fn who_joins_and_leaves_is_read_in_every_spelling_that_directories_use() {
        let (join, leave) = (MembersChange::Join(vec!["a".to_owned()]), MembersChange::Leave(vec!["a".to_owned()]));
        for (operations, expected) in [
            (r#"[{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}]}]"#, &join),
            (r#"[{"op": "add", "value": {"members": [{"value": "a", "display": "Ada"}]}}]"#, &join),
            (r#"[{"op": "Remove", "path": "members", "value": [{"value": "a"}]}]"#, &leave),
            (r#"[{"op": "remove", "path": "members[value eq \"a\"]"}]"#, &leave),
            (
                r#"[{"op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq \"a\"]"}]"#,
                &leave,
            ),
            (
                r#"[{"op": "replace", "path": "members", "value": [{"value": "a"}]}]"#,
                &MembersChange::Only(vec!["a".to_owned()]),
            ),
            (r#"[{"op": "remove", "path": "members"}]"#, &MembersChange::Only(Vec::new())),
        ] {
            let members = changed(operations).unwrap().members;
            assert_eq!(members, std::slice::from_ref(expected), "{operations}");
        }
        let renamed = changed(r#"[{"op": "replace", "value": {"id": "grp_x", "displayName": "New"}}]"#).unwrap();
        assert_eq!((renamed.name.as_deref(), renamed.members.len()), (Some("New"), 0));
    }

    #[test]
    fn what_cannot_be_meant_of_a_group_is_refused() {
        for operations in [
            "[]",
            r#"[{"op": "remove"}]"#,
            r#"[{"op": "remove", "path": "displayName"}]"#,
            r#"[{"op": "remove", "path": "members[value eq a]"}]"#,
            r#"[{"op": "remove", "path": "members[display eq \"a\"]"}]"#,
            r#"[{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]"#,
            r#"[{"op": "add", "path": "members", "value": "a"}]"#,
            r#"[{"op": "add", "path": "members", "value": [{"display": "a"}]}]"#,
            r#"[{"op": "replace", "path": "displayName"}]"#,
        ] {
            assert!(changed(operations).is_err(), "{operations}");
        }
    }
}
