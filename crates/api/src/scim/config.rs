//! What there is here, for directories that ask: exactly what the other files do, and no more.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::door::{Connected, Scim};
use super::fault::Fault;
use super::{PAGE_MAX, USER_SCHEMA};

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
    Scim(all(user_type(&base)))
}

/// `GET /scim/v2/{org}/ResourceTypes/{id}`
pub(super) async fn resource_type(
    Connected { base, .. }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<Scim<Value>, Fault> {
    if id == "User" { Ok(Scim(user_type(&base))) } else { Err(none()) }
}

/// `GET /scim/v2/{org}/Schemas`
pub(super) async fn schemas(Connected { base, .. }: Connected) -> Scim<Value> {
    Scim(all(user_schema(&base)))
}

/// `GET /scim/v2/{org}/Schemas/{id}`
pub(super) async fn schema(
    Connected { base, .. }: Connected,
    Path((_, id)): Path<(String, String)>,
) -> Result<Scim<Value>, Fault> {
    if id == USER_SCHEMA { Ok(Scim(user_schema(&base))) } else { Err(none()) }
}

fn none() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "there is no such thing; there are users alone")
}

/// A list of one.
fn all(one: Value) -> Value {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
    json!({ "schemas": schemas, "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [one] })
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
