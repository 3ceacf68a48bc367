//! Endpoints: governed objects and fields, and what roles may do with them.

use std::collections::BTreeMap;

use app::App;
use app::objects::{EffectiveObject, EffectiveRule, FieldView, NewObject, ObjectView, RoleData};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::object::{DataName, DataVerb};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, Params, Signed, bad_cursor, page, page_size};
use crate::problem::{Failure, Problems};

/// A governed object, with what the caller may do with its records.
#[derive(Serialize, ToSchema)]
pub(crate) struct DataObject {
    /// Its short name.
    name: String,
    /// Its name for people.
    title: String,
    /// `see`, `create`, `edit`, `delete`, `destroy`.
    #[schema(value_type = Vec<String>)]
    may: Vec<DataVerb>,
    /// Its fields; those that are hidden from the caller are left out.
    fields: Vec<DataField>,
}

/// A field, with what the caller may do with its value.
#[derive(Serialize, ToSchema)]
pub(crate) struct DataField {
    /// Its short name.
    name: String,
    /// Its name for people.
    title: String,
    /// Whether they see its value.
    see: bool,
    /// Whether they may change its value.
    edit: bool,
}

impl From<FieldView> for DataField {
    fn from(view: FieldView) -> DataField {
        DataField { name: view.name.to_string(), title: view.title, see: view.see, edit: view.edit }
    }
}

impl From<ObjectView> for DataObject {
    fn from(view: ObjectView) -> DataObject {
        let fields = view.fields.into_iter().map(DataField::from).collect();
        DataObject { name: view.name.to_string(), title: view.title, may: view.may, fields }
    }
}

/// A page of objects.
#[derive(Serialize, ToSchema)]
pub(crate) struct DataObjects {
    items: Vec<DataObject>,
    /// Where the next page starts; none where this was the last.
    next: Option<String>,
}

/// Which objects.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ObjectParams {
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// A page of the objects that the caller may know of, in the order of their names.
#[utoipa::path(get, path = "/objects", tag = "objects", operation_id = "list_objects",
    params(("org" = String, Path, description = "slug or id"), ObjectParams),
    responses((status = 200, body = DataObjects), Problems))]
pub(crate) async fn list(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<ObjectParams>,
) -> Result<Json<DataObjects>, Failure> {
    let cursor = params.cursor.as_deref().map(DataName::parse).transpose();
    let cursor = cursor.map_err(|_| bad_cursor())?;
    let limit = page_size(params.limit)?;
    let found = app.list_objects(&caller, cursor.as_ref(), limit + 1).await?;
    let (items, more) = page(found.into_iter().map(DataObject::from).collect(), limit);
    let next = items.last().filter(|_| more).map(|object: &DataObject| object.name.clone());
    Ok(Json(DataObjects { items, next }))
}

/// One object.
#[utoipa::path(get, path = "/objects/{object}", tag = "objects", operation_id = "show_object",
    params(("org" = String, Path, description = "slug or id"), ("object" = String, Path, description = "short name")),
    responses((status = 200, body = DataObject), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<DataObject>, Failure> {
    let (_, object) = path;
    Ok(Json(app.show_object(&caller, &object).await?.into()))
}

/// What an object is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectToDefine {
    /// Its name for people.
    title: String,
    /// Its fields: short name to name for people. Fields that are not named are governed no longer.
    fields: BTreeMap<String, String>,
}

/// Defines an object, or replaces its definition.
#[utoipa::path(put, path = "/objects/{object}", tag = "objects", operation_id = "define_object",
    params(("org" = String, Path, description = "slug or id"), ("object" = String, Path, description = "short name")),
    request_body = ObjectToDefine, responses((status = 200, body = DataObject), Problems))]
pub(crate) async fn define(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<ObjectToDefine>,
) -> Result<Json<DataObject>, Failure> {
    let (_, object) = path;
    let new = NewObject { title: body.title, fields: body.fields };
    Ok(Json(app.define_object(&caller, &object, new).await?.into()))
}

/// Ends the governing of an object, and with it what roles say about it.
#[utoipa::path(delete, path = "/objects/{object}", tag = "objects", operation_id = "remove_object",
    params(("org" = String, Path, description = "slug or id"), ("object" = String, Path, description = "short name")),
    responses((status = 204), Problems))]
pub(crate) async fn remove(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (_, object) = path;
    app.remove_object(&caller, &object).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a role may do with governed data.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleDataBody {
    /// The role.
    role: String,
    /// What it may do with all objects, exceptions aside: by verb.
    all_objects: BTreeMap<&'static str, bool>,
    /// What it may do with each object that the caller may know of.
    objects: Vec<RoleOnObject>,
}

/// What a role may do with an object.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleOnObject {
    /// Its short name.
    name: String,
    /// Its name for people.
    title: String,
    /// By verb: `see`, `create`, `edit`, `delete`, `destroy`.
    verbs: BTreeMap<&'static str, Effective>,
    /// Its fields.
    fields: Vec<RoleOnField>,
}

/// What a role may do with a field.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleOnField {
    /// Its short name.
    name: String,
    /// Its name for people.
    title: String,
    /// By verb: `see`, `edit`.
    verbs: BTreeMap<&'static str, Effective>,
}

/// Whether a role may, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct Effective {
    /// Whether it may.
    allowed: bool,
    /// On which level that was said last: `all_objects`, `object` or `field`.
    from: &'static str,
    /// What the role says on this level itself: `inherit`, `allow` or `deny`.
    #[schema(value_type = String)]
    said: domain::object::Rule,
}

fn by_verb(rules: Vec<EffectiveRule>) -> BTreeMap<&'static str, Effective> {
    let effective = |rule: EffectiveRule| {
        (rule.verb.as_str(), Effective { allowed: rule.allowed, from: rule.from, said: rule.said })
    };
    rules.into_iter().map(effective).collect()
}

fn on_object(object: EffectiveObject) -> RoleOnObject {
    let fields = object.fields.into_iter().map(|field| RoleOnField {
        name: field.name.to_string(),
        title: field.title,
        verbs: by_verb(field.verbs),
    });
    let fields = fields.collect();
    RoleOnObject { name: object.name.to_string(), title: object.title, verbs: by_verb(object.verbs), fields }
}

impl From<RoleData> for RoleDataBody {
    fn from(found: RoleData) -> RoleDataBody {
        RoleDataBody {
            role: found.role.to_string(),
            all_objects: found.all_objects.into_iter().map(|(verb, allowed)| (verb.as_str(), allowed)).collect(),
            objects: found.objects.into_iter().map(on_object).collect(),
        }
    }
}

/// What a role may do with every object and field, and on which level that was said last. The rules themselves are
/// changed with the role.
#[utoipa::path(get, path = "/roles/{role}/data", tag = "objects", operation_id = "show_role_data",
    params(("org" = String, Path, description = "slug or id"), ("role" = String, Path, description = "short name")),
    responses((status = 200, body = RoleDataBody), Problems))]
pub(crate) async fn of_role(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<RoleDataBody>, Failure> {
    let (_, role) = path;
    Ok(Json(app.show_role_data(&caller, &role).await?.into()))
}
