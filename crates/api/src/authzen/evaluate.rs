//! May this subject do this: one question, or many in one request, all answered from one state.

use app::App;
use app::ask::{Decision, Sitting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::entity::{Entities, Sought};
use super::fault::Fault;
use super::fields::{Fields, Sent};

/// Questions in one request.
const EVALUATIONS_MAX: usize = 1_000;
/// Questions after which others have their turn.
const YIELD_EVERY: usize = 64;

/// An answer.
#[derive(Serialize)]
struct Answer {
    decision: bool,
    context: Context,
}

/// Why, and what would change it.
#[derive(Serialize, Default)]
struct Context {
    /// The stable code of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// As it may be shown to the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_user: Option<ByStatus>,
    /// For those who may explain access.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_admin: Option<ByStatus>,
    /// The smallest change that would allow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// Ids of people who could make it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ask: Vec<String>,
    /// Why this one question of several could not be understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
    /// The number of the last change of the state that answered.
    seq: u64,
}

/// A sentence under the HTTP status that would go with it.
#[derive(Serialize)]
struct ByStatus {
    #[serde(rename = "200", skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    #[serde(rename = "403", skip_serializing_if = "Option::is_none")]
    denied: Option<String>,
    #[serde(rename = "404", skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

#[derive(Serialize)]
struct ItemError {
    status: u16,
    message: String,
}

/// Several answers, in the order of their questions.
#[derive(Serialize)]
struct Answers {
    evaluations: Vec<Answer>,
}

fn by_status(text: String, status: StatusCode) -> ByStatus {
    let when = |wanted| (status == wanted).then(|| text.clone());
    ByStatus {
        allowed: when(StatusCode::OK),
        denied: when(StatusCode::FORBIDDEN),
        missing: when(StatusCode::NOT_FOUND),
    }
}

fn answer(decision: Decision, seq: u64) -> Answer {
    let status = |missing| match (decision.allowed, missing) {
        (true, _) => StatusCode::OK,
        (false, true) => StatusCode::NOT_FOUND,
        (false, false) => StatusCode::FORBIDDEN,
    };
    let context = Context {
        code: Some(decision.code),
        reason_user: Some(by_status(decision.for_subject, status(decision.missing))),
        reason_admin: decision.for_admin.map(|reason| by_status(reason, status(false))),
        remedy: decision.remedy,
        ask: decision.ask.iter().map(ToString::to_string).collect(),
        error: None,
        seq,
    };
    Answer { decision: decision.allowed, context }
}

/// The answer to a question of several that cannot be understood: no.
fn not_understood(fault: Fault, seq: u64) -> Answer {
    let error = Some(ItemError { status: fault.status.as_u16(), message: fault.message });
    Answer { decision: false, context: Context { error, seq, ..Context::default() } }
}

/// `POST /access/v1/evaluation`
pub(super) async fn one(State(app): State<App>, sent: Sent) -> Result<Response, Fault> {
    let entities = Entities::read(&Fields::of_request(&sent.body)?, Sought::Nothing)?;
    let mut sitting = app.sit(&sent.caller);
    Ok(Json(evaluated(&mut sitting, &entities).await?).into_response())
}

async fn evaluated(sitting: &mut Sitting<'_>, entities: &Entities) -> Result<Answer, Fault> {
    let (party, wording) = entities.question()?;
    let decision = sitting.decide(&party, &wording).await?;
    Ok(answer(decision, sitting.seq()))
}

/// When the answers to several questions end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Semantic {
    /// With the last question.
    ExecuteAll,
    /// With the first no.
    DenyOnFirstDeny,
    /// With the first yes.
    PermitOnFirstPermit,
}

impl Semantic {
    fn read(fields: &Fields<'_>) -> Result<Semantic, Fault> {
        let options = fields.object("options")?;
        let named = options.map_or(Ok(None), |options| options.text("evaluations_semantic"))?;
        match named.as_deref() {
            None | Some("execute_all") => Ok(Semantic::ExecuteAll),
            Some("deny_on_first_deny") => Ok(Semantic::DenyOnFirstDeny),
            Some("permit_on_first_permit") => Ok(Semantic::PermitOnFirstPermit),
            Some(_) => Err(Fault::bad(
                "options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit",
            )),
        }
    }

    fn ends_with(self, decision: bool) -> bool {
        match self {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !decision,
            Semantic::PermitOnFirstPermit => decision,
        }
    }
}

/// `POST /access/v1/evaluations`
pub(super) async fn several(State(app): State<App>, sent: Sent) -> Result<Response, Fault> {
    let fields = Fields::of_request(&sent.body)?;
    let defaults = Entities::read(&fields, Sought::Nothing)?;
    let semantic = Semantic::read(&fields)?;
    let items = fields.list("evaluations")?.unwrap_or_default();
    let mut sitting = app.sit(&sent.caller);
    if items.is_empty() {
        return Ok(Json(evaluated(&mut sitting, &defaults).await?).into_response());
    }
    if items.len() > EVALUATIONS_MAX {
        return Err(Fault::bad(format!("evaluations: ask at most {EVALUATIONS_MAX} questions in one request")));
    }
    let mut evaluations = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        if place % YIELD_EVERY == YIELD_EVERY - 1 {
            tokio::task::yield_now().await;
        }
        let read = Fields::of_value(format!("evaluations[{place}]"), item);
        let entities =
            read.and_then(|fields| Entities::read(&fields, Sought::Nothing)).map(|entities| entities.or(&defaults));
        let evaluation = match entities {
            Ok(entities) => evaluated(&mut sitting, &entities).await,
            Err(fault) => Err(fault),
        };
        let evaluation = match evaluation {
            // One question that cannot be understood is a no; a caller who may not ask, or a fault of ours, is none.
            Err(fault) if fault.status == StatusCode::BAD_REQUEST => not_understood(fault, sitting.seq()),
            evaluation => evaluation?,
        };
        let decision = evaluation.decision;
        evaluations.push(evaluation);
        if semantic.ends_with(decision) {
            break;
        }
    }
    Ok(Json(Answers { evaluations }).into_response())
}
