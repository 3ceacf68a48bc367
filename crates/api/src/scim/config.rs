//! What there is here, for directories that ask: exactly what the other files do, and no more.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::door::{Connected, Scim};
use super::fault::Fault;
use super::{GROUP_SCHEMA, PAGE_MAX, USER_SCHEMA};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0";

/// `GET /scim/v2/{org}/ServiceProviderConfig`
pub(super) async fn service_provider(Connected { base, .. }: Connected) -> Scim<Value> {
    Scim(json!({
        "schemas": [format!("{CORE}:ServiceProviderConfig")],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": PAGE_MAX },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Secret of the connection",
            "description": "The secret that was shown when the directory was connected, as a bearer token",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    }))
}

/// `GET /scim/v2/{org}/ResourceTypes`
pub(super) async fn resource_types(Connected { base, .. }: Connected) -> Scim<Value> {
    Scim(all(&[user_type(&base), group_type(&base)]))
}

/// `GET /scim/v2/{org}/ResourceTypes/{id}`
pub(super) async fn resource_type(
    Connected { base, .. }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<Scim<Value>, Fault> {
    match id.as_str() {
        "User" => Ok(Scim(user_type(&base))),
        "Group" => Ok(Scim(group_type(&base))),
        _ => Err(none()),
    }
}

/// `GET /scim/v2/{org}/Schemas`
pub(super) async fn schemas(Connected { base, .. }: Connected) -> Scim<Value> {
    Scim(all(&[user_schema(&base), group_schema(&base)]))
}

/// `GET /scim/v2/{org}/Schemas/{id}`
pub(super) async fn schema(
    Connected { base, .. }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<Scim<Value>, Fault> {
    match id.as_str() {
        USER_SCHEMA => Ok(Scim(user_schema(&base))),
        GROUP_SCHEMA => Ok(Scim(group_schema(&base))),
        _ => Err(none()),
    }
}

fn none() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "there is no such thing; there are users and groups alone")
}

/// A list of these.
fn all(these: &[Value]) -> Value {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
    json!({ "schemas": schemas, "totalResults": these.len(), "startIndex": 1, "itemsPerPage": these.len(), "Resources": these })
}

fn user_type(base: &str) -> Value {
    json!({
        "schemas": [format!("{CORE}:ResourceType")],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "A member of the organization",
        "schema": USER_SCHEMA,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/User") },
    })
}

fn group_type(base: &str) -> Value {
    json!({
        "schemas": [format!("{CORE}:ResourceType")],
        "id": "Group",
        "name": "Group",
        "endpoint": "/Groups",
        "description": "A group of the directory, which gives what somebody here decided",
        "schema": GROUP_SCHEMA,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/Group") },
    })
}

/// One attribute.
struct Attribute {
    name: &'static str,
    kind: &'static str,
    mutability: &'static str,
    says: &'static str,
}

impl Attribute {
    fn written(&self, more: Value) -> Value {
        let mut attribute = json!({
            "name": self.name,
            "type": self.kind,
            "multiValued": false,
            "description": self.says,
            "required": false,
            "caseExact": false,
            "mutability": self.mutability,
            "returned": "default",
            "uniqueness": "none",
        });
        if let (Value::Object(attribute), Value::Object(more)) = (&mut attribute, more) {
            attribute.extend(more);
        }
        attribute
    }
}

fn attribute(name: &'static str, kind: &'static str, mutability: &'static str, says: &'static str) -> Attribute {
    Attribute { name, kind, mutability, says }
}

fn user_schema(base: &str) -> Value {
    let plain = || json!({});
    let parts = [
        attribute("formatted", "string", "readWrite", "The whole name").written(plain()),
        attribute("givenName", "string", "readWrite", "The given name").written(plain()),
        attribute("familyName", "string", "readWrite", "The family name").written(plain()),
    ];
    let of_emails = [
        attribute("value", "string", "immutable", "The address").written(plain()),
        attribute("type", "string", "readOnly", "Always work").written(plain()),
        attribute("primary", "boolean", "readOnly", "Always true").written(plain()),
    ];
    let attributes = [
        attribute("userName", "string", "readWrite", "The directory's name for the person")
            .written(json!({ "required": true, "uniqueness": "server" })),
        attribute("externalId", "string", "readWrite", "The directory's id of the person")
            .written(json!({ "caseExact": true })),
        attribute("name", "complex", "readWrite", "The name in parts").written(json!({ "subAttributes": parts })),
        attribute("displayName", "string", "readWrite", "The name that the person is shown under").written(plain()),
        attribute("active", "boolean", "readWrite", "Whether the membership is in force; false suspends it")
            .written(plain()),
        attribute(
            "emails",
            "complex",
            "immutable",
            "The address, which is read when somebody is let in and never after",
        )
        .written(json!({ "multiValued": true, "subAttributes": of_emails })),
        attribute("groups", "complex", "readOnly", "The directory's groups that the person is in")
            .written(json!({ "multiValued": true, "subAttributes": references("readOnly") })),
    ];
    json!({
        "schemas": [format!("{CORE}:Schema")],
        "id": USER_SCHEMA,
        "name": "User",
        "description": "A member of the organization",
        "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{USER_SCHEMA}") },
    })
}

/// What names somebody in a group, or a group.
fn references(mutability: &'static str) -> [Value; 4] {
    [
        attribute("value", "string", mutability, "The id").written(json!({ "caseExact": true })),
        attribute("$ref", "reference", "readOnly", "Where it is")
            .written(json!({ "referenceTypes": ["User", "Group"] })),
        attribute("display", "string", "readOnly", "What it is called").written(json!({})),
        attribute("type", "string", "readOnly", "User in a group, direct in a user").written(json!({})),
    ]
}

fn group_schema(base: &str) -> Value {
    let attributes = [
        attribute("displayName", "string", "readWrite", "The directory's name for the group")
            .written(json!({ "required": true })),
        attribute("externalId", "string", "readWrite", "The directory's id of the group")
            .written(json!({ "caseExact": true })),
        attribute("members", "complex", "readWrite", "Who is in the group")
            .written(json!({ "multiValued": true, "subAttributes": references("immutable") })),
    ];
    json!({
        "schemas": [format!("{CORE}:Schema")],
        "id": GROUP_SCHEMA,
        "name": "Group",
        "description": "A group of the directory",
        "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{GROUP_SCHEMA}") },
    })
}
