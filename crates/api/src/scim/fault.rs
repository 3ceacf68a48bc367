//! Errors of this door, in the form of RFC 7644, section 3.12.

use app::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::door::Scim;
use crate::problem::Failure;

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    /// The specification's word for what is wrong with the request, where it has one.
    scim_type: Option<&'static str>,
    /// For whoever looks after the directory.
    detail: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    schemas: [&'static str; 1],
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_type: Option<&'static str>,
    detail: String,
}

impl Fault {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Fault {
        Fault { status, scim_type: None, detail: detail.into() }
    }

    /// The request is not what the specification has there.
    pub(super) fn bad(scim_type: &'static str, detail: impl Into<String>) -> Fault {
        Fault { scim_type: Some(scim_type), ..Fault::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A value cannot be what it is meant to be.
    pub(super) fn value(name: &str, fits: &str) -> Fault {
        Fault::bad("invalidValue", format!("{name}: give {fits}"))
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        let (status, detail) = failure.status_and_detail();
        Fault::new(status, detail)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        match &problem {
            Problem::Refused(refusal)
                if matches!(refusal.code, "user-name-taken" | "group-taken" | "already-member") =>
            {
                Fault { scim_type: Some("uniqueness"), ..Fault::new(StatusCode::CONFLICT, problem.to_string()) }
            }
            // What a rule of the organization keeps a directory from is nothing that it could send in another way.
            Problem::Refused(refusal) if !refusal.missing => Fault::new(StatusCode::FORBIDDEN, problem.to_string()),
            Problem::Denied { explanation, .. } => {
                let remedy = explanation.remedy.as_ref().map_or_else(String::new, |remedy| format!("; {remedy}"));
                Fault::new(StatusCode::FORBIDDEN, format!("{}{remedy}", explanation.because))
            }
            Problem::Invalid { field, message } => Fault::bad("invalidValue", format!("{field}: {message}")),
            _ => Fault::from(Failure::from(problem)),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let body = Body {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
            status: self.status.as_u16().to_string(),
            scim_type: self.scim_type,
            detail: self.detail,
        };
        let mut response = (self.status, Scim(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"wardroom-scim\""));
        }
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
