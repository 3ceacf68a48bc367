//! A member as directories write and read one.

use app::scim::{DirectoryName, DirectoryUserChange, DirectoryUserView, NewDirectoryUser};
use serde::Serialize;

use super::USER_SCHEMA;
use super::fault::Fault;
use super::group::Reference;
use super::value::{Object, Value};
use crate::time::written;

/// Somebody as the directory describes them, whole. What is not known here is left out: ids, roles, groups, passwords and
/// the time of the last change are nothing that a directory decides.
pub(super) struct Described {
    user_name: Option<String>,
    external_id: Option<String>,
    whole: Option<String>,
    given: Option<String>,
    family: Option<String>,
    email: Option<String>,
    active: Option<bool>,
}

impl Described {
    pub(super) fn read(object: &Object) -> Result<Described, Fault> {
        let name = match object.get("name") {
            None | Some(Value::Null) => &Object::new(),
            Some(Value::Object(name)) => name,
            Some(_) => return Err(Fault::value("name", "an object")),
        };
        let display = text(object, "displayname", "displayName")?;
        let formatted = text(name, "formatted", "name.formatted")?;
        Ok(Described {
            user_name: text(object, "username", "userName")?,
            external_id: text(object, "externalid", "externalId")?,
            whole: display.or(formatted),
            given: text(name, "givenname", "name.givenName")?,
            family: text(name, "familyname", "name.familyName")?,
            email: object.get("emails").map_or(Ok(None), email)?,
            active: object.get("active").map_or(Ok(None), |active| active.truth("active"))?,
        })
    }

    /// Somebody to be let in: active, where nothing else is said.
    pub(super) fn newcomer(self) -> Result<NewDirectoryUser, Fault> {
        let name = DirectoryName { whole: self.whole, given: Some(self.given), family: Some(self.family) };
        Ok(NewDirectoryUser {
            user_name: self
                .user_name
                .ok_or_else(|| Fault::value("userName", "the directory's name for this person"))?,
            external_id: self.external_id,
            name,
            email: self.email,
            active: self.active.unwrap_or(true),
        })
    }

    /// What is to be said of somebody who is there, in the place of all that was. Whether they are active stays where nothing
    /// is said: nobody is restored by being left out.
    pub(super) fn replacement(self) -> Result<DirectoryUserChange, Fault> {
        let name = DirectoryName { whole: self.whole, given: Some(self.given), family: Some(self.family) };
        let user_name =
            self.user_name.ok_or_else(|| Fault::value("userName", "the directory's name for this person"))?;
        let external_id = Some(self.external_id);
        Ok(DirectoryUserChange { user_name: Some(user_name), external_id, name, active: self.active })
    }
}

fn text(object: &Object, name: &str, shown: &str) -> Result<Option<String>, Fault> {
    object.get(name).map_or(Ok(None), |value| value.text(shown))
}

/// The address among several that is said to be the first, or is for work, or stands first.
fn email(emails: &Value) -> Result<Option<String>, Fault> {
    let wrong = || Fault::value("emails", "a list of objects with value");
    let list = match emails {
        Value::Null => return Ok(None),
        Value::List(list) => list.as_slice(),
        one @ Value::Object(_) => std::slice::from_ref(one),
        _ => return Err(wrong()),
    };
    let objects = list.iter().map(|one| match one {
        Value::Object(one) => Ok(one),
        _ => Err(wrong()),
    });
    let objects = objects.collect::<Result<Vec<&Object>, Fault>>()?;
    let is_first = |one: &&&Object| one.get("primary") == Some(&Value::Truth(true));
    let is_for_work =
        |one: &&&Object| matches!(one.get("type"), Some(Value::Text(kind)) if kind.eq_ignore_ascii_case("work"));
    let chosen = objects.iter().find(is_first).or_else(|| objects.iter().find(is_for_work)).or(objects.first());
    chosen.map_or(Ok(None), |one| text(one, "value", "emails.value"))
}

/// A member, as it is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    schemas: [&'static str; 1],
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    user_name: String,
    name: Name,
    display_name: String,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<[Email; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Reference>,
    meta: Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    formatted: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
}

#[derive(Serialize)]
struct Email {
    value: String,
    #[serde(rename = "type")]
    kind: &'static str,
    primary: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    resource_type: &'static str,
    created: String,
    location: String,
}

impl User {
    /// `base` is where the organization's endpoints are.
    pub(super) fn of(view: DirectoryUserView, base: &str) -> User {
        let id = view.person.to_string();
        User {
            schemas: [USER_SCHEMA],
            external_id: view.external_id,
            user_name: view.user_name,
            display_name: view.name.clone(),
            name: Name { formatted: view.name, given_name: view.given_name, family_name: view.family_name },
            active: view.is_active,
            emails: view.email.map(|value| [Email { value, kind: "work", primary: true }]),
            groups: view.groups.into_iter().map(|(id, name)| Reference::to_group(id.as_str(), name, base)).collect(),
            meta: Meta {
                resource_type: "User",
                created: written(view.joined_at),
                location: format!("{base}/Users/{id}"),
            },
            id,
        }
    }

    /// Where it is.
    pub(super) fn location(&self) -> &str {
        &self.meta.location
    }
}
