//! Endpoints: reviews of access.

use app::App;
use app::reviews::ReviewView;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problems};
use crate::resources::Named;
use crate::time::written;

/// A review of access that somebody confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Review {
    /// The number of the change that confirmed it.
    seq: u64,
    /// When.
    at: String,
    /// Who.
    by: Named,
    /// The number of the last change of the state that was reviewed.
    of_seq: u64,
}

impl From<ReviewView> for Review {
    fn from(view: ReviewView) -> Review {
        let ReviewView { review, by: (id, name) } = view;
        let by = Named { id, name: Some(name) };
        Review { seq: review.seq, at: written(review.at), by, of_seq: review.of_seq }
    }
}

/// The reviews that were confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reviews {
    /// The newest first; at most the last hundred.
    items: Vec<Review>,
    /// Always none: there is one page.
    next: Option<String>,
    /// When the next review is due; none where the setting `review.every_days` is 0.
    due_at: Option<String>,
}

/// The reviews of access that were confirmed, and when the next is due.
#[utoipa::path(get, path = "/reviews", tag = "access", operation_id = "list_reviews",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = Reviews), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<Reviews>, Failure> {
    let found = app.list_reviews(&caller).await?;
    let items = found.confirmed.into_iter().map(Review::from).collect();
    Ok(Json(Reviews { items, next: None, due_at: found.due_at.map(written) }))
}

/// What was reviewed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewToConfirm {
    /// The number of the last change of the state that was reviewed; the present one where none is given.
    seq: Option<u64>,
}

/// Confirms that the caller went through who has what and found it right.
#[utoipa::path(post, path = "/reviews", tag = "access", operation_id = "confirm_review",
    params(("org" = String, Path, description = "slug or id")), request_body = ReviewToConfirm,
    responses((status = 201, body = Review), Problems))]
pub(crate) async fn confirm(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<ReviewToConfirm>,
) -> Result<(StatusCode, Json<Review>), Failure> {
    Ok((StatusCode::CREATED, Json(app.confirm_review(&caller, body.seq).await?.into())))
}
