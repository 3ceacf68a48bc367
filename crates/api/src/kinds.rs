//! Endpoints: what holds for all resources of a kind.

use app::App;
use app::resources::KindView;
use axum::Json;
use axum::extract::{Path, State};
use domain::resource::{Features, ResourceKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problems};
use crate::resources::kind_named;

/// A kind of resources with what holds for all of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kind {
    /// The kind, such as `grader`.
    #[schema(value_type = String)]
    kind: ResourceKind,
    /// Its name for people.
    title: &'static str,
    /// What holds for all resources of the kind. What it means is said by whatever runs them.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// Whether the caller may change it.
    may_change: bool,
    /// The state that was asked. Send it as `If-Match` with a change, so that nobody else's is lost.
    seq: u64,
}

impl From<KindView> for Kind {
    fn from(view: KindView) -> Kind {
        let KindView { kind, settings, may_change, seq } = view;
        Kind { kind, title: kind.title(), settings: settings.0, may_change, seq }
    }
}

/// The kinds of resources of which the caller may read what holds for all.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kinds {
    items: Vec<Kind>,
    /// Always none: there is one page.
    next: Option<String>,
}

/// The kinds of which the caller sees any, or configures them, each with what holds for all of it.
#[utoipa::path(get, path = "/kinds", tag = "resources", operation_id = "list_kinds",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Kinds), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<Kinds>, Failure> {
    let items = app.list_kinds(&caller).await.into_iter().map(Kind::from).collect();
    Ok(Json(Kinds { items, next: None }))
}

/// What holds for all resources of a kind.
#[utoipa::path(get, path = "/kinds/{kind}", tag = "resources", operation_id = "show_kind",
    params(("org" = String, Path, description = "slug or id"), ("kind" = String, Path, description = "such as grader")),
    responses((status = 200, body = Kind), Problems))]
pub(crate) async fn show(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
) -> Result<Json<Kind>, Failure> {
    let (_, kind) = path;
    Ok(Json(app.show_kind(&caller, kind_named(&kind)?).await?.into()))
}

/// What is to hold for all resources of a kind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindToConfigure {
    /// All of it: what is not given is gone. At most 16 KiB.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// Changes what holds for all resources of a kind.
#[utoipa::path(put, path = "/kinds/{kind}", tag = "resources", operation_id = "configure_kind",
    params(("org" = String, Path, description = "slug or id"), ("kind" = String, Path, description = "such as grader")),
    request_body = KindToConfigure, responses((status = 200, body = Kind), Problems))]
pub(crate) async fn configure(
    State(app): State<App>,
    Signed(caller): Signed,
    Path(path): Path<(String, String)>,
    Body(body): Body<KindToConfigure>,
) -> Result<Json<Kind>, Failure> {
    let (_, kind) = path;
    Ok(Json(app.configure_kind(&caller, kind_named(&kind)?, Features(body.settings)).await?.into()))
}
