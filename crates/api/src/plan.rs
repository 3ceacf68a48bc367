//! Endpoints: the organization as one document, what a document would change, and changing it so.
//!
//! The document is YAML or JSON, which is YAML too; reading and writing it is `policy_text`.

use app::App;
use app::policy_file::{Applied, Document, Plan, PlannedStep};
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Signed, body_bytes_max};
use crate::impact::ImpactBody;
use crate::policy_text;
use crate::problem::{Failure, Problems};

const YAML: &str = "application/yaml";

/// One step of a plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanStep {
    /// Where the document asks for it: the keys that lead there.
    at: Vec<String>,
    /// What it does.
    says: String,
}

/// What a document would change.
#[derive(Serialize, ToSchema)]
#[schema(as = Plan)]
pub(crate) struct PlanBody {
    /// The state that was asked. Send it as `If-Match` when applying, so that nothing happens in between.
    seq: u64,
    /// The steps, in the order in which they would be made; none where everything is so already.
    steps: Vec<PlanStep>,
    /// What a document cannot do and people must: keys to make, and what they alone may allow.
    by_hand: Vec<PlanStep>,
    /// Who would gain or lose what.
    impact: ImpactBody,
}

/// What a document has changed.
#[derive(Serialize, ToSchema)]
#[schema(as = Applied)]
pub(crate) struct AppliedBody {
    /// The sequence number of the state that it led to.
    seq: u64,
    /// The steps that were made; none where everything was so already.
    steps: Vec<PlanStep>,
    /// What is left for people to do.
    by_hand: Vec<PlanStep>,
}

fn step(step: PlannedStep) -> PlanStep {
    PlanStep { at: step.place, says: step.says }
}

/// A document that was sent.
pub(crate) struct Sent {
    text: String,
    document: Document,
}

impl FromRequest<App> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(kind.as_str(), YAML | "application/x-yaml" | "text/yaml" | "application/json") {
            let detail = format!("send YAML, with the header Content-Type: {YAML}, or JSON");
            return Err(Failure::bad_request("not-yaml", detail));
        }
        let text = String::from_request(request, app).await;
        let text = text.map_err(|rejection| match rejection.status() {
            axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                Failure::too_large(format!("send at most {} bytes", body_bytes_max()))
            }
            _ => Failure::bad_request("not-yaml", "the body is not UTF-8 text"),
        })?;
        let document = policy_text::read(&text)?;
        Ok(Sent { text, document })
    }
}

/// The organization as a document: the sections that the caller sees in whole, and nothing secret. JSON where only
/// that is accepted, otherwise YAML.
#[utoipa::path(get, path = "/export", tag = "policy file", operation_id = "export",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, description = "the document", body = String, content_type = "application/yaml"), Problems))]
pub(crate) async fn export(
    State(app): State<App>,
    Signed(caller): Signed,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let document = app.export_document(&caller).await?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("json") && !accepted.contains("yaml") {
        return Ok(Json(document).into_response());
    }
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(YAML));
    Ok(([kind], policy_text::write(&document)?).into_response())
}

/// What a document would change: a section that it has is the whole truth of that section, one that it leaves out is
/// left alone. Changes nothing.
#[utoipa::path(post, path = "/plan", tag = "policy file", operation_id = "plan",
    params(("org" = String, Path, description = "slug or id")),
    request_body(content = String, content_type = "application/yaml", description = "the document; JSON is taken too"),
    responses((status = 200, body = PlanBody), Problems))]
pub(crate) async fn plan(
    State(app): State<App>,
    Signed(caller): Signed,
    sent: Sent,
) -> Result<Json<PlanBody>, Failure> {
    let planned = app.plan_document(&caller, &sent.document).await;
    let Plan { steps, by_hand, impact } = planned.map_err(|problem| policy_text::failure(problem, &sent.text))?;
    let [steps, by_hand] = [steps, by_hand].map(|steps| steps.into_iter().map(step).collect());
    Ok(Json(PlanBody { seq: impact.seq, steps, by_hand, impact: impact.into() }))
}

/// Makes the organization what a document says, all of it or nothing.
#[utoipa::path(post, path = "/apply", tag = "policy file", operation_id = "apply",
    params(("org" = String, Path, description = "slug or id")),
    request_body(content = String, content_type = "application/yaml", description = "the document; JSON is taken too"),
    responses((status = 200, body = AppliedBody), Problems))]
pub(crate) async fn apply(
    State(app): State<App>,
    Signed(caller): Signed,
    sent: Sent,
) -> Result<Json<AppliedBody>, Failure> {
    let applied = app.apply_document(&caller, &sent.document).await;
    let Applied { seq, steps, by_hand } = applied.map_err(|problem| policy_text::failure(problem, &sent.text))?;
    let [steps, by_hand] = [steps, by_hand].map(|steps| steps.into_iter().map(step).collect());
    Ok(Json(AppliedBody { seq, steps, by_hand }))
}
