//! Errors on the wire: RFC 9457 problem documents.

use std::borrow::Cow;

use app::Problem;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::impact::ImpactBody;

/// An error, for the person who must act.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Stable name of the kind of error: `urn:wardroom:problem:` and a code. Programs compare this.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in a word.
    title: &'static str,
    /// The HTTP status again.
    status: u16,
    /// What is wrong and what to do, in a sentence.
    detail: String,
    /// The last part of `type`.
    code: Cow<'static, str>,
    /// The field of the request that is at fault, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
    /// For a denial: the smallest change that would allow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// For a denial: who could make that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ask: Vec<String>,
}

/// What an endpoint answers when it does not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something is wrong.
    Problem(Box<ProblemBody>),
    /// Nothing is: the impact was asked for.
    Preview(Box<ImpactBody>),
}

impl Failure {
    fn new(status: StatusCode, title: &'static str, code: impl Into<Cow<'static, str>>, detail: String) -> Failure {
        let code = code.into();
        let kind = format!("urn:wardroom:problem:{code}");
        let (status, field, remedy, ask) = (status.as_u16(), None, None, Vec::new());
        Failure::Problem(Box::new(ProblemBody { kind, title, status, detail, code, field, remedy, ask }))
    }

    fn at(mut self, field: Option<impl Into<Cow<'static, str>>>) -> Failure {
        if let Failure::Problem(body) = &mut self {
            body.field = field.map(Into::into);
        }
        self
    }

    /// The same in other words.
    fn saying(mut self, detail: String) -> Failure {
        if let Failure::Problem(body) = &mut self {
            body.detail = detail;
        }
        self
    }

    /// The same with the line of a document in front.
    pub(crate) fn on_line(mut self, line: Option<u64>) -> Failure {
        if let (Failure::Problem(body), Some(line)) = (&mut self, line) {
            body.detail = format!("line {line}, {}", body.detail);
        }
        self
    }

    /// Something broke on our side.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "Failed", "unavailable", detail.into())
    }

    /// A field of the request cannot be what it is meant to be.
    pub(crate) fn bad_field(field: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", "invalid", detail.into()).at(Some(field))
    }

    /// The request cannot be read at all.
    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "Invalid", code, detail.into())
    }

    /// The body is larger than any that makes sense.
    pub(crate) fn too_large(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "Invalid", "too-large", detail.into())
    }

    /// No usable key came along.
    pub(crate) fn no_key() -> Failure {
        let detail = "send a key: the header Authorization with the value Bearer, a blank, and the key";
        Failure::new(StatusCode::UNAUTHORIZED, "Unauthenticated", "unauthenticated", detail.to_owned())
    }

    /// No key came along, and nobody is signed in.
    pub(crate) fn nobody() -> Failure {
        let detail = "send a key: the header Authorization with the value Bearer, a blank, and the key; in a browser, \
                      sign in at /sign-in";
        Failure::new(StatusCode::UNAUTHORIZED, "Unauthenticated", "unauthenticated", detail.to_owned())
    }

    /// A browser sent this, and no page of ours made it do so.
    pub(crate) fn not_from_here() -> Failure {
        let detail = "this did not come from a page of this installation; open it again there, and do it there";
        Failure::new(StatusCode::FORBIDDEN, "Denied", "not-from-here", detail.to_owned())
    }

    /// The address does not answer to this method.
    pub(crate) fn method() -> Failure {
        let detail = "this address does not answer to this method; see /api/openapi.json";
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "Invalid", "method", detail.to_owned())
    }

    /// Whether it is about this field of the request, or this kind of thing.
    pub(crate) fn is_about(&self, field: &str) -> bool {
        matches!(self, Failure::Problem(body) if body.field.as_deref() == Some(field))
    }

    /// The status and the sentence, for a door that tells errors in another form.
    pub(crate) fn status_and_detail(self) -> (StatusCode, String) {
        match self {
            Failure::Problem(body) => {
                (StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body.detail)
            }
            Failure::Preview(_) => (StatusCode::BAD_REQUEST, "there is no impact to be told of here".to_owned()),
        }
    }

    /// There is no such thing.
    pub(crate) fn missing(noun: &'static str) -> Failure {
        let detail = format!("there is no such {noun}, or you may not see it");
        Failure::new(StatusCode::NOT_FOUND, "Missing", "not-found", detail).at(Some(noun))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        let detail = problem.to_string();
        match problem {
            Problem::Unauthenticated { .. } => {
                Failure::new(StatusCode::UNAUTHORIZED, "Unauthenticated", "unauthenticated", detail)
            }
            Problem::Denied { explanation, ask } => {
                let mut failure = Failure::new(StatusCode::FORBIDDEN, "Denied", explanation.code, detail);
                if let Failure::Problem(body) = &mut failure {
                    (body.remedy, body.ask) = (explanation.remedy, ask);
                }
                failure
            }
            Problem::Missing { noun, .. } => {
                Failure::new(StatusCode::NOT_FOUND, "Missing", "not-found", detail).at(Some(noun))
            }
            Problem::Refused(refusal) => {
                let status = match (refusal.missing, refusal.field) {
                    (true, _) => StatusCode::NOT_FOUND,
                    (false, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
                    (false, None) => StatusCode::CONFLICT,
                };
                let title = if refusal.missing { "Missing" } else { "Refused" };
                Failure::new(status, title, refusal.code, detail).at(refusal.field)
            }
            Problem::Invalid { field, .. } => Failure::bad_field(field, detail),
            Problem::InStep { place, problem } => Failure::from(*problem).saying(detail).at(Some(place.join("."))),
            // Of the pages alone, and none of them tells it as a problem.
            Problem::ShowPasskey { .. } => Failure::nobody().saying(detail),
            Problem::Previewed(impact) => Failure::Preview(Box::new(ImpactBody::from(*impact))),
            Problem::Moved { .. } => Failure::new(StatusCode::PRECONDITION_FAILED, "Refused", "moved", detail),
            Problem::Busy { .. } => Failure::new(StatusCode::TOO_MANY_REQUESTS, "Refused", "one-at-a-time", detail),
            Problem::TooMany => Failure::new(StatusCode::TOO_MANY_REQUESTS, "Refused", "too-many-tries", detail),
            Problem::Unavailable { .. } => {
                Failure::new(StatusCode::SERVICE_UNAVAILABLE, "Failed", "unavailable", detail)
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = match self {
            Failure::Preview(impact) => return Json(impact).into_response(),
            Failure::Problem(body) => body,
        };
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"wardroom\""));
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The error answers that every endpoint shares, for the contract.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "stands in the contract only; the answers themselves are made by Failure")]
pub(crate) enum Problems {
    /// The key is missing or does not work.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The caller may not; says why and what would change it.
    #[response(status = 403, content_type = "application/problem+json")]
    Denied(ProblemBody),
    /// There is no such thing, or the caller may not know of it.
    #[response(status = 404, content_type = "application/problem+json")]
    Missing(ProblemBody),
    /// A rule is broken by the state of things.
    #[response(status = 409, content_type = "application/problem+json")]
    Refused(ProblemBody),
    /// A field cannot be what it is meant to be, or breaks a rule.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// Another question of the caller that takes long is being answered; ask again after it.
    #[response(status = 429, content_type = "application/problem+json")]
    Busy(ProblemBody),
    /// Something broke; nothing was changed; try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}
