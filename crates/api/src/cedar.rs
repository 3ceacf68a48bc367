//! Endpoint: the organization's permission model in Cedar's words.

use app::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};
use crate::time;

/// A permission model that Cedar can answer from.
#[derive(Serialize, ToSchema)]
#[schema(as = CedarModel)]
pub(crate) struct CedarBody {
    /// The moment as of which it is. Roles beside one's own that end later are in it and count at every moment that is
    /// asked about; export it anew to ask about those.
    as_of: String,
    /// The policies, as text.
    policies: String,
    /// The schema, as text. Policies and entities are valid by it in strict mode.
    schema: String,
    /// The entities, in the form of Cedar's JSON.
    #[schema(value_type = Vec<Object>)]
    entities: serde_json::Value,
}

/// The organization's whole permission model as Cedar policies, schema and entities, with ids in place of names and
/// nothing secret. For who may explain access and read the audit log.
#[utoipa::path(get, path = "/export/cedar", tag = "policy file", operation_id = "export_cedar",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = CedarBody), Problems))]
pub(crate) async fn export(State(app): State<App>, Signed(caller): Signed) -> Result<Json<CedarBody>, Failure> {
    let model = app.export_cedar(&caller).await?;
    let as_of = time::written(model.as_of);
    Ok(Json(CedarBody { as_of, policies: model.policies, schema: model.schema, entities: model.entities }))
}
